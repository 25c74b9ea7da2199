"""How many changes a token may make: a bucket that fills with time."""

from __future__ import annotations

import pytest

from feed.errors import RateLimited
from feed.limits.rates import BURST_S, LEAST_BURST, MOST_BUCKETS, Rates


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def refused(rates: Rates, token: str = "t", count: int = 1) -> int:
    """After how many milliseconds it may be tried again."""
    with pytest.raises(RateLimited) as caught:
        rates.take(token, count)
    delay = caught.value.extra["retry_after_ms"]
    assert isinstance(delay, int)
    return delay


def test_without_a_limit_nothing_is_refused_and_nothing_kept() -> None:
    rates = Rates(0)
    for _ in range(1_000):
        rates.take("t", 500)
    assert not rates.limited
    assert len(rates) == 0


def test_a_burst_goes_through_and_what_follows_waits_as_long_as_it_says(clock: Clock) -> None:
    rates = Rates(10, clock)
    for _ in range(int(10 * BURST_S)):
        rates.take("t", 1)
    delay = refused(rates)
    assert delay == 100
    clock.now += (delay - 1) / 1000
    assert refused(rates) == 1
    clock.now += 0.001
    rates.take("t", 1)
    refused(rates)


def test_a_slow_rate_still_lets_a_few_through_at_once(clock: Clock) -> None:
    rates = Rates(0.5, clock)
    rates.take("t", int(LEAST_BURST))
    assert refused(rates) == 2_000


def test_in_the_long_run_it_is_the_rate(clock: Clock) -> None:
    rates, taken = Rates(10, clock), 0
    for _ in range(100_000):
        clock.now += 0.001
        try:
            rates.take("t", 1)
            taken += 1
        except RateLimited:
            pass
    assert taken == pytest.approx(100 * 10 + 10 * BURST_S, abs=1)


def test_a_batch_counts_as_many_as_it_has_and_is_never_impossible(clock: Clock) -> None:
    rates = Rates(10, clock)
    rates.take("t", 500)
    assert refused(rates) == pytest.approx(48_100)
    clock.now += 48.1
    rates.take("t", 1)
    rates.take("other", 1)
    # A batch waits for a full bucket.
    assert refused(rates, "other", 500) == 100


def test_what_was_no_change_is_given_back_but_never_more_than_a_bucket(clock: Clock) -> None:
    rates = Rates(10, clock)
    rates.take("t", 20)
    rates.give_back("t", 1)
    rates.take("t", 1)
    rates.give_back("t", 500)
    rates.take("t", 20)
    refused(rates)


def test_tokens_do_not_share(clock: Clock) -> None:
    rates = Rates(1, clock)
    rates.take("a", 5)
    refused(rates, "a")
    rates.take("b", 5)


def test_buckets_are_bounded_and_the_oldest_goes_first(clock: Clock) -> None:
    rates = Rates(1, clock)
    rates.take("first", 5)
    for number in range(MOST_BUCKETS - 1):
        rates.take(f"t{number}", 1)
    refused(rates, "first")
    rates.take("t0", 1)  # is used again, and stays
    for number in range(MOST_BUCKETS - 1):
        rates.take(f"u{number}", 1)
    assert len(rates) == MOST_BUCKETS
    rates.take("first", 5)
