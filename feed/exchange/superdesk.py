"""Format ``superdesk``: posts of Sourcefabric's Superdesk Live Blog as its API gives them, one or a page of them."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from feed.errors import ImportFormatError

from .bodies import Block, body_of, bounded, joined
from .chronology import dated, oldest_first
from .delivery import delivered
from .fields import LINE, TITLE, Fields, given, items_of, words_of
from .identity import Identities
from .imported import Imported
from .ledger import Ledger
from .source import decoded, json_document

_ADVERT = re.compile(r"^advert", re.IGNORECASE)
_CREDIT = re.compile(r"^(?P<caption>.*?)\s*\bCredit:\s*(?P<credit>.+)$", re.DOTALL)


def posts_in(document: Any) -> list[Any]:
    """The posts of a list, of ``{"posts": {"_items": [...]}}``, of ``{"_items": [...]}``, or a post by itself."""
    if isinstance(document, dict) and isinstance(document.get("posts"), dict | list):
        document = document["posts"]
    if isinstance(document, dict) and isinstance(document.get("_items"), list):
        document = document["_items"]
    return [post for post in items_of(document) if isinstance(post, dict) and isinstance(post.get("groups"), list)]


def read(data: bytes, *, name: str = "") -> Imported:
    ledger = Ledger()
    document = json_document(decoded(data)[0])
    posts = posts_in(document)
    if not posts:
        raise ImportFormatError('The file holds no post of Superdesk Live Blog: none has "groups".')
    title = re.split(r"[/\\]", name)[-1].rpartition(".")[0][:TITLE].strip() or "Live blog"
    ledger.assumed("page head", f"posts do not say what they belong to; {title!r} was taken as the title")
    _note_pages(document, ledger)
    entries: list[dict[str, Any]] = []
    wheres: list[str] = []
    pinned: list[str] = []
    identities = Identities(ledger)
    for number, post in enumerate(posts, 1):
        fields = Fields(ledger, f"entry {number}")
        entry = _entry(post, fields, identities)
        if entry is None:
            continue
        entries.append(entry)
        wheres.append(fields.where)
        if post.get("sticky") is True:
            pinned.append(entry["id"])
    if not entries:
        raise ImportFormatError(
            f"None of the {len(posts)} posts can be published: they are deleted, drafts or comments."
        )
    dated(entries, ledger, otherwise=None, wheres=wheres)
    entries = oldest_first(entries, ledger)
    newest_pin = next((entry["id"] for entry in reversed(entries) if entry["id"] in pinned), None)
    for other in pinned:
        if other != newest_pin:
            ledger.changed(f"entry {other}", "it was pinned, too; of several pinned posts the newest stays pinned")
    first = entries[0]["display_at"]
    coverage = given(title=title, language=_language(posts, ledger), created_at=first, started_at=first)
    return delivered("superdesk", ledger, coverage=coverage, entries=entries, pin=newest_pin)


def _entry(post: dict[str, Any], fields: Fields, identities: Identities) -> dict[str, Any] | None:
    items = _items(post)
    status = words_of(post.get("post_status"))
    reason = (
        "a deleted post" if post.get("deleted") is True
        else f"a post with the status {status}" if status not in ("", "open")
        else "an advertisement" if items and all(_ADVERT.match(words_of(item.get("item_type"))) for item in items)
        else ""
    )  # fmt: skip
    if reason:
        fields.ledger.left_out(fields.where, reason, excerpt=" ".join(words_of(item.get("text")) for item in items))
        return None
    blocks: list[Block] = []
    for item in items:
        blocks += _blocks(item, fields)
    if not blocks:
        fields.ledger.left_out(fields.where, "a post without anything to show", excerpt=words_of(post.get("_id")))
        return None
    entry = given(
        blocks=bounded(joined(blocks), fields),
        display_at=_display_at(post, fields),
        authors=[author] if (author := _author(post, fields)) else [],
        key_event=True if post.get("lb_highlight") is True or post.get("highlight") is True else None,
    )
    entry["id"] = identities.take(words_of(post.get("_id")) or str(post), fields.where)
    return entry


def _items(post: dict[str, Any]) -> list[dict[str, Any]]:
    groups = [group for group in post["groups"] if isinstance(group, dict)]
    references = [ref for group in groups for ref in items_of(group.get("refs")) if isinstance(ref, dict)]
    return [ref["item"] for ref in references if isinstance(ref.get("item"), dict)]


def _blocks(item: dict[str, Any], fields: Fields) -> list[Block]:
    kind, html = words_of(item.get("item_type")), words_of(item.get("text"))
    meta = item.get("meta") if isinstance(item.get("meta"), dict) else {}
    if kind == "quote" and meta and (quote := words_of(meta.get("quote"))):
        said = [block for block in body_of(quote, fields) if block["type"] == "text"]
        by = fields.line(meta.get("credit"), "source of a quote", LINE)
        return [{"type": "quote", "html": block["html"]} | given(by=by) for block in said]
    if kind not in ("text", "image", "quote", "embed", ""):
        fields.ledger.changed(fields.where, f"of a post of the type {kind} only its HTML was kept", excerpt=html)
    blocks = body_of(html, fields)
    if kind == "image" and meta and len(blocks) == 1 and blocks[0]["type"] == "image":
        words = given(
            caption=fields.line(meta.get("caption"), "caption"), credit=fields.line(meta.get("credit"), "credit")
        )
        return [{name: part for name, part in blocks[0].items() if name not in words} | words]
    return [_with_credit(block) for block in blocks]


def _with_credit(block: Block) -> Block:
    """Its captions end with "Credit: …"."""
    found = _CREDIT.match(block.get("caption", "")) if block["type"] == "image" and "credit" not in block else None
    if found is None:
        return block
    rest = {name: part for name, part in block.items() if name != "caption"}
    return rest | given(caption=found["caption"], credit=found["credit"])


def _display_at(post: dict[str, Any], fields: Fields) -> str | None:
    for field in ("published_date", "_created"):
        if moment := fields.moment(post.get(field), field):
            if field != "published_date":
                fields.ledger.assumed(fields.where, "it has no published_date; the time it was created was taken")
            return moment
    return None


def _author(post: dict[str, Any], fields: Fields) -> dict[str, str] | None:
    publisher = post.get("publisher")
    if not isinstance(publisher, dict):
        return fields.author(post.get("byline"))
    name = words_of(publisher.get("display_name")) or words_of(publisher.get("byline"))
    return fields.author(escape(name, quote=False), avatar=publisher.get("picture_url"))


def _language(posts: list[dict[str, Any]], ledger: Ledger) -> str | None:
    return next(filter(None, (Fields(ledger, "page head").language(post.get("language")) for post in posts)), None)


def _note_pages(document: Any, ledger: Ledger) -> None:
    page = document.get("posts", document) if isinstance(document, dict) else None
    meta = page.get("_meta") if isinstance(page, dict) else None
    if isinstance(meta, dict) and isinstance(page, dict):
        held, total = len(items_of(page.get("_items"))), meta.get("total")
        if isinstance(total, int) and total > held:
            ledger.left_out("page", f"the file holds {held} of {total} posts: the others are on further pages")
