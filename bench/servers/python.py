"""Peers in Python: the websockets library's broadcast(), and Starlette with a loop."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from typing import ClassVar

from bench.processes import ServerProcess

from .base import Reading, Server


class _InPython(Server):
    module: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]

    @classmethod
    def missing(cls) -> str | None:
        absent = [name for name in cls.packages if find_spec(name) is None]
        return f"pip install {' '.join(absent)}" if absent else None

    @classmethod
    def version(cls) -> str:
        names = [f"{'' if at == 0 else name + ' '}{version(name)}" for at, name in enumerate(cls.packages)]
        return ", ".join((*names, f"Python {platform.python_version()}"))

    def _command(self) -> Sequence[str]:
        return (sys.executable, "-m", f"bench.peers.python.{self.module}", str(self._place.material.snapshot))

    def live(self, _group: str) -> Reading:
        return Reading("/live")

    def replay(self, _group: str) -> Reading:
        return Reading("/replay", ready=1)

    def publish_path(self, _group: str) -> str:
        return "/publish"


class WebsocketsBroadcast(_InPython):
    name = "websockets"
    label = "websockets broadcast()"
    module = "websockets_broadcast"
    packages = ("websockets", "uvloop")

    def _find_ports(self, process: ServerProcess) -> None:
        super()._find_ports(process)
        self.publish_port = int(process.wait_printed("publishing on http://127.0.0.1:"))


class StarletteLoop(_InPython):
    name = "starlette"
    label = "Starlette send_text"
    module = "starlette_loop"
    packages = ("starlette", "uvicorn", "uvloop")
