"""Plays one case: the network, the server and the clock towards an adapter, and holds it to what the case says."""

from __future__ import annotations

import json
from typing import Any

from . import page
from .adapter import Adapter
from .cases import Case, what_of
from .client import Connection, Failure
from .clockwork import Clockwork
from .comparison import compare
from .log import Json, name_of, with_cursors
from .speech import framed, said_by_server


class Stage(Clockwork):
    """Each step of a case is a method, named as the step is."""

    def __init__(self, adapter: Adapter, case: Case) -> None:
        super().__init__(adapter)
        self._case = case

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

    # ------------------------------------------------------------ what happens

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
                if message.keys() == {"retry"}:
                    self._tell(number, "retry", connection=on, ms=message["retry"])
                    continue
                if connection.over:
                    raise Failure(f"the client has left connection {on}, before it was sent {item}")
                frame = framed(message, on, connection.transport)
                self._tell(number, "event" if "event" in frame else "message", **frame)

    def messages(self, item: Any, connection: Connection, limit: int) -> list[Json]:
        """What an item of a case's `server sends` stands for."""
        after = None if connection.after is None else str(name_of(connection.after))
        return said_by_server(self._log, item, after, limit)

    def _server_answers(self, said: Any, step: Json) -> None:
        """A page of changes; `snapshot`: the page and the head."""
        self._begin()
        number, client = self._of(step)
        on = client.on(step)
        connection = client.connections[on - 1]
        connection.over = True
        if said == "snapshot":
            body = self._log.snapshot(client.limit)
            del body["type"]
        else:
            events = said.get("events")
            if isinstance(events, list):
                said = said | {
                    "events": [one for item in events for one in self.messages(item, connection, client.limit)]
                }
            body = said
        self._tell(number, "page", connection=on, body=with_cursors(body))

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

    # ------------------------------------------------------------ what the client must do

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

    def _client_has(self, said: str, step: Json) -> None:
        self._client_shows(said, step)
        self._client_keeps(said, step)
