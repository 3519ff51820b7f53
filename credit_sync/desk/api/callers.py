"""Who asks: the key of a request, what it may ask for, and how often."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from credit_sync.api_keys import SCOPE_TITLES, Scope, allows_system, recognised_key, why_refused
from credit_sync.desk.api.problems import ProblemError
from credit_sync.desk.api.request_ids import request_id
from credit_sync.desk.api.service import Service, service_of
from credit_sync.desk.visitors import client_address
from credit_sync.store.api_keys import ApiKey, touch_key
from credit_sync.store.audit import Action, note
from credit_sync.store.engine import writing
from credit_sync.subjects.writing import plain

_LONGEST_USER = 64
_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="密钥",
    description="credit-sync api-key add 所给的密钥：Authorization: Bearer 密钥",
)

EndUser = Annotated[
    str,
    Header(
        alias="X-End-User",
        max_length=300,
        description="贵系统中发起这次请求的用户（姓名或账号，非 ASCII 文字用百分号编码），连同密钥名称一起留痕",
        examples=["%E5%BC%A0%E7%A7%91"],
    ),
]


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that may do what the address is for."""

    key: ApiKey
    end_user: str
    request_id: str

    @property
    def who(self) -> str:
        """As it goes on record."""
        return f"接口 {self.key.name}" + (f" {self.end_user}" if self.end_user else "")


def allowed(scope: Scope) -> Callable[..., Caller]:
    """What an address demands: a usable key with that scope, within its pace."""

    def caller(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
        end_user: EndUser = "",
    ) -> Caller:
        service = service_of(request)
        key = _key(request, service, credentials)
        found = Caller(key, _readable(end_user), request_id(request))
        _keep_pace(service.pace.wait(key.id))
        now = service.office.now()
        if why := why_refused(key, now):
            refuse(service, found, why, "请运维人员另发一把")
        if scope not in key.scopes:
            refuse(service, found, f"密钥 {key.name} 没有“{SCOPE_TITLES[scope]}”的权限", "请运维人员另发一把")
        return found

    return caller


def refuse_other_system(service: Service, caller: Caller, system: str) -> None:
    """Raises ProblemError where the key may not ask about a system."""
    if not allows_system(caller.key, system):
        refuse(service, caller, f"密钥 {caller.key.name} 不能查询系统“{system}”的申报", "请核对系统名称")


def refuse(service: Service, caller: Caller, why: str, remedy: str) -> None:
    """Refuses a known key, on record. Raises ProblemError."""
    now = service.office.now()
    with writing(service.office.engine) as connection:
        touch_key(connection, caller.key.id, now)  # before the log, as answers do: nobody waits for the other
        detail = {"why": why, "request": caller.request_id}
        note(
            connection,
            at=now,
            who=caller.who,
            action=Action.API_REFUSED,
            target=caller.key.name,
            detail=detail,
        )
    raise ProblemError(HTTPStatus.FORBIDDEN, why, remedy=remedy)


def _key(request: Request, service: Service, credentials: HTTPAuthorizationCredentials | None) -> ApiKey:
    if credentials is not None:
        with service.office.engine.connect() as connection:
            found = recognised_key(connection, credentials.credentials)
        if found is not None:
            return found
    _keep_pace(service.strangers.wait(client_address(request)))
    raise ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "请求里没有密钥，或密钥不对",
        remedy="写明 Authorization: Bearer 密钥",
        headers={"www-authenticate": "Bearer"},
    )


def _keep_pace(seconds: int) -> None:
    if seconds:
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"一分钟内请求太多，请 {seconds} 秒后再试",
            headers={"retry-after": str(seconds)},
        )


def _readable(header: str) -> str:
    """Percent-encoded, or UTF-8 as it is (which servers hand over as Latin-1)."""
    with suppress(UnicodeError):
        header = header.encode("latin-1").decode()
    return plain(unquote(header))[:_LONGEST_USER]
