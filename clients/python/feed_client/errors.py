"""Everything this client raises.

FeedError
├── FeedProblem            a request was refused: status, code, detail, field (RFC 9457)
├── Unreachable            no answer within the time given
└── FollowRefused          the server will not let this coverage be followed; trying again cannot help
    ├── BadRequest         4001  a malformed cursor, an unknown message
    ├── Forbidden          4003  the token does not allow it
    ├── UnknownCoverage    4004  there is none of this name, or this token may not read it
    ├── UnsupportedVersion 4009  the server does not speak feed.v1
    └── TokenExpired       4101  and there is no way to get a new one
"""

from __future__ import annotations

from typing import Any, ClassVar


class FeedError(Exception):
    """The root."""


class Unreachable(FeedError):
    """Nothing at `url` answered, or nothing that can serve.

    Whether a write took effect is unknown: repeat it with its key.
    """

    def __init__(self, message: str, url: str) -> None:
        super().__init__(message)
        self.url = url


class FeedProblem(FeedError):
    """The server refused a request.

    `status` is the HTTP status, `code` a stable word for programs, `title` and `detail` are for people, `field` is the
    place in the body where one is at fault, `problem` the whole document that the server sent.
    """

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.problem = problem
        self.code = _text(problem.get("code")) or f"http_{status}"
        self.title = _text(problem.get("title")) or f"HTTP {status}"
        self.detail = _text(problem.get("detail")) or self.title
        self.field = _text(problem.get("field"))
        said = self.field is None or self.field in self.detail
        super().__init__(self.detail if said else f"{self.field}: {self.detail}")


class FollowRefused(FeedError):
    """`close_code` is the websocket's close code, or the HTTP status of a handshake that was refused.

    `code` is a stable word for programs, where the server gave one, `detail` a sentence for people.
    """

    meaning: ClassVar[str] = "The server refused the subscription"

    def __init__(self, close_code: int, code: str | None = None, detail: str | None = None) -> None:
        self.close_code = close_code
        self.code = code
        self.detail = detail or self.meaning
        super().__init__(f"{self.detail} ({close_code})")


class BadRequest(FollowRefused):
    meaning = "The server could not read the request: is the cursor one it gave?"


class Forbidden(FollowRefused):
    meaning = "The token does not allow following this coverage"


class UnknownCoverage(FollowRefused):
    meaning = "There is no such coverage, or this token may not read it"


class UnsupportedVersion(FollowRefused):
    meaning = "The server does not speak the protocol version feed.v1"


class TokenExpired(FollowRefused):
    meaning = "The token has expired: pass a function as token to have it renewed"


_BY_CODE: dict[int, type[FollowRefused]] = {
    4001: BadRequest,
    4003: Forbidden,
    4004: UnknownCoverage,
    4009: UnsupportedVersion,
    4101: TokenExpired,
}


def refusal(close_code: int, code: str | None = None, detail: str | None = None) -> FollowRefused:
    """The error for a close code; codes without a class of their own are a plain FollowRefused."""
    return _BY_CODE.get(close_code, FollowRefused)(close_code, code, detail)


def is_final(status: int) -> bool:
    """Whether asking again cannot help, as far as an HTTP status tells."""
    return 400 <= status < 500 and status not in (408, 425, 429)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
