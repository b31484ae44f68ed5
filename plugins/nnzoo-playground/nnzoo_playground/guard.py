"""Access control: loopback alone does not protect the server, as any page in the user's browser can send requests."""

from __future__ import annotations

import hmac
import secrets
from typing import final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


def new_token() -> str:
    """An unguessable token for one launch."""
    return secrets.token_urlsafe(24)


def is_token(given: object, token: str) -> bool:
    """Whether a page's value is the token, compared in constant time."""
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


@final
class Guard:
    """Refuses requests to a host name that is not this server's, and requests from other pages.

    A name that was rebound to the loopback address has its own ``Host``. A request from another page has its
    ``Origin``, or another site in ``Sec-Fetch-Site``. A WebSocket must have an ``Origin``.

    Parameters
    ----------
    app : ASGI application
        The application to protect.
    port : int
        The server's port.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"} | ({"127.0.0.1", "localhost"} if port == 80 else set())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with 403."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if not self._allows(scope):
            await _refuse(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *own]}
            await send(message)

        await self._app(scope, receive, with_headers)

    def _allows(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts or len(origins) > 1:
            return False
        if origins and origins[0].lower() != f"http://{hosts[0].lower()}":
            return False
        if scope["type"] == "websocket":
            return bool(origins)
        foreign = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        navigates = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        return scope["method"] in ("GET", "HEAD") and (not foreign or navigates)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"refused: this page belongs to nnzoo playground alone\n"})
