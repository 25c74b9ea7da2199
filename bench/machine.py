"""The machine a run was made on: what it is, its cores, its limit of open files."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

# Open files that a server needs besides its readers' sockets.
SPARE_FILES = 300


class BenchError(Exception):
    """The run cannot be made; the message says what to do."""


@dataclass(frozen=True)
class Machine:
    """`servers` and `load` are the cores each side runs on; the same one where there is no other."""

    processor: str
    cores: int
    memory: int  # bytes
    kernel: str
    system: str
    open_files: int
    servers: frozenset[int]
    load: frozenset[int]

    @classmethod
    def examine(cls) -> Machine:
        if platform.system() != "Linux":
            raise BenchError("The benchmark runs on Linux: it reads /proc, pins processes to cores and uses epoll.")
        allowed = sorted(os.sched_getaffinity(0))
        return cls(
            processor=_first_value(Path("/proc/cpuinfo"), "model name") or platform.machine(),
            cores=len(allowed),
            memory=int((_first_value(Path("/proc/meminfo"), "MemTotal") or "0 kB").split()[0]) * 1024,
            kernel=platform.release(),
            system=platform.freedesktop_os_release().get("PRETTY_NAME", "Linux"),
            open_files=_raise_open_files(),
            servers=frozenset(allowed[:1]),
            load=frozenset(allowed[1:2] or allowed[:1]),
        )

    @property
    def most_readers(self) -> int:
        return self.open_files - SPARE_FILES

    @property
    def two_cores(self) -> frozenset[int]:
        """For a server with two workers: without the load's core where there are three."""
        others = sorted(os.sched_getaffinity(0) | self.servers | self.load)
        apart = [core for core in others if core not in self.load]
        return frozenset((apart if len(apart) > 1 else others)[:2])

    def described(self) -> dict[str, object]:
        return {
            "processor": self.processor,
            "cores": self.cores,
            "memory_gib": round(self.memory / 2**30, 1),
            "kernel": self.kernel,
            "system": self.system,
            "open_files": self.open_files,
            "server_cores": sorted(self.servers),
            "load_cores": sorted(self.load),
        }


def _raise_open_files() -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def _first_value(file: Path, name: str) -> str | None:
    for line in file.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def program(name: str, what_for: str) -> str:
    """The path of a program of this machine. Raises BenchError saying what it is needed for."""
    found = shutil.which(name)
    if found is None:
        raise BenchError(f"{name} is not on this machine: {what_for}")
    return found


def said(*command: str) -> str:
    """What a program prints about itself, on either stream; its first line."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)  # noqa: S603
    return ((done.stdout or done.stderr).strip().splitlines() or [""])[0]
