"""The run report: what went wrong, and what to do about it."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from credit_sync.pulling.take_over import UNREADABLE
from credit_sync.reporting.flagged import flagged_page
from credit_sync.reporting.flagged_query import read_flagged
from credit_sync.reporting.flagged_sheets import flagged_sheets
from credit_sync.reporting.run_query import read_run
from credit_sync.reporting.run_report import write_run_report
from credit_sync.reporting.run_views import RunReport
from credit_sync.screening.measures import load_measures
from credit_sync.screening.weights import load_weights
from credit_sync.status import status_text
from credit_sync.store import schema
from credit_sync.store.ledger import Run
from credit_sync.store.schema import run, stage
from credit_sync.subjects.identifiers import hide_in_text
from tests.report_night import FULL_NUMBERS, SECOND, THIRD, Night, penalty, troubled_night, two_nights


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    return troubled_night(tmp_path_factory.mktemp("night"))


def report_of(night: Night, run: Run = THIRD) -> RunReport:
    return read_run(night.engine, night.settings, run, load_measures(), run.as_of)


def page_of(night: Night, run: Run = THIRD) -> str:
    return write_run_report(night.engine, night.settings, run)[0].read_text(encoding="utf-8")


def test_every_problem_has_a_task_and_a_remedy_once(night: Night) -> None:
    tasks = report_of(night).tasks
    assert [(task.urgent, task.what) for task in tasks] == [
        (True, "数据源 debtors 的本次数据没有采用"),
        (True, "取数 abnormal 失败"),
        (True, "失信被执行人名单不能据此放行任何人"),
        (True, "渠道 workbook 有 1 条已超过报送期限"),
        (False, "渠道 workbook 有 1 条校验未通过，没有报出"),
        (False, "隔离区有 3 行未能读取（本次 3 行）"),
    ]
    assert all(task.how for task in tasks)
    assert tasks[5].why == "科技管理信息系统申报主体 3 行", (
        "what officers call it, not the name in the configuration"
    )
    assert "--source debtors --accept-shrink" in tasks[0].how
    assert "减少" not in tasks[0].how, "a guard also refuses what grew, came twice or lacks its numbers"


def test_a_list_no_row_of_which_was_read_is_not_said_to_be_confirmed_by_accept_shrink(tmp_path: Path) -> None:
    night = troubled_night(tmp_path)
    refused = schema.source_version.c.state == "refused"
    with night.engine.begin() as connection:
        connection.execute(update(schema.source_version).where(refused).values(reason=f"未采用（{UNREADABLE}）"))
    assert report_of(night).tasks[0].how == "先向提供方核实。"


def test_what_the_report_cuts_off_is_counted_and_said_where_it_is_found(tmp_path: Path) -> None:
    night = two_nights(tmp_path)
    night.add(SECOND, [penalty(f"皖知法处字〔2018〕{number}号") for number in range(100, 410)])
    waiting = len(report_of(night, SECOND).channels[0].waiting)
    with night.engine.begin() as connection:
        made = schema.penalty.c.source == "made"
        count = connection.scalar(select(func.count()).where(made)) or 0
        connection.execute(update(schema.penalty).where(made).values(warnings=["有效期读不懂，未使用"]))
    page = page_of(night, SECOND)
    assert page.count("有效期读不懂，未使用") == 100, "three of thousands could not be looked up at their source"
    assert f"只列前 100 条，另有 {count - 100} 条，前面的更正后列出。" in page
    assert f"另有 {waiting - 300} 条，见 credit-sync publish list 或复核台的“报送”。" in page
    status = status_text(night.engine, night.settings, SECOND.as_of)
    assert f"…… 还有 {waiting - 20} 条，见 credit-sync publish list" in status, "the report has not all of them"


def test_a_refused_delivery_is_told_wherever_the_night_speaks_of_its_list(tmp_path: Path) -> None:
    """What came was another list than the one in force, which therefore clears nobody."""
    night = troubled_night(tmp_path)
    refused = "数据源 debtors 最近一次取到的名单没有采用：原有 6855 条"
    assert page_of(night).count(refused) == 1, "among the tasks"
    with night.engine.connect() as connection:
        flagged = read_flagged(connection, night.settings, THIRD, load_measures())
    assert [found.title for found in flagged.stale] == ["失信被执行人名单"]
    assert refused in flagged_page(flagged, load_weights())
    assert any(what == "不能放行" and refused in why for *_, what, why in flagged_sheets(flagged)[0].rows)
    assert refused in status_text(night.engine, night.settings, THIRD.as_of)
    later = Run(THIRD.id + 1, THIRD.as_of + timedelta(days=1))
    night.begin(later)
    tasks = [task for task in report_of(night, later).tasks if refused in task.why]
    assert [(task.urgent, task.what) for task in tasks] == [(True, "失信被执行人名单不能据此放行任何人")]


def test_the_status_says_how_often_a_run_was_interrupted(tmp_path: Path) -> None:
    night = troubled_night(tmp_path)
    with night.engine.begin() as connection:
        connection.execute(run.update().where(run.c.id == THIRD.id).values(attempts=3))
    [last, before, *_] = status_text(night.engine, night.settings, THIRD.as_of).splitlines()[1:]
    assert "中断过 2 次" in last, "not 第 3 次, which reads like the number of another run"
    assert "中断过" not in before


def test_the_status_is_chinese_and_hides_numbers(tmp_path: Path) -> None:
    night = troubled_night(tmp_path)
    night.add(THIRD, [penalty(f"皖知罚{FULL_NUMBERS[0]}号")])
    told = status_text(night.engine, night.settings, THIRD.as_of)
    assert "，未完成：取数 abnormal、取数 debtors" in told
    assert f"皖知罚{hide_in_text(FULL_NUMBERS[0])}号" in told
    assert FULL_NUMBERS[0] not in told


def test_the_report_of_a_run_of_an_earlier_version_leaves_out_what_was_not_counted_then(tmp_path: Path) -> None:
    night = troubled_night(tmp_path)
    c = stage.c
    with night.engine.begin() as connection:
        for name, later in (("publish", ("accepted", "rejected")), ("screen", ("reopened",))):
            here = (c.run_id == THIRD.id, c.name == name)
            [counts] = connection.scalars(select(c.counts).where(*here))
            then = {count: number for count, number in counts.items() if count not in later}
            assert then.keys() != counts.keys()
            connection.execute(stage.update().where(*here).values(counts=then))
    page = page_of(night)
    assert "本次报出" in page
    assert "待处理预警" in page


def test_a_quiet_night_has_nothing_to_do(tmp_path: Path) -> None:
    night = two_nights(tmp_path)
    report = report_of(night, SECOND)
    assert (report.tasks, report.failed) == ((), False)
    assert "全部正常" in page_of(night, SECOND)


def test_an_earlier_try_at_the_report_is_not_in_it(tmp_path: Path) -> None:
    night = two_nights(tmp_path)
    night.ledger(SECOND, "report", status="failed", problem="写不了报告")
    assert "全部正常" in page_of(night, SECOND)
    assert report_of(night, SECOND).failed


def test_each_source_is_shown_with_its_counts(night: Night) -> None:
    sources = {source.name: source for source in report_of(night).sources}
    assert {name: source.state for name, source in sources.items()} == {
        "debtors": "refused",
        "abnormal": "failed",
        "science": "accepted",
        "awards": "",
    }
    assert (sources["science"].counts["pulled"], sources["science"].counts["quarantined"]) == (9, 1)
    assert "少了 6213 条" in sources["debtors"].reason


def test_quarantine_is_grouped_by_reason_with_examples(night: Night) -> None:
    groups = report_of(night).quarantine
    assert [(g.field, g.count, g.new, len(g.examples)) for g in groups] == [
        ("角色", 2, 2, 2),
        ("身份证号码", 1, 1, 1),
    ]


def test_publications_are_listed_with_what_keeps_them(night: Night) -> None:
    (channel,) = report_of(night).channels
    assert channel.counts["sent"] == 1
    ((number, late, errors),) = [(item.number, item.late, item.errors) for item in channel.waiting]
    assert (number, late) == ("皖知法处字〔2018〕4号", True)
    assert errors and all(error.startswith("CF_SY") for error in errors)


def test_numbers_are_hidden_and_markup_is_text(night: Night) -> None:
    page = page_of(night)
    assert not any(number in page for number in FULL_NUMBERS)
    assert "见备注 340103********1177" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page


def test_the_same_store_gives_the_same_bytes(night: Night, tmp_path: Path) -> None:
    assert page_of(night) == page_of(night) == page_of(troubled_night(tmp_path))


def test_both_databases_give_the_same_report(engine: Engine, night: Night, tmp_path: Path) -> None:
    assert page_of(troubled_night(tmp_path, engine)) == page_of(night)
