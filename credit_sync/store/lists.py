"""The age of the watch lists. A list that was never taken over, or not lately, clears nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from credit_sync.store.schema import source_version


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
    stale: bool
    reason: str
    """Why it is stale, in Chinese; '' when it is fresh."""


@dataclass(frozen=True, slots=True)
class _Accepted:
    version: int
    live: int
    pulled_at: datetime | None


def list_states(connection: Connection, as_of: datetime, watched: Mapping[str, Watched]) -> dict[str, ListState]:
    """The lists that the sources in `watched` deliver, by list name, as they are at `as_of`."""
    sources: dict[str, list[str]] = {}
    for source, found in watched.items():
        sources.setdefault(found.list, []).append(source)
    return {
        name: _list_state({s: _accepted(connection, s) for s in members}, as_of, watched)
        for name, members in sorted(sources.items())
    }


def watermark(connection: Connection, source: str) -> datetime | None:
    """When the last accepted pull of a source was made: where a delta goes on from."""
    return _accepted(connection, source).pulled_at


def _accepted(connection: Connection, source: str) -> _Accepted:
    table = source_version
    of_source = select(table.c.version, table.c.live, table.c.pulled_at).where(
        table.c.source == source, table.c.state == "accepted"
    )
    last = connection.execute(of_source.order_by(table.c.version.desc()).limit(1)).first()
    pulls = of_source.where(table.c.delivery != "retry").order_by(table.c.version.desc())
    pulled = connection.execute(pulls.limit(1)).first()
    return _Accepted(last.version if last else 0, last.live if last else 0, pulled.pulled_at if pulled else None)


def _list_state(accepted: dict[str, _Accepted], as_of: datetime, watched: Mapping[str, Watched]) -> ListState:
    reasons = [
        reason
        for source, last in accepted.items()
        if (reason := _why_stale(source, last, as_of, watched[source].max_age_days))
    ]
    times = [last.pulled_at for last in accepted.values() if last.pulled_at is not None]
    pulled_at = min(times) if len(times) == len(accepted) else None
    return ListState(
        sources=tuple(accepted),
        versions={source: last.version for source, last in accepted.items() if last.version},
        pulled_at=pulled_at,
        live=sum(last.live for last in accepted.values()),
        age_days=(as_of - pulled_at) / timedelta(days=1) if pulled_at else None,
        stale=bool(reasons),
        reason="；".join(reasons),
    )


def _why_stale(source: str, last: _Accepted, as_of: datetime, max_age_days: float) -> str:
    if last.pulled_at is None:
        return f"数据源 {source} 从未成功取数"
    age = as_of - last.pulled_at
    if age > timedelta(days=max_age_days):
        return f"数据源 {source} 上次成功取数是 {last.pulled_at:%Y-%m-%d %H:%M}，已超过 {max_age_days:g} 天"
    return ""
