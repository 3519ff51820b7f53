"""Figures for Prometheus: what a person would want to be woken for. No names, no numbers of anybody."""

from collections.abc import Callable, Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import Connection, Engine, func, or_, select

from credit_sync.publishing.due import due
from credit_sync.publishing.outbox import State
from credit_sync.screening.comparison import Verdict
from credit_sync.settings import Settings
from credit_sync.sources.lists import states_of_lists
from credit_sync.store import quarantine
from credit_sync.store.ledger import STAGES
from credit_sync.store.schema import applicant, flag, run, screening, stage
from credit_sync.write_back.outbox import counts

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics(engine: Engine, settings: Settings, now: datetime) -> bytes:
    """The figures as they are at a time, in Prometheus' text format. Raises SettingsError for unusable mappings."""
    registry = CollectorRegistry()
    with engine.connect() as connection:
        _lists(registry, connection, settings, now)
        _flags(registry, connection)
        _runs(registry, connection)
        _systems(registry, connection, settings)
    _publications(registry, engine, settings, now)
    return generate_latest(registry)


def _gauge(registry: CollectorRegistry, name: str, about: str, *labels: str) -> Callable[..., Gauge]:
    made = Gauge(f"credit_sync_{name}", about, labels, registry=registry)
    return lambda *values: made.labels(*values) if labels else made


def _lists(registry: CollectorRegistry, connection: Connection, settings: Settings, now: datetime) -> None:
    age = _gauge(registry, "list_age_seconds", "Since the list was last pulled; NaN: never.", "list")
    live = _gauge(registry, "list_listings", "Listings of the list.", "list")
    stale = _gauge(registry, "list_stale", "1: the list clears nobody.", "list")
    for name, state in states_of_lists(connection, settings, now).items():
        old = (now - state.pulled_at).total_seconds() if state.pulled_at else float("nan")
        age(name).set(old)
        live(name).set(state.live)
        stale(name).set(state.stale)


def _flags(registry: CollectorRegistry, connection: Connection) -> None:
    open_ = _gauge(registry, "flags_open", "Open flags, decided or not.", "verdict", "list", "state")
    columns = (flag.c.verdict, flag.c.list, flag.c.state)
    query = select(*columns, func.count()).where(flag.c.closed_at.is_(None)).group_by(*columns).order_by(*columns)
    for verdict, list_name, state, number in connection.execute(query):
        open_(verdict, list_name, state).set(number)
    unknown = _gauge(registry, "applicants_unknown", "Applicants of whom nothing can be said.")
    screened = screening.c.applicant_version == applicant.c.version
    not_known = or_(screening.c.applicant_id.is_(None), ~screened, screening.c.verdict == Verdict.UNVERIFIABLE)
    left = applicant.outerjoin(screening, screening.c.applicant_id == applicant.c.id)
    query_unknown = select(func.count()).select_from(left).where(applicant.c.removed_at.is_(None), not_known)
    unknown().set(connection.scalar(query_unknown) or 0)
    rows = _gauge(registry, "quarantine_open", "Rows that could not be read.", "source")
    for source, number in quarantine.waiting(connection).items():
        rows(source).set(number)


def _runs(registry: CollectorRegistry, connection: Connection) -> None:
    """Of the last run that is over."""
    last = connection.execute(
        select(run).where(run.c.finished_at.is_not(None)).order_by(run.c.id.desc()).limit(1)
    ).first()
    if last is None:
        return
    _gauge(registry, "run_timestamp_seconds", "When the last run began.")().set(last.started_at.timestamp())
    seconds = (last.finished_at - last.started_at).total_seconds()
    _gauge(registry, "run_duration_seconds", "How long the last run took.")().set(seconds)
    _gauge(registry, "run_ok", "1: everything of the last run was done.")().set(last.status == "done")
    took = _gauge(registry, "stage_duration_seconds", "How long a stage of the last run took.", "stage")
    failed = _gauge(registry, "stage_failed", "Parts of a stage of the last run that failed.", "stage")
    parts = connection.execute(select(stage).where(stage.c.run_id == last.id)).all()
    begin = last.started_at
    for name in STAGES:
        here = [part for part in parts if part.name == name]
        if here:
            end = max(part.finished_at for part in here)
            took(name).set(max((end - begin).total_seconds(), 0))
            failed(name).set(sum(part.status == "failed" for part in here))
            begin = end


def _systems(registry: CollectorRegistry, connection: Connection, settings: Settings) -> None:
    waiting = _gauge(registry, "write_back_notices", "Notices for an application system.", "system", "state")
    for name in sorted(settings.systems):
        for state, number in counts(connection, name).items():
            waiting(name, state).set(number)


def _publications(registry: CollectorRegistry, engine: Engine, settings: Settings, now: datetime) -> None:
    found = due(engine, settings, now.date())
    kinds: Iterable[tuple[str, str, Callable[..., bool]]] = (
        ("due", "Publications that a channel has still to make.", lambda _: True),
        ("late", "Of them, those past their deadline.", lambda item: item.late),
        ("rejected", "Of them, those that the platform refused.", lambda item: item.state == State.REJECTED),
    )
    for name, about, fits in kinds:
        number = _gauge(registry, f"publications_{name}", about, "channel")
        for channel in sorted(settings.channels):
            number(channel).set(sum(item.channel == channel and fits(item) for item in found))
