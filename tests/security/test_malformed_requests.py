"""Requests that no honest client sends: refused, bounded, and never a failure of ours."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from collections.abc import Iterator
from contextlib import suppress

import httpx2
import pytest

from tests.newsroom import Newsroom, problem

from .conftest import Guarded

ENTRIES = "/v1/coverages/{}/entries"


def spoken(guarded: Guarded, request: bytes) -> bytes:
    """What the server says to these bytes until it closes. It may do so before it has read them all."""
    said = b""
    with (
        socket.create_connection(("127.0.0.1", guarded.server.port), timeout=30) as connection,
        suppress(ConnectionError),
    ):
        connection.sendall(request)
        while part := connection.recv(65536):
            said += part
    return said


def status(said: bytes) -> int:
    return int(said.split(b" ", 2)[1]) if said else 0


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "GZIP", "x-gzip", "aes128gcm"])
def test_a_compressed_body_is_refused_unread(newsroom: Newsroom, coverage: str, coding: str) -> None:
    bomb = gzip.compress(b'{"text":"' + b"x" * 50_000_000 + b'"}') if "gzip" in coding.lower() else zlib.compress(b"{}")
    for method, path in (
        ("POST", ENTRIES.format(coverage)),
        ("PATCH", f"/v1/coverages/{coverage}"),
        ("POST", "/v1/tokens"),
    ):
        answer = newsroom.ask(
            method, path, body=bomb, headers={"Content-Type": "application/json", "Content-Encoding": coding}
        )
        problem(answer, 415, "unsupported_media_type")
    plain = newsroom.ask("POST", ENTRIES.format(coverage), {"text": "x"}, headers={"Content-Encoding": "identity"})
    assert plain.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"blocks":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"text":"x","display_at":' + b"9" * 10_000 + b"}",
        b'{"importance":1e999}',
        b'{"importance":-1e-999}',
        b'{"text":NaN}',
        b'{"text":"\\ud800"}',
        b'{"text":"\xff"}',
        b'{"text":"\x00"}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b'{"text":"x"}{"text":"y"}',
        b'{"__proto__":{"admin":true},"text":"x"}',
        b'{"text":"x","revision":7}',
        b"null",
        b"0",
        b'"x"',
        b"",
        b" ",
    ],
)
def test_json_that_is_none_or_strange_is_the_senders_fault(newsroom: Newsroom, coverage: str, body: bytes) -> None:
    for media in ("application/json", "application/x-ndjson"):
        answer = newsroom.ask("POST", ENTRIES.format(coverage), body=body, headers={"Content-Type": media})
        assert answer.status_code in (400, 422), answer.text
        assert len(answer.content) < 2_000
    assert newsroom.entries(coverage)["entries"] == []


def test_of_two_members_with_one_name_the_last_counts_and_no_more(newsroom: Newsroom, coverage: str) -> None:
    """As with every JSON library that readers have: nobody is shown another text than was checked."""
    body = b'{"text":"x","html":"<script>alert(1)</script>","html":null}'
    answer = newsroom.ask("POST", ENTRIES.format(coverage), body=body, headers={"Content-Type": "application/json"})
    assert answer.json()["entry"]["blocks"] == [{"type": "text", "html": "<p>x</p>"}]


def test_a_body_is_bounded_whether_or_not_it_says_how_long_it_is(guarded: Guarded, coverage: str) -> None:
    newsroom = guarded.newsroom

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 65_536

    headers = {"Authorization": f"Bearer {newsroom.token}", "Content-Type": "application/json"}
    with httpx2.Client(base_url=newsroom.url, timeout=30) as client:
        try:
            answer = client.post(ENTRIES.format(coverage), content=endless(), headers=headers)
        except httpx2.TransportError:  # it was told, and the connection closed, while it was still sending
            pass
        else:
            problem(answer, 413, "body_too_large")
    said = spoken(
        guarded,
        f"POST {ENTRIES.format(coverage)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {newsroom.token}\r\n"
        "Connection: close\r\nContent-Length: 99999999999999999999\r\n\r\n".encode(),
    )
    assert status(said) in (400, 413)
    lines = b"\n".join(json.dumps({"text": "x"}).encode() for _ in range(501))
    answer = newsroom.ask(
        "POST", ENTRIES.format(coverage), body=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    problem(answer, 413, "body_too_large")


@pytest.mark.parametrize("root", ["/static", "/demo", "/c", "/v1/coverages", ""])
def test_no_path_leads_out_of_its_folder(guarded: Guarded, root: str) -> None:
    ways = (
        "/../../../../../../etc/passwd",
        "/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/....//....//....//etc/passwd",
        "/..\\..\\..\\..\\etc\\passwd",
        "/..%5c..%5c..%5c..%5cetc%5cpasswd",
        "/%252e%252e/%252e%252e/etc/passwd",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/..%00/etc/passwd",
        "/reader.js%00.html",
        "/..;/..;/etc/passwd",
        "/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
        "/%ff%fe",
        "/.",
        "/..",
        "/" + "a/" * 4_000,
        "/" + "%41" * 3_000,
    )
    for way in ways:
        said = spoken(guarded, f"GET {root}{way} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert b"root:" not in said
        assert status(said) in (200, 307, 400, 404, 414, 431), (way, said[:200])
        if status(said) == 200:
            assert way in ("/.", "/.."), way


@pytest.mark.parametrize(
    "host",
    ['evil"><script>alert(1)</script>', "[::1", "x y", "a:b:c", "evil.example:99999999", "é", "", "x/../y?z#w", "@"],
)
def test_a_strange_host_is_no_failure_and_writes_nothing_on_a_page(guarded: Guarded, coverage: str, host: str) -> None:
    for path in (
        f"/c/{coverage}",
        f"/c/{coverage}/feed.json",
        f"/c/{coverage}/atom.xml",
        "/sitemap.xml",
        "/robots.txt",
        "/",
    ):
        said = spoken(guarded, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert 200 <= status(said) < 500, said[:300]
        assert b"<script>alert" not in said


@pytest.mark.parametrize(
    "head",
    [
        "X: " + "a" * 200_000,
        "\r\n".join(f"X-{number}: y" for number in range(5_000)),
        "Authorization: Bearer " + "a" * 100_000,
        "Authorization: Bearer \xff\xfe",
        "Authorization: Bearer a b c",
        "Authorization: Bearer",
        "Authorization:",
        "If-None-Match: " + '"a",' * 2_000,
        "Accept-Language: " + "a," * 4_000,
        "Content-Length: -1",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: gzip",
        "Last-Event-ID: \xff",
        "Range: bytes=0-,0-,0-,0-,0-,0-",
        "Range: bytes=99999999999999999999999999-",
        "Cookie: " + "a=b;" * 2_000,
    ],
)
def test_strange_headers_are_no_failure(guarded: Guarded, coverage: str, head: str) -> None:
    for path in (f"/v1/coverages/{coverage}/entries", f"/c/{coverage}", "/static/reader.js", "/"):
        said = spoken(
            guarded, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n\r\n".encode("latin-1")
        )
        assert status(said) < 500, said[:300]
