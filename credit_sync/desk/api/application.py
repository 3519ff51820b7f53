"""The interface as an application of its own, mounted beside the pages: its errors, its keys, its OpenAPI."""

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from credit_sync.desk.api import gate, health, lookup, problems, subjects
from credit_sync.desk.api.models import Problem
from credit_sync.desk.api.request_ids import RequestIds
from credit_sync.desk.api.service import Service
from credit_sync.desk.office import Office
from credit_sync.desk.protection import Faults
from credit_sync.errors import CreditSyncError

_DESCRIPTION = """
供申报系统查询：一个申报可否继续（关口）、一个主体的情况（查询）、一个单位的许可和处罚（信息共享）。

* 每个请求带 `Authorization: Bearer 密钥`；每个回答都留痕。
* 只有 `verdict` 为 `clear` 才可以继续；出错、超时、不认识的回答，一律按 `unknown` 处理。
* 自然人的证件号码都已隐去。
"""
_PROBLEM = {"content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_HEADERS = {
    "X-Request-Id": {
        "description": "这次请求的编号，留痕和日志里也是它",
        "schema": {"type": "string", "format": "uuid"},
    }
}
_LATER = _HEADERS | {"Retry-After": {"description": "多少秒后再试", "schema": {"type": "integer"}}}
_REPLAYED = _HEADERS | {
    "Idempotent-Replayed": {
        "description": "true：这是保存的回答，不是重新比对的",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"description": "请求不能理解", "headers": _HEADERS, **_PROBLEM},
    401: {"description": "没有有效的密钥", "headers": _HEADERS, **_PROBLEM},
    403: {"description": "密钥已到期、已撤销，或没有这个权限、不能查询这个系统", "headers": _HEADERS, **_PROBLEM},
    409: {"description": "同一个 Idempotency-Key 的请求正在处理", "headers": _LATER, **_PROBLEM},
    413: {"description": "请求内容太长", "headers": _HEADERS, **_PROBLEM},
    422: {"description": "请求内容不对，或 Idempotency-Key 已用于别的内容", "headers": _HEADERS, **_PROBLEM},
    429: {"description": "请求太频繁，Retry-After 秒后再试", "headers": _LATER, **_PROBLEM},
    503: {"description": "暂时不能回答：数据库正忙、程序出错", "headers": _LATER, **_PROBLEM},
}


def make_api(office: Office) -> FastAPI:
    """The whole interface. Raises SettingsError where a file of the mappings is unusable."""
    application = FastAPI(
        title="信用核查接口",
        description=_DESCRIPTION,
        version=version("credit_sync"),
        docs_url=None,
        redoc_url=None,
        responses=_REFUSALS,
    )
    service = Service(office)
    _ = service.gate, service.standards
    application.state.office = office
    application.state.service = service
    for part in (gate, lookup, subjects, health):
        application.include_router(part.router)
    application.add_middleware(Faults, answer=problems.unexpected)
    application.add_middleware(RequestIds)
    for kind, answer in (
        (CreditSyncError, problems.known_error),
        (HTTPException, problems.http_error),
        (RequestValidationError, problems.unreadable_request),
        (SQLAlchemyError, problems.database_error),
    ):
        application.add_exception_handler(kind, answer)
    application.openapi = lambda: _openapi(application)  # type: ignore[method-assign]
    return application


def _openapi(application: FastAPI) -> dict[str, Any]:
    """With what errors look like, which no address gives as its answer."""
    if application.openapi_schema is None:
        made = get_openapi(
            title=application.title,
            version=application.version,
            description=application.description,
            routes=application.routes,
            servers=[{"url": problems.PREFIX}],
        )
        for method, said in (
            (method, said) for methods in made["paths"].values() for method, said in methods.items()
        ):
            said["responses"]["200"]["headers"] = _REPLAYED if method == "post" else _HEADERS
        for parameter in made["paths"]["/lookup"]["post"]["parameters"]:
            if parameter["name"] == "X-End-User":  # missing, it is refused after the key, in words of our own
                parameter["required"] = True
                parameter["schema"] |= {"minLength": 1}
                del parameter["schema"]["default"]
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        made["components"]["schemas"] |= schema.pop("$defs") | {"Problem": schema}
        application.openapi_schema = made
    return application.openapi_schema
