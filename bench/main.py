"""A run from beginning to end: build, measure, show, write down."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from .machine import BenchError, Machine, program, said
from .material import Material
from .plots import draw
from .processes import ending_in_order
from .report import show
from .scale import FULL, SMOKE, Scale
from .scenarios import SCENARIOS
from .servers import PEERS, Place, Server
from .servers.base import BUILD, HERE, ROOT
from .session import Session
from .table import Table

RESULTS = BUILD / "results"


@dataclass(frozen=True)
class Options:
    """As given to `feed bench`; empty and None stand for what is usual."""

    scenarios: Sequence[str] = ()
    readers: int | None = None
    repeat: int | None = None
    smoke: bool = False
    peers: Sequence[str] | None = None
    output: Path | None = None
    as_json: bool = False


def run(options: Options, out: Console, err: Console) -> int:
    """The exit code: 1 if Feed or the C loop could not be measured somewhere. Raises BenchError."""
    chosen = choose_scenarios(options.scenarios)
    machine = Machine.examine()
    scale, notes = choose_scale(options, machine)
    build()
    peers, absent = choose_peers(options.peers)
    notes += absent
    for note in notes:
        err.print(Text(note, "yellow"))
    output = options.output or RESULTS
    output.mkdir(parents=True, exist_ok=True)
    tables: list[Table] = []
    began = time.monotonic()

    def progress(what: str) -> None:
        # On a terminal one line that is written over.
        err.control(Control((ControlType.CARRIAGE_RETURN,), (ControlType.ERASE_IN_LINE, 2)))
        if what:
            line = Text(f"{time.monotonic() - began:5.0f} s  {what}", "dim", no_wrap=True, overflow="ellipsis")
            err.print(line, end="" if err.is_terminal else "\n")

    with ending_in_order(), tempfile.TemporaryDirectory(prefix="feed-bench-") as folder:
        place = Place(machine, Path(folder), Material(Path(folder)))
        repeats = options.repeat or (1 if options.smoke else 3)
        with Session(place, scale, peers, repeats=repeats, reuse=options.smoke, progress=progress) as session:
            session.capture_material()
            document = _document(options, session, notes)
            for name in chosen:
                for table in SCENARIOS[name](session):
                    tables.append(table)
                    document["tables"].append(table.described())
                    document["seconds"] = round(time.monotonic() - began, 1)
                    # Written anew after each table: a run that is broken off has what it got so far.
                    (output / "results.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
                    progress("")
                    if not options.as_json:
                        show(out, table)
    for table in tables:
        for name, drawing in draw(table):
            (output / name).write_text(drawing)
    if options.as_json:
        out.file.write(json.dumps(document, ensure_ascii=False) + "\n")
    else:
        out.print(Text(f"{output / 'results.json'}, and drawings beside it", "dim"))
    own = [row for table in tables for row in table.rows if row.server.role != "peer"]
    return 1 if any(row.failures for row in own) else 0


def build() -> None:
    """The load client and the C loop, if they are not as new as their sources."""
    make = program("make", "install make and a C compiler, on Debian: apt-get install make gcc")
    program("cc", "install a C compiler, on Debian: apt-get install gcc")
    done = subprocess.run([make, "-s", "-C", str(HERE)], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BenchError(f"The C programs could not be built:\n{done.stderr.strip()}")


def choose_scenarios(wanted: Sequence[str]) -> list[str]:
    for name in wanted:
        if name not in SCENARIOS:
            raise BenchError(f"There is no scenario {name!r}. There are: {', '.join(SCENARIOS)}.")
    return [name for name in SCENARIOS if name in wanted or not wanted]


def choose_peers(wanted: Sequence[str] | None) -> tuple[list[type[Server]], list[str]]:
    """Those that are wanted and there, and a note for each that is missing. Raises BenchError if it was asked for."""
    names = [peer.name for peer in PEERS]
    for name in wanted or ():
        if name not in names:
            raise BenchError(f"There is no peer {name!r}. There are: {', '.join(names)}.")
    chosen, notes = [], []
    for peer in PEERS:
        if wanted is not None and peer.name not in wanted:
            continue
        missing = peer.missing()
        if missing is None:
            chosen.append(peer)
        elif wanted:
            raise BenchError(f"{peer.label} is not installed: {missing}")
        else:
            notes.append(f"{peer.label} is left out, it is not installed: {missing}")
    return chosen, notes


def choose_scale(options: Options, machine: Machine) -> tuple[Scale, list[str]]:
    scale = SMOKE if options.smoke else FULL
    if options.readers is not None:
        scale = scale.with_readers(options.readers)
    notes = []
    largest = max(scale.readers, *scale.reader_sizes)
    if largest > machine.most_readers:
        notes.append(
            f"The limit of {machine.open_files:,} open files allows {machine.most_readers:,} readers, not {largest:,}: "
            "what needs more is left out or made smaller. Raise the hard limit (ulimit -Hn) for the rest."
        )
    if machine.most_readers < 50:
        raise BenchError(f"The limit of {machine.open_files} open files is too low to measure anything (ulimit -Hn).")
    if machine.servers == machine.load:
        notes.append("There is one core: server and load client share it, so times to readers say little.")
    return scale.within(machine.most_readers), notes


def _document(options: Options, session: Session, notes: Sequence[str]) -> dict[str, Any]:
    return {
        "format": 1,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "smoke": options.smoke,
        "repeats": session.repeats,
        "readers": session.scale.readers,
        "machine": session.machine.described(),
        "revision": said("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "versions": {kind.name: {"label": kind.label, "version": kind.version()} for kind in session.kinds},
        "bytes": session.place.material.described(),
        "notes": list(notes),
        "tables": [],
    }
