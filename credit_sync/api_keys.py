"""Keys with which other systems ask: made, listed, revoked, recognised.

A key is `ID.SECRET`. The secret is 256 random bits, so its SHA-256 cannot be turned round by trying, and a slow hash
(argon2, which protects what people can remember) would only slow every request down.
"""

import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Connection, Engine

from credit_sync.errors import CreditSyncError
from credit_sync.store import audit
from credit_sync.store.api_keys import ApiKey, add_key, key_by_id, key_by_name, revoke_key
from credit_sync.store.engine import writing
from credit_sync.subjects.writing import plain

ALL_SYSTEMS = "*"
_NAME = re.compile(r"[\w.-]{1,64}")
_KEY = re.compile(r"([0-9a-f]{16})\.([A-Za-z0-9_-]{43})")


class Scope(StrEnum):
    """What a key may ask for."""

    GATE = "gate"
    LOOKUP = "lookup"
    SUBJECTS = "subjects"


SCOPE_TITLES = {Scope.GATE: "关口查询", Scope.LOOKUP: "主体查询", Scope.SUBJECTS: "许可处罚信息共享"}


def make_key(  # noqa: PLR0913 - what a key is made of
    engine: Engine,
    name: str,
    *,
    scopes: Sequence[Scope],
    systems: Sequence[str],
    expires_at: datetime,
    by: str,
    at: datetime,
) -> str:
    """A new key, which is nowhere but in what is returned. Raises CreditSyncError."""
    if not _NAME.fullmatch(name):
        raise CreditSyncError("密钥名称只能用文字、数字、点、横线和下划线，不超过 64 个字符")
    if expires_at <= at:
        raise CreditSyncError(f"到期时间 {expires_at:%Y-%m-%d} 已过", remedy="写一个以后的日期")
    number, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    allowed, about = sorted({scope.value for scope in scopes}), sorted({plain(system) for system in systems})
    told = {"change": "新建", "scopes": allowed, "systems": about, "expires_at": expires_at.isoformat()}
    added = ApiKey(number, name, _digest(f"{number}.{secret}"), allowed, about, at, expires_at, None, None)
    with writing(engine) as connection:
        if key_by_name(connection, name) is not None:
            raise CreditSyncError(
                f"已有名为 {name} 的密钥", remedy="换一个名称：名称在留痕里只指一把密钥，撤销后也不再用"
            )
        add_key(connection, added)
        audit.note(connection, at=at, who=by, action=audit.Action.API_KEY, target=name, detail=told)
    return f"{number}.{secret}"


def revoke(engine: Engine, name: str, *, by: str, at: datetime) -> None:
    """Opens nothing from now on. Raises CreditSyncError."""
    with writing(engine) as connection:
        found = key_by_name(connection, name)
        if found is None:
            raise CreditSyncError(f"没有名为 {name} 的密钥", remedy="用 credit-sync api-key list 查看")
        if found.revoked_at is not None:
            raise CreditSyncError(f"{name} 已于 {found.revoked_at:%Y-%m-%d %H:%M} 撤销")
        revoke_key(connection, name, at)
        detail = {"change": "撤销"}
        audit.note(connection, at=at, who=by, action=audit.Action.API_KEY, target=name, detail=detail)


def recognised_key(connection: Connection, written: str) -> ApiKey | None:
    """The key that is written there, expired or revoked as it may be; None for one that never was."""
    parts = _KEY.fullmatch(written)
    if parts is None:
        return None
    found = key_by_id(connection, parts[1])
    expected = found.digest if found is not None else _digest("")
    return found if hmac.compare_digest(expected, _digest(written)) else None


def why_refused(key: ApiKey, at: datetime) -> str:
    """Why a key opens nothing any more, in Chinese; '' while it does."""
    if key.revoked_at is not None:
        return f"密钥 {key.name} 已于 {key.revoked_at:%Y-%m-%d %H:%M} 撤销"
    return f"密钥 {key.name} 已于 {key.expires_at:%Y-%m-%d %H:%M} 到期" if key.expires_at <= at else ""


def allows_system(key: ApiKey, system: str) -> bool:
    """Whether a key may ask about a system's applications."""
    return ALL_SYSTEMS in key.systems or system in key.systems


def _digest(written: str) -> str:
    return sha256(written.encode()).hexdigest()
