"""One flag, and what may be done with it."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path
from starlette.requests import Request
from starlette.responses import Response

from credit_sync.desk.flag_list import Wanted, flag_order
from credit_sync.desk.limits import put_on_record_within, refuse_too_many
from credit_sync.desk.office import office_of
from credit_sync.desk.one_flag import Event, applicant_of_flag, one_flag
from credit_sync.desk.pages.flags import Reader, WantedOf
from credit_sync.desk.pages.page import page
from credit_sync.desk.rights import Right, User
from credit_sync.desk.visitors import Visitor, VisitorOf, allowed, own_form
from credit_sync.errors import CreditSyncError
from credit_sync.reporting import labels
from credit_sync.reporting.shown import shown
from credit_sync.review import HistoryStep, standing
from credit_sync.review import history as steps
from credit_sync.screening.decisions import Conclusion
from credit_sync.screening.reasons import Reasons
from credit_sync.store.audit import Action

router = APIRouter()
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
NumberReader = Annotated[User, Depends(allowed(Right.FULL_NUMBER))]


@router.get("/flags/{number}")
def flag(request: Request, who: VisitorOf, user: Reader, number: Number, asked: WantedOf) -> Response:
    """Everything on one flag; the list that it was opened from goes along in the address."""
    return _flag(request, who, user, number, asked)


@router.post("/flags/{number}/numbers", dependencies=[Depends(own_form)])
def numbers(
    request: Request,
    who: VisitorOf,
    user: NumberReader,
    number: Number,
    asked: WantedOf,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The applicant's numbers in full, once, on record before they are shown."""
    if not reason.strip():
        raise CreditSyncError("没有写明事由，没有显示号码", remedy="请返回写明查看完整号码的事由")
    office = office_of(request)
    with office.engine.connect() as connection:
        _, applicant = applicant_of_flag(connection, user, number)
        refuse_too_many(connection, office, user, Action.REVEAL)
    query = f"预警 {number} {applicant.application} {applicant.subject.name}"
    put_on_record_within(office, user, Action.REVEAL, query, {"found": 1, "reason": reason.strip()})
    full = tuple(f"{i.title} {i.value}" for i in applicant.subject.identifiers)
    return _flag(request, who, user, number, asked, full)


def _flag(
    request: Request, who: Visitor, user: User, number: int, asked: Wanted, full: tuple[str, ...] = ()
) -> Response:
    office = office_of(request)
    with office.engine.connect() as connection:
        found = one_flag(connection, office, user, number)
        now, history = standing(connection, number), steps(connection, number)
        order = flag_order(connection, user, asked)
        around = order if number in order else flag_order(connection, user, replace(asked, state="all"))
    before, after = _neighbours(number, order, around)
    return page(
        request,
        who,
        "flag.html.j2",
        flag=found,
        asked=asked,
        full=full,
        place=order.index(number) if number in order else None,
        of=len(order),
        before=before,
        after=after,
        now=now,
        history=history,
        events=_events(found.events, history, office.reasons),
        reasons={conclusion.value: office.reasons.of(conclusion) for conclusion in Conclusion},
        reason_title=office.reasons.title,
    )


def _neighbours(number: int, order: list[int], around: list[int]) -> tuple[int | None, int | None]:
    """What comes before and after in the list, also for a flag that has just left it; `around` has them all.

    >>> _neighbours(3, [1, 2, 4], [1, 2, 3, 4]), _neighbours(1, [1, 2], [1, 2]), _neighbours(9, [1], [1])
    ((2, 4), (None, 2), (None, None))
    """
    if number not in around:
        return None, None
    listed, place = set(order), around.index(number)
    before = next((other for other in reversed(around[:place]) if other in listed), None)
    return before, next((other for other in around[place + 1 :] if other in listed), None)


def _events(known: tuple[Event, ...], history: tuple[HistoryStep, ...], reasons: Reasons) -> list[Event]:
    """What happened to the flag and what people did to it, in one order of time."""
    done = []
    for step in history:
        why = "；".join(
            part for part in (reasons.title(step.reason) if step.reason else "", shown(step.text)) if part
        )
        title = labels.step_title(step.step, step.state)
        done.append(Event(step.at, f"{title}：{why}" if why else title, step.who))
    return sorted((*known, *done), key=lambda event: event.at)
