"""The systemd unit: what it must say, and systemd's own judgement of it."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SYSTEMD = shutil.which("systemd-analyze")


@pytest.fixture(scope="module")
def unit() -> configparser.ConfigParser:
    # Interpolation is off for systemd's own percent signs; a key given twice is refused.
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / "feed.service")
    return parser


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit as on a machine where the program it starts exists."""
    text = (DEPLOY / "feed.service").read_text()
    copy = tmp_path / "feed.service"
    copy.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/sh", text, flags=re.MULTILINE))
    return copy


def test_only_the_server_is_told_to_stop_so_that_its_store_outlives_its_readers(
    unit: configparser.ConfigParser,
) -> None:
    service = unit["Service"]
    assert service["KillSignal"] == "SIGTERM"
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) >= 60


def test_the_server_can_hold_many_readers_and_comes_back_by_itself(unit: configparser.ConfigParser) -> None:
    assert int(unit["Service"]["LimitNOFILE"]) >= 100_000
    assert unit["Service"]["Restart"] == "always"
    assert unit["Service"]["OOMPolicy"] == "continue"  # or one process that takes too much would take all with it


def test_the_data_lies_where_the_unit_may_write(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]
    variables = dict(pair.split("=", 1) for pair in service["Environment"].split())
    assert variables["FEED_DATA"] == f"%S/{service['StateDirectory']}"
    assert service["DynamicUser"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"


def test_secrets_are_not_in_the_unit(unit: configparser.ConfigParser) -> None:
    assert "TOKEN" not in (DEPLOY / "feed.service").read_text()
    assert unit["Service"]["EnvironmentFile"] == "-/etc/feed/feed.env"


def systemd_analyze(*arguments: str | Path) -> tuple[int, str]:
    """Its exit status and what it said; silent agreement where there is no systemd, as on macOS."""
    if SYSTEMD is None:
        return 0, ""
    run = subprocess.run([SYSTEMD, *arguments], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def test_systemd_accepts_the_unit(installed: Path) -> None:
    assert systemd_analyze("verify", installed) == (0, "")


def test_systemd_finds_little_exposed(installed: Path) -> None:
    # From 0, nothing, to 100, everything.
    status, report = systemd_analyze("security", "--offline=true", "--threshold=25", "--no-pager", installed)
    assert status == 0, report
