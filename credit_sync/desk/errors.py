"""Every error as a page in Chinese: what is wrong and what to do. Nothing of the program's inside is shown."""

import re
from http import HTTPStatus
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from credit_sync.desk.api.problems import is_api, problem
from credit_sync.desk.office import office_of
from credit_sync.errors import CreditSyncError, SettingsError, StoreError
from credit_sync.logs import log
from credit_sync.store.engine import explain
from credit_sync.subjects.identifiers import hide_in_text

_OF_A_FLAG = re.compile(r"(/flags/[0-9]{1,9})/")
"""What a form of a flag is sent to: who is refused there wants to see the flag as it is now."""


class RefusedError(CreditSyncError):
    """Signed in, but not allowed, or not by this form."""


class NotThereError(CreditSyncError):
    """No such page, or none that the user may know of."""


class SlowDownError(CreditSyncError):
    """Too many of something in too short a time."""


class SignInNeededError(Exception):
    """Nobody is signed in."""

    def __init__(self, method: str, wanted: str) -> None:
        super().__init__(wanted)
        self.method = method
        self.wanted = wanted


_STATUS: dict[type[CreditSyncError], HTTPStatus] = {
    RefusedError: HTTPStatus.FORBIDDEN,
    NotThereError: HTTPStatus.NOT_FOUND,
    SlowDownError: HTTPStatus.TOO_MANY_REQUESTS,
}
_TITLES = {
    HTTPStatus.BAD_REQUEST: "没有执行",
    HTTPStatus.UNAUTHORIZED: "需要登录",
    HTTPStatus.FORBIDDEN: "没有权限",
    HTTPStatus.NOT_FOUND: "没有这一页",
    HTTPStatus.METHOD_NOT_ALLOWED: "没有这一页",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "内容太长",
    HTTPStatus.TOO_MANY_REQUESTS: "请稍候",
    HTTPStatus.SERVICE_UNAVAILABLE: "暂时用不了",
    HTTPStatus.INTERNAL_SERVER_ERROR: "程序出错",
}


def error_page(request: Request, status: HTTPStatus, message: str, remedy: str = "") -> Response:
    """The page, of the interface for programs a problem. It needs neither a session nor the store."""
    if is_api(request):
        return problem(request, status, message, remedy)
    office = office_of(request)
    values = {
        "title": _TITLES.get(status, "没有执行"),
        "message": hide_in_text(message),
        "remedy": hide_in_text(remedy),
        "typed": hide_in_text(getattr(request.state, "typed", "")),
    }
    form_of = _OF_A_FLAG.match(request.url.path)
    page = office.templates.get_template("error.html.j2").render(
        department=office.settings.department.name, back=form_of[1] if form_of else "", **values
    )
    return HTMLResponse(page, status_code=status)


def known_error(request: Request, error: Exception) -> Response:
    """What a person has to know about."""
    assert isinstance(error, CreditSyncError)  # noqa: S101 - how it is registered
    if isinstance(error, SettingsError | StoreError):  # names files and addresses of the machine: for the log
        log.error("配置或数据库不可用", path=request.url.path, error=str(error))
        message, remedy = "配置或数据库暂时不可用，没有执行", "请联系运维人员查看日志"
        return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE, message, remedy)
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
    return error_page(request, status, error.message, error.remedy)


def sign_in_needed(request: Request, error: Exception) -> Response:
    """To the sign-in, and back to the page after it; what a form would have changed is not changed."""
    assert isinstance(error, SignInNeededError)  # noqa: S101 - how it is registered
    if error.method == "GET" and office_of(request).desk.proxy is None:
        return RedirectResponse(f"/sign-in?next={quote(error.wanted, safe='')}", HTTPStatus.SEE_OTHER)
    remedy = "请重新登录后再提交" if error.method != "GET" else "请从单位的统一登录入口进入"
    return error_page(request, HTTPStatus.UNAUTHORIZED, "您还没有登录，或登录已过期", remedy)


def http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses."""
    assert isinstance(error, HTTPException)  # noqa: S101 - how it is registered
    status = HTTPStatus(error.status_code)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        return error_page(request, HTTPStatus.NOT_FOUND, "网址不对，或没有这条记录", "请从首页进入")
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return error_page(request, status, "提交的内容太长，没有执行", "请缩短后再试")
    return error_page(request, status, "请求不完整或不能理解，没有执行", "请返回上一页再试")


def unreadable_request(request: Request, error: Exception) -> Response:
    """A form or address that is not as the pages make it."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - how it is registered
    in_path = any(problem["loc"][0] == "path" for problem in error.errors())
    if in_path:
        return error_page(request, HTTPStatus.NOT_FOUND, "网址不对，或没有这条记录", "请从首页进入")
    return error_page(request, HTTPStatus.BAD_REQUEST, "提交的内容不完整或不能理解，没有执行", "请返回上一页再试")


def database_error(request: Request, error: Exception) -> Response:
    """The store does not answer, or a night holds SQLite's one write lock."""
    assert isinstance(error, SQLAlchemyError)  # noqa: S101 - how it is registered
    said = explain(error)
    log.error("数据库出错", path=request.url.path, error=said)
    locked = isinstance(error, OperationalError) and any(words in said for words in ("locked", "lock timeout"))
    busy = isinstance(error, PoolTimeout) or locked
    if busy:
        message, remedy = "数据库正忙，可能正在做夜间运行，没有执行", "请过几分钟再试；查看不受影响"
    else:
        message, remedy = "数据库出错，没有执行", "请稍后再试；仍不行请联系运维人员"
    return error_page(request, HTTPStatus.SERVICE_UNAVAILABLE, message, remedy)


def unexpected(request: Request, error: Exception) -> Response:
    """A fault of the program: its traceback belongs in the log."""
    log.error("内部错误", path=request.url.path, exc_info=error)
    return error_page(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "程序内部错误，没有执行", "请联系运维人员查看日志"
    )
