"""The interface: keys, answers, errors as problems, everything on record; against its OpenAPI and a real server."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from sqlalchemy import Connection, Engine, select

from credit_sync import logs
from credit_sync.api_keys import Scope, make_key, revoke
from credit_sync.desk.api.pace import Pace
from credit_sync.desk.office import Office, Serving
from credit_sync.desk.protection import LARGEST_BODY
from credit_sync.gate import Gate
from credit_sync.publishing.field_table import Only, Period
from credit_sync.publishing.standard import Standard, load_standard
from credit_sync.records import RecordKind
from credit_sync.screening import index_files, open_index
from credit_sync.screening.gate import Passage
from credit_sync.screening.index_files import CurrentIndex
from credit_sync.screening.keys import stored_keys
from credit_sync.sharing import decisions_on
from credit_sync.shipped import shipped
from credit_sync.store import audit, schema
from credit_sync.store.candidates import records
from credit_sync.store.engine import writing
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, organisation_code, recognise, uscc
from credit_sync.subjects.subject import Subject, SubjectKind
from tests.conftest import contents
from tests.desk_world import ADDRESS, browsable, make_desk
from tests.gate_world import AT, CLEAN, body_of, clean_application, gate_night
from tests.report_night import (
    AWARD,
    FULL_NUMBERS,
    SCIENCE,
    SECOND,
    THIRD,
    Night,
    applicants,
    organisation_number,
    penalty,
)
from tests.stores import sqlite_store

ROBOT = "1804a09020117"
GATE = f"/api/v1/gate/{quote(SCIENCE)}"
BARE_CODE = "MA2T0099" + organisation_code.check_character("MA2T0099")
WITH_BARE_CODE = f"91340100{BARE_CODE}" + uscc.check_character(f"91340100{BARE_CODE}")


@dataclass
class Interface:
    """The application over a store, and a client with a key."""

    night: Night
    application: FastAPI

    def key(self, name: str, *scopes: Scope, systems: tuple[str, ...] = ("*",), days: int = 30) -> str:
        return make_key(
            self.night.engine,
            name,
            scopes=scopes or tuple(Scope),
            systems=systems,
            expires_at=AT + timedelta(days=days),
            by="operator",
            at=AT,
        )

    def client(self, key: str = "", **headers: str) -> TestClient:
        made = TestClient(self.application, base_url=ADDRESS, raise_server_exceptions=False)
        made.headers.update(({"authorization": f"Bearer {key}"} if key else {}) | headers)
        return made

    def audited(self, action: audit.Action) -> list[audit.Entry]:
        with self.night.engine.connect() as connection:
            return audit.entries(connection, action=action)


def is_problem(answer: httpx2.Response, status: int) -> dict[str, Any]:
    """The answer is a problem, in Chinese, with nothing of the inside."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), (
        answer.text
    )
    found: dict[str, Any] = answer.json()
    assert (found["status"], found["instance"]) == (status, f"urn:uuid:{answer.headers['x-request-id']}")
    for inside in ("Traceback", "sqlalchemy", "SELECT", ".py", "Error"):
        assert inside not in answer.text
    assert not any(full in answer.text for full in FULL_NUMBERS)
    return found


@pytest.fixture(scope="module")
def interface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interface]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Office, "now", lambda _: AT)
        logs.configure()
        folder = tmp_path_factory.mktemp("interface")
        night = gate_night(folder, sqlite_store(folder))
        night.add(SECOND, [penalty("皖知法处字〔2018〕3号"), penalty("皖知法处字〔2018〕4号", nature="行政裁决")])
        night.add(SECOND, [penalty("皖知法处字〔2016〕1号", public_until=AT.date() - timedelta(days=1))])
        another = Subject(
            kind=SubjectKind.ORGANISATION,
            name="合肥乙公司",
            identifiers=(Identifier(IdentifierKind.USCC, WITH_BARE_CODE),),
        )
        night.add(SECOND, [penalty("皖知法处字〔2018〕9号", subject=another, authority="")])
        _keep_keys(night)
        hosts = ("127.0.0.1", "localhost", "testserver")  # the last is how schemathesis calls it
        yield Interface(night, make_desk(night, Serving(ADDRESS, hosts)))


