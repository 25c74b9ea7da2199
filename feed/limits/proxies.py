"""Proxies: whose connection it is, where proxies in front that are trusted say so. One answer for every transport."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORWARDED_FOR = b"x-forwarded-for"


class Proxies:
    """`trusted` are addresses and networks; ``*`` trusts everybody, and then everybody can say to be anybody."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._all = "*" in trusted
        self._networks: list[Network] = []
        # What is no address, such as the name of a unix socket's peer, is compared as it is written.
        self._names: set[str] = set()
        for one in trusted:
            try:
                self._networks.append(ip_network(one, strict=False))
            except ValueError:
                self._names.add(one)
        self.trusts = lru_cache(maxsize=4096)(self._trusts)

    def _trusts(self, host: str) -> bool:
        if self._all or host in self._names:
            return True
        address = _address(host)
        return address is not None and self._holds(address)

    def _holds(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def client(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The address of whoever is behind the last proxy that is trusted; the peer's own where that is none.

        Each proxy adds at the end whom it was asked by, so the list is read from there: what stands before an address
        that is not trusted was made up by whoever is there.
        """
        if not self.trusts(peer):
            return peer
        values = [value for name, value in headers if name == FORWARDED_FOR]
        hosts = [host for part in b",".join(values).decode("latin-1").split(",") if (host := _host(part))]
        if self._all:
            return hosts[0] if hosts else peer
        for host in reversed(hosts):
            address = _address(host)
            if address is None:
                return peer  # a trusted proxy says no such thing: nothing before it can be believed
            if not self._holds(address):
                return host
        return hosts[0] if hosts else peer


def _host(part: str) -> str:
    """Without its port: ``1.2.3.4:5``, ``[::1]:5``; some proxies write one."""
    part = part.strip().strip('"')
    if part.startswith("["):
        return part[1:].partition("]")[0]
    return part.partition(":")[0] if part.count(":") == 1 else part


def _address(host: str) -> Address | None:
    """An IPv4 address that came to an IPv6 socket is the same address."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
