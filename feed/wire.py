"""JSON in and JSON out: the only place where the model becomes text, or text the model.

What the store keeps of an entry or a coverage is the JSON made here, once; messages to readers are put together
around those bytes and never decode them again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from .complaint import explain
from .errors import BodyTooLarge, InvalidInput, MalformedBody
from .message import Message
from .model import Coverage, Cursor, Entry, Event, moment_from_ms

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_entry_decoder = msgspec.json.Decoder(Entry)
_coverage_decoder = msgspec.json.Decoder(Coverage)
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

# Characters beyond U+FFFF are two escapes, a high surrogate and a low one. One at the very end may have been cut.
_ESCAPES = re.compile(
    rb"\\(?:"
    rb"ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}"
    rb"|(?P<high>ud[89ab][0-9a-f]{2})(?=[^\\]|\\[^u]|\\u[0-9a-f]{4})|(?P<low>ud[c-f][0-9a-f]{2})|.)",
    re.IGNORECASE | re.DOTALL,
)

encode = _encoder.encode
entry_from_json = _entry_decoder.decode
coverage_from_json = _coverage_decoder.decode


# ---------------------------------------------------------------- what producers send


def decode(body: bytes, type_: type[T]) -> T:
    """Raises MalformedBody for what is no JSON, InvalidInput (naming the field) for what has the wrong shape."""
    decoder = _decoders.get(type_)
    if decoder is None:
        decoder = _decoders[type_] = msgspec.json.Decoder(type_)
    try:
        return decoder.decode(body)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        raise explain(str(error), type_) from None
    except msgspec.DecodeError as error:
        raise MalformedBody(
            f"The body is not valid JSON: {_half_character(body) or error}. Send one JSON object in UTF-8."
        ) from None
    except UnicodeDecodeError:
        raise MalformedBody("The body is not valid UTF-8.") from None
    except RecursionError:
        raise MalformedBody("The body is nested too deeply.") from None


def _half_character(body: bytes) -> str | None:
    """Of what cannot be decoded: whether an escape is the cause that stands for half of a character, and which."""
    for escape in _ESCAPES.finditer(body):
        if half := escape["high"] or escape["low"]:
            return f"\\{half.decode()} at byte {escape.start()} is half of a character (a lone surrogate)"
    return None


def decode_lines(body: bytes, type_: type[T], *, at_most: int) -> list[T]:
    """One value a line (application/x-ndjson), empty lines aside. Errors carry `line`, counted from 1."""
    values: list[T] = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        if len(values) == at_most:
            raise BodyTooLarge(f"More than {at_most} entries in one batch. Send the rest in another.", line=number)
        try:
            values.append(decode(line, type_))
        except InvalidInput as error:
            # Even a line that is no JSON is a fault of the batch's content: 422, with the line.
            raise InvalidInput(f"Line {number}: {error.detail}", **error.extra | {"line": number}) from None
    if not values:
        raise InvalidInput("The batch holds no entry. Send one JSON object on each line.")
    return values


# ---------------------------------------------------------------- what readers get

PROBLEM = "application/problem+json"


def deletion(tombstone: bytes) -> bytes:
    """What is left of an entry, as receipts say it: the tombstone ``{"id", "reason"?}`` with a status."""
    return b'%b,"status":"deleted"}' % tombstone[:-1]


_NAMES: dict[str, bytes] = {
    "entry.published": b"entry",
    "entry.revised": b"entry",
    "entry.retracted": b"entry",
    "coverage.changed": b"coverage",
    "coverage.ended": b"coverage",
    "coverage.reopened": b"coverage",
}


def event_message(event: Event) -> bytes:
    head = (
        f'{{"type":"{event.type}","cursor":"{event.cursor}","prev":"{event.prev}",'
        f'"at":"{moment_from_ms(event.cursor.ms)}",'
    ).encode()
    name = _NAMES.get(event.type)
    if name is None:  # entry.deleted: {id, reason?} is all that is left of the entry
        return b'%b%b,"entry":%b}' % (head, event.data[1:-1], event.data)
    return b'%b"%b":%b}' % (head, name, event.data)


def hello_message(coverage: str, mode: str, cursor: Cursor, heartbeat: int, reason: str | None = None) -> bytes:
    """`heartbeat` in seconds. `mode` is snapshot, resumed or reset; `reason` goes with reset."""
    hello = {"type": "hello", "v": 1, "coverage": coverage, "mode": mode}
    if reason is not None:
        hello["reason"] = reason
    return encode(hello | {"cursor": str(cursor), "heartbeat": heartbeat})


def snapshot_message(coverage: bytes, entries: Sequence[bytes], cursor: Cursor, following: str | None) -> bytes:
    """`entries` newest first; `following` is the token for the page after this one."""
    return b'{"type":"snapshot","coverage":%b,"entries":[%b],"cursor":"%b","next":%b}' % (
        coverage,
        b",".join(entries),
        str(cursor).encode(),
        encode(following),
    )


LIVE_MESSAGE = Message(b'{"type":"live"}')
PONG_MESSAGE = Message(b'{"type":"pong"}')


def error_message(code: str, detail: str, *, retryable: bool = False, retry_after_ms: int | None = None) -> bytes:
    error: dict[str, Any] = {"type": "error", "code": code, "detail": detail, "retryable": retryable}
    if retry_after_ms is not None:
        error["retry_after_ms"] = retry_after_ms
    return encode(error)


# To readers on open connections; a "live" says that it is over.
OUTAGE_MESSAGE = Message(
    error_message(
        "store_unavailable",
        "The server does not get what is new at the moment. What you have stays, the rest comes by itself.",
        retryable=True,
    )
)


def problem_document(status: int, code: str, title: str, detail: str, extra: Mapping[str, object]) -> bytes:
    """An error over HTTP (RFC 9457). `extra` are further members."""
    problem = {"type": f"/docs#{code}", "title": title, "status": status, "code": code, "detail": detail}
    return encode(problem | dict(extra))


def auth_message(within_ms: int) -> bytes:
    return encode({"type": "auth", "within_ms": within_ms})


def move_message(after_ms: int) -> bytes:
    return b'{"type":"move","after_ms":%d}' % after_ms


def audience_message(count: int) -> Message:
    return Message(b'{"type":"audience","count":%d}' % count)


def entries_page(entries: Sequence[bytes], cursor: Cursor, following: str | None) -> bytes:
    return b'{"entries":[%b],"cursor":"%b","next":%b}' % (b",".join(entries), str(cursor).encode(), encode(following))


def changes_page(messages: Iterable[bytes], cursor: Cursor, *, up_to_date: bool, ended: bool) -> bytes:
    return b'{"events":[%b],"cursor":"%b","up_to_date":%b,"ended":%b}' % (
        b",".join(messages),
        str(cursor).encode(),
        encode(up_to_date),
        encode(ended),
    )


def coverage_document(coverage: bytes, cursor: Cursor) -> bytes:
    """The coverage's own fields, and the cursor of its log's tip."""
    return b'%b,"cursor":"%b"}' % (coverage[:-1], str(cursor).encode())


def entry_receipt(entry: bytes, cursor: Cursor, durability: object = None) -> bytes:
    tail = b"" if durability is None else b',"durability":' + encode(durability)
    return b'{"entry":%b,"cursor":"%b"%b}' % (entry, str(cursor).encode(), tail)


def batch_receipt(receipts: Iterable[bytes], durability: object) -> bytes:
    return b'{"receipts":[%b],"durability":%b}' % (b",".join(receipts), encode(durability))
