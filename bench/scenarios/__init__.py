"""What is measured. Each scenario gives one table or two."""

from __future__ import annotations

from collections.abc import Callable

from bench.session import Session
from bench.table import Table

from . import drain, fan_out, growth, idle, publish, stalled, storm, workers

SCENARIOS: dict[str, Callable[[Session], list[Table]]] = {
    "fan-out": fan_out.run,
    "connect": storm.run,
    "idle": idle.run,
    "stalled": stalled.run,
    "publish": publish.run,
    "readers": growth.run_readers,
    "coverages": growth.run_coverages,
    "timeline": growth.run_timeline,
    "workers": workers.run,
    "drain": drain.run,
}
