"""`tell`: who gets which mail, now or just to see."""

from pathlib import Path

import click

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.exit_codes import EXIT_FAILED
from credit_sync.cli.store import open_store
from credit_sync.reporting.summary import summarise
from credit_sync.store import ledger
from credit_sync.store.lock import run_lock
from credit_sync.telling.breakdowns import waiting
from credit_sync.telling.letters import breakdown, problems_of
from credit_sync.telling.own_report import astray
from credit_sync.telling.tell import due, letter_of
from credit_sync.telling.tell import tell as send


@click.command("tell", cls=Command)
@click.option("--dry-run", is_flag=True, help="只显示谁会收到什么，不发信")
@config_option
@click.pass_context
def tell(ctx: click.Context, dry_run: bool, config: Path | None) -> int:
    """发出最近一次运行还没有发出的邮件：各处室的每日摘要、给运维人员的失败通知。"""
    settings = settings_of(ctx, config)
    engine = open_store(settings)
    with engine.connect() as connection:
        last = ledger.latest(connection)
    if last is None:
        click.echo("还没有运行过")
        return 0
    summary = summarise(engine, settings, last)
    if dry_run:
        late = waiting(settings, last.as_of)
        for notice in late:
            click.echo(f"{notice.recipient}  {breakdown(notice.as_of, notice.recipient, notice.problem).subject}")
        with engine.connect() as connection:
            problems = problems_of(connection, settings, last, summary)
            for one in (found := due(connection, settings, last, problems)):
                letter = letter_of(engine, settings, last, one, problems)
                size = f"，附 {letter.attachment.name}" if letter.attachment else ""
                click.echo(f"{one.recipient}  {letter.subject}{size}")
            for line in astray(connection, settings):
                click.echo(f"注意：{line}")
        click.echo(f"共 {len(late) + len(found)} 封")
        return 0
    if settings.tell.mail is None:
        click.echo("没有配置邮件服务器（[tell.mail]）")
        return 0
    with run_lock(engine):
        send(engine, settings, last, summary)
    part = next(part for part in summarise(engine, settings, last).parts if part.stage == "tell")
    click.echo(part.problem or f"发出邮件 {part.counts['sent']} 封")
    return EXIT_FAILED if part.problem else 0


COMMANDS = (tell,)
