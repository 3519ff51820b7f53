"""Signing in and out."""

import hmac
import secrets
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from credit_sync.desk.errors import NotThereError, RefusedError
from credit_sync.desk.office import Office, office_of
from credit_sync.desk.pages.page import page
from credit_sync.desk.rights import ALL_DEPARTMENTS, User
from credit_sync.desk.signing_in import local
from credit_sync.desk.visitors import Visitor, VisitorOf, note_refused, own_form, set_cookie, sign_in
from credit_sync.desk_settings import Role
from credit_sync.errors import CreditSyncError
from credit_sync.store.desk_sessions import end_session
from credit_sync.store.desk_users import Account
from credit_sync.store.engine import writing
from credit_sync.subjects.identifiers import hide_in_text

if TYPE_CHECKING:
    from credit_sync.desk.signing_in.oidc import OidcClient

router = APIRouter()
_AWAY_COOKIE, _AWAY_SECONDS = "credit_sync_away", 600
_LONGEST_PATH = 1000
"""Longer ones would not fit into a cookie."""
_LEAVING_COOKIE, _LONGEST_HINT = "credit_sync_leaving", 3800
"""What the provider needs to know its session by, kept by the browser; a longer one would not fit into a cookie."""
_WITHOUT_HINT = "-"
_away_key = secrets.token_bytes(32)
"""Signs what a browser keeps while it is at the provider; a restart of the desk only asks for a second try."""


@router.get("/sign-in")
def sign_in_page(request: Request, who: VisitorOf, next: str = "/") -> Response:
    """The ways in."""
    if who.user is not None:
        return _to(safe_path(next))
    return _form(request, who, next)


