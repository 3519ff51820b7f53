"""Signing in: local accounts, the link, a reverse proxy; sessions, cookies and headers."""

import hashlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from httpx2 import Headers
from sqlalchemy import Engine, select, update

from credit_sync.desk import visitors
from credit_sync.desk.office import Serving
from credit_sync.desk.rights import User
from credit_sync.desk.serve import serving_at
from credit_sync.desk.signing_in import local
from credit_sync.desk.signing_in.claims import user_from
from credit_sync.desk.signing_in.local import (
    TooManyFailuresError,
    change_password,
    change_rights,
    disable,
    make_account,
    sign_in,
)
from credit_sync.desk.signing_in.passwords import matches
from credit_sync.desk_settings import Desk, Role
from credit_sync.errors import CreditSyncError
from credit_sync.store import audit, schema
from credit_sync.store.engine import writing
from tests.desk_world import ADDRESS, PASSWORD, SCIENCE, World, add_users, make_desk, make_world

PROXY: dict[str, Any] = {
    "proxies": ["10.9.8.7", "10.9.9.0/24"],
    "local_accounts": False,
    "proxy": {"roles": {"credit-officers": "officer", "credit-auditors": "auditor"}},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("signing"))
    add_users(made.engine, "officer", "reader", "auditor")
    return made


@pytest.fixture
def fresh(world: World) -> World:
    """Without failures and sessions of other tests."""
    with writing(world.engine) as connection:
        connection.execute(schema.failed_sign_in.delete())
        connection.execute(schema.desk_session.delete())
    return world


def sessions(world: World) -> list[Any]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(schema.desk_session)))


def failed_before(world: World, times: int, name: str = "", address: str = "") -> None:
    """Sign-ins have failed just now, for a name from everywhere or from an address for every name."""
    now = world.application.state.office.now()
    rows = [
        {
            "id": n,
            "at": now,
            "name": hashlib.sha256(name.encode()).hexdigest() if name else f"n{n}",
            "address": address or f"192.0.2.{n}",
        }
        for n in range(1, times + 1)
    ]
    with writing(world.engine) as connection:
        connection.execute(schema.failed_sign_in.insert(), rows)


# --- local accounts -------------------------------------------------------------------------------------------


def test_guesses_made_at_once_are_counted_like_guesses_one_by_one(engine: Engine) -> None:
    add_users(engine, "officer")
    at = datetime(2018, 12, 3, 9)

    def guess(number: int) -> str:
        try:
            return "let in" if sign_in(engine, "officer", f"guess {number}", f"192.0.2.{number}", at) else "wrong"
        except TooManyFailuresError:
            return "too many"

    with ThreadPoolExecutor(16) as pool:
        said = Counter(pool.map(guess, range(1, 17)))
    assert said == {"wrong": 10, "too many": 6}


def test_signing_in_leaves_no_failure_behind(engine: Engine) -> None:
    add_users(engine, "officer")
    for minute in range(12):
        at = datetime(2018, 12, 3, 9, minute)
        found = sign_in(engine, "officer", PASSWORD, "192.0.2.7", at)
        assert found is not None
    with engine.connect() as connection:
        assert list(connection.execute(select(schema.failed_sign_in))) == []


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("officer", "wrong"),
        ("officer", ""),
        ("officer", PASSWORD + " "),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("officer' OR '1'='1", PASSWORD),
        ("officer", "x" * 5000),
        ("340100190001040017", PASSWORD),
    ],
)
def test_wrong_name_or_password(fresh: World, name: str, password: str) -> None:
    guest = fresh.guest()
    guest.page("/sign-in")
    answer = guest.post("/sign-in", name=name, password=password)
    assert answer.status_code == 401
    assert "账号或密码不对" in answer.text
    assert (password and password in answer.text) in ("", False)
    assert "340100190001040017" not in answer.text  # nor in what is typed again
    assert sessions(fresh) == []
    assert guest.get("/").status_code == 303


