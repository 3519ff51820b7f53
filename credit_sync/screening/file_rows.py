"""Reading and writing the spreadsheets of `credit-sync screen-file`."""

import codecs
import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from credit_sync.errors import CreditSyncError, SourceError, reason_of
from credit_sync.formulas import inert
from credit_sync.records import Listing, RecordKind
from credit_sync.shipped import shipped
from credit_sync.sources.formats import Unread, json_text, read_table, text
from credit_sync.sources.formats.rows import Uneven
from credit_sync.sources.mapping import FieldMapping, Layout, SourceMapping, load_mapping
from credit_sync.sources.outcomes import Outcome, Read, Rejected
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import Origin, RawRow
from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.toml_files import load

COLUMNS = ("applicant_id", "listing_id", "verdict", "probability", "evidence")
_MAX_BYTES = 2 * 1024**3
_NOT_WIDENED = ("application", "system", "role", "application_kind", "stage", "title")
"""Constants of a spreadsheet; 项目编号 names an application, which several applicants may share."""
_NEEDED = ("", "name", "identifier", "uscc", "organisation_code", "registration_number", "citizen_id")
_Write = Callable[[Path, Iterable[Sequence[Any]]], None]


@dataclass(frozen=True, slots=True)
class FileRow:
    """One subject of a file: what was read, or why not; `label` is what the output calls it.

    `whose` is its name where its row names several subjects, as a summary table of projects does; `unused` says what
    stood there unreadable beside the name and the number. `uneven`: its row has more or fewer cells than titles, and
    `misplaced` that it may so say of one what is meant of another.
    """

    label: str
    read: Read | Rejected
    whose: str = ""
    unused: str = ""
    uneven: bool = False
    misplaced: Rejected | None = None


def file_mappings(name: str, folder: Path) -> list[SourceMapping]:
    """How rows may be laid out: `screen_file/NAME.toml`, widened by the titles that the site's source mappings of
    that kind know, and then those of them whose rows name several subjects."""
    base = load(shipped("mappings") / "screen_file" / f"{name}.toml", SourceMapping)
    others = list(_mappings_of(base.record, folder))
    return [
        _widened(base, others),
        *(_of_several(base, other) for other in others if other.parts and "name" not in other.fields),
    ]


def _widened(base: SourceMapping, others: Sequence[SourceMapping]) -> SourceMapping:
    fields: dict[str, list[str]] = {field: list(found.from_) for field, found in base.fields.items()}
    taken = {source_name for names in fields.values() for source_name in names}
    for field, found in (item for other in others for item in other.fields.items()):
        if field not in _NOT_WIDENED:
            new = [n for n in found.from_ if n not in taken]
            fields.setdefault(field, []).extend(new)
            taken.update(new)
    items = {field: found.item for other in others for field, found in other.fields.items() if found.item}
    widened = {
        field: (base.fields.get(field) or FieldMapping.model_validate({"from": names})).model_copy(
            update={"from_": tuple(names), "item": items.get(field)}
        )
        for field, names in fields.items()
        if names
    }
    return base.model_copy(update={"fields": widened})


def _of_several(base: SourceMapping, other: SourceMapping) -> SourceMapping:
    common = {field: found for field, found in other.fields.items() if field not in _NOT_WIDENED}
    own = {field: found for field, found in base.fields.items() if field in base.key and field != "name"}
    return base.model_copy(update={"fields": common | own, "parts": other.parts, "values": other.values})


def _mappings_of(kind: RecordKind, folder: Path) -> Iterator[SourceMapping]:
    for path in sorted((folder / "sources").glob("*.toml")):
        mapping = load_mapping(folder, path.stem)
        if mapping.record is kind:
            yield mapping


def read_file(path: Path, mappings: Sequence[SourceMapping], at: datetime) -> Iterator[FileRow]:
    """Every subject of a CSV, XLSX, XLS, JSON or XML file. A row is read by the first mapping that finds a name in it.

    The output calls an applicant by its applicant_id, else by its row number; a listing by its listing_id, else by
    its case number, else by file and row; a person's number that stands there is hidden.
    """
    readers = [(Reader(mapping), _name_titles(mapping)) for mapping in mappings]
    names = frozenset[str]().union(*(mapping.source_names() for mapping in mappings))
    for place, row, values in read_table(path, names, layout=_layout(path), max_bytes=_MAX_BYTES):
        origin = Origin(path.name, place, row, at)
        if isinstance(values, Unread):
            yield FileRow(str(row), Rejected(origin, "", "", values, values.text))
            continue
        label = str(values.get("applicant_id") or row).strip()
        reader = next((r for r, titles in readers if any(values.get(t) for t in titles)), readers[0][0])
        outcomes, unused = _read(reader, RawRow(origin, {**values, "applicant_id": label}))
        more = values.more if isinstance(values, Uneven) else 0
        for outcome in outcomes:
            if isinstance(outcome, Read) and isinstance(outcome.record, Listing):
                named = hide_in_text(outcome.record.number) or f"{place}#{row}"
                misplaced = reader.misplaced(RawRow(origin, values, uneven=more), outcomes) if more else None
                yield FileRow(named, outcome, uneven=bool(more), misplaced=misplaced)
            elif isinstance(outcome, Read):
                whose = outcome.record.subject.name if reader.mapping.parts else ""
                yield FileRow(hide_in_text(label), outcome, whose, unused)
            elif isinstance(outcome, Rejected):
                yield FileRow(hide_in_text(label), outcome)


