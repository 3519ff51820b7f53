"""关口: may an application go on."""

import re
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator, BeforeValidator
from starlette.requests import Request
from starlette.responses import JSONResponse

from credit_sync.api_keys import Scope
from credit_sync.desk.api.answering import IdempotencyKey, Inquiry, Told, answer_on_record, answer_once
from credit_sync.desk.api.bodies import OnceRoute
from credit_sync.desk.api.callers import Caller, allowed, refuse_other_system
from credit_sync.desk.api.models import ApplicantAsked, ApplicationAsked, GateTold
from credit_sync.desk.api.problems import ProblemError
from credit_sync.desk.api.service import Service, service_of
from credit_sync.gate import GateAnswer
from credit_sync.records import Applicant
from credit_sync.reporting.gate import gate_json
from credit_sync.sources.subject_reading import Given, read_subject
from credit_sync.store.audit import Action
from credit_sync.subjects.writing import plain

router = APIRouter(tags=["关口"], route_class=OnceRoute)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}\S*")
Asking = Annotated[Caller, Depends(allowed(Scope.GATE))]
_NUMBERS = ("uscc", "organisation_code", "registration_number", "citizen_id", "identifier")
_SAID = ("name", "kind", "former_names", "legal_representative", "sex", "birth_year", "region", "employer")


def _with_time_of_day(written: str) -> str:
    """A day without a time would be its midnight, and a number a second of 1970: both before every screening. The + of a
    zone that stands in the address as it is arrives as a blank.
    """
    if not _TIME.fullmatch(written):
        raise ValueError("写日期和时间，例如 2026-11-20T15:04:00+08:00（网址里的 + 写作 %2B）")
    return written


def _local(written: datetime | None) -> datetime | None:
    """As everything in the store: local time without a zone."""
    if written is None or written.tzinfo is None:
        return written
    try:
        return written.astimezone().replace(tzinfo=None)
    except (OverflowError, ValueError):  # the first or the last day of the calendar, seen from another zone
        raise ValueError("时间超出范围") from None


@router.get("/gate/{system}/{application:path}", response_model=GateTold, summary="库中一个申报可否继续")
def stored(
    request: Request,
    caller: Asking,
    system: Annotated[str, Path(max_length=200, description="申报系统的名称")],
    application: Annotated[str, Path(max_length=200, description="申报编号")],
    changed_at: Annotated[
        datetime | None,
        BeforeValidator(_with_time_of_day),
        AfterValidator(_local),
        Query(
            description="申报在贵系统中最后修改的时间（RFC 3339，至少到分）；晚于最近一次取数或比对的，回答 unknown。"
            "不写时区的视为本地时间"
        ),
    ] = None,
) -> JSONResponse:
    """按最近一次夜间取数、比对和复核的结果回答，并与名单的现状核对。没有取到过的申报回答 unknown。"""
    _refuse_other_parameters(request)
    service, system, application = service_of(request), plain(system), plain(application)
    refuse_other_system(service, caller, system)
    with service.office.engine.connect() as connection:
        answer = service.gate.stored(connection, system, application, service.office.now(), changed_at)
    inquiry = Inquiry(service, caller, Action.GATE, f"{system} {application}")
    return answer_on_record(inquiry, _told(service, answer))


@router.post("/gate", response_model=GateTold, summary="一个申报的申报主体，即时比对")
def at_once(
    request: Request, caller: Asking, body: ApplicationAsked, idempotency_key: IdempotencyKey = ""
) -> JSONResponse:
    """与名单即时比对：还没有取到的申报，或刚改动的申报。不知道复核结论，命中的一律回答 hold。"""
    service = service_of(request)
    refuse_other_system(service, caller, body.system)
    at = service.office.now()

    def answer() -> Told:
        applicants = [_applicant(body, each, at) for each in body.applicants]
        with service.office.engine.connect() as connection:
            return _told(service, service.gate.at_once(connection, applicants, at))

    inquiry = Inquiry(service, caller, Action.GATE, f"{body.system} {body.application}（即时）")
    return answer_once(
        inquiry, idempotency_key, body, answer, lambda connection: service.gate.stands(connection, at)
    )


def _refuse_other_parameters(request: Request) -> None:
    """A misspelt `changed_at` would go unheard, and the answer would be clear. Raises ProblemError."""
    if [name for name, _ in request.query_params.multi_items()] not in ([], ["changed_at"]):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "参数只有 changed_at，写一次", remedy="见 openapi.json"
        )


def _applicant(body: ApplicationAsked, asked: ApplicantAsked, at: datetime) -> Applicant:
    values = {name: value for name in _SAID if (value := getattr(asked, name))}
    numbers = {name: value for name in _NUMBERS if (value := getattr(asked, name))}
    return Applicant(
        subject=read_subject(Given(values, numbers, at.date())).subject,
        system=body.system,
        application=body.application,
        role=asked.role,
        application_kind=body.application_kind,
        stage=body.stage,
    )


def _told(service: Service, answer: GateAnswer) -> Told:
    detail = {"verdict": answer.passage.value, "causes": sorted({reason.cause.value for reason in answer.reasons})}
    return Told(gate_json(answer, service.gate.measures), detail)
