"""Feed itself, as anybody starts it: `feed serve` with its embedded store."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from bench.material import page
from bench.processes import ServerProcess
from feed import __version__

from .base import ROOT, Place, Reading, Server

LINES = "application/x-ndjson"


class Feed(Server):
    name = "feed"
    label = "Feed"
    role = "feed"
    can_have_workers = True
    # Settings that are not the usual ones.
    settings: Mapping[str, str] = MappingProxyType({})

    def __init__(self, place: Place, workers: int = 1) -> None:
        super().__init__(place, workers)
        self._token = secrets.token_urlsafe(24)

    @classmethod
    def missing(cls) -> str | None:
        return None

    @classmethod
    def version(cls) -> str:
        return __version__

    def _command(self) -> Sequence[str]:
        options = ("--port", "0", "--data", str(self.folder), "--workers", str(self.workers))
        return (sys.executable, "-m", "feed.cli", "serve", *options)

    def _launch(self, cores: Collection[int]) -> ServerProcess:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FEED_")}
        environment |= {"FEED_ADMIN_TOKEN": self._token, "FEED_LOG_LEVEL": "warning", "PYTHONUNBUFFERED": "1"}
        environment |= self.settings
        log = self.folder / "log"
        return ServerProcess(self._command(), cores=cores, log=log, environment=environment, directory=ROOT)

    # ------------------------------------------------------------ readers

    def live(self, group: str) -> Reading:
        # hello, snapshot, live: a coverage without entries has nothing to replay.
        return Reading(f"/v1/coverages/{group}/live?limit=50", ready=3, subprotocol="feed.v1")

    def replay(self, group: str) -> Reading:
        return self.live(group)

    def messages(self, group: str, then_publish: Sequence[bytes]) -> list[bytes]:
        """What a reader gets: at first, and of these entries."""
        url = f"ws://127.0.0.1:{self.port}{self.live(group).path}"
        got: list[bytes] = []

        def receive_until(type_: str) -> None:
            while not (got and got[-1].startswith(b'{"type":"%b"' % type_.encode())):
                got.append(reader.recv(timeout=10, decode=False))

        with connect(url, subprotocols=[Subprotocol("feed.v1")], max_size=None, compression=None) as reader:
            receive_until("live")
            for body in then_publish:
                self.post(self.publish_path(group), body)
                got.append(b"")
                receive_until("entry.published")
        return [message for message in got if message]

    # ------------------------------------------------------------ what is in it

    def new_group(self) -> str:
        group = super().new_group()
        self._create(group)
        return group

    def _create(self, coverage: str) -> None:
        self.post("/v1/coverages", json.dumps({"id": coverage, "title": f"Benchmark {coverage}"}).encode())

    def payload(self, *, large: bool = False) -> Path:
        return self._place.material.draft(large=large)

    @property
    def publish_header(self) -> str | None:
        return f"Authorization: Bearer {self._token}"

    def publish_path(self, group: str) -> str:
        return f"/v1/coverages/{group}/entries"

    def fill_page(self, group: str) -> None:
        self.post(self.publish_path(group), b"\n".join(json.dumps(entry).encode() for entry in page()), LINES)

    def idle_readings(self, group: str, count: int) -> Reading | None:
        entry = json.dumps({"text": "Nothing happens here."}).encode()
        for number in range(1, count + 1):
            self._create(f"{group}-{number}")
            self.post(self.publish_path(f"{group}-{number}"), entry)
        return self.live(f"{group}-{{}}")
