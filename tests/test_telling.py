"""Telling people: real mail over TLS, each letter once, nobody sees another's flags, no full number in any byte."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError
from sqlalchemy import select, update

from credit_sync import nightly
from credit_sync.errors import CreditSyncError
from credit_sync.nightly import NightOptions, dry_run_night, run_night
from credit_sync.reporting.summary import summarise
from credit_sync.settings import Settings
from credit_sync.store import ledger, schema
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.tell_settings import MailServer as MailSettings
from credit_sync.tell_settings import Tell
from credit_sync.telling.mail import probe
from credit_sync.telling.metrics import metrics
from credit_sync.telling.own_report import astray
from credit_sync.telling.tell import due, tell, tell_of_breakdown
from tests import publishing
from tests.desk_world import make_world
from tests.mail_server import PASSWORD, MailServer, mail_server
from tests.report_night import FULL_NUMBERS, SECOND, THIRD, Night, troubled_night, two_nights
from tests.servers import Answer, serve
from tests.stores import sqlite_store

OWN = {
    "高新技术处": ("鲍德全", "合肥瀚云精密传动有限公司", "1804a09020117", "李强", "安徽晶曜光伏科技有限公司"),
    "成果与奖励处": ("仰宗岱", "安徽环湖生态监测有限公司", "J2018-0043"),
    "农村科技处": (),
}
"""Whom a department's report names, of those that are flagged."""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("tell")
    return two_nights(folder, sqlite_store(folder))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with mail_server(tmp_path) as found:
        yield found


def site_of(night: Night, server: MailServer, **more: Any) -> Settings:
    departments = {name: [f"d{number}@kjt.example"] for number, name in enumerate(OWN)}
    told = {"mail": server.settings(), "departments": departments, "operators": ["ops@kjt.example"]}
    with writing(night.engine) as connection:
        connection.execute(schema.mail.delete())
        connection.execute(schema.stage.delete().where(schema.stage.c.name == "tell"))
    return night.settings.model_copy(update={"tell": Tell.model_validate(told | more)})


def send(night: Night, site: Settings, run: Run = SECOND) -> str:
    """The stage; its problem."""
    tell(night.engine, site, run, summarise(night.engine, site, run))
    with night.engine.connect() as connection:
        here = (schema.stage.c.run_id == run.id, schema.stage.c.name == "tell")
        return str(connection.scalar(select(schema.stage.c.problem).where(*here)) or "")


def content(letter: EmailMessage) -> str:
    """Everything that a letter says, its parts unpacked."""
    said = str(letter)
    for part in letter.walk():
        if part.is_multipart():
            continue
        raw = part.get_payload(decode=True)
        assert isinstance(raw, bytes)
        if part.get_filename("").endswith(".xlsx"):
            with zipfile.ZipFile(io.BytesIO(raw)) as book:
                said += "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
        else:
            said += raw.decode("utf-8")
    return said


# --- who gets what ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attachment", ["xlsx", "html"])
def test_a_department_gets_its_own_flags_and_no_others(night: Night, server: MailServer, attachment: str) -> None:
    site = site_of(night, server, attachment=attachment)
    assert send(night, site) == ""
    assert server.recipients == ["d2@kjt.example", "d1@kjt.example", "d0@kjt.example"]  # by department
    everybody = {name for names in OWN.values() for name in names}
    for letter in server.letters():
        department = next(name for name in OWN if f"（{name}）" in content(letter))
        said = content(letter)
        assert {name for name in everybody if name in said} == set(OWN[department])
        for other in OWN.keys() - {department}:
            assert other not in said
        for number in FULL_NUMBERS:
            assert number not in said
        assert [part.get_filename() for part in letter.iter_attachments()] == [f"预警报告-2018-12-04.{attachment}"]


def test_the_digest_counts_and_leads_to_the_desk(night: Night, server: MailServer) -> None:
    site = site_of(night, server, departments={"*": ["head@kjt.example"]})
    site = site.model_copy(update={"desk": site.desk.model_copy(update={"address": "https://credit.example"})})
    assert send(night, site) == ""
    (letter,) = server.letters()
    plain, page = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert page is not None
    waiting = re.search(r"待处理 (\d+) 条", plain.get_content())
    with night.engine.connect() as connection:
        open_ = connection.execute(select(schema.flag).where(schema.flag.c.closed_at.is_(None))).all()
    assert waiting and int(waiting[1]) == len(open_) > 3
    assert "新增 1 条，重新打开 0 条，关闭 1 条（自 2018-12-03 02:00 起）" in plain.get_content()
    assert f"<strong>{len(open_)}</strong>" in page.get_content()
    assert 'href="https://credit.example"' in page.get_content()
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime.replace(tzinfo=None) == SECOND.as_of


