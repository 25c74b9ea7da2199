"""How many readers there may be, in all and from one address."""

from __future__ import annotations

import pytest

from feed.errors import Overloaded, TooManyFromAddress, TooManySubscribers
from feed.limits import Limits
from feed.limits.gate import ADVICE_MS as GATE_ADVICE_MS
from feed.limits.gate import Gate
from feed.limits.subscribers import ADVICE_MS, Subscribers, place_of


def test_without_limits_everybody_comes_in_and_no_address_is_kept() -> None:
    subscribers = Subscribers(0, 0)
    places = [subscribers.enter("192.0.2.1") for _ in range(100)]
    assert (subscribers.count, subscribers.addresses, subscribers.by_address) == (100, 0, False)
    for place in places:
        subscribers.leave(place)
    assert subscribers.count == 0


def test_whoever_is_too_many_is_told_when_to_come_back_and_whoever_leaves_makes_room() -> None:
    subscribers = Subscribers(2, 0)
    place = subscribers.enter("a")
    subscribers.enter("b")
    delays = set()
    for _ in range(50):
        with pytest.raises(TooManySubscribers) as caught:
            subscribers.enter("c")
        delays.add(caught.value.extra["retry_after_ms"])
    assert caught.value.status == 503
    assert caught.value.close_code == 4202
    assert len(delays) > 10
    assert all(ADVICE_MS[0] <= delay <= ADVICE_MS[1] for delay in delays)
    subscribers.leave(place)
    subscribers.enter("c")


def test_an_address_that_is_full_is_no_other_addresss_concern() -> None:
    subscribers = Subscribers(0, 2)
    place = subscribers.enter("192.0.2.1")
    subscribers.enter("192.0.2.1")
    with pytest.raises(TooManyFromAddress) as caught:
        subscribers.enter("192.0.2.1")
    assert (caught.value.status, caught.value.code) == (429, "too_many_subscribers")
    subscribers.enter("192.0.2.2")
    subscribers.leave(place)
    subscribers.enter("192.0.2.1")
    assert (subscribers.count, subscribers.addresses) == (3, 2)


def test_nothing_is_kept_of_addresses_that_are_gone() -> None:
    subscribers = Subscribers(0, 1)
    for number in range(100):
        subscribers.leave(subscribers.enter(f"192.0.2.{number}"))
    assert (subscribers.count, subscribers.addresses) == (0, 0)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", "?"),
        ("unix", "unix"),
    ],
)
def test_of_ipv6_the_network_of_a_subscriber_counts_as_one_address(address: str, place: str) -> None:
    assert place_of(address) == place


def test_a_full_gate_sends_away_at_once() -> None:
    gate = Gate(1, "writes")
    with gate.entered():
        with pytest.raises(Overloaded) as caught, gate.entered():
            pass
        assert GATE_ADVICE_MS[0] <= caught.value.extra["retry_after_ms"] <= GATE_ADVICE_MS[1]
    with gate.entered():
        assert gate.inside == 1
        # Who only waits takes no room, and is let in again whoever came meanwhile.
        with gate.left(), gate.entered():
            assert gate.inside == 1
        assert gate.inside == 1
    assert gate.inside == 0


def test_whoever_is_turned_away_is_counted_by_why() -> None:
    limits = Limits(max_subscribers=2, max_subscribers_per_address=1)
    limits.admit("a")
    with pytest.raises(TooManyFromAddress):
        limits.admit("a")
    limits.admit("b")
    with pytest.raises(TooManySubscribers), limits.admitted("c"):
        pass
    assert limits.shed == {"address": 1, "subscribers": 1}
    assert limits.subscribers.count == 2
