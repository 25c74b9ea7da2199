"""From a store's address to connections: one client for commands, one whose reads block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

from feed.errors import SettingsError

# Publishing fails fast when the store does not answer: a command's whole time, and the longest wait for one answer,
# which leaves some for another node of a cluster.
COMMAND_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 1.5
# At once, to each node of the store. redis-py would refuse the next one, so whoever uses them takes turns.
CONNECTIONS = 64
CONNECT_TIMEOUT_S = 1.0
# A blocking read must be given longer than it blocks, or it times out while all is well. A store that stands still
# is noticed after this.
BLOCK_MS = 1_000
FOLLOW_TIMEOUT_S = BLOCK_MS / 1000 + 1
# Sentinels are asked one after the other, and one that does not answer must not use up the time for all.
SENTINEL_TIMEOUT_S = 0.5

FORMS = (
    "redis://host:port/db, rediss://…, unix:///path/to/socket, redis+sentinel://host:port,host:port/service, "
    "redis+cluster://host:port,host:port"
)


Node = Callable[[str, int], Redis]


class Clients:
    """`commands` is a Redis or a RedisCluster; `following` gives the client whose reads of a key may block, `writing`
    the connections to the key's primary."""

    def __init__(
        self, commands: Any, patient: Redis | None, nodes: tuple[Node, Node] | None = None, *, sentinel: Any = None
    ) -> None:
        """`nodes` make the client of a cluster's node, for commands and for reads that block."""
        self.commands = commands
        self.sentinel = sentinel
        self._patient = patient
        self._make = nodes
        self._writers: dict[tuple[str, int], Redis] = {}
        self._readers: dict[tuple[str, int], Redis] = {}
        # Nodes of a cluster that failed, until they answer again.
        self._suspects: set[tuple[str, int]] = set()

    @property
    def cluster(self) -> bool:
        return self._make is not None

    async def following(self, key: str) -> Redis:
        """In a cluster the node that has the key now; it says so itself when that is over."""
        if self._make is None:
            return cast(Redis, self._patient)
        return _node(self._readers, self._make[1], await self._address(key))

    async def writing(self, key: str) -> ConnectionPool:
        if self._make is None:
            return cast(ConnectionPool, self.commands.connection_pool)
        return _node(self._writers, self._make[0], await self._address(key)).connection_pool

    async def _address(self, key: str) -> tuple[str, int]:
        await self.commands.initialize()
        address = self._known_address(key)
        if address in self._suspects:
            await self.look_again(address)
            address = self._known_address(key)
        return address

    def _known_address(self, key: str) -> tuple[str, int]:
        node = self.commands.get_node_from_key(key)
        return node.host, int(node.port)

    async def look_again(self, last: tuple[str, int] | None = None) -> None:
        """Has a cluster tell which node has what. `last` is asked only when no other answers."""
        if self._make is not None:
            name = None if last is None else f"{last[0]}:{last[1]}"
            await self.commands.nodes_manager.initialize(last_failed_node_name=name)

    def suspect(self, client: Redis | ConnectionPool) -> None:
        """It failed: before it is used again, others are asked whether it is still the one."""
        if self._make is not None:
            self._suspects.add(_address_of(client))

    def trust(self, client: Redis | ConnectionPool) -> None:
        if self._suspects:
            self._suspects.discard(_address_of(client))

    async def begin_anew(self) -> None:
        """After a fault: who has what is asked again, and no connection that waits to be used is trusted to lead there.

        Not every command of redis-py does that by itself in a cluster when it fails."""
        if self._make is None:
            await self.commands.connection_pool.disconnect(inuse_connections=False)
        else:
            await self.commands.initialize()
            await self.look_again(next(iter(self._suspects), None))

    async def close(self) -> None:
        await self.commands.aclose()
        watching = () if self.sentinel is None else self.sentinel[0].sentinels
        for client in (self._patient, *watching, *self._writers.values(), *self._readers.values()):
            if client is not None:
                await client.aclose()