@pytest.mark.parametrize("most", [2_000_000, 1_000])
@pytest.mark.parametrize("address", ["https://credit.example.org", None])
def test_a_report_too_heavy_for_a_mail_is_at_the_desk(
    night: Night, server: MailServer, monkeypatch: pytest.MonkeyPatch, most: int, address: str | None
) -> None:
    """Without a desk the mail is the only way to it."""
    monkeypatch.setattr("credit_sync.telling.letters._MOST_ATTACHED", most)
    desk = night.settings.desk.model_copy(update={"address": address})
    site = site_of(night, server, departments={"*": ["all@kjt.example"]}).model_copy(update={"desk": desk})
    assert send(night, site) == ""
    (letter,) = server.letters()
    left_out = most == 1_000 and address is not None
    assert len(list(letter.iter_attachments())) == (not left_out)
    assert content(letter).count("没有随本邮件附上") == (2 if left_out else 0)


def test_the_digest_tells_of_a_list_that_was_refused(tmp_path: Path, server: MailServer) -> None:
    night = troubled_night(tmp_path, sqlite_store(tmp_path))
    assert send(night, site_of(night, server, departments={"*": ["head@kjt.example"]}, operators=[]), THIRD) == ""
    (letter,) = server.letters()
    assert "失信被执行人名单不能据此放行任何人：数据源 debtors 最近一次取到的名单没有采用" in content(letter)


def test_a_department_written_otherwise_is_noticed(night: Night, server: MailServer) -> None:
    site = site_of(night, server, departments={"高新处": ["d@kjt.example"], "成果与奖励处": ["e@kjt.example"]})
    with night.engine.connect() as connection:
        assert astray(connection, site) == [
            "处室 高新处 现在没有申报，请核对名称",
            "处室 农村科技处 没有收件人",
            "处室 高新技术处 没有收件人",
        ]
        assert astray(connection, site_of(night, server, departments={"*": ["d@kjt.example"]})) == []


def test_what_a_source_writes_stays_text(night: Night, server: MailServer) -> None:
    evil = "x</td><script>1</script>\r\nBcc: a@b.example"
    with writing(night.engine) as connection:
        kept = connection.execute(select(schema.applicant.c.id, schema.applicant.c.department)).all()
        connection.execute(update(schema.applicant).values(department=evil))
    try:
        site = site_of(night, server, departments={evil: ["d@kjt.example"]})
        assert send(night, site) == ""
    finally:
        with writing(night.engine) as connection:
            for number, name in kept:
                this = schema.applicant.c.id == number
                connection.execute(update(schema.applicant).where(this).values(department=name))
    (letter,) = server.letters()
    page = letter.get_body(("html",))
    assert page is not None
    assert letter["Bcc"] is None
    assert "<script>" not in page.get_content()


# --- each once ----------------------------------------------------------------------------------------------------


def test_a_second_run_of_the_day_sends_nothing_twice(night: Night, server: MailServer) -> None:
    site = site_of(night, server)
    assert (send(night, site), send(night, site)) == ("", "")
    later = replace(SECOND, id=9, as_of=SECOND.as_of + timedelta(hours=5))
    assert send(night, site, later) == ""
    assert len(server.taken) == 3
    tomorrow = Run(10, SECOND.as_of + timedelta(days=1))
    assert send(night, site, tomorrow) == ""
    assert len(server.taken) == 6
    assert "自 2018-12-04 02:00 起" in content(server.letters()[3]), "since the last digest"


def test_the_news_of_a_first_digest_that_did_not_arrive_are_in_the_next(
    tmp_path: Path, server: MailServer
) -> None:
    night = two_nights(tmp_path, sqlite_store(tmp_path))
    with writing(night.engine) as connection:
        ledger.stage_done(connection, SECOND, "report", "", {})
    site = site_of(night, server, departments={"*": ["head@kjt.example"]})
    server.refuses = lambda _: True
    assert "被邮件服务器拒收" in send(night, site)
    tomorrow = Run(10, SECOND.as_of + timedelta(days=1))
    assert "被邮件服务器拒收" in send(night, site, tomorrow)
    server.refuses = lambda _: False
    assert send(night, site, Run(11, SECOND.as_of + timedelta(days=2))) == ""
    (letter,) = server.letters()
    assert "新增 1 条，重新打开 0 条，关闭 1 条（自 2018-12-03 02:00 起）" in content(letter)