def test_signed_in_and_out(fresh: World) -> None:
    guest = fresh.guest()
    guest.page("/sign-in?next=/lists")
    before = guest.client.cookies["credit_sync"]
    answer = guest.post("/sign-in", name="officer", password=PASSWORD, next="/lists")
    assert (answer.status_code, answer.headers["location"]) == (303, "/lists")
    token = guest.client.cookies["credit_sync"]
    assert token != before  # what was fixed before signing in is worth nothing afterwards
    (found,) = sessions(fresh)
    assert found.digest == hashlib.sha256(token.encode()).hexdigest()
    assert token not in repr(found)
    assert fresh.audited("sign_in")[-1].who == "officer"
    guest.page("/")
    thief = fresh.guest()
    thief.client.cookies.set("credit_sync", token)
    assert thief.get("/").status_code == 200
    guest.post("/sign-in", name="officer", password=PASSWORD)  # from a page that was still open
    assert [each.digest == found.digest for each in sessions(fresh)] == [False]
    assert thief.get("/").status_code == 303  # what the browser no longer has is worth nothing to anybody else
    thief.client.cookies.set("credit_sync", guest.client.cookies["credit_sync"])
    guest.page("/")
    assert guest.post("/sign-out").status_code == 303
    assert sessions(fresh) == []
    assert (guest.get("/").status_code, thief.get("/").status_code) == (303, 303)


def test_cookie_and_headers(world: World) -> None:
    answer = world.guest().get("/sign-in")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" not in answer.headers
    style = world.guest().get("/static/desk.css")
    assert "immutable" in style.headers["cache-control"]
    assert world.guest().get("/static/../application.py").status_code == 404


def test_over_tls(world: World) -> None:
    serving = Serving("https://credit.example.gov.cn", ("credit.example.gov.cn",))
    secure = World(world.night, make_desk(world.night, serving, local_accounts=True))
    answer = secure.guest(base_url="https://credit.example.gov.cn").get("/sign-in")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-credit_sync=")
    assert "; Secure" in cookie
    assert "Domain" not in cookie
    assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize("column", ["began_at", "seen_at"])
def test_sessions_end(fresh: World, column: str) -> None:
    guest = fresh.signed_in("officer")
    desk = Desk()
    limit = timedelta(hours=desk.session_hours) if column == "began_at" else timedelta(minutes=desk.idle_minutes)
    found = getattr(sessions(fresh)[0], column)
    for moved, status in ((limit - timedelta(minutes=2), 200), (limit + timedelta(minutes=1), 303)):
        with writing(fresh.engine) as connection:
            connection.execute(update(schema.desk_session).values({column: found - moved}))
        assert guest.get("/lists").status_code == status
    fresh.signed_in("reader")
    assert [each.name for each in sessions(fresh)] == ["reader"]  # what is over is cleared away


def test_use_keeps_a_session(fresh: World) -> None:
    guest = fresh.signed_in("officer")
    early = sessions(fresh)[0].seen_at - timedelta(minutes=30)
    with writing(fresh.engine) as connection:
        connection.execute(update(schema.desk_session).values(seen_at=early))
    guest.page("/")
    assert sessions(fresh)[0].seen_at > early


@pytest.mark.parametrize(
    "forged", ["", "x", "A" * 43, "../../etc/passwd", "é" * 43, "0" * 4000, "' OR 1=1 --", "A" * 42 + "\x7f"]
)
def test_forged_cookies(fresh: World, forged: str) -> None:
    fresh.signed_in("officer")
    guest = fresh.guest()
    sent = {"cookie": f"credit_sync={forged}".encode("latin-1", "replace")}
    assert guest.get("/", headers=sent).status_code == 303


