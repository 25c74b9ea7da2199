"""serve, demo, doctor."""

from __future__ import annotations

import json
import re
import resource
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from feed.demo.script import load_script

from .conftest import Cli


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def line_with(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if words in line:
            return line
    raise AssertionError(f"no {words!r} in {seen}")


def get(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=20) as answer:
        document: dict[str, object] = json.load(answer)
    return document


def test_the_demo_performs_its_whole_script_and_stops(cli: Cli) -> None:
    shown = cli.run("demo", "--speed", "100000", "--no-browser", "--port", "0", "--exit", TMPDIR=str(cli.directory)).out
    assert re.search(r"http://127\.0\.0\.1:[0-9]+/c/", shown)
    assert "ends:" in shown
    assert len(re.findall(r"^  [0-9]:[0-9]{2}  ", shown, re.MULTILINE)) == len(load_script().steps)
    assert list(cli.directory.iterdir()) == []


def test_the_demo_says_how_to_follow_it(cli: Cli) -> None:
    demo = ("demo", "--speed", "100000", "--no-browser", "--port", "0", "--exit")
    elsewhere = cli.run(*demo, PATH="/nonexistent").out
    assert re.search(r"terminal: (\S*/)?feed tail \S+ --url http://127\.0\.0\.1:[0-9]+", elsewhere)
    if (installed := Path(sys.executable).with_name("feed")).exists():
        assert "terminal: feed" not in elsewhere
        assert "terminal: feed tail" in cli.run(*demo, PATH=str(installed.parent)).out


def test_the_demo_stays_up_until_ctrl_c_and_leaves_nothing(cli: Cli) -> None:
    demo = cli.start("demo", "--speed", "100000", "--no-browser", "--port", "0", TMPDIR=str(cli.directory))
    page = line_with(demo, "/c/").strip()
    line_with(demo, "Ctrl-C")
    server, _, coverage = page.rpartition("/c/")
    assert get(f"{server}/v1/coverages/{coverage}")["status"] == "ended"
    demo.send_signal(signal.SIGINT)
    _, err = demo.communicate(timeout=60)
    assert (demo.returncode, err) == (130, "")
    with pytest.raises(OSError, match="refused"):
        get(f"{server}/v1/coverages")
    assert list(cli.directory.iterdir()) == []


def test_a_demo_that_is_terminated_takes_its_server_along(cli: Cli) -> None:
    demo = cli.start("demo", "--no-browser", "--port", "0", TMPDIR=str(cli.directory))
    server = line_with(demo, "/c/").strip().rpartition("/c/")[0]
    line_with(demo, "0:00")
    demo.terminate()
    demo.communicate(timeout=60)
    assert demo.returncode == 143
    with pytest.raises(OSError, match="refused"):
        get(f"{server}/v1/coverages")
    assert list(cli.directory.iterdir()) == []


def test_a_demo_that_is_kept_is_shown_again(cli: Cli) -> None:
    options = ("demo", "--speed", "100000", "--no-browser", "--port", "0", "--exit", "--data", str(cli.directory / "d"))
    cli.run(*options)
    assert "from an earlier run" in cli.run(*options).out


def test_a_port_that_is_taken_is_said_with_what_to_do(cli: Cli) -> None:
    with taken_port() as port:
        refused = cli.run("demo", "--no-browser", "--port", str(port), code=1)
        assert str(port) in refused.err
        assert "--port" in refused.err
        refused = cli.run("serve", "--port", str(port), "--data", str(cli.directory / "d"), code=1)
        assert str(port) in refused.err
        assert "--port" in refused.err


def test_a_setting_that_cannot_work_is_named(cli: Cli) -> None:
    assert "FEED_PORT" in cli.run("serve", FEED_PORT="eighty", code=1).err
    assert "FEED_STORE" in cli.run("serve", "--store", "mysql://here", "--port", "0", code=1).err
    for host in ("300.1.1.1", "192.0.2.1"):  # no address at all, and none of this machine
        refused = cli.run("serve", "--host", host, "--port", "0", code=1).err
        assert "FEED_HOST" in refused
        assert "FEED_PORT" not in refused
    embedded = cli.run("serve", "--port", "0", "--data", str(cli.directory / "d"), FEED_REQUIRE_REPLICAS="1", code=1)
    assert "no replicas" in embedded.err


def test_doctor_finds_everything_well(cli: Cli) -> None:
    report = cli.run("doctor", "--data", str(cli.directory / "data"), "--port", "0", "--json").document
    states = {check["what"]: check["state"] for check in report["checks"]}
    assert states["Embedded store"] == "ok"
    assert states["Persistence"] == "ok"
    assert report["state"] != "fail"
    assert not (cli.directory / "data").exists()
    shown = cli.run("doctor", "--data", str(cli.directory / "data"), "--port", "0").out
    for what in states:
        assert what in shown


def test_doctor_tries_a_store_also_where_the_directory_has_a_long_name(cli: Cli) -> None:
    data = cli.directory / ("d" * 60) / ("e" * 60)
    report = cli.run("doctor", "--data", str(data), "--port", "0", "--json").document
    assert {check["what"]: check["state"] for check in report["checks"]}["Embedded store"] == "ok"


def test_doctor_knows_a_feed_server_by_its_answer(cli: Cli) -> None:
    options = ("--data", str(cli.server.data), "--port", str(cli.server.port))
    report = cli.run("doctor", *options, "--json").document
    found = {check["what"]: check["found"] for check in report["checks"]}
    assert "running" in found["Port"]
    assert "runs in" in found["Embedded store"]


def test_doctor_fails_where_a_server_could_not_run(cli: Cli) -> None:
    file = cli.directory / "file"
    file.write_text("")
    with taken_port() as port:
        report = cli.run(
            "doctor", "--store", "redis://127.0.0.1:1", "--data", str(file), "--port", str(port), "--json", code=1
        ).document
    states = {check["what"]: check for check in report["checks"]}
    for what in ("Store", "Data directory", "Port"):
        assert states[what]["state"] == "fail"
        assert states[what]["mend"]


def test_doctor_warns_of_misspelt_settings(cli: Cli) -> None:
    report = cli.run("doctor", "--data", str(cli.directory / "d"), "--port", "0", "--json", FEED_PROT="1").document
    (warning,) = [check for check in report["checks"] if check["what"] == "Setting"]
    assert (warning["found"].split()[0], warning["mend"]) == ("FEED_PROT", "Is it FEED_PORT?")


def test_every_command_explains_itself(cli: Cli) -> None:
    overview = cli.run("--help").out
    commands = (
        "serve demo create change end reopen list publish revise retract delete pin tail import export token doctor"
    )
    for command in commands.split():
        assert re.search(rf"^│ {command} ", overview, re.MULTILINE), command
    assert cli.run("--version").out.startswith("feed ")
    assert Path(cli.directory).exists()


@pytest.mark.parametrize(
    "command", ["publish", "change", "list", "tail", "import", "doctor", "token list", "token create"]
)
def test_help_promises_json_in_a_pipe_where_there_is_some(cli: Cli, command: str) -> None:
    receipt = command in ("publish", "change", "token create")
    assert ("In a pipe" in cli.run(*command.split(), "--help", COLUMNS="200").out) == receipt


def test_doctor_warns_of_more_readers_than_there_can_be_open_files(cli: Cli) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 10_000_000_000 if most == resource.RLIM_INFINITY else most
    options = ("--data", str(cli.directory / "d"), "--port", "0", "--json")
    report = cli.run("doctor", *options, FEED_MAX_SUBSCRIBERS=str(wanted)).document
    files = next(check for check in report["checks"] if check["what"] == "Open files")
    assert (files["state"], "FEED_MAX_SUBSCRIBERS" in files["found"]) == (
        ("ok", False) if most == resource.RLIM_INFINITY else ("warn", True)
    )
