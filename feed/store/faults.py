"""What goes wrong with a store, translated at this border: StoreUnavailable, with words for whoever waits for an answer
and, apart from them, what the store or the network said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions

from feed.errors import StoreUnavailable

_UNREACHABLE = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.InvalidResponse,
    exceptions.ClusterError,
    exceptions.RedisClusterException,
    TimeoutError,
    OSError,
)
# How the answers of a store begin that has nothing against the command itself. None of them leaves a trace: a script
# is refused before its first write.
_REFUSALS = {
    "OOM": "The store is out of memory and takes no writes.",
    "MISCONF": "The store cannot write to its disk and takes no writes.",
    "READONLY": "The store is a replica and takes no writes.",
    "NOREPLICAS": "The store has fewer replicas than it wants and takes no writes.",
    "LOADING": "The store is still loading its data.",
    "BUSY": "The store is busy with something else.",
    "UNKILLABLE": "The store is busy with something else.",
    "MASTERDOWN": "The store has lost its primary.",
    "CLUSTERDOWN": "A part of the store's cluster is down.",
    "TRYAGAIN": "The store's cluster is being rearranged.",
    "MOVED": "The store's cluster is being rearranged.",
    "ASK": "The store's cluster is being rearranged.",
    "UNBLOCKED": "The store is not the primary any more.",
    "NOAUTH": "The store wants a user or password that FEED_STORE does not have.",
    "WRONGPASS": "The store refuses the user or password in FEED_STORE.",
    "NOPERM": "The store does not allow the user in FEED_STORE what Feed needs.",
}


@contextmanager
def translated() -> Iterator[None]:
    """Raises StoreUnavailable for what is the store's or the network's fault, and lets everything else through."""
    try:
        yield
    except (exceptions.ResponseError, RuntimeError, *_UNREACHABLE) as error:
        unavailable = unavailable_for(error)
        if unavailable is None:
            raise
        raise unavailable from error


def unavailable_for(error: Exception) -> StoreUnavailable | None:
    """None for an answer that finds fault with the command."""
    words = getattr(error, "status_code", None) or str(error).partition(" ")[0]
    refusal = _REFUSALS.get(str(words))
    if refusal is None and isinstance(error, exceptions.AuthenticationError):
        refusal = _REFUSALS["WRONGPASS"]
    if refusal is not None:
        return StoreUnavailable(f"{refusal} Try again shortly.", reason=f"{refusal} It said: {_brief(error)}")
    if not isinstance(error, _UNREACHABLE) and not _is_closed(error):
        return None
    # Addresses are nothing for readers: they are in the reason only.
    return StoreUnavailable("The store is not available. Try again shortly.", reason=_brief(error))


def _is_closed(error: Exception) -> bool:
    """uvloop's word for a connection that was reset just before it was written to."""
    return isinstance(error, RuntimeError) and str(error).endswith("the handler is closed")


def _brief(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200] or type(error).__name__