def test_a_line_cut_after_the_letter_sends_the_same_again(night: Night, server: MailServer) -> None:
    site = site_of(night, server, departments={"*": ["head@kjt.example"]})
    server.after_data = "drop"
    assert "连接中断" in send(night, site)
    server.after_data = ""
    assert send(night, site) == ""
    first, second = server.taken
    assert first == second, "byte for byte, so under one Message-ID"
    assert server.letters()[0]["Message-ID"]


def test_a_refused_recipient_keeps_nobody_else_waiting(night: Night, server: MailServer) -> None:
    site = site_of(night, server)
    server.refuses = lambda address: address.startswith("d1")
    problem = send(night, site)
    assert "d1@kjt.example：被邮件服务器拒收（550" in problem
    assert "核对收件人地址" in problem
    assert FULL_NUMBERS[0] not in problem
    assert "340100190001040017" not in problem
    assert server.recipients == ["d2@kjt.example", "d0@kjt.example"]
    server.refuses = lambda _: False
    assert send(night, site) == ""
    assert server.recipients == ["d2@kjt.example", "d0@kjt.example", "d1@kjt.example"]
    server.after_data = "full"
    problem = send(night, site, Run(11, SECOND.as_of + timedelta(days=2)))
    assert "452 mailbox full）（下次运行会再发）" in problem
    assert "地址" not in problem, "nothing is wrong with it"


def test_a_server_that_does_not_answer(night: Night, server: MailServer) -> None:
    site = site_of(night, server, mail=server.settings(timeout_seconds=0.5))
    server.after_data = "wait"
    assert "等待超时" in send(night, site)
    assert len(server.taken) == 1, "the others would fare no better"


def test_tls_from_the_first_byte(night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with mail_server(tmp_path, tls=True) as server:
        site = site_of(night, server, mail=server.settings(security="tls"))
        assert probe(site).endswith("可以发信")
        assert send(night, site) == ""
        assert (len(server.taken), server.signed_in) == (3, 2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"port": 9}, "连不上"),
        ({"host": "no-such-host.invalid"}, "连不上（找不到这台主机）"),
        ({"ca_file": None}, "加密连接失败"),
        ({"ca_file": "none.pem"}, "none.pem 读不了"),
        ({"security": "tls"}, "加密连接失败"),
        ({"password_env": "NOWHERE"}, "缺少密钥 NOWHERE"),
        ({"user": "somebody"}, "用户名或密码不对"),
    ],
)
def test_a_server_that_cannot_be_used(night: Night, server: MailServer, change: dict[str, Any], says: str) -> None:
    site = site_of(night, server, mail=server.settings(**change))
    assert says in send(night, site)
    with pytest.raises(CreditSyncError, match=says):
        probe(site)
    assert server.taken == []


# --- operators, and programs that watch ---------------------------------------------------------------------------


def test_operators_hear_of_failures_once_a_run(night: Night, server: MailServer) -> None:
    run = Run(20, SECOND.as_of + timedelta(hours=1))
    site = site_of(night, server, departments={})
    night.begin(run)
    problem = f"接口没有答复，{FULL_NUMBERS[0]}"
    with writing(night.engine) as connection:
        ledger.stage_failed(connection, run, "pull", "debtors", problem)
    assert (send(night, site, run), send(night, site, run)) == ("", "")
    (letter,) = server.letters()
    assert letter["To"] == "ops@kjt.example"
    assert "取数 debtors：接口没有答复" in content(letter)
    assert FULL_NUMBERS[0] not in content(letter)
    stale = Run(21, SECOND.as_of + timedelta(days=400))
    assert send(night, site, stale) == ""
    assert "失信被执行人名单不能据此放行任何人" in content(server.letters()[1])


