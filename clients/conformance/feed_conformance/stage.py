"""Plays one case: the network, the server and the clock towards an adapter, and holds it to what the case says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from . import page
from .adapter import Adapter, AdapterFault
from .cases import Case, what_of
from .client import Client, Connection, Failure
from .comparison import compare, readable
from .log import Json, Log, cursor, name_of, with_cursors
from .speech import framed, said_by_server

# A client that has something to do this often at one moment is in a circle.
MOST_TICKS = 200
_CLOSENESS_S = 0.02
# A client may gather what it catches up with, and show it at once.
SHOWN_WITHIN_S = 1.0


class Stage:
    def __init__(self, adapter: Adapter, case: Case) -> None:
        self._adapter = adapter
        self._case = case
        self._log = Log()
        self._now = 0.0
        self._random = 0.5
        self._since = 0.0
        self._clients: dict[int, Client] = {}

    def play(self) -> None:
        """Raises Failure, with the number of the step and what was expected there; AdapterFault."""
        self._adapter.reset()
        for operation in self._case.log:
            self._log.do(operation)
        self._start(1, self._case.client)
        for number, step in enumerate(self._case.steps, 1):
            what, said = what_of(step, str(self._case))
            try:
                getattr(self, "_" + what.replace(" ", "_"))(said, step)
            except Failure as failure:
                told = json.dumps(step, ensure_ascii=False)
                raise Failure(f"step {number}, {told}\n    {failure}") from None
        self._expect_nothing_more()

    # ------------------------------------------------------------ to the adapter

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

    # ------------------------------------------------------------ what happens

    def _begin(self) -> None:
        self._expect_nothing_more()
        self._since = self._now

    def _newsroom(self, said: Any, _: Json) -> None:
        for operation in said:
            self._log.do(operation)

    def _chance(self, said: float, _: Json) -> None:
        self._random = said

    def _token(self, said: str | None, step: Json) -> None:
        self._begin()
        number, client = self._of(step)
        client.token = said or client.token
        self._tell(number, "token", token=said)

    def _answer_renewals(self) -> None:
        """A client may ask for a token whenever it likes: where the case is not about it, it gets the present one."""
        for number, client in self._clients.items():
            while asked := [action for action in client.did if action[1] == "renew"]:
                client.did.remove(asked[0])
                self._tell(number, "token", token=client.token)

    def _client_starts(self, said: Json, step: Json) -> None:
        self._begin()
        self._start(step["client"], said)

    def _network_opens(self, said: int, step: Json) -> None:
        self._begin()
        number, client = self._of(step)
        connection = client.connection(said)
        if connection.over:
            raise Failure(f"the client has left connection {said}")
        connection.opened = True
        self._tell(number, "opened", connection=said)

    def _network_fails(self, said: int, step: Json) -> None:
        self._close(said, None, "", step)

    def _server_closes(self, said: Json, step: Json) -> None:
        reason = said.get("reason", "")
        text = reason if isinstance(reason, str) else json.dumps(reason, separators=(",", ":"))
        on = self._of(step)[1].on(step)
        self._opened(on, step)
        self._close(on, said["code"], text, step)

    def _server_ends(self, said: Json, step: Json) -> None:
        """An event stream that is over: `retry` first where the server says when to come back."""
        number, client = self._of(step)
        on = client.on(step)
        if "retry" in said:
            self._begin()
            self._tell(number, "retry", connection=on, ms=said["retry"])
        self._close(on, None, "", step)

    def _close(self, on: int, code: int | None, reason: str, step: Json) -> None:
        self._begin()
        number, client = self._of(step)
        connection = client.connection(on)
        if connection.over:
            raise Failure(f"the client has left connection {on}")
        connection.over = True
        self._tell(number, "closed", connection=on, code=code, reason=reason)

    def _network_refuses(self, said: Json, step: Json) -> None:
        self._begin()
        number, client = self._of(step)
        on = client.on(step)
        client.connections[on - 1].over = True
        retry_after, problem = said.get("retry_after"), said.get("problem")
        self._tell(number, "refused", connection=on, status=said["status"], retry_after=retry_after, problem=problem)

    def _opened(self, on: int, step: Json) -> None:
        client = self._of(step)[1]
        if not client.connection(on).opened:
            self._network_opens(on, step)

    def _server_sends(self, said: Any, step: Json) -> None:
        number, client = self._of(step)
        on = client.on(step)
        self._opened(on, step)
        connection = client.connections[on - 1]
        for item in said:
            for message in self.messages(item, connection, client.limit):
                self._begin()
                if connection.over:
                    raise Failure(f"the client has left connection {on}, before it was sent {item}")
                frame = framed(message, on, connection.transport)
                self._tell(number, "event" if "event" in frame else "message", **frame)

    def messages(self, item: Any, connection: Connection, limit: int) -> list[Json]:
        """What an item of a case's `server sends` stands for."""
        after = None if connection.after is None else str(name_of(connection.after))
        return said_by_server(self._log, item, after, limit)

    def _server_answers(self, said: Json, step: Json) -> None:
        """A page of changes."""
        self._begin()
        number, client = self._of(step)
        on = client.on(step)
        connection = client.connections[on - 1]
        connection.over = True
        events = [one for item in said["events"] for one in self.messages(item, connection, client.limit)]
        self._tell(number, "page", connection=on, body=with_cursors(said | {"events": events}))

    # ------------------------------------------------------------ time

    def _time_passes(self, said: float, _: Json) -> None:
        self._begin()
        self._advance(self._now + said)
        self._since = self._now

    def _nothing_happens_for(self, said: float, step: Json) -> None:
        self._time_passes(said, step)
        self._expect_nothing_more()

    def _device_sleeps(self, said: float, step: Json) -> None:
        self._begin()
        self._now += said
        self._since = self._now
        self._tell(self._of(step)[0], "wake")

    def _clock_jumps(self, said: float, step: Json) -> None:
        self._begin()
        self._now += said
        self._since = self._now
        self._tell(self._of(step)[0], "tick")

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

    # ------------------------------------------------------------ what the client must do

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

    def _client_connects(self, said: Json, step: Json) -> None:
        did = self._expect("connect", step)
        actual = {"after": name_of(did.get("after")), "transport": did.get("transport", "websocket")}
        expected = {"after": said["after"], "transport": said.get("transport", "websocket")}
        if expected["transport"] == "any":
            del expected["transport"]
        compare(expected, actual)

    def _client_sends(self, said: Json, step: Json) -> None:
        did = self._expect("send", step)
        compare(said, did["message"])
        if "on" in step:
            compare({"connection": step["on"]}, {"connection": did["connection"]})

    def _client_closes(self, said: int, step: Json) -> None:
        compare({"connection": said}, {"connection": self._expect("close", step)["connection"]})

    def _client_renews(self, _: Any, step: Json) -> None:
        self._expect("renew", step)

    def _client_stops(self, said: Any, step: Json) -> None:
        did = self._expect("stop", step)
        if not isinstance(said, list) or did.get("error") not in said:
            compare({"error": said}, {"error": did.get("error")})

    def _client_delivers(self, said: list[str], step: Json) -> None:
        _, client = self._of(step)
        self._wait_until_shown(lambda: client.delivered == said)
        delivered, client.delivered = client.delivered, []
        compare({"delivered": said}, {"delivered": delivered})

    def _client_shows(self, said: Any, step: Json) -> None:
        _, client = self._of(step)
        expected = page.page_of(self._log.states[said]) if isinstance(said, str) else said
        self._wait_until_shown(lambda: all(client.shows[key] == expected[key] for key in expected))
        compare(expected, client.shows)

    def _client_keeps(self, said: str | None, step: Json) -> None:
        _, client = self._of(step)
        self._wait_until_shown(lambda: name_of(client.keeps) == said)
        compare({"keeps": said}, {"keeps": name_of(client.keeps)})

    def _wait_until_shown(self, condition: Callable[[], bool]) -> None:
        until = self._now + SHOWN_WITHIN_S
        while not condition() and self._now < until:
            self._advance(min(until, self._now + 0.1))
            self._since = self._now

    def _client_has(self, said: str, step: Json) -> None:
        self._client_shows(said, step)
        self._client_keeps(said, step)
