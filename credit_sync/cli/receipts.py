"""`receipts import`: what platforms answer on paper, as it were: feedback that comes as a file."""

from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import click

from credit_sync.channel_settings import WorkbookChannel
from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.exit_codes import EXIT_FAILED
from credit_sync.cli.store import open_store
from credit_sync.interfaces.messages import Answer
from credit_sync.publishing.receipts_import import FeedbackFile, read_file, rehearse, take_over
from credit_sync.settings import Settings
from credit_sync.store.lock import run_lock


@click.group("receipts", cls=Group)
def receipts() -> None:
    """回执：平台以文件给出的答复。"""


@receipts.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="反馈表")
@click.option("--channel", default="", metavar="渠道", help="哪个渠道的反馈；只有一个工作簿渠道时可以不写")
@click.option("--dry-run", is_flag=True, help="只显示会怎样，不改动任何东西")
@config_option
@click.pass_context
def import_(ctx: click.Context, file: Path, channel: str, dry_run: bool, config: Path | None) -> int:
    """导入平台的反馈表（错误数据表或全部结果），登记每条报送被接收还是退回。"""
    settings = settings_of(ctx, config)
    name = _channel(ctx, settings, channel)
    engine = open_store(settings)
    now = datetime.now().replace(microsecond=0)
    with nullcontext() if dry_run else run_lock(engine):
        read = read_file(engine, settings, name, file)
        new = rehearse(engine, read, now) if dry_run else take_over(engine, read, now)
    _tell(read, new, dry_run)
    return EXIT_FAILED if read.understood.unclear else 0


def _channel(ctx: click.Context, settings: Settings, wanted: str) -> str:
    own = [name for name, found in settings.channels.items() if isinstance(found, WorkbookChannel)]
    if wanted and wanted not in settings.channels:
        known = "、".join(settings.channels)
        raise click.BadParameter(f"配置里没有渠道 {wanted}，有：{known}", ctx, param_hint="--channel")
    if not wanted and len(own) != 1:
        raise click.UsageError(f"请用 --channel 指明渠道：{'、'.join(own) or '配置里没有工作簿渠道'}", ctx)
    return wanted or own[0]


def _tell(read: FeedbackFile, new: int, dry_run: bool) -> None:
    understood = read.understood
    if read.before:
        click.echo(f"这个文件 {read.before:%Y-%m-%d %H:%M} 导入过，只与那时已报送的核对")
    accepted = sum(receipt.answer is Answer.ACCEPTED for receipt in understood.receipts)
    rejected = len(understood.receipts) - accepted
    click.echo(
        f"{'演练（没有改动任何东西）：' if dry_run else ''}平台接收 {accepted} 条，退回 {rejected} 条，"
        f"其中新登记 {new} 条；尚无结果 {understood.waiting} 行，对不上 {len(understood.unclear)} 行"
    )
    for row in understood.unclear:
        click.echo(f"  {row.place} 第 {row.row} 行  {row.document}：{row.why}")


COMMANDS = (receipts,)
