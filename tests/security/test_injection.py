"""Hostile text in every field a producer has, looked for in every document that readers and programs get."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx2
import pytest

from tests.content.checker import ALLOWED, ATTRIBUTES
from tests.newsroom import Newsroom, fresh

from .payloads import ADDRESSES, BREAKERS, PAYLOADS

SCHEME = re.compile(r"(?:https?:|mailto:|tel:|/|#|\?|$)", re.IGNORECASE)
LINKS = {"href", "src", "poster", "action", "formaction", "cite", "data", "srcset", "ping", "background"}
DATA = ("application/ld+json", "application/json")


class Reader(HTMLParser):
    """Which elements a document has, with which attributes, and which scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.used: set[tuple[str, str]] = set()
        self.scripts: set[tuple[str | None, str | None]] = set()
        self._data: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), f"{tag} has an attribute twice"
        self.used |= {(tag, ""), *((tag, name) for name in given)}
        for name, value in attrs:
            assert name not in LINKS or SCHEME.match(value or ""), (tag, name, value)
        if tag == "script":
            kind = given.get("type")
            self.scripts.add((kind, given.get("src")))
            self._data = "" if kind in DATA else None
            assert kind in DATA or given.get("src"), "a script of its own"

    def handle_data(self, data: str) -> None:
        if self._data is not None:
            self._data += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._data is not None:
            json.loads(self._data)
            self._data = None


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def entry(words: str, address: str = "https://a.example/x") -> dict[str, Any]:
    line = words[:100]
    return {
        "headline": words[:900],
        "html": words,
        "labels": [line],
        "authors": [{"name": line, "tagline": line, "url": address, "avatar": address}],
        "verification": {"status": "claim", "by": line, "note": line},
        "images": [{"url": address, "alt": line, "caption": line, "credit": line}] * 2,
        "links": [{"url": address, "title": line, "kind": "story"}],
        "key_event": True,
    }


def blocks(words: str, address: str = "https://a.example/x.mp4") -> list[dict[str, Any]]:
    line = words[:200]
    return [
        {"type": "text", "html": words},
        {"type": "quote", "html": words + "<p>x", "by": line},
        {"type": "video", "url": address, "title": line, "caption": line, "credit": line, "poster": address},
        {"type": "audio", "url": address.replace("mp4", "mp3"), "title": line, "caption": line},
        {"type": "embed", "url": address, "provider": line, "title": line},
        {"type": "link", "url": address, "title": line, "kind": "video", "summary": line},
    ]


def coverage(newsroom: Newsroom, words: str, payloads: Sequence[str]) -> str:
    """With `words` wherever its head takes any, and entries made of the payloads."""
    line = words[:90]
    id_ = newsroom.create(
        id=fresh("hostile"),
        title=words[:400],
        summary=words + "x",
        key_points=[words + "x"],
        labels=[line],
        authors=[{"name": line, "tagline": line, "url": "https://a.example"}],
        image={"url": "https://a.example/x.jpg", "alt": line, "caption": line, "credit": line},
        links=[{"url": "https://a.example", "title": line, "kind": "story"}],
        adverts={"every": 1, "label": line},
    )
    path = f"/v1/coverages/{id_}/entries"
    for payload in payloads:
        drafts: list[dict[str, Any]] = [
            entry(payload),
            {"blocks": blocks(payload)},
            {"markdown": f"x {payload}\n\n[{payload}](javascript:x) ![{payload}]({payload})"},
            {"text": payload},
        ]
        for draft in drafts:
            answer = newsroom.ask("POST", path, draft)
            # Half a character is no JSON.
            assert answer.status_code in (201, 422, 400 if "\\ud" in json.dumps(draft) else 422), answer.text
    (last, *_) = newsroom.entries(id_, limit=1)["entries"]
    for change in ({"correction": words[:900], "headline": words[:900]}, {"verification": None}):
        newsroom.ask("PATCH", f"{path}/{last['id']}", change)
    newsroom.ask("POST", f"{path}/{last['id']}/retract", {"reason": words[:900]})
    newsroom.ask("PATCH", f"/v1/coverages/{id_}", {"pin": last["id"]})
    return id_


@pytest.fixture(scope="module")
def http(newsroom: Newsroom) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=newsroom.url, timeout=30, headers={"Accept": "text/html"}) as client:
        yield client


def fragments(document: httpx2.Response) -> Iterator[str]:
    """What a feed hands on as HTML, to be shown by another program."""
    if document.headers["content-type"].startswith("application/feed+json"):
        yield from (item["content_html"] for item in document.json()["items"])
        return
    # In Atom (RFC 4287 section 3.1.1) text is text unless it says otherwise, in RSS a description is HTML.
    for element in ElementTree.fromstring(document.text).iter():
        of_rss = element.tag in ("description", "{http://purl.org/rss/1.0/modules/content/}encoded")
        if element.text and (of_rss or element.get("type") == "html"):
            yield element.text


