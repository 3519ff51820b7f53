"""信息共享: licences and penalties of an organisation, by its code. Nobody is found here by a person's number."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from credit_sync.api_keys import Scope
from credit_sync.desk.api.answering import Inquiry, Told, answer_on_record
from credit_sync.desk.api.callers import Caller, allowed
from credit_sync.desk.api.models import LARGEST_PAGE, SubjectTold
from credit_sync.desk.api.problems import ProblemError
from credit_sync.desk.api.service import service_of
from credit_sync.records import Licence, Penalty
from credit_sync.reporting.shown import shown
from credit_sync.settings import Settings
from credit_sync.sharing import decisions_on
from credit_sync.store.audit import Action
from credit_sync.subjects.identifiers import (
    OF_ORGANISATIONS,
    Identifier,
    SubjectKind,
    citizen_id,
    recognise,
)
from credit_sync.subjects.identifiers.folding import fold

router = APIRouter(tags=["信息共享"])
Asking = Annotated[Caller, Depends(allowed(Scope.SUBJECTS))]


@router.get("/subjects/{code}", response_model=SubjectTold, summary="一个单位的许可和处罚")
def decisions(
    request: Request,
    caller: Asking,
    code: Annotated[str, Path(max_length=64, description="统一社会信用代码、组织机构代码或工商注册号")],
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 50,
) -> JSONResponse:
    """本部门作出的行政许可和公示期内的行政处罚。不按自然人的号码提供；公示期满、已信用修复的处罚不提供。"""
    service = service_of(request)
    today = service.office.now().date()
    found = _organisation_code(code, today)
    with service.office.engine.connect() as connection:
        records = decisions_on(connection, found, service.standards, today)
    first = (page - 1) * size
    content = {
        "code": found.value,
        "total": len(records),
        "page": page,
        "pages": max(1, -(-len(records) // size)),
        "records": [_said(record, service.office.settings) for record in records[first : first + size]],
    }
    inquiry = Inquiry(service, caller, Action.SHARE, found.value)
    return answer_on_record(inquiry, Told(content, {"found": len(records)}))


def _organisation_code(written: str, today: date) -> Identifier:
    """Raises ProblemError. One citizen id in thirty also passes the check of a USCC: it is refused all the same."""
    found = recognise(written, SubjectKind.ORGANISATION, on=today)
    usable = found is not None and found.kind in OF_ORGANISATIONS and found.valid and not found.masked
    if found is None or not usable or citizen_id.is_valid(fold(written)):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "不是单位的代码，或校验不通过",
            remedy="写 18 位统一社会信用代码、9 位组织机构代码或 15 位工商注册号；不按自然人的号码提供",
        )
    return found


def _said(record: Licence | Penalty, settings: Settings) -> dict[str, Any]:
    common = {
        "name": shown(record.subject.name),
        "document_number": shown(record.document_number),
        "category": shown(record.category),
        "content": shown(record.content),
        "decided_on": record.decided_on.isoformat(),
        "authority": shown(record.authority or settings.department.name),
    }
    if isinstance(record, Licence):
        return common | {
            "record": "licence",
            "licence_name": shown(record.licence_name),
            "licence_number": shown(record.licence_number),
            "valid_from": _day(record.valid_from),
            "valid_to": _day(record.valid_to),
            "state": record.state.value,
        }
    return common | {
        "record": "penalty",
        "violation": shown(record.violation),
        "fine": None if record.fine is None else str(record.fine),
        "confiscated": None if record.confiscated is None else str(record.confiscated),
        "public_until": _day(record.public_until),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
