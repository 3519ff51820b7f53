"""The flags to work through."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from credit_sync.desk.flag_list import FACETS, SORTS, STATES, Wanted, flag_page
from credit_sync.desk.office import office_of
from credit_sync.desk.pages.page import first_page, page
from credit_sync.desk.rights import Right, User
from credit_sync.desk.visitors import VisitorOf, allowed
from credit_sync.errors import CreditSyncError
from credit_sync.subjects.identifiers import hide_in_text

router = APIRouter()
_LONGEST_TEXT, _MOST_WORDS = 100, 8

Reader = Annotated[User, Depends(allowed(Right.FLAGS))]


def wanted(
    verdict: str = "",
    system: str = "",
    department: str = "",
    list: str = "",
    state: str = "waiting",
    text: str = "",
    sort: str = "serious",
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    before: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Wanted:
    """What an address asks for. Words that are none of ours mean what is usual."""
    known_state, known_sort = (state if state in STATES else "waiting"), (sort if sort in SORTS else "serious")
    if hide_in_text(text) != text:
        raise CreditSyncError("查找的内容像是证件号码，没有执行", remedy="按证件号码请用“查询”，并写明事由")
    asked = " ".join(text[:_LONGEST_TEXT].split()[:_MOST_WORDS])
    return Wanted(verdict, system, department, list, known_state, asked, known_sort, after, before)


WantedOf = Annotated[Wanted, Depends(wanted)]


@router.get("/")
def flags(request: Request, who: VisitorOf, asked: WantedOf) -> Response:
    """The user's flags, and how the lists behind them stand. Every sign-in ends here: who sees no flags is led on."""
    if who.user is not None and (first := first_page(who.user)) != request.url.path:
        return RedirectResponse(first, HTTPStatus.SEE_OTHER)
    user = allowed(Right.FLAGS)(request, who)
    office = office_of(request)
    with office.engine.connect() as connection:
        found = flag_page(connection, user, asked, office.measures)
        lists, screened = office.lists(connection, office.now()), office.screened(connection)
    return page(
        request,
        who,
        "flags.html.j2",
        found=found,
        asked=asked,
        screened=screened,
        stale=[each for each in lists if each.warning],
        lists=lists,
        facets=FACETS,
        sorts=SORTS,
        states=STATES,
    )
