"""Clients and the clock they live by: what they are told, what they do, and what they do when time passes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from . import page
from .adapter import Adapter, AdapterFault
from .client import Client, Failure
from .comparison import readable
from .log import Json, Log, cursor

# A client that has something to do this often at one moment is in a circle.
MOST_TICKS = 200
_CLOSENESS_S = 0.02
# A client may gather what it catches up with, and show it at once.
SHOWN_WITHIN_S = 1.0


class Clockwork:
    """Time stands still unless `_advance` is called."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._log = Log()
        self._now = 0.0
        self._random = 0.5
        self._since = 0.0
        self._clients: dict[int, Client] = {}

    def _start(self, number: int, said: Json) -> None:
        after = said.get("after")
        shown: Json | None = None
        if after is not None and said.get("page", after) is not None:
            snapshot = self._log.snapshot(500, at=said.get("page", after))
            shown = {key: snapshot[key] for key in ("coverage", "entries", "next")}
        self._clients[number] = Client(limit=said.get("limit", 50), token=said.get("token"))
        self._tell(
            number,
            "start",
            transport=said.get("transport", "websocket"),
            coverage=self._log.coverage,
            limit=said.get("limit", 50),
            after=None if after is None else cursor(after),
            page=shown,
            token=said.get("token"),
        )

    def _tell(self, number: int, do: str, **fields: Any) -> None:
        """One line to the adapter; takes in what it says it did."""
        client = self._clients[number]
        request = {"do": do, "client": number, "now": self._now, "random": self._random}
        answer = self._adapter.ask(request | fields)
        try:
            for action in answer["did"]:
                ((what, said),) = action.items()
                client.take(what, said, self._now)
            client.shows = page.shown(answer.get("shows") or {})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise AdapterFault(f"{type(error).__name__} {error} in its answer {json.dumps(answer)[:500]}") from None
        client.keeps = answer.get("keeps")
        client.wakes = answer.get("wakes")

    def _of(self, step: Json) -> tuple[int, Client]:
        number = step.get("client", 1)
        return number, self._clients[number]

    def _begin(self) -> None:
        self._expect_nothing_more()
        self._since = self._now

    def _answer_renewals(self) -> None:
        """A client may ask for a token whenever it likes: where the case is not about it, it gets the present one."""
        for number, client in self._clients.items():
            while asked := [action for action in client.did if action[1] == "renew"]:
                client.did.remove(asked[0])
                self._tell(number, "token", token=client.token)

    # ------------------------------------------------------------ time

    def _advance(self, until: float, wanted: tuple[Client, str] | None = None) -> None:
        """Lets time pass, waking whoever asked for it; stops when the wanted is done."""
        ticks = 0
        while wanted is None or not any(what == wanted[1] for _, what, _ in wanted[0].did):
            if wanted is not None and wanted[1] != "renew":
                self._answer_renewals()
                if any(what == wanted[1] for _, what, _ in wanted[0].did):
                    return
            due = [(client.wakes, number) for number, client in self._clients.items() if client.wakes is not None]
            at, number = min(due, default=(until + 1, 0))
            if at > until:
                break
            ticks += 1
            if at > self._now:
                ticks = 0
            if ticks > MOST_TICKS:
                raise Failure(f"it asks to be woken at {at:g} again and again")
            # Whole milliseconds, not a moment too soon.
            self._now = max(self._now, math.ceil(at * 1000) / 1000)
            self._tell(number, "tick")
        else:
            return
        self._now = max(self._now, until)

    # ------------------------------------------------------------ what clients did

    def _expect(self, what: str, step: Json) -> Any:
        """The action, done no sooner and no later than the case says, counted from the step before."""
        _, client = self._of(step)
        low, high = step.get("within", [0, 0])
        self._advance(self._since + (high + _CLOSENESS_S if high else 0), (client, what))
        for at, (when, did, said) in enumerate(client.did):
            if did == what:
                del client.did[at]
                waited = max(0.0, when - self._since)
                self._since = max(self._since, when)
                if waited < low - _CLOSENESS_S:
                    raise Failure(f"it did so after {waited:.2f} s, expected after {low:g} to {high:g} s")
                return said
        raise Failure(f"it did not within {high:g} s; {self._instead(client)}")

    def _instead(self, client: Client) -> str:
        did = "; ".join(f"{what} {readable(said)}" for _, what, said in client.did) or "nothing"
        rests = "does not want to be woken" if client.wakes is None else f"wants to be woken at {client.wakes:g} s"
        return f"it did {did}, and {rests} (now is {self._now:g} s)"

    def _expect_nothing_more(self) -> None:
        self._answer_renewals()
        for client in self._clients.values():
            for _, what, said in client.did:
                if what != "close" or not client.stopped:
                    raise Failure(f"before that it did what was not expected: {what} {readable(said)}")
            client.did.clear()

    def _wait_until_shown(self, condition: Callable[[], bool]) -> None:
        until = self._now + SHOWN_WITHIN_S
        while not condition() and self._now < until:
            self._advance(min(until, self._now + 0.1))
            self._since = self._now
