"""From a store's address to connections: one client for commands, one whose reads block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

from feed.errors import SettingsError

# Publishing fails fast when the store does not answer.
COMMAND_TIMEOUT_S = 2.0
# At once, to each node of the store. redis-py would refuse the next one, so whoever uses them takes turns.
CONNECTIONS = 64
CONNECT_TIMEOUT_S = 1.0
# A blocking read must be given longer than it blocks, or it times out while all is well.
BLOCK_MS = 5_000
FOLLOW_TIMEOUT_S = BLOCK_MS / 1000 + 3

FORMS = (
    "redis://host:port/db, rediss://…, unix:///path/to/socket, redis+sentinel://host:port,host:port/service, "
    "redis+cluster://host:port,host:port"
)


class Clients:
    """`commands` is a Redis or a RedisCluster; `following` gives the client whose reads of a key may block."""

    def __init__(self, commands: Any, patient: Redis | None, node: Callable[[str, int], Redis] | None = None) -> None:
        self.commands = commands
        self._patient = patient
        self._node = node
        self._nodes: dict[tuple[str, int], Redis] = {}

    @property
    def cluster(self) -> bool:
        return self._node is not None

    async def following(self, key: str) -> Redis:
        """In a cluster the node that has the key now; it says so itself when that is over."""
        if self._patient is not None or self._node is None:
            return cast(Redis, self._patient)
        await self.commands.initialize()
        node = self.commands.get_node_from_key(key)
        address = (node.host, int(node.port))
        if address not in self._nodes:
            self._nodes[address] = self._node(*address)
        return self._nodes[address]

    async def close(self) -> None:
        await self.commands.aclose()
        for client in (self._patient, *self._nodes.values()):
            if client is not None:
                await client.aclose()


def connect(url: str) -> Clients:
    """Opens nothing yet. Raises SettingsError for an address that is none of ours."""
    scheme, _, rest = url.partition("://")
    if not rest:
        raise SettingsError(f"FEED_STORE: {safe_url(url)!r} is no store's address. Give {FORMS}.")
    # By default redis-py repeats every command up to ten times: one lost reply made three entries of one.
    common: dict[str, Any] = {
        "retry": Retry(NoBackoff(), 0),
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "socket_keepalive": True,
        "protocol": 2,
    }
    quick = common | {"socket_timeout": COMMAND_TIMEOUT_S}
    patient = common | {"socket_timeout": FOLLOW_TIMEOUT_S}
    if scheme in ("redis", "rediss", "unix"):
        if scheme == "unix":
            for options in (quick, patient):
                del options["socket_keepalive"]
        try:
            return Clients(Redis.from_url(url, max_connections=CONNECTIONS, **quick), Redis.from_url(url, **patient))
        except ValueError as error:
            raise SettingsError(f"FEED_STORE: {safe_url(url)!r}: {error}. Give {FORMS}.") from None
    if scheme in ("redis+sentinel", "redis+cluster"):
        parts = urlsplit(url)
        credentials, _, hosts = parts.netloc.rpartition("@")
        user, _, password = credentials.partition(":")
        login: dict[str, Any] = {"username": unquote(user) or None, "password": unquote(password) or None}
        nodes = [_host(node, url) for node in hosts.split(",")]
        if scheme == "redis+cluster":
            startup = [ClusterNode(host, port) for host, port in nodes]
            cluster = RedisCluster(startup_nodes=list(startup), max_connections=CONNECTIONS, **quick, **login)
            return Clients(cluster, None, lambda host, port: Redis(host=host, port=port, **patient, **login))
        service, _, db = parts.path.strip("/").partition("/")
        if not service:
            raise SettingsError(
                f"FEED_STORE: {safe_url(url)!r} names no service. Give redis+sentinel://host:port/service."
            )
        sentinel = Sentinel(nodes, sentinel_kwargs=dict(quick), **quick)  # type: ignore[no-untyped-call]
        number = int(db or 0)
        return Clients(
            sentinel.master_for(service, db=number, max_connections=CONNECTIONS, **quick, **login),
            sentinel.master_for(service, db=number, **patient, **login),
        )
    raise SettingsError(f"FEED_STORE: the scheme {scheme!r} is none of ours. Give {FORMS}.")


def _host(node: str, url: str) -> tuple[str, int]:
    host, colon, port = node.rpartition(":")
    if not colon or not port.isdigit() or not host:
        raise SettingsError(f"FEED_STORE: {node!r} in {safe_url(url)!r} is not host:port.")
    return host.strip("[]"), int(port)


def safe_url(url: str) -> str:
    """The address without its password, for messages."""
    scheme, mark, rest = url.partition("://")
    credentials, at, hosts = rest.rpartition("@")
    return f"{scheme}{mark}{credentials.partition(':')[0]}:…{at}{hosts}" if at else url
