"""What sources and channels have left that are no longer configured, and what to do about it, as text."""

from dataclasses import dataclass

from sqlalchemy import Connection

from credit_sync.publishing.left_channels import LeftChannel, left_channels
from credit_sync.reporting.labels import RECORDS
from credit_sync.settings import Settings
from credit_sync.sources.mapping import configured_kinds
from credit_sync.store.left_sources import Left, left_sources


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Of one source or channel."""

    what: str
    how: str

    @property
    def line(self) -> str:
        """Both, for a terminal."""
        return f"⚠ {self.what}。{self.how}"


def left_behind(connection: Connection, settings: Settings) -> list[LeftBehind]:
    """Of all sources, then of all channels, by name."""
    sources = map(by_source, left_sources(connection, configured_kinds(settings)))
    channels = map(by_channel, left_channels(connection, settings.channels))
    return [*sources, *channels]


def by_source(left: Left) -> LeftBehind:
    """What a source has left."""
    if left.reused:
        return LeftBehind(
            what=f"数据源 {left.source} 原来取的{RECORDS[left.record]}还有 {left.live} 条在册，配置里现在取的是别的，没有取数",
            how=f"新的数据源请另起名字；原来的不再使用，请执行 credit-sync sources forget {left.source}",
        )
    rows = f"，隔离区 {left.waiting} 行" if left.waiting else ""
    return LeftBehind(
        what=f"数据源 {left.source}（{RECORDS[left.record]}）已不在配置中，在册 {left.live} 条{rows}",
        how=f"改了名请执行 credit-sync sources rename {left.source} 新名，"
        f"不再使用请执行 credit-sync sources forget {left.source}，否则请恢复配置",
    )


def by_channel(left: LeftChannel) -> LeftBehind:
    """What a channel has left."""
    counts = {"仍在公示": left.public, "平台未答复": left.unanswered, "未报出": left.not_out}
    there = "、".join(f"{title} {count} 条" for title, count in counts.items() if count)
    return LeftBehind(
        what=f"渠道 {left.name} 已不在配置中，{there}，不再更正和撤回",
        how=f"改了名请在 config.toml 里改回 [channels.{left.name}]；不再使用的，公示中的请在对方平台上处理",
    )
