"""Answers on record: nothing is told that could not be written into the audit log; a repeated request gets the same again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from starlette.responses import JSONResponse

from credit_sync.desk.api.callers import Caller
from credit_sync.desk.api.problems import ProblemError
from credit_sync.desk.api.service import Service
from credit_sync.store.api_keys import KeptAnswer, keep_answer, kept_answer, touch_key
from credit_sync.store.audit import Action, note
from credit_sync.store.engine import writing

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=128,
        pattern=r"^[\x21-\x7e]*$",
        description="重试同一请求时写同一个值（建议用 UUID）：24 小时内得到与第一次相同的回答。每次新的询问用新的值",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]


_MAY_CHANGE = "，或此后名单、证据权重或已知的其他名称有变化"
"""What an answer of the gate rests on beside the applicants."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What was asked, as it goes on record."""

    service: Service
    caller: Caller
    action: Action
    target: str


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and what goes on record of it."""

    content: Mapping[str, Any]
    detail: Mapping[str, Any]


def answer_on_record(inquiry: Inquiry, told: Told) -> JSONResponse:
    """To a request that changes nothing and may come as often as it likes."""
    with writing(inquiry.service.office.engine) as connection:
        _note(connection, inquiry, told.detail)
    return JSONResponse(told.content)


def answer_once(
    inquiry: Inquiry,
    key: str,
    body: BaseModel,
    answer: Callable[[], Told],
    stands: Callable[[Connection], str] = lambda _: "",
) -> JSONResponse:
    """To a request that may carry an idempotency key (draft-ietf-httpapi-idempotency-key-header). Raises ProblemError.

    `stands`: what the answer rests on. When that is other than it was, the kept answer is not given any more.
    """
    if not key:
        return answer_on_record(inquiry, answer())
    office, number = inquiry.service.office, inquiry.caller.key.id
    with office.engine.connect() as connection:
        ground = stands(connection)
        said = f"{inquiry.action}\n{ground}\n{body.model_dump_json()}"
        request = sha256(said.encode()).hexdigest()
        kept = kept_answer(connection, number, key, office.now())
    if kept is not None:
        return _again(inquiry, kept, request, _MAY_CHANGE if ground else "")
    told = answer()
    try:
        with writing(office.engine) as connection:
            _note(connection, inquiry, told.detail)
            keep_answer(
                connection, number, key, request, json.dumps(told.content, ensure_ascii=False), office.now()
            )
    except IntegrityError:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "同一个 Idempotency-Key 的请求正在处理",
            remedy="稍候用同一个值再试",
            headers={"retry-after": "1"},
        ) from None
    return JSONResponse(told.content)


def _again(inquiry: Inquiry, kept: KeptAnswer, request: str, or_why: str) -> JSONResponse:
    if kept.request != request:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"这个 Idempotency-Key 已用于内容不同的请求{or_why}，没有执行",
            remedy="新的请求用新的值",
        )
    with writing(inquiry.service.office.engine) as connection:
        _note(connection, inquiry, {"repeated": True})
    return JSONResponse(json.loads(kept.answer), headers={"idempotent-replayed": "true"})


def _note(connection: Connection, inquiry: Inquiry, detail: Mapping[str, Any]) -> None:
    at, caller = inquiry.service.office.now(), inquiry.caller
    touch_key(connection, caller.key.id, at)
    told = {**detail, "request": caller.request_id}
    note(connection, at=at, who=caller.who, action=inquiry.action, target=inquiry.target, detail=told)
