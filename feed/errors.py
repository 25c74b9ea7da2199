"""Everything that can go wrong, in one tree.

    FeedError
    ├── InvalidInput            422  4001  a field is wrong: which, what is allowed
    │   ├── MalformedBody       400  4001  not JSON, not UTF-8, not what the content type says
    │   ├── MalformedCursor     400  4001  not of the form ms-seq
    │   ├── TokenInAddress      400  4001  a token where logs and histories keep it
    │   ├── BodyTooLarge        413
    │   └── UnsupportedMedia    415
    ├── MalformedRequest        400        no HTTP, or no websocket handshake
    │   ├── RequestTimeout      408        it did not come to its end
    │   ├── TooManyPipelined    429        more requests behind each other than are kept
    │   └── HeadTooLarge        431
    ├── NotAuthenticated        401        no token, or one we do not know
    │   └── TokenExpired             4101  it was good once: get a new one
    ├── NotAllowed              403  4003  the token's scopes, or the site that asks, do not cover this
    ├── NotFound                404  4004
    │   ├── UnknownCoverage                also the answer for a private one without a token
    │   ├── UnknownEntry
    │   └── UnknownToken
    ├── MethodNotAllowed        405        nothing of this kind can be done here
    ├── EntryDeleted            410        taken down, with the reason if one was given
    ├── CursorLost              410        this cursor cannot be resumed from: fork, trimmed, behind
    ├── Conflict                409
    │   ├── CoverageExists
    │   ├── EntryExists
    │   ├── CoverageEnded
    │   └── KeyReused                      one Idempotency-Key, two bodies
    ├── RevisionConflict        412        somebody else changed it first
    ├── UnsupportedVersion      426  4009  none of the offered subprotocols is ours
    ├── UpgradeRequired         426        asked as HTTP for what is a websocket
    ├── StoreUnavailable        503  4204  try again, with the same Idempotency-Key
    │   └── NotDurable          503        it is in the log, but not yet on as many replicas as are required
    ├── Draining                503  4201  this node is leaving: try again, and meet another
    ├── TooManySubscribers      503  4202  this process has as many readers as it may
    │   └── TooManyFromAddress  429        or as many from one address
    ├── Overloaded              503  4202  more requests at once than are worked on
    ├── RateLimited             429        this token has made more changes than it may, for now
    ├── ImportFormatError                  a file that is no live page we can read
    ├── SettingsError                      a setting has a value that cannot work
    └── StoreStartError                    the embedded store did not start

Each class knows its HTTP status, its stable ``code`` for programs, the websocket close code where one exists, and
whether trying again can help. ``detail`` is for people: what happened, what is allowed, what to do.
"""

from __future__ import annotations

from typing import Any, ClassVar


