"""Settings: one frozen value, from the environment and the command line."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta, Struct

from .errors import SettingsError

Positive = Annotated[int, Meta(ge=1)]


class Settings(Struct, frozen=True, kw_only=True):
    """Each field is also the variable FEED_<NAME>. Lists are separated by commas."""

    store: str | None = None
    data: Path = Path("feed-data")
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8000
    workers: Annotated[int, Meta(ge=1, le=256)] = 1
    admin_token: Annotated[str, Meta(min_length=16)] | None = None
    public_url: Annotated[str, Meta(pattern=r"^https?://[^/\s]+$(?!\n)")] | None = None
    jwt_secret: Annotated[str, Meta(min_length=32)] | None = None
    jwt_keys: Path | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    allowed_origins: tuple[str, ...] = ("*",)
    trusted_proxies: tuple[str, ...] = ("127.0.0.1",)
    fsync: Literal["always", "everysec", "no"] = "everysec"
    max_body: Positive = 1024 * 1024
    max_batch: Annotated[int, Meta(ge=1, le=1_000)] = 500
    log_length: Annotated[int, Meta(ge=0)] = 100_000
    key_lifetime: Positive = 86_400
    require_replicas: Annotated[int, Meta(ge=0, le=100)] = 0
    acknowledge_within: Annotated[int, Meta(ge=1, le=60_000)] = 1_000
    publish_rate: Annotated[float, Meta(ge=0, le=1_000_000)] = 0.0
    max_subscribers: Annotated[int, Meta(ge=0)] = 0
    max_subscribers_per_address: Annotated[int, Meta(ge=0)] = 0
    audience: bool = False
    drain_window: Annotated[float, Meta(ge=0, le=3600)] = 10.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Self:
        """`overrides` that are None count as not given. Raises SettingsError naming the variable."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for name in cls.__struct_fields__:
            text = environ.get(variable(name), "").strip()
            if text:  # a list without members is a lone comma
                is_list = isinstance(getattr(cls(), name), tuple)
                values[name] = [part.strip() for part in text.split(",") if part.strip()] if is_list else text
        values |= {name: value for name, value in overrides.items() if value is not None}
        settings = cls()
        for name, value in values.items():
            try:
                one = msgspec.convert({name: value}, cls, strict=False, dec_hook=_from_text)
            except msgspec.ValidationError as error:
                reason = str(error).partition(" - at")[0].replace("`", "")
                shown = "" if name in SECRET else f" (it is {value!r})"
                raise SettingsError(f"{variable(name)}{shown}: {HINTS.get(name, reason)}") from None
            settings = msgspec.structs.replace(settings, **{name: getattr(one, name)})
        return settings

    def environment(self) -> dict[str, str]:
        """The same settings as variables, for processes started from this one."""
        values = {}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not None:
                values[variable(name)] = ",".join(value) or "," if isinstance(value, tuple) else str(value)
        return values


def _from_text(type_: type[Any], value: Any) -> Any:
    return type_(value)


# What no message may repeat.
SECRET = ("admin_token", "jwt_secret")

HINTS = {
    "port": "expected a number from 0 to 65535; 0 takes any free port.",
    "workers": "expected a number from 1 to 256.",
    "admin_token": "expected at least 16 characters.",
    "jwt_secret": "expected at least 32 characters.",
    "public_url": "expected the address readers use, as in https://live.example.org, without a path.",
    "fsync": "expected always, everysec or no.",
    "max_body": "expected a number of bytes.",
    "max_batch": "expected a number of entries from 1 to 1000.",
    "log_length": "expected a number of events, 0 to keep all.",
    "key_lifetime": "expected a number of seconds.",
    "require_replicas": "expected a number of replicas from 0 to 100.",
    "acknowledge_within": "expected a number of milliseconds from 1 to 60000.",
    "publish_rate": "expected a number of changes a second, 0 for no limit.",
    "max_subscribers": "expected a number of readers, 0 for no limit.",
    "max_subscribers_per_address": "expected a number of readers, 0 for no limit.",
    "audience": "expected true or false.",
    "drain_window": "expected a number of seconds from 0 to 3600.",
    "log_level": "expected debug, info, warning or error.",
}

# What the command line reads for itself.
OTHER_VARIABLES = ("FEED_URL", "FEED_TOKEN")


def variable(name: str) -> str:
    return f"FEED_{name.upper()}"


def unknown_variables(environ: Iterable[str]) -> dict[str, str | None]:
    """FEED_* variables that nothing reads, each with the nearest name there is. Kubernetes puts some in by itself."""
    known = [*map(variable, Settings.__struct_fields__), *OTHER_VARIABLES]
    strangers = sorted(name for name in environ if name.startswith("FEED_") and name not in known)
    return {name: next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.75)), None) for name in strangers}
