"""Peers on Node: ws and socket.io."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from typing import ClassVar

from bench.machine import program, said

from .base import HERE, Reading, Server

FOLDER = HERE / "peers/node"


class _OnNode(Server):
    package: ClassVar[str]
    script: ClassVar[str]

    @classmethod
    def missing(cls) -> str | None:
        there = shutil.which("node") and (FOLDER / "node_modules" / cls.package).is_dir()
        return None if there else "make -C bench node (Node 20 or newer, with npm)"

    @classmethod
    def version(cls) -> str:
        package = json.loads((FOLDER / "node_modules" / cls.package / "package.json").read_text())
        return f"{package['version']}, node {said('node', '--version')}"

    def _command(self) -> Sequence[str]:
        return (program("node", self.missing() or ""), str(FOLDER / self.script), str(self._place.material.snapshot))

    def publish_path(self, _group: str) -> str:
        return "/publish"


class Ws(_OnNode):
    name = "ws"
    label = "ws"
    package = "ws"
    script = "ws.js"

    def live(self, _group: str) -> Reading:
        return Reading("/live")

    def replay(self, _group: str) -> Reading:
        return Reading("/replay", ready=1)


class SocketIo(_OnNode):
    name = "socket.io"
    label = "socket.io"
    package = "socket.io"
    script = "socketio.js"

    # Its own two messages come before anything else: the handshake, and the answer to "40", which joins the namespace.

    def live(self, _group: str) -> Reading:
        return Reading("/socket.io/?EIO=4&transport=websocket", ready=2, send="40")

    def replay(self, _group: str) -> Reading:
        return Reading("/socket.io/?EIO=4&transport=websocket&replay=1", ready=3, send="40")
