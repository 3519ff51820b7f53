"""`quarantine list|export|retry`: rows that could not be read."""

from datetime import datetime
from pathlib import Path

import click

from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option
from credit_sync.cli.store import opened
from credit_sync.cli.system_user import system_user
from credit_sync.pulling.pull import make_readers, other_kind
from credit_sync.pulling.quarantine import export_quarantine, field_title, retry
from credit_sync.settings import Settings
from credit_sync.store import audit, ledger
from credit_sync.store.audit import Action
from credit_sync.store.engine import writing
from credit_sync.store.lock import run_lock
from credit_sync.store.quarantine import has_had_rows, list_quarantined

_source_option = click.option("--source", metavar="名称", help="只看一个数据源")


@click.group("quarantine", cls=Group)
def quarantine() -> None:
    """隔离区：未能读取的行，连同原因。"""


@quarantine.command("list")
@_source_option
@click.option("--resolved", is_flag=True, help="连已解决的也列出")
@config_option
@click.pass_context
def list_(ctx: click.Context, source: str | None, resolved: bool, config: Path | None) -> int:
    """列出隔离的行（号码已隐去）。"""
    settings, engine = opened(ctx, config)
    with engine.connect() as connection:
        if source is not None and not has_had_rows(connection, source):
            _refuse_unknown(ctx, settings, source)
        rows = list(list_quarantined(connection, source=source, resolved=resolved))
        for row in rows:
            where = f"{row.source} {row.place} 第 {row.row} 行"
            value = f" “{row.value}”" if row.value else ""
            settled = f"（已解决：{row.resolution}）" if row.resolved_at else ""
            click.echo(f"{row.id}  {where}  {field_title(row.field)}{value}：{row.reason}{settled}")
    click.echo(f"共 {len(rows)} 行")
    return 0


@quarantine.command("export")
@click.argument("output", type=click.Path(path_type=Path), metavar="输出文件.xlsx")
@click.option("--resolved", is_flag=True, help="连已解决的也导出")
@config_option
@click.pass_context
def export(ctx: click.Context, output: Path, resolved: bool, config: Path | None) -> int:
    """导出为工作簿，交数据提供单位更正。"""
    if output.suffix.lower() != ".xlsx":
        raise click.UsageError(f"只能导出为 .xlsx：{output}", ctx)
    _, engine = opened(ctx, config)
    with writing(engine) as connection:  # on record before there is anything to carry away
        now, detail = datetime.now().replace(microsecond=0), {"what": "quarantine", "resolved": resolved}
        who = system_user()
        audit.note(connection, at=now, who=who, action=Action.EXPORT, target=output.name, detail=detail)
    count = export_quarantine(engine, output, resolved=resolved)
    click.echo(f"已导出 {count} 行：{output}")
    return 0


@quarantine.command("retry")
@_source_option
@config_option
@click.pass_context
def retry_(ctx: click.Context, source: str | None, config: Path | None) -> int:
    """改好对照文件后，把隔离的行重新读一遍。"""
    settings, engine = opened(ctx, config)
    _refuse_unknown(ctx, settings, source)
    readers = make_readers(settings)  # an unusable mapping ends the retry before it goes on record
    if source and (problem := other_kind(engine, source, readers[source].mapping.record)):
        raise problem
    with run_lock(engine):
        options = {"command": "quarantine retry", "source": source or ""}
        run = ledger.begin(engine, datetime.now().replace(microsecond=0), options)
        results = retry(engine, settings, run, only_source=source)
        ledger.finish(engine, run, "done")
    for result in results:
        click.echo(f"{result.source}：读懂 {result.read_again} 行，仍隔离 {result.still_bad} 行")
    if not results:
        click.echo("隔离区里没有可重读的行")
    return 0


def _refuse_unknown(ctx: click.Context, settings: Settings, source: str | None) -> None:
    if source is not None and source not in settings.sources:
        raise click.BadParameter(
            f"配置里没有数据源 {source}，有：{'、'.join(settings.sources)}", ctx, param_hint="--source"
        )


COMMANDS = (quarantine,)