def _keep_keys(night: Night) -> None:
    """As a pull would have stored them."""
    with writing(night.engine) as connection:
        for kind in (RecordKind.APPLICANT, RecordKind.PENALTY):
            ids = connection.scalars(select(schema.RECORD_TABLES[kind].c.id)).all()
            for number, (found, _) in records(connection, kind, ids).items():
                rows = [{"key": key, "record": kind, "record_id": number} for key in stored_keys(found.subject)]
                connection.execute(schema.subject_key.insert(), rows)


@pytest.fixture(scope="module")
def client(interface: Interface) -> TestClient:
    return interface.client(interface.key("all"), **{"x-end-user": quote("张科")})


# --- the gate ----------------------------------------------------------------------------------------------------


def test_an_application_of_the_store(interface: Interface, client: TestClient) -> None:
    clear = client.get(f"{GATE}/{CLEAN}")
    assert (clear.status_code, clear.json()["verdict"], clear.json()["reasons"]) == (200, "clear", [])
    held = client.get(f"{GATE}/{ROBOT}").json()
    times = [datetime.fromisoformat(held[name]) for name in ("screened_at", "at")]
    assert (held["verdict"], times) == ("hold", [SECOND.as_of.astimezone(), AT.astimezone()])
    assert held["flags"][0]["measure"]["basis"]
    assert [entry["versions"] for entry in held["lists"]] == [{"abnormal": 2}, {"debtors": 2}]
    assert client.get(f"{GATE}/nothing").json()["verdict"] == "unknown"
    entry = interface.audited(audit.Action.GATE)[-2]
    assert (entry.who, entry.target, entry.detail["verdict"]) == ("接口 all 张科", f"{SCIENCE} {ROBOT}", "hold")
    with interface.night.engine.connect() as connection:
        assert audit.verify(connection).problems == ()


def test_applicants_at_once(interface: Interface, client: TestClient) -> None:
    client.get(f"{GATE}/{CLEAN}")  # puts on record when the key was last used
    before = contents(interface.night.engine)
    robot = [found for found in applicants() if found.application == ROBOT]
    answer = client.post("/api/v1/gate", json=body_of(robot)).json()
    assert (answer["verdict"], {flag["flag"] for flag in answer["flags"]}) == ("hold", {None})
    assert client.post("/api/v1/gate", json=body_of(clean_application())).json()["verdict"] == "clear"
    lacking = body_of(clean_application())
    del lacking["applicants"][0]["uscc"]
    assert client.post("/api/v1/gate", json=lacking).json()["reasons"][0]["cause"] == "no_number"
    after = contents(interface.night.engine)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"audit"}
    assert not any(full in json.dumps(repr(after["audit"])) for full in FULL_NUMBERS)


def test_numbers_are_never_told(client: TestClient) -> None:
    answers = [
        client.get(f"{GATE}/{ROBOT}").text,
        client.post("/api/v1/gate", json=body_of(applicants()[:2])).text,
        client.post("/api/v1/lookup", json={"citizen_id": FULL_NUMBERS[0], "reason": "核查"}).text,
    ]
    for text in answers:
        assert not any(full in text for full in FULL_NUMBERS)


def test_changed_at_may_have_a_zone(client: TestClient) -> None:
    later = (SECOND.as_of + timedelta(hours=1)).astimezone()
    for written in (later.isoformat(), later.astimezone(None).replace(tzinfo=None).isoformat()):
        answer = client.get(f"{GATE}/{CLEAN}", params={"changed_at": written})
        assert (answer.json()["verdict"], answer.json()["reasons"][0]["cause"]) == ("unknown", "changed")


@pytest.mark.parametrize("path", [f"{GATE}/{CLEAN}", f"{GATE}/{ROBOT}"])
def test_a_fault_is_never_clear(client: TestClient, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"a fault with {FULL_NUMBERS[0]}")

    monkeypatch.setattr(Gate, "_findings", broken)
    found = is_problem(client.get(path), 503)
    assert (found["verdict"], found["title"]) == ("unknown", "暂时不能回答")
    posted = client.post("/api/v1/gate", json=body_of(clean_application()))
    assert is_problem(posted, 503)["verdict"] == "unknown"


