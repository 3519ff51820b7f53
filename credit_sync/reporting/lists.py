"""The watch lists as reports show them: version, age, size, and whether they may clear anybody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from credit_sync.reporting.shown import shown
from credit_sync.screening.measures import Measures
from credit_sync.settings import Settings
from credit_sync.sources.lists import states_of_lists
from credit_sync.store import schema
from credit_sync.store.ledger import Run
from credit_sync.store.lists import ListState


@dataclass(frozen=True, slots=True)
class ListView:
    """A list that was screened against."""

    title: str
    publisher: str
    """'' where measures.toml does not say."""
    versions: str
    pulled_at: datetime | None
    live: int
    came: int
    went: int
    warning: str
    """Why the list clears nobody; empty when it may."""


def read_lists(
    connection: Connection, settings: Settings, at: datetime, previous: datetime | None, measures: Measures
) -> tuple[ListView, ...]:
    """Every configured list as it stands; what came and went is counted since `previous`, from the beginning when None."""
    states = states_of_lists(connection, settings, at)
    return tuple(_list(connection, measures, name, state, previous) for name, state in states.items())


def midnight(time: datetime) -> datetime:
    """When the day of a time began."""
    return time.replace(hour=0, minute=0, second=0, microsecond=0)


def previous_report(connection: Connection, run: Run) -> datetime | None:
    """When the last report of an earlier day was made: one run more on the same day hides no news."""
    stage, runs = schema.stage, schema.run
    reported = select(func.max(runs.c.as_of)).join(stage, stage.c.run_id == runs.c.id)
    made = (stage.c.name == "report", stage.c.status == "done", runs.c.as_of < midnight(run.as_of))
    last: datetime | None = connection.scalar(reported.where(*made))
    return last


def _list(
    connection: Connection, measures: Measures, name: str, state: ListState, previous: datetime | None
) -> ListView:
    version = schema.source_version
    moved = select(func.sum(version.c.added), func.sum(version.c.removed)).where(
        version.c.source.in_(state.sources), version.c.state == "accepted"
    )
    if previous is not None:
        moved = moved.where(version.c.pulled_at > previous)
    came, went = connection.execute(moved).one()
    named = len(state.sources) > 1
    versions = (f"{f'{source} ' if named else ''}第 {number} 版" for source, number in state.versions.items())
    return ListView(
        title=measures.list_title(name),
        publisher=measures.publisher(name),
        versions="、".join(versions) or "无",
        pulled_at=state.pulled_at,
        live=state.live,
        came=came or 0,
        went=went or 0,
        warning=shown(state.reason),
    )
