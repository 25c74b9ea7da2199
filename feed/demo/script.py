"""The script of the sample coverage: what its newsroom does, and when.

``sample.json`` is an object ``{"coverage": ID, "steps": [step, ...]}``. `coverage` is the one that is watched, and that
every step but ``create`` acts on. A step has `at_s`, the seconds since the start at speed 1, never less than the step
before; `do`, and what belongs to that:

    do        fields                                   the operation under /v1
    create    coverage: a coverage draft               POST   /coverages
              started_before_s, starts_in_s: optional
    publish   entry: an entry draft, with its id       POST   /coverages/ID/entries
              display_before_s: optional
    revise    entry: its id                            PATCH  /coverages/ID/entries/ENTRY
              change: an entry patch
    retract   entry: its id, reason                    POST   /coverages/ID/entries/ENTRY/retract
    delete    entry: its id, reason                    DELETE /coverages/ID/entries/ENTRY
    pin       entry: its id                            PATCH  /coverages/ID
    unpin                                              PATCH  /coverages/ID
    change    change: a coverage patch                 PATCH  /coverages/ID
    end       ending: how it ends                      POST   /coverages/ID/end

Drafts and patches are what the API takes (see feed.drafts) but for two things. `html` and `markdown` may be written as
a list of lines. And times are relative, so that the coverage always happens today: `display_before_s` is how many
seconds before the start of the run an entry's editorial time lies (without it, an entry shows when it was published);
`started_before_s` is the same for the coverage's own start; `starts_in_s` announces a coverage, on a full hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from feed.model.moment import moment_from

SAMPLE = Path(__file__).with_name("sample.json")

Seconds = Annotated[float, Meta(ge=0)]
Json = dict[str, Any]
Method = Literal["POST", "PATCH", "DELETE"]


class _Act(Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    at_s: Seconds


class Create(_Act, frozen=True, kw_only=True, tag="create"):
    coverage: Json
    started_before_s: Seconds | None = None
    starts_in_s: Seconds | None = None


class Publish(_Act, frozen=True, kw_only=True, tag="publish"):
    entry: Json
    display_before_s: Seconds | None = None


class Revise(_Act, frozen=True, kw_only=True, tag="revise"):
    entry: str
    change: Json


class Retract(_Act, frozen=True, kw_only=True, tag="retract"):
    entry: str
    reason: str


class Delete(_Act, frozen=True, kw_only=True, tag="delete"):
    entry: str
    reason: str


class Pin(_Act, frozen=True, kw_only=True, tag="pin"):
    entry: str


class Unpin(_Act, frozen=True, kw_only=True, tag="unpin"):
    pass


class Change(_Act, frozen=True, kw_only=True, tag="change"):
    change: Json


class End(_Act, frozen=True, kw_only=True, tag="end"):
    ending: Json


Act = Create | Publish | Revise | Retract | Delete | Pin | Unpin | Change | End


class Script(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`coverage` is the id of the coverage that is watched."""

    coverage: str
    steps: tuple[Act, ...]

    @property
    def duration_s(self) -> float:
        """Seconds from the start to the end at speed 1."""
        return self.steps[-1].at_s


class Step(NamedTuple):
    """One request of the producer.

    `delay_s` is the wait since the step before, in seconds at speed 1: 0 for everything that is there when the first
    reader comes. `path` begins with ``/v1``; `body` is JSON, with absolute times. `says` tells it in one line, for a
    terminal. `entry` is the id of the entry that it is about.
    """

    at_s: float
    delay_s: float
    do: str
    method: Method
    path: str
    body: Json
    says: str
    entry: str | None = None


def load_script(file: Path = SAMPLE) -> Script:
    """Raises msgspec.ValidationError when the file does not keep to the schema above."""
    return msgspec.json.decode(file.read_bytes(), type=Script)


def steps(script: Script, started_at: datetime) -> list[Step]:
    """The requests in order, as of a run that starts at `started_at`, which carries its zone. Touches nothing else."""
    found, before = [], 0.0
    headlines = {act.entry["id"]: _name(act.entry) for act in script.steps if isinstance(act, Publish)}
    for act in script.steps:
        found.append(_step(script.coverage, act, act.at_s - before, started_at, headlines))
        before = act.at_s
    return found


def _step(coverage: str, act: Act, delay: float, start: datetime, headlines: dict[str, str]) -> Step:
    home = f"/v1/coverages/{coverage}"
    match act:
        case Create():
            body = _whole(act.coverage)
            if act.started_before_s is not None:
                began = moment_from(start - timedelta(seconds=act.started_before_s))
                body |= {"created_at": began, "started_at": began}
            if act.starts_in_s is not None:
                begins = start + timedelta(seconds=act.starts_in_s)
                body["starts_at"] = moment_from(begins.replace(minute=0, second=0, microsecond=0))
            says = f"creates “{body['title']}”"
            return Step(act.at_s, delay, "create", "POST", "/v1/coverages", body, says)
        case Publish():
            body = _whole(act.entry)
            if act.display_before_s is not None:
                body["display_at"] = moment_from(start - timedelta(seconds=act.display_before_s))
            says = f"publishes {_name(act.entry)}"
            return Step(act.at_s, delay, "publish", "POST", f"{home}/entries", body, says, body["id"])
        case Revise():
            body = _whole(act.change)
            verb = "corrects" if "correction" in body else "revises"
            says, path = f"{verb} {headlines[act.entry]}", f"{home}/entries/{act.entry}"
            return Step(act.at_s, delay, "revise", "PATCH", path, body, says, act.entry)
        case Retract():
            says, path = f"retracts {headlines[act.entry]}", f"{home}/entries/{act.entry}/retract"
            return Step(act.at_s, delay, "retract", "POST", path, {"reason": act.reason}, says, act.entry)
        case Delete():
            says, path = f"takes down {headlines[act.entry]}", f"{home}/entries/{act.entry}"
            return Step(act.at_s, delay, "delete", "DELETE", path, {"reason": act.reason}, says, act.entry)
        case Pin():
            says = f"pins {headlines[act.entry]}"
            return Step(act.at_s, delay, "pin", "PATCH", home, {"pin": act.entry}, says, act.entry)
        case Unpin():
            return Step(act.at_s, delay, "unpin", "PATCH", home, {"pin": None}, "unpins")
        case Change():
            body = _whole(act.change)
            says = f"changes the head: “{body['title']}”" if "title" in body else "changes the head"
            return Step(act.at_s, delay, "change", "PATCH", home, body, says)
        case End():
            body = _whole(act.ending)
            if "entry" in body:
                body["entry"] = _whole(body["entry"])
            says = f"ends: “{body['title']}”" if "title" in body else "ends"
            return Step(act.at_s, delay, "end", "POST", f"{home}/end", body, says)


def _name(entry: Json) -> str:
    """An entry's headline, or that it has none."""
    return f"“{entry['headline']}”" if "headline" in entry else f"a short entry, {entry['id']}"


def _whole(draft: Json) -> Json:
    """A draft as the API takes it: text that was written as a list of lines is joined."""
    written = ("html", "markdown")
    return {
        key: "\n".join(value) if key in written and isinstance(value, list) else value for key, value in draft.items()
    }
