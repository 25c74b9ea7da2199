"""Format ``jsonld``: schema.org ``LiveBlogPosting``, in a JSON file or in the scripts of an HTML page.

https://schema.org/LiveBlogPosting. Each ``liveBlogUpdate`` becomes an entry, a past ``coverageEndTime`` the end.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from feed.errors import ImportFormatError
from feed.model import moment_from

from .bodies import body_of, bounded, pictures_in, shown
from .chronology import dated, oldest_first
from .delivery import delivered
from .fields import HEADLINE, SUMMARY, TITLE, Fields, given, items_of, words_of
from .identity import Identities
from .imported import Imported
from .ledger import Ledger
from .linkeddata import LinkedData, Node, types_of
from .plain import inline_html
from .source import decoded
from .things import Things, same_picture

_BLOG = {
    "headline", "name", "description", "abstract", "coverageStartTime", "coverageEndTime", "datePublished",
    "dateCreated", "image", "author", "creator", "contributor", "keywords", "articleSection", "inLanguage", "video",
    "relatedLink", "liveBlogUpdate", "blogPost",
}  # fmt: skip
_UPDATE = {
    "headline", "name", "articleBody", "text", "description", "datePublished", "dateCreated", "image", "author",
    "creator", "contributor", "keywords", "articleSection", "inLanguage", "video", "audio", "associatedMedia",
    "sharedContent", "identifier",
}  # fmt: skip
_SYNTAX = {"@context", "@type", "@id"}


def read(data: bytes, *, name: str = "", now: datetime | None = None) -> Imported:
    """`now` decides whether the coverage has ended. Raises ImportFormatError."""
    ledger = Ledger()
    text, assumption = decoded(data)
    if assumption:
        ledger.assumed("file", assumption)
    linked = LinkedData(text, ledger)
    blog = _chosen(linked, ledger)
    return _LiveBlog(linked, blog, ledger, moment_from(now or datetime.now(UTC))).imported(name)


def _chosen(linked: LinkedData, ledger: Ledger) -> Node:
    blogs = linked.of_type("LiveBlogPosting")
    if not blogs:
        seen = sorted({kind for node in linked.nodes for kind in types_of(node)})
        raise ImportFormatError(
            "The file holds no schema.org LiveBlogPosting. "
            + (f"Its JSON-LD describes: {', '.join(seen[:12])}." if seen else "There is no JSON-LD in it.")
        )
    chosen = max(blogs, key=lambda blog: len(items_of(blog.get("liveBlogUpdate"))))
    for blog in blogs:
        if blog is not chosen and len(blog) > len(_SYNTAX):
            title = words_of(blog.get("headline") or blog.get("name"))
            ledger.left_out("file", "a further LiveBlogPosting: import it from a file of its own", excerpt=title)
    return chosen


class _LiveBlog:
    def __init__(self, linked: LinkedData, blog: Node, ledger: Ledger, now: str) -> None:
        self._linked = linked
        self._blog = blog
        self._ledger = ledger
        self._now = now
        self._base = next(filter(_is_address, map(_address, (blog.get("url"), blog.get("mainEntityOfPage"), blog))), "")
        self._fields = Fields(ledger, "page head", base=self._base)
        self._things = Things(linked, self._fields)
        self._title = self._fields.line(blog.get("headline") or blog.get("name"), "title", TITLE)
        self._language = self._fields.language(blog.get("inLanguage")) or self._fields.language(linked.language)
        pictures = self._things.pictures(blog.get("image"))
        self._picture = pictures[0] if pictures else None
        self._page_pictures = {same_picture(picture["url"]) for picture in pictures if "url" in picture}
        for picture in pictures[1:]:
            ledger.left_out("page head", "a coverage has one picture; this is a further one", excerpt=str(picture))

    def imported(self, name: str) -> Imported:
        entries = self._entries()
        starts = self._fields.moment(self._blog.get("coverageStartTime"), "start of the coverage")
        published = self._fields.moment(self._blog.get("datePublished"), "date of publication")
        created = self._fields.moment(self._blog.get("dateCreated"), "date of creation") or published
        future = starts is not None and starts > self._now
        oldest = entries[0]["display_at"] if entries else None
        started = None if future else starts or published or oldest
        coverage = given(
            title=self._title or self._assumed_title(name),
            summary=self._summary(),
            language=self._language,
            image=self._picture,
            authors=self._things.authors(*(self._blog.get(field) for field in ("author", "creator", "contributor"))),
            labels=self._fields.labels(_keywords(self._blog)),
            links=self._links(),
            starts_at=starts if future else None,
            created_at=created or started,
            started_at=started,
        )
        self._note_others(self._blog, _BLOG, "page head")
        return delivered("jsonld", self._ledger, coverage=coverage, entries=entries, ending=self._ending())

    def _ending(self) -> dict[str, Any] | None:
        ended = self._fields.moment(self._blog.get("coverageEndTime"), "end of the coverage")
        if ended is not None and ended > self._now:
            self._ledger.left_out("page head", "the coverage is planned to end later; it was left open", excerpt=ended)
            return None
        return None if ended is None else {"ended_at": ended}

    def _assumed_title(self, name: str) -> str:
        title = re.split(r"[/\\]", name)[-1][:TITLE].strip() or "Live coverage"
        self._ledger.assumed("page head", f"it has no headline; {title!r} was taken as the title")
        return title

    def _summary(self) -> str:
        summary = inline_html(words_of(self._blog.get("description")) or words_of(self._blog.get("abstract")))
        if len(summary) > SUMMARY:
            return inline_html(self._fields.line(summary, "summary", SUMMARY // 2) or "")
        return summary

    def _links(self) -> list[dict[str, str]]:
        links = [
            {"url": block["url"], "title": block.get("title", block["url"])[:2_000], "kind": "video"}
            for block in self._things.players(self._blog.get("video"), "video")
        ]
        related = (self._fields.url(_address(value), "link") for value in items_of(self._blog.get("relatedLink")))
        links += [{"url": url, "title": url, "kind": "story"} for url in related if url]
        return self._fields.first(links, 50, "links")

    def _entries(self) -> list[dict[str, Any]]:
        updates = items_of(self._blog.get("liveBlogUpdate")) or items_of(self._blog.get("blogPost"))
        identities = Identities(self._ledger)
        entries: list[dict[str, Any]] = []
        wheres: list[str] = []
        for number, value in enumerate(updates, 1):
            where = f"entry {number}"
            update = self._linked.resolved(value)
            entry = self._entry(update, where, identities) if isinstance(update, dict) else None
            if entry is None:
                self._ledger.left_out(where, "neither a headline nor a text nor a picture in it", excerpt=str(value))
            else:
                entries.append(entry)
                wheres.append(where)
        if not updates:
            self._ledger.left_out("page head", "there is no liveBlogUpdate in it, so the coverage has no entries")
        if len(entries) > 1 and len({entry.get("display_at") for entry in entries}) == 1:
            self._ledger.assumed("page", "all entries carry one and the same time: the order of the file was kept")
        dated(
            entries, self._ledger, otherwise=self._fields.moment(self._blog.get("datePublished"), "date"), wheres=wheres
        )
        return oldest_first(entries, self._ledger)

    def _entry(self, update: Node, where: str, identities: Identities) -> dict[str, Any] | None:
        fields = Fields(self._ledger, where, base=self._base)
        things = Things(self._linked, fields)
        headline = fields.line(update.get("headline") or update.get("name"), "headline", HEADLINE)
        if headline is not None and headline == self._title:
            self._ledger.repeated("left_out", where, "its headline is only the page's title")
            headline = None
        blocks = self._blocks(update, fields, things)
        if headline is None and not blocks:
            return None
        language = fields.language(update.get("inLanguage"))
        entry = given(
            headline=headline,
            blocks=bounded(blocks, fields),
            display_at=self._display_at(update, fields),
            authors=things.authors(*(update.get(field) for field in ("author", "creator", "contributor"))),
            labels=fields.labels(_keywords(update)),
            language=language if language != self._language else None,
        )
        entry["id"] = identities.take(_name(update), where)
        self._note_others(update, _UPDATE, where)
        return entry

    def _blocks(self, update: Node, fields: Fields, things: Things) -> list[dict[str, Any]]:
        texts = [words_of(update.get(field)) for field in ("articleBody", "text", "description")]
        body = next(filter(None, texts), "")
        blocks = body_of(body, fields) if body else []
        for other in texts[texts.index(body) + 1 :]:
            if other and other not in body:
                self._ledger.left_out(fields.where, "a second text beside its body", excerpt=other)
        media = [self._linked.resolved(item) for item in _media(update)]
        known = {same_picture(url) for url in pictures_in(blocks)}
        pictures: list[dict[str, Any]] = []
        for picture in things.pictures(
            [*items_of(update.get("image")), *(one for one in media if _is(one, "ImageObject"))]
        ):
            key = same_picture(picture.get("url", ""))
            if key in self._page_pictures:
                self._ledger.repeated("left_out", fields.where, "its picture is only the page's own")
            elif key not in known:
                pictures.append(picture)
        blocks += shown(pictures)
        videos, audios = (
            [*items_of(update.get(kind.lower())), *(one for one in media if _is(one, f"{kind}Object"))]
            for kind in ("Video", "Audio")
        )
        blocks += things.players(videos, "video") + things.players(audios, "audio")
        for one in media:
            if not any(_is(one, f"{kind}Object") for kind in ("Image", "Video", "Audio")):
                blocks += self._link(one, fields)
        return blocks

    def _link(self, shared: Any, fields: Fields) -> list[dict[str, Any]]:
        url = fields.url(_address(shared), "shared page")
        if url is None:
            return []
        title = (
            fields.line(shared.get("headline") or shared.get("name"), "title of a link") if _is_node(shared) else None
        )
        return [{"type": "link", "url": url, "title": title or url, "kind": "story"}]

    def _display_at(self, update: Node, fields: Fields) -> str | None:
        for field in ("datePublished", "dateCreated", "dateModified"):
            if moment := fields.moment(update.get(field), field):
                if field != "datePublished":
                    self._ledger.assumed(fields.where, f"it has no datePublished; {field} was taken as its time")
                return moment
        return None

    def _note_others(self, node: Node, known: set[str], where: str) -> None:
        for name, value in node.items():
            if name in known | _SYNTAX or value in (None, "", [], {}):
                continue
            if name == "dateModified" and value == node.get("datePublished"):
                continue
            self._ledger.repeated("left_out", where, f"the property {name} has no place here")


def _name(update: Node) -> str:
    """What the file calls an update; without a name, all of it stands for it."""
    identifier = update.get("identifier")
    named = words_of(identifier.get("value") if isinstance(identifier, dict) else identifier)
    return words_of(update.get("@id")) or named or _address(update.get("url")) or json.dumps(update, sort_keys=True)


def _keywords(node: Node) -> list[str]:
    """Keywords may be one text with commas, a list, or terms with names."""
    found: list[str] = []
    for value in items_of(node.get("keywords")):
        if isinstance(value, str):
            found += value.split(",")
        else:
            found.append(words_of(value.get("name")) if isinstance(value, dict) else words_of(value))
    return found + [words_of(value) for value in items_of(node.get("articleSection"))]


def _media(update: Node) -> list[Any]:
    return [*items_of(update.get("associatedMedia")), *items_of(update.get("sharedContent"))]


def _is_node(value: Any) -> bool:
    return isinstance(value, dict)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, dict) and kind in types_of(value)


def _address(value: Any) -> str:
    if isinstance(value, dict):
        return words_of(value.get("url")) or words_of(value.get("@id"))
    return words_of(value)


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))