class FeedError(Exception):
    """The root. `extra` holds members that are added to the problem document (RFC 9457 section 3.2)."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"
    close_code: ClassVar[int] = 1011
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = {name: value for name, value in extra.items() if value is not None}


class InvalidInput(FeedError):
    """`field` names the place, as in ``images[0].url``; `line` the line of a batch, counted from 1."""

    status, code, title, close_code = 422, "invalid_field", "A field is not valid", 4001

    def __init__(self, detail: str, *, field: str | None = None, **extra: Any) -> None:
        super().__init__(detail, field=field, **extra)
        self.field = field


class MalformedBody(InvalidInput):
    status, code, title = 400, "malformed_body", "The body cannot be read"


class MalformedCursor(InvalidInput):
    status, code, title = 400, "malformed_cursor", "The cursor is malformed"


class TokenInAddress(InvalidInput):
    status, code, title = 400, "token_in_address", "A token does not belong into the address"

    def __init__(self) -> None:
        super().__init__(
            "Addresses end up in logs. Send the token as Authorization: Bearer, or as a websocket's first message, and "
            "replace this one: others may have seen it."
        )


class BodyTooLarge(InvalidInput):
    status, code, title = 413, "body_too_large", "The body is too large"


class UnsupportedMedia(InvalidInput):
    status, code, title = 415, "unsupported_media_type", "The content type is not supported"


class MalformedRequest(FeedError):
    """Found beneath the application, which sees requests and handshakes that are some."""

    status, code, title = 400, "malformed_request", "This is no request that can be read"


class RequestTimeout(MalformedRequest):
    status, code, title = 408, "request_timeout", "The request did not come to its end"

    def __init__(self) -> None:
        super().__init__("The rest of the request was waited for in vain. Send it again, on a new connection.")


class TooManyPipelined(MalformedRequest):
    status, code, title = 429, "too_many_requests", "Too many requests behind each other"

    def __init__(self) -> None:
        super().__init__("This connection sends requests without taking the answers. Wait for them.")


class HeadTooLarge(MalformedRequest):
    status, code, title = 431, "head_too_large", "The address and the headers are too long"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The address and the headers are longer than {limit} bytes together.", limit=limit)


class NotAuthenticated(FeedError):
    status, code, title, close_code = 401, "not_authenticated", "A valid token is needed", 4003


class TokenExpired(NotAuthenticated):
    code, title, close_code = "token_expired", "The token has expired", 4101

    def __init__(self) -> None:
        super().__init__("The token has expired. Get a new one.")


class NotAllowed(FeedError):
    """`scope` in `extra`: what the token lacks."""

    status, code, title, close_code = 403, "not_allowed", "This is not allowed", 4003


class NotFound(FeedError):
    status, code, title, close_code = 404, "not_found", "Not found", 4004


class UnknownCoverage(NotFound):
    code, title = "unknown_coverage", "No such coverage"

    def __init__(self, coverage: str) -> None:
        super().__init__(f"There is no coverage {coverage!r}, or this token may not read it.")


class UnknownEntry(NotFound):
    code, title = "unknown_entry", "No such entry"

    def __init__(self, entry: str) -> None:
        super().__init__(f"There is no entry {entry!r} in this coverage.", entry=entry)


class UnknownToken(NotFound):
    code, title = "unknown_token", "No such token"


class MethodNotAllowed(FeedError):
    """`allowed` as in the header ``Allow``."""

    status, code, title = 405, "method_not_allowed", "This cannot be done here"

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(f"{method} is not possible here. Allowed: {allowed}.")
        self.allowed = allowed


class EntryDeleted(FeedError):
    status, code, title, close_code = 410, "entry_deleted", "The entry was taken down", 4004

    def __init__(self, entry: str, reason: str | None = None) -> None:
        because = f": {reason}" if reason else ""
        super().__init__(f"The entry {entry!r} was taken down{because}.", entry=entry, reason=reason)
        self.tombstone = {"id": entry} | ({"reason": reason} if reason else {})


class CursorLost(FeedError):
    """`reason` is one of fork, trimmed, behind, as in the websocket's ``reset``."""

    status, code, title = 410, "cursor_lost", "This cursor cannot be resumed from"

    WHY: ClassVar[dict[str, str]] = {
        "fork": "the store lost the part of the log that held it",
        "trimmed": "it is older than the log reaches back",
        "behind": "too much has changed since",
    }

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The cursor cannot be resumed from: {self.WHY[reason]}. Take a fresh page of entries.", reason=reason
        )
        self.reason = reason


class Conflict(FeedError):
    status, code, title, close_code = 409, "conflict", "This conflicts with what is there", 4001


class CoverageExists(Conflict):
    code, title = "coverage_exists", "The coverage exists already"

    def __init__(self, coverage: str) -> None:
        super().__init__(f"There is already a coverage {coverage!r}. Choose another id, or PATCH that one.")


class EntryExists(Conflict):
    code, title = "entry_exists", "The entry exists already"

    def __init__(self, entry: str) -> None:
        super().__init__(
            f"There is, or was, an entry {entry!r} in this coverage. Leave the id out, or PATCH that entry.",
            entry=entry,
        )


class CoverageEnded(Conflict):
    code, title = "coverage_ended", "The coverage has ended"

    def __init__(self) -> None:
        super().__init__("The coverage has ended and takes no new entries. Reopen it first, or revise what is there.")


