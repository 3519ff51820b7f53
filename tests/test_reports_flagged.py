"""The flagged-applicants report: what it says, what it hides, and that two renderings are the same."""

import html
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine, select

from credit_sync import review
from credit_sync.records import Role
from credit_sync.reporting import labels
from credit_sync.reporting.flag_query import flag_views
from credit_sync.reporting.flag_views import FlagView, MeasureView
from credit_sync.reporting.flagged import flagged_page, write_flagged_report
from credit_sync.reporting.flagged_changes import changes_by_kind
from credit_sync.reporting.flagged_query import read_flagged
from credit_sync.reporting.flagged_views import FlaggedReport
from credit_sync.review import Actor, Said
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.decisions import Conclusion, State
from credit_sync.screening.measures import load_measures
from credit_sync.screening.reasons import load_reasons
from credit_sync.screening.weights import load_weights
from credit_sync.shipped import shipped
from credit_sync.store import ledger, schema
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.tell_settings import EVERY
from credit_sync.telling.own_report import digest_counts
from tests.report_night import (
    FIRST,
    FULL_NUMBERS,
    SECOND,
    Night,
    case,
    empty_night,
    entry,
    organisation,
    person,
    two_nights,
)
from tests.review_world import CODE, MAN, NOBODY, NUMBER, TWO, ReviewWorld
from tests.review_world import case as world_case


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    return two_nights(tmp_path_factory.mktemp("night"))


def report_of(night: Night, run: Run = SECOND) -> FlaggedReport:
    with night.engine.connect() as connection:
        return read_flagged(connection, night.settings, run, load_measures())


def write(night: Night, run: Run = SECOND) -> tuple[bytes, bytes]:
    page, book = write_flagged_report(night.engine, night.settings, run, load_measures())
    return page.read_bytes(), book.read_bytes()


@pytest.mark.parametrize(
    ("title", "more"),
    [("暂缓，待复核", "待复核"), ("暂缓", ""), ("暂缓或退回", "暂缓或退回"), ("待复核", "待复核")],
)
def test_what_the_effect_says_is_not_said_twice(title: str, more: str) -> None:
    assert MeasureView("hold", title, "", "").more == more


def test_what_was_compared_is_said_on_both_sides_of_a_card(night: Night) -> None:
    """安徽省合肥市 beside nothing, and the evidence said 地区一致."""
    page = flagged_page(report_of(night), load_weights())
    assert '<span class="effect hold">暂缓</span><strong>待复核。</strong>' in page
    assert "据证件号码</bdi></td><td><bdi>安徽省合肥市" in page


def test_flags_are_grouped_by_application_with_every_case(night: Night) -> None:
    report = report_of(night)
    found = {
        a.head.number: [(f.applicant.name, f.verdict, len(f.entries)) for f in a.flags]
        for a in report.applications
    }
    assert found == {
        "J2018-0043": [("安徽环湖生态监测有限公司", Verdict.CONFIRMED, 1), ("仰宗岱", Verdict.CONFIRMED, 1)],
        "1804a09020117": [
            ("合肥瀚云精密传动有限公司", Verdict.CONFIRMED, 3),
            ("鲍德全", Verdict.CONFIRMED, 1),
            ("鲍德全", Verdict.PROBABLE, 3),
        ],
        "1804a09020231": [("安徽晶曜光伏科技有限公司", Verdict.PROBABLE, 1)],
    }


def test_flags_through_a_representative_are_marked(night: Night) -> None:
    (reached,) = (flag for flag in report_of(night).flags if flag.representative)
    assert (reached.applicant.name, reached.listed.name, reached.representative.name, reached.measure.effect) == (  # type: ignore[union-attr]
        "鲍德全",
        "合肥瀚云精密传动有限公司",
        "鲍德全",
        "consider",
    )
    page, book = write(night)
    assert page.decode().count("列入名单的是单位，不是申报主体本人：") == 1
    titles, *rows = openpyxl.load_workbook(io.BytesIO(book))["预警"].iter_rows(values_only=True)
    ties = [row[titles.index("关联方式")] for row in rows]
    assert sorted(ties) == ["本身"] * 5 + ["法定代表人 鲍德全"]


