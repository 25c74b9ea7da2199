"""Everything that is expected to go wrong, as a message for the person at the terminal."""

from __future__ import annotations

from urllib.parse import urlsplit

from feed_client import FeedError as ClientError
from feed_client import FeedProblem, FollowRefused, Unreachable

from feed.errors import FeedError

from .access import is_loopback
from .console import print_error

_WHAT_TO_DO = {
    "not_authenticated": "Give a token: --token or FEED_TOKEN. On the server's machine the administrator's is found by "
    "itself: in FEED_ADMIN_TOKEN, if the server was given that, or in the file admin-token of the directory FEED_DATA.",
    "unknown_coverage": "See what there is with: feed list",
    "coverage_ended": "Take it up again with: feed reopen COVERAGE",
    "coverage_exists": "Change it with: feed change COVERAGE",
    "revision_conflict": "Leave --revision out to change it whatever it is now.",
    "idempotency_key_reused": "Use another --key.",
    "store_unavailable": "Look at the server's log, or run: feed doctor",
}


def explain(error: Exception) -> bool:
    """Print it; False for a fault of our own, which is left to its traceback."""
    match error:
        case FeedProblem():
            line = error.problem.get("line")
            parts = (f"line {line}" if line else "", error.field or "")
            # Servers may name the place in the sentence itself.
            place = ", ".join(part for part in parts if part and part not in error.detail.lower())
            print_error(error.detail, _what_to_do(error), place=place)
        case Unreachable():
            print_error(str(error), *_where(error.url))
        case FollowRefused():
            print_error(error.detail, _WHAT_TO_DO.get(error.code or "", ""))
        case FeedError():
            print_error(error.detail, place=error.extra.get("field"))
        case ClientError():
            print_error(str(error))
        case OSError():
            print_error(error.strerror or str(error), place=str(error.filename) if error.filename else None)
        case _:
            return False
    return True


def _what_to_do(problem: FeedProblem) -> str:
    if scope := problem.problem.get("scope"):
        return f"Make a token that may: feed token create --scope {scope}"
    return _WHAT_TO_DO.get(problem.code, "")


def _where(url: str) -> list[str]:
    if not is_loopback(url):
        return ["Is the address right, and is the server running? Addresses are given with --url or FEED_URL."]
    port = urlsplit(url).port
    option = f" --port {port}" if port not in (None, 8000) else ""
    return [f"Start a server here with: feed serve{option}", "Or say where it is: --url or FEED_URL"]
