"""Every error of the interface as problem+json (RFC 9457), in Chinese; nothing of the program's inside is told.

Whatever goes wrong on the way to the gate's answer says `"verdict": "unknown"` as well: no error can be read as leave to
go on.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from credit_sync.desk.api.request_ids import HEADER, request_id
from credit_sync.errors import CreditSyncError, SettingsError, StoreError
from credit_sync.logs import log
from credit_sync.screening.gate import Passage
from credit_sync.store.engine import explain
from credit_sync.subjects.identifiers import hide_in_text

PREFIX = "/api/v1"
MEDIA_TYPE = "application/problem+json"
_TITLES = {
    HTTPStatus.BAD_REQUEST: "请求不能理解",
    HTTPStatus.UNAUTHORIZED: "没有有效的密钥",
    HTTPStatus.FORBIDDEN: "密钥没有这个权限",
    HTTPStatus.NOT_FOUND: "没有这个地址",
    HTTPStatus.METHOD_NOT_ALLOWED: "这个地址不支持这种方法",
    HTTPStatus.CONFLICT: "同一请求正在处理",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "请求内容太长",
    HTTPStatus.UNPROCESSABLE_ENTITY: "请求内容不对",
    HTTPStatus.TOO_MANY_REQUESTS: "请求太频繁",
    HTTPStatus.SERVICE_UNAVAILABLE: "暂时不能回答",
}


class ProblemError(CreditSyncError):
    """A request that is not answered; `headers` go with the refusal."""

    def __init__(
        self, status: HTTPStatus, message: str, *, remedy: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.headers = dict(headers or {})


def is_api(request: Request) -> bool:
    """Whether a request is for the interface."""
    return request.url.path.startswith(f"{PREFIX}/")


def problem(  # noqa: PLR0913, PLR0917 - the members of a problem
    request: Request,
    status: HTTPStatus,
    detail: str,
    remedy: str = "",
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> Response:
    """The answer. It needs neither key nor store."""
    number = request_id(request)
    content: dict[str, Any] = {
        "type": f"urn:credit-sync:problem:{status.phrase.lower().replace(' ', '-')}",
        "title": _TITLES.get(status, "没有回答"),
        "status": int(status),
        "detail": hide_in_text(f"{detail}（{remedy}）" if remedy else detail),
        "instance": f"urn:uuid:{number}",
    }
    if errors:
        content["errors"] = [dict(error) for error in errors]
    if request.url.path.startswith(f"{PREFIX}/gate"):
        content["verdict"] = Passage.UNKNOWN.value
    return JSONResponse(content, status, {HEADER: number, **(headers or {})}, MEDIA_TYPE)


def known_error(request: Request, error: Exception) -> Response:
    """What the caller has to know about."""
    assert isinstance(error, CreditSyncError)  # noqa: S101 - how it is registered
    if isinstance(error, ProblemError):
        return problem(request, error.status, error.message, error.remedy, error.headers)
    if isinstance(error, SettingsError | StoreError):  # names files and addresses of the machine: for the log
        log.error("配置或数据库不可用", path=request.url.path, request=request_id(request), error=str(error))
        return _cannot(request, "配置或数据库暂时不可用")
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, error.message)


def http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses."""
    assert isinstance(error, HTTPException)  # noqa: S101 - how it is registered
    status = HTTPStatus(error.status_code)
    return problem(request, status, _REFUSED.get(status, "没有执行"), headers=error.headers)


_REFUSED = {
    HTTPStatus.BAD_REQUEST: "请求内容读不出来，没有执行（内容写成 UTF-8 编码的 JSON）",
    HTTPStatus.NOT_FOUND: "没有这个地址，接口说明见 openapi.json",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "请求内容太长，没有执行",
    HTTPStatus.UNPROCESSABLE_ENTITY: "请求内容中同一个名称写了两次，没有执行",
}


def unreadable_request(request: Request, error: Exception) -> Response:
    """A body, path or parameter that is not as openapi.json says; what was sent is not repeated."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - how it is registered
    wrong = error.errors()
    # Items that are wrong themselves are not counted: a list with a wrong item is not too short as well.
    within = {each["loc"][:depth] for each in wrong for depth in range(1, len(each["loc"]))}
    found = [
        {"place": hide_in_text(".".join(map(str, each["loc"])))[:200], "text": _said(each)}
        for each in wrong
        if each["loc"] not in within
    ][:20]
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return problem(request, status, "请求内容与接口说明不符，没有执行", errors=found)


def database_error(request: Request, error: Exception) -> Response:
    """The store does not answer, or a night holds SQLite's one write lock: what cannot go on record is not told."""
    assert isinstance(error, SQLAlchemyError)  # noqa: S101 - how it is registered
    log.error("数据库出错", path=request.url.path, request=request_id(request), error=explain(error))
    return _cannot(request, "数据库正忙或出错，可能正在做夜间运行")


def unexpected(request: Request, error: Exception) -> Response:
    """A fault of the program: its traceback belongs in the log."""
    log.error("内部错误", path=request.url.path, request=request_id(request), exc_info=error)
    return _cannot(request, "程序内部错误")


def _cannot(request: Request, detail: str) -> Response:
    retry = {"retry-after": "60"}
    return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, detail, "请稍后再试；仍不行请联系运维人员", retry)


_SAID = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项",
    "string_too_long": "太长，最多 {max_length} 个字",
    "string_too_short": "太短",
    "too_long": "项数太多，最多 {max_length} 项",
    "too_short": "项数太少，至少 {min_length} 项",
    "json_invalid": "不是 JSON",
    "model_attributes_type": "必须是 JSON 对象；请求头写 Content-Type: application/json",
    "string_type": "必须是文字",
    "int_type": "必须是整数",
    "int_parsing": "必须是整数",
    "less_than_equal": "不能大于 {le}",
    "greater_than_equal": "不能小于 {ge}",
}


def _said(each: Mapping[str, Any]) -> str:
    """What is wrong, in Chinese; texts of our own checks are said as they are."""
    if each["type"] == "value_error":
        return hide_in_text(str(each["ctx"]["error"]))
    if each["type"] == "enum":
        return f"不是规定的值，可以写：{each['ctx']['expected'].replace(' or ', ', ')}"
    return _SAID.get(each["type"], "写法不对").format(**each.get("ctx", {}))
