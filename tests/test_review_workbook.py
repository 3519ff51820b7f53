"""Decisions by workbook: filled in, taken over row by row; conflicts are told and nothing is overwritten."""

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, select

from credit_sync import review
from credit_sync.errors import CreditSyncError
from credit_sync.reporting.flagged_query import read_flagged
from credit_sync.reporting.flagged_sheets import CONCLUSION, FLAG, REASON, TEXT, TOKEN, flagged_workbook
from credit_sync.review import Actor
from credit_sync.review_import import Imported, Outcome, import_decisions
from credit_sync.screening.decisions import Conclusion, State
from credit_sync.screening.measures import load_measures
from credit_sync.store import audit
from credit_sync.store.ledger import latest
from credit_sync.store.schema import decision
from tests.review_world import COMPANY, MAN, NOBODY, NUMBER, ReviewWorld, case

SAME, OTHER = "经核对证件号码，为同一主体", "经核对证件号码，不是同一主体"
INQUIRY = "经向申报单位或名单发布单位核实，不是同一主体（同名）"
UPHOLD, DISMISS = Conclusion.UPHOLD, Conclusion.DISMISS


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> ReviewWorld:
    """Flags 1 (company, restricts), 2 (person, restricts), 3 (company, forbids)."""
    made = ReviewWorld(engine, tmp_path / "world")
    made.deliver("debtors", NOBODY, case(1), case(2, MAN, NUMBER))
    made.night()
    made.deliver("banned", NOBODY, case(5))
    made.night()
    assert list(made.flags()) == [1, 2, 3]
    return made


def exported(world: ReviewWorld) -> bytes:
    with world.engine.connect() as connection:
        run = latest(connection)
        assert run is not None
        measures = load_measures(world.folder / "mappings")
        return flagged_workbook(read_flagged(connection, world.settings, run, measures))


def filled(book: bytes, path: Path, rows: dict[int, dict[str, Any]]) -> Path:
    """The workbook with cells of rows (by flag) filled in."""
    opened = openpyxl.load_workbook(io.BytesIO(book))
    sheet = opened["预警"]
    titles = {cell.value: cell.column for cell in sheet[1]}
    for cells in sheet.iter_rows(2):
        for title, value in rows.get(int(cells[titles[FLAG] - 1].value), {}).items():
            sheet.cell(cells[0].row, titles[title]).value = value
    opened.save(path)
    return path


def row(conclusion: str, reason: str = "", text: Any = "") -> dict[str, Any]:
    return {CONCLUSION: conclusion, REASON: reason, TEXT: text}


def imported(world: ReviewWorld, path: Path, who: str = "甲") -> Imported:
    return import_decisions(world.engine, path, world.reasons, Actor(who, world.now))


def outcomes(found: Imported) -> list[Outcome]:
    """By the order of the sheet: the forbidding flag first."""
    return [row.outcome for row in found.rows if row.outcome is not Outcome.EMPTY]


def steps(world: ReviewWorld) -> list[Any]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(decision).order_by(decision.c.id)).all())


def test_what_is_filled_in_is_decided_and_the_second_time_nothing_changes(
    world: ReviewWorld, tmp_path: Path
) -> None:
    rows = {
        1: row("维持", SAME, "已核对"),
        2: row("排除", INQUIRY, "来函，非本人"),
        3: row("维持", "same_by_number"),
    }
    book = filled(exported(world), tmp_path / "填好.xlsx", rows)
    assert sorted(outcomes(imported(world, book))) == [Outcome.DECIDED, Outcome.DECIDED, Outcome.PROPOSED]
    assert [world.standing(n).state for n in (1, 2, 3)] == [State.UPHELD, State.DISMISSED, State.PROPOSED]
    assert (world.standing(1).text, world.standing(2).reason) == ("已核对", "other_by_inquiry")
    kept = steps(world)
    assert outcomes(imported(world, book)) == [Outcome.UNCHANGED] * 3
    assert steps(world) == kept
    with world.engine.connect() as connection:
        entries = [(e.action, e.who, e.target) for e in audit.entries(connection)]
    assert entries.count(("import", "甲", "填好.xlsx")) == 2


