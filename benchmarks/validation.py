"""From records to a workbook for upload: rows made, validated and written by this product, beside the bare library.

    python -m benchmarks.validation [--rows 100000]

Makes up licences (every eighth of a natural person), makes each a row of the 2018 standard, validates it and writes it by
the workbook channel: XLSX and JSON, their sums, flushed to the disk. The peer writes the same cells, with the same
format, by xlsxwriter in constant memory, and nothing else. Both are timed in a process of their own, in processor time,
without the making up. Memory is the process's peak, at a tenth of the rows and at all of them. Then the written workbook
is read and validated as `credit-sync validate` does. Ends with 2 when the product takes more than three times the
peer, or its memory grows with the rows.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import xlsxwriter

from credit_sync.publishing.channels.channel import Batch
from credit_sync.publishing.channels.workbook import write_batch
from credit_sync.publishing.file_check import check_file
from credit_sync.publishing.outbox import Action
from credit_sync.publishing.rows import published_row
from credit_sync.publishing.standard import Row, load_standard
from credit_sync.publishing.validation import validate
from credit_sync.publishing.values import Reporting
from credit_sync.records import Licence, RecordKind
from credit_sync.settings import Department
from credit_sync.shipped import shipped
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind, citizen_id, uscc
from credit_sync.subjects.subject import Subject

MOST, GROWTH_MB = 3.0, 8
ON = date(2018, 11, 30)
STANDARD = load_standard(shipped("mappings"), "2018")
TABLE = STANDARD.table(RecordKind.LICENCE)
_ORGAN = "11340000MB0TUXY34"
REPORTING = Reporting(Department(name="安徽省科学技术厅", uscc=_ORGAN + uscc.check_character(_ORGAN)), ON)
_CHUNK = 1000


def licences(count: int) -> Iterator[Licence]:
    """Made-up licences, each with a subject, numbers and a content of its own."""
    for n in range(count):
        if n % 8 == 7:
            number = f"340100{date(1900, 1, 1) + timedelta(days=n % 9000):%Y%m%d}{n % 900 + 100}"
            own = Identifier(IdentifierKind.CITIZEN_ID, number + citizen_id.check_digit(number))
            subject = Subject(kind=SubjectKind.PERSON, name=f"汪{chr(0x4E00 + n % 20000)}林", identifiers=(own,))
        else:
            code = f"91340100MA{n % 10_000_000:07}"
            own = Identifier(IdentifierKind.USCC, code + uscc.check_character(code))
            subject = Subject(
                kind=SubjectKind.ORGANISATION,
                name=f"合肥市{chr(0x4E00 + n % 20000)}{chr(0x4E00 + n // 7 % 20000)}实验动物技术有限公司",
                identifiers=(own,),
                legal_representative=f"程{chr(0x4E00 + n * 7 % 20000)}秋",
            )
        day = ON - timedelta(days=n % 3000)
        yield Licence(
            subject=subject,
            document_number=f"皖科动许〔{day.year}〕{n}号",
            decided_on=day,
            document_title="实验动物使用许可决定书",
            licence_name="实验动物使用许可证",
            licence_number=f"SYXK(皖){day.year}-{n:06}",
            category="普通",
            content=f"屏障环境（SPF级小鼠、豚鼠，设施面积{n % 997}㎡，其中辅助用房{n % 97}㎡）；普通环境（普通级兔，设施面积{n % 89}㎡）",
            valid_from=day,
            valid_to=day.replace(year=day.year + 5, day=min(day.day, 28)),
        )


class Clock:
    """Processor time, less what `without` has taken."""

    def __init__(self) -> None:
        self._began = time.process_time()

    def without(self, make: Callable[[], Any]) -> Any:
        began = time.process_time()
        made = make()
        self._began += time.process_time() - began
        return made

    @property
    def seconds(self) -> float:
        return time.process_time() - self._began


def product(count: int, folder: Path) -> dict[str, float]:
    """Rows made, validated and written by the channel."""
    clock, records = Clock(), licences(count)
    wrong = 0

    def rows() -> Iterator[Row]:
        nonlocal wrong
        while chunk := clock.without(lambda: list(islice(records, _CHUNK))):
            for record in chunk:
                row = published_row(record, STANDARD, REPORTING)
                wrong += bool(validate(row, RecordKind.LICENCE, STANDARD, ON))
                yield row

    batch = Batch(1, "benchmark", RecordKind.LICENCE, Action.ADD, "2018", count, datetime(2018, 11, 30))
    write_batch(batch, STANDARD, rows(), folder, REPORTING.department.name)
    return {"seconds": clock.seconds, "wrong": wrong}


def bare(count: int, folder: Path) -> dict[str, float]:
    """The same cells by the library."""
    clock, records = Clock(), licences(count)

    def made() -> list[Row]:
        return [published_row(record, STANDARD, REPORTING) for record in islice(records, _CHUNK)]

    book = xlsxwriter.Workbook(str(folder / "bare.xlsx"), {"constant_memory": True})
    sheet, text = book.add_worksheet(), book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    heads = [[field.title for field in TABLE.fields], [field.code for field in TABLE.fields]]
    for number, titles in enumerate(heads):
        for column, title in enumerate(titles):
            sheet.write_string(number, column, title, text)
    number = 2
    while chunk := clock.without(made):
        for row in chunk:
            for column, value in enumerate(row.values()):
                sheet.write_string(number, column, value, text)
            number += 1
    book.close()
    return {"seconds": clock.seconds, "wrong": 0}


def reading(count: int, folder: Path) -> dict[str, float]:  # noqa: ARG001 - what `product` has left
    """The written workbook, validated as a file."""
    clock = Clock()
    path = next(folder.glob("*许可*.xlsx"))
    sheets = check_file(path, [STANDARD], ON)
    wrong = sum(bool(row.findings) for sheet in sheets for row in sheet.rows() if row.is_data)
    return {"seconds": clock.seconds, "wrong": wrong}


STEPS = {"product": product, "bare": bare, "reading": reading}


def main() -> int:
    """Every step in a process of its own; prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        taken = STEPS[options.step](options.rows, options.folder)
        print(json.dumps(taken | {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return 0
    print(
        f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, xlsxwriter {xlsxwriter.__version__}"
    )
    print("| rows | | CPU s | rows/s | times the bare library | peak MB |\n|---|---|---|---|---|---|")
    memory, ratio = [], 0.0
    for count in (options.rows // 10, options.rows):
        with tempfile.TemporaryDirectory() as folder:
            found = {step: _measured(step, count, folder) for step in ("bare", "product", "reading")}
        ratio = found["product"]["seconds"] / found["bare"]["seconds"]
        memory.append(found["product"]["mb"])
        for step, name in (
            ("bare", "bare xlsxwriter"),
            ("product", "made, validated, written"),
            ("reading", "validated as a file"),
        ):
            taken = found[step]
            times = f"{ratio:.2f}" if step == "product" else ""
            print(
                f"| {count:,} | {name} | {taken['seconds']:.1f} | {count / taken['seconds']:,.0f} | {times} | {taken['mb']:.0f} |"
            )
        if found["product"]["wrong"]:
            raise SystemExit("the made-up rows are not valid")
    grown = memory[1] - memory[0]
    print(
        f"times the bare library: {ratio:.2f} (at most {MOST}); memory grows by {grown:.1f} MB (at most {GROWTH_MB})"
    )
    return 0 if ratio <= MOST and grown <= GROWTH_MB else 2


def _measured(step: str, count: int, folder: str) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.validation",
        "--step",
        step,
        "--rows",
        str(count),
        "--folder",
        folder,
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    taken: dict[str, float] = json.loads(done.stdout)
    return taken


if __name__ == "__main__":
    sys.exit(main())