def test_among_the_changes_a_representative_is_not_called_listed(tmp_path: Path) -> None:
    night = two_nights(tmp_path)
    (old,) = (flag.number for flag in report_of(night).flags if flag.representative)
    with writing(night.engine) as connection:
        reasons, by = load_reasons(shipped("mappings")), Actor("甲", SECOND.as_of - timedelta(hours=12))
        review.decide(connection, old, Conclusion.UPHOLD, Said("same_by_number", ""), reasons, by)
    firm = organisation("芜湖市启岩机械有限公司", 12, "计春")
    night.add(SECOND, [entry("9", "题", person("计春", employer=firm.name), Role.LEADER), case(firm, "号")])
    night.screen(SECOND)
    changes = changes_by_kind(report_of(night))
    told = {kind: {(c.applicant, c.represented) for c in found} for kind, found in changes.items()}
    assert told["复核进展"] == {("鲍德全", True)}
    assert {("计春", True), ("仰宗岱", False)} <= told["新增"]
    page, book = write(night)
    section = page.decode().partition('id="changes"')[2].partition('id="filters"')[0]
    assert section.count("失信被执行人名单<small>经法定代表人</small>") == 2
    titles, *rows = openpyxl.load_workbook(io.BytesIO(book))["变化"].iter_rows(values_only=True)
    lists = {row[titles.index("申报主体")]: row[titles.index("名单")] for row in rows}
    assert (lists["计春"], lists["仰宗岱"]) == ("失信被执行人名单（经法定代表人）", "失信被执行人名单")


def test_a_namesake_is_unverifiable_and_named_as_nothing_worse(night: Night) -> None:
    found = {(u.applicant, u.missing) for u in report_of(night).unverifiable}
    assert found == {("王伟", "身份证号码"), ("李强", "身份证号码")}


def test_news_is_what_came_since_the_last_report(night: Night) -> None:
    report = report_of(night)
    assert [f.applicant.name for f in report.flags if f.news] == ["仰宗岱"]
    assert [(c.applicant, c.reason) for c in report.closed] == [
        ("芜湖市启岩机械有限公司", "名单条目 （2016）皖0207执88号 已由来源于 2018-12-04 移出名单")
    ]
    assert [(found.title, found.came, found.went) for found in report.lists] == [
        ("经营异常名录", 0, 0),
        ("失信被执行人名单", 14, 2),
    ]


def test_a_second_run_of_the_day_does_not_hide_the_news(tmp_path: Path) -> None:
    night = two_nights(tmp_path)
    night.ledger(SECOND, "report")
    noon = Run(3, datetime(2018, 12, 4, 12, 0))
    night.begin(noon)
    night.screen(noon)
    assert [f.applicant.name for f in report_of(night, noon).flags if f.news] == ["仰宗岱"]


def test_a_first_report_marks_nothing_as_new(tmp_path: Path) -> None:
    night = empty_night(tmp_path)
    night.begin(FIRST)
    night.add(FIRST, [entry("1", "题", organisation("甲乙丙有限公司", 1), Role.APPLYING_UNIT)])
    night.add(FIRST, [case(organisation("甲乙丙有限公司", 1), "案")])
    night.screen(FIRST)
    report = report_of(night, FIRST)
    assert (report.previous, [f.news for f in report.flags]) == (None, [""])
    assert "首份报告" in write(night, FIRST)[0].decode()


def test_everybody_is_accounted_for(night: Night) -> None:
    counts = report_of(night).accounted
    assert (counts.total, counts.screened, counts.unscreened, counts.late) == (12, 12, 0, 0)
    assert sum(counts.verdicts.values()) == 12


def test_who_was_not_screened_is_said_aloud(tmp_path: Path) -> None:
    night = two_nights(tmp_path)
    night.add(SECOND, [entry("9", "迟到的申报", person("巴彦"), Role.LEADER)])
    with night.engine.begin() as connection:
        connection.execute(schema.applicant.update().where(schema.applicant.c.id == 1).values(version=2))
    counts = report_of(night).accounted
    assert (counts.total, counts.screened, counts.unscreened) == (13, 11, 2)
    page = write(night)[0].decode()
    assert "<strong>2</strong> 个申报主体还没有按现在的信息比对过" in page


