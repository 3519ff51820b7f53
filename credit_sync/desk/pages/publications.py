"""Publications: what is due, late, or not accepted, and why."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from credit_sync.desk.office import office_of
from credit_sync.desk.pages.page import page
from credit_sync.desk.rights import Right, User
from credit_sync.desk.visitors import VisitorOf, allowed
from credit_sync.publishing.deadline_rules import load_deadline_rules
from credit_sync.publishing.due import due
from credit_sync.reporting.run_query import publication_view

router = APIRouter()
Reader = Annotated[User, Depends(allowed(Right.PUBLICATIONS))]
_PER_PAGE = 100


@router.get("/publications")
def publications(
    request: Request,
    who: VisitorOf,
    user: Reader,  # noqa: ARG001 - the right is demanded
    channel: str = "",
    state: str = "",
    late: str = "",
    page_number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """Everything that a channel has still to do, the most urgent first."""
    office = office_of(request)
    found = due(office.engine, office.settings, office.now().date())
    wanted = [
        item
        for item in found
        if channel in ("", item.channel) and state in ("", item.state_title) and (item.late or not late)
    ]
    pages = max(1, -(-len(wanted) // _PER_PAGE))
    number = min(page_number, pages)
    rows = wanted[(number - 1) * _PER_PAGE : number * _PER_PAGE]
    return page(
        request,
        who,
        "publications.html.j2",
        term=load_deadline_rules(office.settings.path(office.settings.mappings)).publication,
        rows=[(item.channel, publication_view(item)) for item in rows],
        total=len(wanted),
        all=len(found),
        late_count=sum(item.late for item in found),
        states=Counter(item.state_title for item in found),
        channels=sorted(office.settings.channels),
        asked={"channel": channel, "state": state, "late": late},
        page=number,
        pages=pages,
    )
