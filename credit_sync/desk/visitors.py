"""Who asks: the cookie, the session behind it, and the right that a page demands.

The browser keeps one random token in one cookie. Before sign-in it stands for nothing but the form that was shown;
at sign-in it is replaced (no fixation) and its digest names the session. A form carries a code made from the token,
which only pages of the desk can know.
"""

import hmac
import ipaddress
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import BackgroundTasks, Depends
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from credit_sync.desk.errors import RefusedError, SignInNeededError
from credit_sync.desk.office import Office, office_of
from credit_sync.desk.rights import Right, User, roles_of
from credit_sync.desk.signing_in.local import refuse_changed, user_of
from credit_sync.desk.signing_in.proxy import user_of_headers
from credit_sync.desk_settings import Role
from credit_sync.errors import CreditSyncError
from credit_sync.store.audit import DESK, STRANGER, Action, note
from credit_sync.store.desk_sessions import (
    Session,
    begin_session,
    end_session,
    forget_over,
    session,
    touch_session,
)
from credit_sync.store.desk_users import Account, account
from credit_sync.store.engine import writing

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_TOUCH_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever sent a request."""

    token: str
    """What the cookie holds, or will hold."""
    known: bool
    """Whether the browser has the token already."""
    address: str
    user: User | None

    @property
    def form_code(self) -> str:
        """What a form of this visitor must carry."""
        return hmac.new(self.token.encode(), b"credit_sync form", sha256).hexdigest()

    @property
    def digest(self) -> str:
        """Names the session."""
        return digest_of(self.token)


def visitor(request: Request, background: BackgroundTasks) -> Visitor:
    """Who sent the request, signed in or not."""
    office = office_of(request)
    refuse_nul(request.query_params.values())
    found = request.cookies.get(cookie_name(office), "")
    known = _TOKEN.fullmatch(found) is not None
    token = found if known else secrets.token_urlsafe(32)
    if office.desk.proxy is not None:
        user = user_of_headers(request, office.desk.proxy) if _from_proxy(request, office) else None
    else:
        user = _signed_in(office, digest_of(token), background) if known else None
    return Visitor(token, known, client_address(request), user)


VisitorOf = Annotated[Visitor, Depends(visitor)]


def allowed(right: Right) -> Callable[[Request, Visitor], User]:
    """A dependency: the signed-in user, who has the right."""

    def check(request: Request, who: VisitorOf) -> User:
        if who.user is None:
            raise SignInNeededError(request.method, _here(request))
        if not who.user.may(right):
            raise RefusedError(
                "您的账号没有这项权限", remedy=f"您的角色：{who.user.roles_title or '无'}。需要时请联系运维人员"
            )
        return who.user

    return check


async def own_form(request: Request, who: VisitorOf) -> None:
    """A dependency of everything that changes something: the form came from a page of this visitor's."""
    origin = request.headers.get("origin")
    own = (request.headers.get("host"), urlsplit(office_of(request).serving.address).netloc)
    if origin is not None and origin.partition("://")[2] not in own:  # a proxy may leave the port out of Host
        raise RefusedError("请求来自别的网站，没有执行")
    form = await request.form()
    # What is not done must not be lost: pages are not kept, so that a browser's way back is empty.
    if isinstance(typed := form.get("text"), str):
        request.state.typed = typed
    refuse_nul(value for value in form.values() if isinstance(value, str))
    sent = form.get("form_code")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), who.form_code.encode()):
        raise CreditSyncError("页面已过期", remedy="请返回上一页，刷新后再提交")


def refuse_nul(texts: Iterable[str]) -> None:
    """PostgreSQL keeps no text with a NUL, and nobody types one."""
    if any("\0" in text for text in texts):
        raise CreditSyncError("请求中有不能理解的字符，没有执行")


def sign_in(office: Office, who: Visitor, user: User, way: str, let_in: Account | None = None) -> str:
    """A session for the user, under a new token, which it returns; the browser's former one ends.

    `let_in`: the account whose password was checked. Raises CreditSyncError where it has changed since.
    """
    token, at = secrets.token_urlsafe(32), office.now()
    begun = Session(
        digest=digest_of(token),
        way=way,
        name=user.name,
        title=user.title,
        roles=[role.value for role in Role if role in user.roles],
        departments=sorted(user.departments),
        address=who.address,
        began_at=at,
        seen_at=at,
    )
    with writing(office.engine) as connection:
        if let_in is not None:
            refuse_changed(connection, let_in)
        forget_over(connection, at - _longest(office), at - _idle(office))
        end_session(connection, who.digest)
        begin_session(connection, begun)
        detail = {"way": way, "address": who.address, "roles": begun.roles, "departments": begun.departments}
        note(connection, at=at, who=user.name, action=Action.SIGN_IN, target=DESK, detail=detail)
    return token


