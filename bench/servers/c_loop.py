"""The limit: a loop in C that writes a ready frame to every socket."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import ClassVar

from bench.machine import said

from .base import BUILD, Reading, Server


class CLoop(Server):
    """One send() for each reader and entry."""

    name = "c"
    label = "C loop"
    role = "limit"
    mode: ClassVar[str] = "send"

    @classmethod
    def missing(cls) -> str | None:
        return None

    @classmethod
    def version(cls) -> str:
        return said(shutil.which("cc") or "gcc", "--version")

    def _command(self) -> Sequence[str]:
        material = self._place.material
        files = ("--snapshot", str(material.snapshot), "--deflated", str(material.deflated))
        return (str(BUILD / "fanout"), "--mode", self.mode, *files)

    def live(self, _group: str) -> Reading:
        return Reading("/live")

    def replay(self, _group: str) -> Reading:
        return Reading("/replay", ready=1)

    def publish_path(self, _group: str) -> str:
        return "/publish"


class CLoopAgain(CLoop):
    """The same once more, at the end of each repeat: how far its ratio is from 1 is the noise."""

    name = "c-again"
    label = "C loop, again"


class CLoopCoalesced(CLoop):
    """Everything pending for a reader in one sendmsg()."""

    name = "c-coalesced"
    label = "C loop, coalesced"
    mode = "writev"
