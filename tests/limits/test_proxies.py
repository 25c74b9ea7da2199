"""Whose connection it is: what trusted proxies say, and nothing that anybody else says."""

from __future__ import annotations

import pytest

from feed.limits.proxies import Proxies


def client(trusted: list[str], peer: str, *forwarded: str) -> str:
    headers = [(b"host", b"x"), *((b"x-forwarded-for", value.encode("latin-1")) for value in forwarded)]
    return Proxies(trusted).client(peer, headers)


@pytest.mark.parametrize(
    ("peer", "forwarded", "is_"),
    [
        ("198.51.100.7", [], "198.51.100.7"),
        # Whoever is no proxy of ours may say what it likes.
        ("198.51.100.7", ["192.0.2.1"], "198.51.100.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        # What a client sent itself stands before what the proxy added.
        ("10.0.0.1", ["203.0.113.9, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.9", "192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["10.9.9.9, 192.0.2.1"], "192.0.2.1"),
        # Two proxies, both ours.
        ("10.0.0.1", ["203.0.113.9, 192.0.2.1, 10.2.3.4"], "192.0.2.1"),
        ("10.0.0.1", ["10.2.3.4, 10.2.3.5"], "10.2.3.4"),
        # With ports, as some write them.
        ("10.0.0.1", ["192.0.2.1:1234"], "192.0.2.1"),
        ("10.0.0.1", ["[2001:db8::1]:1234"], "2001:db8::1"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", ['"[2001:db8::1]"'], "2001:db8::1"),
        # What is no address at all is not taken for one.
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["\xff\x00" * 100], "10.0.0.1"),
        ("10.0.0.1", [" , ,"], "10.0.0.1"),
        # An IPv4 address that came to an IPv6 socket.
        ("::ffff:10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("::ffff:198.51.100.7", ["192.0.2.1"], "::ffff:198.51.100.7"),
        ("", ["192.0.2.1"], ""),
    ],
)
def test_the_last_address_that_no_trusted_proxy_has_is_the_client(peer: str, forwarded: list[str], is_: str) -> None:
    assert client(["10.0.0.0/8"], peer, *forwarded) == is_


def test_trust_is_in_addresses_networks_and_names() -> None:
    trusted = ["127.0.0.1", "2001:db8:5::/48", "unix:/run/proxy.sock"]
    assert client(trusted, "127.0.0.1", "192.0.2.1") == "192.0.2.1"
    assert client(trusted, "127.0.0.2", "192.0.2.1") == "127.0.0.2"
    assert client(trusted, "2001:db8:5:1::9", "192.0.2.1") == "192.0.2.1"
    assert client(trusted, "unix:/run/proxy.sock", "192.0.2.1") == "192.0.2.1"
    assert client([], "127.0.0.1", "192.0.2.1") == "127.0.0.1"


def test_who_trusts_everybody_believes_what_is_said_first() -> None:
    assert client(["*"], "198.51.100.7", "192.0.2.1, 10.0.0.1") == "192.0.2.1"
    assert client(["*"], "198.51.100.7") == "198.51.100.7"
