"""`publish list|retry|withdraw|keep|resume|repair|start`: what waits, and what a person decides about publications."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import Connection, Engine

from credit_sync.cli.chinese import Group
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.exit_codes import EXIT_FAILED
from credit_sync.cli.store import open_store
from credit_sync.cli.system_user import system_user
from credit_sync.cli.times import DAY
from credit_sync.publishing import by_hand
from credit_sync.publishing.left_channels import start
from credit_sync.publishing.outbox import State, outboxes_of
from credit_sync.publishing.publish import publish
from credit_sync.publishing.shown import ACTIONS, STATES, Shown, shown_submissions
from credit_sync.reporting.labels import RECORDS
from credit_sync.settings import Settings
from credit_sync.store import ledger
from credit_sync.store.engine import rehearsing, writing
from credit_sync.store.ledger import Run
from credit_sync.store.lock import run_lock
from credit_sync.store.orders import Order
from credit_sync.subjects.identifiers import hide_in_text

Function = TypeVar("Function", bound=Callable[..., Any])

_DEFAULT = (State.PENDING, State.INVALID, State.SENDING, State.HELD, State.REJECTED)
"""What somebody or something still has to do."""

_document_option = click.option(
    "--document", default="", metavar="文书号", help="只看（只送）这一个文书号（或许可编号）"
)

_subject_option = click.option(
    "--subject", default="", metavar="名称", help="几个相对人的文书号相同时，指明是哪一个"
)


def _decision(command: Function) -> Function:
    """What every decision takes: the channel, the document, why and who."""
    for option in (
        config_option,
        click.option("--who", default=system_user, show_default="当前用户", metavar="姓名", help="操作人，留痕"),
        click.option("--reason", required=True, metavar="事由", help="为什么（必填，连同操作人留痕）"),
        _subject_option,
        click.argument("document", metavar="文书号"),
        click.argument("channel", metavar="渠道"),
    ):
        command = option(command)
    return command


@click.group("publish", cls=Group)
def publications() -> None:
    """报送：等待处理的、平台退回的，以及需要人决定的撤回和恢复。"""


@publications.command("list")
@click.option("--channel", default="", metavar="渠道", help="只看一个渠道")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="只看这些状态（可写多次）；不写则只列还有事要做的",
)
@_document_option
@config_option
@click.pass_context
def list_(ctx: click.Context, channel: str, states: tuple[str, ...], document: str, config: Path | None) -> int:
    """列出报送及其状态、原因和平台的答复。"""
    _, engine = _open(ctx, config, channel)
    wanted = tuple(map(State, states)) or (() if document else _DEFAULT)
    with engine.connect() as connection:
        found = shown_submissions(connection, channel=channel, states=wanted, document=document)
    for item in found:
        click.echo(_line(item))
    click.echo(f"共 {len(found)} 条")
    return 0


@publications.command("retry")
@click.argument("channel", required=False, default="", metavar="[渠道]")
@_document_option
@config_option
@click.pass_context
def retry(ctx: click.Context, channel: str, document: str, config: Path | None) -> int:
    """把平台退回的重新生成、校验并报送；不写渠道则所有渠道。"""
    settings, engine = _open(ctx, config, channel)
    channels = [channel] if channel else sorted(settings.channels)

    def again(connection: Connection, _: Run) -> str:
        count = sum(by_hand.send_again(connection, name, document) for name in channels)
        return f"{count} 条退回的将重新报送" if count else "没有被退回的报送"

    return _on_record(engine, settings, {"command": "publish retry", "document": document}, channels, again)


@publications.command("lost")
@_decision
@click.pass_context
def lost(ctx: click.Context, /, **given: Any) -> int:
    """把已报送而平台查明没有收到的一条重新报送。"""
    return _decide(ctx, by_hand.lost, "重新报送", **given)


@publications.command("withdraw")
@_decision
@click.pass_context
def withdraw(ctx: click.Context, /, **given: Any) -> int:
    """撤回已公示的一条：处罚决定被撤销，或来源已删除而待决定的。"""
    return _decide(ctx, by_hand.withdraw, "撤回", **given)


@publications.command("keep")
@_decision
@click.pass_context
def keep(ctx: click.Context, /, **given: Any) -> int:
    """待人工决定的一条维持现状：来源虽已删除，仍然公示。"""
    return _decide(ctx, by_hand.keep, "维持现状", **given)


@publications.command("resume")
@_decision
@click.pass_context
def resume(ctx: click.Context, /, **given: Any) -> int:
    """公示曾由人工撤回的一条，或因来源中原记录已删去而待决定的一条。"""
    return _decide(ctx, by_hand.resume, "恢复公示", **given)


@publications.command("repair")
@click.argument("document", metavar="文书号")
@_subject_option
@click.option("--on", type=DAY, metavar="日期", help="从哪天起不再公示，默认为今天")
@click.option("--reason", required=True, metavar="事由", help="修复决定的文号等（必填，连同操作人留痕）")
@click.option("--who", default=system_user, show_default="当前用户", metavar="姓名", help="操作人，留痕")
@config_option
@click.pass_context
def repair(
    ctx: click.Context,
    /,
    document: str,
    subject: str,
    on: datetime | None,
    reason: str,
    who: str,
    config: Path | None,
) -> int:
    """登记一项行政处罚的信用修复：到那天起从所有渠道撤下。"""
    settings, engine = _open(ctx, config)
    order = Order.of(who, reason)
    day = on.date() if on else date.today()

    def record(connection: Connection, run: Run) -> str:
        count = by_hand.repair(connection, document, subject, order, run, on=day)
        return f"已登记 {document} 的信用修复（{count} 条处罚），自 {day} 起不再公示"

    options = {"command": "publish repair", "document": document}
    return _on_record(engine, settings, options, sorted(settings.channels), record)


@publications.command("start")
@click.argument("channel", metavar="渠道")
@click.option("--reason", required=True, metavar="事由", help="为什么（必填，连同操作人留痕）")
@click.option("--who", default=system_user, show_default="当前用户", metavar="姓名", help="操作人，留痕")
@config_option
@click.pass_context
def start_(ctx: click.Context, channel: str, reason: str, who: str, config: Path | None) -> int:
    """启用一个新渠道：它不是改了名的旧渠道，该公示的在这里全部报送。"""
    settings, engine = _open(ctx, config, channel)
    order = Order.of(who, reason)

    def record(connection: Connection, run: Run) -> str:
        start(connection, settings, channel, order, run)
        return f"渠道 {channel} 已启用，已留痕（{order.who}）"

    options = {"command": "publish start", "channel": channel}
    return _on_record(engine, settings, options, [channel], record)


def _decide(
    ctx: click.Context,
    decide: by_hand.Decide,
    words: str,
    *,
    channel: str,
    document: str,
    subject: str,
    reason: str,
    who: str,
    config: Path | None,
) -> int:
    settings, engine = _open(ctx, config, channel)
    order = Order.of(who, reason)

    def record(connection: Connection, run: Run) -> str:
        outboxes = outboxes_of(settings, channel, run.as_of.date())
        found = by_hand.find(connection, outboxes, decide, document, subject)
        decide(connection, found, order, run)
        return f"{channel} {document}：{words}，已留痕（{order.who}）"

    options = {"command": f"publish {decide.__name__}", "document": document}
    return _on_record(engine, settings, options, [channel], record)


def _on_record(
    engine: Engine,
    settings: Settings,
    options: dict[str, str],
    channels: Iterable[str],
    record: Callable[[Connection, Run], str],
) -> int:
    """A run of its own: the decision, in one transaction, and then the publish stage of the channels concerned.

    A decision that cannot be made leaves no run.
    """
    with run_lock(engine):
        now = datetime.now().replace(microsecond=0)
        with rehearsing(engine) as connection:
            record(connection, Run(0, now))
        run = ledger.begin(engine, now, options)
        with writing(engine) as connection:
            done = record(connection, run)
        click.echo(done)
        results = publish(engine, settings, run, channels)
        problems = {name: counts.problem for name, counts in results.items() if counts.problem}
        ledger.finish(engine, run, "failed" if problems else "done")
    for name, counts in results.items():
        told = (
            problems.get(name)
            or f"报出 {counts.sent} 条，平台已接收 {counts.accepted} 条，退回 {counts.rejected} 条"
        )
        click.echo(f"渠道 {name}：{told}")
    return EXIT_FAILED if problems else 0


def _line(item: Shown) -> str:
    what = f"{RECORDS[item.kind]} {item.document_number}（{item.subject}）"
    about = "；".join(
        part
        for part in (
            item.cause and f"原因：{item.cause}",
            item.who and f"操作人：{item.who}",
            item.reason and f"平台：{item.reason}",
            item.platform_id and f"平台编号：{item.platform_id}",
        )
        if part
    )
    since = item.received_at or item.sent_at or item.created_at
    line = f"{item.channel}  {since:%Y-%m-%d}  {ACTIONS[item.action]}  {what}  {STATES[item.state]}"
    return hide_in_text(f"{line}  {about}" if about else line)


def _open(ctx: click.Context, config: Path | None, channel: str = "") -> tuple[Settings, Engine]:
    settings = settings_of(ctx, config)
    if channel and channel not in settings.channels:
        known = "、".join(settings.channels)
        raise click.BadParameter(f"配置里没有渠道 {channel}，有：{known}", ctx, param_hint="渠道")
    engine = open_store(settings)
    return settings, engine


COMMANDS = (publications,)
