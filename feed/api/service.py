"""/healthz, /readyz, /metrics: for those who run the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from feed import __version__
from feed.limits.limits import DROPS, REASONS
from feed.live.query import node_of
from feed.node import Node

_NO_STORE = {"Cache-Control": "no-store"}
# A probe that takes longer than this means that entries do too.
PROBE_WITHIN_S = 2.0


async def healthz(request: Request) -> Response:
    """The process is alive. Says nothing about the store: restarting would not mend that."""
    return JSONResponse({"status": "ok", "version": __version__}, headers=_NO_STORE)


async def readyz(request: Request) -> Response:
    """An announcement went through the store and came back: what is published here reaches readers here."""
    node = node_of(request)
    if node.hub.draining:
        return JSONResponse({"status": "draining"}, 503, _NO_STORE)
    if not await node.follower.probe(PROBE_WITHIN_S):
        return JSONResponse({"status": "store unavailable"}, 503, _NO_STORE)
    return JSONResponse({"status": "ready"}, headers=_NO_STORE)


async def metrics(request: Request) -> Response:
    registry = CollectorRegistry()
    registry.register(_Figures(node_of(request)))
    return Response(generate_latest(registry), headers=_NO_STORE | {"Content-Type": CONTENT_TYPE_LATEST})


class _Figures(Collector):
    """Figures of this process, with no label that would tell which coverages there are."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def collect(self) -> Iterator[Metric]:
        hub = self._node.hub
        yield GaugeMetricFamily("feed_subscribers", "Readers connected now.", hub.subscribers)
        yield GaugeMetricFamily("feed_channels", "Coverages followed now.", hub.channels)
        yield GaugeMetricFamily("feed_following", "1 while the store answers.", int(self._node.follower.following))
        yield GaugeMetricFamily("feed_draining", "1 while readers are moved elsewhere.", int(hub.draining))
        yield CounterMetricFamily("feed_subscriptions", "Readers that connected.", hub.counts.subscriptions)
        yield CounterMetricFamily("feed_messages", "Messages handed to readers.", hub.counts.messages)
        yield CounterMetricFamily("feed_resets", "Readers whose cursor was lost.", hub.counts.resets)
        yield CounterMetricFamily("feed_events", "Events taken over from the store.", hub.counts.events)
        limits = self._node.limits
        yield _by_reason("feed_shed", "Connections and requests that were turned away.", REASONS, limits.shed)
        yield _by_reason("feed_dropped", "Connections closed for what they did, or did not.", DROPS, limits.dropped)


def _by_reason(name: str, what: str, reasons: Sequence[str], counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, what, labels=["reason"])
    for reason in reasons:
        family.add_metric([reason], counts[reason])
    return family


routes = [
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
