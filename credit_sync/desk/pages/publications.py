"""Publications: what is due, late, or not accepted, and why.

A page begins behind a place in the order and not at a count: what is published meanwhile passes nothing over.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from credit_sync.desk.office import office_of
from credit_sync.desk.pages.page import page
from credit_sync.desk.rights import Right, User
from credit_sync.desk.visitors import VisitorOf, allowed
from credit_sync.publishing.deadline_rules import load_deadline_rules
from credit_sync.publishing.due import Due, due
from credit_sync.records import RecordKind
from credit_sync.reporting.run_query import publication_view

router = APIRouter()
Reader = Annotated[User, Depends(allowed(Right.PUBLICATIONS))]
_PER_PAGE = 100
_KINDS = list(RecordKind)
_PLACE = re.compile(r"([0-9]{1,7})\.([0-9]{1,2})\.([0-9]{1,18})\.(.{0,64})", re.ASCII)
_Place = tuple[int, str, int, int]


@router.get("/publications")
def publications(
    request: Request,
    who: VisitorOf,
    user: Reader,  # noqa: ARG001 - the right is demanded
    channel: str = "",
    state: str = "",
    late: str = "",
    after: Annotated[str, Query(max_length=100)] = "",
    before: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Everything that a channel has still to do, the most urgent first."""
    office = office_of(request)
    found = due(office.engine, office.settings, office.now().date())
    wanted = sorted(
        (
            item
            for item in found
            if channel in ("", item.channel) and state in ("", item.state_title) and (item.late or not late)
        ),
        key=_place,
    )
    earlier = _begin([_place(item) for item in wanted], after, before)
    rows = wanted[earlier : earlier + _PER_PAGE]
    return page(
        request,
        who,
        "publications.html.j2",
        deadlines=load_deadline_rules(office.settings.mappings_folder),
        rows=[(item.channel, publication_view(item)) for item in rows],
        total=len(wanted),
        all=len(found),
        late_count=sum(item.late for item in found),
        states=Counter(item.state_title for item in found),
        channels=sorted(office.settings.channels),
        asked={"channel": channel, "state": state, "late": late},
        earlier=earlier,
        first=_written(rows[0]) if rows else "",
        last=_written(rows[-1]) if rows else "",
    )


def _place(item: Due) -> _Place:
    day = item.deadline.day if item.deadline else date.max
    return day.toordinal(), item.channel, _KINDS.index(item.kind), item.record_id


def _written(item: Due) -> str:
    """A place, as an address has it."""
    day, channel, kind, record_id = _place(item)
    return f"{day}.{kind}.{record_id}.{channel}"


def _read(text: str) -> _Place | None:
    found = _PLACE.fullmatch(text)
    return (int(found[1]), found[4], int(found[2]), int(found[3])) if found else None


def _begin(places: Sequence[_Place], after: str, before: str) -> int:
    """How many come before the page behind a place, or before one; none where there is nothing behind it."""
    if place := _read(after):
        begin = bisect_right(places, place)
        return begin if begin < len(places) else 0
    if place := _read(before):
        return max(0, bisect_left(places, place) - _PER_PAGE)
    return 0
