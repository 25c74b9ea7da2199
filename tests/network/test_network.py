"""The network does what it is told, and nothing else: what a fault suite finds is then the server's or the client's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from .link import Trouble, Way
from .network import Network
from .weather import Weather

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Server:
    """Says back what it hears, and keeps it. `order`: the first byte of each connection, as they got here."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.order: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        first = True
        try:
            while data := await reader.read(65536):
                if first:
                    self.order.append(data[:1])
                    first = False
                self.heard += data
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def networked(fate: Weather | None = None) -> AsyncIterator[tuple[Network, Server]]:
    server = Server()
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    try:
        async with Network(listening.sockets[0].getsockname()[1], fate=fate) as network:
            yield network, server
    finally:
        listening.close()
        for writer in server.writers:
            writer.close()


@asynccontextmanager
async def client_of(network: Network) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", network.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def echoed(client: Client, said: bytes) -> bytes:
    reader, writer = client
    writer.write(said)
    async with asyncio.timeout(20):
        return await reader.readexactly(len(said))


async def all_of(client: Client) -> bytes:
    """All that comes until the connection ends, however that happens."""
    got = bytearray()
    with suppress(ConnectionError):
        async with asyncio.timeout(20):
            while more := await client[0].read(1000):
                got += more
    return bytes(got)


async def test_all_is_carried_both_ways_while_nothing_is_wrong() -> None:
    said = bytes(range(256)) * 8192
    async with networked() as (network, _), client_of(network) as client:
        assert await echoed(client, said) == said
        assert str(network.counts) == "1 connections"


async def test_who_has_nothing_more_to_say_still_gets_the_answer() -> None:
    async with networked() as (network, _), client_of(network) as client:
        client[1].write(b"the last word")
        client[1].write_eof()
        assert await all_of(client) == b"the last word"


async def test_a_unix_socket_is_reached_by_a_port(tmp_path: Path) -> None:
    server = Server()
    listening = await asyncio.start_unix_server(server.talk, str(tmp_path / "s"))
    async with Network(tmp_path / "s") as network, client_of(network) as client:
        assert await echoed(client, b"hello") == b"hello"
    listening.close()


async def test_what_is_stalled_comes_later_and_whole() -> None:
    async with networked() as (network, server), client_of(network) as client:
        await echoed(client, b"before ")
        network.stall(Way.DOWN)
        client[1].write(b"meanwhile")
        await until(lambda: server.heard.endswith(b"meanwhile"))
        network.heal()
        async with asyncio.timeout(20):
            assert await client[0].readexactly(9) == b"meanwhile"


async def test_a_connection_made_while_all_is_stalled_is_taken_and_nothing_said() -> None:
    async with networked() as (network, server):
        network.stall()
        async with client_of(network) as client:
            client[1].write(b"x")
            await until(lambda: len(server.writers) == 1)
            assert not server.heard
            network.heal()
            async with asyncio.timeout(20):
                assert await client[0].readexactly(1) == b"x"


@pytest.mark.parametrize("how", ["rst", "fin"])
async def test_both_ends_learn_of_a_cut(how: str) -> None:
    async with networked() as (network, server), client_of(network) as client:
        await echoed(client, b"x")
        network.cut("rst" if how == "rst" else "fin")
        async with asyncio.timeout(20):
            if how == "rst":
                with pytest.raises(ConnectionResetError):
                    await client[0].read()
            else:
                assert await client[0].read() == b""
        await until(lambda: server.writers[0].is_closing())
        assert network.counts.cut == 1


async def test_a_cut_within_a_message_leaves_its_beginning() -> None:
    async with networked() as (network, _), client_of(network) as client:
        await echoed(client, b"x")
        network.cut_within()
        client[1].write(b"y" * 500)
        got = await all_of(client)
        assert 0 < len(got) < 60
        assert network.counts.cut_within == 1


async def test_a_trickle_is_slow_and_loses_nothing() -> None:
    async with networked() as (network, _), client_of(network) as client:
        network.trickle(7, 0.001)
        assert await echoed(client, b"a sentence of some length" * 4) == b"a sentence of some length" * 4
        assert network.counts.trickled > 50


async def test_a_delay_keeps_the_order() -> None:
    async with networked() as (network, _), client_of(network) as client:
        network.delay(0.05)
        for part in (b"one ", b"two ", b"three"):
            client[1].write(part)
            await asyncio.sleep(0)
        network.heal()  # what is under way stays in front
        assert await echoed(client, b" four")
        client[1].write(b"!")
        async with asyncio.timeout(20):
            rest = await client[0].readuntil(b"!")
        assert rest.endswith(b"!")


async def test_what_is_lost_never_comes_and_the_connection_does_not_go_on_without_it() -> None:
    async with networked() as (network, server), client_of(network) as client:
        await echoed(client, b"x")
        network.lose(Way.DOWN)
        client[1].write(b"lost")
        await until(lambda: server.heard.endswith(b"lost"))
        await until(lambda: network.counts.lost == 4)
        network.heal()
        with pytest.raises(ConnectionResetError):
            await client[0].read()


async def test_refused_is_refused_until_it_is_healed() -> None:
    async with networked() as (network, _), client_of(network) as established:
        await echoed(established, b"x")
        network.refuse()
        async with client_of(network) as client:
            with pytest.raises(ConnectionResetError):
                await client[0].read()
        assert await echoed(established, b"y") == b"y"
        network.heal()
        async with client_of(network) as client:
            assert await echoed(client, b"z") == b"z"
        assert network.counts.refused == 1


async def test_where_nobody_listens_a_connection_is_reset(tmp_path: Path) -> None:
    async with Network(tmp_path / "nobody") as network:
        for _ in range(20):
            async with client_of(network) as client:
                assert await all_of(client) == b""
        await until(lambda: not network.links)


async def test_a_later_connection_gets_through_before_an_earlier_one() -> None:
    async with networked() as (network, server):
        network.reorder(20)
        async with client_of(network) as first:
            first[1].write(b"1")
            await until(lambda: network.counts.connections == 1)
            async with client_of(network) as second:
                assert await echoed(second, b"2") == b"2"
                async with asyncio.timeout(20):
                    assert await first[0].readexactly(1) == b"1"
        assert server.order == [b"2", b"1"]
        assert network.counts.reordered == 1


async def test_one_link_has_trouble_of_its_own() -> None:
    async with networked() as (network, _), client_of(network) as held, client_of(network) as free:
        await echoed(held, b"x")
        await echoed(free, b"x")
        link = next(iter(network.links))
        link.set(Way.DOWN, Trouble(stalled=True))
        held[1].write(b"later")
        assert await echoed(free, b"now") == b"now"
        link.set(Way.DOWN, Trouble())
        async with asyncio.timeout(20):
            assert await held[0].readexactly(5) == b"later"


async def test_bad_weather_spares_nobody_and_alters_no_byte() -> None:
    async with networked(Weather(7, calm_s=(0.0, 0.01), trouble_s=0.05)) as (network, _):
        counts = network.counts
        while not (counts.cut and counts.cut_within and counts.stalled and counts.delayed and counts.trickled):
            async with client_of(network) as client:
                with suppress(ConnectionError, asyncio.IncompleteReadError):
                    while True:
                        said = str(counts.connections).encode() * 3_000
                        assert await echoed(client, said) == said
