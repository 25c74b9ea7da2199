"""A node: the parts of one running server, as its routes use them."""

from __future__ import annotations

from dataclasses import dataclass

from .desk import Desk
from .follower import Follower
from .hub import Hub
from .settings import Settings
from .store.port import Store
from .tokens import Tokens


@dataclass(frozen=True, slots=True)
class Node:
    settings: Settings
    store: Store
    desk: Desk
    tokens: Tokens
    hub: Hub
    follower: Follower
    # How durable an acknowledged write is, as receipts say it.
    fsync: str

    @property
    def durability(self) -> dict[str, object]:
        return {"fsync": self.fsync, "replicas": 0}
