"""What is done to a flag: concluded, agreed with, refused, taken back. The rules are `review.py`'s; rights are added here.

Every form carries the token of what its reader saw: when state or evidence have moved since, nothing is done.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from credit_sync import review
from credit_sync.desk.flag_list import Wanted
from credit_sync.desk.office import address_with, office_of
from credit_sync.desk.one_flag import applicant_of_flag
from credit_sync.desk.pages.flag import Number
from credit_sync.desk.pages.flags import WantedOf
from credit_sync.desk.rights import Right, User
from credit_sync.desk.visitors import VisitorOf, allowed, own_form
from credit_sync.errors import CreditSyncError
from credit_sync.review import Actor, Said
from credit_sync.screening.decisions import Conclusion, State
from credit_sync.store.decisions import lock_flag
from credit_sync.store.engine import writing

router = APIRouter(dependencies=[Depends(own_form)])
Officer = Annotated[User, Depends(allowed(Right.DECIDE))]
Approver = Annotated[User, Depends(allowed(Right.AGREE))]
Text = Annotated[str, Form(max_length=2000)]
"""Twice what the forms take: a browser counts a line's end as one character and sends two."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form about one flag: the flag, the token of what its reader saw, and the list to come back to."""

    number: int
    seen: str
    origin: str
    back: Wanted


def submitted(
    number: Number,
    who: VisitorOf,
    back: WantedOf,
    seen: Annotated[str, Form(min_length=1, max_length=128)],
) -> Submitted:
    """What every form has."""
    return Submitted(number, seen, who.address, back)


SubmittedOf = Annotated[Submitted, Depends(submitted)]


def said(reason: Annotated[str, Form(max_length=64)] = "", text: Text = "") -> Said:
    """What every form has that concludes."""
    return Said(reason, text)


SaidOf = Annotated[Said, Depends(said)]


@router.post("/flags/{number}/uphold")
def uphold(request: Request, user: Officer, form: SubmittedOf, why: SaidOf) -> Response:
    """The applicant is the listed subject, and the measure applies."""
    return _conclude(request, user, form, why, Conclusion.UPHOLD)


@router.post("/flags/{number}/dismiss")
def dismiss(request: Request, user: Officer, form: SubmittedOf, why: SaidOf) -> Response:
    """The applicant is somebody else, or the measure does not apply."""
    return _conclude(request, user, form, why, Conclusion.DISMISS)


@router.post("/flags/{number}/agree")
def agree(request: Request, user: Approver, form: SubmittedOf, why: SaidOf) -> Response:
    """The second person agrees with what was proposed, for a reason of his own."""
    with _flag(request, user, form) as (connection, now, by):
        if now.state is not State.PROPOSED or now.conclusion is None:
            raise CreditSyncError("没有等待第二人复核的结论")
        review.decide(connection, form.number, now.conclusion, why, office_of(request).reasons, by)
    return _back(form)


@router.post("/flags/{number}/refuse")
def refuse(request: Request, user: Approver, form: SubmittedOf, text: Text = "") -> Response:
    """The second person does not agree."""
    with _flag(request, user, form) as (connection, _, by):
        review.refuse(connection, form.number, text, by)
    return _back(form)


@router.post("/flags/{number}/undo")
def undo(request: Request, user: Officer, form: SubmittedOf, text: Text = "") -> Response:
    """What was concluded or proposed is taken back; the history keeps it."""
    with _flag(request, user, form) as (connection, _, by):
        review.undo(connection, form.number, text, by)
    return _back(form)


def _conclude(request: Request, user: User, form: Submitted, why: Said, conclusion: Conclusion) -> Response:
    with _flag(request, user, form) as (connection, now, by):
        if now.state is State.PROPOSED:  # to conclude the same again would be to agree, which is another right
            raise CreditSyncError("这条预警正等待第二人复核，须由有复核权限的另一人作出")
        review.decide(connection, form.number, conclusion, why, office_of(request).reasons, by)
    return _back(form)


@contextmanager
def _flag(request: Request, user: User, form: Submitted) -> Iterator[tuple[Connection, review.Standing, Actor]]:
    """One transaction on a flag of the user's, held against everybody else: how it stands, and who asks and when."""
    office = office_of(request)
    with writing(office.engine) as connection:
        applicant_of_flag(connection, user, form.number)
        lock_flag(connection, form.number)
        by = Actor(user.name, office.now(), form.origin, form.seen)
        try:
            now = review.standing(connection, form.number)
            review.refuse_outdated(now, by)  # before anything is said of how it stands now
            yield connection, now, by
        except CreditSyncError as error:  # its remedy is for the command line
            raise CreditSyncError(
                error.message, remedy="请回到这条预警，看过现在的情况；仍要提交的，补全表单后再提交"
            ) from None


def _back(form: Submitted) -> Response:
    return RedirectResponse(address_with(f"/flags/{form.number}", form.back.here()), HTTPStatus.SEE_OTHER)
