"""Writing back: every change of a flag reaches its system once and in order, over HTTP and in a table."""

import re
import shutil
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, insert, select, text
from sqlalchemy.engine import URL

from credit_sync.cli import credit_sync
from credit_sync.errors import SettingsError
from credit_sync.reporting.labels import STATES
from credit_sync.reporting.run_query import read_run
from credit_sync.reporting.run_report import run_page
from credit_sync.reporting.summary import summarise
from credit_sync.screening.decisions import Conclusion, State
from credit_sync.screening.measures import load_measures
from credit_sync.settings import Settings
from credit_sync.shipped import shipped
from credit_sync.status import status_text
from credit_sync.store import audit, ledger
from credit_sync.store.engine import connect, writing
from credit_sync.store.ledger import Run
from credit_sync.store.schema import notice, stage
from credit_sync.write_back.changes import Change, DecisionStep, FlagNow, Known, notices, written
from credit_sync.write_back.mapping import load_http_notices
from credit_sync.write_back.outbox import NoticeState, counts, listed
from credit_sync.write_back.write_back import write_back
from tests.conftest import contents, empty_postgresql
from tests.dying import REQUEST, TRANSACTION, lives
from tests.notice_system import FAULTS, Fault, NoticeSystem, settings_of, taking
from tests.review_world import FIRST, MAN, NUMBER, ReviewWorld, case
from tests.stores import sqlite_store

UPHOLD, DISMISS = Conclusion.UPHOLD, Conclusion.DISMISS


def world_with(folder: Path, engine: Engine, **systems: Any) -> tuple[ReviewWorld, Settings]:
    """Nights to play, and the settings to write back with."""
    world = ReviewWorld(engine, folder)
    shutil.copytree(shipped("mappings") / "write_back", folder / "mappings" / "write_back")
    shutil.copytree(shipped("mappings") / "credit_anhui", folder / "mappings" / "credit_anhui")
    shutil.copy(shipped("mappings") / "deadlines.toml", folder / "mappings")
    made = Settings.model_validate(world.settings.model_dump(exclude={"base"}) | {"systems": systems})
    return world, made.model_copy(update={"base": folder})


def tell(world: ReviewWorld, site: Settings) -> str:
    """A run that only writes back; its problem."""
    run = ledger.begin(world.engine, world.now, {"only": "write_back"})
    write_back(world.engine, site, run)
    ledger.finish(world.engine, run, "done")
    with world.engine.connect() as connection:
        return str(connection.scalar(select(stage.c.problem).where(stage.c.run_id == run.id)) or "")


def last_run(engine: Engine) -> Run:
    with engine.connect() as connection:
        found = ledger.latest(connection)
    assert found is not None
    return found


def test_each_change_is_told_once_and_in_order(engine: Engine, tmp_path: Path) -> None:
    system = NoticeSystem()
    with taking(system) as server:
        world, site = world_with(tmp_path, engine, kj=settings_of(server.url))
        world.deliver("debtors", case(1), case(2, MAN, NUMBER))
        world.night()
        assert tell(world, site) == ""
        assert [row["event"] for row in system.taken] == ["OPEN", "OPEN"]
        world.decide(UPHOLD, "甲")
        world.undo("甲")
        world.decide(DISMISS, "乙")
        world.deliver("debtors", case(1), case(3), case(2, MAN, NUMBER))
        world.night()
        world.deliver("debtors", case(2, MAN, NUMBER))
        assert tell(world, site) == ""
        world.night()
        assert tell(world, site) == ""
        world.deliver("debtors", case(1), case(2, MAN, NUMBER))
        world.night()
        assert tell(world, site) == ""
        before = len(server.requests)
        assert tell(world, site) == ""
        assert len(server.requests) == before, "nothing new, nobody asked"
    assert [(e, s) for _, e, s in system.of("1")] == [
        ("OPEN", "open"),
        ("UPHOLD", "upheld"),
        ("REOPEN", "open"),
        ("DISMISS", "dismissed"),
        ("CHANGE", "dismissed"),
        ("REOPEN", "reopened"),
        ("CLOSE", "reopened"),
        ("OPEN", "reopened"),
    ]
    assert [n for n, _, _ in system.of("1")] == [str(n) for n in range(1, 9)]
    assert len(system.of("2")) == 1
    assert system.taken[0]["noticeId"] == "kj/1/1"
    assert NUMBER not in str(system.taken)
    assert "340100********0017" in str(system.taken)


