"""create, change, end, reopen, list, token."""

from __future__ import annotations

import pytest

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
    assert f"publish:{other}" in refused.err
    listed = {one["id"]: one for one in cli.run("token", "list", "--json").lines}
    assert listed[made["id"]]["name"] == "Desk"
    assert "token" not in listed[made["id"]]
    assert made["id"] in cli.run("token", "list").out
    cli.run("token", "revoke", made["id"])
    assert made["id"] not in [one["id"] for one in cli.run("token", "list", "--json").lines]


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