def note_refused(office: Office, who: Visitor, way: str, why: str, name: str = STRANGER) -> None:
    """Puts a sign-in that was refused on record. `name`: the account, where the provider has said for sure whose it is.

    Strangers can have as many refused as they like, so there are only a few lines for each address.
    """
    if office.refusals.wait(who.address):
        return
    with writing(office.engine) as connection:
        detail = {"way": way, "address": who.address, "why": why}
        note(connection, at=office.now(), who=name, action=Action.SIGN_IN_REFUSED, target=DESK, detail=detail)


def set_cookie(response: Response, office: Office, token: str) -> None:
    """Gives the browser its token: for this host only, out of reach of scripts, sent along by no other site's form."""
    response.set_cookie(
        cookie_name(office), token, path="/", httponly=True, samesite="lax", secure=office.serving.secure
    )


def cookie_name(office: Office) -> str:
    """With TLS the browser itself keeps other hosts of the domain from setting it (RFC 6265bis, 4.1.3.2)."""
    return "__Host-credit_sync" if office.serving.secure else "credit_sync"


def digest_of(token: str) -> str:
    """What the store keeps of a token."""
    return sha256(token.encode()).hexdigest()


def client_address(request: Request) -> str:
    """Where the request comes from: behind a trusted proxy, the last address that no trusted proxy has.

    A proxy puts its word behind what it was sent, into the same header or into one of its own (RFC 9110, 5.3).
    """
    office, peer = office_of(request), request.client.host if request.client else ""
    said = ",".join(request.headers.getlist("x-forwarded-for"))
    hops = [*(hop.strip() for hop in said.split(",") if hop.strip()), peer]
    while len(hops) > 1 and _trusted(hops[-1], office):
        hops.pop()
    return hops[-1][:64]


def is_forwarded_by_strangers(request: Request) -> bool:
    """Whether a proxy that is not trusted has passed the request on, so that its peer is not who asks."""
    passed_on = any(name in request.headers for name in ("x-forwarded-for", "x-real-ip", "forwarded", "via"))
    return passed_on and not _from_proxy(request, office_of(request))


def _from_proxy(request: Request, office: Office) -> bool:
    return request.client is not None and _trusted(request.client.host, office)


def _trusted(address: str, office: Office) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(network) for network in office.desk.proxies)


def _signed_in(office: Office, digest: str, background: BackgroundTasks) -> User | None:
    now = office.now()
    with office.engine.connect() as connection:
        found = session(connection, digest)
        if found is None or now - found.began_at > _longest(office) or now - found.seen_at > _idle(office):
            return None
        if not _is_open(office, found):
            return None
        local = account(connection, found.name) if found.way == "local" else None
    if now - found.seen_at > _TOUCH_AFTER:
        background.add_task(_touch, office, digest, now)
    if found.way == "local":
        return user_of(local) if local is not None and local.disabled_at is None else None
    return User(found.name, found.title, roles_of(found.roles), frozenset(found.departments))


async def _touch(office: Office, digest: str, now: datetime) -> None:
    await run_in_threadpool(_touch_now, office, digest, now)


def _touch_now(office: Office, digest: str, now: datetime) -> None:
    try:
        with writing(office.engine) as connection:
            touch_session(connection, digest, now)
    except OperationalError:
        return  # a night is writing: the next page tries again


def _is_open(office: Office, found: Session) -> bool:
    """Whether the way in which the session began is (still) a way in: links are good for one start of the desk."""
    match found.way:
        case "local":
            return office.desk.local_accounts
        case "oidc":
            return office.desk.oidc is not None
    return found.way == office.serving.link_way


def _longest(office: Office) -> timedelta:
    return timedelta(hours=office.desk.session_hours)


def _idle(office: Office) -> timedelta:
    return timedelta(minutes=office.desk.idle_minutes)


def _here(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
