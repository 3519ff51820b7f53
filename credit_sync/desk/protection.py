"""What stands before every page: limits on bodies and connections, and headers that tell browsers what a page may do."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from credit_sync.desk.errors import error_page

LARGEST_BODY = 64 * 1024
"""Bytes. The longest form is a reason and a remark."""

NO_ROOM = "credit_sync_no_room"
"""Of a request's state: whether there are more connections than the desk has room for."""

_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_YEAR = 365 * 24 * 3600


class SecurityHeaders:
    """Puts the security headers on every response; pages are kept by no cache."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = _HEADERS | ({"strict-transport-security": f"max-age={_YEAR}"} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, with_headers)


class Hosts:
    """Answers only under the names that the desk has: a page of another site cannot make its own name lead here."""

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        asked = Headers(scope=scope).get("host", "") if scope["type"] == "http" else ""
        if scope["type"] == "http" and _without_port(asked) not in self._hosts:
            remedy = "请用运维人员给出的地址访问；运维人员请核对 desk.address"
            page = error_page(Request(scope), HTTPStatus.BAD_REQUEST, "不认识这个网址", remedy)
            await page(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _without_port(host: str) -> str:
    return host.rpartition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0].lower()


class Room:
    """Answers who comes over a connection too many, and closes it: his request would only make all others wait."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["state"].get(NO_ROOM):
            status, message = HTTPStatus.SERVICE_UNAVAILABLE, "目前同时访问的太多，没有执行"
            page = error_page(Request(scope), status, message, "请过一会儿再试")
            page.headers.update({"connection": "close", "retry-after": "5"})
            await page(scope, receive, send)
            return
        await self._app(scope, receive, send)


class _Answer:
    """Sends an answer, and knows whether it has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        """One part of it."""
        self.begun = True
        await self._send(message)


class Faults:
    """What no page expected becomes an answer, too: behind the headers, where the framework's own handler is not."""

    def __init__(self, app: ASGIApp, *, answer: Callable[[Request, Exception], Response]) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        answer = _Answer(send)
        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            if scope["type"] != "http" or answer.begun:
                raise
            await self._answer(Request(scope), error)(scope, receive, send)


class BodyLimit:
    """Refuses a larger body, whether it says its length or not.

    The connection stays: closed while the body still comes, it would be reset, and the answer lost on its way.
    """

    def __init__(self, app: ASGIApp, *, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or int(said) > self._largest:
            await self._refuse(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._largest:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self._app(scope, counted, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = error_page(
            Request(scope), HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "提交的内容太长，没有执行", "请缩短后再试"
        )
        await page(scope, receive, send)
