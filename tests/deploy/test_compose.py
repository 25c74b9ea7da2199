"""The compose file, and the example of the file its secrets come from."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from feed.settings import OTHER_VARIABLES, Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.fixture(scope="module")
def compose() -> Any:
    yaml: Any = importlib.import_module("yaml")  # it has no types of its own
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def variables(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if line and line[0] != "#")


def test_the_server_waits_for_a_store_that_answers(compose: Any) -> None:
    assert compose["services"]["feed"]["depends_on"]["valkey"]["condition"] == "service_healthy"
    assert compose["services"]["valkey"]["healthcheck"]["test"] == ["CMD", "valkey-cli", "ping"]
    assert "/readyz" in compose["services"]["feed"]["healthcheck"]["test"][-1]


def test_the_store_is_reached_by_the_server_alone(compose: Any) -> None:
    store = compose["services"]["valkey"]
    assert store["networks"] == ["store"]
    assert compose["networks"]["store"]["internal"] is True
    assert "ports" not in store
    assert compose["services"]["feed"]["environment"]["FEED_STORE"] == "redis://valkey:6379/0"


def test_what_must_last_is_on_named_volumes(compose: Any) -> None:
    for name, service in compose["services"].items():
        mounted = [volume.split(":")[0] for volume in service["volumes"] if volume.endswith(":/data")]
        assert mounted == [name]
        assert name in compose["volumes"]


def test_every_file_that_is_named_is_there(compose: Any) -> None:
    build = compose["services"]["feed"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    for volume in compose["services"]["valkey"]["volumes"]:
        source = volume.split(":")[0]
        assert not source.startswith(".") or (DEPLOY / source).is_file()
    assert (DEPLOY / f"{compose['services']['feed']['env_file']}.example").is_file()


def test_secrets_are_in_the_environment_file_alone_and_that_is_not_committed(compose: Any) -> None:
    example = variables((DEPLOY / "feed.env.example").read_text())
    assert example["FEED_ADMIN_TOKEN"] == ""
    assert "TOKEN" not in (DEPLOY / "compose.yaml").read_text()
    assert compose["services"]["feed"]["env_file"] in (DEPLOY / ".gitignore").read_text().splitlines()


def test_the_example_of_an_environment_file_is_valid_as_it_stands() -> None:
    settings = Settings.load(variables((DEPLOY / "feed.env.example").read_text()))
    assert settings.public_url == "https://live.example.org"
    assert settings.allowed_origins == ("*",)


@pytest.mark.parametrize("name", ["Containerfile", "README.md", "compose.yaml", "feed.env.example", "feed.service"])
def test_every_variable_that_is_named_is_a_setting(name: str) -> None:
    named = set(re.findall(r"\bFEED_[A-Z_]+\b", (DEPLOY / name).read_text()))
    assert named
    assert named <= {f"FEED_{field.upper()}" for field in Settings.__struct_fields__} | set(OTHER_VARIABLES)