class KeyReused(Conflict):
    code, title = "idempotency_key_reused", "The Idempotency-Key was used for something else"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used in this coverage with another request. Use a new key for each.")


class RevisionConflict(FeedError):
    status, code, title, close_code = 412, "revision_conflict", "Somebody else changed it first", 4001

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(
            f"Expected revision {expected}, but it is at {actual}. Read it again and repeat the change.",
            expected=expected,
            actual=actual,
        )


class UnsupportedVersion(FeedError):
    status, code, title, close_code = 426, "unsupported_version", "None of these protocol versions is spoken here", 4009


class UpgradeRequired(FeedError):
    status, code, title = 426, "upgrade_required", "This is a websocket"

    def __init__(self) -> None:
        super().__init__(
            "It was asked for as plain HTTP. A proxy on the way has to pass on the headers Upgrade and Connection, "
            "over HTTP/1.1; who cannot have that follows /events, the same as server-sent events."
        )


class StoreUnavailable(FeedError):
    """The store did not answer, or refused. Whether a write took effect is unknown: repeat it with the same key."""

    status, code, title, close_code = 503, "store_unavailable", "The store is not available", 4204
    retryable = True
    RETRY_AFTER_MS: ClassVar[int] = 1000

    def __init__(self, detail: str, *, reason: str = "", **extra: Any) -> None:
        """`reason` is for the log and for whoever runs the server: what the store or the network said."""
        super().__init__(detail, retry_after_ms=self.RETRY_AFTER_MS, **extra)
        self.reason = reason or detail


class NotDurable(StoreUnavailable):
    """The write took effect, but fewer replicas than are required said in time that they have it.

    `cursor` is where it is in the log, `entry` which entry it is about, both None where there is no such thing;
    `repeatable` whether it came with an Idempotency-Key."""

    code, title = "not_durable", "Not yet on enough replicas"

    def __init__(
        self, *, replicas: int, required: int, cursor: str | None = None, entry: str | None = None, repeatable: bool
    ) -> None:
        what = f"entry {entry!r}" if entry else "change"
        where = f"The {what} is in the log at {cursor}" if cursor else "It is written"
        then = (
            "Repeat it with the same Idempotency-Key: it has no second effect, and tells when they have it."
            if repeatable
            else "Do not send it again, it would be made twice. With an Idempotency-Key it could be repeated."
        )
        super().__init__(
            f"{where}, and {replicas} of {required} required replicas have it: a failover now could lose it. {then}",
            cursor=cursor,
            entry=entry,
            replicas=replicas,
            required=required,
        )


class Draining(FeedError):
    status, code, title, close_code = 503, "draining", "This node is leaving", 4201
    retryable = True

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__("This node takes no new readers, it is about to stop.", retry_after_ms=retry_after_ms)


class TooManySubscribers(FeedError):
    status, code, title, close_code = 503, "too_many_subscribers", "There is no room for another reader", 4202
    retryable = True

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__("This server has as many readers as it may. Try again later.", retry_after_ms=retry_after_ms)


class TooManyFromAddress(TooManySubscribers):
    status = 429

    def __init__(self, retry_after_ms: int) -> None:
        FeedError.__init__(
            self,
            "There are as many readers from this address as may be. Try again later.",
            retry_after_ms=retry_after_ms,
        )


class Overloaded(FeedError):
    status, code, title, close_code = 503, "overloaded", "The server has too much to do", 4202
    retryable = True

    def __init__(self, detail: str, retry_after_ms: int) -> None:
        super().__init__(detail, retry_after_ms=retry_after_ms)


class RateLimited(FeedError):
    status, code, title, close_code = 429, "rate_limited", "The token made too many changes", 4202
    retryable = True

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(
            f"This token has made more changes than it may. Try again in {retry_after_ms} ms.",
            retry_after_ms=retry_after_ms,
        )


class ImportFormatError(FeedError):
    status, code, title = 422, "import_format", "The file cannot be imported"


class SettingsError(FeedError):
    code, title = "settings", "A setting cannot work"


class StoreStartError(FeedError):
    code, title = "store_start", "The embedded store did not start"
