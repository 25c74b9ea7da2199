"""What the README tells a newcomer to type, typed: in its order, in an empty folder, on a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from feed.cli import app
from feed.settings import Settings, variable
from tests.running import free_ports, wait_until

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


class Newcomer:
    """A folder with `.venv`, and nothing else. The port is a free one, where the README has 8000."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_ports(1)[0]
        self.running: list[subprocess.Popen[bytes]] = []
        programs = home / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name, command in (("feed", f"{sys.executable} -m feed.cli"), ("python", sys.executable)):
            (programs / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
            (programs / name).chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FEED_")}
        self.environment = kept | {
            "FEED_PORT": str(self.port),
            "FEED_URL": f"http://127.0.0.1:{self.port}",
            "FEED_DRAIN_WINDOW": "0",
            "PYTHONPATH": os.pathsep.join([str(ROOT), kept.get("PYTHONPATH", "")]),
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": "127.0.0.1",
        }

    def text(self, block: str) -> str:
        return block.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")

    def type(self, block: str) -> str:
        """All of it, to its end; each command must do."""
        done = subprocess.run(
            ["bash", "-e", "-c", self.text(block)],
            cwd=self.home, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=100, check=False
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout.decode()}\n{done.stderr.decode()}"
        return done.stdout.decode()

    def start(self, block: str) -> subprocess.Popen[bytes]:
        """In a terminal of its own."""
        with (self.home / f"terminal-{len(self.running)}.txt").open("wb") as shown:
            process = subprocess.Popen(
                ["bash", "-e", "-c", self.text(block) + "\ntrue"],
                cwd=self.home, env=self.environment, stdin=subprocess.DEVNULL, stdout=shown, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self.running.append(process)
        return process

    def shown(self, process: subprocess.Popen[bytes]) -> str:
        return (self.home / f"terminal-{self.running.index(process)}.txt").read_text()

    def answers(self) -> bool:
        with suppress(OSError):
            return bool(urllib.request.urlopen(f"{self.environment['FEED_URL']}/readyz", timeout=5).status == 200)
        return False

    def leave(self) -> None:
        for process in reversed(self.running):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            process.wait(timeout=30)


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    one = Newcomer(tmp_path)
    try:
        yield one
    finally:
        one.leave()


def test_what_the_readme_says_to_type_works_in_its_order(newcomer: Newcomer) -> None:
    blocks = re.findall(r"```(sh|python)\n(.*?)```", section("Use it"), re.DOTALL)
    following = []
    path = ""
    for language, block in blocks:
        if "feed serve" in block:
            path = next(line for line in block.splitlines() if line.startswith("export PATH"))
            newcomer.start(block)
            wait_until(newcomer.answers, within_s=60, what="the server of the README")
        elif language == "python":
            (newcomer.home / "follow.py").write_text(newcomer.text(block))
            following.append(newcomer.start(f"{path}\npython follow.py"))
        elif "feed tail" in block:
            following.append(newcomer.start(f"{path}\n{block}"))
        else:
            for process in following:
                wait_until(lambda: newcomer.shown(process), what="a follower's first line")  # noqa: B023
            newcomer.type(f"{path}\n{block}")
    assert len(following) == 2
    for process in following:
        wait_until(lambda: process.poll() is not None, within_s=60, what="the end of the coverage")  # noqa: B023
        assert process.returncode == 0, newcomer.shown(process)
    assert "The minister rises" in newcomer.shown(following[0])
    assert "coverage.ended" in newcomer.shown(following[1])


def test_the_readme_names_the_settings_that_are_options_too() -> None:
    shown = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    options = set(re.findall(r"^│ +(--[a-z-]+)", shown, re.MULTILINE)) - {"--help"}
    head = section("Settings").partition("\n| ")[0]
    assert set(re.findall(r"`(--[a-z-]+)`", head)) == options
    known = {*map(variable, Settings.__struct_fields__)}
    assert {f"FEED_{name[2:].replace('-', '_').upper()}" for name in options} <= known
