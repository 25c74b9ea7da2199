"""The administrator's token."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from feed.admin import FILE, admin_token
from feed.errors import SettingsError
from feed.settings import Settings


def test_the_one_that_is_set_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    found = admin_token(Settings(data=tmp_path / "d", admin_token="0123456789abcdef"))
    assert (found.token, found.path, found.new) == ("0123456789abcdef", None, False)
    assert not (tmp_path / "d").exists()


def test_the_first_start_makes_one_that_only_its_owner_can_read(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "a" / "b")
    made = admin_token(settings)
    assert made.new
    assert made.path == settings.data / FILE
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert settings.data.stat().st_mode & 0o777 == 0o700
    again = admin_token(settings)
    assert (again.token, again.new) == (made.token, False)


def test_two_directories_have_two_tokens(tmp_path: Path) -> None:
    first, second = (admin_token(Settings(data=tmp_path / name)).token for name in "ab")
    assert first != second
    assert len(first) > 40


def test_whoever_starts_at_the_same_time_gets_the_same_token(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: admin_token(settings), range(32)))
    assert len({one.token for one in found}) == 1
    assert sum(one.new for one in found) == 1


def test_a_file_without_a_usable_token_is_explained(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("short\n")
    with pytest.raises(SettingsError, match="no usable token"):
        admin_token(Settings(data=tmp_path))


def test_a_directory_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="FEED_DATA"):
        admin_token(Settings(data=tmp_path / "file"))
