"""Channels that are no longer configured, and a new one that may be one of them under another name.

A channel is known by its name: under another one everything would go out again, under other keys, as if it had never
been sent. So a channel that has sent nothing yet waits while something is public that went out under a name which is
not configured any more, until it gets that name back or a person says that it is another channel.
"""

from collections.abc import Container
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select

from credit_sync.channel_settings import WebsiteChannel
from credit_sync.errors import CreditSyncError
from credit_sync.publishing.outbox import HANDED_OVER, Action, State
from credit_sync.settings import Settings
from credit_sync.store import audit, ledger
from credit_sync.store.ledger import Run
from credit_sync.store.orders import Order
from credit_sync.store.schema import batch, stage, submission

_UNANSWERED = (State.SENDING, State.SENT)
_NOT_OUT = (State.PENDING, State.INVALID, State.HELD, State.REJECTED)


@dataclass(frozen=True, slots=True)
class LeftChannel:
    """What a channel has left that is no longer configured."""

    name: str
    public: int
    """Records that its platform has, or will have once it has answered."""
    unanswered: int
    not_out: int


def left_channels(connection: Connection, configured: Container[str]) -> list[LeftChannel]:
    """Those that have left anything, by name."""
    c = submission.c
    last = select(func.max(c.id)).where(c.state.in_(HANDED_OVER)).group_by(c.channel, c.record, c.record_id)
    public = _by_channel(connection, and_(c.id.in_(last), c.action != Action.WITHDRAW))
    unanswered = _by_channel(connection, c.state.in_(_UNANSWERED))
    not_out = _by_channel(connection, c.state.in_(_NOT_OUT))
    return [
        LeftChannel(name, public.get(name, 0), unanswered.get(name, 0), not_out.get(name, 0))
        for name in sorted({*public, *unanswered, *not_out})
        if name not in configured
    ]


def refuse_other_name(connection: Connection, settings: Settings, channel: str) -> None:
    """Raises CreditSyncError while a channel may be one that was only given another name."""
    former = _may_be(connection, settings, channel)
    if former:
        raise CreditSyncError(
            f"渠道 {channel} 还没有报送过，而{_named(former)}已不在配置中，报出的仍在公示：换个名称再报一遍，平台上会重复",
            remedy=f"只是改了名的，请在 config.toml 里改回 [channels.{former[0].name}]；"
            f"确是另一个渠道的，执行 credit-sync publish start {channel} --reason 事由",
        )


def start(connection: Connection, settings: Settings, channel: str, order: Order, run: Run) -> None:
    """A person says that a channel is another one than those before. Raises CreditSyncError where nobody has doubted it."""
    former = _may_be(connection, settings, channel)
    if not former:
        raise CreditSyncError(f"渠道 {channel} 不用启用", remedy="下一次运行照常报送")
    names = [left.name for left in former]
    ledger.stage_done(connection, run, "start", channel, {"beside": names})
    detail = {"reason": order.reason, "beside": names}
    audit.note(connection, at=run.as_of, who=order.who, action=audit.Action.START, target=channel, detail=detail)


def _may_be(connection: Connection, settings: Settings, channel: str) -> list[LeftChannel]:
    """What the channel may have been called before. A site of our own shows each record once, whatever it is called."""
    if isinstance(settings.channels[channel], WebsiteChannel) or _has_begun(connection, channel):
        return []
    return [left for left in left_channels(connection, settings.channels) if left.public]


def _has_begun(connection: Connection, channel: str) -> bool:
    sent = select(batch.c.id).where(batch.c.channel == channel).limit(1)
    started = select(stage.c.run_id).where(stage.c.name == "start", stage.c.part == channel).limit(1)
    return connection.scalar(sent) is not None or connection.scalar(started) is not None


def _named(left: list[LeftChannel]) -> str:
    return "、".join(f"渠道 {one.name}（{one.public} 条）" for one in left)


def _by_channel(connection: Connection, which: ColumnElement[bool]) -> dict[str, int]:
    c = submission.c
    rows = connection.execute(select(c.channel, func.count()).where(which).group_by(c.channel))
    return {row[0]: row[1] for row in rows}
