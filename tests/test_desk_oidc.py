"""Sign-in at an OpenID Connect provider, a real one on this machine, honest and otherwise."""

import time
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select

from credit_sync.cli.check import check
from credit_sync.desk.serve import serving_at, words_at_start
from credit_sync.desk_settings import Desk
from credit_sync.shipped import shipped
from credit_sync.store import schema
from tests.desk_world import ADDRESS, SCIENCE, Guest, World, make_desk, make_world
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, path_of, provider

SAID = {"sub": "u-0815", "name": "王芳", "roles": ["kjt-officer", "staff"], "departments": ["GX"]}
ROLES = {"kjt-officer": "officer", "kjt-approver": "approver"}


@pytest.fixture(scope="module")
def at_provider() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("oidc"))


@pytest.fixture
def honest(at_provider: Provider) -> Provider:
    at_provider.faults, at_provider.said, at_provider.end_session = {}, dict(SAID), ""
    return at_provider


@pytest.fixture
def desk(world: World, honest: Provider, monkeypatch: pytest.MonkeyPatch) -> World:
    """A desk that has not yet asked the provider anything."""
    monkeypatch.setenv("DESK_SECRET", CLIENT_SECRET)
    return World(world.night, make_desk(world.night, oidc=settings(honest)))


def settings(of: Provider, **more: Any) -> dict[str, Any]:
    departments = {"GX": SCIENCE, "ALL": "*"}
    return {
        "issuer": of.issuer,
        "client_id": CLIENT_ID,
        "client_secret_env": "DESK_SECRET",
        "roles": ROLES,
        "departments": departments,
        **more,
    }


def go_and_return(guest: Guest, wanted: str = "/") -> httpx2.Response:
    """To the provider and back, as a browser does."""
    away = guest.get("/sign-in/oidc", params={"next": wanted})
    assert away.status_code == 302, away.text
    back = httpx2.get(away.headers["location"])
    assert back.status_code == 302, back.text
    return guest.get(path_of(back.headers["location"]))


def test_signed_in(desk: World, honest: Provider) -> None:
    guest = desk.guest()
    assert "统一身份认证登录" in guest.page("/sign-in?next=/lists")
    answer = go_and_return(guest, "/lists")
    assert (answer.status_code, answer.headers["location"]) == (303, "/lists")
    page = guest.page("/")
    assert "王芳" in page
    assert "鲍德全" in page
    assert "仰宗岱" not in page  # of another department
    entry = desk.audited("sign_in")[-1]
    assert (entry.who, '"way": "oidc"' in entry.detail) == ("u-0815", True)


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param({"claims": {"nonce": "another"}}, id="wrong nonce"),
        pytest.param({"claims": {"nonce": None}}, id="no nonce"),
        pytest.param({"claims": {"nonce": None, "nonce_supported": False}}, id="nonce said to be needless"),
        pytest.param({"claims": {"aud": "another-client"}}, id="wrong audience"),
        pytest.param(
            {"claims": {"aud": "another-client", "azp": CLIENT_ID}}, id="wrong audience, ours authorised"
        ),
        pytest.param({"claims": {"aud": ["another-client"]}}, id="wrong audiences"),
        pytest.param({"claims": {"aud": None}}, id="no audience"),
        pytest.param({"claims": {"iss": "https://evil.example"}}, id="wrong issuer"),
        pytest.param({"claims": {"exp": int(time.time()) - 600}}, id="expired"),
        pytest.param({"claims": {"exp": None}}, id="without end"),
        pytest.param({"claims": {"nbf": int(time.time()) + 3600}}, id="not yet"),
        pytest.param({"claims": {"sub": None}}, id="no subject"),
        pytest.param({"claims": {"sub": "340100190001040017"}}, id="an identity number for a name"),
        pytest.param({"claims": {"sub": "x" * 500}}, id="a name without end"),
        pytest.param({"alg": "none"}, id="alg none"),
        pytest.param({"alg": "HS256"}, id="signed with the public key"),
        pytest.param({"alg": "stranger"}, id="signed by somebody else"),
        pytest.param({"tampered": True}, id="changed after signing"),
        pytest.param({"state": "another"}, id="wrong state"),
        pytest.param({"no_id_token": True}, id="no id token"),
    ],
)
def test_answers_that_are_not_believed(desk: World, honest: Provider, faults: dict[str, Any]) -> None:
    honest.faults = faults
    guest, before = desk.guest(), len(desk.audited("sign_in"))
    refused_before = len(desk.audited("sign_in_refused"))
    answer = go_and_return(guest)
    assert answer.status_code == 400
    assert "登录" in answer.text
    for inside in ("Traceback", "joserfc", "340100190001040017", "evil"):
        assert inside not in answer.text
    assert guest.get("/").status_code == 303
    assert len(desk.audited("sign_in")) == before
    (line,) = desk.audited("sign_in_refused")[refused_before:]
    assert (line.who, line.target) == ("（未登录）", "复核台")
    assert line.detail.startswith('{"address": "192.0.2.7", "way": "oidc", "why": "')
    for secret in ("u-0815", "王芳", "340100", "xxx", "evil", CLIENT_SECRET):
        assert secret not in repr(line)


