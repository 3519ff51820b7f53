"""Lists that can only be asked: a platform that misbehaves in every way, and nobody who is clear without an answer."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from asked_world import LI, WANG, ZHANG, AskedWorld, entry, found, nothing
from servers import Answer, Request, Server, json_answer, serve
from sqlalchemy import Engine

from credit_sync.errors import SettingsError
from credit_sync.lookup import ground, subject_asked_for, why_unknown
from credit_sync.pulling import asking
from credit_sync.pulling.pull import make_readers
from credit_sync.screening.index_files import open_index
from credit_sync.screening.screen import screen
from credit_sync.sources import download
from credit_sync.store import ledger
from credit_sync.store.quarantine import waiting
from credit_sync.store.questions import brought_by_others
from credit_sync.store.schema import flag, listing, question_listing, record_history, source_version, stage

Platform = Callable[[Request], Answer]


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> Callable[..., Any]:
    @contextmanager
    def make(respond: Platform, **options: Any) -> Iterator[tuple[AskedWorld, Server]]:
        with serve(respond) as server:
            yield AskedWorld(engine, tmp_path / "world", server.url, options), server

    return make


def only(who: tuple[str, str], *rows: dict[str, Any]) -> Platform:
    """A platform that has records of one person and none of others."""
    return lambda request: found(*rows) if request.query.get("sfzh") == who[1] else nothing()


def html(text: str = "<html><body>请登录</body></html>", status: int = 200) -> Answer:
    return Answer(text.encode(), status, {"Content-Type": "text/html"})


GOOD = json.dumps({"code": 200, "data": [entry(ZHANG, "1号")]}, ensure_ascii=False)

NO_ANSWERS: dict[str, tuple[Answer, str]] = {
    "empty body": (Answer(b""), "空的"),
    "blank body": (Answer(b" \r\n "), "空的"),
    "null": (Answer(b"null"), "没有给出成功的答复"),
    "true": (Answer(b"true"), "没有给出成功的答复"),
    "rows are null": (json_answer({"code": 200, "data": None}), "没有 data"),
    "rows are missing": (json_answer({"code": 200}), "没有 data"),
    "rows are a text": (json_answer({"code": 200, "data": "无"}), "没有 data"),
    "rows are empty, which nobody explained": (json_answer({"code": 200, "data": []}), "设置里没有写明"),
    "a row is null": (json_answer({"code": 200, "data": [None]}), "未能读取"),
    "a row is empty": (json_answer({"code": 200, "data": [{}]}), "未能读取"),
    "a row is no row": (json_answer({"code": 200, "data": [7]}), "未能读取"),
    "an error code": (json_answer({"code": 500, "message": "系统繁忙", "data": []}), "系统繁忙"),
    "no code": (json_answer({"data": []}), "没有给出成功的答复"),
    "no record, and records": (json_answer({"code": 404, "data": [entry(ZHANG, "1号")]}), "却带有记录"),
    "a login page": (html(), "网页"),
    "a refusal": (Answer(b"", 403), "403"),
    "a redirect": (Answer(b"", 302, {"Location": "/login"}), "302"),
    "an error for ever": (Answer(b"", 500), "500"),
    "truncated JSON": (Answer(GOOD.encode()[:-3]), "不是完整的 JSON"),
    "a broken answer": (Answer(GOOD.encode(), announce=9999), "中途断开"),
    "an unreadable encoding": (Answer(GOOD.encode()[:40] + b"\xff\xfe\x80\xff" + GOOD.encode()[40:]), "JSON"),
    "no answer in time": (Answer(b'{"code":404}', drip_headers=True, drip=0.2), "没有传完"),
    "silence after the start": (Answer(b'{"code":404}' * 5, drip=0.7), "超时"),
}


@pytest.mark.parametrize("kind", NO_ANSWERS)
def test_what_is_no_answer_clears_nobody(world: Any, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, why = NO_ANSWERS[kind]
    monkeypatch.setattr(download, "WHOLE_ANSWER", 4)
    patience = {"timeout_seconds": 0.5} if bad.drip else {}
    answer = lambda request: bad if request.query["sfzh"] == ZHANG[1] else nothing()  # noqa: E731
    with world(answer, retries=0, **patience) as (w, _):
        w.apply(ZHANG, LI)
        pulled = w.run()
        assert w.verdicts() == {ZHANG[0]: "unverifiable", LI[0]: "clear"}
        assert w.reasons()[ZHANG[0]].startswith("科研失信名单未能查询：")
        assert why in w.reasons()[ZHANG[0]]
        assert (pulled.state, w.states()) == ("failed", ["none", "unknown"])
        assert "1 个没有得到答复" in pulled.problem
        assert ZHANG[1] not in str(w.reasons()) + pulled.problem


def test_records_become_listings_and_are_scored_like_any_other(world: Any) -> None:
    with world(only(ZHANG, entry(ZHANG, "1号"), entry(("胡不归", LI[1][:10] + "****" + LI[1][-4:]), "2号"))) as (
        w,
        _,
    ):
        w.apply(ZHANG, WANG)
        assert w.run().state == "accepted"
        assert w.in_force() == ["1号", "2号"]
        assert w.verdicts() == {ZHANG[0]: "confirmed", WANG[0]: "clear"}
        assert len(w.rows(flag, "id")) == 1


def test_an_answer_about_somebody_else_is_not_believed(world: Any) -> None:
    with world(lambda _: found(entry(WANG, "9号"))) as (w, _server):
        w.apply(ZHANG, LI, WANG)
        w.run()
        assert w.verdicts() == {ZHANG[0]: "clear", LI[0]: "clear", WANG[0]: "confirmed"}
        assert w.in_force() == ["9号"]


def test_errors_that_pass_are_tried_again(world: Any) -> None:
    with world(lambda request: Answer(b"", 503) if request.number % 2 else nothing()) as (w, server):
        w.apply(ZHANG, LI)
        assert w.run().state == "accepted"
        assert len(server.requests) == 4
        assert w.verdicts() == {ZHANG[0]: "clear", LI[0]: "clear"}


def test_equal_subjects_are_one_question_and_answers_are_kept(world: Any) -> None:
    with world(only(ZHANG, entry(ZHANG, "1号")), cache_days=7) as (w, server):
        w.apply(ZHANG, ZHANG, LI)
        w.run()
        assert len(server.requests) == 2
        w.run(days=6)
        assert len(server.requests) == 2
        assert w.verdicts()[LI[0]] == "clear"
        w.run()
        assert len(server.requests) == 4
        counts = w.rows(stage, "run_id", "name", "part", "counts")
        asked = [c["asked"] for _, name, part, c in counts if (name, part) == ("pull", "misconduct")]
        assert asked == [2, 0, 2]


def test_an_answer_that_is_too_old_clears_nobody(world: Any) -> None:
    answers: dict[str, Answer] = {"now": nothing()}
    with world(lambda _: answers["now"]) as (w, _):
        w.apply(ZHANG)
        w.run()
        answers["now"] = Answer(b"", 500)
        assert w.run(days=8).state == "failed"
        assert w.verdicts() == {ZHANG[0]: "unverifiable"}
        answers["now"] = nothing()
        w.run()
        assert w.verdicts() == {ZHANG[0]: "clear"}


def test_an_answer_of_a_clock_that_was_set_back_clears_nobody_and_is_asked_again(world: Any) -> None:
    answers: dict[str, Answer] = {"now": nothing()}
    with world(lambda _: answers["now"], cache_days=7) as (w, server):
        w.apply(ZHANG)
        w.run(days=5)
        answers["now"] = Answer(b"", 500)
        w.night -= 4
        screen(w.engine, w.settings, ledger.begin(w.engine, w.as_of, {}))
        assert w.verdicts() == {ZHANG[0]: "unverifiable"}
        assert "晚于现在" in w.reasons()[ZHANG[0]]
        answers["now"] = nothing()
        before = len(server.requests)
        w.run()
        assert (len(server.requests), w.verdicts()) == (before + 1, {ZHANG[0]: "clear"})


def test_a_look_up_of_a_name_that_may_be_a_persons_is_unknown_where_persons_are_asked_about(world: Any) -> None:
    with world(lambda _: nothing(), ask=["person"]) as (w, _):
        w.apply(ZHANG)
        w.run()
        with w.engine.connect() as connection:
            index = open_index(connection, w.settings.path(w.settings.store.index))
            rests_on = ground(connection, w.settings, w.as_of, index)
            for name, unknown in (("艾力亚尔吐尔洪", True), ("张三", True), ("合肥瀚云精密传动有限公司", False)):
                subject = subject_asked_for(name, "", "", w.as_of.date())
                assert bool(why_unknown(connection, subject, rests_on)) is unknown


def test_a_changed_number_is_another_question(world: Any) -> None:
    with world(only(LI, entry(LI, "3号"))) as (w, server):
        w.apply((LI[0], ZHANG[1]))
        w.run()
        assert w.verdicts() == {LI[0]: "clear"}
        w.apply(LI)
        w.run()
        assert w.verdicts() == {LI[0]: "confirmed"}
        assert len(server.requests) == 2
        assert w.states() == ["answered"]


def test_other_settings_make_old_answers_worth_nothing(world: Any) -> None:
    with world(lambda _: json_answer({"code": 200, "data": []}), empty_is_no_record=True) as (w, _):
        w.apply(ZHANG)
        w.run()
        assert w.verdicts() == {ZHANG[0]: "clear"}
        w.options = {}
        w.run()
        assert w.verdicts() == {ZHANG[0]: "unverifiable"}


def test_what_no_longer_comes_is_removed_unless_another_question_brings_it(world: Any) -> None:
    both = [entry(ZHANG, "1号"), entry(ZHANG, "2号"), entry(LI, "3号"), entry(LI, "4号")]
    rows = {ZHANG[1]: both[:3], LI[1]: both[2:]}
    with world(lambda request: found(*r) if (r := rows[request.query["sfzh"]]) else nothing()) as (w, _):
        w.apply(ZHANG, LI)
        w.run()
        assert w.in_force() == ["1号", "2号", "3号", "4号"]
        rows[ZHANG[1]] = both[:1]
        w.run(days=8)
        assert w.in_force() == ["1号", "3号", "4号"]
        changes = w.rows(record_history, "record", "record_id", "version", "change")
        assert [c[1:] for c in changes if c[0] == "listing" and c[3] == "removed"] == [(2, 2, "removed")]


def test_a_platform_that_forgets_everybody_is_not_believed(world: Any) -> None:
    answers = {number: found(entry(("甲", number), number[-4:])) for _, number in (ZHANG, LI, WANG)}
    with world(lambda request: answers[request.query["sfzh"]]) as (w, _):
        w.apply(ZHANG, LI, WANG)
        w.run()
        assert len(w.in_force()) == 3
        answers = dict.fromkeys(answers, nothing())
        pulled = w.run(days=8)
        assert "--accept-shrink" in pulled.problem
        assert len(w.in_force()) == 2
        assert w.states() == ["none", "unknown", "unknown"]
        assert w.run(accept_shrink=True).state == "accepted"
        assert w.in_force() == []


def test_asking_in_another_way_is_a_renewal(world: Any) -> None:
    """A setting that takes everything for "no record" cannot empty the list, and one that works keeps it."""
    answers = {number: found(entry(("甲", number), number[-4:])) for _, number in (ZHANG, LI, WANG)}
    with world(lambda request: answers[request.query["sfzh"]]) as (w, _):
        w.apply(ZHANG, LI, WANG)
        w.run()
        w.options = {"parameters": {"sfzh": "{citizen_id}"}}
        w.run()
        assert (w.states(), len(w.in_force())) == (["answered"] * 3, 3)
        w.options = {"parameters": {"sfzh": "{citizen_id}", "v": "2"}}
        answers = dict.fromkeys(answers, nothing())
        assert "--accept-shrink" in w.run().problem
        assert len(w.in_force()) == 2
        w.run(accept_shrink=True)
        assert (w.states(), w.in_force()) == (["none"] * 3, [])


def test_rows_in_quarantine_make_the_answer_unknown(world: Any) -> None:
    rows = [entry(ZHANG, "1号"), entry(("", ZHANG[1]), "2号")]
    with world(lambda _: found(*rows)) as (w, _):
        w.apply(ZHANG)
        pulled = w.run()
        assert (pulled.counts.added, pulled.counts.quarantined) == (1, 1)
        assert w.states() == ["unknown"]
        with w.engine.connect() as connection:
            assert waiting(connection) == {"misconduct": 1}
        rows[1] = entry(ZHANG, "2号")
        assert w.run().state == "accepted"
        assert w.in_force() == ["1号", "2号"]
        with w.engine.connect() as connection:
            assert waiting(connection) == {}


def test_rows_that_contradict_each_other_make_the_answer_unknown(world: Any) -> None:
    with world(lambda _: found(entry(ZHANG, "1号"), entry(ZHANG, "1号", sy="抄袭"))) as (w, _):
        w.apply(ZHANG)
        w.run()
        assert (w.states(), w.in_force()) == (["unknown"], ["1号"])


def test_a_failing_platform_is_left_alone(world: Any) -> None:
    people = [(f"张{n}", "") for n in range(60)]
    with world(lambda _: Answer(b"", 500), parameters={"xm": "{name}"}, stop_after=3, retries=0) as (w, server):
        w.apply(*people)
        pulled = w.run()
        assert len(server.requests) == 3
        assert "已停止查询（57 个）" in pulled.problem
        assert set(w.verdicts().values()) == {"unverifiable"}
        assert w.rows(source_version, "source")[0] == ("people",)


def test_a_limit_is_no_failure_and_starves_nobody(world: Any) -> None:
    people = [(f"张{n}", "") for n in "甲乙丙丁戊"]
    with world(lambda _: nothing(), parameters={"xm": "{name}"}, most_per_run=2) as (w, server):
        w.apply(*people)
        assert w.run().state == "accepted"
        assert w.states() == ["none", "none", "waiting", "waiting", "waiting"]
        assert sorted(w.verdicts().values()) == ["clear", "clear", *["unverifiable"] * 3]
        w.run()
        w.run()
        assert [request.query["xm"] for request in server.requests] == [name for name, _ in people]
        assert set(w.verdicts().values()) == {"clear"}


def test_the_rate_holds_for_tries_as_well(world: Any) -> None:
    with world(lambda _: Answer(b"", 500), rate_per_second=20, retries=2, stop_after=2) as (w, server):
        w.apply(ZHANG, LI)
        started = time.monotonic()
        w.run()
        assert len(server.requests) == 6
        assert time.monotonic() - started >= 5 / 20


def test_a_subject_without_number_cannot_be_asked_about(world: Any) -> None:
    with world(lambda _: nothing()) as (w, server):
        w.apply(("张砚秋", ""), ("李观澜", "3401001902****0014"))
        assert w.run().state == "accepted"
        assert server.requests == []
        assert set(w.verdicts().values()) == {"unverifiable"}
        assert "缺少身份证号码" in w.reasons()["张砚秋"]
        assert "缺少完整的身份证号码" in w.reasons()["李观澜"]


def test_no_record_of_a_wrong_number_proves_nothing(world: Any) -> None:
    wrong = ("张砚秋", "340100190001040010")
    with world(lambda _: nothing()) as (w, server):
        w.apply(wrong)
        assert w.run().state == "accepted"
        assert w.verdicts() == {"张砚秋": "unverifiable"}
        assert "不足为凭" in w.reasons()["张砚秋"]
        w.run()
        assert len(server.requests) == 1


def test_only_the_roles_and_kinds_that_the_settings_name_are_asked_about(world: Any) -> None:
    with world(lambda _: nothing(), roles=["member"]) as (w, server):
        w.apply(ZHANG)
        assert w.run().state == "accepted"
        assert (server.requests, w.verdicts()) == ([], {ZHANG[0]: "clear"})


def test_an_applicant_who_is_gone_takes_the_question_along(world: Any) -> None:
    with world(lambda request: found(entry(ZHANG, "1号")) if request.query["sfzh"] == ZHANG[1] else nothing()) as (
        w,
        _,
    ):
        w.apply(ZHANG, LI, WANG)
        w.run()
        w.apply(LI, WANG)
        w.run()
        assert (w.states(), w.in_force()) == (["none", "none"], [])


def test_a_hit_stays_while_a_corrected_subject_is_unknown(world: Any) -> None:
    answers: dict[str, Answer] = {ZHANG[0]: found(entry(ZHANG, "1号")), "张砚秌": Answer(b"", 500)}
    with world(lambda request: answers[request.query["xm"]]) as (w, _):
        w.apply(ZHANG)
        w.run()
        w.apply(("张砚秌", ZHANG[1]))
        w.run()
        assert w.in_force() == ["1号"]
        assert None in [closed for (closed,) in w.rows(flag, "closed_at")]
        assert w.verdicts()["张砚秌"] not in ("clear", "unverifiable")
        answers["张砚秌"] = nothing()
        w.run()
        assert w.in_force() == []


def test_the_hit_of_an_applicant_who_is_gone_does_not_stay_for_ever(world: Any) -> None:
    """Although another question is never answered; after `max_age_days` of the mapping, here 30."""
    answers = {ZHANG[1]: found(entry(ZHANG, "1号")), LI[1]: Answer(b"", 500)}
    with world(lambda request: answers[request.query["sfzh"]], retries=0) as (w, _):
        w.apply(ZHANG, LI)
        w.run()
        w.apply(LI)
        w.run(days=29)
        assert w.in_force() == ["1号"]
        w.run()
        assert (w.states(), w.in_force()) == (["unknown"], [])


def test_screening_alone_counts_the_age_of_answers(world: Any) -> None:
    with world(lambda _: nothing(), cache_days=7) as (w, _):
        w.apply(ZHANG)
        w.run()
        for days, verdict in ((6, "clear"), (1, "unverifiable")):
            w.night += days
            screen(w.engine, w.settings, ledger.begin(w.engine, w.as_of, {}))
            assert w.verdicts() == {ZHANG[0]: verdict}
        assert "已过有效期" in w.reasons()[ZHANG[0]]


def test_a_missing_secret_stops_only_this_source(world: Any) -> None:
    auth = {"style": "bearer", "token_env": "NO_SUCH_TOKEN"}
    with world(lambda _: nothing(), auth=auth) as (w, _):
        w.apply(ZHANG)
        pulled = w.run()
        assert pulled.state == "failed"
        assert "NO_SUCH_TOKEN" in pulled.problem
        assert w.verdicts() == {ZHANG[0]: "unverifiable"}


def test_a_mapping_that_is_of_no_list_is_refused(world: Any) -> None:
    with world(lambda _: nothing(), mapping="applicants") as (w, _), pytest.raises(SettingsError, match="listing"):
        make_readers(w.settings)


# --- shapes of real interfaces --------------------------------------------------------------------------------


def test_value_in_the_path_and_doubly_escaped_json(world: Any) -> None:
    """As the Quanzhou sharing cloud answers: a JSON text inside a JSON text, empty data for no record."""
    inner = {ZHANG[1]: {"code": "0", "data": [entry(ZHANG, "1号")]}, LI[1]: {"code": "0", "data": []}}

    def respond(request: Request) -> Answer:
        return json_answer(json.dumps(inner[request.path.rsplit("/", 1)[1]], ensure_ascii=False))

    options = {"parameters": {}, "escaped": [""], "success": {"path": "code", "values": ["0"]}}
    with world(respond, no_record=None, empty_is_no_record=True, **options) as (w, server):
        w.url = f"{server.url}/{{citizen_id}}"
        w.apply(ZHANG, LI)
        assert w.run().state == "accepted"
        assert w.verdicts() == {ZHANG[0]: "confirmed", LI[0]: "clear"}
        inner[LI[1]] = {"code": "0", "data": ""}  # type: ignore[dict-item]
        w.run(days=8)
        assert w.verdicts()[LI[0]] == "unverifiable"


def test_md5_over_key_secret_and_time_in_a_form(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Zhejiang's database of legal persons asks for it."""
    monkeypatch.setenv("PLATFORM_SECRET", "s3")
    auth = {"style": "signed", "algorithm": "md5", "key": "app", "secret_env": "PLATFORM_SECRET"}
    auth |= {"text": "{key}{secret}{timestamp}", "timestamp_parameter": "requestTime"}

    def respond(request: Request) -> Answer:
        sent = dict(parse_qsl(request.body.decode()))
        expected = hashlib.md5(f"apps3{sent['requestTime']}".encode()).hexdigest()
        return nothing() if sent["sign"] == expected and sent["xm"] == ZHANG[0] else Answer(b"", 401)

    with world(respond, method="POST", auth=auth) as (w, server):
        w.apply(ZHANG)
        assert w.run().state == "accepted"
        assert server.requests[0].query == {}


