"""Whether a system's applications are here as they are there: what their sources delivered last, and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from credit_sync.records import RecordKind
from credit_sync.sources.mapping import Part, SourceMapping
from credit_sync.store.lists import why_distrusted
from credit_sync.store.versions import last_refusal, pull_in_force


@dataclass(frozen=True, slots=True)
class Delivering:
    """A source of applicants: of which system ('' where each row names its own), and how long a pull may be trusted."""

    system: str
    max_age_days: float


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the sources of a system have delivered."""

    pulled_at: datetime | None
    """The oldest of their last accepted pulls: a later change in the system may be unknown here; None: never pulled."""
    problems: tuple[str, ...]
    """Why the system may hold other applications by now, in Chinese."""


def applicant_sources(mappings: Mapping[str, SourceMapping]) -> dict[str, Delivering]:
    """The configured sources that deliver applicants."""
    return {
        source: Delivering(str(mapping.constants.get("system", "")), mapping.guards.max_age_days)
        for source, mapping in mappings.items()
        if mapping.record is RecordKind.APPLICANT
    }


def known_systems(mappings: Mapping[str, SourceMapping]) -> list[str] | None:
    """The systems whose applications the configured sources deliver; None where rows name their own: any may come."""
    groups: list[SourceMapping | Part] = [*mappings.values()]
    groups += [part for mapping in mappings.values() for part in mapping.parts]
    if any("system" in group.fields for group in groups):
        return None
    return sorted({str(group.constants["system"]) for group in groups if "system" in group.constants})


def sources_of_system(sources: Mapping[str, Delivering], system: str, seen: Iterable[str]) -> list[str]:
    """The sources of a system's applicants: those configured for it, and those that delivered what is `seen`."""
    return sorted({source for source, found in sources.items() if found.system == system}.union(seen))


def delivered(
    connection: Connection, sources: Mapping[str, Delivering], names: Iterable[str], at: datetime
) -> Delivered:
    """What the sources with these names have delivered, and whether that may be trusted at a time."""
    pulls = {name: pull_in_force(connection, name, RecordKind.APPLICANT) for name in names}
    problems = [
        problem
        for name, pulled_at in pulls.items()
        if (problem := _problem(connection, name, sources.get(name), pulled_at, at))
    ]
    times = [pulled_at for pulled_at in pulls.values() if pulled_at is not None]
    return Delivered(min(times) if times and len(times) == len(pulls) else None, tuple(problems))


def said_of_unread(rows: int) -> str:
    """Why an application that so many rows in quarantine name lets nobody go on."""
    return f"该申报有 {rows} 行未能读取，在隔离区：可能还有申报主体没有比对"


def _problem(
    connection: Connection, name: str, known: Delivering | None, pulled_at: datetime | None, at: datetime
) -> str:
    if known is None:
        return f"申报数据源 {name} 已不在配置中，申报信息不再更新"
    if why := why_distrusted(f"申报数据源 {name}", pulled_at, at, known.max_age_days):
        return why
    refusal = last_refusal(connection, name)
    return f"申报数据源 {name} 最近一次取到的数据没有采用：{refusal}" if refusal else ""