def _read(reader: Reader, row: RawRow) -> tuple[list[Outcome], str]:
    """A row, if need be without what is unreadable beside the name and the number: a listing left out for its odd age
    would clear its subject."""
    unused: list[str] = []
    while True:
        outcomes = reader.read(row)
        bad = next((o for o in outcomes if isinstance(o, Rejected) and o.field not in _NEEDED), None)
        titles = _titles_of(reader.mapping, bad.field) & row.values.keys() if bad else frozenset[str]()
        if bad is None or not titles:
            return outcomes, "；".join(unused)
        unused.append(f"{bad.reason.partition('，')[0]}，未使用")
        row = RawRow(row.origin, {title: value for title, value in row.values.items() if title not in titles})


def _titles_of(mapping: SourceMapping, field: str) -> frozenset[str]:
    groups = (mapping.fields, *(part.fields for part in mapping.parts))
    return frozenset(title for fields in groups if field in fields for title in fields[field].from_)


def _name_titles(mapping: SourceMapping) -> list[str]:
    groups = [part.fields for part in mapping.parts] or [mapping.fields]
    return [title for fields in groups if "name" in fields for title in fields["name"].from_]


def _layout(path: Path) -> Layout:
    """Where the rows of a file lie: in a JSON document that is no list, the only list of objects at its top."""
    if path.suffix.lower() != ".json" or not 0 < path.stat().st_size <= _MAX_BYTES:
        return Layout()
    try:
        document = json_text.parse(text.decode(path.read_bytes()) or "")
    except json_text.NotJsonError:
        return Layout()  # read_table says what is wrong with it
    tops = document.items() if isinstance(document, dict) else ()
    lists = [name for name, value in tops if isinstance(value, list) and any(isinstance(v, dict) for v in value)]
    return Layout(rows=lists[0]) if len(lists) == 1 and "." not in lists[0] else Layout()


def for_excel(path: Path) -> bool:
    """Whether a file comes from Excel: then a CSV made from it needs the byte order mark that Excel asks for.

    Plain UTF-8 comes from a program, which a mark in the first title would confuse.
    """
    if path.suffix.lower() != ".csv":
        return path.suffix.lower() in (".xlsx", ".xls")
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return content.startswith(codecs.BOM_UTF8)


def write_rows(
    path: Path, rows: Iterable[Sequence[Any]], *, byte_order_mark: bool, put_on_record: Callable[[], None]
) -> None:
    """The output as CSV (UTF-8), XLSX or JSON, by its suffix. It is there when all of it is written and on record."""
    write_csv: _Write = partial(_write_csv, encoding="utf-8-sig" if byte_order_mark else "utf-8")
    writers: dict[str, _Write] = {".csv": write_csv, ".xlsx": _write_xlsx, ".json": _write_json}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise CreditSyncError(f"不知道怎样写 {path.name}", remedy=f"输出文件以 {'、'.join(writers)} 结尾")
    unfinished = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(unfinished, rows)
        put_on_record()
        unfinished.replace(path)
    except (OSError, XlsxWriterException) as error:
        raise SourceError(f"写不了 {path}：{reason_of(error)}", remedy="请检查权限和磁盘空间") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _write_csv(path: Path, rows: Iterable[Sequence[Any]], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([inert(v) if isinstance(v, str) else v for v in row] for row in rows)


def _write_json(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    content: list[Mapping[str, Any]] = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_xlsx(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    workbook.set_properties({"created": datetime(2000, 1, 1)})
    sheet = workbook.add_worksheet("比对结果")
    sheet.freeze_panes(1, 0)
    for number, row in enumerate((COLUMNS, *rows)):
        for column, value in enumerate(row):
            write = sheet.write_number if isinstance(value, float) else sheet.write_string
            write(number, column, value)
    workbook.close()
