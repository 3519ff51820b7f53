"""`run` and `daemon`: the night, once or every night."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.exit_codes import EXIT_FAILED
from credit_sync.cli.times import MOMENT
from credit_sync.nightly import NightOptions, NightResult, dry_run_night, run_night
from credit_sync.pulling.pull import Progress
from credit_sync.store.ledger import STAGES


@click.command("run", cls=Command)
@config_option
@click.option(
    "--only",
    type=click.Choice(STAGES),
    help="只做一个环节：pull 取数、publish 报送、screen 比对、write_back 回写、report 报告、tell 通知",
)
@click.option("--source", metavar="名称", help="只取一个数据源")
@click.option("--accept-shrink", is_flag=True, help="名单骤减或变空时仍然采用这次取到的数据")
@click.option("--dry-run", is_flag=True, help="在临时副本上完整演练一遍，不改动任何东西")
@click.option(
    "--as-of",
    type=MOMENT,
    metavar="时间",
    help="把这次运行当作那个时间的，默认为现在",
)
@click.pass_context
def run(
    ctx: click.Context,
    config: Path | None,
    only: str | None,
    source: str | None,
    accept_shrink: bool,
    dry_run: bool,
    as_of: datetime | None,
) -> int:
    """夜间运行：取数、报送、比对、回写申报系统、生成报告、发送通知。

    被中断后再次执行，会从停下的地方接着做。退出码：0 全部正常，1 做完但有失败，2 配置不可用，75 另一次运行正在进行。
    """
    settings = settings_of(ctx, config)
    if source and source not in settings.sources:
        raise click.BadParameter(
            f"配置里没有数据源 {source}，有：{'、'.join(settings.sources)}", ctx, param_hint="--source"
        )
    options = NightOptions(
        (as_of or datetime.now()).replace(microsecond=0),
        only or "",
        source or "",
        accept_shrink,
        by_clock=as_of is None,
    )
    with _Bars() as progress:
        result = (dry_run_night if dry_run else run_night)(settings, options, progress)
    _print(result, dry_run=dry_run)
    return EXIT_FAILED if result.failed else 0


@click.command("daemon", cls=Command)
@config_option
@click.option("--at", default="02:00", metavar="时:分", show_default=True, help="每天几点运行")
@click.pass_context
def daemon(ctx: click.Context, config: Path | None, at: str) -> int:
    """常驻运行，每天定时做夜间运行（没有 cron 或 systemd 时用）。"""
    from credit_sync.daemon import run_every_night

    settings_of(ctx, config)

    def night() -> None:
        now = datetime.now().replace(microsecond=0)
        options = NightOptions(now, by_clock=True)
        _print(run_night(settings_of(ctx, config), options, lambda _part, _done: None), dry_run=False)

    run_every_night(at, night)
    return 0


class _Bars:
    """Progress bars on a terminal, one per source or stage; nothing elsewhere."""

    def __init__(self) -> None:
        self._bars: dict[str, Any] = {}

    def __enter__(self) -> Progress:
        return self._update if sys.stderr.isatty() else lambda _part, _done: None

    def __exit__(self, *_: object) -> None:
        for bar in self._bars.values():
            bar.close()

    def _update(self, part: str, done: int) -> None:
        bar = self._bars.get(part)
        if bar is None:
            bar = self._bars[part] = tqdm(desc=part, unit=" 行", leave=False)
        bar.update(done - bar.n)


def _print(result: NightResult, *, dry_run: bool) -> None:
    if dry_run:
        click.echo("演练（没有改动任何东西）")
    click.echo(result.summary.text())
    for path in result.reports:
        click.echo(f"报告：{path}")


COMMANDS = (run, daemon)
