"""Subscribers: how many readers are here, and how many of them come from one address."""

from __future__ import annotations

import random
from ipaddress import IPv6Address, ip_address

from feed.errors import TooManyFromAddress, TooManySubscribers

# Who is turned away comes back within this range, spread: all at once they would find it as full.
ADVICE_MS = (5_000, 15_000)


class Subscribers:
    """Whoever `enter`s must `leave` with what it was given. Nothing is kept for an address that nobody is here from."""

    def __init__(self, most: int, most_per_address: int) -> None:
        """Each is a number of readers, 0 for no limit."""
        self.count = 0
        self._most = most
        self._most_per_address = most_per_address
        self._from: dict[str, int] = {}

    def enter(self, address: str) -> str:
        """`address` of the client, as text. Raises TooManySubscribers, TooManyFromAddress."""
        if self._most and self.count >= self._most:
            raise TooManySubscribers(_advice_ms())
        place = ""
        if self._most_per_address:
            place = place_of(address)
            here = self._from.get(place, 0)
            if here >= self._most_per_address:
                raise TooManyFromAddress(_advice_ms())
            self._from[place] = here + 1
        self.count += 1
        return place

    def leave(self, place: str) -> None:
        self.count -= 1
        if place:
            left = self._from[place] - 1
            if left:
                self._from[place] = left
            else:
                del self._from[place]

    @property
    def by_address(self) -> bool:
        """Whether `enter` needs an address at all."""
        return self._most_per_address > 0

    @property
    def addresses(self) -> int:
        """How many are told apart now."""
        return len(self._from)


def place_of(address: str) -> str:
    """What counts as one address: of IPv6 the network that a subscriber line is given, which is a /64."""
    if ":" not in address:
        return address or "?"
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)


def _advice_ms() -> int:
    return random.randint(*ADVICE_MS)  # noqa: S311 - jitter
