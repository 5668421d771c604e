"""What every answer has, and what no request may be: headers, sizes, signed addresses."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from citytwin.server.doors import SIGNED
from citytwin.viewer.site import SECURITY_HEADERS

PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
"""No cache on the way may give one reader's answer to another."""
_MAX_PATH = 6000
_SIGNED = "/signed/"
_TOO_LARGE = b'{"detail":"this server takes no content"}'


class Shell:
    """Outermost layer of the server.

    Parameters
    ----------
    app
        What is inside.
    tls
        Whether readers come by https, and shall go on doing so.
    """

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self._app = app
        self._headers = dict(SECURITY_HEADERS)
        if tls:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and what is answered back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                for name, value in PRIVATE.items():  # of answers that libraries make, too
                    headers.setdefault(name, value)
            await send(message)

        if _has_content(scope) or len(scope["path"]) > _MAX_PATH:
            await _refuse(dressed)
            return
        await self._app(_unfolded(scope), receive, dressed)


def _unfolded(scope: Scope) -> Scope:
    """Take the signed part off an address; addresses in answers get it back."""
    path: str = scope["path"]
    if not path.startswith(_SIGNED):
        return scope
    signed, _, _ = path[len(_SIGNED) :].partition("/")
    return {**scope, SIGNED: signed, "root_path": f"{_SIGNED}{signed}"}


def _has_content(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _TOO_LARGE})
