"""How long to wait before trying again."""

from __future__ import annotations

BASE = 0.5
LONGEST = 20.0


def backoff(attempt: int, chance: float) -> float:
    """Seconds before try number `attempt` (from 0) is repeated. `chance` is a random number from 0 to 1.

    Full jitter: the whole wait is drawn, not only a part of it, so that clients which lost a server in the same
    moment do not come back in the same moment.
    """
    return chance * min(LONGEST, BASE * 2.0 ** (min(attempt, 10) + 1))


def after_advice(advised: float, attempt: int, chance: float) -> float:
    """Seconds to wait where the server named a time: never less than that, plus jitter."""
    return advised + backoff(attempt, chance)
