"""The workbook channel: an XLSX workbook for upload by hand, and the same rows as JSON.

First row the titles, second row the field codes, both in the standard's order; every cell is text, so that no
spreadsheet turns a code into a number or a date. One batch is one workbook with one sheet. The template has no
column for what to do with a row, so corrections go into workbooks of their own, named 更正.

A batch always becomes the same bytes under the same names. A file appears under its name only when it is whole.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from credit_sync.errors import CreditSyncError
from credit_sync.publishing.channels.channel import Batch, Handover, Receipt, Submitted
from credit_sync.publishing.outbox import Action
from credit_sync.publishing.standard import FieldTable, Row

_ACTIONS = {Action.ADD: "", Action.CORRECT: "更正", Action.WITHDRAW: "撤回"}
_DATE_WIDTH, _NARROW, _WIDE = 12, 22, 40


class Workbooks:
    """The channel: a folder of workbooks. What becomes of them is told by the platform's feedback workbook."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, batch: Batch, table: FieldTable, rows: Iterable[Submitted]) -> Handover:
        """Writes the batch's files; again, they are the same. Raises CreditSyncError."""
        return Handover(write_batch(batch, table, (submitted.row for submitted in rows), self._folder))

    def receipts(self, waiting: Iterable[Submitted]) -> Iterable[Receipt]:  # noqa: ARG002 - a channel
        """None: they are imported."""
        return ()


def probe(folder: Path) -> str:
    """Where workbooks go. Raises CreditSyncError when they cannot."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise CreditSyncError(f"不能写入文件夹 {folder}", remedy="请检查路径和权限")
    missing = "" if folder.exists() else "（尚不存在，首次报送时建立）"
    return f"工作簿写入 {folder}{missing}"


def file_stem(batch: Batch, table: FieldTable) -> str:
    """`双公示-行政许可-20261123-000012`: kind (and action), day of the batch, its number."""
    return f"双公示-{table.title}{_ACTIONS[batch.action]}-{batch.made_at:%Y%m%d}-{batch.id:06}"


def write_batch(batch: Batch, table: FieldTable, rows: Iterable[Row], folder: Path) -> dict[str, str]:
    """Writes both files of a batch; returns their names with their SHA-256. Raises CreditSyncError."""
    stem = file_stem(batch, table)
    paths = (folder / f"{stem}.xlsx", folder / f"{stem}.json")
    try:
        with _unfinished(folder) as workshop:
            parts = [workshop / path.name for path in paths]
            _write(batch, table, rows, *parts)
            sums = {part.name: _digest(part) for part in parts}
            for path, part in zip(paths, parts, strict=True):
                part.replace(path)
            _flush(folder)
    except (OSError, XlsxWriterException) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CreditSyncError(
            f"写不了报送文件 {folder / stem}.xlsx：{reason}", remedy="请检查文件夹的权限和磁盘空间，下次运行会继续"
        ) from None
    return sums


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A hidden folder for what is not whole yet; what a killed run left in it goes first."""
    workshop = folder / ".unfinished"
    shutil.rmtree(workshop, ignore_errors=True)
    workshop.mkdir(parents=True)
    yield workshop
    shutil.rmtree(workshop)


def _write(batch: Batch, table: FieldTable, rows: Iterable[Row], workbook_path: Path, json_path: Path) -> None:
    codes = [field.code for field in table.fields]
    book = xlsxwriter.Workbook(workbook_path, {"constant_memory": True, "tmpdir": str(workbook_path.parent)})
    book.set_properties({"created": datetime.combine(batch.made_at.date(), time())})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    sheet = _prepared_sheet(book, table, text)
    try:
        with json_path.open("wb") as file:
            file.write(_json_head(batch, table))
            for number, row in enumerate(rows):
                for column, code in enumerate(codes):
                    sheet.write_string(number + 2, column, row.get(code, ""), text)
                _write_json_row(file, number, row)
            file.write(b"\n]}\n")
            file.flush()
            os.fsync(file.fileno())
    finally:
        book.close()
    _flush(workbook_path)


def _prepared_sheet(book: Any, table: FieldTable, text: Any) -> Any:
    sheet = book.add_worksheet(table.title)
    head = book.add_format(
        {"bold": True, "num_format": "@", "text_wrap": True, "bg_color": "#DDEBF7", "border": 1}
    )
    for column, field in enumerate(table.fields):
        wide = _WIDE if field.length > 100 else _NARROW
        sheet.set_column(column, column, _DATE_WIDTH if field.type == "date" else wide, text)
    for row, names in enumerate(([f.title for f in table.fields], [f.code for f in table.fields])):
        for column, name in enumerate(names):
            sheet.write_string(row, column, name, head)
    sheet.freeze_panes(2, 1)
    return sheet


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
    file.write((b",\n" if number else b"\n") + orjson.dumps(row))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """To the disk, so that a power cut after `sent` finds the files."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
