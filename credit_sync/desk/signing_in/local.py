"""Local accounts: making them, and signing in with name and password."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine

from credit_sync.desk.rights import ALL_DEPARTMENTS, User, roles_of
from credit_sync.desk.signing_in.passwords import hashed, matches
from credit_sync.desk_settings import Role
from credit_sync.errors import CreditSyncError
from credit_sync.store.audit import DESK, STRANGER, Action, note
from credit_sync.store.desk_sessions import failures, put_failure, take_failure_back
from credit_sync.store.desk_users import Account, account, add_account, change_account
from credit_sync.store.engine import writing
from credit_sync.subjects.identifiers import hide_in_text

_LONGEST_NAME = 64
_WINDOW = timedelta(minutes=15)
_MOST_OF_NAME, _MOST_OF_ADDRESS = 10, 30
"""Failures in the window before a name or an address has to wait."""
_KEPT = timedelta(days=1)


class TooManyFailuresError(CreditSyncError):
    """Signing in has failed too often; it has to wait."""


def make_account(  # noqa: PLR0913 - what an account is made of
    engine: Engine,
    name: str,
    password: str,
    *,
    title: str,
    roles: Sequence[Role],
    departments: Sequence[str],
    by: str,
    at: datetime,
) -> None:
    """A new account, made by whom. Raises CreditSyncError when the name is taken or unfit, or the password too weak."""
    _refuse_name(name)
    if not roles:
        raise CreditSyncError("没有写明角色", remedy="--role 可写多次：" + "、".join(Role))
    values = (name, title or name, hashed(password, name), _stored(roles), _stored(departments), at, at, None)
    with writing(engine) as connection:
        if account(connection, name) is not None:
            raise CreditSyncError(
                f"已有账号 {name}", remedy="改密码用 desk user password，停用用 desk user disable"
            )
        add_account(connection, Account(*values))
        detail = {"change": "add", "roles": values[3], "departments": values[4]}
        _note(connection, name, by, at, detail)


def change_password(engine: Engine, name: str, password: str, *, by: str, at: datetime) -> None:
    """Another password; sessions of the account end, and a disabled account is enabled again."""
    new = hashed(password, name)
    with writing(engine) as connection:
        _known(account(connection, name), name)
        change_account(connection, name, at, password=new, disabled_at=None)
        _note(connection, name, by, at, {"change": "password"})


def change_rights(  # noqa: PLR0913 - what is changed, by whom, when
    engine: Engine, name: str, roles: Sequence[Role], departments: Sequence[str], *, by: str, at: datetime
) -> None:
    """Other roles, other departments, or both; what is left empty stays. Sessions of the account end."""
    said = {"roles": _stored(roles), "departments": _stored(departments)}
    changed = {what: values for what, values in said.items() if values}
    if not changed:
        raise CreditSyncError("没有写明改什么", remedy="用 --role、--department 写明改后的全部角色、处室")
    with writing(engine) as connection:
        _known(account(connection, name), name)
        change_account(connection, name, at, **changed)
        _note(connection, name, by, at, {"change": "rights", **changed})


def disable(engine: Engine, name: str, *, by: str, at: datetime) -> None:
    """The account can sign in no more, and its sessions end. It stays, because its name is on record."""
    with writing(engine) as connection:
        if _known(account(connection, name), name).disabled_at is None:
            change_account(connection, name, at, disabled_at=at)
            _note(connection, name, by, at, {"change": "disable"})


def sign_in(engine: Engine, name: str, password: str, address: str, at: datetime) -> Account | None:
    """The account, None where name and password do not fit. Raises TooManyFailuresError."""
    name = name.strip()[:_LONGEST_NAME]
    tried = sha256(name.encode()).hexdigest()
    # Counted as failed before the password is checked: of many at once the last are too many.
    with writing(engine) as connection:
        number = put_failure(connection, at, tried, address, at - _KEPT)
        of_name = failures(connection, at - _WINDOW, name=tried)
        of_address = failures(connection, at - _WINDOW, address=address)
        # What is refused is rolled back with its count, or trying again would never end it.
        if of_name > _MOST_OF_NAME or of_address > _MOST_OF_ADDRESS:
            raise TooManyFailuresError(
                "登录失败次数太多，暂时不能登录", remedy="请过 15 分钟再试，或请运维人员重设密码"
            )
        found = account(connection, name)
    usable = found if found is not None and found.disabled_at is None else None
    if not matches(usable.password if usable else None, password) or usable is None:
        with writing(engine) as connection:
            _note_refused(connection, found, address, at)
        return None
    with writing(engine) as connection:
        take_failure_back(connection, number, at)
    return usable


def refuse_changed(connection: Connection, let_in: Account) -> None:
    """Raises CreditSyncError where the account is not what it was when its password was checked, which takes a while.

    It stays so until the transaction ends: whatever changes it then, ends the session that this transaction begins.
    """
    if account(connection, let_in.name, held=True) != let_in:
        raise CreditSyncError("账号刚刚有改动，没有登录", remedy="请重新登录")


def user_of(found: Account) -> User:
    """The account as a user with rights."""
    return User(found.name, found.title, roles_of(found.roles), frozenset(found.departments))


def _note(connection: Connection, name: str, by: str, at: datetime, detail: Mapping[str, Any]) -> None:
    note(connection, at=at, who=by, action=Action.CONFIGURATION, target=f"账号 {name}", detail=detail)


def _note_refused(connection: Connection, found: Account | None, address: str, at: datetime) -> None:
    """A name that is no account's is not put on record: it may be a password, typed into the wrong field."""
    if found is None:
        who, why = STRANGER, "没有这个账号"
    else:
        who, why = found.name, "密码不对" if found.disabled_at is None else "账号已停用"
    detail = {"way": "local", "address": address, "why": why}
    note(connection, at=at, who=who, action=Action.SIGN_IN_REFUSED, target=DESK, detail=detail)


def _stored(values: Sequence[str]) -> list[str]:
    if ALL_DEPARTMENTS in values:
        return [ALL_DEPARTMENTS]
    return list(dict.fromkeys(str(value) for value in values))


def _known(found: Account | None, name: str) -> Account:
    if found is None:
        raise CreditSyncError(f"没有账号 {name}", remedy="用 credit-sync desk user list 查看")
    return found


def _refuse_name(name: str) -> None:
    odd = any(unicodedata.category(c)[0] in "CZ" for c in name)
    if not name or len(name) > _LONGEST_NAME or odd or hide_in_text(name) != name:
        raise CreditSyncError(
            "账号名不能用", remedy=f"1 到 {_LONGEST_NAME} 个字符，不含空格和控制字符，不用证件号码"
        )
