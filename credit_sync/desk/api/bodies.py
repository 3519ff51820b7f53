"""Bodies of requests: JSON in which a name stands once. Of two lists of applicants, one would go unheard and the answer be clear."""

import json
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response


class OnceRoute(APIRoute):
    """An address that takes such a body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            return await handler(_Once(request.scope, request.receive))

        return answer


class _Once(Request):
    async def json(self) -> Any:
        return json.loads(await self.body(), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)  # what else is raised here, FastAPI makes a 400 of
    return found
