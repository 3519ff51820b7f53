"""How far the watch lists may be trusted. One that was never taken over, not lately, or not when it last came, clears nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from credit_sync.records import RecordKind
from credit_sync.store.schema import source_version
from credit_sync.store.versions import CLOCKS_DIFFER, last_refusal, pull_in_force


@dataclass(frozen=True, slots=True)
class Watched:
    """A source that delivers a list, and for how many days its last pull may be trusted."""

    list: str
    max_age_days: float


@dataclass(frozen=True, slots=True)
class ListState:
    """One list, made up of the configured sources that deliver it."""

    sources: tuple[str, ...]
    versions: Mapping[str, int]
    """The last accepted version of each source (by delivery or out of quarantine); absent where there is none."""
    pulled_at: datetime | None
    """The oldest of the sources' last accepted pulls; None when one of them has none."""
    live: int
    age_days: float | None
    """Since then; None where nobody knows: never pulled, or by a clock that was ahead of the present one."""
    stale: bool
    """It clears nobody: too old, or what came last was not taken over and so is another list than this."""
    reason: str
    """Why it is stale, in Chinese; '' when it is not."""


@dataclass(frozen=True, slots=True)
class _Accepted:
    version: int
    live: int
    pulled_at: datetime | None
    refusal: str
    """Why what it delivered last was not taken over; '' where it was."""


def list_states(connection: Connection, as_of: datetime, watched: Mapping[str, Watched]) -> dict[str, ListState]:
    """The lists that the sources in `watched` deliver, by list name, as they are at `as_of`.

    A source that nobody watches any more but whose entries are still there makes its list stale: its entries go on
    hitting and nobody keeps them up to date, so the list clears nobody until a person decides.
    """
    sources: dict[str, list[str]] = {}
    for source, found in watched.items():
        sources.setdefault(found.list, []).append(source)
    for left in unwatched(connection, watched):
        sources.setdefault(left.list, []).append(left.source)
    return {
        name: _list_state({s: _accepted(connection, s) for s in members}, as_of, watched)
        for name, members in sorted(sources.items())
    }


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A source of listings that is no longer configured, and how many of its entries are still there."""

    source: str
    list: str
    live: int


def unwatched(connection: Connection, watched: Mapping[str, Watched]) -> list[Unwatched]:
    """The sources whose listings are in the store though nobody watches them, by name."""
    c = source_version.c
    accepted = (c.record == RecordKind.LISTING.value, c.state == "accepted")
    last = select(c.source, func.max(c.version).label("version")).where(*accepted).group_by(c.source).subquery()
    here = (c.source == last.c.source, c.version == last.c.version, c.live > 0)
    rows = connection.execute(select(c.source, c.list, c.live).where(*here).order_by(c.source))
    return [Unwatched(*row) for row in rows if row.source not in watched]


def _accepted(connection: Connection, source: str) -> _Accepted:
    c, kind = source_version.c, RecordKind.LISTING
    of_source = select(c.version, c.live).where(c.source == source, c.record == kind.value, c.state == "accepted")
    last = connection.execute(of_source.order_by(c.version.desc()).limit(1)).first()
    pulled_at = pull_in_force(connection, source, kind)
    refusal = last_refusal(connection, source)
    return _Accepted(last.version if last else 0, last.live if last else 0, pulled_at, refusal)


def _list_state(accepted: dict[str, _Accepted], as_of: datetime, watched: Mapping[str, Watched]) -> ListState:
    reasons = [
        reason
        for source, last in accepted.items()
        if (reason := _why_stale(source, last, as_of, watched.get(source)))
    ]
    times = [last.pulled_at for last in accepted.values() if last.pulled_at is not None]
    pulled_at = min(times) if len(times) == len(accepted) else None
    return ListState(
        sources=tuple(accepted),
        versions={source: last.version for source, last in accepted.items() if last.version},
        pulled_at=pulled_at,
        live=sum(last.live for last in accepted.values()),
        age_days=_age_days(pulled_at, as_of),
        stale=bool(reasons),
        reason="；".join(reasons),
    )


def _age_days(pulled_at: datetime | None, at: datetime) -> float | None:
    if pulled_at is None or pulled_at > at + CLOCKS_DIFFER:
        return None
    return max(at - pulled_at, timedelta()) / timedelta(days=1)


def _why_stale(source: str, last: _Accepted, as_of: datetime, watched: Watched | None) -> str:
    if watched is None:
        return f"数据源 {source} 已不在配置中，其 {last.live} 条名单条目不再更新"
    refused = f"数据源 {source} 最近一次取到的名单没有采用：{last.refusal}" if last.refusal else ""
    distrusted = why_distrusted(f"数据源 {source}", last.pulled_at, as_of, watched.max_age_days)
    return "；".join(filter(None, (distrusted, refused)))


def why_distrusted(source: str, pulled_at: datetime | None, at: datetime, max_age_days: float) -> str:
    """Why what a source delivered last is not trusted at a time, in Chinese; '' where it is.

    What is said to have come later than now is as old as nobody knows: a clock was wrong then, or is now.
    """
    if pulled_at is None:
        return f"{source} 从未成功取数"
    when = f"{source} 上次成功取数是 {pulled_at:%Y-%m-%d %H:%M}"
    if pulled_at > at + CLOCKS_DIFFER:
        return f"{when}，晚于现在的 {at:%Y-%m-%d %H:%M}，不知道实际有多旧，请核对服务器时钟后重新取数"
    return f"{when}，已超过 {max_age_days:g} 天" if at - pulled_at > timedelta(days=max_age_days) else ""
