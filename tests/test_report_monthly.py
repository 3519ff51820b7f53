"""The monthly summary of joint punishment against a small world counted by hand, on both databases."""

import io
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine

from credit_sync.errors import CreditSyncError
from credit_sync.publishing.rates import Month, Rate
from credit_sync.reporting.monthly import monthly_lines, monthly_page
from credit_sync.reporting.monthly_query import read_monthly
from credit_sync.reporting.monthly_views import MeasureLine, MonthFlags, MonthlyReport, OverdueLine, ReasonLine
from credit_sync.reporting.monthly_workbook import monthly_workbook
from credit_sync.screening.decisions import Conclusion
from credit_sync.shipped import shipped
from tests.review_world import FIRST, MAN, NUMBER, TWO, ReviewWorld, case

MARCH, APRIL, MAY = Month(2026, 3), Month(2026, 4), Month(2026, 5)
UPHOLD, DISMISS = Conclusion.UPHOLD, Conclusion.DISMISS


def world_in(engine: Engine, folder: Path) -> ReviewWorld:
    made = ReviewWorld(engine, folder)
    shutil.copy(shipped("mappings") / "deadlines.toml", folder / "mappings")
    return made


def month(world: ReviewWorld, wanted: Month, now: datetime) -> MonthlyReport:
    return read_monthly(world.engine, world.settings, wanted, now)


def march(world: ReviewWorld) -> None:
    """03-02: the company is listed, and upheld at eight. 03-03: the man is listed, and nobody decides."""
    world.deliver("debtors", case(1))
    world.night()
    world.decide(UPHOLD, "张三")
    world.deliver("debtors", case(1), case(2, MAN, NUMBER))
    world.night()


def april(world: ReviewWorld) -> None:
    """04-05: the company has left the list and changes its division; the man is dismissed. 04-06: it is listed again."""
    world.night_number = (datetime(2026, 4, 4, 2) - FIRST).days
    world.deliver("applicants", {**TWO[0], "处室": "农村处"}, TWO[1])
    world.deliver("debtors", case(2, MAN, NUMBER))
    world.night()
    world.decide(DISMISS, "李四", 2)
    world.deliver("debtors", case(1), case(2, MAN, NUMBER))
    world.night()


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> Iterator[ReviewWorld]:
    made = world_in(engine, tmp_path)
    march(made)
    yield made


def test_a_month_counted_by_hand(world: ReviewWorld) -> None:
    report = month(world, MARCH, datetime(2026, 4, 1, 9))
    assert report.complete
    assert report.flags == MonthFlags(
        standing=2, waiting=1, upheld=1, overdue=1, opened=2, newly_upheld=1, in_time=1
    )
    assert (report.flags.reviewed, report.flags.timely) == (Rate(1, 2), Rate(1, 1))
    assert report.before is None
    assert (report.screenings.count, report.screenings.applicants) == (2, 2)
    assert report.screenings.last == FIRST + timedelta(days=2)
    assert {v: n for v, n in report.screenings.verdicts.items() if n} == {"confirmed": 2}
    assert report.reasons == (ReasonLine(UPHOLD, "经核对证件号码，为同一主体", 1, 0.25, 0.25),)
    assert report.measures == (MeasureLine("restrict", "失信被执行人名单", 1, 1),)
    waits = FIRST + timedelta(days=2)
    # Five working days after Tuesday 03-03 end on 03-10; from then to 03-31 fifteen more are worked.
    assert report.overdue == (
        OverdueLine(2, MAN, "1", "高新处", "失信被执行人名单", waits, date(2026, 3, 10), 15),
    )
    assert {by: [(x.title, x.flags.standing) for x in lines] for by, lines in report.tallies.items()} == {
        "名单": [("失信被执行人名单", 2)],
        "判定": [("确认", 2)],
        "角色": [("申报单位", 1), ("项目负责人", 1)],
        "系统": [("kj", 2)],
        "处室": [("高新处", 2)],
    }
    debtors = next(found for found in report.lists if found.source == "debtors")
    assert (debtors.title, debtors.accepted, debtors.refused, debtors.last_version) == (
        "失信被执行人名单",
        2,
        0,
        2,
    )
    assert (debtors.before, debtors.came, debtors.went, debtors.live) == (0, 2, 0, 2)