@pytest.fixture(scope="module")
def known(newsroom: Newsroom, http: httpx2.Client) -> Reader:
    """What pages and feeds are made of when nobody means harm: nothing else may be in any."""
    id_ = coverage(newsroom, "Words", ["<p>Words <b>and</b> more", "Words"])
    newsroom.end(id_, successor={"title": "Words", "url": "https://a.example"})
    known = read(http.get(f"/c/{id_}").text)
    others = [coverage(newsroom, "Words", ["Words"]), newsroom.create(visibility="unlisted")]
    (entry_, *_) = newsroom.entries(id_, limit=1)["entries"]
    for path in ("/", "/nothing", f"/c/{id_}/e/{entry_['id']}", *(f"/c/{other}" for other in others)):
        page = read(http.get(path).text)
        known.used |= page.used
        known.scripts |= page.scripts
    for name in ("feed.json", "atom.xml", "rss.xml"):
        for html in fragments(http.get(f"/c/{id_}/{name}")):
            known.used |= read(html).used
    known.used |= {(tag, name) for tag in ALLOWED for name in ATTRIBUTES.get(tag, set()) | {"", "lang", "dir"}}
    return known


def check_page(answer: httpx2.Response, known: Reader) -> None:
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "'unsafe" not in policy
    assert "object-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "set-cookie" not in answer.headers
    page = read(answer.text)
    assert page.used <= known.used, page.used - known.used
    assert page.scripts <= known.scripts, page.scripts - known.scripts


@pytest.mark.parametrize("part", range(8))
def test_no_page_or_feed_has_more_in_it_than_words(
    newsroom: Newsroom, http: httpx2.Client, known: Reader, part: int
) -> None:
    payloads = PAYLOADS[part::8]
    id_ = coverage(newsroom, BREAKERS[part], payloads)
    if part % 2:
        newsroom.end(id_, successor={"title": BREAKERS[part], "url": "https://a.example"})
    before: str | None = ""
    while before is not None:
        page = newsroom.get(f"/v1/coverages/{id_}/entries", **({"before": before} if before else {}))
        check_page(http.get(f"/c/{id_}", params={"before": before} if before else None), known)
        before = page["next"]
    check_page(http.get(f"/c/{id_}/e/{page['entries'][0]['id']}"), known)
    check_page(http.get("/"), known)
    for name in ("feed.json", "atom.xml", "rss.xml"):
        document = http.get(f"/c/{id_}/{name}")
        assert document.headers["x-content-type-options"] == "nosniff"
        for html in fragments(document):
            inside = read(html)
            assert inside.used <= known.used, inside.used - known.used
            assert not inside.scripts
    ElementTree.fromstring(http.get("/sitemap.xml").text)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_leads_where_a_page_may_not(newsroom: Newsroom, address: str) -> None:
    id_ = newsroom.create()
    path = f"/v1/coverages/{id_}/entries"
    drafts = [
        {"text": "x", "authors": [{"name": "x", "url": address}]},
        {"text": "x", "authors": [{"name": "x", "avatar": address}]},
        {"text": "x", "images": [{"url": address, "alt": "x"}]},
        {"text": "x", "links": [{"url": address, "title": "x", "kind": "story"}]},
        *({"blocks": [block]} for block in blocks("x", address)[2:]),
    ]
    for draft in drafts:
        assert newsroom.ask("POST", path, draft).status_code == 422, draft
    for head in (
        {"image": {"url": address, "alt": "x"}},
        {"links": [{"url": address, "title": "x", "kind": "story"}]},
        {"authors": [{"name": "x", "url": address}]},
    ):
        assert newsroom.ask("PATCH", f"/v1/coverages/{id_}", head).status_code == 422, head
    ending = newsroom.ask("POST", f"/v1/coverages/{id_}/end", {"successor": {"title": "x", "url": address}})
    assert ending.status_code == 422


def test_an_address_that_was_asked_for_is_said_again_as_text_alone(
    newsroom: Newsroom, http: httpx2.Client, known: Reader
) -> None:
    id_ = newsroom.create()
    for payload in BREAKERS:
        text = quote(payload, safe="")
        for path in (f"/c/{text}", f"/{text}", f"/c/{id_}/e/{text}", f"/c/{id_}?before={text}", f"/static/{text}"):
            answer = http.get(
                path, headers={"Accept-Language": payload.encode("ascii", "ignore").decode().split("\r")[0]}
            )
            assert answer.status_code in (400, 404)
            check_page(answer, known)
        for path in (f"/v1/coverages/{text}", f"/v1/coverages/{id_}/entries/{text}", f"/v1/coverages?status={text}"):
            answer = newsroom.ask("GET", path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["x-content-type-options"] == "nosniff"
        made = newsroom.ask("POST", f"/v1/coverages/{id_}/entries", {"text": "x", "id": payload})
        assert made.status_code == 422


def test_nothing_sets_a_cookie(newsroom: Newsroom, http: httpx2.Client) -> None:
    id_ = newsroom.create()
    for path in ("/", f"/c/{id_}", f"/v1/coverages/{id_}", "/docs", "/openapi.json", "/embed.js", "/static/reader.js"):
        answer = http.get(path)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"
