"""The benchmark as a program: it measures everything, says what it cannot, and leaves nothing behind."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.processes import descendants, start_time
from bench.scenarios import SCENARIOS
from tests.running import wait_until

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "feed.cli", "bench")
# Their packages are Feed's own, so they are on every machine.
ALWAYS_THERE = {"websockets", "starlette"}


@dataclass(frozen=True)
class SmokeRun:
    document: dict[str, Any]
    output: Path

    @property
    def rows(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        for table in self.document["tables"]:
            for row in table["rows"]:
                yield table, row


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> SmokeRun:
    output = tmp_path_factory.mktemp("results")
    done = subprocess.run(
        [*COMMAND, "--smoke", "--json", "--output", str(output)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return SmokeRun(json.loads(done.stdout), output)


def test_a_smoke_run_measures_every_scenario(smoke: SmokeRun) -> None:
    measured = {table["scenario"] for table in smoke.document["tables"]}
    assert measured == {*SCENARIOS, "connect-deflated"}


def test_every_table_has_the_limit_twice_and_feed_and_the_peers(smoke: SmokeRun) -> None:
    wanted = {"c", "c-again", "feed", *ALWAYS_THERE}
    for table in smoke.document["tables"]:
        if table["scenario"] == "drain":  # no other server changes its workers under its readers
            continue
        assert wanted <= {row["server"] for row in table["rows"]}, table["title"]


def test_nothing_fails_and_everything_arrives(smoke: SmokeRun) -> None:
    for table, row in smoke.rows:
        where = (table["title"], row["label"])
        if row["role"] == "peer" and row["server"] not in ALWAYS_THERE:
            continue
        assert row["failures"] == [], where
        for column in table["columns"]:
            if column["is_share"]:
                assert row["values"][column["key"]] == 1, where


def test_figures_are_numbers_and_ratios_are_to_the_limit(smoke: SmokeRun) -> None:
    for table, row in smoke.rows:
        figures = [value for value in row["values"].values() if value is not None]
        assert row["failures"] or figures
        assert all(math.isfinite(value) for value in figures), (table["title"], row["label"])
        ratios = [ratio for ratio in row["ratios"].values() if ratio is not None]
        assert all(math.isfinite(ratio) for ratio in ratios), (table["title"], row["label"])


def test_the_mean_of_both_runs_of_the_limit_is_what_ratios_are_taken_to(smoke: SmokeRun) -> None:
    table = smoke.document["tables"][0]
    first, again = (next(row for row in table["rows"] if row["server"] == name) for name in ("c", "c-again"))
    assert first["ratios"]["cpu_us"] + again["ratios"]["cpu_us"] == pytest.approx(2)


def test_a_page_is_compressed_where_that_was_agreed(smoke: SmokeRun) -> None:
    tables = {table["scenario"]: table for table in smoke.document["tables"]}
    for scenario, compressed in (("connect", 0), ("connect-deflated", 1)):
        feed = next(row for row in tables[scenario]["rows"] if row["server"] == "feed")
        assert feed["values"]["compressed"] == compressed


def test_results_say_what_was_measured_on_what(smoke: SmokeRun) -> None:
    document = smoke.document
    assert document["machine"]["processor"]
    assert document["machine"]["kernel"]
    assert {"c", "feed", *ALWAYS_THERE} <= set(document["versions"])
    assert all(one["version"] for one in document["versions"].values())
    assert 1_000 < document["bytes"]["message"] < 1_600
    assert json.loads((smoke.output / "results.json").read_text()) == document


def test_drawings_are_whole_documents(smoke: SmokeRun) -> None:
    drawings = sorted(smoke.output.glob("*.svg"))
    assert len(drawings) >= 8
    for drawing in drawings:
        text = drawing.read_text()
        assert ET.fromstring(text).tag.endswith("svg")
        assert "prefers-color-scheme: dark" in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_server_behind(number: signal.Signals, tmp_path: Path) -> None:
    command = [*COMMAND, "fan-out", "--smoke", "--output", str(tmp_path)]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        # Feed, its store and the store's guard.
        wait_until(lambda: len(descendants(driver.pid)) > 3, what="a server")
        family = {pid: started for pid, started in descendants(driver.pid).items() if pid != driver.pid}
        driver.send_signal(number)
        driver.wait(30)
    finally:
        if driver.poll() is None:
            driver.kill()
            driver.wait()
    for pid, started in family.items():
        wait_until(lambda pid=pid, started=started: start_time(pid) != started, what=f"the end of {pid}")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(["no-such"], "There are: fan-out"), (["--peers", "no-such"], "There are: nchan")],
)
def test_a_name_that_does_not_exist_is_answered_with_those_that_do(arguments: list[str], hint: str) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert hint in done.stderr


def test_outside_the_repository_it_says_where_the_benchmark_is(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "feed", tmp_path / "feed", ignore=shutil.ignore_patterns("__pycache__"))
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    assert done.returncode == 1
    assert "not part of the installed package" in done.stderr
    assert "repository" in done.stderr