def test_failures_are_limited(fresh: World) -> None:
    failed_before(fresh, 9, name="officer")
    guest = fresh.guest("198.51.100.4")
    guest.page("/sign-in")
    answers = [guest.post("/sign-in", name="officer", password="wrong").status_code for _ in range(3)]
    assert answers == [401, 429, 429]
    right = guest.post("/sign-in", name="officer", password=PASSWORD)
    assert right.status_code == 429
    assert "15 分钟" in right.text
    assert fresh.signed_in("reader", address="198.51.100.4")
    with writing(fresh.engine) as connection:
        earlier = fresh.application.state.office.now() - timedelta(minutes=16)
        connection.execute(update(schema.failed_sign_in).values(at=earlier))
    assert guest.post("/sign-in", name="officer", password=PASSWORD).status_code == 303


def test_a_refused_password_is_on_record_without_what_was_typed(fresh: World) -> None:
    guest, before = fresh.guest(), len(fresh.audited("sign_in_refused"))
    guest.page("/sign-in")
    disable(fresh.engine, "reader", by="tests", at=fresh.application.state.office.now())
    for name, password in (("officer", "wrong"), ("reader", PASSWORD), ("Hunter2-my-password", "x")):
        assert guest.post("/sign-in", name=name, password=password).status_code == 401
    lines = fresh.audited("sign_in_refused")[before:]
    assert [line.who for line in lines] == ["officer", "reader", "（未登录）"]
    for line, why in zip(lines, ("密码不对", "账号已停用", "没有这个账号"), strict=True):
        assert line.detail == f'{{"address": "192.0.2.7", "way": "local", "why": "{why}"}}'
    assert "Hunter2" not in repr(lines)
    change_password(fresh.engine, "reader", PASSWORD, by="tests", at=fresh.application.state.office.now())
    assert "登录被拒绝" in fresh.signed_in("auditor").page("/audit")


def test_an_address_cannot_try_name_after_name(fresh: World) -> None:
    failed_before(fresh, 30, address="198.51.100.9")
    guest = fresh.guest("198.51.100.9")
    guest.page("/sign-in")
    assert guest.post("/sign-in", name="officer", password=PASSWORD).status_code == 429
    assert fresh.signed_in("officer", address="198.51.100.10")


def test_disabled_and_changed_accounts_are_out_at_once(fresh: World) -> None:
    now, password = fresh.application.state.office.now(), "another long password"
    guest = fresh.signed_in("auditor")
    disable(fresh.engine, "auditor", by="tests", at=now)
    assert guest.get("/lists").status_code == 303
    guest.page("/sign-in")
    assert guest.post("/sign-in", name="auditor", password=PASSWORD).status_code == 401
    change_password(fresh.engine, "auditor", password, by="tests", at=now)
    assert guest.post("/sign-in", name="auditor", password=password).status_code == 303
    assert [row.target for row in fresh.audited("configuration")][-2:] == ["账号 auditor"] * 2
    assert password not in repr(fresh.audited("configuration"))


@pytest.mark.parametrize("change", [change_password, change_rights, disable])
def test_an_account_that_changes_while_its_password_is_checked(
    fresh: World, monkeypatch: pytest.MonkeyPatch, change: Callable[..., None]
) -> None:
    """The check takes a while, and whoever has a password that is being taken from him may be quick."""
    now, with_what = fresh.application.state.office.now(), {"change_password": ["another long password"]}
    rights = {"change_rights": [[Role.READER], [SCIENCE]]}

    def meanwhile(stored: str | None, password: str) -> bool:
        right = matches(stored, password)
        change(fresh.engine, "reader", *(with_what | rights).get(change.__name__, []), by="tests", at=now)
        return right

    change_password(fresh.engine, "reader", PASSWORD, by="tests", at=now)
    guest = fresh.guest()
    guest.page("/sign-in")
    monkeypatch.setattr(local, "matches", meanwhile)
    answer = guest.post("/sign-in", name="reader", password=PASSWORD)
    assert (answer.status_code, "账号刚刚有改动" in answer.text) == (400, True)
    assert sessions(fresh) == []
    assert guest.get("/lists").status_code == 303


