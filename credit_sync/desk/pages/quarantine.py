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
from credit_sync.store.quarantine import page_of_waiting, waiting

router = APIRouter()
Reader = Annotated[User, Depends(allowed(Right.QUARANTINE))]
_PER_PAGE = 100


@router.get("/quarantine")
def quarantine(
    request: Request,
    who: VisitorOf,
    user: Reader,  # noqa: ARG001 - the right is demanded
    source: str = "",
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    before: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    """What waits, by source, row by row with the reason. A page begins behind a row: what is settled meanwhile moves none."""
    office = office_of(request)
    with office.engine.connect() as connection:
        counts = waiting(connection)
        total = counts.get(source, 0) if source else sum(counts.values())
        rows, earlier = page_of_waiting(connection, source=source, after=after, before=before, most=_PER_PAGE)
    return page(
        request,
        who,
        "quarantine.html.j2",
        rows=[(row, field_title(row.field)) for row in rows],
        shown=shown,
        counts=counts,
        total=total,
        asked={"source": source},
        earlier=earlier,
    )