def test_operators_hear_of_what_is_past_its_deadline(tmp_path: Path, server: MailServer) -> None:
    """Seven working days after the decision; nobody looks at `status` for as long as nothing tells him to."""
    engine = sqlite_store(tmp_path)
    told = Tell.model_validate({"mail": server.settings(), "operators": ["ops@kjt.example"]})
    site = publishing.settings(tmp_path).model_copy(update={"tell": told})
    with writing(engine) as connection:
        publishing.store_record(connection, 1, replace(publishing.PENALTY, facts=""))
    in_time, late = (Run(number, datetime(2018, 12, 4 + number, 2)) for number in (1, 2))
    for run in (in_time, late):
        tell(engine, site, run, summarise(engine, site, run))
    (letter,) = server.letters()
    assert (
        f"渠道 anhui 有 1 条已超过报送期限，最早的是 {publishing.PENALTY.document_number}，应于 2018-12-05 前报送"
        in content(letter)
    )


def test_a_failure_that_could_not_be_told_is_told_by_the_next_run(night: Night, server: MailServer) -> None:
    """The server was out of reach in the night that failed; the next one is fine and has nothing of its own to tell."""
    lost = site_of(night, server, departments={}, mail=server.settings(port=9))
    failed, fine, later = (Run(30 + n, SECOND.as_of + timedelta(hours=1 + n)) for n in range(3))
    for run in (failed, fine, later):
        night.begin(run)
    with writing(night.engine) as connection:
        ledger.stage_failed(connection, failed, "pull", "debtors", "接口没有答复")
    assert "连不上" in send(night, lost, failed)
    found = Tell.model_validate({"mail": server.settings()})
    reached = lost.model_copy(update={"tell": lost.tell.model_copy(update={"mail": found.mail})})
    assert send(night, reached, fine) == ""
    (letter,) = server.letters()
    assert "第 30 次运行" in content(letter)
    assert "取数 debtors：接口没有答复" in content(letter)
    assert send(night, reached, later) == ""
    assert len(server.letters()) == 1, "once"


def test_what_failed_long_ago_is_no_news(night: Night, server: MailServer) -> None:
    lost = site_of(night, server, departments={}, mail=server.settings(port=9))
    failed, later = Run(40, SECOND.as_of + timedelta(hours=1)), Run(41, SECOND.as_of + timedelta(days=8))
    for run in (failed, later):
        night.begin(run)
    with writing(night.engine) as connection:
        ledger.stage_failed(connection, failed, "pull", "debtors", "接口没有答复")
    send(night, lost, failed)
    with night.engine.connect() as connection:
        assert {one.occasion for one in due(connection, lost, later, [])} == set()
        soon = Run(42, SECOND.as_of + timedelta(days=2))
        assert {one.occasion for one in due(connection, lost, soon, [])} == {"run 40"}