def test_what_a_run_says_was_delivered_is_told_to_be_of_all_nights(engine: Engine, tmp_path: Path) -> None:
    """Beside it stand what the run itself pulled, published and found."""
    with taking(NoticeSystem()) as server:
        world, site = world_with(tmp_path, engine, kj=settings_of(server.url))
        world.deliver("debtors", case(1), case(2, MAN, NUMBER))
        world.night()
        tell(world, site)
        world.decide(UPHOLD, "甲")
        tell(world, site)
    run = last_run(engine)
    assert "回写 kj：累计已送达 3 条，待送 0 条" in summarise(engine, site, run).text()
    page = run_page(read_run(engine, site, run, load_measures(tmp_path / "mappings"), run.as_of))
    assert "回写申报系统 kj：累计已送达 3 条" in page


def test_a_system_hears_of_its_own_flags_only(engine: Engine, tmp_path: Path) -> None:
    own, other = NoticeSystem(), NoticeSystem()
    with taking(own) as here, taking(other) as there:
        systems = {"kj": settings_of(here.url), "jl": settings_of(there.url, system="award")}
        world, site = world_with(tmp_path, engine, **systems)
        world.deliver("debtors", case(1))
        world.night()
        tell(world, site)
    assert (len(own.taken), there.requests) == (1, [])


def test_what_is_refused_holds_back_what_comes_after(engine: Engine, tmp_path: Path) -> None:
    system = NoticeSystem(refuses=lambda row: row["warningId"] == "1")
    with taking(system) as server:
        world, site = world_with(tmp_path, engine, kj=settings_of(server.url))
        world.deliver("debtors", case(1), case(2, MAN, NUMBER))
        world.night()
        world.decide(UPHOLD, "甲")
        assert "1 条被系统退回" in tell(world, site)
        assert [row["warningId"] for row in system.taken] == ["2"]
        with engine.connect() as connection:
            waiting = [(one.key, one.state) for one in listed(connection)]
            assert "没有这个项目 340100********0017" in listed(connection)[0].reason
        assert waiting == [("kj/1/1", NoticeState.REFUSED), ("kj/1/2", NoticeState.PENDING)]
        assert "被系统退回 1" in status_text(engine, site, world.now)
        run = last_run(engine)
        page = run_page(read_run(engine, site, run, load_measures(tmp_path / "mappings"), run.as_of))
        assert "待送 1 条，被系统退回 1 条" in page
        assert "credit-sync write-back retry kj" in page
        system.refuses = lambda _: False
        assert tell(world, site) == ""
    assert [e for _, e, _ in system.of("1")] == ["OPEN", "UPHOLD"]


def test_a_system_out_of_reach_waits_and_hinders_no_other(engine: Engine, tmp_path: Path) -> None:
    system = NoticeSystem()
    with taking(system) as server:
        lost = settings_of("http://127.0.0.1:9/notices", retries=0)
        world, site = world_with(tmp_path, engine, broken=lost, kj=settings_of(server.url))
        world.deliver("debtors", case(1))
        world.night()
        assert "连接" in tell(world, site)
        assert len(system.taken) == 1
        with engine.connect() as connection:
            assert [one.key for one in listed(connection)] == ["broken/1/1"]
        found = {**site.systems, "broken": site.systems["kj"]}
        assert tell(world, site.model_copy(update={"systems": found})) == ""
    assert [row["noticeId"] for row in system.taken] == ["kj/1/1", "broken/1/1"]