def test_the_second_person_agrees_by_a_workbook_of_his_own(world: ReviewWorld, tmp_path: Path) -> None:
    world.decide(UPHOLD, "甲", 3)
    plain = tmp_path / "plain.xlsx"
    plain.write_bytes(exported(world))
    assert imported(world, plain, "乙").counts[Outcome.EMPTY] == 3, (
        "a proposal is not filled in for the second person"
    )
    book = filled(exported(world), tmp_path / "second.xlsx", {3: row("维持", SAME)})
    assert outcomes(imported(world, book, "甲")) == [Outcome.UNCHANGED]
    assert outcomes(imported(world, book, "乙")) == [Outcome.DECIDED]
    assert (world.standing(3).state, world.standing(3).confirmed_by) == (State.UPHELD, "乙")
    assert outcomes(imported(world, book, "乙")) == [Outcome.UNCHANGED]


def test_a_report_that_shows_what_is_decided_can_be_imported_by_anybody(
    world: ReviewWorld, tmp_path: Path
) -> None:
    world.decide(UPHOLD, "甲", 1)
    path = tmp_path / "report.xlsx"
    path.write_bytes(exported(world))
    kept = steps(world)
    assert outcomes(imported(world, path, "乙")) == [Outcome.UNCHANGED]
    assert steps(world) == kept


@pytest.mark.parametrize(
    ("meanwhile", "cells", "problem"),
    [
        (lambda w: w.decide(DISMISS, "乙", 1), row("维持", SAME), "已有人处理"),
        (lambda w: (w.decide(DISMISS, "乙", 1), w.undo("乙", 1)), row("维持", SAME), "已有人处理"),
        (lambda w: w.decide(UPHOLD, "乙", 1), row("维持", "same_by_inquiry", "另有说明"), "已有人处理"),
        (
            lambda w: (w.deliver("debtors", NOBODY, case(1), case(2, MAN, NUMBER), case(7)), w.night()),
            row("排除", OTHER),
            "证据有变化",
        ),
        (lambda w: (w.deliver("debtors", NOBODY, case(2, MAN, NUMBER)), w.night()), row("排除", OTHER), "已关闭"),
    ],
)
def test_a_conflict_is_told_and_overwrites_nothing(
    world: ReviewWorld, tmp_path: Path, meanwhile: Any, cells: dict[str, Any], problem: str
) -> None:
    book = filled(exported(world), tmp_path / "late.xlsx", {1: cells, 2: row("排除", OTHER)})
    meanwhile(world)
    before, kept = world.standing(1), steps(world)
    found = imported(world, book)
    [conflict] = found.conflicts
    assert problem in conflict.problem
    assert "late.xlsx#预警 第" in conflict.place
    assert world.standing(1) == before
    assert world.standing(2).state is State.DISMISSED, "the other rows are taken over"
    assert len(steps(world)) == len(kept) + 1


BAD = [
    (row("维持", OTHER), "没有理由"),
    (row("维持", "不存在"), "没有理由"),
    (row("维持"), "没有写理由"),
    (row("同意", SAME), "“同意”不是结论"),
    (row("", SAME), "没有结论"),
    (row("排除", INQUIRY), "须写明具体情况"),
    (row("排除", OTHER) | {TOKEN: "1.0"}, "与预警不符"),
    (row("排除", OTHER) | {FLAG: "2"}, "与预警不符"),
    (row("排除", OTHER) | {TOKEN: f"99.0.{'0' * 32}", FLAG: ""}, "没有预警 99"),
    (row("排除", OTHER, "=1/0") | {TOKEN: "=1+1"}, "与预警不符"),
]


def test_a_row_that_cannot_be_understood_is_told_and_changes_nothing(world: ReviewWorld, tmp_path: Path) -> None:
    book = exported(world)
    for cells, problem in BAD:
        [conflict] = imported(world, filled(book, tmp_path / "bad.xlsx", {1: cells})).conflicts
        assert problem in conflict.problem
    assert steps(world) == []


