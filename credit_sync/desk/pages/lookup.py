"""Look-up of one subject: with a reason, on record before anything is shown, so many in an hour."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from credit_sync.desk.departments import is_of_user
from credit_sync.desk.errors import SlowDownError
from credit_sync.desk.limits import put_on_record_within, refuse_too_many
from credit_sync.desk.office import Office, office_of
from credit_sync.desk.pages.page import page
from credit_sync.desk.rights import Right, User
from credit_sync.desk.subject_answer import AnswerView, answer_view
from credit_sync.desk.visitors import VisitorOf, allowed, own_form
from credit_sync.errors import CreditSyncError, SettingsError, StoreError
from credit_sync.lookup import Answer, look_up, subject_asked_for
from credit_sync.records import Applicant
from credit_sync.store.audit import Action
from credit_sync.subjects.identifiers import hide_in_text

router = APIRouter()
Asker = Annotated[User, Depends(allowed(Right.LOOK_UP))]


@router.get("/lookup")
def form(request: Request, who: VisitorOf, user: Asker) -> Response:
    """What is asked for."""
    asked = {"name": "", "code": "", "reason": ""}
    return page(
        request, who, "lookup.html.j2", answer=None, asked=asked, problem="", limited=not user.all_departments
    )


@router.post("/lookup", dependencies=[Depends(own_form)])
def answer(
    request: Request,
    who: VisitorOf,
    user: Asker,
    name: Annotated[str, Form(max_length=200)] = "",
    code: Annotated[str, Form(max_length=40)] = "",
    number: Annotated[str, Form(max_length=40)] = "",
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The answer. What was asked stands in no address and no log; in the form again only as far as it may be shown."""
    office = office_of(request)
    asked = {"name": hide_in_text(name), "code": hide_in_text(code), "reason": hide_in_text(reason)}
    found: AnswerView | None = None
    problem = ""
    try:
        found = _found(office, user, (name, code, number), reason.strip())
    except (SlowDownError, SettingsError, StoreError):
        raise
    except CreditSyncError as error:
        problem = _in_form_words(error)
    limited = not user.all_departments
    return page(request, who, "lookup.html.j2", answer=found, asked=asked, problem=problem, limited=limited)


def _found(office: Office, user: User, asked: tuple[str, str, str], reason: str) -> AnswerView:
    if not reason:
        raise CreditSyncError("请写明查询事由，它会连同查询人一起留痕")
    now = office.now()
    subject = subject_asked_for(*asked, now.date())
    with office.engine.connect() as connection:
        refuse_too_many(connection, office, user, Action.LOOKUP)
        answered = _only_own(look_up(connection, subject, office.ground(connection)), user)
    found = len(answered.found)
    put_on_record_within(office, user, Action.LOOKUP, answered.query, {"found": found, "reason": reason})
    return answer_view(answered, office.measures, now.date())


def _only_own(answered: Answer, user: User) -> Answer:
    """Applications of other departments are not the user's matter; nor is whether there are any."""
    own = tuple(f for f in answered.found if not isinstance(f.record, Applicant) or is_of_user(user, f.record))
    return replace(answered, found=own)


def _in_form_words(error: CreditSyncError) -> str:
    return "请至少填写名称、代码、号码中的一项" if "--" in error.remedy else str(error)
