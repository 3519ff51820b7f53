"""Workbooks as a stranger reads them, and as bytes."""

import hashlib
import json
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from credit_sync.errors import CreditSyncError
from credit_sync.publishing.channels.channel import Batch
from credit_sync.publishing.channels.workbook import write_batch
from credit_sync.publishing.outbox import Action
from credit_sync.publishing.probe import probe
from credit_sync.publishing.rows import published_row
from credit_sync.records import RecordKind
from credit_sync.settings import Department
from tests.publishing import DEPARTMENT, EDITION_2018, LICENCE, PENALTY, PERSON, REPORTING, settings

BATCH = Batch(12, "anhui", RecordKind.PENALTY, Action.ADD, "2018", 3, datetime(2026, 11, 23, 2, 30))
ROWS = [
    published_row(record, EDITION_2018, REPORTING)
    for record in (
        PENALTY,
        replace(PENALTY, subject=PERSON, note="=1+1 <b>&\"'𠮷", document_number="00123"),
        replace(PENALTY, facts="字" * 5000),
    )
]


def test_the_workbook_reads_back_in_the_order_of_the_standard(tmp_path: Path) -> None:
    sums = write_batch(BATCH, EDITION_2018.penalty, iter(ROWS), tmp_path)
    assert list(sums) == ["双公示-行政处罚-20261123-000012.xlsx", "双公示-行政处罚-20261123-000012.json"]
    book = openpyxl.load_workbook(tmp_path / "双公示-行政处罚-20261123-000012.xlsx")
    assert book.sheetnames == ["行政处罚"]
    titles, codes, *rows = book["行政处罚"].iter_rows(values_only=True)
    fields = EDITION_2018.penalty.fields
    assert [(title, code) for title, code in zip(titles, codes, strict=True)] == [
        (f.title, f.code) for f in fields
    ]
    assert [[value or "" for value in row] for row in rows] == [list(row.values()) for row in ROWS]
    cells = [cell for row in book["行政处罚"].iter_rows(min_row=3) for cell in row]
    assert {cell.number_format for cell in cells} == {"@"}
    assert {cell.data_type for cell in cells if cell.value} <= {"s", "inlineStr"}


def test_the_json_holds_the_same_rows(tmp_path: Path) -> None:
    write_batch(BATCH, EDITION_2018.penalty, iter(ROWS), tmp_path)
    found = json.loads((tmp_path / "双公示-行政处罚-20261123-000012.json").read_text("utf-8"))
    assert found["rows"] == ROWS
    assert {name: found[name] for name in ("standard", "record", "action", "batch", "date", "count")} == {
        "standard": "2018",
        "record": "penalty",
        "action": "add",
        "batch": 12,
        "date": "2026-11-23",
        "count": 3,
    }


def test_the_same_batch_becomes_the_same_bytes(tmp_path: Path) -> None:
    first = write_batch(BATCH, EDITION_2018.penalty, iter(ROWS), tmp_path / "a")
    time.sleep(2.1)  # zip archives keep times to two seconds
    assert write_batch(BATCH, EDITION_2018.penalty, iter(ROWS), tmp_path / "b") == first
    for name, digest in first.items():
        assert hashlib.sha256((tmp_path / "b" / name).read_bytes()).hexdigest() == digest
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == sorted(first)


def test_what_a_killed_run_left_unfinished_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".unfinished").mkdir()
    (tmp_path / ".unfinished" / "half.xlsx").write_bytes(b"half")
    sums = write_batch(BATCH, EDITION_2018.penalty, iter(ROWS), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(sums)


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(CreditSyncError, match="写不了报送文件"):
        write_batch(BATCH, EDITION_2018.penalty, iter(ROWS), tmp_path / "taken")


def test_check_tries_a_channel_without_touching_anything(tmp_path: Path) -> None:
    site = settings(tmp_path)
    assert "双公示 2018 版" in probe(site, "anhui")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "outbox").write_text("")
    with pytest.raises(CreditSyncError, match="不能写入文件夹"):
        probe(site, "anhui")
    for wrong in ("", DEPARTMENT.uscc[:17] + "_"):
        with pytest.raises(CreditSyncError, match=r"department\.uscc"):
            probe(site.model_copy(update={"department": Department(uscc=wrong)}), "anhui")


def test_titles_of_licences_too(tmp_path: Path) -> None:
    licences = replace(BATCH, kind=RecordKind.LICENCE, action=Action.CORRECT, rows=1)
    row = published_row(LICENCE, EDITION_2018, REPORTING)
    sums = write_batch(licences, EDITION_2018.licence, [row], tmp_path)
    assert next(iter(sums)) == "双公示-行政许可更正-20261123-000012.xlsx"
