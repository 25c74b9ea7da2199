"""An address with a slash behind it."""

from __future__ import annotations

from starlette.responses import RedirectResponse
from starlette.routing import Match, Router
from starlette.types import Receive, Scope, Send


class Slashes:
    """What a router does where it finds nothing: leads to the same place without slashes at its end, if there is one.

    By the path alone, which is right whatever a proxy in front calls this server."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._not_found = router.default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (place := self._place(scope)) is not None:
            await RedirectResponse(place)(scope, receive, send)
        else:
            await self._not_found(scope, receive, send)

    def _place(self, scope: Scope) -> str | None:
        written: str = scope["raw_path"].decode("latin-1")
        # Behind two slashes a browser looks for the name of another site.
        if not written.endswith("/") or written.startswith("//"):
            return None
        plain = dict(scope) | {"path": scope["path"].rstrip("/")}
        if all(route.matches(plain)[0] is Match.NONE for route in self._router.routes):
            return None
        query = scope["query_string"].decode("latin-1")
        return written.rstrip("/") + (f"?{query}" if query else "")


def without_slashes(router: Router) -> None:
    router.redirect_slashes = False
    router.default = Slashes(router)
