"""查询: everything known about one subject, with a reason, on record with the user who asked."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse

from credit_sync.api_keys import Scope, allows_system
from credit_sync.desk.api.answering import IdempotencyKey, Inquiry, Told, answer_once
from credit_sync.desk.api.bodies import OnceRoute
from credit_sync.desk.api.callers import Caller, allowed
from credit_sync.desk.api.models import LookupAsked, LookupTold
from credit_sync.desk.api.problems import ProblemError
from credit_sync.desk.api.service import Service, service_of
from credit_sync.lookup import Found, answer_json, look_up, subject_asked_for
from credit_sync.records import Applicant
from credit_sync.store.audit import Action
from credit_sync.subjects.subject import Subject

router = APIRouter(tags=["查询"], route_class=OnceRoute)
Asking = Annotated[Caller, Depends(allowed(Scope.LOOKUP))]


@router.post("/lookup", response_model=LookupTold, summary="查询一个主体")
def answer(
    request: Request, caller: Asking, body: LookupAsked, idempotency_key: IdempotencyKey = ""
) -> JSONResponse:
    """许可、处罚、名单条目及证据、申报、检查。须写明事由，并在 X-End-User 写明查询人；申报只含密钥可查询的系统。"""
    if not caller.end_user:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "没有写明查询人", remedy="在请求头 X-End-User 写明贵系统中的用户"
        )
    service = service_of(request)
    if not (body.name or body.code or body.citizen_id):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "没有可查的内容", remedy="写明 name、code、citizen_id 中的至少一项"
        )
    subject = subject_asked_for(body.name, body.code, body.citizen_id, service.office.now().date())
    target = f"{subject.name} {subject.displayed_identifiers()}".strip()

    def found() -> Told:
        with service.office.engine.connect() as connection:
            return _told(connection, service, caller, body, subject)

    return answer_once(Inquiry(service, caller, Action.LOOKUP, target), idempotency_key, body, found)


def _told(connection: Connection, service: Service, caller: Caller, body: LookupAsked, subject: Subject) -> Told:
    answered = look_up(connection, subject, service.office.ground(connection))
    content = answer_json(answered)
    own = [said for found, said in zip(answered.found, content["found"], strict=True) if _may_see(caller, found)]
    first = (body.page - 1) * body.size
    pages = max(1, -(-len(own) // body.size))
    content |= {"found": own[first : first + body.size], "total": len(own), "page": body.page, "pages": pages}
    return Told(content, {"found": len(own), "reason": body.reason})


def _may_see(caller: Caller, found: Found) -> bool:
    return not isinstance(found.record, Applicant) or allows_system(caller.key, found.record.system)