def test_of_many_refused_at_an_address_some_are_on_record(desk: World, honest: Provider) -> None:
    before = len(desk.audited("sign_in_refused"))
    for _ in range(8):
        assert desk.guest("198.51.100.7").get("/sign-in/oidc/return").status_code == 400
    assert len(desk.audited("sign_in_refused")) - before == 5
    assert desk.guest("198.51.100.8").get("/sign-in/oidc/return").status_code == 400
    assert len(desk.audited("sign_in_refused")) - before == 6


def test_a_provider_that_says_it_is_another(desk: World, honest: Provider) -> None:
    honest.faults = {"metadata_issuer": "https://evil.example"}
    for _ in range(2):
        assert desk.guest().get("/sign-in/oidc").status_code == 400
    assert "登录平台的答复不能采用" in desk.guest().get("/sign-in/oidc").text


def test_a_provider_that_is_not_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_SECRET", CLIENT_SECRET)
    nowhere = {"issuer": "http://127.0.0.1:9", "client_id": "x", "roles": ROLES}
    answer = World(world.night, make_desk(world.night, oidc=nowhere)).guest().get("/sign-in/oidc")
    assert answer.status_code == 400
    assert "127.0.0.1:9" not in answer.text


def test_keys_that_are_changed_under_one_name_are_asked_for_anew(
    desk: World, honest: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody could sign in any more until the desk is started again."""
    assert go_and_return(desk.guest()).status_code == 303
    monkeypatch.setattr(honest, "key", RSAKey.generate_key(2048, {"kid": "one"}))
    answer = go_and_return(desk.guest())
    assert (answer.status_code, "请重新登录" in answer.text) == (400, True)
    assert go_and_return(desk.guest()).status_code == 303


@pytest.mark.parametrize("account", [["wang"], {"id": "wang"}, True, 3.5])
def test_an_account_with_parts_is_none(
    world: World, honest: Provider, monkeypatch: pytest.MonkeyPatch, account: Any
) -> None:
    monkeypatch.setenv("DESK_SECRET", CLIENT_SECRET)
    honest.faults = {"claims": {"account": account}}
    made = World(world.night, make_desk(world.night, oidc=settings(honest, user_claim="account")))
    answer = go_and_return(made.guest())
    assert (answer.status_code, "没有给出可用的账号" in answer.text) == (400, True)


def test_a_title_shows_no_number_and_nothing_that_is_no_title(desk: World, honest: Provider) -> None:
    honest.said["name"] = "王芳 340100190001040017"
    guest = desk.guest()
    go_and_return(guest)
    assert "王芳 340100********0017" in guest.page("/lists")
    honest.said["name"] = {"given": "芳"}
    go_and_return(guest)
    page = guest.page("/lists")
    assert ("given" in page, "u-0815" in page) == (False, True)


def test_no_role_no_entry(desk: World, honest: Provider) -> None:
    honest.said["roles"] = ["officer", "staff"]  # our word, not theirs: nothing maps to it
    answer = go_and_return(desk.guest())
    assert answer.status_code == 403
    assert "没有任何角色" in answer.text
    line = desk.audited("sign_in_refused")[-1]
    assert (line.who, "账号没有任何角色" in line.detail) == ("u-0815", True)


def test_another_provider_of_roles_and_departments(
    world: World, honest: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_SECRET", CLIENT_SECRET)
    honest.said = {"sub": "1", "preferred_username": "wang.fang", "groups": "kjt-approver, staff", "dept": "*"}
    claims = {"user_claim": "preferred_username", "roles_claim": "groups", "departments_claim": "dept"}
    made = World(world.night, make_desk(world.night, oidc=settings(honest, **claims, departments={})))
    guest = made.guest()
    assert go_and_return(guest).status_code == 303
    page = guest.page("/")
    assert "wang.fang" in page
    assert "复核" in page
    assert "没有处室" in page  # a provider's * is no department; only the mapping can give all


def test_what_came_back_once_does_not_come_back_again(desk: World, honest: Provider) -> None:
    guest = desk.guest()
    away = guest.get("/sign-in/oidc")
    kept = guest.client.cookies["credit_sync_away"]
    back = path_of(httpx2.get(away.headers["location"]).headers["location"])
    assert guest.get(back).status_code == 303
    thief = desk.guest()
    assert thief.get(back).status_code == 400  # another browser: it never went away
    thief.client.cookies.set("credit_sync_away", kept)
    assert thief.get(back).status_code == 400  # not even with the cookie: the code is used up
    for forged in ("", "x", kept[:-2], kept.replace(".", "", 1)):
        thief.client.cookies.set("credit_sync_away", forged)
        assert thief.get(back).status_code == 400


def test_a_refusal_at_the_provider(desk: World, honest: Provider) -> None:
    guest = desk.guest()
    away = guest.get("/sign-in/oidc")
    state = dict(httpx2.URL(away.headers["location"]).params)["state"]
    said = {"error": "access_denied", "error_description": "<script>alert(1)</script>", "state": state}
    answer = guest.get("/sign-in/oidc/return", params=said)
    assert (answer.status_code, "<script>alert" in answer.text) == (400, False)


def test_sessions_hold_no_token(desk: World, honest: Provider) -> None:
    go_and_return(desk.guest())
    with desk.engine.connect() as connection:
        found = list(connection.execute(select(schema.desk_session)))[-1]
    assert (found.way, found.name, found.roles) == ("oidc", "u-0815", ["officer"])


def test_a_sign_in_begun_in_another_browser_is_not_finished_here(desk: World, honest: Provider) -> None:
    """Whoever plants the whole of his own sign-in in somebody's browser would have him work under his name."""
    attacker, victim = desk.guest(), desk.guest()
    victim.page("/sign-in")
    away = attacker.get("/sign-in/oidc")
    back = path_of(httpx2.get(away.headers["location"]).headers["location"])
    victim.client.cookies.set("credit_sync_away", attacker.client.cookies["credit_sync_away"])
    answer = victim.get(back)
    assert (answer.status_code, "不是从本页面发起的" in answer.text) == (400, True)
    assert victim.get("/").status_code == 303
    assert attacker.get(back).status_code == 303  # the code was not used up: it is good where it was asked for


def test_signing_out_ends_the_session_at_the_provider(desk: World, honest: Provider) -> None:
    honest.end_session = f"{honest.issuer}/end?realm=kjt"
    guest = desk.guest()
    go_and_return(guest)
    token = guest.client.cookies["credit_sync_leaving"]
    guest.page("/lists")
    page = guest.post("/sign-out")
    assert page.status_code == 200
    assert guest.get("/lists").status_code == 303  # signed out here already
    address = unescape(page.text.split('<a class="button" href="')[1].split('"')[0])
    assert f'content="0;url={escape(address)}"' in page.text
    asked = dict(httpx2.URL(address).params)
    assert address.startswith(f"{honest.issuer}/end?realm=kjt&")
    assert asked == {
        "realm": "kjt",
        "client_id": CLIENT_ID,
        "id_token_hint": token,
        "post_logout_redirect_uri": f"{ADDRESS}/sign-in",
    }
    assert jwt.decode(token, honest.key).claims["sub"] == "u-0815"
    assert "credit_sync_leaving" not in guest.client.cookies


def test_signing_out_where_the_provider_offers_no_way_out(desk: World, honest: Provider) -> None:
    guest = desk.guest()
    go_and_return(guest)
    guest.page("/lists")
    answer = guest.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_signing_out_leads_to_no_address_that_is_none(desk: World, honest: Provider) -> None:
    honest.end_session = "javascript:alert(1)"
    guest = desk.guest()
    go_and_return(guest)
    guest.page("/lists")
    assert guest.post("/sign-out").headers["location"] == "/sign-in"


def said_at_start(world: World, **desk: Any) -> str:
    settings_of_desk = world.night.settings.model_copy(update={"desk": Desk.model_validate(desk)})
    serving = serving_at(settings_of_desk.desk, "127.0.0.1", 8640, "tester")
    return "\n".join(words_at_start(settings_of_desk, world.engine, serving))


def test_a_provider_that_does_not_answer_is_told_of_at_the_start_and_by_check(
    world: World, honest: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DESK_SECRET", CLIENT_SECRET)
    assert "注意" not in said_at_start(world, oidc=settings(honest))
    honest.faults = {"metadata_issuer": "http://127.0.0.1/elsewhere"}
    assert "答复不能采用（ValueError）" in said_at_start(world, oidc=settings(honest))
    gone = settings(honest, issuer="http://127.0.0.1:9/realm")
    alone = said_at_start(world, oidc=gone)
    assert "登录平台 http://127.0.0.1:9/realm 没有答复" in alone
    assert "在它恢复之前没有人能登录" in alone
    assert "目前只有本地账号能登录" in said_at_start(world, oidc=gone, local_accounts=True)
    for issuer, line in ((honest.issuer, "失败，登录平台"), (gone["issuer"], "ConnectError")):
        (tmp_path / "config.toml").write_text(
            f'mappings = "{shipped("mappings")}"\n[store]\nurl = "sqlite:///s.db"\n'
            f'[sources.a]\nkind = "file"\nmapping = "dishonest_debtors"\nfolder = "{tmp_path}"\n[desk.oidc]\nissuer = "{issuer}"\n'
            'client_id = "credit-desk"\nroles = {a = "officer"}\n',
            "utf-8",
        )
        checked = CliRunner().invoke(check, ["--config", str(tmp_path / "config.toml")], standalone_mode=False)
        assert line in checked.output
        assert checked.return_value == 1
