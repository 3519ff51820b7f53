"""Open data: the public rows of one kind as CSV, JSON and XLSX, their dictionary, and the sums of all files.

CSV for spreadsheets (UTF-8 with BOM, titles in the first row) and JSON by field code. In CSV and XLSX a text that a
spreadsheet would take for a formula gets an apostrophe in front.
"""

import csv
import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson
import xlsxwriter

from credit_sync.formulas import inert
from credit_sync.publishing.site.content import Section
from credit_sync.publishing.standard import FieldTable, Row

FORMATS = ("csv", "json", "xlsx")
SUMS = "SHA256SUMS.txt"


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file to download: its name in `data/`, bytes, and SHA-256."""

    name: str
    size: int
    sha256: str

    @property
    def format(self) -> str:
        """`CSV`, `JSON`, `XLSX`."""
        return self.name.rsplit(".", 1)[1].upper()


class OpenData:
    """Writes `data/KIND.csv`, `.json` and `.xlsx` into a folder, row by row, in constant memory."""

    def __init__(self, folder: Path, table: FieldTable, section: Section, updated: datetime) -> None:
        self._folder, self._table, self._section, self._updated = folder / "data", table, section, updated
        self._codes = [field.code for field in table.fields]
        self._open = ExitStack()
        self._written = 0

    def __enter__(self) -> Self:
        self._folder.mkdir(exist_ok=True)
        paths = {kind: self._folder / f"{self._section.kind}.{kind}" for kind in FORMATS}
        titles = [field.title for field in self._table.fields]
        text = self._open.enter_context(paths["csv"].open("w", encoding="utf-8-sig", newline=""))
        self._csv = csv.writer(text)
        self._csv.writerow(titles)
        self._json = self._open.enter_context(paths["json"].open("wb"))
        self._json.write(self._json_head())
        self._sheet = self._prepared_sheet(paths["xlsx"], titles)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._json.write(b"\n]}\n")
        self._open.close()

    def add(self, row: Row) -> None:
        """The next row."""
        values = [row.get(code, "") for code in self._codes]
        safe = [inert(text) for text in values]
        self._csv.writerow(safe)
        comma = b",\n" if self._written else b"\n"
        self._json.write(comma + orjson.dumps(dict(zip(self._codes, values, strict=True))))
        self._written += 1
        for column, text in enumerate(safe):
            if text:
                self._sheet.write_string(self._written, column, text)

    def _json_head(self) -> bytes:
        head = {
            "title": self._table.title,
            "updated": self._updated.isoformat(timespec="minutes"),
            "count": self._section.count,
            "fields": [{"code": field.code, "title": field.title} for field in self._table.fields],
        }
        return orjson.dumps(head)[:-1] + b',\n"rows":['

    def _prepared_sheet(self, path: Path, titles: Sequence[str]) -> xlsxwriter.worksheet.Worksheet:
        book = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(self._folder)})
        self._open.callback(book.close)
        book.set_properties({"created": datetime.combine(self._updated.date(), time())})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        sheet = book.add_worksheet(self._table.title)
        sheet.set_column(0, len(titles) - 1, 22)
        sheet.freeze_panes(1, 1)
        for column, title in enumerate(titles):
            sheet.write_string(0, column, title, head)
        return sheet


def write_dictionary(folder: Path, kind: str, rows: Sequence[Sequence[str]]) -> None:
    """`data/KIND_dictionary.csv`: one line per field; the first of `rows` is the head."""
    with (folder / "data" / f"{kind}_dictionary.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


def data_files(folder: Path) -> list[DataFile]:
    """The files of `data/` by name, with their sums, which are also written beside them as sha256sum writes them."""
    files = [
        DataFile(path.name, path.stat().st_size, _digest(path))
        for path in sorted((folder / "data").iterdir())
        if path.name != SUMS
    ]
    lines = "".join(f"{file.sha256}  {file.name}\n" for file in files)
    (folder / "data" / SUMS).write_text(lines, encoding="utf-8")
    return files


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