def test_conclusions_of_an_earlier_day_are_said_to_be_so(tmp_path: Path) -> None:
    night = two_nights(tmp_path)
    page = write(night, Run(3, datetime(2018, 12, 5, 2, 0)))[0].decode()
    assert "<strong>12</strong> 个申报主体的结论是以前比对的" in page


def test_a_stale_list_clears_nobody_and_says_so(tmp_path: Path) -> None:
    night = two_nights(tmp_path)
    late = Run(3, datetime(2018, 12, 20, 2, 0))
    night.begin(late)
    night.screen(late)
    report = report_of(night, late)
    assert len(report.stale) == 2
    assert report.accounted.verdicts[Verdict.CLEAR] == 0
    page = write(night, late)[0].decode()
    assert "今天不能据此放行任何人" in page
    assert page.count("<strong>不能放行</strong>") == 2
    assert "今天不能据此放行任何人" not in write(two_nights_again(tmp_path))[0].decode()


def two_nights_again(folder: Path) -> Night:
    other = folder / "again"
    other.mkdir()
    return two_nights(other)


def test_the_same_store_gives_the_same_bytes(night: Night, tmp_path: Path) -> None:
    assert write(night) == write(night) == write(two_nights_again(tmp_path))


def test_both_databases_give_the_same_report(engine: Engine, night: Night, tmp_path: Path) -> None:
    assert write(two_nights(tmp_path, engine)) == write(night)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Names that want to be code, formulas or layout, and identity numbers where none belong."""
    night = two_nights(tmp_path_factory.mktemp("hostile"))
    long = "长" * 10_000
    numbers = "，".join(FULL_NUMBERS)
    night.add(
        SECOND,
        [
            entry(
                "=1+1",
                f'=HYPERLINK("http://x.invalid","{numbers}")',
                organisation("<img src=x onerror=alert(1)>", 11),
                Role.APPLYING_UNIT,
            ),
            entry(
                "+2",
                f"{long} {numbers}",
                person("@SUM(A1)", FULL_NUMBERS[0]),
                Role.LEADER,
                department="<b>处</b>\x00",
                stage='"><script>alert(2)</script>',
            ),
            entry(
                "-3", "\u202eمشروع\u202c", person("鲍德全\u202e", FULL_NUMBERS[0], employer=numbers), Role.MEMBER
            ),
        ],
    )
    night.add(
        SECOND,
        [
            case(organisation("<script>alert(3)</script>", 11), f"=cmd|' /C calc'!A0 {numbers}"),
            case(person("@SUM(A1)", FULL_NUMBERS[0]), "-4"),
        ],
    )
    night.screen(SECOND)
    return night


def test_no_full_identity_number_is_in_any_byte(hostile: Night) -> None:
    page, book = write(hostile)
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        contents = [page, *(archive.read(name) for name in archive.namelist())]
    for number in FULL_NUMBERS:
        assert not any(number.encode() in content for content in contents)
    assert b"340103********1177" in page


def test_cells_are_text_whatever_they_look_like(hostile: Night) -> None:
    book = openpyxl.load_workbook(io.BytesIO(write(hostile)[1]))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    strange = [cell for cell in cells if isinstance(cell.value, str) and cell.value[:1] in "=+-@"]
    assert {"=1+1", "+2", "-3", "@SUM(A1)"} <= {cell.value for cell in strange}
    numbers = {
        (cell.parent.title, book[cell.parent.title].cell(1, cell.column).value)
        for cell in cells
        if cell.data_type == "n"
    }
    assert numbers == {("概况", "数值"), ("预警", "条目数")}


def test_the_workbook_has_every_part_ready_to_work_with(night: Night) -> None:
    book = openpyxl.load_workbook(io.BytesIO(write(night)[1]))
    assert book.sheetnames == ["概况", "变化", "预警", "名单条目", "无法核实", "已排除", "已关闭", "复核理由"]
    assert {sheet.title: sheet.max_row - 1 for sheet in book if sheet.title != "概况"} == {
        "变化": 2,
        "预警": 6,
        "名单条目": 10,
        "无法核实": 2,
        "已排除": 0,
        "已关闭": 1,
        "复核理由": 9,
    }
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref.startswith("A1:")
        assert all(sheet.column_dimensions[cell.column_letter].width > 5 for cell in sheet[1])
    flags = [
        dict(zip([c.value for c in book["预警"][1]], row, strict=True))
        for row in book["预警"].iter_rows(2, values_only=True)
    ]
    yang = next(row for row in flags if row["申报主体"] == "仰宗岱")
    assert (yang["变化"], yang["判定"], yang["可能性"], yang["角色"]) == ("新增", "确认", "＞99.9%", "完成人")
    assert yang["主体号码"] == "身份证号码 340406********3319"
    titles, closed = book["已关闭"].iter_rows(values_only=True)
    gone = "名单条目 （2016）皖0207执88号 已由来源于 2018-12-04 移出名单"
    assert titles[-3:] == ("原判定", "关闭日期", "原因")
    assert closed[-3:] == ("确认", "2018-12-04", gone)


def _report(world: ReviewWorld) -> FlaggedReport:
    with world.engine.connect() as connection:
        run = ledger.latest(connection)
        assert run is not None
        return read_flagged(connection, world.settings, run, load_measures(world.folder / "mappings"))


def _night(world: ReviewWorld) -> None:
    """A night, reported."""
    world.night()
    with writing(world.engine) as connection:
        run = ledger.latest(connection)
        assert run is not None
        ledger.stage_done(connection, run, "report", "", {})


def test_what_people_did_on_the_way_is_not_called_a_conclusion(engine: Engine, tmp_path: Path) -> None:
    """A proposal, its refusal and what was taken back stood as 维持 and 撤销结论 below 已作结论."""
    world = ReviewWorld(engine, tmp_path)
    world.deliver("applicants", *TWO)
    world.deliver("banned", world_case(1))
    _night(world)
    world.decide(Conclusion.DISMISS, "张三")
    world.refuse("李四")
    world.decide(Conclusion.DISMISS, "张三")
    world.undo("张三")
    _night(world)
    done = changes_by_kind(_report(world))["复核进展"]
    proposed = "张三 提出排除，待第二人复核：经核对证件号码，不是同一主体"
    assert [said for change in done for said in change.said] == [
        proposed,
        "李四 复核退回：不同意",
        proposed,
        "张三 撤销结论：看错了",
    ]


def test_what_changed_since_the_last_report_is_said(engine: Engine, tmp_path: Path) -> None:
    world = ReviewWorld(engine, tmp_path)
    world.deliver("applicants", {**TWO[0], "证件": ""}, TWO[1])
    world.deliver("debtors", world_case(1))
    _night(world)
    (flag,) = world.flags()
    first = changes_by_kind(_report(world))
    assert not any(first.values())
    world.decide(Conclusion.DISMISS, "张三", flag)
    world.deliver("applicants", *TWO)
    world.deliver("debtors", world_case(1), world_case(2), world_case(3, MAN, NUMBER))
    _night(world)
    found = changes_by_kind(_report(world))
    assert {kind: len(changes) for kind, changes in found.items()} == {
        "新增": 1,
        "有变化": 0,
        "重新打开": 1,
        "复核进展": 1,
        "已关闭": 0,
    }
    assert found["复核进展"][0].said == ("张三 排除：经核对证件号码，不是同一主体",)
    said = "\n".join(found["重新打开"][0].said)
    for sentence in (
        "判定：疑似 → 确认",
        "结论不再成立：出现新的名单条目",
        "新增条目 2",
        "申报信息更正：证件号码",
    ):
        assert sentence in said
    world.deliver("debtors", world_case(2), world_case(3, MAN, NUMBER))
    world.measure("consider")
    _night(world)
    found = changes_by_kind(_report(world))
    assert [c.number for c in found["有变化"]] == [1, 2]
    said = "\n".join(found["有变化"][0].said)
    assert "措施：限制 → 审慎参考" in said
    assert "已不计入：名单条目 1 已不在" in said
    world.deliver("debtors", NOBODY)
    _night(world)
    assert [c.number for c in changes_by_kind(_report(world))["已关闭"]] == [1, 2]
    world.deliver("debtors", world_case(2))
    _night(world)
    (again,) = changes_by_kind(_report(world))["新增"]
    assert again.said == ("曾于 2026-03-05 关闭，现又出现", "条目 2 再次计入")
    world.deliver("debtors", NOBODY)
    world.night()  # by day: after a rollback, say, and without a report
    world.deliver("debtors", world_case(2))
    _night(world)
    (again,) = changes_by_kind(_report(world))["新增"]
    assert again.said == ("曾于 2026-03-07 关闭，现又出现", "条目 2 再次计入")


@pytest.mark.parametrize(("conclusion", "told"), [(Conclusion.DISMISS, {}), (Conclusion.UPHOLD, {"有变化": 1})])
def test_a_flag_that_is_back_with_its_conclusion_is_nowhere_told_as_new(
    engine: Engine, tmp_path: Path, conclusion: Conclusion, told: dict[str, int]
) -> None:
    world = ReviewWorld(engine, tmp_path)
    world.deliver("debtors", NOBODY, world_case(1))
    _night(world)
    world.decide(conclusion, "张三", 1)
    world.deliver("debtors", NOBODY)
    _night(world)
    since = world.now
    world.deliver("debtors", NOBODY, world_case(1))
    counts = world.night().flags
    assert world.standing().state is (State.DISMISSED if conclusion is Conclusion.DISMISS else State.UPHELD)
    assert (counts.opened, counts.changed, counts.reopened, counts.open) == (0, 1, 0, {})
    found = changes_by_kind(_report(world))
    assert {kind: len(changes) for kind, changes in found.items() if changes} == told
    with engine.connect() as connection:
        digest = digest_counts(connection, world.settings, EVERY, since)
        assert (digest.new, digest.waiting) == (0, 0)
        assert digest_counts(connection, world.settings, EVERY, None).new == 0
    world.undo("张三", 1)
    with engine.connect() as connection:
        assert digest_counts(connection, world.settings, EVERY, since).new == 1


def test_a_closed_flag_shows_the_evidence_that_it_closed_with(engine: Engine, tmp_path: Path) -> None:
    """Not that of a stronger case which had left before: the verdict would rest on what was no longer there."""
    world = ReviewWorld(engine, tmp_path)
    weaker = world_case(2, code=CODE)
    for listed in ([world_case(1), weaker], [weaker], [NOBODY]):
        world.deliver("debtors", *listed)
        world.night()
    with world.engine.connect() as connection:
        stored = connection.execute(select(schema.match).order_by(schema.match.c.listing_id)).all()
        measures = load_measures(world.folder / "mappings")
        ((_, view),) = flag_views(connection, schema.flag.c.id == 1, measures, world.reasons)
    assert stored[0].bits > stored[1].bits
    assert [e.bits for e in view.evidence] == [e["bits"] for e in stored[1].evidence]
    assert [e.number for e in view.entries] == ["2", "1"]


def test_a_threshold_is_told_as_it_is(night: Night) -> None:
    weights = load_weights()
    strict = weights.model_copy(update={"bands": weights.bands.model_copy(update={"confirmed": 0.995})})
    assert "可能性不低于 99.5%，两边都有证件号码" in flagged_page(report_of(night), strict)
    assert "可能性不低于 99%，两边都有证件号码" in flagged_page(report_of(night), weights)


def test_pictures_are_drawn_for_what_waits(night: Night) -> None:
    report = report_of(night)
    page = flagged_page(report, load_weights(night.settings.mappings_folder))
    assert page.count('<svg class="waterfall"') == 6
    assert f'id="sum-{report.flags[0].number}-title"' in page


# --- more flags than a browser holds in full


def few_in_full(patched: pytest.MonkeyPatch, urgent: int = 1) -> None:
    patched.setattr("credit_sync.reporting.flagged._MOST_IN_FULL", 2)
    patched.setattr("credit_sync.reporting.flagged._URGENT", urgent)


def test_of_too_many_flags_the_less_urgent_get_a_line_each_with_all_that_decides_them(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = report_of(night)
    few_in_full(monkeypatch)
    page = flagged_page(report, load_weights())
    assert re.findall(r'<h4 id="title-(\d+)"', page) == [str(f.number) for f in report.applications[0].flags]
    assert sorted(map(int, re.findall(r' id="flag-(\d+)"', page))) == sorted(f.number for f in report.flags)
    lines = html.unescape(page[page.index('id="brief"') : page.index('id="unverifiable"')])
    assert "其余预警 4 条" in lines
    for application in report.applications[1:]:
        assert application.head.number in lines
        for flag in application.flags:
            parties = (flag.applicant, flag.listed, *((flag.representative,) if flag.representative else ()))
            told = {flag.list_title, flag.role, flag.measure.more, flag.measure.text, flag.measure.basis}
            told |= {text for p in parties for text in (p.name, *p.numbers, *dict(p.details).values())}
            told |= {t for e in flag.entries for t in (e.number, e.organ, e.reason, e.performance or "—")}
            told |= {labels.weight(e.bits) for e in flag.evidence}
            assert {text for text in told if text not in lines} == set()
    assert lines.count("列入名单的是单位，不是申报主体本人：") == 1


def test_what_waits_is_more_urgent_than_what_is_decided(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    report = report_of(night)
    first, *others = report.applications
    upheld = replace(first.flags[0].review, state=State.UPHELD)
    decided = replace(first, flags=tuple(replace(f, review=upheld) for f in first.flags))
    few_in_full(monkeypatch)
    page = flagged_page(replace(report, applications=(decided, *others)), load_weights())
    assert re.findall(r'<h4 id="title-(\d+)"', page) == [str(f.number) for f in others[0].flags]


def test_a_page_of_thousands_stays_small(night: Night) -> None:
    """A line takes less than 1,000 bytes. In full the page would have 66 MB, on which browsers choke."""
    report = report_of(night)
    found = [
        replace(a, head=replace(a.head, number=f"{a.head.number}-{n}"), flags=tuple(_numbered(a.flags, 10 * n)))
        for n in range(2100)
        for a in report.applications
    ]
    page = flagged_page(replace(report, applications=tuple(found)), load_weights())
    assert page.count(' id="flag-') == 12_600
    assert len(page.encode()) < 13_500_000


def _numbered(flags: Sequence[FlagView], more: int) -> list[FlagView]:
    return [replace(flag, number=flag.number + more) for flag in flags]


def test_a_night_that_can_clear_nobody_lists_everybody_in_tables_that_a_browser_can_hold(night: Night) -> None:
    """By a list that is stale, say: 50,000 in one table took Chromium a minute."""
    report = report_of(night)
    first = report.unverifiable[0]
    for count, tables in ((500, 0), (501, 6)):
        everybody = tuple(replace(first, applicant=f"某{number}") for number in range(count))
        page = flagged_page(replace(report, unverifiable=everybody), load_weights())
        assert page.count('class="scroll batch"') == tables
        assert f"{count} 个：{first.reason}" in page
        named = re.findall(r"<td>(?:<bdi>)?某(\d+)(?:</bdi>)?<small>", page)
        assert [int(number) for number in named] == list(range(count))


def test_500_flags_are_shown_in_full(night: Night) -> None:
    report = report_of(night)
    (found,) = (a for a in report.applications if len(a.flags) == 1)
    many = [
        replace(found, head=replace(found.head, number=f"{n}"), flags=tuple(_numbered(found.flags, 10 * n)))
        for n in range(501)
    ]
    for count, in_full in ((500, 500), (501, 300)):
        page = flagged_page(replace(report, applications=tuple(many[:count])), load_weights())
        assert (page.count("<h4 "), page.count(' id="flag-')) == (in_full, count)
        assert ('id="brief"' in page) == (count > 500)
