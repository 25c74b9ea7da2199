"""/healthz, /readyz and /metrics, while all is well and while the store is away."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from feed import __version__
from tests.newsroom import Newsroom, problem
from tests.running import running_server, running_store, wait_until


def figures(newsroom: Newsroom) -> dict[str, float]:
    answer = newsroom.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if not sample.labels
    }


def test_it_is_alive_and_ready(newsroom: Newsroom) -> None:
    assert newsroom.get("/healthz") == {"status": "ok", "version": __version__}
    assert newsroom.get("/readyz") == {"status": "ready"}
    for path in ("/healthz", "/readyz", "/metrics"):
        assert newsroom.ask("GET", path, token="").headers["cache-control"] == "no-store"


def test_figures_can_be_read_by_prometheus_and_tell_no_names(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage)
    assert coverage not in newsroom.ask("GET", "/metrics").text
    found = figures(newsroom)
    assert found["feed_following"] == 1
    assert {"feed_subscribers", "feed_channels", "feed_messages_total", "feed_events_total"} <= set(found)
    tip = newsroom.tip(coverage)
    newsroom.entries(coverage, after=tip, wait=1)
    assert figures(newsroom)["feed_subscriptions_total"] > found["feed_subscriptions_total"]


def test_without_its_store_it_is_alive_and_not_ready_and_both_again_when_it_is_back() -> None:
    with (
        running_store("valkey") as store,
        running_server(FEED_STORE=store.url) as server,
        Newsroom(server) as newsroom,
    ):
        coverage = newsroom.create()
        entries = f"/v1/coverages/{coverage}/entries"
        assert newsroom.publish(coverage)["durability"] == {"fsync": "always", "replicas": 0}
        store.kill()
        assert newsroom.ask("GET", "/readyz").status_code == 503
        assert newsroom.ask("GET", "/healthz").status_code == 200
        for answer in (
            newsroom.ask("GET", entries),
            newsroom.ask("POST", entries, {"text": "x"}, headers={"Idempotency-Key": "k"}),
            newsroom.ask("GET", f"/v1/coverages/{coverage}/events"),
            newsroom.ask("GET", "/v1/coverages"),
        ):
            refused = problem(answer, 503, "store_unavailable")
            assert answer.headers["retry-after"] == "1"
            assert refused["retry_after_ms"] == 1000
        assert newsroom.ask("GET", f"/c/{coverage}").status_code == 503
        wait_until(lambda: figures(newsroom)["feed_following"] == 0, what="the follower's notice")
        store.start()
        wait_until(lambda: newsroom.ask("GET", "/readyz").status_code == 200, what="readiness")
        answer = newsroom.ask("POST", entries, {"text": "x"}, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 201
        assert len(newsroom.entries(coverage)["entries"]) == 2
        assert "Traceback" not in server.log
