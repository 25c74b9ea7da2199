"""create, change, end, reopen, list, token."""

from __future__ import annotations

import re

import pytest

from feed.cli.coverages import HEAD_FIELDS

from .conftest import Cli


def test_a_coverage_is_created_with_what_its_head_has(cli: Cli) -> None:
    made = cli.run(
        "create", "Budget day", "--summary", "All <em>about</em> it", "--key-point", "One", "--key-point", "Two",
        "--language", "en-GB", "--timezone", "Europe/London", "--visibility", "unlisted", "--label", "Politics",
        "--author", "Ann Author", "--image", "https://example.org/a.jpg", "--alt", "A red box",
        "--link", "Explained https://example.org/x",
    ).document  # fmt: skip
    assert made["title"] == "Budget day"
    assert made["key_points"] == ["One", "Two"]
    assert (made["timezone"], made["visibility"], made["language"]) == ("Europe/London", "unlisted", "en-GB")
    assert made["image"]["alt"] == "A red box"
    assert made["links"][0]["title"] == "Explained"


def test_the_head_changes_and_can_be_emptied(cli: Cli) -> None:
    coverage = cli.create()
    changed = cli.run("change", coverage, "--title", "New", "--summary", "Words", "--key-point", "A").document
    assert (changed["title"], changed["summary"], changed["key_points"]) == ("New", "Words", ["A"])
    emptied = cli.run("change", coverage, "--clear", "summary", "--clear", "key-points").document
    assert "summary" not in emptied
    assert "key_points" not in emptied


@pytest.mark.parametrize("field", HEAD_FIELDS)
def test_what_clear_offers_the_server_empties(cli: Cli, field: str) -> None:
    coverage = cli.create()
    cli.run("change", coverage, "--adverts-every", "5", "--summary", "Words", "--image", "https://example.org/a.jpg")
    assert cli.run("change", coverage, "--clear", field).document.get(field) in (None, "en")


@pytest.mark.parametrize("field", ["bogus", "title", "visibility"])
def test_a_field_that_cannot_be_emptied_is_refused_with_those_that_can_once(cli: Cli, field: str) -> None:
    refused = cli.run("change", cli.create(), "--clear", field, code=2)
    said = re.findall(r"[a-z_]+", refused.err)
    assert said.count("key_points") == 1
    assert said.count("title") == (field == "title")


def test_a_page_has_places_for_advertisements(cli: Cli) -> None:
    made = cli.run("create", "With places", "--adverts-every", "5", "--adverts-label", "Advert").document
    assert made["adverts"] == {"every": 5, "label": "Advert"}
    changed = cli.run("change", made["id"], "--adverts-every", "8", "--adverts-height", "600").document
    assert changed["adverts"] == {"every": 8, "height": 600}
    assert "adverts" not in cli.run("change", made["id"], "--clear", "adverts").document
    cli.run("change", made["id"], "--adverts-height", "600", code=2)


def test_a_coverage_ends_once_and_can_be_taken_up_again(cli: Cli) -> None:
    coverage = cli.create()
    ended = cli.run(
        "end", coverage, "--successor", "https://example.org/c/two", "--title", "It was", "--headline", "Goodbye"
    ).document
    assert (ended["status"], ended["title"]) == ("ended", "It was")
    assert ended["successor"] == {"title": "example.org/c/two", "url": "https://example.org/c/two"}
    assert cli.run("end", coverage).document["cursor"] == ended["cursor"]
    refused = cli.run("publish", coverage, "--text", "Late", code=1)
    assert "feed reopen" in refused.err
    assert cli.run("reopen", coverage).document["status"] == "live"
    assert [entry["headline"] for entry in cli.entries(coverage)] == ["Goodbye"]


def test_coverages_are_listed_for_people_and_for_programs(cli: Cli) -> None:
    coverage = cli.create()
    assert coverage in cli.run("list").out
    assert coverage in [one["id"] for one in cli.run("list", "--status", "live", "--json").lines]
    assert coverage not in [one["id"] for one in cli.run("list", "--status", "ended", "--json").lines]


def test_a_token_opens_what_its_scope_says_and_no_more(cli: Cli) -> None:
    coverage, other = cli.create(), cli.create()
    made = cli.run("token", "create", "--scope", f"publish:{coverage}", "--name", "Desk", "--expires", "30d").document
    cli.run("publish", coverage, "--text", "Mine", "--token", made["token"])
    refused = cli.run("publish", other, "--text", "Not mine", "--token", made["token"], code=1)
    assert f"feed token create --scope publish:{other}" in " ".join(refused.err.split())
    assert "--scope admin" in cli.run("token", "list", "--token", made["token"], code=1).err
    listed = {one["id"]: one for one in cli.run("token", "list", "--json").lines}
    assert listed[made["id"]]["name"] == "Desk"
    assert "token" not in listed[made["id"]]
    assert made["id"] in cli.run("token", "list").out
    cli.run("token", "revoke", made["id"])
    assert made["id"] not in [one["id"] for one in cli.run("token", "list", "--json").lines]


def test_tokens_are_told_apart_by_their_scopes_in_a_narrow_terminal(cli: Cli) -> None:
    scopes = [f"publish:budget-day-of-the-{name}-half-year" for name in ("first", "second")]
    for scope in scopes:
        cli.run("token", "create", "--scope", scope, "--name", "Politics desk", "--expires", "30d")
    shown = cli.run("token", "list", COLUMNS="80").out
    assert "…" not in shown
    rows = [line for line in shown.splitlines() if line.strip()]
    column = rows[0].index("scopes"), rows[0].index("made")
    cells = "".join(line[slice(*column)].strip() for line in rows[2:])
    assert all(scope in cells for scope in scopes)


@pytest.mark.parametrize("length", ["0d", "soon", "-1d", "5y"])
def test_a_length_of_time_that_is_none_is_wrong_usage(cli: Cli, length: str) -> None:
    cli.run("token", "create", "--scope", "read:*", "--expires", length, code=2)


def test_a_private_coverage_is_followed_with_its_token(cli: Cli) -> None:
    coverage = cli.create()
    cli.run("change", coverage, "--visibility", "private")
    cli.publish(coverage, text="Between us")
    cli.end(coverage)
    token = cli.run("token", "create", "--scope", f"read:{coverage}").document["token"]
    assert "Between us" in cli.run("tail", coverage, "--token", token).out
    refused = cli.run("tail", coverage, FEED_TOKEN=None, code=1)
    assert coverage in refused.err
