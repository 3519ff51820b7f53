"""A number for every request: in the answer's header, in problems, in the audit log and in the program's log."""

import re
from uuid import UUID, uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"
_WRITTEN = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KEY = "credit_sync_request_id"


class RequestIds:
    """Takes the caller's number where it is a UUID, makes one otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        number = request_id(Request(scope)) if scope["type"] == "http" else ""

        async def with_number(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = number
            await send(message)

        await self._app(scope, receive, with_number if number else send)


def request_id(request: Request) -> str:
    """The number of a request, the same as often as it is asked for."""
    if _KEY not in request.scope:
        written = request.headers.get(HEADER, "")
        request.scope[_KEY] = str(UUID(written)) if _WRITTEN.fullmatch(written) else str(uuid4())
    return str(request.scope[_KEY])
