"""Feedback workbooks: every row becomes a receipt or is reported, and reading them again changes nothing."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import Engine, select

from credit_sync.channel_settings import ExchangeDbChannel
from credit_sync.errors import CreditSyncError, SettingsError, SourceError
from credit_sync.interfaces.messages import Answer
from credit_sync.publishing.feedback import (
    Feedback,
    FeedbackMapping,
    Unclear,
    load_feedback_mapping,
    read_feedback,
)
from credit_sync.publishing.publish import publish
from credit_sync.publishing.receipts_import import read_file, rehearse, take_over
from credit_sync.publishing.receipts_workbook import Sent, Understood, understand
from credit_sync.store import schema
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.schema import submission
from credit_sync.subjects.identifiers import uscc
from tests.conftest import contents
from tests.publishing import (
    EDITION_2018,
    LICENCE,
    MAPPINGS,
    ORGANISATION,
    PENALTY,
    PERSON,
    TRADER,
    settings,
    store_record,
)

NIGHT, LATER = Run(1, datetime(2018, 11, 30, 2)), Run(2, datetime(2018, 12, 3, 2))
IMPORT = datetime(2018, 12, 1, 10)
SECOND = replace(LICENCE, document_number="皖科动许〔2018〕2号", licence_number="SYXK(皖)2018-002")
OF_PERSON = replace(
    SECOND, subject=PERSON, document_number="皖科动许〔2018〕3号", licence_number="SYXK(皖)2018-003"
)
CREDIT_ANHUI = load_feedback_mapping(MAPPINGS, "credit_anhui")
TITLES = ("行政许可决定文书号", "行政相对人名称", "处理结果", "错误原因")


@pytest.fixture
def sent(engine: Engine, tmp_path: Path) -> Engine:
    """A store that has published three licences and a penalty."""
    with writing(engine) as connection:
        for number, record in enumerate((LICENCE, SECOND, OF_PERSON), 1):
            store_record(connection, number, record)
        store_record(connection, 1, PENALTY)
    assert publish(engine, settings(tmp_path), NIGHT)["anhui"].sent == 4
    return engine


def workbook(path: Path, *rows: Sequence[Any]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def take(engine: Engine, folder: Path, path: Path, at: datetime = IMPORT) -> tuple[int, Understood]:
    """Imports a file; how many receipts were new, and what came of the rows."""
    read = read_file(engine, settings(folder), "anhui", path)
    return take_over(engine, read, at), read.understood


def states(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        found = connection.execute(select(submission.c.state, submission.c.reason).order_by(submission.c.id))
        return [tuple(row) for row in found]


def test_a_list_of_all_rows(sent: Engine, tmp_path: Path) -> None:
    own = PERSON.identifiers[0].value
    path = workbook(
        tmp_path / "反馈.xlsx",
        ("信用安徽双公示数据处理结果",),
        TITLES,
        ("皖科动许［2018］ 1号", "合肥青檀实验动物有限公司", "成功", None),
        ("皖科动许〔2018〕2号", "合肥青檀实验动物有限公司", "失败", f"证件号码 {own} 校验不通过"),
        ("皖科动许〔2018〕3号", "汪墨林", "待审核", None),
        ("皖科动许〔2018〕4号", "合肥青檀实验动物有限公司", "成功", None),
        ("皖科动许〔2018〕1号", "合肥紫檀实验动物有限公司", "成功", None),
        ("皖知罚字〔2018〕1号", "合肥青檀实验动物有限公司", "研究中", None),
        (None, "合肥青檀实验动物有限公司", "成功", None),
        ("皖知罚字〔2018〕1号", None, "成功", None),
    )
    read = read_file(sent, settings(tmp_path), "anhui", path)
    new, understood = take(sent, tmp_path, path)
    with sent.connect() as connection:
        (imported,) = connection.execute(select(schema.run.c.options, schema.run.c.status)).all()
    assert imported == (read.options, "done")
    assert (new, understood.waiting) == (2, 1)
    assert [(row.row, row.why) for row in understood.unclear] == [
        (6, "没有报送过这个文书号"),
        (7, "文书号相同，相对人不符"),
        (8, "结果“研究中”不认识，请写进对照文件"),
        (9, "没有文书号"),
        (10, "没有相对人名称或代码，无法核对"),
    ]
    first, second, third, penalty = states(sent)
    assert first == ("accepted", "")
    assert second[0] == "rejected" and own not in second[1] and "校验不通过" in second[1]
    assert third[0] == penalty[0] == "sent"


def test_a_row_is_known_by_the_standard_by_which_it_was_sent(engine: Engine, tmp_path: Path) -> None:
    """The channel has another by now, in which the name has another code."""
    with writing(engine) as connection:
        for number, record in enumerate((LICENCE, OF_PERSON), 1):
            store_record(connection, number, record)
    edition = shutil.copytree(MAPPINGS, tmp_path / "mappings") / "credit_anhui" / "2016.toml"
    told = 'title = "行政许可编码", length = 40, required = true, constant = '
    edition.write_text(edition.read_text("utf-8").replace(f'{told}""', f'{told}"0100"'), "utf-8")
    now = settings(tmp_path).model_copy(update={"mappings": tmp_path / "mappings"})
    channel = now.channels["anhui"].model_copy(update={"standard": "2016"})
    then = now.model_copy(update={"channels": {"anhui": channel}})
    assert publish(engine, then, NIGHT)["anhui"].sent == 2
    path = workbook(
        tmp_path / "反馈.xlsx",
        TITLES,
        ("皖科动许〔2018〕1号", "合肥青檀实验动物有限公司", "成功", None),
        ("皖科动许〔2018〕3号", "汪墨林", "成功", None),
        ("皖科动许〔2018〕3号", "汪墨霖", "失败", "名称有误"),
    )
    new, understood = take(engine, tmp_path, path)
    assert [(row.row, row.why) for row in understood.unclear] == [(4, "文书号相同，相对人不符")]
    assert (new, states(engine)) == (2, [("accepted", "")] * 2)


def test_the_workbook_of_errors_is_the_template_with_reasons(sent: Engine, tmp_path: Path) -> None:
    """Titles, codes below them, the refused rows as uploaded, in the old format."""
    uploaded = openpyxl.load_workbook(next((tmp_path / "outbox").glob("双公示-行政许可-*.xlsx"))).active
    titles, codes, first, *_ = uploaded.iter_rows(values_only=True)
    book = xlwt.Workbook()
    sheet = book.add_sheet("错误数据")
    for number, row in enumerate(((*titles, "错误原因"), (*codes, None), (*first, "许可内容不规范"))):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.save(str(tmp_path / "行政许可-错误数据表.xls"))
    new, understood = take(sent, tmp_path, tmp_path / "行政许可-错误数据表.xls")
    assert (new, understood.unclear) == (1, [])
    assert states(sent)[0] == ("rejected", "许可内容不规范")


def test_read_again_it_changes_nothing_even_after_the_row_went_out_corrected(sent: Engine, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "错误数据表.xlsx", TITLES, (LICENCE.document_number, ORGANISATION.name, "", "内容不规范")
    )
    assert take(sent, tmp_path, path)[0] == 1
    before = contents(sent)["submission"]
    assert take(sent, tmp_path, path, LATER.as_of)[0] == 0
    assert contents(sent)["submission"] == before
    with writing(sent) as connection:
        store_record(connection, 1, replace(LICENCE, content="普通环境（兔）"))
    assert publish(sent, settings(tmp_path), replace(LATER, id=9))["anhui"].sent == 1
    corrected = contents(sent)["submission"]
    new, understood = take(sent, tmp_path, path, datetime(2018, 12, 4))
    assert (new, understood.unclear) == (0, [])
    assert contents(sent)["submission"] == corrected


def test_a_refusal_told_again_says_nothing_about_the_earlier_submission_that_was_accepted(
    sent: Engine, tmp_path: Path
) -> None:
    accepted = workbook(tmp_path / "1.xlsx", TITLES, (LICENCE.document_number, ORGANISATION.name, "成功", None))
    refused = workbook(tmp_path / "2.xlsx", TITLES, (LICENCE.document_number, ORGANISATION.name, "失败", "不规范"))
    take(sent, tmp_path, accepted)
    correct(sent, tmp_path, replace(LATER, id=8), "普通环境（兔）")
    assert take(sent, tmp_path, refused, datetime(2018, 12, 4))[0] == 1
    assert [state for state, _ in states(sent)] == ["accepted", *["sent"] * 3, "rejected"]
    correct(sent, tmp_path, Run(9, datetime(2018, 12, 5, 2)), "普通环境（豚鼠）")
    before = contents(sent)["submission"]
    new, understood = take(sent, tmp_path, refused, datetime(2018, 12, 6))
    assert (new, understood.unclear) == (0, [])
    assert contents(sent)["submission"] == before


def correct(sent: Engine, folder: Path, run: Run, content: str) -> None:
    """A night on which the first licence goes out with another content."""
    with writing(sent) as connection:
        store_record(connection, 1, replace(LICENCE, content=content))
    assert publish(sent, settings(folder), run)["anhui"].sent == 1


def test_an_answer_older_than_the_last_hand_over_is_no_answer_to_it(sent: Engine, tmp_path: Path) -> None:
    titles = (*TITLES, "反馈日期")
    old = (LICENCE.document_number, ORGANISATION.name, "失败", "内容不规范", "2018-11-29")
    new, understood = take(sent, tmp_path, workbook(tmp_path / "old.xlsx", titles, old))
    assert new == 0
    assert understood.unclear[0].why == "反馈日期 2018-11-29 早于最近一次报送 2018-11-30，是对以前报送的答复"


def test_a_refused_correction_that_made_way_is_not_answered_by_the_version_before_it(
    sent: Engine, tmp_path: Path
) -> None:
    """A list of all rows still names the refusal while the next version waits at home."""
    said = (LICENCE.document_number, ORGANISATION.name)
    assert take(sent, tmp_path, workbook(tmp_path / "一.xlsx", TITLES, (*said, "成功", "")))[0] == 1
    with writing(sent) as connection:
        store_record(connection, 1, replace(LICENCE, content="普通环境"))
    assert publish(sent, settings(tmp_path), replace(LATER, id=9))["anhui"].sent == 1
    refusal = (*said, "失败", "许可内容不规范")
    assert take(sent, tmp_path, workbook(tmp_path / "二.xlsx", TITLES, refusal), datetime(2018, 12, 4, 10))[0] == 1
    with writing(sent) as connection:
        store_record(connection, 1, replace(LICENCE, content=""))
    assert publish(sent, settings(tmp_path), Run(10, datetime(2018, 12, 5, 2)))["anhui"].invalid == 1
    before = contents(sent)["submission"]
    again = workbook(
        tmp_path / "三.xlsx", TITLES, refusal, (SECOND.document_number, ORGANISATION.name, "待审核", "")
    )
    new, understood = take(sent, tmp_path, again, datetime(2018, 12, 5, 10))
    assert (new, understood.unclear) == (0, [])
    assert contents(sent)["submission"] == before


def test_a_rehearsal_keeps_nothing(sent: Engine, tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", TITLES, (LICENCE.document_number, ORGANISATION.name, "成功", None))
    before = contents(sent)
    read = read_file(sent, settings(tmp_path), "anhui", path)
    assert rehearse(sent, read, IMPORT) == 1
    assert contents(sent) == before


def test_files_and_channels_that_will_not_do(sent: Engine, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.xlsx"
    damaged.write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(SourceError, match="已损坏"):
        take(sent, tmp_path, damaged)
    with pytest.raises(SourceError, match="other"):
        take(sent, tmp_path, workbook(tmp_path / "other.xlsx", ("姓名", "年龄"), ("汪墨林", 30)))
    exchange = ExchangeDbChannel(kind="exchange_db", url="postgresql://localhost/x", mapping="anhui_2018")
    with pytest.raises(CreditSyncError, match="由程序自动取回"):
        read_file(sent, settings(tmp_path, anhui=exchange), "anhui", damaged)


# --- matching, by itself ------------------------------------------------------------------------------------

ONE = Sent(1, ORGANISATION.name, ORGANISATION.identifiers[0].value, datetime(2018, 11, 30, 2))


def feedback(**changes: Any) -> Feedback:
    usual = Feedback("f.xlsx#1", 3, "A1", ORGANISATION.name, "", Answer.ACCEPTED, "", "", None)
    return replace(usual, **changes)


NO_CODE_YET = feedback(subject=TRADER.name, code=uscc.PLACEHOLDER)
OTHER_TRADER = replace(ONE, id=3, subject="另一家店", code=uscc.PLACEHOLDER)


@pytest.mark.parametrize(
    ("row", "others", "outcome"),
    [
        (feedback(), (), 1),
        (feedback(subject=" 合肥青檀实验动物有限公司 "), (), 1),
        (feedback(subject="", code=ONE.code.lower()), (), 1),
        (feedback(subject="改了名的公司", code=ONE.code), (), 1),
        (feedback(code="91340100MA2TUXY99X"), (), "相对人不符"),
        (feedback(answered_on=date(2018, 11, 30)), (), 1),
        (feedback(), (replace(ONE, id=2),), "有 2 条报送的文书号和相对人都相同"),
        (feedback(), (replace(ONE, id=2, subject="另一家公司", code=""),), 1),
        (feedback(document="A2"), (), "没有报送过"),
        (NO_CODE_YET, (replace(ONE, id=2, subject=TRADER.name, code=uscc.PLACEHOLDER), OTHER_TRADER), 2),
    ],
)
def test_which_submission_a_row_is_about(row: Feedback, others: Sequence[Sent], outcome: int | str) -> None:
    understood = understand([row], {"A1": [ONE, *others]})
    if isinstance(outcome, int):
        assert [receipt.submission_id for receipt in understood.receipts] == [outcome]
        assert not understood.unclear
    else:
        assert not understood.receipts
        assert outcome in understood.unclear[0].why


def test_rows_that_contradict_each_other_are_both_reported() -> None:
    rows = [feedback(), feedback(row=4, answer=Answer.REJECTED, reason="重复"), feedback(row=5)]
    understood = understand(rows, {"A1": [ONE]})
    assert not understood.receipts
    assert [row.row for row in understood.unclear] == [3, 4, 5]
    assert len(understand([feedback(), feedback(row=4)], {"A1": [ONE]}).receipts) == 1


CELLS = st.one_of(
    st.none(), st.integers(), st.dates(), st.sampled_from(["A1", "成功", "失败", ONE.subject, "/", "?"])
)


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=8))
def test_every_row_ends_as_something(
    rows: list[tuple[Any, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = workbook(tmp_path_factory.mktemp("f") / "f.xlsx", TITLES, *rows)
    read = list(read_feedback(path, CREDIT_ANHUI))
    filled = [row for row in rows if any(cell is not None for cell in row)]
    assert len(read) == len(filled)
    understood = understand(read, {"A1": [ONE]})
    told = len(read) - len(understood.unclear) - understood.waiting
    assert (told > 0) == bool(understood.receipts)


def test_the_shipped_mapping_knows_every_edition() -> None:
    for name in ("2018", "2018_sfzh", "2016"):
        text = (MAPPINGS / "credit_anhui" / f"{name}.toml").read_text("utf-8")
        assert any(title in text for title in CREDIT_ANHUI.document)
    for table in EDITION_2018.tables.values():
        titles = {field.title for field in table.fields} | {field.code for field in table.fields}
        for known in (CREDIT_ANHUI.document, CREDIT_ANHUI.subject, CREDIT_ANHUI.code):
            assert titles & set(known)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"waiting": ("成功",), "accepted": ("成功",)}, "“成功”写了不止一种含义"),
        ({"subject": (), "code": ()}, "subject 和 code 至少要写一个"),
    ],
)
def test_mistakes_in_a_mapping_are_named(wrong: dict[str, Any], problem: str) -> None:
    usual: dict[str, Any] = {
        "title": "反馈表",
        "provenance": "",
        "document": "文书号",
        "reason": "原因",
        "code": "代码",
    }
    with pytest.raises(ValidationError, match=problem):
        FeedbackMapping(**usual | wrong)
    with pytest.raises(SettingsError):
        load_feedback_mapping(MAPPINGS, "nowhere")


def test_unreadable_rows_are_reported(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", TITLES, (123456789012345678, "汪墨林", "成功", None))
    (row,) = read_feedback(path, CREDIT_ANHUI)
    assert isinstance(row, Unclear) and "长编号被存成了数字" in row.why