def test_what_cannot_go_on_record_is_not_told(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("credit_sync.desk.api.answering.note", full)
    assert is_problem(client.get(f"{GATE}/{CLEAN}"), 503)["verdict"] == "unknown"


# --- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["", "Bearer ", "Bearer x", "Basic eDp5", "Bearer " + "0" * 16 + "." + "a" * 43]
)
def test_without_a_key(interface: Interface, written: str) -> None:
    found = interface.client(**({"authorization": written} if written else {})).get(f"{GATE}/{CLEAN}")
    assert is_problem(found, 401)["verdict"] == "unknown"
    assert found.headers["www-authenticate"] == "Bearer"


def test_expired_revoked_and_without_the_scope(interface: Interface, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = interface.client(interface.key("narrow", Scope.SUBJECTS))
    assert "没有“关口查询”的权限" in is_problem(narrow.get(f"{GATE}/{CLEAN}"), 403)["detail"]
    assert (
        "没有“主体查询”的权限"
        in is_problem(narrow.post("/api/v1/lookup", json={"name": "x", "reason": "y"}), 403)["detail"]
    )
    other = interface.client(interface.key("other", systems=(AWARD,)))
    refused = is_problem(other.get(f"{GATE}/{CLEAN}"), 403)
    assert (refused["verdict"], SCIENCE in refused["detail"]) == ("unknown", True)
    assert is_problem(other.post("/api/v1/gate", json=body_of(clean_application())), 403)
    assert other.get(f"/api/v1/gate/{quote(AWARD)}/J2018-0043").status_code == 200
    gone_key = interface.key("gone")
    gone = interface.client(gone_key)
    assert gone.get(f"{GATE}/{CLEAN}").status_code == 200
    revoke(interface.night.engine, "gone", by="operator", at=AT)
    assert "撤销" in is_problem(gone.get(f"{GATE}/{CLEAN}"), 403)["detail"]
    wrong = interface.client(gone_key[:-1] + ("a" if gone_key[-1] != "a" else "b"))
    assert is_problem(wrong.get(f"{GATE}/{CLEAN}"), 401)  # its state is told to nobody else
    short = interface.client(interface.key("short", days=1))
    monkeypatch.setattr(Office, "now", lambda _: AT + timedelta(days=1))
    assert "到期" in is_problem(short.get(f"{GATE}/{CLEAN}"), 403)["detail"]
    refusals = interface.audited(audit.Action.API_REFUSED)
    assert {entry.target for entry in refusals} == {"narrow", "other", "gone", "short"}


def test_last_used_and_nothing_of_the_secret_is_kept(interface: Interface) -> None:
    made = interface.key("kept")
    assert interface.client(made).get(f"{GATE}/{CLEAN}").status_code == 200
    with interface.night.engine.connect() as connection:
        rows = {row.name: row for row in connection.execute(schema.api_key.select())}
    assert rows["kept"].last_used_at == AT
    assert made.partition(".")[2] not in repr(rows)
    assert made.partition(".")[2] not in repr(contents(interface.night.engine))


def test_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Office, "now", lambda _: AT)
    night = gate_night(tmp_path, sqlite_store(tmp_path))
    slow = Interface(night, make_desk(night, api_requests_per_minute=2))
    asking = slow.client(slow.key("slow"))
    answers = [asking.get(f"{GATE}/{CLEAN}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60
    assert is_problem(answers[2], 429)["verdict"] == "unknown"
    stranger = slow.client()
    found = [stranger.get(f"{GATE}/{CLEAN}").status_code for _ in range(22)]
    assert (found[:20], set(found[20:])) == ([401] * 20, {429})
    known = slow.client(slow.key("known"))
    assert known.get(f"{GATE}/{CLEAN}").status_code == 200  # a stranger keeps nobody else out


def test_the_pace_is_that_of_the_last_minute() -> None:
    now = 0.0
    pace = Pace(2, clock=lambda: now)
    assert [pace.wait("a"), pace.wait("a"), pace.wait("a"), pace.wait("b")] == [0, 0, 60, 0]
    now = 59.5
    assert (pace.wait("a"), pace.wait("b")) == (1, 0)
    now = 60.0
    assert [pace.wait("a"), pace.wait("a"), pace.wait("a")] == [0, 0, 60]


# --- the start ------------------------------------------------------------------------------------------------------


def test_the_first_who_asks_finds_everything_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night = gate_night(tmp_path, sqlite_store(tmp_path))
    opened: list[Path] = []

    def opening(connection: Connection, folder: Path) -> CurrentIndex:
        opened.append(folder)
        return index_files.open_index(connection, folder)

    monkeypatch.setattr(open_index, "open_index", opening)
    service = make_desk(night).state.service
    service.warm_up()
    with night.engine.connect() as connection:
        assert service.gate.stored(connection, SCIENCE, CLEAN, AT).passage is Passage.CLEAR
    assert len(opened) == 1
    shutil.rmtree(tmp_path / "index")
    make_desk(night).state.service.warm_up()
    assert len(opened) == 1, "without an index all listings would be read at the start"


# --- requests that come twice ---------------------------------------------------------------------------------------


def test_idempotency_keys(interface: Interface, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    body, headers = body_of(clean_application()), {"idempotency-key": "e3b0c442"}
    first = client.post("/api/v1/gate", json=body, headers=headers)
    monkeypatch.setattr(Office, "now", lambda _: AT + timedelta(hours=23))
    again = client.post("/api/v1/gate", json=body, headers=headers)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert "idempotent-replayed" not in first.headers
    assert interface.audited(audit.Action.GATE)[-1].detail["repeated"] is True
    other = client.post("/api/v1/gate", json=body | {"stage": "立项"}, headers=headers)
    assert "已用于内容不同的请求" in is_problem(other, 422)["detail"]
    lookup = client.post("/api/v1/lookup", json={"name": "鲍德全", "reason": "核查"}, headers=headers)
    assert is_problem(lookup, 422)["detail"].startswith("这个 Idempotency-Key 已用于内容不同的请求，没有执行")
    stranger = interface.client(interface.key("stranger")).post("/api/v1/gate", json=body, headers=headers)
    assert "idempotent-replayed" not in stranger.headers  # a key's answers are its own
    monkeypatch.setattr(Office, "now", lambda _: AT + timedelta(hours=25))
    assert client.post("/api/v1/gate", json=body, headers=headers).json()["at"] != first.json()["at"]


def test_a_kept_answer_of_the_gate_ends_with_the_lists_it_rests_on(tmp_path: Path) -> None:
    """A system that always sends the same key must not live on yesterday's `clear`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Office, "now", lambda _: AT)
        night = gate_night(tmp_path, sqlite_store(tmp_path))
        own = Interface(night, make_desk(night))
        asking = own.client(own.key("all"), **{"idempotency-key": "always-the-same"})
        body = body_of(clean_application())
        assert [asking.post("/api/v1/gate", json=body).json()["verdict"] for _ in range(2)] == ["clear", "clear"]
        night.version(THIRD, "debtors", 3)
        changed = is_problem(asking.post("/api/v1/gate", json=body), 422)
        assert changed["verdict"] == "unknown"
        assert "内容不同的请求，或此后名单、证据权重或已知的其他名称有变化" in changed["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "changed_at=2018-12-04",  # its midnight would be before the screening
        "changed_at=20181204",  # a second of 1970
        "changed_at=1543910400",
        "changed_at=9999-12-31T23:59:59-12:00",  # no local time has these
        "changed_at=0001-01-01T00:00:00%2B12:00",
        "changed_at=2018-12-04T09:00:00+08:00",  # in an address a bare + is a blank
        "changedAt=2018-12-04T09:00:00",
        "changed_at=2018-12-04T09:00:00&changed_at=2018-12-01T09:00:00",
        "changed_at=2018-12-04T09:00:00&x=1",
    ],
)
def test_a_time_of_change_that_would_go_unheard(client: TestClient, query: str) -> None:
    refused = is_problem(client.get(f"{GATE}/{CLEAN}?{query}"), 422)
    assert refused["verdict"] == "unknown"
    assert "写法不对" not in str(refused)  # but how it is written


def test_kept_answers_hold_no_numbers(interface: Interface, client: TestClient) -> None:
    client.post("/api/v1/gate", json=body_of(applicants()[:2]), headers={"idempotency-key": "n1"})
    with interface.night.engine.connect() as connection:
        kept = [row.answer for row in connection.execute(schema.api_answer.select())]
    assert kept
    assert not any(full in text for text in kept for full in FULL_NUMBERS)


# --- look-up and sharing ----------------------------------------------------------------------------------------------


def test_lookup(interface: Interface, client: TestClient) -> None:
    asked = {"citizen_id": FULL_NUMBERS[0], "name": "鲍德全", "reason": "立项前核查", "size": 1}
    found = client.post("/api/v1/lookup", json=asked).json()
    assert (found["verdict"], found["page"], found["pages"], len(found["found"])) == (
        "confirmed",
        1,
        found["total"],
        1,
    )
    times = [found["found"][0]["first_seen"], *(told["pulled_at"] for told in found["lists"].values())]
    assert all(datetime.fromisoformat(time).tzinfo for time in times), "with their offset, as the gate's"
    entry = interface.audited(audit.Action.LOOKUP)[-1]
    assert (entry.who, entry.detail["reason"], FULL_NUMBERS[0] in entry.target) == (
        "接口 all 张科",
        "立项前核查",
        False,
    )
    limited = interface.client(interface.key("award", systems=(AWARD,)), **{"x-end-user": "li"})
    theirs = limited.post("/api/v1/lookup", json=asked | {"size": 200}).json()
    assert {each["record"] for each in theirs["found"]} == {"listing"}
    assert {
        each["record"] for each in client.post("/api/v1/lookup", json=asked | {"size": 200}).json()["found"]
    } == {
        "listing",
        "applicant",
    }


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "鲍德全"}, "reason"),
        ({"name": "鲍德全", "reason": " "}, "reason"),
        ({"reason": "核查"}, "至少一项"),
        ({"name": "/", "reason": "核查", "x": 1}, "x"),
        ({"citizen_id": "无", "reason": "核查"}, "没有可查的内容"),
    ],
)
def test_lookups_that_are_not_done(client: TestClient, body: dict[str, Any], said: str) -> None:
    answer = client.post("/api/v1/lookup", json=body)
    is_problem(answer, 422)
    assert said in answer.text


def test_a_lookup_names_its_user(interface: Interface) -> None:
    nobody = interface.client(interface.key("nobody"))
    answer = nobody.post("/api/v1/lookup", json={"name": "鲍德全", "reason": "核查"})
    assert "X-End-User" in is_problem(answer, 422)["detail"]


def test_decisions_on_an_organisation(interface: Interface, client: TestClient) -> None:
    code = organisation_number("340100", 11)
    found = client.get(f"/api/v1/subjects/{code}").json()
    assert [record["document_number"] for record in found["records"]] == ["皖知法处字〔2018〕3号"]
    assert found["records"][0]["fine"] == "0.2"
    by_part, by_whole = (client.get(f"/api/v1/subjects/{number}").json() for number in (BARE_CODE, WITH_BARE_CODE))
    assert by_part["total"] == 1
    assert (
        by_part["records"][0]["authority"] == "安徽省科学技术厅"
    )  # of whom the source says nothing, as in publishing
    assert by_part["records"] == by_whole["records"]
    assert client.get(f"/api/v1/subjects/{organisation_number('340100', 12)}").json()["total"] == 0
    assert client.get(f"/api/v1/subjects/{code}", params={"page": 2, "size": 1}).json()["records"] == []
    assert interface.audited(audit.Action.SHARE)[0].target == code


def test_a_standard_that_does_not_publish_a_penalty_says_not_how_long_it_is_public(interface: Interface) -> None:
    code = recognise(organisation_number("340100", 11), SubjectKind.ORGANISATION)
    shipped_one = load_standard(shipped("mappings"), "2018")

    def standard(**table: Any) -> Standard:
        return shipped_one.model_copy(update={"penalty": shipped_one.penalty.model_copy(update=table)})

    over = standard(publicity=(Period(decided_from=date(2000, 1, 1), months=12, basis="一年"),))
    endless = standard(publicity=())
    without = standard(publicity=(), only=Only(field="nature", values=("无",)))
    assert code is not None
    with interface.night.engine.connect() as connection:
        assert decisions_on(connection, code, (over, without), date(2026, 1, 1)) == []
        assert len(decisions_on(connection, code, (over, endless), date(2026, 1, 1))) == 1


@pytest.mark.parametrize(
    "code", [*FULL_NUMBERS, "x", "0" * 18, "9134010400000000**", "鲍德全", "91340100MA2T0011K0"]
)
def test_nobody_is_found_by_a_persons_number(client: TestClient, code: str) -> None:
    is_problem(client.get(f"/api/v1/subjects/{quote(code)}"), 422)


# --- bad input ----------------------------------------------------------------------------------------------------------


def broken_bodies() -> list[tuple[Any, int]]:
    good = body_of(clean_application())
    one = good["applicants"][0]
    return [
        (b"{", 422),
        (b"\xff\xfe", 422),
        (b"[]", 422),
        (b"null", 422),
        (good | {"applicants": []}, 422),
        (good | {"applicants": [{"role": "leader", "name": "张三"}] * 101}, 422),
        (good | {"more": 1}, 422),
        (good | {"application_kind": "x"}, 422),
        (good | {"applicants": [one | {"role": "king"}]}, 422),
        (good | {"applicants": [one | {"name": "\u200b "}]}, 422),
        (good | {"applicants": [one | {"name": "张\ud800三"}]}, 422),
        (good | {"applicants": [one | {"name": "字" * 201}]}, 422),
        (good | {"applicants": [one | {"birth_year": 10**30}]}, 422),
        (good | {"stage": "x" * LARGEST_BODY}, 413),
        (json.dumps(good)[:-1].encode() + b', "applicants": [{"role": "leader", "name": "x"}]}', 422),
        (json.dumps(good).replace('"name":', '"name": "x", "name":', 1).encode(), 422),
    ]


@pytest.mark.parametrize(("body", "status"), broken_bodies())
def test_broken_bodies(interface: Interface, client: TestClient, body: Any, status: int) -> None:
    before = contents(interface.night.engine)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post("/api/v1/gate", content=content, headers={"content-type": "application/json"})
    told = is_problem(answer, status)
    assert told["verdict"] == "unknown"
    assert "{" not in str([each["text"] for each in told.get("errors", ())])  # limits are filled in
    assert content.count(b'"applicants"') < 2 or "同一个名称写了两次" in told["detail"]
    assert contents(interface.night.engine) == before


def test_a_wrong_word_is_answered_with_the_right_ones_and_nothing_else(client: TestClient) -> None:
    body = body_of(clean_application())
    body |= {"applicants": [body["applicants"][0] | {"role": "king"}]}
    [error] = is_problem(client.post("/api/v1/gate", json=body), 422)["errors"]
    assert error["place"] == "body.applicants.0.role"
    assert "'leader'" in error["text"]


def test_what_is_wrong_is_said_with_what_may_stand_there(client: TestClient) -> None:
    body = body_of(clean_application())
    body |= {"applicants": [body["applicants"][0] | {"birth_year": 1700, "name": 7}]}
    told = {e["place"]: e["text"] for e in is_problem(client.post("/api/v1/gate", json=body), 422)["errors"]}
    assert told == {"body.applicants.0.birth_year": "不能小于 1800", "body.applicants.0.name": "必须是文字"}
    plain = client.post("/api/v1/gate", content=json.dumps(body), headers={"content-type": "text/plain"})
    assert "Content-Type: application/json" in is_problem(plain, 422)["errors"][0]["text"]
    gb = json.dumps(body, ensure_ascii=False).encode("gb18030")
    unread = client.post("/api/v1/gate", content=gb, headers={"content-type": "application/json"})
    assert "UTF-8" in is_problem(unread, 400)["detail"]


def test_odd_but_readable_bodies(client: TestClient) -> None:
    odd = body_of(clean_application(), stage="\0\u202e<script>")
    odd["applicants"][1] |= {"name": "蔚\0从\u200b周", "region": "\0"}
    content = json.dumps(odd).encode()
    for headers in ({}, {"idempotency-key": "odd"}):
        answer = client.post(
            "/api/v1/gate", content=content, headers={"content-type": "application/json"} | headers
        )
        assert (answer.status_code, answer.json()["verdict"]) == (200, "clear")


def test_addresses_methods_and_hosts(client: TestClient) -> None:
    assert is_problem(client.get("/api/v1/nothing"), 404)
    assert is_problem(client.delete(f"{GATE}/{CLEAN}"), 405)
    assert is_problem(client.get(f"{GATE}/{CLEAN}", headers={"host": "evil.example"}), 400)["verdict"] == "unknown"
    assert client.get(f"{GATE}/%00{'x' * 190}").json()["verdict"] == "unknown"
    assert is_problem(client.get(f"{GATE}/{'x' * 201}"), 422)
    assert client.get(f"{GATE}/a/b?changed_at=2018-12-04T01:00:00").json()["reasons"][0]["cause"] == "not_known"


def test_request_numbers(client: TestClient) -> None:
    given = "123e4567-e89b-12d3-a456-426614174000"
    assert client.get(f"{GATE}/{CLEAN}", headers={"x-request-id": given}).headers["x-request-id"] == given
    assert (
        client.get(f"{GATE}/{CLEAN}", headers={"x-request-id": "<script>"}).headers["x-request-id"] != "<script>"
    )


# --- the description, and a real server ------------------------------------------------------------------------------------


def test_the_description_is_self_contained(interface: Interface) -> None:
    found = interface.client().get("/api/v1/openapi.json")
    assert (found.status_code, interface.client().get("/api/v1/docs").status_code) == (200, 404)
    paths = found.json()["paths"]
    assert set(paths) == {"/gate/{system}/{application}", "/gate", "/lookup", "/subjects/{code}", "/health"}
    for path, methods in paths.items():
        for said in methods.values():
            assert said["summary"]
            assert said["tags"]
            assert ("security" in said) == (path != "/health")
            assert all("X-Request-Id" in answer["headers"] for answer in said["responses"].values())
            assert "Retry-After" in said["responses"]["429"]["headers"]
    assert "Idempotent-Replayed" in paths["/gate"]["post"]["responses"]["200"]["headers"]
    needed = {
        (path, p["name"])
        for path, m in paths.items()
        for s in m.values()
        for p in s.get("parameters", ())
        if p["required"]
    }
    assert {name for path, name in needed if path == "/lookup"} == {"X-End-User"}
    assert interface.client().get("/api/v1/health").json() == {"status": "ok"}


QUICK = settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
OPERATIONS = {
    "gate-get": ("/gate/{system}/{application}", "GET"),
    "gate-post": ("/gate", "POST"),
    "lookup": ("/lookup", "POST"),
    "subjects": ("/subjects/{code}", "GET"),
    "health": ("/health", "GET"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_as_described(interface: Interface, name: str) -> None:
    """Whatever is asked, as schemathesis makes it up from the description, right and wrong."""
    path, method = OPERATIONS[name]
    described = schemathesis.openapi.from_asgi("/api/v1/openapi.json", interface.application)
    headers = {"authorization": f"Bearer {interface.key(f'thesis-{name}')}", "x-end-user": "thesis"}
    # Without a key: its own test. A right check digit, one field of three, a name that can be seen: more than a
    # description can demand.
    demanding = name in ("gate-post", "lookup", "subjects")
    unfit = [ignored_auth, *([positive_data_acceptance] if demanding else [])]

    @QUICK
    @given(case=described[path][method].as_strategy())
    def asked(case: Case) -> None:
        case.call_and_validate(headers=headers, excluded_checks=unfit)

    asked()


def test_many_at_once_over_a_real_server(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Office, "now", lambda _: AT)
    night = gate_night(tmp_path, engine)
    interface = Interface(night, make_desk(night))
    key = interface.key("crowd")
    body = body_of(clean_application())
    with browsable(interface.application) as address:
        headers = {"authorization": f"Bearer {key}", "host": "127.0.0.1"}
        with httpx2.Client(base_url=address, headers=headers, timeout=30) as crowd, ThreadPoolExecutor(8) as pool:
            asked = [lambda: crowd.get(f"{GATE}/{ROBOT}"), lambda: crowd.post("/api/v1/gate", json=body)] * 12
            answers = list(pool.map(lambda ask: ask(), asked))
            same = list(
                pool.map(
                    lambda _: crowd.post("/api/v1/gate", json=body, headers={"idempotency-key": "crowd"}), range(8)
                )
            )
    assert [answer.json()["verdict"] for answer in answers] == ["hold", "clear"] * 12
    assert {answer.status_code for answer in same} <= {200, 409}
    with interface.night.engine.connect() as connection:
        assert audit.verify(connection).problems == ()
    assert sum(entry.who == "接口 crowd" for entry in interface.audited(audit.Action.GATE)) == 24 + sum(
        answer.status_code == 200 for answer in same
    )
