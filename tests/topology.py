"""Stores of several servers for tests: a primary with replicas that Sentinels watch over, a cluster with replicas.

Servers are killed, stopped and cut off one by one. Ports are free ones of the loopback interface.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import redis

from feed.store.binary import find_server_binary

from .running import Store, free_ports, wait_until

SERVICE = "feed"
# How long a silence counts as a failure. Short, so that tests are; a real one takes seconds for it.
DOWN_AFTER_MS = 600


class StoreNode(Store):
    """One server of several. `sentinel`: lines of a Sentinel's configuration."""

    def __init__(self, *options: str, port: int, sentinel: Sequence[str] = ()) -> None:
        super().__init__()
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self._options = list(options)
        if sentinel:
            file = self.directory / "sentinel.conf"
            file.write_text("".join(f"{line}\n" for line in sentinel))
            self._options = [str(file), "--sentinel", *options]

    def start(self, *more: str) -> Self:
        command = [str(find_server_binary()), *self._options, "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--dir", str(self.directory), "--logfile", "log", "--save", "", *more]
        # Signals stay as Python has them: a file that may not grow is an error, not the end (SIGXFSZ).
        self._process = subprocess.Popen(command, cwd=self.directory, restore_signals=False)
        wait_until(self.answers, what=f"the server on {self.address}")
        return self

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, decode_responses=True, socket_timeout=2)

    def ask(self, *command: Any) -> Any:
        with self.client() as client:
            return client.execute_command(*command)

    def replication(self) -> dict[str, Any]:
        return dict(self.ask("INFO", "replication"))

    def is_primary(self) -> bool:
        return self.answers() and bool(self.replication()["role"] == "master")

    def is_replica_of(self, primary: StoreNode) -> bool:
        if not self.answers():
            return False
        told = self.replication()
        state = (told["role"], told.get("master_port"), told.get("master_link_status"))
        return state == ("slave", primary.port, "up")


DURABLE = ("--appendonly", "yes", "--appendfsync", "everysec", "--repl-diskless-sync-delay", "0")


class Replicated:
    """A primary and its replicas. `cut_off`: the replicas stand still and hear nothing, until they `go_on`."""

    def __init__(self, nodes: Sequence[StoreNode]) -> None:
        self.nodes = list(nodes)

    @property
    def primary(self) -> StoreNode:
        """The one that most others follow; there may be another that does not know yet that it is none."""
        leading = [node for node in self.nodes if node.is_primary()]
        assert leading, "there is no primary"
        return max(leading, key=lambda node: sum(other.is_replica_of(node) for other in self.nodes))

    @property
    def replicas(self) -> list[StoreNode]:
        primary = self.primary
        return [node for node in self.nodes if node is not primary]

    def wait_in_step(self) -> StoreNode:
        """Until all others are replicas of one, which is given."""

        def leader() -> StoreNode | None:
            leading = [node for node in self.nodes if node.is_primary()]
            if len(leading) != 1:
                return None
            return leading[0] if all(one is leading[0] or one.is_replica_of(leading[0]) for one in self.nodes) else None

        found: StoreNode = wait_until(leader, within_s=60, what="replicas in step")
        return found

    def cut_off(self) -> tuple[StoreNode, list[StoreNode]]:
        """The primary, and its replicas, which get nothing from now on: what is in their sockets is gone, too."""
        primary = self.primary
        replicas = self.replicas
        for replica in replicas:
            replica.signal(signal.SIGSTOP)
        primary.ask("CLIENT", "KILL", "TYPE", "replica")
        wait_until(lambda: primary.replication()["connected_slaves"] == 0, what="no replica")
        return primary, replicas

    @staticmethod
    def go_on(nodes: Sequence[StoreNode]) -> None:
        for node in nodes:
            node.signal(signal.SIGCONT)


class Watched(Replicated):
    """The same with three Sentinels."""

    def __init__(self, nodes: Sequence[StoreNode], sentinels: Sequence[StoreNode]) -> None:
        super().__init__(nodes)
        self.sentinels = sentinels
        self.url = "redis+sentinel://" + ",".join(one.address for one in sentinels) + f"/{SERVICE}"

    def leader_port(self) -> int:
        return int(self.sentinels[0].ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)[1])