def test_by_command(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    system = NoticeSystem(refuses=lambda row: row["warningId"] == "1")
    with taking(system) as server:
        world, _ = world_with(tmp_path, store)
        world.deliver("debtors", case(1), case(2, MAN, NUMBER))
        world.night()
        sources = "".join(
            f'[sources.{name}]\nkind = "file"\nmapping = "{name}"\nfolder = "{name}"\n'
            for name in ("debtors", "banned", "applicants")
        )
        table = '[systems.{}]\nkind = "http"\nsystem = "{}"\nmapping = "notices_http"\nurl = "{}"\nreceipts_url = "{}"\n'
        config = '[store]\nurl = "sqlite:///store.db"\n' + sources
        config += table.format("kj", "kj", server.url, server.url) + table.format(
            "jl", "Kj", server.url, server.url
        )
        (tmp_path / "config.toml").write_text(config, "utf-8")

        def call(*arguments: str) -> Any:
            every = [*arguments, "--config", str(tmp_path / "config.toml")]
            return CliRunner().invoke(credit_sync, every, standalone_mode=False)

        checked = call("check").output
        assert "系统 kj：申报系统预警接口，平台有答复\n" in checked
        assert "注意：没有数据源的 system 是“Kj”，有：kj" in checked
        retried = call("write-back", "retry", "kj")
        assert retried.return_value == 1
        assert "回写 kj：失败，1 条被系统退回" in retried.output
        listed_ = call("write-back", "list").output
        assert re.search(r"^kj/1/1  .*  新预警  .*被系统退回，已试 1 次：没有这个项目", listed_, re.MULTILINE)
        assert NUMBER not in listed_
        assert "共 2 条" in call("write-back", "list", "--system", "kj", "--all").output
        world.decide(UPHOLD, "甲")
        assert call("write-back", "retry", "kj").return_value == 1, "every night, and what comes after it waits"
        for wrong in ("kj/9/1", "kj/1", "kj/2/1", "zz/1/1"):  # unknown, no key, delivered, another's
            failed = call("write-back", "give-up", "kj/1/1", wrong, "--reason", "项目已撤销")
            assert wrong in str(failed.exception)
        assert "须写明事由" in str(call("write-back", "give-up", "kj/1/1", "--reason", " ").exception)
        given = call("write-back", "give-up", "kj/1/1", "--reason", f"项目已撤销 {NUMBER}", "--who", "张科")
        assert (given.return_value, given.output) == (0, "不再送：kj/1/1\n")
        assert "不再送了" in str(call("write-back", "give-up", "kj/1/1", "--reason", "又").exception)
        listed_ = call("write-back", "list", "--all").output
        assert re.search(
            r"^kj/1/1  .*已放弃，已试 2 次：张科 放弃：项目已撤销 .*（系统此前：没有这", listed_, re.M
        )
        assert NUMBER not in listed_
        assert "kj/1/1" not in call("write-back", "list").output
        with store.connect() as connection:
            [entry] = audit.entries(connection, action=audit.Action.GIVE_UP)
        assert (entry.who, entry.target) == ("张科", "通知 kj/1/1")
        assert entry.detail["origin"].startswith("系统用户 ")
        system.refuses = lambda row: row["noticeId"] == "kj/1/1"
        assert call("write-back", "retry", "kj").return_value == 0
        assert [n for n, _, _ in system.of("1")] == ["2"], "what comes after it goes on"
        assert "没有系统 zz" in str(call("write-back", "retry", "zz").exception)
        system.refuses = lambda _: False
        delivered = call("write-back", "retry")
        assert delivered.return_value == 0
        assert "没有变化" not in delivered.output, "of what was not looked at"
        assert call("write-back", "list").output == "共 0 条\n"


TABLE = """CREATE TABLE credit_notice (
 notice_id VARCHAR(100) PRIMARY KEY, flag_no INTEGER NOT NULL, seq INTEGER NOT NULL, event VARCHAR(16) NOT NULL,
 happened_at TIMESTAMP NOT NULL, status VARCHAR(16) NOT NULL, project_no VARCHAR(64) NOT NULL, role VARCHAR(32),
 subject_name VARCHAR(200), subject_code VARCHAR(200), list_name VARCHAR(100), verdict VARCHAR(16), effect VARCHAR(16),
 measure VARCHAR(200), basis VARCHAR(500), case_no VARCHAR(2000), remark VARCHAR({remark}))"""


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_rows_in_a_table_once(tmp_path: Path, backend: str, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'theirs.db'}"
    if backend == "postgresql":
        found: URL = request.getfixturevalue("postgresql_url")
        empty_postgresql(connect(found))
        url = found.render_as_string()
    theirs = create_engine(url)
    with theirs.begin() as connection:
        connection.execute(text(TABLE.format(remark=3)))
    store = sqlite_store(tmp_path)
    table = {"kind": "table", "system": "kj", "mapping": "notices_table", "url": url}
    world, site = world_with(tmp_path, store, kj=table)
    world.deliver("debtors", case(1), case(2, MAN, NUMBER))
    world.night()
    assert tell(world, site) == ""
    with writing(store) as connection:  # the answer was lost: it may have arrived, or not
        connection.execute(notice.update().values(state=NoticeState.SENDING))
    with theirs.begin() as connection:
        connection.execute(text("DELETE FROM credit_notice WHERE flag_no = 2"))
    assert tell(world, site) == ""
    world.decide(DISMISS, "甲", text="身份证号码不同，不是一人")
    assert "1 条被系统退回" in tell(world, site), "the remark does not fit"
    with store.connect() as connection:
        assert "remark" in listed(connection)[0].reason
    with writing(store) as connection:  # a backup is restored: the table knows keys that were never sent from here
        connection.execute(notice.update().values(state=NoticeState.PENDING))
    assert "2 条被系统退回" in tell(world, site)
    with store.connect() as connection:
        assert ["已有同样编号的通知" in one.reason for one in listed(connection)] == [True, True, False]
    with theirs.connect() as connection:
        rows = connection.execute(
            text("SELECT notice_id, happened_at, subject_code FROM credit_notice ORDER BY 1")
        )
        told = [tuple(row) for row in rows]
    assert [key for key, *_ in told] == ["kj/1/1", "kj/2/1"]
    assert str(told[0][1]).startswith(f"{FIRST + timedelta(days=1):%Y-%m-%d %H:%M:%S}")
    assert told[1][2] == "340100********0017"
    theirs.dispose()


def test_what_a_system_has_of_another_history_is_not_taken_for_told(engine: Engine, tmp_path: Path) -> None:
    """A backup is restored, and flags get the numbers of others that the system was told of since."""
    system = NoticeSystem()
    with taking(system) as server:
        world, site = world_with(tmp_path, engine, kj=settings_of(server.url))
        world.deliver("debtors", case(1), case(2, MAN, NUMBER))
        world.night()
        system.taken.append(
            {"noticeId": "kj/2/1", "warningId": "2", "seq": "1", "event": "OPEN", "status": "open"}
        )
        for _ in range(2):
            assert "1 条被系统退回" in tell(world, site)
        with engine.connect() as connection:
            (refused,) = listed(connection)
    assert refused.key == "kj/2/1"
    assert "已有同样编号的通知，不是从这里送去的" in refused.reason
    assert [row["noticeId"] for row in system.taken] == ["kj/2/1", "kj/1/1"]


# --- whatever dies or breaks --------------------------------------------------------------------------------------


def test_killed_at_any_step_nothing_is_told_twice(tmp_path: Path) -> None:
    """Requests and transactions are steps; the system would take a key that comes again for another notice."""
    before = tmp_path / "before"
    before.mkdir()
    store = sqlite_store(before)
    start = NoticeSystem(remembers_keys=False)
    with taking(start) as server:
        world, site = world_with(before, store, kj=settings_of(server.url))
        path = before / "mappings" / "write_back" / "notices_http.toml"
        path.write_text(path.read_text("utf-8").replace("remembers_keys = true", ""), "utf-8")
        world.deliver("debtors", case(1), case(2, MAN, NUMBER))
        world.night()
        assert tell(world, site) == ""
        world.decide(UPHOLD, "甲")
        world.undo("甲")
        world.decide(DISMISS, "甲", flag_id=2)
    run = ledger.begin(store, world.now, {})
    store.dispose()

    def night(folder: Path, at: int) -> tuple[bool, dict[str, Any], NoticeSystem]:
        shutil.copytree(before, folder)
        system = NoticeSystem(remembers_keys=False, taken=deepcopy(start.taken))
        with taking(system) as server:
            here = site.model_copy(update={"base": folder, "systems": _at(site, server.url)})
            url = URL.create("sqlite", database=str(folder / "store.db"))
            lived = lives(url, lambda engine: write_back(engine, here, run), at, TRANSACTION | REQUEST)
            engine = connect(url)
            write_back(engine, here, run)
            found = contents(engine)
            engine.dispose()
        shutil.rmtree(folder)
        return lived, found, system

    _, expected, undisturbed = night(tmp_path / "undisturbed", 10_000)
    assert len(undisturbed.taken) == 5
    for at in range(1, 1000):
        lived, found, system = night(tmp_path / f"at{at}", at)
        assert found == expected, f"killed at step {at}"
        assert system.taken == undisturbed.taken, f"killed at step {at}"
        if lived:
            break
    assert at > 10, "the steps are not seen"


def _at(site: Settings, url: str) -> dict[str, Any]:
    return {n: s.model_copy(update={"url": url, "receipts_url": url}) for n, s in site.systems.items()}


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Settings]:
    """A store with an outbox that is filled by hand, and no flags."""
    folder = tmp_path_factory.mktemp("outbox")
    store = sqlite_store(folder)
    _, site = world_with(folder, store, kj=settings_of("http://127.0.0.1:9/", retries=1, batch_rows=3))
    return store, site


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    flags=st.lists(st.integers(1, 4), min_size=1, max_size=10),
    faults=st.lists(st.sampled_from(FAULTS), max_size=12),
    remembers=st.booleans(),
)
def test_delivered_once_and_in_order_whatever_the_line_does(
    outbox: tuple[Engine, Settings], flags: Sequence[int], faults: Sequence[Fault], remembers: bool
) -> None:
    store, site = outbox
    fields = dict.fromkeys(("at", "state", "application", "role_title", "applicant", "identifier"), "x")
    fields |= dict.fromkeys(("list_title", "verdict_title", "effect", "measure", "basis", "cases", "reason"), "x")
    rows = []
    for number, flag in enumerate(flags, 1):
        sequence = flags[:number].count(flag)
        told = {"flag": str(flag), "sequence": str(sequence), "change": "changed"}
        key = {"id": number, "system": "kj", "flag_id": flag, "sequence": sequence, "change": "changed"}
        rest = {"decision_id": 0, "state": "pending", "reason": "", "platform_id": "", "attempts": 0, "run_id": 1}
        rows.append({**key, **rest, "content": {**fields, **told}, "made_at": FIRST})
    with writing(store) as connection:
        connection.execute(notice.delete())
        connection.execute(stage.delete())
        connection.execute(insert(notice), rows)
    system = NoticeSystem(lambda n: faults[n - 1] if n <= len(faults) else "", remembers_keys=remembers)
    with taking(system) as server:
        here = site.model_copy(update={"systems": _at(site, server.url)})
        for night in range(1, 30):
            write_back(store, here, Run(night, FIRST + timedelta(days=night)))
            with store.connect() as connection:
                if counts(connection, "kj")[NoticeState.DELIVERED] == len(flags):
                    break
    told = [(row["warningId"], int(row["seq"])) for row in system.taken]
    for flag in set(flags):
        assert [n for f, n in told if f == str(flag)] == list(range(1, flags.count(flag) + 1))


