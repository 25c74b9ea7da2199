"""publish, revise, retract, delete, pin."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from feed.cli.access import find_token
from feed.cli.entries import ENTRY_FIELDS

from .conftest import Cli


def test_publish_prints_the_receipt(cli: Cli) -> None:
    coverage = cli.create()
    receipt = cli.run("publish", coverage, "--headline", "She rises", "--markdown", "At **12:31**.").document
    assert receipt["entry"]["headline"] == "She rises"
    assert receipt["entry"]["blocks"] == [{"type": "text", "html": "<p>At <strong>12:31</strong>.</p>"}]
    assert receipt["cursor"]
    assert set(receipt["durability"]) == {"fsync", "replicas"}


def test_a_person_at_a_terminal_gets_words_instead_of_json(cli: Cli) -> None:
    coverage = cli.create()
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "feed.cli", "publish", coverage, "--headline", "She [b]rises", "--id", "one"]
    done = subprocess.run(command, stdout=theirs, env=cli.environment | {"TERM": "xterm"}, timeout=60, check=False)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:
        pass  # how Linux says that the other end is closed
    os.close(ours)
    assert done.returncode == 0
    text = shown.decode()
    assert "Published" in text
    assert "She [b]rises" in text
    assert f"{cli.server.url}/c/{coverage}/e/one" in text


def test_the_text_can_come_from_stdin(cli: Cli) -> None:
    coverage = cli.create()
    receipt = cli.run("publish", coverage, "--markdown", "-", stdin="Երևան\n\n- one\n- two\n").document
    assert receipt["entry"]["blocks"][0]["html"] == "<p>Երևան</p><ul><li>one</li><li>two</li></ul>"


def test_everything_an_entry_can_have_has_an_option(cli: Cli) -> None:
    coverage = cli.create()
    options = {
        "--html": "<p>Text</p>",
        "--display-at": "2026-11-23T03:33:00Z",
        "--label": "City",
        "--author": "Ann Author",
        "--kind": "analysis",
        "--importance": "2",
        "--verification": "claim",
        "--verification-by": "The ministry",
        "--language": "fr",
        "--id": "all",
    }
    pictures = ["--image", "https://example.org/1.jpg", "--caption", "First", "--credit", "AP"]
    pictures += ["--image", "https://example.org/2.jpg", "--caption", "Second", "--alt", "A house", "--alt", "A tree"]
    link = ["--link", "Read on https://example.org/story"]
    named = [word for pair in options.items() for word in pair]
    entry = cli.run("publish", coverage, *named, *pictures, *link, "--key-event", "--pin").document["entry"]
    assert entry["display_at"] == "2026-11-23T03:33:00.000Z"
    assert (entry["labels"], entry["authors"]) == (["City"], [{"name": "Ann Author"}])
    assert (entry["kind"], entry["importance"], entry["key_event"], entry["language"]) == ("analysis", 2, True, "fr")
    assert entry["verification"] == {"status": "claim", "by": "The ministry"}
    gallery = next(block for block in entry["blocks"] if block["type"] == "gallery")
    assert [image["caption"] for image in gallery["images"]] == ["First", "Second"]
    assert [image["alt"] for image in gallery["images"]] == ["A house", "A tree"]
    assert entry["blocks"][-1]["title"] == "Read on"
    assert cli.head(coverage)["pin"] == "all"


def test_the_same_key_publishes_once(cli: Cli) -> None:
    coverage = cli.create()
    first = cli.run("publish", coverage, "--text", "Once", "--key", "k1").document
    again = cli.run("publish", coverage, "--text", "Once", "--key", "k1").document
    assert again["cursor"] == first["cursor"]
    assert again["replayed"]
    refused = cli.run("publish", coverage, "--text", "Other", "--key", "k1", code=1)
    assert "Use another --key" in refused.err
    assert len(cli.entries(coverage)) == 1


def test_many_entries_come_from_a_file_all_or_none(cli: Cli) -> None:
    coverage = cli.create()
    lines = cli.directory / "entries.ndjson"
    lines.write_text("".join(json.dumps({"text": f"Number {n}"}) + "\n" for n in range(5)))
    receipt = cli.run("publish", coverage, "--file", str(lines)).document
    assert len(receipt["receipts"]) == 5
    wrong = '{"text": "Good"}\n{"text": "Bad", "importance": 9}\n'
    refused = cli.run("publish", coverage, "--file", "-", stdin=wrong, code=1)
    assert "ine 2" in refused.err
    assert "importance" in refused.err
    assert len(cli.entries(coverage)) == 5


def test_an_entry_that_could_not_be_pinned_is_told_of_all_the_same(cli: Cli) -> None:
    """Or whoever sent it would send it again, and readers had it twice."""
    coverage = cli.create()
    cli.publish(coverage, id="first", text="x")
    cli.run("pin", coverage, "first", "--key", "k-pin")
    refused = cli.run("publish", coverage, "--text", "x", "--id", "second", "--pin", "--key", "k", code=1)
    assert refused.document["entry"]["id"] == "second"
    assert "Idempotency-Key" in refused.err
    assert cli.head(coverage)["pin"] == "first"


def test_an_entry_is_revised_retracted_pinned_and_deleted(cli: Cli) -> None:
    coverage = cli.create()
    cli.publish(coverage, id="e", text="Frist")
    revised = cli.run("revise", coverage, "e", "--text", "First", "--correction", "A letter was wrong.").document
    assert revised["entry"]["corrections"][0]["note"] == "A letter was wrong."
    assert cli.run("pin", coverage, "e").document["pin"] == "e"
    assert "pin" not in cli.run("pin", coverage, "--none").document
    retracted = cli.run("retract", coverage, "e", "--reason", "Denied.").document
    assert retracted["entry"]["retraction"]["reason"] == "Denied."
    deleted = cli.run("delete", coverage, "e", "--reason", "By order.").document
    assert deleted["entry"] == {"id": "e", "status": "deleted", "reason": "By order."}
    assert cli.entries(coverage) == []


def test_a_change_based_on_an_old_revision_is_refused(cli: Cli) -> None:
    coverage = cli.create()
    cli.publish(coverage, id="e", text="One")
    cli.run("revise", coverage, "e", "--text", "Two", "--revision", "1")
    refused = cli.run("revise", coverage, "e", "--text", "Three", "--revision", "1", code=1)
    assert "--revision" in refused.err


def test_a_field_is_emptied_with_clear(cli: Cli) -> None:
    coverage = cli.create()
    cli.publish(coverage, id="e", headline="Gone soon", text="Stays", key_event=True)
    entry = cli.run("revise", coverage, "e", "--clear", "headline", "--no-key-event").document["entry"]
    assert "headline" not in entry
    assert "key_event" not in entry


@pytest.mark.parametrize("field", ENTRY_FIELDS)
def test_what_clear_offers_the_server_empties(cli: Cli, field: str) -> None:
    coverage = cli.create()
    cli.publish(
        coverage, id="e", headline="A headline", text="A text", links=[{"title": "A", "url": "https://a.example"}]
    )
    cli.run("revise", coverage, "e", "--clear", field)


def test_a_field_that_cannot_be_emptied_is_refused_with_those_that_can_once(cli: Cli) -> None:
    refused = cli.run("revise", "some", "e", "--clear", "corrections", code=2)
    assert len(re.findall(r"key_event", refused.err)) == 1


def test_what_is_wrong_is_said_in_one_message_with_its_field(cli: Cli) -> None:
    coverage = cli.create()
    refused = cli.run("publish", coverage, "--text", "x", "--display-at", "yesterday", code=1)
    assert refused.out == ""
    assert "display_at" in refused.err
    unknown = cli.run("publish", "no-such-coverage", "--text", "x", code=1)
    assert "no-such-coverage" in unknown.err
    assert "feed list" in unknown.err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--text", "a", "--html", "b"),
        ("--text", "a", "--caption", "of no picture"),
        ("--text", "a", "--importance", "4"),
        ("--text", "a", "--link", "no address"),
        ("--text", "a", "--no-such-option"),
        ("--file", "no-such-file"),
    ],
)
def test_wrong_usage_is_code_2(cli: Cli, arguments: tuple[str, ...]) -> None:
    refused = cli.run("publish", "some", *arguments, code=2)
    assert refused.out == ""
    assert "feed publish" in refused.err


def test_a_server_that_is_not_there_is_named_with_how_to_start_one(cli: Cli) -> None:
    refused = cli.run("publish", "c", "--text", "x", "--url", "http://127.0.0.1:9", code=1)
    assert "http://127.0.0.1:9 does not answer" in refused.err
    assert "feed serve" in refused.err


def test_a_wrong_token_says_how_to_give_one(cli: Cli) -> None:
    refused = cli.run("publish", "c", "--text", "x", "--token", "wrong-token-of-some-length", code=1)
    assert "FEED_TOKEN" in refused.err


def test_on_the_servers_machine_the_admin_token_is_found(cli: Cli) -> None:
    data = cli.directory / "data"
    data.mkdir()
    (data / "admin-token").write_text(cli.server.admin_token + "\n")
    coverage = cli.create()
    cli.run("publish", coverage, "--text", "x", FEED_TOKEN=None, FEED_DATA=str(data))
    cli.run("publish", coverage, "--text", "x", FEED_TOKEN=None, FEED_DATA=str(Path("/nonexistent")), code=1)


def test_where_the_admin_token_is_a_setting_it_is_used_as_the_server_does(cli: Cli) -> None:
    coverage = cli.create()
    (cli.directory / "feed-data").mkdir()
    (cli.directory / "feed-data" / "admin-token").write_text("of-an-earlier-start-without-the-setting\n")
    cli.run("publish", coverage, "--text", "x", FEED_TOKEN=None, FEED_ADMIN_TOKEN=cli.server.admin_token)
    refused = cli.run("publish", coverage, "--text", "x", FEED_TOKEN=None, code=1)
    assert "FEED_ADMIN_TOKEN" in refused.err
    assert "FEED_DATA" in refused.err


def test_the_admin_token_goes_to_no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_ADMIN_TOKEN", "a-token-of-some-length")
    assert find_token("http://127.0.0.1:8000", None) == "a-token-of-some-length"
    assert find_token("https://live.example.org", None) is None


@pytest.mark.parametrize("command", ["publish", "revise"])
def test_help_says_whose_token_is_used_by_itself(cli: Cli, command: str) -> None:
    shown = " ".join(re.sub(r"[│\s]+", " ", cli.run(command, "--help").out).split())
    assert "FEED_ADMIN_TOKEN" in shown
    assert "FEED_DATA" in shown
    assert ("now if left out" in shown) == (command == "publish")
