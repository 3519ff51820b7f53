"""Rows that could not be read; their numbers are hidden, the rows themselves are never shown."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from credit_sync.desk.office import office_of
from credit_sync.desk.pages.page import page
from credit_sync.desk.rights import Right, User
from credit_sync.desk.visitors import VisitorOf, allowed
from credit_sync.pulling.quarantine import field_title
from credit_sync.reporting.shown import shown
from credit_sync.store.quarantine import list_quarantined, waiting

router = APIRouter()
Reader = Annotated[User, Depends(allowed(Right.QUARANTINE))]
_PER_PAGE = 100


@router.get("/quarantine")
def quarantine(
    request: Request,
    who: VisitorOf,
    user: Reader,  # noqa: ARG001 - the right is demanded
    source: str = "",
    page_number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """What waits, by source, row by row with the reason."""
    office = office_of(request)
    with office.engine.connect() as connection:
        counts = waiting(connection)
        total = counts.get(source, 0) if source else sum(counts.values())
        pages = max(1, -(-total // _PER_PAGE))
        number = min(page_number, pages)
        first = (number - 1) * _PER_PAGE
        rows = list(list_quarantined(connection, source=source or None, first=first, most=_PER_PAGE))
    return page(
        request,
        who,
        "quarantine.html.j2",
        rows=[(row, field_title(row.field)) for row in rows],
        shown=shown,
        counts=counts,
        total=total,
        asked={"source": source},
        page=number,
        pages=pages,
    )
