"""The style sheet and the script."""

from fastapi import APIRouter
from starlette.responses import Response

from credit_sync.desk.assets import asset
from credit_sync.desk.errors import NotThereError

router = APIRouter()
_YEAR = 365 * 24 * 3600


@router.get("/static/{name}")
def static(name: str) -> Response:
    """A file, under an address that changes with its content."""
    found = asset(name)
    if found is None:
        raise NotThereError("没有这个文件")
    content, kind = found
    return Response(content, media_type=kind, headers={"cache-control": f"public, max-age={_YEAR}, immutable"})