@pytest.mark.parametrize(
    ("name", "password", "problem"),
    [
        ("新人", "short", "12"),
        ("新人", "x" * 300, "12"),
        ("新人", "aaaaaaaaaaaaaaaa", "太容易猜到"),
        ("newcomer", "my Newcomer password", "太容易猜到"),
        ("a b", PASSWORD, "账号名"),
        ("", PASSWORD, "账号名"),
        ("x" * 65, PASSWORD, "账号名"),
        ("340100190001040017", PASSWORD, "账号名"),
        ("officer", PASSWORD, "已有账号"),
    ],
)
def test_accounts_that_will_not_do(world: World, name: str, password: str, problem: str) -> None:
    from credit_sync.desk_settings import Role

    with pytest.raises(CreditSyncError, match=problem) as refused:
        make_account(
            world.engine,
            name,
            password,
            title="",
            roles=[Role.READER],
            departments=[],
            by="tests",
            at=world.application.state.office.now(),
        )
    assert password not in str(refused.value)


def test_next_page_is_the_desks_own(fresh: World) -> None:
    for wanted in (
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a%0d%0aSet-Cookie:x",
    ):
        guest = fresh.guest()
        assert "evil.example" not in guest.page(f"/sign-in?next={wanted}")
        answer = guest.post("/sign-in", name="officer", password=PASSWORD, next=unquote(wanted))
        assert answer.headers["location"] == "/"


# --- the first start --------------------------------------------------------------------------------------------


def test_without_sign_in_nobody_but_this_machine_is_served() -> None:
    for host in ("0.0.0.0", "192.168.1.5", "::", "credit.example"):
        with pytest.raises(CreditSyncError, match="没有配置登录方式") as refused:
            serving_at(Desk(), host, 8640, "me")
        assert "credit-sync desk user add" in refused.value.remedy
    for host in ("127.0.0.1", "::1", "localhost"):
        assert len(serving_at(Desk(), host, 8640, "me").link) > 40
    with pytest.raises(CreditSyncError, match=r"desk\.address"):
        serving_at(Desk(local_accounts=True), "0.0.0.0", 8640, "me")
    served = serving_at(Desk(local_accounts=True, address="https://a.example/"), "0.0.0.0", 8640, "me")
    assert (served.hosts, served.link, served.secure) == (("a.example",), "", True)


def test_the_link_lets_in_whoever_started_the_desk(world: World) -> None:
    serving = Serving(ADDRESS, ("127.0.0.1",), link="s" * 43, owner="operator")
    alone = World(world.night, make_desk(world.night, serving))
    guest = alone.guest()
    assert guest.get("/").status_code == 303
    assert "终端上显示的链接" in guest.page("/sign-in")
    for key in ("", "s" * 42, "ß" * 43):
        assert guest.get("/sign-in/link", params={"key": key}).status_code == 403
    assert guest.get("/sign-in/link", params={"key": "s" * 43}).status_code == 303
    assert "operator" in guest.page("/")
    again = World(world.night, make_desk(world.night, replace(serving, link="t" * 43)))
    elsewhere = again.guest()
    elsewhere.client.cookies.set("credit_sync", guest.client.cookies["credit_sync"])
    assert elsewhere.get("/").status_code == 303  # another start, another link
    kept = world.guest()
    kept.client.cookies.set("credit_sync", guest.client.cookies["credit_sync"])
    assert kept.get("/").status_code == 303  # now that accounts are asked for, the link's session is over
    assert world.guest().get("/sign-in/link").status_code == 403  # there is none where a sign-in is configured
    assert guest.post("/sign-in", name="officer", password=PASSWORD).status_code == 404


