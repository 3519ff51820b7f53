"""The files of a batch: the workbook as the edition's template says, the rows as JSON, and the manifest.

Every cell is text, so that no spreadsheet turns a code into a number or a date. The manifest lets the receiver check
that the files are whole and unchanged: rows, bytes, and sums by SM3 (GB/T 32905-2016) and SHA-256.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import xlsxwriter
from cryptography.hazmat.primitives import hashes

from credit_sync.publishing.channels.channel import Batch
from credit_sync.publishing.outbox import Action
from credit_sync.publishing.standard import FieldTable, Row, Standard

MANIFEST = "-清单.json"
"""How the name of a manifest ends."""
_ACTIONS = {Action.ADD: "", Action.CORRECT: "更正", Action.WITHDRAW: "撤回"}
_DATE_WIDTH, _NARROW, _WIDE = 12, 22, 40
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A batch on its way into files, in the look of its edition."""

    batch: Batch
    standard: Standard
    department: str
    """Name of who reports."""

    @property
    def table(self) -> FieldTable:
        """The table whose rows these are."""
        return self.standard.table(self.batch.kind)

    def filled(self, text: str) -> str:
        """A text of the template with its placeholders filled."""
        return text.format(
            table=self.table.title,
            action=_ACTIONS[self.batch.action],
            day=f"{self.batch.made_at:%Y%m%d}",
            batch=f"{self.batch.id:06}",
            department=self.department,
            standard=self.standard.name,
        )


def write_rows(upload: Upload, rows: Iterable[Row], workbook_path: Path, json_path: Path) -> int:
    """Writes workbook and JSON in one pass; returns the number of rows."""
    codes = [field.code for field in upload.table.fields]
    count = 0
    with _workbook(workbook_path, upload.batch) as book, json_path.open("wb") as file:
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(upload.table.title)
        first = _write_head(upload, book, sheet, text)
        file.write(_json_head(upload.batch, upload.table))
        for count, row in enumerate(rows, 1):
            for column, code in enumerate(codes):
                sheet.write_string(first + count - 1, column, row.get(code, ""), text)
            _write_json_row(file, count, row)
        file.write(b"\n]}\n")
        _flush(file)
    with workbook_path.open("rb") as written:
        os.fsync(written.fileno())
    return count


def write_manifest(path: Path, upload: Upload, count: int, files: Sequence[Path]) -> dict[str, str]:
    """Writes the manifest of finished files; returns names and SHA-256 of all, itself included."""
    batch, standard = upload.batch, upload.standard
    described = [_described(file, count) for file in files]
    content = {
        "standard": standard.name,
        "title": standard.title,
        "record": batch.kind.value,
        "table": upload.table.title,
        "action": batch.action.value,
        "batch": batch.id,
        "date": batch.made_at.date().isoformat(),
        "count": count,
        "files": described,
    }
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    with path.open("wb") as file:
        file.write(text)
        _flush(file)
    sums = {str(one["name"]): str(one["sha256"]) for one in described}
    return sums | {path.name: hashlib.sha256(text).hexdigest()}


@contextmanager
def _workbook(path: Path, batch: Batch) -> Iterator[Any]:
    """A workbook that is written row by row in constant memory; its time is the batch's day."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)})
    book.set_properties({"created": datetime.combine(batch.made_at.date(), time())})
    try:
        yield book
    finally:
        book.close()


def _write_head(upload: Upload, book: Any, sheet: Any, text: Any) -> int:
    """Everything above the rows; returns the index of the first row."""
    template, table = upload.standard.template, upload.table
    for column, field in enumerate(table.fields):
        wide = _WIDE if field.length > 100 else _NARROW
        sheet.set_column(column, column, _DATE_WIDTH if field.type == "date" else wide, text)
    row = 0
    if template.heading:
        bold = book.add_format({"bold": True, "num_format": "@", "align": "center", "font_size": 16})
        sheet.merge_range(row, 0, row, len(table.fields) - 1, upload.filled(template.heading), bold)
        row += 1
    for note in template.notes:
        sheet.write_string(row, 0, upload.filled(note), book.add_format({"num_format": "@"}))
        row += 1
    head = book.add_format(
        {"bold": True, "num_format": "@", "text_wrap": True, "bg_color": "#DDEBF7", "border": 1}
    )
    for names in template.header:
        for column, field in enumerate(table.fields):
            sheet.write_string(row, column, field.title if names == "titles" else field.code, head)
        row += 1
    sheet.freeze_panes(row, 1)
    return row


def _json_head(batch: Batch, table: FieldTable) -> bytes:
    head: Mapping[str, Any] = {
        "standard": batch.standard,
        "record": batch.kind.value,
        "action": batch.action.value,
        "batch": batch.id,
        "date": batch.made_at.date().isoformat(),
        "count": batch.rows,
        "fields": [{"code": field.code, "title": field.title} for field in table.fields],
    }
    return orjson.dumps(head)[:-1] + b',\n"rows":['


def _write_json_row(file: BinaryIO, number: int, row: Row) -> None:
    file.write((b",\n" if number > 1 else b"\n") + orjson.dumps(row))


def _described(path: Path, rows: int) -> dict[str, str | int]:
    sha256, sm3 = hashlib.sha256(), hashes.Hash(hashes.SM3())
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha256.update(block)
            sm3.update(block)
    sums = {"sm3": sm3.finalize().hex(), "sha256": sha256.hexdigest()}
    return {"name": path.name, "rows": rows, "bytes": path.stat().st_size, **sums}


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