@contextmanager
def running_replicated(replicas: int = 2) -> Iterator[Replicated]:
    with ExitStack() as stack:
        nodes: list[StoreNode] = []
        for port in free_ports(1 + replicas):
            node = StoreNode(*DURABLE, port=port)
            stack.callback(node.remove)
            following = ["--replicaof", f"127.0.0.1 {nodes[0].port}"] if nodes else []
            nodes.append(node.start(*following))
        group = Replicated(nodes)
        group.wait_in_step()
        yield group


@contextmanager
def running_sentinel() -> Iterator[Watched]:
    with running_replicated() as group, ExitStack() as stack:
        primary = group.primary
        sentinels = []
        ports = free_ports(3)
        for number, port in enumerate(ports):
            # They would find each other, and the replicas, in some seconds.
            lines = [
                f"sentinel myid {_name(number)}",
                f"sentinel monitor {SERVICE} 127.0.0.1 {primary.port} 2",
                f"sentinel down-after-milliseconds {SERVICE} {DOWN_AFTER_MS}",
                f"sentinel failover-timeout {SERVICE} 5000",
                *(f"sentinel known-replica {SERVICE} 127.0.0.1 {node.port}" for node in group.replicas),
                *(
                    f"sentinel known-sentinel {SERVICE} 127.0.0.1 {other} {_name(at)}"
                    for at, other in enumerate(ports)
                    if at != number
                ),
            ]
            sentinel = StoreNode(port=port, sentinel=lines)
            stack.callback(sentinel.remove)
            sentinels.append(sentinel.start())
        watched = Watched(group.nodes, sentinels)
        wait_until(lambda: all(_knows_all(one) for one in sentinels), what="the Sentinels")
        yield watched


def _name(number: int) -> str:
    return f"{number + 1:040x}"


def _knows_all(sentinel: StoreNode) -> bool:
    told = sentinel.ask("SENTINEL", "MASTER", SERVICE)
    return (told["flags"], int(told["num-slaves"]), int(told["num-other-sentinels"])) == ("master", 2, 2)


@contextmanager
def running_cluster(primaries: int = 3, replicas: int = 0) -> Iterator[tuple[str, list[Replicated]]]:
    """The address, and for each part of the slots its primary and as many replicas of it."""
    with ExitStack() as stack:
        nodes: list[StoreNode] = []
        ports = free_ports(2 * primaries * (1 + replicas))
        for port, bus in zip(ports[::2], ports[1::2], strict=True):
            options = ("--cluster-enabled", "yes", "--cluster-port", str(bus), "--cluster-node-timeout", "1000")
            node = StoreNode(*DURABLE, *options, "--cluster-replica-validity-factor", "0", port=port)
            stack.callback(node.remove)
            nodes.append(node.start())
        leading, following = nodes[:primaries], nodes[primaries:]
        share = -(-16384 // primaries)
        for at, node in enumerate(leading):
            node.ask("CLUSTER", "ADDSLOTSRANGE", at * share, min((at + 1) * share, 16384) - 1)
        for at, node in enumerate(nodes):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", at + 1)
            if at:
                nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", node.port, ports[2 * at + 1])
        names = {node.port: node.ask("CLUSTER", "MYID") for node in leading}
        wait_until(lambda: all(_agrees(node, len(nodes)) for node in nodes), what="the cluster")
        groups = [Replicated([primary, *following[at::primaries]]) for at, primary in enumerate(leading)]
        for group in groups:
            primary, *others = group.nodes
            for replica in others:
                replica.ask("CLUSTER", "REPLICATE", names[primary.port])
        for group in groups:
            group.wait_in_step()
        yield "redis+cluster://" + ",".join(node.address for node in leading), groups


def _agrees(node: StoreNode, nodes: int) -> bool:
    info = node.ask("CLUSTER INFO")
    return bool(info["cluster_state"] == "ok" and len(node.ask("CLUSTER NODES")) == nodes)
