"""`validate`: any workbook against the published standard, without a database or a configuration."""

import json
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import click

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.exit_codes import EXIT_FAILED, EXIT_UNUSABLE
from credit_sync.cli.times import DAY
from credit_sync.errors import CreditSyncError
from credit_sync.publishing.file_check import CheckedRow, CheckedSheet, check_file
from credit_sync.publishing.findings_workbook import FindingsWorkbook
from credit_sync.publishing.rules import Severity
from credit_sync.publishing.standard import load_standard, standard_names
from credit_sync.reporting.checked_file import SheetSummary, conclusion
from credit_sync.shipped import shipped
from credit_sync.subjects.identifiers import hide_in_text


@click.command("validate", cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="工作簿")
@click.option("--standard", "name", metavar="标准", help="按这个标准校验；不写则按标题自动识别")
@click.option("--date", "on", type=DAY, metavar="日期", help="报送日期，默认今天")
@click.option("--json", "as_json", is_flag=True, help="每行一条结果（JSON），供程序读取")
@click.option(
    "--findings",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="文件.xlsx",
    help="写一份标出错处的工作簿",
)
@config_option
@click.pass_context
def validate_command(
    ctx: click.Context,
    file: Path,
    name: str | None,
    on: datetime | None,
    as_json: bool,
    output: Path | None,
    config: Path | None,
) -> int:
    """按双公示标准校验一份工作簿（xlsx、xls、csv），像平台那样，在上传之前。

    没有错误时退出码为 0，有错误为 1，读不了或认不出标准为 2。
    """
    if output is not None and output.suffix.lower() != ".xlsx":
        raise click.UsageError("--findings 的文件名以 .xlsx 结尾", ctx)
    if output is not None and output.exists() and output.samefile(file):
        raise click.UsageError("--findings 不能写到被校验的文件上，请换一个文件名", ctx)
    settings = settings_of(ctx, config) if config or ctx.obj else None
    mappings = settings.mappings_folder if settings else shipped("mappings")
    standards = [load_standard(mappings, found) for found in ([name] if name else standard_names(mappings))]
    sheets: list[SheetSummary] = []
    try:
        with FindingsWorkbook(output) if output else nullcontext() as book:
            for sheet in check_file(file, standards, (on or datetime.now()).date(), told=name is not None):
                sheets.append(_gone_through(sheet, book, as_json=as_json))
            if not any(sheet.sheet.recognised for sheet in sheets):
                raise CreditSyncError(
                    f"{file.name} 没有认出标准", remedy="请使用模板的标题，或用 --standard 指明标准"
                )
    except CreditSyncError as error:
        click.echo(hide_in_text(str(error)), err=True)
        return EXIT_UNUSABLE
    click.echo(conclusion(sheets), err=as_json)
    if output:
        click.echo(f"标出错处的工作簿：{output}（证件号码已隐去，请对照着在原表中改正）", err=as_json)
    return EXIT_FAILED if any(sheet.count(Severity.ERROR) for sheet in sheets) else 0


def _gone_through(sheet: CheckedSheet, book: FindingsWorkbook | None, *, as_json: bool) -> SheetSummary:
    """Counts every row of a sheet, puts it into the workbook, and tells what was found."""
    summary = SheetSummary(sheet)
    if book and sheet.recognised:
        book.begin(sheet)
    for row in sheet.rows():
        summary.add(row)
        if book:
            book.add(row)
        if as_json:
            _print_json(sheet, row)
    for line in summary.lines():
        click.echo(hide_in_text(line), err=as_json)
    return summary


def _print_json(sheet: CheckedSheet, row: CheckedRow) -> None:
    place = {"file": sheet.file, "sheet": sheet.name, "row": row.number}
    for placed in row.findings:
        found = placed.finding
        values = {"field": found.field, "rule": found.rule, "severity": found.severity.value}
        line = json.dumps(place | values | {"message": found.message}, ensure_ascii=False)
        click.echo(hide_in_text(line))


COMMANDS = (validate_command,)