def test_a_past_month_stays_as_it_was(world: ReviewWorld) -> None:
    before = month(world, MARCH, datetime(2026, 4, 1, 9))
    april(world)
    after = month(world, MARCH, datetime(2026, 6, 1, 9))
    assert after == before
    assert monthly_page(after) == monthly_page(before)


def test_the_month_after_is_compared_with_it(world: ReviewWorld) -> None:
    april(world)
    report = month(world, APRIL, datetime(2026, 5, 2, 9))
    assert report.flags == MonthFlags(
        standing=2, upheld=1, dismissed=1, opened=1, closed=1, newly_dismissed=1, in_time=0
    )
    assert report.before == month(world, MARCH, datetime(2026, 5, 2, 9)).flags
    assert [(str(m), f is not None) for m, f in report.trend[-3:]] == [
        ("2026-02", False),
        ("2026-03", True),
        ("2026-04", True),
    ]
    assert {x.title: x.flags.standing for x in report.tallies["处室"]} == {"高新处": 1, "农村处": 1}
    (reason,) = report.reasons
    assert (reason.conclusion, reason.count, reason.longest_days) == (DISMISS, 1, 33.25)
    debtors = next(found for found in report.lists if found.source == "debtors")
    assert (debtors.before, debtors.live, debtors.accepted) == (2, 2, 2)


def test_an_undone_conclusion_waits_anew_and_two_people_are_one_conclusion(world: ReviewWorld) -> None:
    world.undo("张三")
    world.deliver("banned", case(3, MAN, NUMBER))
    world.night()
    world.decide(DISMISS, "张三", 3)
    report = month(world, MARCH, datetime(2026, 3, 4, 7))
    assert (report.complete, report.flags.standing, report.flags.waiting) == (False, 3, 3)
    assert report.flags.decided == 1
    world.decide(DISMISS, "李四", 3)
    report = month(world, MARCH, datetime(2026, 3, 5))
    assert (report.flags.waiting, report.flags.dismissed, report.flags.newly_dismissed) == (2, 1, 1)


def test_without_a_term_nothing_is_overdue(world: ReviewWorld) -> None:
    path = world.folder / "mappings" / "deadlines.toml"
    path.write_text(path.read_text("utf-8").split("[review]")[0], encoding="utf-8")
    report = month(world, MARCH, datetime(2026, 4, 1, 9))
    assert (report.term, report.overdue, report.flags.overdue) == (None, (), 0)
    assert "没有定复核期限" in monthly_page(report)


@pytest.mark.parametrize(("wanted", "why"), [(MAY, "还没有开始"), (Month(2026, 1), "没有 2026-01 的数据")])
def test_months_that_cannot_be_told(world: ReviewWorld, wanted: Month, why: str) -> None:
    with pytest.raises(CreditSyncError, match=why):
        month(world, wanted, datetime(2026, 4, 1))


def test_page_workbook_and_lines_say_the_same(world: ReviewWorld) -> None:
    report = month(world, MARCH, datetime(2026, 4, 1, 9))
    assert list(monthly_lines(report))[1:] == [
        "  比对 2 次，申报主体 2 个：确认 2、疑似 0、可能 0、无法核实 0、未发现 0",
        "  预警新增 2、变更 0、关闭 0、重新打开 0；月末 2 条：待复核 1（其中逾期 1）、已维持 1、已排除 0",
        "  本月作出结论 1 条：维持 1、排除 0；复核率 50.0%，按期复核率 100%",
    ]
    book = openpyxl.load_workbook(io.BytesIO(monthly_workbook(report)))
    assert book.sheetnames == ["概况", "分类", "近十二个月", "复核结论", "措施", "名单", "逾期未复核"]
    summary = {row[0]: row[1] for row in book["概况"].iter_rows(values_only=True)}
    assert (summary["申报主体"], summary["预警：月末预警"], summary["预警：复核率"]) == (2, 2, "50.0%")
    assert monthly_workbook(report) == monthly_workbook(report)
    page = monthly_page(report)
    assert NUMBER not in page
    assert MAN in page
