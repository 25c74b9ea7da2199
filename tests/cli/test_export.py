"""What the help and the receipt of export and import say, held against what they do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from feed.exchange.formats import FORMATS

from .conftest import Cli


def exported(cli: Cli, coverage: str) -> Any:
    cli.run("export", coverage, "--output", "out.json")
    return json.loads((cli.directory / "out.json").read_text())


@pytest.mark.parametrize(("count", "words"), [(1, "1 entry,"), (2, "2 entries,")])
def test_an_export_says_how_much_it_wrote(cli: Cli, count: int, words: str) -> None:
    coverage = cli.create()
    for number in range(count):
        cli.publish(coverage, text=f"Number {number}")
    assert words in cli.run("export", coverage, "--output", "out.json").err


def test_an_export_holds_corrections_but_nothing_of_what_was_deleted(cli: Cli) -> None:
    coverage = cli.create()
    cli.publish(coverage, id="kept", text="First")
    cli.publish(coverage, id="gone", text="A name that must go")
    cli.run("revise", coverage, "kept", "--text", "Second", "--correction", "It said First.")
    cli.run("delete", coverage, "gone")
    document = exported(cli, coverage)
    assert [entry["id"] for entry in document["entries"]] == ["kept"]
    assert document["entries"][0]["corrections"][0]["note"] == "It said First."
    assert "gone" not in json.dumps(document)
    assert "must go" not in json.dumps(document)


def test_help_names_every_format(cli: Cli) -> None:
    shown = cli.run("import", "--help").out
    assert all(re.search(rf"\b{name}\b", shown) for name in FORMATS)
