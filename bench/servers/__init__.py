"""The servers of a run: the limit, Feed, and peers that install from package registries."""

from __future__ import annotations

from .base import Place, Reading, Server
from .c_loop import CLoop, CLoopAgain, CLoopCoalesced
from .feed import Feed
from .nchan import Nchan, NchanKeeping
from .node import SocketIo, Ws
from .python import StarletteLoop, WebsocketsBroadcast

PEERS: tuple[type[Server], ...] = (Nchan, Ws, SocketIo, WebsocketsBroadcast, StarletteLoop)

__all__ = [
    "PEERS",
    "CLoop",
    "CLoopAgain",
    "CLoopCoalesced",
    "Feed",
    "Nchan",
    "NchanKeeping",
    "Place",
    "Reading",
    "Server",
]
