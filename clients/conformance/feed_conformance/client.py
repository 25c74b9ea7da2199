"""A client as its adapter tells of it: connections, what it did and delivered, what it shows and keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .log import Json, name_of


class Failure(Exception):
    """The client did something else than the case says."""


@dataclass
class Connection:
    """`over`: which side it is known to be gone on."""

    transport: str
    after: str | None
    opened: bool = False
    over: bool = False


@dataclass
class Client:
    limit: int = 50
    token: str | None = None
    connections: list[Connection] = field(default_factory=list)
    did: list[tuple[float, str, Any]] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    since_snapshot: set[str] = field(default_factory=set)
    shows: Json = field(default_factory=dict)
    keeps: str | None = None
    wakes: float | None = None
    stopped: bool = False

    def take(self, what: str, said: Any, now: float) -> None:
        """One action that its adapter reports. Raises Failure where no client may do it now."""
        if self.stopped and what != "close":
            raise Failure(f"it had stopped, and then did {what} {said}")
        match what:
            case "connect":
                if said.get("connection") != len(self.connections) + 1:
                    raise Failure(f"connections are numbered as they are made: {said} is not the next")
                self.connections.append(Connection(said.get("transport", "websocket"), said.get("after")))
            case "close":
                connection = self.connection(said["connection"])
                if connection.over:
                    return
                connection.over = True
            case "send":
                connection = self.connection(said["connection"])
                if connection.over or not connection.opened:
                    raise Failure(f"it sends on a connection that is not open: {said}")
            case "deliver":
                self._deliver(said)
                return
            case "stop":
                self.stopped = True
            case "renew":
                pass
            case _:
                raise Failure(f"{what} is nothing that a client does")
        self.did.append((now, what, said))

    def _deliver(self, said: Json) -> None:
        """Whatever happens, no event is handed on twice."""
        at = str(name_of(said.get("cursor")))
        if said["type"] == "snapshot":
            self.since_snapshot = {at}
            self.delivered.append(f"snapshot {at}")
            return
        if at in self.since_snapshot:
            raise Failure(f"{said['type']} {at} is delivered a second time")
        self.since_snapshot.add(at)
        self.delivered.append(at)

    def connection(self, number: int) -> Connection:
        if not 1 <= number <= len(self.connections):
            raise Failure(f"there is no connection {number}")
        return self.connections[number - 1]

    def on(self, step: Json) -> int:
        """The connection that a step is about: the newest that is not over, unless it says which."""
        if "on" in step:
            return int(step["on"])
        for number in range(len(self.connections), 0, -1):
            if not self.connections[number - 1].over:
                return number
        raise Failure("the client has no connection")