def test_a_run_that_cannot_begin_is_told_all_the_same(
    night: Night, server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(lambda _: Answer(b"OK")) as watch:
        site = site_of(night, server, ping_url=f"{watch.url}/uuid")
        store = site.store.model_copy(update={"url": f"sqlite:///{tmp_path}"})
        broken = site.model_copy(update={"store": store})
        with pytest.raises(CreditSyncError):
            run_night(broken, NightOptions(SECOND.as_of), lambda _part, _done: None)
        assert [request.path for request in watch.requests] == ["/rows/uuid/fail"]
    (letter,) = server.letters()
    assert "运行中断" in letter["Subject"]
    monkeypatch.setattr(server, "refuses", lambda _: True)
    tell_of_breakdown(broken, SECOND.as_of, CreditSyncError("坏了"))  # nothing is raised


def test_that_a_run_broke_off_is_told_once_the_mail_server_is_back(
    night: Night, server: MailServer, tmp_path: Path
) -> None:
    reports = night.settings.reports.model_copy(update={"folder": tmp_path / "reports"})
    site = site_of(night, server, departments={}, operators=["ops@kjt.example", "gone@kjt.example"])
    site = site.model_copy(update={"reports": reports})
    lost = site.model_copy(
        update={"tell": site.tell.model_copy(update={"mail": MailSettings(**server.settings(port=9))})}
    )
    tell_of_breakdown(lost, SECOND.as_of - timedelta(days=8), CreditSyncError("早已过去"))
    tell_of_breakdown(lost, SECOND.as_of - timedelta(days=1), CreditSyncError("340100190001040017 连不上数据库"))
    server.refuses = lambda address: address.startswith("gone")
    refused = send(night, site)
    (letter,) = server.letters()
    assert (letter["To"], "运行中断" in letter["Subject"]) == ("ops@kjt.example", True)
    assert "340100********0017 连不上数据库" in content(letter)
    assert "gone@kjt.example" in refused
    server.refuses = lambda _: False
    for _ in range(2):
        assert send(night, site) == ""
    assert [letter["To"] for letter in server.letters()] == ["ops@kjt.example", "gone@kjt.example"]
    assert list((tmp_path / "reports" / "unsent").iterdir()) == []


def test_a_night_tells_last_and_leaves_its_figures(
    tmp_path: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = two_nights(tmp_path, sqlite_store(tmp_path))
    monkeypatch.setattr(nightly, "open_engine", lambda _: night.engine)
    with serve(lambda _: Answer(b"", status=500)) as watch:
        site = site_of(night, server, ping_url=watch.url, metrics_file=str(tmp_path / "m" / "credit.prom"))
        site = site.model_copy(update={"channels": {}})
        options = NightOptions(SECOND.as_of + timedelta(hours=3), only="tell")
        result = run_night(site, options, lambda _part, _done: None)
        assert "通知：发出邮件 3 封" in result.summary.text()
        assert not any("tell" in problem for problem in result.summary.problems)
        assert [request.path for request in watch.requests] == ["/rows"]
        store = site.store.model_copy(update={"url": f"sqlite:///{tmp_path / 'store.db'}"})
        elsewhere = site.model_copy(update={"store": store, "base": tmp_path})
        dry_run_night(elsewhere, replace(options, only="report"), lambda _part, _done: None)
        assert (len(server.taken), len(watch.requests)) == (3, 1), "a rehearsal tells nobody"
    figures = (tmp_path / "m" / "credit.prom").read_text("utf-8")
    values = {(s.name, *(s.labels[name] for name in sorted(s.labels))): s.value for s in _samples(figures)}
    assert values["credit_sync_run_ok",] == 1
    assert values["credit_sync_list_age_seconds", "dishonest_debtors"] == 3 * 3600
    assert values["credit_sync_list_listings", "dishonest_debtors"] == 6855
    assert values["credit_sync_flags_open", "abnormal_operations", "open", "confirmed"] == 1
    assert values["credit_sync_applicants_unknown",] > 0
    assert values["credit_sync_stage_failed", "tell"] == 0
    assert list((tmp_path / "m").iterdir()) == [tmp_path / "m" / "credit.prom"]
    assert not any(number in figures for number in FULL_NUMBERS)


def _samples(figures: str) -> list[Any]:
    return [sample for family in text_string_to_metric_families(figures) for sample in family.samples]


def test_figures_at_the_desk_are_for_those_who_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_TOKEN", "let-me-in")
    desk = {"metrics_from": ["192.0.2.0/28"], "metrics_token_env": "METRICS_TOKEN"}
    world = make_world(tmp_path, **desk)
    near, far = world.guest("192.0.2.7"), world.guest("198.51.100.1")
    assert near.get("/metrics").status_code == 200
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):  # of a proxy that nobody has declared
        assert near.get("/metrics", headers={name: "127.0.0.1"}).status_code == 403, name
    assert far.get("/metrics").status_code == 403
    assert far.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403
    assert far.get("/metrics", headers={"Authorization": "Bearer let-me-out"}).status_code == 403
    answer = far.get("/metrics", headers={"Authorization": "Bearer let-me-in"})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert _samples(answer.text)
    assert answer.content.splitlines()[0].startswith(b"# HELP")


def test_figures_without_any_run(tmp_path: Path) -> None:
    night = two_nights(tmp_path, sqlite_store(tmp_path))
    with writing(night.engine) as connection:
        connection.execute(schema.run.delete())
    assert b"credit_sync_list_stale" in metrics(night.engine, night.settings, SECOND.as_of)


@pytest.mark.parametrize(
    ("tell_table", "says"),
    [
        ({"operators": ["a@b.example"]}, "先写明邮件服务器"),
        ({"operators": ["a@b.example\nBcc: c@d.example"]}, "不是邮箱地址"),
        ({"metrics_file": "figures.txt"}, ".prom"),
        ({"mail": {"host": "h", "sender": "a@b.example", "user": "u"}}, "要一起写"),
        ({"mail": {"host": "h", "sender": "a@b.example", "security": "none"}}, "starttls"),
    ],
)
def test_settings_that_cannot_be(tell_table: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(says)):
        Tell.model_validate(tell_table)
