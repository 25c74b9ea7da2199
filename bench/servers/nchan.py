"""nchan: websocket channels inside nginx, in C. Debian's packages, unpacked or installed."""

from __future__ import annotations

import contextlib
import shutil
import socket
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bench.machine import BenchError, said
from bench.processes import ServerProcess

from .base import BUILD, HERE, Reading, Server

MODULE = "usr/lib/nginx/modules/ngx_nchan_module.so"


@cache
def _found() -> tuple[Path, Path] | None:
    """Program and module."""
    unpacked = BUILD / "nchan/root"
    installed = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    for program, module in (
        (unpacked / "usr/sbin/nginx", unpacked / MODULE),
        (Path(installed or "/none"), Path("/") / MODULE),
    ):
        if program.exists() and module.exists():
            return program, module
    return None


class Nchan(Server):
    name = "nchan"
    label = "nchan"
    takes_lines = False
    can_have_workers = True

    @classmethod
    def missing(cls) -> str | None:
        return None if _found() else "make -C bench nchan (on Debian and its kin)"

    @classmethod
    def version(cls) -> str:
        found = _found()
        if found is None:
            return ""
        packages = sorted((BUILD / "nchan").glob("libnginx-mod-nchan_*.deb"))
        nchan = packages[-1].name.split("_")[1].replace("%3a", ":").rpartition(":")[2] if packages else "installed"
        return f"{nchan}, {said(str(found[0]), '-v').rpartition(': ')[2]}"

    def _command(self) -> Sequence[str]:
        found = _found()
        if found is None:
            raise BenchError(f"nchan is not there: {self.missing()}")
        self.port = self.publish_port = _free_port()
        values = {
            "WORKERS": self.workers,
            "FOLDER": self.folder,
            "MODULE": found[1],
            # nginx makes room for all of them at once, and closes idle ones when a sixteenth of it is left.
            "CONNECTIONS": min(self._place.machine.open_files, 65_536) * 5 // 4,
            "PORT": self.port,
            # One listening socket for each worker, or one of them takes nearly all readers.
            "REUSEPORT": " reuseport" if self.workers > 1 else "",
        }
        text = (HERE / "peers/nchan/nginx.conf.in").read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        configuration = self.folder / "nginx.conf"
        configuration.write_text(text)
        return (str(found[0]), "-p", str(self.folder), "-c", str(configuration), "-e", "stderr")

    def _find_ports(self, process: ServerProcess) -> None:
        deadline = time.monotonic() + 20
        while process.is_running and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.01)
        raise BenchError(f"nginx did not start:\n{process.printed[-600:]}")

    def live(self, group: str) -> Reading:
        return Reading(f"/live/{group}")

    def replay(self, group: str) -> Reading:
        return Reading(f"/replay/{group}", ready=50)

    def publish_path(self, group: str) -> str:
        return f"/publish/{group}"

    def fill_page(self, group: str) -> None:
        for message in self._place.material.replayed():
            self.post(self.publish_path(group), message)

    def idle_readings(self, group: str, count: int) -> Reading | None:
        for number in range(1, count + 1):
            self.post(self.publish_path(f"{group}-{number}"), b'{"text":"Nothing happens here."}')
        return self.live(f"{group}-{{}}")


class NchanKeeping(Nchan):
    """The same with channels that keep 20,000 messages; of those a reader can be given 32 at most."""

    name = "nchan-keeping"

    def publish_path(self, group: str) -> str:
        return f"/keep/{group}"

    def replay(self, group: str) -> Reading:
        return Reading(f"/replay-kept/{group}", ready=32)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
