"""`screen-file`: a spreadsheet of applicants against the lists."""

from datetime import datetime
from pathlib import Path

import click

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.system_user import system_user
from credit_sync.reporting.labels import VERDICTS
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.evidence import Scales
from credit_sync.screening.file_rows import for_excel, write_rows
from credit_sync.screening.reference import reference
from credit_sync.screening.screen_file import FileCounts, Lists, lists_from_files, screen_file
from credit_sync.screening.stored_lists import stored_lists
from credit_sync.screening.weights import load_weights
from credit_sync.settings import Settings
from credit_sync.shipped import shipped
from credit_sync.store import audit
from credit_sync.store.audit import Action
from credit_sync.store.engine import open_engine, writing

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("screen-file", cls=Command)
@click.argument("applicants", type=_FILE, metavar="申报主体表")
@click.option(
    "--list", "lists", type=_FILE, multiple=True, metavar="名单文件", help="名单文件，可写多次；不写则比对库中名单"
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="输出文件",
    help="结果：.csv、.xlsx 或 .json",
)
@config_option
@click.pass_context
def screen_file_command(
    ctx: click.Context, applicants: Path, lists: tuple[Path, ...], output: Path, config: Path | None
) -> int:
    """比对一张表：每个主体都有结论，没有相近条目的记为未发现（clear）。"""
    if output.exists() and any(map(output.samefile, (applicants, *lists))):
        raise click.UsageError("--output 不能写到申报主体表或名单文件上，请换一个文件名", ctx)
    now = datetime.now().replace(microsecond=0)
    counts = FileCounts()
    against: Lists
    if lists:
        folder = shipped("mappings")
        scales = Scales(load_weights(folder), reference())
        against = lists_from_files(lists, folder, scales, now, counts)
    else:
        if not (config or ctx.obj or Path("config.toml").exists()):
            raise click.UsageError(
                "没有写 --list，这里也没有 config.toml：请给出名单文件，或用 --config 指明配置", ctx
            )
        settings = settings_of(ctx, config)
        folder = settings.mappings_folder
        scales = Scales(load_weights(folder), reference())
        against = stored_lists(settings, scales, now)
    rows = screen_file(applicants, against, folder, now, counts)

    def put_on_record() -> None:
        if not lists:
            _put_on_record(settings_of(ctx, config), applicants.name, counts, now)

    write_rows(output, rows, byte_order_mark=for_excel(applicants), put_on_record=put_on_record)
    verdicts = (f"{VERDICTS[v]}（{v}）{counts.verdicts[v]}" for v in reversed(Verdict))
    click.echo(f"已比对 {counts.applicants} 个主体：{'、'.join(verdicts)}")
    if counts.unread_applicants:
        click.echo(f"其中 {counts.unread_applicants} 行未能读取，记为无法核实", err=True)
    if counts.unread_listings:
        click.echo(f"名单文件中 {counts.unread_listings} 行未能读取，未参加比对", err=True)
    if against.stale:
        click.echo(f"注意：{against.stale}；没有命中的主体记为无法核实", err=True)
    click.echo(f"结果：{output}")
    return 0


def _put_on_record(settings: Settings, name: str, counts: FileCounts, now: datetime) -> None:
    """A table against the stored lists is as many look-ups."""
    detail = {"applicants": counts.applicants, **counts.verdicts}
    with writing(open_engine(settings)) as connection:
        audit.note(connection, at=now, who=system_user(), action=Action.SCREEN_FILE, target=name, detail=detail)


COMMANDS = (screen_file_command,)
