"""A node: the parts of one running server, as its routes use them."""

from __future__ import annotations

from dataclasses import dataclass

from .desk import Desk
from .follower import Follower
from .hub import Hub
from .limits import Limits
from .limits.proxies import Proxies
from .settings import Settings
from .store.port import Store
from .tokens import Tokens
from .watch import Watch


@dataclass(frozen=True, slots=True)
class Node:
    settings: Settings
    store: Store
    desk: Desk
    tokens: Tokens
    watch: Watch
    hub: Hub
    follower: Follower
    limits: Limits
    proxies: Proxies