def test_a_session_ends_with_the_way_in_which_it_began(fresh: World) -> None:
    """A site that goes over to another way shuts out who came by the former one, disabled accounts among them."""
    local = fresh.signed_in("officer").client.cookies["credit_sync"]
    office, nobody = (
        fresh.application.state.office,
        visitors.Visitor("", known=False, address="192.0.2.7", user=None),
    )
    user = User("u-0815", "张科", frozenset({Role.OFFICER}), frozenset({SCIENCE}))
    by = {way: visitors.sign_in(office, nobody, user, way) for way in ("oidc", "link abc", "proxy")}
    serving = Serving(ADDRESS, ("127.0.0.1",), link="s" * 43, owner="operator")
    for desk, let_in in ((fresh.application, {"local"}), (make_desk(fresh.night, serving), set())):
        for way, token in (by | {"local": local}).items():
            guest = World(fresh.night, desk).guest()
            guest.client.cookies.set("credit_sync", token)
            assert (guest.get("/").status_code == 200) == (way in let_in), way


# --- a reverse proxy ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def behind(world: World) -> World:
    return World(world.night, make_desk(world.night, **PROXY))


def said(
    name: str = "zhang.san", roles: str = "credit-officers,staff", departments: str = SCIENCE
) -> dict[str, Any]:
    headers = {"X-Remote-User": name, "X-Remote-Name": "张三", "X-Remote-Roles": roles}
    return {k: v.encode() for k, v in {**headers, "X-Remote-Departments": departments}.items()}


def test_the_proxy_says_who_it_is(behind: World) -> None:
    guest = behind.guest("10.9.8.7", headers=said())
    page = guest.page("/")
    assert "张三" in page
    assert "鲍德全" in page
    assert "仰宗岱" not in page
    assert "/sign-out" not in page
    number = behind.flag("鲍德全")
    guest.page(f"/flags/{number}")
    assert guest.post(f"/flags/{number}/undo", seen="x", text="").status_code == 400


@pytest.mark.parametrize("address", ["10.9.8.8", "127.0.0.1", "testclient", ""])
def test_nobody_else_is_believed(behind: World, address: str) -> None:
    answer = behind.guest(address, headers=said() | {"X-Forwarded-For": b"10.9.8.7"}).get("/")
    assert answer.status_code == 401
    assert "统一登录入口" in answer.text


def test_a_name_is_one_however_it_is_spaced(behind: World) -> None:
    """As it goes on record, by which look-ups are counted."""
    guest = behind.guest("10.9.9.20", headers=said(name="wang  wei"))
    guest.page("/lookup")
    guest.post("/lookup", name="鲍德全", reason="核查")
    with behind.engine.connect() as connection:
        assert len(audit.entries(connection, who="wang wei", action="lookup")) == 1
    assert user_from("wang\u3000 wei", "", [], [], Desk.model_validate(PROXY).proxy).name == "wang wei"


def test_headers_that_will_not_do(behind: World) -> None:
    assert behind.guest("10.9.9.20", headers=said(name="")).get("/").status_code == 401
    assert behind.guest("10.9.9.20", headers=said(roles="staff")).get("/").status_code == 403
    assert behind.guest("10.9.9.20", headers=said(departments="*")).page("/").count("data-row") == 0
    twice = [(k.encode(), v) for k, v in said().items()] + [(b"X-Remote-User", b"root")]
    assert behind.guest("10.9.9.20").client.get("/", headers=twice).status_code == 401
    number = behind.guest("10.9.9.20", headers=said(name="340100190001040017")).get("/")
    assert number.status_code == 400
    assert "340100190001040017" not in number.text


@pytest.mark.parametrize(
    "passed_on",
    [
        ["6.6.6.6, 203.0.113.9"],
        ["6.6.6.6", "203.0.113.9"],  # HAProxy adds a header of its own
        ["127.0.0.1, 6.6.6.6", " 203.0.113.9 ,", "10.9.8.7"],
    ],
)
def test_addresses_behind_the_proxy(behind: World, passed_on: list[str]) -> None:
    trusted = World(behind.night, make_desk(behind.night, proxies=["10.9.8.7"], local_accounts=True))
    guest = trusted.guest("10.9.8.7")
    guest.client.headers = Headers([("X-Forwarded-For", said) for said in passed_on])
    guest.page("/sign-in")
    guest.post("/sign-in", name="nobody", password="wrong")
    with trusted.engine.connect() as connection:
        found = connection.scalars(select(schema.failed_sign_in.c.address).order_by(schema.failed_sign_in.c.id))
        assert list(found)[-1] == "203.0.113.9"  # what the client itself wrote before is not believed


