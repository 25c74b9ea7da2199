"""tail: what comes is shown as it comes, to the end."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable

from tests.running import ServerProcess

from .conftest import Cli


def lines_until(process: subprocess.Popen[str], type_: str) -> list[dict[str, object]]:
    """JSON lines up to one of this type; the test's own time limit ends a wait for nothing."""
    assert process.stdout is not None
    found: list[dict[str, object]] = []
    for line in process.stdout:
        found.append(json.loads(line))
        if found[-1]["type"] == type_:
            return found
    raise AssertionError(f"no {type_} in {[one['type'] for one in found]}")


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_a_coverage_is_followed_to_its_end(cli: Cli) -> None:
    coverage = cli.create()
    cli.publish(coverage, text="Before")
    tail = cli.start("tail", coverage, "--json")
    lines_until(tail, "live")
    cli.publish(coverage, text="Meanwhile")
    cli.end(coverage, successor={"title": "Next", "url": "https://example.org/next"})
    messages = lines_until(tail, "coverage.ended")
    code, _, err = finish(tail)
    assert (code, err) == (0, "")
    assert [message["type"] for message in messages][-2:] == ["entry.published", "coverage.ended"]


def test_what_came_after_a_cursor_is_all_that_is_shown(cli: Cli) -> None:
    coverage = cli.create()
    cursor = cli.publish(coverage, text="Old")
    cli.publish(coverage, text="New")
    cli.end(coverage)
    shown = cli.run("tail", coverage, "--after", cursor, "--json").lines
    assert [message["type"] for message in shown if "prev" in message] == ["entry.published", "coverage.ended"]
    assert shown[0]["type"] == "hello"


def test_people_read_times_texts_edits_and_the_end(cli: Cli) -> None:
    coverage = cli.create()
    cli.run("change", coverage, "--summary", "About <em>this</em>", "--key-point", "The point")
    cli.run(
        "publish", coverage, "--id", "one", "--headline", "She [b]rises", "--display-at", "2026-11-23T03:33:00Z",
        "--html", "<p>Text with <strong>weight</strong></p><ul><li>first</li></ul>",
        "--image", "https://example.org/a.jpg", "--caption", "A full house", "--credit", "AP",
    )  # fmt: skip
    cursor = cli.publish(coverage, id="two", text="Unsure")
    cli.run("revise", coverage, "one", "--text", "Better", "--correction", "It was worse.")
    cli.run("retract", coverage, "two", "--reason", "Denied.")
    cli.publish(coverage, id="three", headline="Gone")
    cli.run("delete", coverage, "three", "--reason", "By order.")
    cli.run("end", coverage, "--successor", "/c/next", "--successor-title", "Part two")
    page = cli.run("tail", coverage).out
    for words in (
        "About this",
        "• The point",
        "03:33",
        "She [b]rises",
        "Better",
        "▣ A full house  [AP]",
        "It was worse.",
    ):
        assert words in page
    assert "Gone" not in page
    assert "closed" in page
    assert f"{cli.server.url}/c/next" in page
    changes = cli.run("tail", coverage, "--after", cursor).out
    for words in ("edited", "Withdrawn: Denied.", "Part two"):
        assert words in changes
    assert changes.count("taken down: By order.") == 1


def test_a_coverage_that_has_not_begun_says_when_it_will(cli: Cli) -> None:
    coverage = cli.create()
    cli.run("create", "Tomorrow", "--id", f"{coverage}-next", "--starts-at", "2099-11-23T03:33:00Z")
    tail = cli.start("tail", f"{coverage}-next")
    assert tail.stdout is not None
    line = next(line for line in tail.stdout if "begins" in line)
    assert "Monday 23 November 2099, 03:33 UTC" in line
    tail.send_signal(signal.SIGINT)
    assert finish(tail)[0] == 130


def test_ctrl_c_ends_it_quietly(cli: Cli) -> None:
    coverage = cli.create()
    tail = cli.start("tail", coverage, "--json")
    lines_until(tail, "live")
    tail.send_signal(signal.SIGINT)
    code, _, err = finish(tail)
    assert (code, err) == (130, "")


def test_a_restart_of_the_server_loses_nothing(
    own_server: ServerProcess, cli_of: Callable[[ServerProcess], Cli]
) -> None:
    cli = cli_of(own_server)
    coverage = cli.create()
    tail = cli.start("tail", coverage, "--json")
    lines_until(tail, "live")
    first = cli.publish(coverage, text="One")
    port = own_server.port
    own_server.stop()
    own_server.start(port)
    second = cli.publish(coverage, text="Two")
    ended = cli.end(coverage)
    messages = lines_until(tail, "coverage.ended")
    assert finish(tail)[0] == 0
    assert [message["cursor"] for message in messages if "prev" in message] == [first, second, ended]


def test_a_coverage_that_is_not_there_is_said_so(cli: Cli) -> None:
    refused = cli.run("tail", "no-such-coverage", code=1)
    assert "no-such-coverage" in refused.err
    malformed = cli.run("tail", cli.create(), "--after", "yesterday", code=1)
    assert "cursor" in malformed.err