def test_a_row_that_stands_twice_in_one_workbook_with_two_conclusions(world: ReviewWorld, tmp_path: Path) -> None:
    book = filled(exported(world), tmp_path / "twice.xlsx", {1: row("维持", SAME)})
    opened = openpyxl.load_workbook(book)
    sheet = opened["预警"]
    titles = [cell.value for cell in sheet[1]]
    again = next(r for r in sheet.iter_rows(2, values_only=True) if r[titles.index(FLAG)] == "1")
    sheet.append([{CONCLUSION: "排除", REASON: OTHER}.get(t, v) for t, v in zip(titles, again, strict=True)])
    opened.save(book)
    assert outcomes(imported(world, book)) == [Outcome.DECIDED, Outcome.CONFLICT]
    assert world.standing(1).state is State.UPHELD


def test_other_files_are_refused_as_a_whole(world: ReviewWorld, tmp_path: Path) -> None:
    strange = tmp_path / "other.xlsx"
    book = openpyxl.Workbook()
    book.active.append([FLAG, CONCLUSION, REASON])  # type: ignore[union-attr]
    book.active.append(["1", "维持", SAME])  # type: ignore[union-attr]
    book.save(strange)
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 no workbook")
    for path in (strange, broken):
        with pytest.raises(CreditSyncError):
            imported(world, path)
    assert steps(world) == []


def test_columns_offer_what_may_be_chosen_and_the_token_is_hidden(world: ReviewWorld) -> None:
    opened = openpyxl.load_workbook(io.BytesIO(exported(world)))
    sheet = opened["预警"]
    titles = {cell.value: cell for cell in sheet[1]}
    assert sheet.column_dimensions[titles[TOKEN].column_letter].hidden
    offered = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    for title, source in ((CONCLUSION, '"维持,排除"'), (REASON, "'复核理由'!$B$2:$B$10")):
        letter = titles[title].column_letter
        assert offered[f"{letter}2:{letter}4"] == source
    assert [r[1] for r in opened["复核理由"].iter_rows(2, values_only=True)] == [
        r.text for r in world.reasons.reason
    ]


def test_what_officers_write_is_text_in_every_report(world: ReviewWorld, tmp_path: Path) -> None:
    evil = f'=HYPERLINK("http://x.invalid","{NUMBER}")'
    world.decide(UPHOLD, "=1+1", 1, reason="other_uphold", text=evil)
    world.decide(DISMISS, "@SUM(A1)", 2, reason="other_dismiss", text="+2")
    book = exported(world)
    opened = openpyxl.load_workbook(io.BytesIO(book))
    cells = [cell for sheet in opened for r in sheet.iter_rows() for cell in r if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    assert not any(NUMBER in str(cell.value) for cell in cells)
    dismissed = [
        dict(zip((c.value for c in opened["已排除"][1]), r, strict=True))
        for r in opened["已排除"].iter_rows(2, values_only=True)
    ]
    assert [(r[FLAG], "@SUM(A1) 排除：其他（+2）" in str(r["复核经过"])) for r in dismissed] == [("2", True)]
    path = tmp_path / "back.xlsx"
    path.write_bytes(book)
    assert outcomes(imported(world, path, "乙")) == [Outcome.UNCHANGED]


def test_the_same_store_gives_the_same_bytes(world: ReviewWorld) -> None:
    world.decide(DISMISS, "甲", 1)
    assert exported(world) == exported(world)


def test_history_says_where_it_came_from(world: ReviewWorld, tmp_path: Path) -> None:
    book = filled(exported(world), tmp_path / "a.xlsx", {1: row("维持", SAME)})
    import_decisions(world.engine, book, world.reasons, Actor("甲", datetime(2026, 3, 9), "系统用户 root"))
    with world.engine.connect() as connection:
        [entry] = audit.entries(connection, action="uphold")
        assert entry.detail["origin"] == "系统用户 root a.xlsx"
        assert review.standing(connection, 1).at == datetime(2026, 3, 9)
        assert COMPANY not in repr(entry)