def test_an_unusable_file_ends_the_start(world: World, tmp_path: Path) -> None:
    broken = replace(world.night, settings=world.night.settings.model_copy(update={"mappings": tmp_path}))
    with pytest.raises(CreditSyncError, match="找不到文件"):
        make_desk(broken, local_accounts=True)


def test_settings_that_do_not_fit_together() -> None:
    with pytest.raises(ValueError, match=r"desk\.proxies"):
        Desk.model_validate(PROXY | {"proxies": []})
    with pytest.raises(ValueError, match=r"desk\.proxy"):
        Desk.model_validate(PROXY | {"local_accounts": True})
    with pytest.raises(ValueError, match="只写到主机名"):
        Desk(address="https://a.example/credit")
    with pytest.raises(ValueError, match="网段"):
        Desk.model_validate(PROXY | {"proxies": ["proxy.example"]})


def test_commands_for_accounts(tmp_path: Path, world: World) -> None:
    from click.testing import CliRunner

    from credit_sync.cli import credit_sync
    from tests.stores import sqlite_store

    store = sqlite_store(tmp_path)
    config = tmp_path / "config.toml"
    config.write_text(
        f'[store]\nurl = "sqlite:///{tmp_path}/store.db"\n[sources.a]\nkind = "file"\nmapping = "x"\nfolder = "."\n',
        encoding="utf-8",
    )

    def call(*arguments: str, text: str = "") -> str:
        done = CliRunner().invoke(credit_sync, ["desk", "user", *arguments, "-c", str(config)], input=text)
        return done.output if done.exit_code == 0 else f"{done.exit_code} {done.exception}"

    assert "已建账号 王芳" in call(
        "add", "王芳", "--role", "officer", "--department", SCIENCE, text=f"{PASSWORD}\n"
    )
    assert f"处室 {SCIENCE} 现在没有申报" in call("change", "王芳", "--department", SCIENCE)
    assert "没有申报" not in call("change", "王芳", "--department", "*")
    call("change", "王芳", "--department", SCIENCE)
    assert "看不到任何处室" in call("add", "李敏", "--role", "auditor", text=f"{PASSWORD}\n")
    assert "已有账号" in call("add", "王芳", "--role", "reader", text=f"{PASSWORD}\n")
    assert "没有写明改什么" in call("change", "李敏")
    assert "没有账号" in call("change", "nobody", "--role", "reader")
    assert "已改账号" in call("change", "李敏", "--role", "reader", "--department", "*")
    assert "李敏　李敏　查阅　全部处室" in call("list")
    assert "12" in call("password", "王芳", text="short\n")
    assert "已重设" in call("password", "王芳", text=f"{PASSWORD}!\n")
    assert "已停用 李敏" in call("disable", "李敏")
    assert "没有账号" in call("disable", "nobody")
    listed = call("list")
    assert "王芳　王芳　经办　高新技术处" in listed
    assert "停用" in listed
    assert "argon2" not in listed
    with store.connect() as connection:
        noted = audit.entries(connection, action=audit.Action.CONFIGURATION)
    rights, gone = ("王芳", "rights"), ("李敏", "disable")
    done = [("王芳", "add"), *[rights] * 3, ("李敏", "add"), ("李敏", "rights"), ("王芳", "password"), gone]
    assert [(row.target, row.detail["change"]) for row in noted] == [(f"账号 {who}", what) for who, what in done]
    assert noted[0].detail == {"change": "add", "roles": ["officer"], "departments": [SCIENCE]}
    assert noted[5].detail == {"change": "rights", "roles": ["reader"], "departments": ["*"]}
    store.dispose()
