"""What the readmes of the clients give to begin with does what they say, as it is written there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.machine import find_node
from tests.newsroom import Newsroom, fresh
from tests.running import wait_until

CLIENTS = Path(__file__).parents[2] / "clients"
READMES = sorted(CLIENTS.glob("*/README.md"))
TYPED = {"cd", "cp", "feed", "node", "npm", "npx", "pip", "python", "python3"}
PATIENCE_S = 60


def written(client: str, language: str, holding: str) -> str:
    """The one example that holds these words."""
    blocks = re.findall(rf"```{language}\n(.*?)```", (CLIENTS / client / "README.md").read_text(), re.DOTALL)
    (found,) = [block for block in blocks if holding in block]
    return str(found)


def put(example: str, **names: str) -> str:
    """With another coverage, server or token in the place of the one that is written."""
    for word, meaning in names.items():
        assert word in example
        example = example.replace(word, meaning)
    return example


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the JavaScript client installed."""
    modules = tmp_path / "node_modules"
    modules.mkdir()
    (modules / "feed-live-client").symlink_to(CLIENTS / "javascript")
    return tmp_path


def run(command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_javascript(folder: Path, script: str, **environment: str) -> str:
    (folder / "example.mjs").write_text(script)
    return run([find_node(), "example.mjs"], folder, **environment)


def check_budget_day(newsroom: Newsroom, coverage: str) -> None:
    """Both readmes publish the same."""
    head = newsroom.get(f"/v1/coverages/{coverage}")
    assert (head["title"], head["status"], head["successor"]["title"]) == ("Budget day", "ended", "Day two")
    (entry,) = newsroom.entries(coverage)["entries"]
    assert entry["headline"] == "The chancellor rises"
    assert entry["key_event"] is True
    assert [correction["note"] for correction in entry["corrections"]] == ["The time was wrong."]
    assert "<strong>12:32</strong>" in entry["blocks"][0]["html"]


def test_python_publishes_and_follows(newsroom: Newsroom, tmp_path: Path) -> None:
    coverage = fresh("quick")
    address = {"http://127.0.0.1:8000": newsroom.url}
    publish = put(written("python", "python", "producer.end("), **address, **{'"budget"': f'"{coverage}"'})
    script = f"import asyncio\ntoken = {newsroom.token!r}\n{publish}\nasyncio.run(main())\n"
    run([sys.executable, "-c", script], tmp_path)
    check_budget_day(newsroom, coverage)
    follow = put(written("python", "python", "asyncio.run"), **address, **{"eddersea-surge": coverage})
    told = run([sys.executable, "-c", follow], tmp_path).splitlines()
    assert told[0] == "['The chancellor rises']"
    assert told[-1] == "Ended. {'title': 'Day two', 'url': 'https://example.org/c/day-two'}"


def test_javascript_publishes_and_follows(newsroom: Newsroom, folder: Path) -> None:
    coverage = fresh("quick")
    address = {"https://live.example": newsroom.url}
    publish = put(written("javascript", "js", "producer.end("), **address, **{'"budget"': f'"{coverage}"'})
    run_javascript(folder, publish, FEED_TOKEN=newsroom.token)
    check_budget_day(newsroom, coverage)
    draw = put(written("javascript", "js", 'coverage.on("change"'), **address, **{"budget-2026": coverage})
    screen = "const badge = {}; const draw = (head, entries) => console.log(head.title, entries[0].headline);\n"
    assert "Budget day The chancellor rises" in run_javascript(folder, screen + draw)


def test_javascript_is_iterated_over(newsroom: Newsroom, folder: Path) -> None:
    coverage = newsroom.create()
    iterate = put(
        written("javascript", "js", "for await"),
        **{"https://live.example": newsroom.url, "budget-2026": coverage},
    )
    (folder / "example.mjs").write_text('import { follow } from "feed-live-client";\n' + iterate)
    told = folder / "told.txt"

    def publish_and_look() -> str:
        newsroom.publish(coverage, headline="The minister rises")
        return told.read_text()

    with told.open("w") as out, subprocess.Popen([find_node(), "example.mjs"], cwd=folder, stdout=out) as process:
        wait_until(publish_and_look, what="a first line")
        newsroom.end(coverage)
        assert process.wait(PATIENCE_S) == 0
    assert set(told.read_text().splitlines()) == {"The minister rises"}


def commands_of(readme: Path) -> list[list[str]]:
    """What a shell makes of what is there to be typed."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme.read_text(), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    return [words for line in lines if (words := list(shlex.shlex(line, posix=True, punctuation_chars=True)))]


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)
def test_what_is_to_be_typed_is_commands_and_comments(readme: Path) -> None:
    for words in commands_of(readme):
        assert words[0] in TYPED
        assert ";" not in words
    for line in re.findall(r"^```\n(.*)$", readme.read_text(), re.MULTILINE):
        assert not line or line.split()[0] not in TYPED, f"{line}: begin the block with ```sh"


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)
def test_our_packages_are_installed_from_where_they_are(readme: Path) -> None:
    for words in commands_of(readme):
        assert "install" not in words or not {"feed-client", "feed-live-client"} & set(words)
        for word in words if words[0] in ("npm", "pip") else []:
            if "clients/" in word:
                # What is beside a project is in a clone that is called feed.
                inside = word.removeprefix("../feed/").removeprefix("./")
                assert (CLIENTS.parent / inside).is_dir(), word


def test_the_cases_are_run_as_the_readme_says() -> None:
    program = {"python3": sys.executable, "node": find_node()}
    ran = 0
    for words in commands_of(CLIENTS / "conformance" / "README.md"):
        if words[0] == "python3" and "./my-adapter" not in words:
            run([program.get(word, word) for word in words], CLIENTS.parent, PYTHONPATH=str(CLIENTS / "python"))
            ran += 1
    assert ran == 4
