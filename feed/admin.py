"""The administrator's token: the one that is set, or one that is made on the first start and kept."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from .errors import SettingsError
from .settings import Settings

FILE = "admin-token"
# Whoever made the file may not have come to write it yet.
WRITTEN_WITHIN_S = 0.5


@dataclass(frozen=True, slots=True)
class AdminToken:
    """`path` is where it is kept, None when it came from the settings; `new` when it was just made."""

    token: str
    path: Path | None = None
    new: bool = False


def admin_token(settings: Settings) -> AdminToken:
    """Raises SettingsError where the data directory cannot be written to."""
    if settings.admin_token:
        return AdminToken(settings.admin_token)
    path = settings.data / FILE
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = f"feed_admin_{secrets.token_urlsafe(32)}"
        try:
            # Whoever comes first makes it: workers and a second start read the same.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return AdminToken(_read(path), path)
        with os.fdopen(handle, "w") as file:
            file.write(made + "\n")
    except OSError as error:
        raise SettingsError(
            f"FEED_DATA: {settings.data} cannot be used ({error.strerror}). Choose another directory."
        ) from None
    return AdminToken(made, path, new=True)


def _read(path: Path) -> str:
    deadline = time.monotonic() + WRITTEN_WITHIN_S
    while len(token := path.read_text().strip()) < 16:
        if time.monotonic() > deadline:
            raise SettingsError(f"{path} holds no usable token. Delete it to have one made, or set FEED_ADMIN_TOKEN.")
        time.sleep(0.01)
    return token
