"""What the shapes of the Python client's drafts let a producer say is what the server takes."""

from __future__ import annotations

from types import NoneType
from typing import Any, get_args, get_type_hints

import feed_client
import pytest

from feed import drafts
from feed.model.coverage import Adverts

TAKEN = {
    "CoverageDraft": drafts.CoverageDraft,
    "CoverageChange": drafts.CoveragePatch,
    "EntryDraft": drafts.EntryDraft,
    "EntryChange": drafts.EntryPatch,
    "Ending": drafts.Ending,
    "CorrectionDraft": drafts.CorrectionDraft,
    "Adverts": Adverts,
}
# Where the title of a coverage is a parameter of its own.
BESIDES = {"CoverageDraft": {"title": False}}
# As an advert is read; left out is the same as null.
NEVER_NULL = {"Adverts"}


def fields_of(shape: Any) -> dict[str, bool]:
    """And whether null may be said."""
    return {name: NoneType in get_args(kind) for name, kind in get_type_hints(shape).items()}


@pytest.mark.parametrize("name", TAKEN)
def test_a_draft_has_the_fields_that_the_server_takes(name: str) -> None:
    said = fields_of(getattr(feed_client, name)) | BESIDES.get(name, {})
    taken = fields_of(TAKEN[name])
    assert said == (dict.fromkeys(taken, False) if name in NEVER_NULL else taken)
