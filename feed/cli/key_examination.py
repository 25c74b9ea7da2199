"""What doctor looks at of the keys that JSON Web Tokens are signed with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from feed.errors import SettingsError
from feed.settings import Settings

from .finding import Finding

WHAT = "Token keys"


def examine_keys(settings: Settings) -> Iterator[Finding]:
    """Nothing where no such tokens are taken."""
    if settings.jwt_secret is None and settings.jwt_keys is None:
        return
    algorithms = Counter(["HS256"] if settings.jwt_secret else [])
    if settings.jwt_keys is not None:
        # Cryptography is loaded only where it is needed.
        from feed.jwks import read_keys

        try:
            algorithms.update(key.algorithm for key in read_keys(settings.jwt_keys))
        except SettingsError as error:
            yield Finding(
                WHAT, "fail", error.detail, "The server would not start. Ask who issues the tokens for the set."
            )
            return
    found = ", ".join(f"{count} for {algorithm}" for algorithm, count in algorithms.items())
    if settings.jwt_issuer is None and settings.jwt_audience is None:
        mend = (
            "A token for any other service of this issuer opens this one too: set FEED_JWT_ISSUER, FEED_JWT_AUDIENCE."
        )
        yield Finding(WHAT, "warn", f"{found}; whoever issued a token, and what for, is not asked", mend)
        return
    yield Finding(WHAT, "ok", found)
