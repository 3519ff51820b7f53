"""The compliance report: on the page, in the workbook, on the terminal, and written by the first night of a month."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine

from credit_sync.nightly import write_reports
from credit_sync.publishing.rates import Month
from credit_sync.reporting.compliance import compliance_lines, compliance_page, write_monthly_report
from credit_sync.reporting.compliance_query import read_compliance
from credit_sync.reporting.compliance_views import ComplianceReport
from credit_sync.reporting.compliance_workbook import compliance_workbook
from credit_sync.reporting.run_query import read_run
from credit_sync.reporting.trend_chart import trend_chart
from credit_sync.screening.measures import load_measures
from credit_sync.status import status_text
from credit_sync.store import ledger
from credit_sync.store.ledger import Run
from tests.compliance_world import World, document, november
from tests.stores import sqlite_store

NOVEMBER = Month(2018, 11)
DECEMBER_1 = datetime(2018, 12, 1, 9)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("november")
    engine = sqlite_store(folder)
    yield november(engine, folder)
    engine.dispose()


@pytest.fixture(scope="module")
def report(world: World) -> ComplianceReport:
    return read_compliance(world.engine, world.settings, NOVEMBER, DECEMBER_1)


@pytest.fixture(scope="module", params=[1280, 390])
def page(
    request: pytest.FixtureRequest,
    report: ComplianceReport,
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Page]:
    """The opened report, wide and on a phone; asking for anything or complaining is an error."""
    path = tmp_path_factory.mktemp("page") / "compliance.html"
    path.write_text(compliance_page(report), encoding="utf-8")
    noticed: list[str] = []
    opened = browser.new_page(viewport={"width": request.param, "height": 900})
    opened.on("request", lambda asked: noticed.append(asked.url))
    opened.on("console", lambda message: noticed.append(message.text))
    opened.goto(path.as_uri())
    assert noticed == [path.as_uri()]
    yield opened
    opened.close()


def test_shows_every_rate_with_its_parts(page: Page) -> None:
    rows = [row.inner_text().split() for row in page.locator("table.rates tbody tr").all()]
    licence = next(row for row in rows if row[0] == "行政许可")
    assert licence[1:] == [
        "8",
        "7",
        "4",
        "1",
        "1",
        "1",
        "71.4%",
        "5",
        "/",
        "7",
        "8",
        "6",
        "75.0%",
        "6",
        "/",
        "8",
        "1",
    ]
    penalty = next(row for row in rows if row[0] == "行政处罚")
    assert penalty == [
        "行政处罚",
        "零增量",
        "0",
        "0",
        *"····",
        "—",
        "0",
        "/",
        "0",
        "0",
        "·",
        "—",
        "0",
        "/",
        "0",
        "·",
    ]
    assert "行政处罚：零增量" in page.locator(".summary").inner_text()
    figures = [part.inner_text().split()[:2] for part in page.locator(".figures > div").all()]
    assert figures == [
        ["合规率", "71.4%"], ["及时率", "75.0%"], ["迟报", "5"], ["被退回", "1"], ["漏报", "2"], ["许可按期办结", "83.3%"],
    ]  # fmt: skip


def test_lists_what_is_late_refused_and_missing(page: Page) -> None:
    late = page.locator("section[aria-labelledby=late] tbody tr")
    assert [row.inner_text().split()[-1] for row in late.all()] == ["28", "14", "11", "10", "1"]
    assert "名称与代码不符" in page.locator("section[aria-labelledby=rejected]").inner_text()
    missing = page.locator("section[aria-labelledby=missing]").inner_text()
    assert f"{document(13)} 至 {document(14)}（2 个）" in missing
    assert "其中 1 个在隔离区" in missing
    assert "1（起始号未知）" in missing


def test_the_chart_is_told_in_words_and_in_a_table(page: Page) -> None:
    chart = page.get_by_role("img", name="渠道 anhui 近十二个月的合规率和及时率")
    assert chart.locator("circle").count() == chart.locator("rect").count() == 1
    assert "两条折线" in (chart.locator("desc").text_content() or "")
    rows = [row.inner_text().split() for row in page.locator("table.months tbody tr").all()]
    assert rows[0] == ["2017-12", "尚未启用"]
    assert rows[-1] == ["2018-11", "7", "5", "71.4%", "8", "6", "75.0%"]


def test_is_accessible_and_fits_the_window(page: Page) -> None:
    width = page.viewport_size
    assert width is not None
    assert page.evaluate("document.documentElement.scrollWidth") == width["width"]
    assert Axe().run(page).response["violations"] == []


def test_the_workbook_says_the_same(report: ComplianceReport) -> None:
    book = openpyxl.load_workbook(io.BytesIO(compliance_workbook(report)))
    content = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    assert list(content) == ["合规与及时", "近十二个月", "迟报", "被退回", "漏报", "承诺时限", "口径"]
    licence = ("anhui", "行政许可", 8, 7, 4, 1, 1, 1, "71.4%", 8, 6, "75.0%", 1)
    assert content["合规与及时"][1:] == [
        licence,
        ("anhui", "行政处罚", 0, 0, 0, 0, 0, 0, "—", 0, 0, "—", 0),
        ("anhui", "合计", *licence[2:]),
    ]
    assert content["近十二个月"][-1] == ("anhui", "2018-11", *licence[2:])
    assert [(row[2], row[7]) for row in content["迟报"][1:]] == [(document(n), d) for n, d in LATE]
    assert [row[1] for row in content["漏报"][1:]] == ["实验动物使用许可决定书", "实验动物使用许可证号（旁证）"]
    assert content["漏报"][1][5:] == (15, 2, "13.3%", f"{document(13)} 至 {document(14)}", 2, 1)
    assert content["承诺时限"][1][1:7] == (5, 1, "83.3%", 1, 1, document(7))
    assert {row[0] for row in content["口径"]} >= {"合规率", "及时率", "迟报", "漏报率", "零增量"}
    assert compliance_workbook(report) == compliance_workbook(report)


LATE = [(9, 28), (3, 14), (5, 11), (8, 10), (2, 1)]


def test_status_and_the_run_report_show_the_month_so_far(world: World) -> None:
    text = status_text(world.engine, world.settings, datetime(2018, 11, 30, 9))
    assert "双公示合规 2018-11（截至 2018-11-30 09:00）：" in text
    assert "  迟报 5 条，其中仍未报送 3 条；漏报 2 个文号" in text
    at = datetime(2018, 11, 30, 2)
    found = read_run(world.engine, world.settings, Run(5, at), load_measures(), at)
    assert found.compliance is not None
    assert found.compliance.channels[0].total.due == 7
    (task,) = [task for task in found.tasks if "文号不连续" in task.what]
    assert task.why == f"{document(13)} 至 {document(14)}"
    assert not any("按周末推算" in task.what for task in found.tasks)
    unknown = replace(found, compliance=replace(found.compliance, uncertain=3))
    assert "本月 3 条的报送期限按周末推算" in [task.what for task in unknown.tasks]


def test_the_first_night_of_a_month_reports_on_the_month_before(engine: Engine, tmp_path: Path) -> None:
    world = november(engine, tmp_path)
    names = ["compliance-2018-11.html", "compliance-2018-11.xlsx"]
    same_month = ledger.begin(engine, datetime(2018, 11, 30, 3), {})
    assert write_monthly_report(engine, world.settings, same_month) == []
    first = ledger.begin(engine, datetime(2018, 12, 1, 2), {})
    written = write_monthly_report(engine, world.settings, first)
    assert [path.name for path in written] == names
    before = [path.read_bytes() for path in written]
    assert [p.name for p in write_reports(engine, world.settings, first)][-2:] == names  # and goes on record
    assert [path.read_bytes() for path in written] == before
    again = ledger.begin(engine, datetime(2018, 12, 1, 22), {})
    assert [p.read_bytes() for p in write_monthly_report(engine, world.settings, again)] == before
    second = ledger.begin(engine, datetime(2018, 12, 2, 2), {})
    assert write_monthly_report(engine, world.settings, second) == []


def test_after_a_month_without_a_run_every_month_has_its_report(engine: Engine, tmp_path: Path) -> None:
    world = november(engine, tmp_path)
    last = ledger.begin(engine, datetime(2018, 11, 30, 3), {})
    list(write_reports(engine, world.settings, last))
    first = ledger.begin(engine, datetime(2019, 2, 1, 2), {})
    written = write_monthly_report(engine, world.settings, first)
    months = ("2018-11", "2018-12", "2019-01")
    assert [path.name for path in written] == [f"compliance-{m}.{f}" for m in months for f in ("html", "xlsx")]


def test_a_store_without_reports_has_no_month_before(engine: Engine, tmp_path: Path) -> None:
    world = World(engine, tmp_path, {})
    run = ledger.begin(engine, datetime(2018, 12, 1, 2), {})
    assert write_monthly_report(engine, world.settings, run) == []


def test_the_lines_of_a_whole_month(report: ComplianceReport) -> None:
    assert list(compliance_lines(report)) == [
        "双公示合规 2018-11（全月）：",
        "  anhui  合规率 71.4%（5/7），及时率 75.0%（6/8）；应报中 待回执 1、被退回 1、未报送 1；往期未报 1",
        "  行政处罚：本月没有作出决定（零增量）",
        "  迟报 5 条，其中仍未报送 3 条；漏报 2 个文号",
        "  实验动物许可承诺办结时限：按期 83.3%（5/6）",
    ]


def test_the_chart_breaks_where_there_is_no_rate() -> None:
    months = [Month(2018, n) for n in range(1, 7)]
    (line,) = trend_chart(months, [[1.0, 0.5, None, 0.0, None, 1.0]]).lines
    assert [len(stretch.split()) for stretch in line.stretches] == [2]
    assert len(line.dots) == 4
    top, middle, bottom, last = (dot.y for dot in line.dots)
    assert top == last < middle < bottom
    assert middle == pytest.approx((top + bottom) / 2, abs=0.1)
    chart = trend_chart([Month(2017, 12), Month(2018, 1), Month(2018, 2)], [])
    assert [tick.text for tick in chart.years] == ["2017", "2018"]
    assert trend_chart([], [[]]).lines[0].dots == ()