# --- what a change is ---------------------------------------------------------------------------------------------

NIGHT = datetime(2026, 3, 2, 2, 0)
FACTS = {"flag": "7", "verdict": "confirmed", "effect": "hold", "cases": "1", "opened_at": written(NIGHT)}
events = st.lists(
    st.one_of(
        st.tuples(st.just("decide"), st.sampled_from([s for s in State if s is not State.REOPENED])),
        st.tuples(st.just("verdict"), st.sampled_from(["confirmed", "probable", "possible"])),
        st.tuples(st.just("close"), st.none()),
        st.tuples(st.just("return"), st.none()),
        st.tuples(st.just("tell"), st.none()),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(happened=events)
def test_notices_lead_to_the_flag_as_it_stands(happened: list[tuple[str, Any]]) -> None:
    flag = FlagNow(7, NIGHT, FACTS | {"closed_at": ""}, "")
    state, steps, told, known = State.OPEN, [], [], None
    now = NIGHT
    for what, value in [*happened, ("tell", None)]:
        now += timedelta(hours=1)
        if what == "tell":
            new = [step for step in steps if step.id > (known.decision_id if known else 0)]
            made = notices(flag, new, known, STATES)
            assert sum(one.change not in (Change.OPENED, Change.CHANGED, Change.CLOSED) for one in made) == (
                len(new) if known or made else 0
            ), "every step is told, once"
            told += made
            known = Known(told[-1].sequence, told[-1].decision_id, told[-1].content) if told else None
            again = [step for step in steps if step.id > (known.decision_id if known else 0)]
            assert known is None or notices(flag, again, known, STATES) == []
            if known is not None:
                assert known.content["state"] == state
                assert {name: known.content[name] for name in flag.facts} == dict(flag.facts)
        elif what == "decide" and not flag.facts["closed_at"]:
            state = value
            steps.append(DecisionStep(len(steps) + 1, state, now, "理由"))
        elif what == "verdict":
            flag = replace(flag, changed_at=now, facts={**flag.facts, "verdict": value})
        elif what == "close" and not flag.facts["closed_at"]:
            flag = replace(
                flag, changed_at=now, facts={**flag.facts, "closed_at": written(now)}, close_reason="移出"
            )
        elif what == "return" and flag.facts["closed_at"]:
            facts = {**flag.facts, "closed_at": "", "opened_at": written(now)}
            flag = replace(flag, changed_at=now, facts=facts, close_reason="")
    assert [one.sequence for one in told] == list(range(1, len(told) + 1))
    assert all(one.decision_id <= other.decision_id for one, other in pairwise(told))
    assert not told or told[0].change is Change.OPENED


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('flag = "warningId"', "", "names 里要有 flag"),
        ('reason = "remark"', 'remark = "remark"', "没有字段 remark"),
        ('cases = "caseNo"', 'cases = "noticeId"', "noticeId 写了不止一次"),
        ('opened = "OPEN"', 'open = "OPEN"', "没有 open"),
        ('rows = "notices"', 'row = "notices"', "是否想写 rows"),
        ("{count}", "{size}", "没有 {size}"),
    ],
)
def test_an_unusable_mapping_names_the_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    content = (shipped("mappings") / "write_back" / "notices_http.toml").read_text("utf-8")
    assert old in content
    (tmp_path / "write_back").mkdir()
    (tmp_path / "write_back" / "wrong.toml").write_text(content.replace(old, new), "utf-8")
    with pytest.raises(SettingsError, match=says):
        load_http_notices(tmp_path, "wrong")