def _address_of(client: Redis | ConnectionPool) -> tuple[str, int]:
    pool = client if isinstance(client, ConnectionPool) else client.connection_pool
    return pool.connection_kwargs["host"], int(pool.connection_kwargs["port"])


def _node(known: dict[tuple[str, int], Redis], make: Node, address: tuple[str, int]) -> Redis:
    if address not in known:
        known[address] = make(*address)
    return known[address]


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
    quick = common | {"socket_timeout": ANSWER_TIMEOUT_S}
    patient = common | {"socket_timeout": FOLLOW_TIMEOUT_S}
    if scheme in ("redis", "rediss", "unix"):
        if scheme == "unix":
            for options in (quick, patient):
                del options["socket_keepalive"]
        try:
            return Clients(Redis.from_url(url, max_connections=CONNECTIONS, **quick), Redis.from_url(url, **patient))
        except ValueError:  # what it says may have a part of the password in it
            raise _misshapen(url) from None
    if scheme in ("redis+sentinel", "redis+cluster"):
        try:
            parts = urlsplit(url)
        except ValueError:
            raise _misshapen(url) from None
        credentials, _, hosts = parts.netloc.rpartition("@")
        user, _, password = credentials.partition(":")
        login: dict[str, Any] = {"username": unquote(user) or None, "password": unquote(password) or None}
        nodes = [_host(node, url) for node in hosts.split(",")]
        if scheme == "redis+cluster":
            startup = [ClusterNode(host, port) for host, port in nodes]
            cluster = RedisCluster(startup_nodes=list(startup), max_connections=CONNECTIONS, **quick, **login)
            return Clients(
                cluster,
                None,
                (
                    lambda host, port: Redis(host=host, port=port, max_connections=CONNECTIONS, **quick, **login),
                    lambda host, port: Redis(host=host, port=port, **patient, **login),
                ),
            )
        service, _, db = parts.path.strip("/").partition("/")
        if not service:
            raise SettingsError(
                f"FEED_STORE: {safe_url(url)!r} names no service. Give redis+sentinel://host:port/service."
            )
        impatient = quick | {"socket_timeout": SENTINEL_TIMEOUT_S, "socket_connect_timeout": SENTINEL_TIMEOUT_S}
        sentinel = Sentinel(nodes, sentinel_kwargs=impatient, **quick)  # type: ignore[no-untyped-call]
        if not (db or "0").isdecimal():
            raise _misshapen(url)
        number = int(db or 0)
        return Clients(
            sentinel.master_for(service, db=number, max_connections=CONNECTIONS, **quick, **login),
            sentinel.master_for(service, db=number, **patient, **login),
            sentinel=(sentinel, service),
        )
    raise SettingsError(f"FEED_STORE: the scheme {scheme!r} is none of ours. Give {FORMS}.")


def _host(node: str, url: str) -> tuple[str, int]:
    host, colon, port = node.rpartition(":")
    if not colon or not port.isdigit() or not host:
        raise _misshapen(url)
    return host.strip("[]"), int(port)


def _misshapen(url: str) -> SettingsError:
    return SettingsError(
        f"FEED_STORE: in {safe_url(url)!r} something is not host:port, or the database is no number. Give {FORMS}; of "
        "a password all but letters and digits as %xx."
    )


def safe_url(url: str) -> str:
    """The address without its password, for messages. redis-py takes one from the query, too."""
    address, asked, query = url.partition("?")
    scheme, mark, rest = address.partition("://") if "://" in address else ("", "", address)
    if "@" in query:  # which is the query's, or the end of a password with a question mark
        return f"{scheme}{mark}…"
    login, at, hosts = rest.rpartition("@")
    shown = f"{login.partition(':')[0]}:…" if at else ""
    return f"{scheme}{mark}{shown}{at}{hosts}{asked}{'…' if asked else ''}"
