"""Workbooks as a stranger reads them, and as bytes."""

import hashlib
import json
import resource
import subprocess
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pydantic import ValidationError

from credit_sync.errors import CreditSyncError
from credit_sync.publishing.channels.channel import Batch
from credit_sync.publishing.channels.workbook import write_batch
from credit_sync.publishing.outbox import Action
from credit_sync.publishing.probe import probe
from credit_sync.publishing.rows import published_row
from credit_sync.publishing.template import Template
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
    sums = write_batch(BATCH, EDITION_2018, iter(ROWS), tmp_path, DEPARTMENT.name)
    stem = "双公示-行政处罚-20261123-000012"
    assert list(sums) == [f"{stem}.xlsx", f"{stem}.json", f"{stem}-清单.json"]
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
    write_batch(BATCH, EDITION_2018, iter(ROWS), tmp_path, DEPARTMENT.name)
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


def test_the_manifest_lets_the_receiver_check(tmp_path: Path) -> None:
    write_batch(BATCH, EDITION_2018, iter(ROWS), tmp_path, DEPARTMENT.name)
    manifest = json.loads((tmp_path / "双公示-行政处罚-20261123-000012-清单.json").read_text("utf-8"))
    files = manifest.pop("files")
    assert manifest == {
        "standard": "2018",
        "title": "双公示 2018 版",
        "record": "penalty",
        "table": "行政处罚",
        "action": "add",
        "batch": 12,
        "date": "2026-11-23",
        "count": 3,
    }
    assert [file["name"] for file in files] == [
        "双公示-行政处罚-20261123-000012.xlsx",
        "双公示-行政处罚-20261123-000012.json",
    ]
    for file in files:
        content = (tmp_path / file["name"]).read_bytes()
        assert (file["rows"], file["bytes"]) == (3, len(content))
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        openssl = ["openssl", "dgst", "-sm3", "-r", str(tmp_path / file["name"])]
        assert file["sm3"] == subprocess.run(openssl, capture_output=True, text=True, check=True).stdout.split()[0]


def test_a_template_of_another_look(tmp_path: Path) -> None:
    template = Template(
        file_name="{department}-{table}{action}{day}-{standard}-{batch}",
        heading="{department}{table}信息公示表",
        notes=("日期写成 2018/11/30",),
        header=("codes",),
    )
    edition = EDITION_2018.model_copy(update={"template": template})
    withdrawn = replace(BATCH, action=Action.WITHDRAW)
    (name, *_) = write_batch(withdrawn, edition, iter(ROWS), tmp_path, DEPARTMENT.name)
    assert name == "安徽省科学技术厅-行政处罚撤回20261123-2018-000012.xlsx"
    sheet = openpyxl.load_workbook(tmp_path / name)["行政处罚"]
    heading, note, codes, first, *_ = sheet.iter_rows(values_only=True)
    assert heading[0] == "安徽省科学技术厅行政处罚信息公示表"
    assert note[0] == "日期写成 2018/11/30"
    assert list(codes) == [field.code for field in edition.penalty.fields]
    assert first[0] == PENALTY.subject.name
    assert [str(merged) for merged in sheet.merged_cells.ranges] == ["A1:AD1"]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"file_name": "双公示-{table}"}, "必须有 {batch}"),
        ({"file_name": "{batch}/{table}"}, "file_name 里不能有"),
        ({"heading": "{tabel}"}, "没有占位符 {tabel}"),
        ({"notes": ["{table"]}, "花括号不成对"),
        ({"header": []}, "header"),
    ],
)
def test_mistakes_in_a_template_are_named(wrong: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Template(**wrong)


def test_the_same_batch_becomes_the_same_bytes(tmp_path: Path) -> None:
    first = write_batch(BATCH, EDITION_2018, iter(ROWS), tmp_path / "a", DEPARTMENT.name)
    time.sleep(2.1)  # zip archives keep times to two seconds
    assert write_batch(BATCH, EDITION_2018, iter(ROWS), tmp_path / "b", DEPARTMENT.name) == first
    for name, digest in first.items():
        assert hashlib.sha256((tmp_path / "b" / name).read_bytes()).hexdigest() == digest
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == sorted(first)


def test_what_a_killed_run_left_unfinished_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".unfinished").mkdir()
    (tmp_path / ".unfinished" / "half.xlsx").write_bytes(b"half")
    sums = write_batch(BATCH, EDITION_2018, iter(ROWS), tmp_path, DEPARTMENT.name)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(sums)


def test_a_disk_that_is_full_leaves_no_half_of_a_workbook(tmp_path: Path) -> None:
    """It would take room, and names people, until this channel has something to send again."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most[1]))
    try:
        with pytest.raises(CreditSyncError, match="写不了报送文件"):
            write_batch(BATCH, EDITION_2018, iter(ROWS), tmp_path, DEPARTMENT.name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(CreditSyncError, match="写不了报送文件"):
        write_batch(BATCH, EDITION_2018, iter(ROWS), tmp_path / "taken", DEPARTMENT.name)


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
    sums = write_batch(licences, EDITION_2018, [row], tmp_path, DEPARTMENT.name)
    assert next(iter(sums)) == "双公示-行政许可更正-20261123-000012.xlsx"
