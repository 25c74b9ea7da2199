"""Settings, from the environment and the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from feed.errors import SettingsError
from feed.settings import HINTS, Settings, unknown_variables, variable


def test_without_anything_set_it_runs_by_itself_on_this_machine() -> None:
    settings = Settings.load({})
    assert (settings.store, settings.host, settings.workers) == (None, "127.0.0.1", 1)
    assert settings.allowed_origins == ("*",)
    assert settings.max_body == 1024 * 1024


def test_every_field_is_a_variable() -> None:
    settings = Settings.load(
        {
            "FEED_STORE": "redis://h:1/0",
            "FEED_DATA": "/d",
            "FEED_HOST": "0.0.0.0",
            "FEED_PORT": "80",
            "FEED_WORKERS": "4",
            "FEED_ADMIN_TOKEN": "0123456789abcdef",
            "FEED_PUBLIC_URL": "https://live.example.org",
            "FEED_ALLOWED_ORIGINS": "https://a.example, https://b.example",
            "FEED_FSYNC": "always",
            "FEED_MAX_BODY": "10",
            "FEED_LOG_LEVEL": "debug",
        }
    )
    assert settings == Settings(
        store="redis://h:1/0",
        data=Path("/d"),
        host="0.0.0.0",
        port=80,
        workers=4,
        admin_token="0123456789abcdef",
        public_url="https://live.example.org",
        allowed_origins=("https://a.example", "https://b.example"),
        fsync="always",
        max_body=10,
        log_level="debug",
    )


def test_options_come_before_variables_and_none_is_not_given() -> None:
    environ = {"FEED_PORT": "80", "FEED_HOST": "h"}
    assert Settings.load(environ, port=81, host=None).port == 81
    assert Settings.load(environ, port=81, host=None).host == "h"


def test_a_blank_variable_counts_as_not_set() -> None:
    assert Settings.load({"FEED_PORT": " ", "FEED_STORE": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "eighty"),
        ("port", "65536"),
        ("port", "-1"),
        ("port", "80.5"),
        ("workers", "0"),
        ("admin_token", "short"),
        ("public_url", "live.example.org"),
        ("public_url", "https://live.example.org/live"),
        ("fsync", "sometimes"),
        ("max_body", "0"),
        ("max_batch", "1001"),
        ("log_length", "-1"),
        ("key_lifetime", "0"),
        ("log_level", "LOUD"),
    ],
)
def test_a_value_that_cannot_work_is_explained_by_the_variables_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({variable(name): value})
    assert caught.value.detail.startswith(variable(name))
    assert HINTS[name] in caught.value.detail
    assert (value in caught.value.detail) is (name != "admin_token")


def test_the_same_settings_reach_a_process_started_from_this_one() -> None:
    for settings in (
        Settings(),
        Settings.load({}, allowed_origins=["https://a.example", "https://b.example"], port=0, log_length=0),
        Settings.load({}, allowed_origins=[], trusted_proxies=[]),
        Settings.load({}, store="unix:///s", admin_token="0123456789abcdef", data=Path("/x y")),
    ):
        assert Settings.load(settings.environment()) == settings


def test_a_variable_that_nothing_reads_is_told_with_the_nearest_there_is() -> None:
    environ = ["PATH", "FEED_PORT", "FEED_URL", "FEED_TOKEN", "FEED_STOER", "FEED_SERVICE_HOST", "FEED_XYZ"]
    assert unknown_variables(environ) == {"FEED_STOER": "FEED_STORE", "FEED_SERVICE_HOST": None, "FEED_XYZ": None}