@router.post("/sign-in", dependencies=[Depends(own_form)])
def sign_in_local(
    request: Request,
    who: VisitorOf,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Name and password of a local account."""
    office = office_of(request)
    if not office.desk.local_accounts:
        raise NotThereError("没有启用本地账号")
    try:
        let_in = local.sign_in(office.engine, name, password, who.address, office.now())
    except local.TooManyFailuresError as error:
        return _form(request, who, next, name, str(error), HTTPStatus.TOO_MANY_REQUESTS)
    if let_in is None:
        return _form(request, who, next, name, "账号或密码不对", HTTPStatus.UNAUTHORIZED)
    return _enter(office, who, local.user_of(let_in), "local", next, let_in=let_in)


@router.get("/sign-in/link")
def sign_in_by_link(request: Request, who: VisitorOf, key: str = "") -> Response:
    """Whoever started the desk on this machine without any sign-in: as that account of the operating system."""
    office = office_of(request)
    if not office.serving.link or not hmac.compare_digest(key.encode(), office.serving.link.encode()):
        if office.serving.link:
            note_refused(office, who, "link", "链接不对")
        raise RefusedError("这个链接不能用", remedy="请用启动 credit-sync desk 时显示的链接")
    user = User(office.serving.owner, office.serving.owner, frozenset(Role), frozenset({ALL_DEPARTMENTS}))
    return _enter(office, who, user, office.serving.link_way, "/")


@router.get("/sign-in/oidc")
async def to_provider(request: Request, who: VisitorOf, next: str = "/") -> Response:
    """To the provider; what must be known when this browser comes back goes along in a signed cookie."""
    office = office_of(request)
    if office.oidc is None:
        raise NotThereError("没有配置统一身份认证")
    request.scope["session"] = kept = {"next": safe_path(next), "browser": who.digest}
    response = await office.oidc.send_away(request, f"{office.serving.address}/sign-in/oidc/return")
    _keep(response, office, _AWAY_COOKIE, str(_signer().dumps(kept)), path="/sign-in/oidc", seconds=_AWAY_SECONDS)
    if not who.known:
        set_cookie(response, office, who.token)
    return response


@router.get("/sign-in/oidc/return")
async def from_provider(request: Request, who: VisitorOf) -> Response:
    """Back from the provider."""
    office = office_of(request)
    if office.oidc is None:
        raise NotThereError("没有配置统一身份认证")
    try:
        user, token, wanted = await _taken_back(request, office.oidc, who)
    except CreditSyncError as error:
        await run_in_threadpool(note_refused, office, who, "oidc", error.message)
        raise
    hint = token if len(token) <= _LONGEST_HINT else _WITHOUT_HINT
    response = await run_in_threadpool(_enter, office, who, user, "oidc", wanted, hint)
    response.delete_cookie(_AWAY_COOKIE, path="/sign-in/oidc")
    return response


async def _taken_back(request: Request, oidc: "OidcClient", who: Visitor) -> tuple[User, str, str]:
    """Who came back, with the token that says so, and where to. Raises CreditSyncError."""
    try:
        kept = _signer().loads(request.cookies.get(_AWAY_COOKIE, ""), max_age=_AWAY_SECONDS)
    except BadSignature:
        kept = {}
    # Another browser's sign-in: whoever planted it would have this one work for him.
    if kept.get("browser") != who.digest:
        raise CreditSyncError("登录已过期，或不是从本页面发起的", remedy="请回到登录页重新登录")
    request.scope["session"] = kept
    user, token = await oidc.take_back(request)
    return user, token, kept["next"]


@router.post("/sign-out", dependencies=[Depends(own_form)])
async def sign_out(request: Request, who: VisitorOf) -> Response:
    """The session is over, here and in the store; and at the provider, where it came from one that lets us end it."""
    office = office_of(request)
    await run_in_threadpool(_end, office, who)
    hint, way_out = request.cookies.get(_LEAVING_COOKIE, ""), ""
    if office.oidc is not None and hint:
        back_to = f"{office.serving.address}/sign-in"
        way_out = await office.oidc.way_out("" if hint == _WITHOUT_HINT else hint, back_to)
    response: Response = _to("/sign-in")
    if way_out:  # a page that goes on by itself: browsers let no form of the desk lead to another host
        response = page(request, replace(who, user=None), "leaving.html.j2", way_out=way_out)
    response.delete_cookie(_LEAVING_COOKIE, path="/sign-out")
    return response


def safe_path(wanted: str) -> str:
    """Where to go after sign-in: a path of the desk's own, whatever an address made elsewhere asks for.

    >>> safe_path("/flags/3?x=1"), safe_path("//evil.cn"), safe_path("https://evil.cn"), safe_path("/\\\\evil.cn")
    ('/flags/3?x=1', '/', '/', '/')
    """
    inside = (
        wanted.startswith("/")
        and len(wanted) <= _LONGEST_PATH
        and not wanted.startswith(("//", "/\\", "/sign-in"))
    )
    return wanted if inside and wanted.isprintable() and "\\" not in wanted else "/"


def _form(
    request: Request, who: Visitor, wanted: str, name: str = "", problem: str = "", status: int = HTTPStatus.OK
) -> Response:
    office = office_of(request)
    return page(
        request,
        who,
        "sign_in.html.j2",
        status=status,
        next=safe_path(wanted),
        name=hide_in_text(name[:64]),
        problem=problem,
        local=office.desk.local_accounts,
        oidc=office.oidc is not None,
        link=bool(office.serving.link),
    )


def _enter(
    office: Office, who: Visitor, user: User, way: str, wanted: str, hint: str = "", let_in: Account | None = None
) -> Response:
    if not user.roles:
        note_refused(office, who, way, "账号没有任何角色", user.name)
        raise RefusedError("您的账号在这里没有任何角色", remedy="请联系运维人员分配角色和处室")
    response = _to(safe_path(wanted))
    set_cookie(response, office, sign_in(office, who, user, way, let_in))
    if hint:
        _keep(response, office, _LEAVING_COOKIE, hint, path="/sign-out")
    else:  # of an earlier sign-in, maybe somebody else's
        response.delete_cookie(_LEAVING_COOKIE, path="/sign-out")
    return response


def _keep(
    response: Response, office: Office, name: str, value: str, path: str, seconds: int | None = None
) -> None:
    """Gives the browser something to keep for the one path that needs it, out of reach of scripts."""
    response.set_cookie(
        name, value, max_age=seconds, path=path, httponly=True, samesite="lax", secure=office.serving.secure
    )


def _end(office: Office, who: Visitor) -> None:
    with writing(office.engine) as connection:
        end_session(connection, who.digest)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_away_key, salt="sign-in")


def _to(path: str) -> RedirectResponse:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
