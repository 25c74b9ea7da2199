"""The Python client, for the runner: `feed_client.Connections` decides, `Timeline` shows."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

from feed_client import Timeline, __version__
from feed_client.connections import CONNECT_WITHIN, Action, Connect, Connections, Drop, FetchToken, Write
from feed_client.session import Deliver, Stop
from feed_client.streams import ANSWERED_WITHIN

Json = dict[str, Any]


class Follower:
    def __init__(self, request: Json) -> None:
        self.timeline = Timeline()
        self.chance = 0.5
        self.transport = request["transport"]
        self.did: list[Json] = []
        self.retry_s: float | None = None
        if request.get("page"):
            page = {"type": "snapshot", "cursor": request["after"], **request["page"]}
            self.timeline.apply(page)  # type: ignore[arg-type]
        self.connections = Connections(
            request["after"],
            random=lambda: self.chance,
            token=request["token"],
            renewable=request["token"] is not None,
            up_within=ANSWERED_WITHIN if self.transport == "pages" else CONNECT_WITHIN,
        )

    def take(self, request: Json) -> Json:
        self.did = []
        self.chance = request["random"]
        now, number = request["now"], request.get("connection", 0)
        connections = self.connections
        match request["do"]:
            case "start":
                self._do(connections.begin(now))
            case "opened":
                self._do(connections.receive_open(number, now))
            case "message":
                binary = request.get("binary")
                self._do(connections.receive_text(number, base64.b64decode(binary) if binary else request["text"], now))
            case "event":
                self.retry_s = None
                self._do(connections.receive_text(number, request["data"], now))
            case "closed" if self.transport == "events":
                self._do(connections.receive_end(number, now, self.retry_s))
                self.retry_s = None
            case "retry":
                self.retry_s = request["ms"] / 1000
            case "page":
                self._do(connections.receive_page(number, _page(request["body"]), now))
            case "closed":
                self._do(connections.receive_close(number, request["code"], request["reason"], now))
            case "refused":
                problem = request.get("problem") or {}
                advice_s = request.get("retry_after")
                if "retry_after_ms" in problem:
                    advice_s = problem["retry_after_ms"] / 1000
                self._do(
                    connections.receive_rejection(number, request["status"], now, advice_s, problem.get("code", ""))
                )
            case "token":
                self._do(connections.receive_token(request["token"], now))
            case "wake":
                self._do(connections.receive_wake(now))
            case "tick":
                self._do(connections.receive_timer(now))
        head = self.timeline.coverage or {}
        return {
            "did": self.did,
            "shows": {
                "entries": [[entry["id"], entry["revision"], entry["status"]] for entry in self.timeline.entries],
                "title": head.get("title"),
                "status": head.get("status"),
                "pin": head.get("pin"),
                "successor": self.timeline.successor,
            },
            "keeps": connections.session.cursor,
            "wakes": connections.deadline,
        }

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Connect(number, after):
                    self._did("connect", connection=number, transport=self.transport, after=after)
                case Write(number, message) if self.transport == "websocket":
                    self._did("send", connection=number, message=message)
                case Drop(number):
                    self._did("close", connection=number)
                case FetchToken():
                    self._did("renew")
                case Deliver(message):
                    self.timeline.apply(message)
                    if "cursor" in message and message["type"] != "hello":
                        self._did("deliver", type=message["type"], cursor=message["cursor"])
                case Stop(error):
                    self._did("stop", error=None if error is None else error.close_code)

    def _did(self, what: str, **said: Any) -> None:
        self.did.append({what: said})


def _page(body: Json) -> Json:
    """The page and the head, as the client puts the two answers together."""
    if "entries" not in body:
        return body
    snapshot = {"type": "snapshot", **body}
    return {"events": [{"type": "hello", "v": 1}, snapshot], "up_to_date": False, "ended": False}


def main() -> None:
    followers: dict[int, Follower] = {}
    for line in sys.stdin:
        request = json.loads(line)
        answer: Json = {}
        match request["do"]:
            case "hello":
                answer = {
                    "name": f"feed-client {__version__} (Python)",
                    "transports": ["websocket", "events", "pages"],
                    "can": ["status"],
                }
            case "reset":
                followers.clear()
            case "start":
                followers[request["client"]] = Follower(request)
                answer = followers[request["client"]].take(request)
            case _:
                answer = followers[request["client"]].take(request)
        sys.stdout.write(json.dumps(answer, separators=(",", ":")) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
