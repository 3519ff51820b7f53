"""What is done to a flag: concluded, agreed with, refused, taken back. The rules are `review.py`'s; rights are added here.

Every form says which evidence and which step of the history its reader saw: when either has moved, nothing is done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from credit_sync import review
from credit_sync.desk.errors import Refused
from credit_sync.desk.flag_list import Wanted
from credit_sync.desk.office import Office, address_with, office_of
from credit_sync.desk.one_flag import applicant_of_flag
from credit_sync.desk.pages.flag import Number
from credit_sync.desk.pages.flags import WantedOf
from credit_sync.desk.rights import Right, User
from credit_sync.desk.visitors import allowed, own_form
from credit_sync.errors import CreditSyncError
from credit_sync.review import Standing
from credit_sync.screening.decisions import Conclusion, State
from credit_sync.store.decisions import lock_flag
from credit_sync.store.engine import writing

router = APIRouter(dependencies=[Depends(own_form)])
Officer = Annotated[User, Depends(allowed(Right.DECIDE))]
Approver = Annotated[User, Depends(allowed(Right.AGREE))]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the form's reader saw, and wrote."""

    evidence: str
    step: int
    reason: str
    text: str


def seen(
    evidence: Annotated[str, Form(max_length=64)],
    step: Annotated[int, Form(ge=0, le=2**31 - 1)],
    reason: Annotated[str, Form(max_length=64)] = "",
    text: Annotated[str, Form(max_length=1000)] = "",
) -> Seen:
    """The fields of every form."""
    return Seen(evidence, step, reason, text)


SeenOf = Annotated[Seen, Depends(seen)]
Work = Callable[[Connection, Standing, datetime], object]


@router.post("/flags/{number}/uphold")
def uphold(request: Request, user: Officer, number: Number, form: SeenOf, asked: WantedOf) -> Response:
    """The applicant is the listed subject, and the measure applies."""
    return _conclude(request, user, number, form, _back(number, asked), Conclusion.UPHOLD)


@router.post("/flags/{number}/dismiss")
def dismiss(request: Request, user: Officer, number: Number, form: SeenOf, asked: WantedOf) -> Response:
    """The applicant is somebody else, or the measure does not apply."""
    return _conclude(request, user, number, form, _back(number, asked), Conclusion.DISMISS)


@router.post("/flags/{number}/agree")
def agree(request: Request, user: Approver, number: Number, form: SeenOf, asked: WantedOf) -> Response:
    """The second person agrees with what was proposed."""
    office = office_of(request)

    def work(connection: Connection, now: Standing, at: datetime) -> None:
        if now.state is not State.PROPOSED or now.conclusion is None:
            raise CreditSyncError("没有等待第二人复核的结论")
        review.decide(
            connection,
            number,
            now.conclusion,
            reason=now.reason,
            text=form.text or now.text,
            who=user.name,
            at=at,
            reasons=office.reasons,
            seen=form.evidence,
        )

    return _done(office, user, number, form, work, _back(number, asked))


@router.post("/flags/{number}/refuse")
def refuse(request: Request, user: Approver, number: Number, form: SeenOf, asked: WantedOf) -> Response:
    """The second person does not agree."""

    def work(connection: Connection, _now: Standing, at: datetime) -> None:
        review.refuse(connection, number, text=form.text, who=user.name, at=at, seen=form.evidence)

    return _done(office_of(request), user, number, form, work, _back(number, asked))


@router.post("/flags/{number}/undo")
def undo(request: Request, user: Officer, number: Number, form: SeenOf, asked: WantedOf) -> Response:
    """What was concluded or proposed is taken back; the history keeps it."""

    def work(connection: Connection, _now: Standing, at: datetime) -> None:
        review.undo(connection, number, text=form.text, who=user.name, at=at)

    return _done(office_of(request), user, number, form, work, _back(number, asked))


def _back(number: int, asked: Wanted) -> str:
    return address_with(f"/flags/{number}", asked.parameters())


def _conclude(  # noqa: PLR0913 - one form
    request: Request, user: User, number: int, form: Seen, back: str, conclusion: Conclusion
) -> Response:
    office = office_of(request)

    def work(connection: Connection, now: Standing, at: datetime) -> None:
        if now.state is State.PROPOSED:
            raise Refused("这条预警正等待第二人复核", remedy="复核须由有复核权限的另一人作出")
        review.decide(
            connection,
            number,
            conclusion,
            reason=form.reason,
            text=form.text,
            who=user.name,
            at=at,
            reasons=office.reasons,
            seen=form.evidence,
        )

    return _done(office, user, number, form, work, back)


def _done(  # noqa: PLR0913 - one form
    office: Office, user: User, number: int, form: Seen, work: Work, back: str
) -> Response:
    """In one transaction: the flag is the user's and as the form saw it, then the work. Then the flag again."""
    with writing(office.engine) as connection:
        applicant_of_flag(connection, user, number)
        lock_flag(connection, number)
        now = review.standing(connection, number)
        if now.step != form.step:
            raise CreditSyncError("这条预警在此期间已有人处理，没有执行", remedy="请返回刷新，看过现在的情况再处理")
        work(connection, now, office.now())
    return RedirectResponse(back, HTTPStatus.SEE_OTHER)