def test_a_token_got_with_a_signature(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the Quanzhou sharing cloud asks for it: MD5 over secret and time, then `Authorization: Basic TOKEN`."""
    monkeypatch.setenv("PLATFORM_SECRET", "s3")
    signature = {"style": "signed", "algorithm": "md5", "key": "app", "secret_env": "PLATFORM_SECRET"}
    signature |= {"text": "{secret}{timestamp}", "key_parameter": "app_key"}
    tokens: list[str | None] = ["T1"]

    def respond(request: Request) -> Answer:
        if request.path == "/token":
            expected = hashlib.md5(f"s3{request.query['timestamp']}".encode()).hexdigest()
            assert (request.query["app_key"], request.query["sign"]) == ("app", expected)
            return json_answer({"data": {"access_token": tokens[0]}})
        return nothing() if request.headers.get("Authorization") == "Basic T1" else Answer(b"", 401)

    with world(respond) as (w, server):
        token_url = server.url.replace("/rows", "/token")
        auth = {"style": "token", "url": token_url, "signed": signature, "token": "data.access_token"}
        w.options = {"auth": auth | {"prefix": "Basic "}, "cache_days": 0.5}
        w.apply(ZHANG, LI)
        assert w.run().state == "accepted"
        assert [request.path for request in server.requests] == ["/token", "/rows", "/rows"]
        for bad in ("", None):
            tokens[0] = bad
            assert "令牌接口的答复里没有 data.access_token" in w.run().problem
            assert set(w.verdicts().values()) == {"unverifiable"}


def test_json_body_and_blank_optional_parameters(world: Any) -> None:
    sent: list[Any] = []

    def respond(request: Request) -> Answer:
        sent.append(json.loads(request.body))
        return nothing()

    parameters = {"xm": "{name}", "sfzh": "{citizen_id}", "type": "all"}
    with world(respond, method="POST", body="json", optional=["citizen_id"], parameters=parameters) as (w, _):
        w.apply(ZHANG, ("无名氏", ""))
        w.run()
        assert sent == [{"xm": ZHANG[0], "sfzh": ZHANG[1], "type": "all"}, {"xm": "无名氏", "type": "all"}]


def test_xml_in_gbk_and_questions_in_gbk(world: Any) -> None:
    """As Chongqing's 红黑名单 answers."""

    def respond(request: Request) -> Answer:
        row = f"<data><xm>{ZHANG[0]}</xm><sfzh>{ZHANG[1]}</sfzh><wh>1号</wh></data>"
        asked = dict(parse_qsl(request.body.decode("ascii"), encoding="gb18030"))
        code, rows = ("200", row) if asked["xm"] == ZHANG[0] else ("404", "")
        text = f"<?xml version='1.0' encoding='GBK'?><rs><code>{code}</code>{rows}</rs>"
        return Answer(text.encode("gb18030"))

    with world(respond, method="POST", format="xml", encoding="gb18030") as (w, _):
        w.apply(ZHANG, LI)
        assert w.run().state == "accepted"
        assert w.verdicts() == {ZHANG[0]: "confirmed", LI[0]: "clear"}


def test_utf8_under_a_wrong_header_is_read_as_utf8(world: Any) -> None:
    answer = Answer(GOOD.encode(), headers={"Content-Type": "application/json; charset=GBK"})
    with world(lambda _: answer) as (w, _):
        w.apply(ZHANG)
        w.run()
        assert w.verdicts() == {ZHANG[0]: "confirmed"}


# --- a night that is killed -----------------------------------------------------------------------------------


def test_more_questions_are_forgotten_than_a_statement_takes_parameters(engine: Engine) -> None:
    """Other settings, and every question of seventy thousand applicants is one that nobody asks any more."""
    rows = [("a", "0", 1), ("a", "other", 1), ("a", "1", 2), ("b", "other", 2)]
    with engine.begin() as connection:
        connection.execute(
            question_listing.insert(),
            [{"source": source, "digest": digest, "listing_id": number} for source, digest, number in rows],
        )
        forgotten = [str(number) for number in range(70_000)]
        assert brought_by_others(connection, "a", forgotten, {1, 2}) == {1}


def test_a_stopped_night_goes_on(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was committed is not asked again, and the night ends with the counts of an undisturbed one."""
    monkeypatch.setattr(asking, "BLOCK", 2)
    people = [(f"张{n}", "") for n in range(7)]
    blow = ["the fifth question"]

    def respond(request: Request) -> Answer:
        return found(entry((request.query["xm"], ""), request.query["xm"]))

    def progress(_source: str, done: int) -> None:
        if done == 5 and blow:
            blow.pop()
            raise KeyboardInterrupt

    with world(respond, parameters={"xm": "{name}"}) as (w, server):
        w.apply(*people)
        w.night = 1
        run = ledger.begin(w.engine, w.as_of, {})
        with pytest.raises(KeyboardInterrupt):
            w.pull(run, progress=progress)
        assert w.states() == ["answered"] * 4
        assert ledger.begin(w.engine, w.as_of, {}) == run
        pulled = w.pull(run)
        assert (pulled.state, pulled.counts.added, pulled.counts.pulled) == ("accepted", 7, 7)
        assert len(server.requests) == 5 + 3
        assert ("misconduct", 1, 7) in w.rows(source_version, "source", "version", "added")
        assert set(w.rows(listing, "changed_in")) == {(1,)}
        assert w.states() == ["answered"] * 7
