"""The api channel against a platform that misbehaves: each version arrives once, both sides say the same."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import Engine, insert, select
from structlog.testing import capture_logs

from credit_sync.channel_settings import ApiChannel
from credit_sync.errors import CreditSyncError, SettingsError
from credit_sync.http_settings import SignedAuth
from credit_sync.publishing import by_hand
from credit_sync.publishing.by_hand import send_again
from credit_sync.publishing.channels.api_mapping import load_api_mapping
from credit_sync.publishing.due import due
from credit_sync.publishing.names import submission_key
from credit_sync.publishing.outbox import outboxes_of
from credit_sync.publishing.probe import probe
from credit_sync.publishing.publish import publish
from credit_sync.publishing.values import Published
from credit_sync.settings import Settings
from credit_sync.sources.signing import signature, string_to_sign
from credit_sync.store import audit
from credit_sync.store.columns import to_columns
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.orders import Order
from credit_sync.store.schema import licence, submission
from tests.platform_server import FAULTS, REFUSED, Fault, Platform, every, receiving
from tests.publishing import LICENCE, MAPPINGS, record_key, settings, store_record
from tests.servers import Answer, Request, json_answer, serve
from tests.stores import sqlite_store

NIGHTS = [Run(n, datetime(2018, 11, 30, 2) + timedelta(days=n - 1)) for n in range(1, 8)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    """What happens on the line is the same whatever the store: SQLite will do."""
    engine = sqlite_store(tmp_path)
    yield engine
    engine.dispose()


def site_at(folder: Path, url: str, mapping: str = "rows_api", **changes: Any) -> Settings:
    values: dict[str, Any] = {"kind": "api", "mapping": mapping, "url": url, "receipts_url": f"{url}/receipts"}
    values |= {"timeout_seconds": 0.5, "backoff_seconds": 0.01, "rate_per_second": 1000, "retries": 3}
    return settings(folder, anhui=ApiChannel(**(values | changes)))


def without_memory(folder: Path) -> Path:
    """The shipped mapping for a platform that takes every arrival for another row."""
    (folder / "mappings" / "channels").mkdir(parents=True)
    for name in ("credit_anhui",):
        (folder / "mappings" / name).symlink_to(MAPPINGS / name)
    text = (MAPPINGS / "channels" / "rows_api.toml").read_text("utf-8")
    assert "remembers_keys = true" in text
    changed = text.replace("remembers_keys = true", "remembers_keys = false")
    (folder / "mappings" / "channels" / "rows_api.toml").write_text(changed, "utf-8")
    return folder / "mappings"


def save(engine: Engine, record_id: int, record: Published, **changes: object) -> None:
    with writing(engine) as connection:
        store_record(connection, record_id, record, **changes)


def states(engine: Engine) -> Counter[str]:
    return Counter(s.state for s in submissions(engine))


def submissions(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(submission).order_by(submission.c.id)))


def key(found: Any) -> str:
    return submission_key(found, f"{found.record}/register/{found.record_id}")


def agree(engine: Engine, platform: Platform) -> None:
    """Both sides say the same of every row, and each row arrived once."""
    ours = {
        key(s): (s.state in ("accepted", "withdrawn"), s.reason, s.platform_id, s.row)
        for s in submissions(engine)
        if s.sent_at
    }
    theirs = {k: (kept.state == "1", kept.reason, kept.number, kept.row) for k, kept in platform.kept.items()}
    assert ours == theirs
    assert set(platform.arrivals.values()) <= {1}


def test_ten_thousand_records_with_a_fault_at_every_fifth_request(store: Engine, tmp_path: Path) -> None:
    platform = Platform(every(5))
    with writing(store) as connection:
        values = to_columns(LICENCE) | {"version": 1, "source": "register", "digest": b"0" * 16, "warnings": []}
        values |= {"changed_at": NIGHTS[0].as_of, "first_seen": NIGHTS[0].as_of, "place": "a.xlsx", "extra": {}}
        connection.execute(
            insert(licence),
            [
                values
                | {"id": n, "key": str(n), "row": n, "document_number": f"皖科动许〔2018〕{n}号"}
                | {"note": REFUSED if n % 100 == 0 else ""}
                for n in range(1, 10_001)
            ],
        )
    with receiving(platform) as url:
        site = site_at(tmp_path, url, batch_rows=100).model_copy(update={"mappings": without_memory(tmp_path)})
        counts = publish(store, site, NIGHTS[0])["anhui"]
        assert publish(store, site, NIGHTS[1])["anhui"].sent == 0, "everything was sent in one night"
    assert (counts.sent, counts.accepted, counts.rejected, counts.problem) == (10_000, 9900, 100, "")
    assert len(platform.requests) > 110
    agree(store, platform)
    assert len(platform.public) == 9900


@pytest.mark.parametrize("asked", [True, False], ids=["asked", "remembers keys"])
def test_whatever_happens_to_a_request_nothing_is_taken_twice(store: Engine, tmp_path: Path, asked: bool) -> None:
    """One fault a night: the platform is asked, or answers a key the second time as it did the first."""
    faults: list[Fault] = []
    platform = Platform(lambda _: faults.pop() if faults else "", silence=0.8, remembers_keys=not asked)
    mappings = without_memory(tmp_path) if asked else MAPPINGS
    with receiving(platform) as url:
        site = site_at(tmp_path, url, **({} if asked else {"receipts_url": None}))
        site = site.model_copy(update={"mappings": mappings})
        for night, fault in enumerate(FAULTS, 1):
            for number in range(5 * night, 5 * night + 5):
                save(store, number, replace(LICENCE, document_number=f"{number}号"))
            faults += [fault, ""] if asked else [fault]  # it is asked first
            counts = publish(store, site, Run(night, NIGHTS[0].as_of + timedelta(night)))["anhui"]
            assert (counts.sent, counts.accepted, counts.problem, faults) == (5, 5, "", []), fault
    agree(store, platform)


def test_a_platform_that_is_still_at_work_gets_nothing_twice(store: Engine, tmp_path: Path) -> None:
    """Asked at once it would say that it has nothing."""
    platform = Platform(lambda number: "taken_late" if number == 2 else "", silence=0.6)
    save(store, 1, LICENCE)
    with receiving(platform) as url:
        site = site_at(tmp_path, url).model_copy(update={"mappings": without_memory(tmp_path)})
        assert publish(store, site, NIGHTS[0])["anhui"].accepted == 1
        assert [request.path for request in platform.requests] == ["/rows/receipts", "/rows", "/rows/receipts"]
    agree(store, platform)


@pytest.mark.parametrize("asked", [True, False], ids=["asked", "remembers keys"])
def test_after_a_backup_was_restored_nothing_is_taken_twice_or_for_something_else(
    tmp_path: Path, asked: bool
) -> None:
    """The store counts records and versions anew, and others may get the numbers under which something was sent."""
    platform = Platform(remembers_keys=not asked)
    other = {"key": "third", "document_number": "3号"}
    with receiving(platform) as url:
        site = site_at(tmp_path, url, **({} if asked else {"receipts_url": None}))
        site = site.model_copy(update={"mappings": without_memory(tmp_path) if asked else MAPPINGS})
        engine = sqlite_store(tmp_path)
        save(engine, 1, LICENCE)
        publish(engine, site, NIGHTS[0])
        engine.dispose()
        backup = (tmp_path / "store.db").read_bytes()
        save(engine, 1, replace(LICENCE, content="普通环境（兔）"))
        save(engine, 2, replace(LICENCE, document_number="2号"), key="second")
        assert publish(engine, site, NIGHTS[1])["anhui"].accepted == 2
        engine.dispose()
        (tmp_path / "store.db").write_bytes(backup)
        save(engine, 1, replace(LICENCE, content="普通环境（犬）"))
        save(engine, 2, LICENCE, **other)
        save(engine, 3, replace(LICENCE, document_number="2号"), key="second")
        assert publish(engine, site, NIGHTS[2])["anhui"].accepted == 3
        engine.dispose()
    published = {row["XK_WSH"]: row["XK_NR"] for row in platform.public.values()}
    usual = LICENCE.content
    assert published == {LICENCE.document_number: "普通环境（犬）", "2号": usual, "3号": usual}
    assert set(platform.arrivals.values()) == {1}


def test_answers_that_come_later(store: Engine, tmp_path: Path) -> None:
    platform = Platform(decides_later=True)
    with receiving(platform) as url:
        site = site_at(tmp_path, url, batch_rows=2)
        for number in range(1, 4):
            save(store, number, replace(LICENCE, document_number=f"{number}号"))
        first = publish(store, site, NIGHTS[0])["anhui"]
        assert (first.sent, first.accepted, states(store)) == (3, 0, Counter(sent=3))
        assert publish(store, site, NIGHTS[1])["anhui"].sent == 0
        platform.public[record_key("licence", 2)] = {}  # somebody else has published it
        platform.decide()
        third = publish(store, site, NIGHTS[2])["anhui"]
        assert (third.accepted, third.rejected, third.sent) == (2, 1, 0)
        agree(store, platform)
        (refused,) = due(store, site, NIGHTS[2].as_of.date())
        assert (refused.record_id, refused.state, refused.reason) == (2, "rejected", "系统已存在该记录")
        platform.public.pop(record_key("licence", 2))
        with writing(store) as connection:
            assert send_again(connection, "anhui", "2号") == 1
        publish(store, site, NIGHTS[3])
        platform.decide()
        publish(store, site, NIGHTS[4])
    assert states(store) == Counter(accepted=3, superseded=1)
    assert set(platform.public) == {record_key("licence", n) for n in (1, 2, 3)}


def test_what_a_platform_had_and_now_denies_is_told(store: Engine, tmp_path: Path) -> None:
    """It goes on counting as sent: by itself it does not go out twice."""
    platform = Platform(decides_later=True)
    with receiving(platform) as url:
        site = three_are_sent(store, tmp_path, url)
        _, *forgotten = map(key, submissions(store))
        for one in forgotten:
            del platform.kept[one]
        platform.decide()
        with capture_logs() as told:
            assert publish(store, site, NIGHTS[1])["anhui"].sent == 0
    assert states(store) == Counter(accepted=1, sent=2)
    (denied,) = [event for event in told if "查询不到" in event["event"]]
    assert (denied["log_level"], denied["rows"], denied["first"]) == ("warning", 2, min(forgotten))


def test_what_a_person_found_out_to_be_lost_goes_out_again(store: Engine, tmp_path: Path) -> None:
    """The others go on waiting; what has been answered cannot be lost."""
    platform = Platform(decides_later=True)
    with receiving(platform) as url:
        site = three_are_sent(store, tmp_path, url)
        platform.kept.clear()
        say_lost(store, site, "2号")
        platform.decides_later = False
        assert publish(store, site, NIGHTS[1])["anhui"].accepted == 1
        with pytest.raises(CreditSyncError, match="没有已报送、待回执的一条"):
            say_lost(store, site, "2号")
    assert states(store) == Counter(sent=2, superseded=1, accepted=1)
    assert [kept.row["XK_WSH"] for kept in platform.kept.values()] == ["2号"]
    with store.connect() as connection:
        (noted,) = audit.entries(connection, action="lost")
    assert (noted.who, noted.detail["reason"]) == ("张科", "平台来电")


def three_are_sent(store: Engine, folder: Path, url: str) -> Settings:
    """The documents 1号 to 3号, in the first night."""
    site = site_at(folder, url)
    for number in range(1, 4):
        save(store, number, replace(LICENCE, document_number=f"{number}号"))
    publish(store, site, NIGHTS[0])
    return site


def say_lost(store: Engine, site: Settings, document: str) -> None:
    with writing(store) as connection:
        outboxes = outboxes_of(site, "anhui", NIGHTS[0].as_of.date())
        found = by_hand.find(connection, outboxes, by_hand.lost, document, "")
        by_hand.lost(connection, found, Order("张科", "平台来电"), NIGHTS[0])


def test_a_platform_that_is_away_gets_everything_once_when_it_is_back(store: Engine, tmp_path: Path) -> None:
    save(store, 1, LICENCE)
    away = site_at(tmp_path, "http://127.0.0.1:9/rows", retries=1)
    assert "对方没有在这个端口提供服务" in publish(store, away, NIGHTS[0])["anhui"].problem
    (item,) = due(store, away, NIGHTS[0].as_of.date())
    assert item.state == "sending"
    platform = Platform()
    with receiving(platform) as url:
        assert publish(store, site_at(tmp_path, url), NIGHTS[1])["anhui"].accepted == 1
        assert [request.path for request in platform.requests] == ["/rows/receipts", "/rows"], "asked first"
    agree(store, platform)


def test_a_platform_that_refuses_a_request_gets_it_again_the_next_night(store: Engine, tmp_path: Path) -> None:
    platform = Platform(check=lambda _: False)
    save(store, 1, LICENCE)
    with receiving(platform) as url:
        site = site_at(tmp_path, url)
        counts = publish(store, site, NIGHTS[0])["anhui"]
        assert "返回状态 403" in counts.problem
        assert "核对密钥" in counts.problem
        assert len(platform.requests) == 1, "what is refused is not tried again at once"
        platform.check = lambda _: True
        assert publish(store, site, NIGHTS[1])["anhui"].accepted == 1
    agree(store, platform)


def test_a_platform_that_keeps_failing_is_asked_every_time_and_then_left_alone(
    store: Engine, tmp_path: Path
) -> None:
    platform = Platform(lambda number: "" if number % 2 else "failed")
    save(store, 1, LICENCE)
    with receiving(platform) as url:
        counts = publish(store, site_at(tmp_path, url, retries=2), NIGHTS[0])["anhui"]
    assert "没有得到平台的答复" in counts.problem
    assert [request.path for request in platform.requests] == ["/rows/receipts", "/rows"] * 3


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"errorCode": "500", "errorMsg": "目录编码不存在"}, "errorCode = 500）：目录编码不存在"),
        ({"errorCode": "200"}, "rows 不是行的列表"),
        ({"errorCode": "200", "rows": [{"SOURCEKEY": "anhui/licence/1/1", "status": "9"}]}, "没有写明它的意思"),
        ([], "没有给出成功的答复"),
    ],
)
def test_what_is_no_answer_is_never_taken_for_one(store: Engine, tmp_path: Path, answer: Any, why: str) -> None:
    save(store, 1, LICENCE)
    with serve(lambda _: json_answer(answer)) as server:
        counts = publish(store, site_at(tmp_path, server.url, retries=1), NIGHTS[0])["anhui"]
    assert why in counts.problem
    assert states(store) == Counter(sending=1)


def test_without_a_way_to_know_nothing_is_sent(store: Engine, tmp_path: Path) -> None:
    save(store, 1, LICENCE)
    platform = Platform()
    with receiving(platform) as url:
        site = site_at(tmp_path, url, receipts_url=None).model_copy(update={"mappings": without_memory(tmp_path)})
        assert "断线后无法知道" in publish(store, site, NIGHTS[0])["anhui"].problem
    assert not platform.requests


XML_MAPPING = """
title = "XML 接口"
provenance = "made up"
format = "xml"
names = { XK_XDR_MC = "name" }
[request]
rows = "batch.rows.row"
key = "key"
action = "action"
actions = { add = "insert", correct = "update", withdraw = "delete" }
texts = { "batch.head.number" = "{batch}", "batch.head.kind" = "{kind}", "batch.head.day" = "{date}" }
[answer]
success = { path = "code", values = ["0"] }
rows = "refused.row"
listed = "rejected"
key = "key"
reason = "why"
[question]
keys = "question.key"
[question.answer]
success = { path = "code", values = ["0"] }
rows = "rows.row"
key = "key"
state = "state"
accepted = ["y"]
rejected = ["n"]
"""


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "hmac-sm3", "sm3"])
def test_xml_and_a_signature_over_query_and_body(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: Any
) -> None:
    monkeypatch.setenv("PLATFORM_SECRET", "s3cret")
    (without_memory(tmp_path) / "channels" / "xml.toml").write_text(XML_MAPPING, "utf-8")
    for number in (1, 2):
        save(store, number, replace(LICENCE, document_number=f"<{number}>&号"))
    got: list[Request] = []

    def respond(request: Request) -> Answer:
        got.append(request)
        if len(got) == 1:
            return Answer(b"<answer><code>0</code><rows></rows></answer>")
        if len(got) == 2:
            raise ConnectionResetError
        first, second = map(key, submissions(store))
        if b"<question>" in request.body:
            rows = f"<rows><row><key>{first}</key><state>y</state></row></rows>"
            return Answer(f"<answer><code>0</code>{rows}</answer>".encode())
        refused = f"<row><key>{second}</key><why>重复 &amp; 无效</why></row>"
        return Answer(f"<answer><code>0</code><refused>{refused}</refused></answer>".encode())

    auth = SignedAuth(style="signed", algorithm=algorithm, key="demo", secret_env="PLATFORM_SECRET")
    with serve(respond) as server:
        site = site_at(tmp_path, f"{server.url}?version=1", "xml", auth=auth, receipts_url=server.url)
        site = site.model_copy(update={"mappings": tmp_path / "mappings"})
        counts = publish(store, site, NIGHTS[0])["anhui"]
    assert (counts.accepted, counts.rejected, counts.problem) == (1, 1, "")
    assert [s.reason for s in submissions(store)] == ["", "重复 & 无效"]
    asked, sent, question, again = got
    assert asked.body == question.body
    for request in got:
        digest = hashlib.new("sm3" if "sm3" in algorithm else "sha256", request.body).hexdigest()
        signed = {name: value for name, value in request.query.items() if name != "sign"}
        assert (signed["digest"], signed["appKey"]) == (digest, "demo")
        assert request.query["sign"] == signature(string_to_sign(signed), algorithm, "s3cret")
    assert sent.query["version"] == again.query["version"] == "1"
    keys = [key.text for key in ElementTree.fromstring(question.body).findall("key")]
    assert keys == [key(found) for found in submissions(store)]
    assert [row.findtext("key") for row in ElementTree.fromstring(again.body).findall("rows/row")] == keys[1:]
    root = ElementTree.fromstring(sent.body)
    assert [root.findtext(f"head/{name}") for name in ("number", "kind", "day")] == ["1", "licence", "2018-11-30"]
    rows = root.findall("rows/row")
    assert [row.findtext("XK_WSH") for row in rows] == ["<1>&号", "<2>&号"]
    assert [row.findtext("name") for row in rows] == [LICENCE.subject.name] * 2
    assert {row.findtext("action") for row in rows} == {"insert"}


def test_a_mapping_that_renames_a_field_that_is_none_is_refused(store: Engine, tmp_path: Path) -> None:
    wrong = XML_MAPPING.replace("XK_XDR_MC", "XK_XDR_MX")
    (without_memory(tmp_path) / "channels" / "xml.toml").write_text(wrong, "utf-8")
    site = site_at(tmp_path, "http://127.0.0.1:9/", "xml").model_copy(update={"mappings": tmp_path / "mappings"})
    save(store, 1, LICENCE)
    assert "names.XK_XDR_MX: 双公示 2018 版没有这个字段" in publish(store, site, NIGHTS[0])["anhui"].problem


def test_check_asks_a_platform_without_sending_anything(tmp_path: Path) -> None:
    platform = Platform()
    with receiving(platform) as url:
        site = site_at(tmp_path, url)
        assert probe(site, "anhui").endswith("数据上报接口，平台有答复")
        assert not platform.kept
        platform.check = lambda _: False
        with pytest.raises(CreditSyncError, match="403"):
            probe(site, "anhui")


@pytest.mark.parametrize(
    ("was", "becomes", "why"),
    [
        ('rejected = ["2"]', 'rejected = ["1"]', "相同的值"),
        ('rejected = ["2"]\n', "", "rejected"),
        ("{batch}", "{number}", "没有 {number}"),
        ("{batch}", "{batch", "大括号"),
        ('format = "json"', 'format = "xml"', "XML 的路径"),
        ("tableCode =", '"body.total" =', "body 和 body.total 不能并存"),
        ("[question.answer]", '[question.answer]\nlisted = "rejected"', "没有列出"),
    ],
)
def test_a_mapping_says_what_is_wrong_with_it(tmp_path: Path, was: str, becomes: str, why: str) -> None:
    (tmp_path / "channels").mkdir()
    text = (MAPPINGS / "channels" / "rows_api.toml").read_text("utf-8")
    assert was in text
    (tmp_path / "channels" / "wrong.toml").write_text(text.replace(was, becomes), "utf-8")
    with pytest.raises(SettingsError, match=re.escape(why)):
        load_api_mapping(tmp_path, "wrong")
