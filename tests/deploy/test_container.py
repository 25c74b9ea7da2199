"""The container file's own commands, run in a temporary folder: not every machine has a container engine."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.running import free_ports

ROOT = Path(__file__).resolve().parents[2]
BUILD, FINAL = 0, 1  # the stages of the container file

# Building and installing everything anew takes most of a minute on a small machine.
pytestmark = pytest.mark.timeout(600)


def instructions(keyword: str, stage: int) -> list[str]:
    """The arguments of every such instruction in one stage, with continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "deploy/Containerfile").read_text())
    stages = re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]
    return re.findall(rf"^{keyword} +(.+)$", stages[stage], flags=re.MULTILINE)


@dataclass(frozen=True)
class Image:
    """What a build leaves behind under `folder`: context/ with the sources it saw, wheels/, opt/ and data/."""

    folder: Path

    def program(self, name: str) -> str:
        return str(self.folder / "opt/bin" / name)

    @property
    def packages(self) -> Path:
        return next((self.folder / "opt").glob("lib/python3.*/site-packages"))

    def run(self, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program(command[0]), *command[1:]],
            cwd=self.folder / "data",
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def environment(self, **changes: str) -> dict[str, str]:
        """What the image sets, with its folders in their place here."""
        pairs = re.findall(r"(FEED_\w+)=(\S+)", " ".join(instructions("ENV", FINAL)))
        places = {"FEED_DATA": str(self.folder / "data"), "PATH": f"{self.folder / 'opt/bin'}:{os.environ['PATH']}"}
        return {"HOME": str(self.folder / "data"), **dict(pairs), **places, **changes}


def copy_context(destination: Path) -> None:
    """Copies what .dockerignore lets through: everything is ignored but the lines with an exclamation mark."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    unwanted = [line.rpartition("/")[2] for line in lines[1:] if line[0] != "!"]
    for wanted in (line[1:] for line in lines if line[0] == "!"):
        (destination / wanted).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / wanted).is_dir():
            shutil.copytree(ROOT / wanted, destination / wanted, ignore=shutil.ignore_patterns(*unwanted))
        else:
            shutil.copy(ROOT / wanted, destination / wanted)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    folder = tmp_path_factory.mktemp("image")
    (folder / "data").mkdir()
    copy_context(folder / "context")
    # Wheels are built and environments made apart from the one that this runs in.
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for line in instructions("RUN", BUILD):
        command = line
        for there, here in (("/wheels", "wheels"), ("/opt/feed", "opt")):
            command = command.replace(there, shlex.quote(str(folder / here)))
        step = subprocess.run(
            ["sh", "-c", command], cwd=folder / "context", env=environment, capture_output=True, text=True, check=False
        )
        assert step.returncode == 0, f"{line}\n{step.stdout}\n{step.stderr}"
    return Image(folder)


def test_the_packages_run_without_their_source_tree(image: Image) -> None:
    code = "import feed, feed_client, feed_reader; print(*(m.__path__[0] for m in (feed, feed_client, feed_reader)))"
    found = image.run("python", "-c", code).stdout.split()
    assert found == [str(image.packages / name) for name in ("feed", "feed_client", "feed_reader")]


@pytest.mark.parametrize(
    "source", ["feed", "clients/python/feed_client", "clients/reader/feed_reader", "clients/javascript/feed_sdk"]
)
def test_every_file_of_a_package_is_installed(image: Image, source: str) -> None:
    tree = image.folder / "context" / source
    files = [path.relative_to(tree.parent) for path in tree.rglob("*") if path.is_file()]
    assert files
    assert [str(file) for file in files if not (image.packages / file).exists()] == []


@pytest.mark.parametrize("kind", ["feed/**/*.lua", "feed/**/*.html", "feed_reader/**/*.js", "feed_reader/**/*.css"])
def test_what_is_not_python_is_installed_too(image: Image, kind: str) -> None:
    assert list(image.packages.glob(kind))


def test_no_tests_secrets_or_leftovers_reach_the_build(image: Image) -> None:
    names = {path.name for path in (image.folder / "context").rglob("*")}
    assert not names & {"tests", "__pycache__", ".git", ".venv", "node_modules", "feed.env"}


def test_the_entry_point_is_the_command_line(image: Image) -> None:
    (program,) = json.loads(instructions("ENTRYPOINT", FINAL)[0])
    shown = image.run(program, "--help")
    assert shown.returncode == 0, shown.stderr
    assert "serve" in shown.stdout
    assert "demo" in shown.stdout


@contextmanager
def started(image: Image, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The server as the container starts it, healthy, and its log."""
    (program,) = json.loads(instructions("ENTRYPOINT", FINAL)[0])
    arguments = json.loads(instructions("CMD", FINAL)[0])
    check = json.loads(instructions("HEALTHCHECK", FINAL)[0].partition("CMD ")[2])
    assert image.run(*check, **settings).returncode != 0
    log = image.folder / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [image.program(program), *arguments],
            cwd=image.folder / "data",
            env=image.environment(FEED_HOST="127.0.0.1", **settings),
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + 60
        while image.run(*check, **settings).returncode != 0:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
        yield server, log
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        finally:
            server.kill()
            server.wait()


def test_the_container_gets_healthy_and_stops_when_told(image: Image) -> None:
    with started(image, FEED_PORT=str(free_ports(1)[0])) as (server, log):
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) == 0, log.read_text()
        assert "store stopped" in log.read_text()


@pytest.mark.parametrize("token", ["", "as-an-operator-has-set-it"], ids=["made", "set"])
def test_the_commands_of_the_guide_make_a_coverage_and_a_token_for_it(image: Image, token: str) -> None:
    guide = (ROOT / "deploy/README.md").read_text()
    commands = re.findall(r"^docker exec feed (feed .+?) *(?:#.*)?$", guide, re.MULTILINE)
    assert [command.split()[1] for command in commands] == ["create", "token"]
    assert all(f"exec feed {command}" in guide.partition("## One container")[0] for command in commands)
    assert all(f"as_{command}" in guide for command in commands)
    shutil.rmtree(image.folder / "data")
    (image.folder / "data").mkdir()
    port = str(free_ports(1)[0])
    settings = {"FEED_PORT": port, "FEED_URL": f"http://127.0.0.1:{port}", "FEED_ADMIN_TOKEN": token}
    with started(image, **settings):
        assert (image.folder / "data/admin-token").exists() == (not token)
        answers = [image.run(*shlex.split(command), **settings) for command in commands]
        assert [answer.returncode for answer in answers] == [0, 0], answers
        made = json.loads(answers[1].stdout)["token"]
        published = image.run("feed", "publish", "budget", "--text", "First", "--token", made, **settings)
        assert published.returncode == 0, published.stderr
