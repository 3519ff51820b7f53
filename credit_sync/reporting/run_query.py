"""The run report, read from the store."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from credit_sync.publishing.deadline_rules import load_deadline_rules
from credit_sync.publishing.due import Due, due
from credit_sync.pulling.quarantine import field_title
from credit_sync.records import RecordKind
from credit_sync.reporting import labels
from credit_sync.reporting.compliance import this_month
from credit_sync.reporting.left_behind import left_behind
from credit_sync.reporting.lists import previous_report, read_lists
from credit_sync.reporting.run_views import (
    COUNTS,
    ChannelView,
    DoubtView,
    ExampleView,
    PartView,
    PublicationView,
    QuarantineView,
    RunReport,
    SourceView,
)
from credit_sync.reporting.shown import shown
from credit_sync.screening.measures import Measures
from credit_sync.settings import Settings
from credit_sync.sources.mapping import load_mappings
from credit_sync.store import audit
from credit_sync.store.doubts import count_doubtful, doubtful
from credit_sync.store.ledger import Run
from credit_sync.store.schema import quarantine, source_version, stage

_EXAMPLES = 3
_DOUBTS = 100
"""Of a source are named one by one: nothing else names them, and each has to be looked up at its source."""


def read_run(engine: Engine, settings: Settings, run: Run, measures: Measures, at: datetime) -> RunReport:
    """Everything the report shows, in the order in which it is shown.

    `at`: when it is read. How lists stand and what waits the store knows of the present only.
    """
    waiting, compliance = due(engine, settings, at.date()), this_month(engine, settings, at)
    with engine.connect() as connection:
        parts = _parts(connection, settings, run)
        return RunReport(
            department=settings.department.name,
            number=run.id,
            as_of=run.as_of,
            parts=parts,
            sources=tuple(_sources(connection, settings, run, measures, parts)),
            lists=read_lists(connection, settings, at, previous_report(connection, run), measures),
            quarantine=_quarantine(connection, run),
            doubts=tuple(_doubts(connection)),
            channels=tuple(_channels(settings, parts, waiting)),
            deadlines=load_deadline_rules(settings.mappings_folder),
            compliance=compliance,
            left_behind=tuple(left_behind(connection, settings)),
            audit_head=audit.head(connection),
        )


def _parts(connection: Connection, settings: Settings, run: Run) -> tuple[PartView, ...]:
    rows = connection.execute(select(stage).where(stage.c.run_id == run.id)).all()
    parts = [PartView(r.name, r.part, r.status, r.counts, shown(r.problem)) for r in rows]
    order = {name: number for number, name in enumerate((*settings.sources, *settings.channels))}
    stages = list(labels.STAGES)
    return tuple(sorted(parts, key=lambda p: (stages.index(p.stage), order.get(p.name, len(order)), p.name)))


def _sources(
    connection: Connection, settings: Settings, run: Run, measures: Measures, parts: tuple[PartView, ...]
) -> Iterator[SourceView]:
    query = select(source_version).where(source_version.c.run_id == run.id).order_by(source_version.c.version)
    versions = {row["source"]: row for row in connection.execute(query).mappings()}
    pulled = {part.name: part for part in parts if part.stage == "pull"}
    failed = {name: part for name, part in pulled.items() if part.status == "failed"}
    for name, mapping in load_mappings(settings).items():
        version, failure = versions.get(name), failed.get(name)
        of_list = mapping.record is RecordKind.LISTING
        yield SourceView(
            name=name,
            title=measures.list_title(mapping.list) if of_list else mapping.title,
            record=labels.RECORDS[mapping.record],
            state=version["state"] if version else "failed" if failure else "",
            delivery=settings.sources[name].delivery,
            version=version["version"] if version else None,
            counts={count: version[count] for count in COUNTS} if version else {},
            reason=shown(version["reason"]) if version else failure.problem if failure else "",
            asked=labels.questions(pulled[name].counts) if name in pulled else "",
        )


def _quarantine(connection: Connection, run: Run) -> tuple[QuarantineView, ...]:
    """Open rows by source, field and reason, the most frequent first."""
    c = quarantine.c
    columns = (c.source, c.field, c.reason, c.place, c.row, c.value, c.run_id)
    query = select(*columns).where(c.resolved_at.is_(None)).order_by(c.id)
    counts: dict[tuple[str, str, str], list[int]] = {}
    examples: dict[tuple[str, str, str], list[ExampleView]] = {}
    for row in connection.execute(query):
        group = (row.source, field_title(row.field), shown(row.reason))
        count = counts.setdefault(group, [0, 0])
        count[0] += 1
        count[1] += row.run_id == run.id
        few = examples.setdefault(group, [])
        if len(few) < _EXAMPLES:
            few.append(ExampleView(shown(row.place), row.row, shown(row.value)))
    views = [
        QuarantineView(*group, count=count, new=new, examples=tuple(examples[group]))
        for group, (count, new) in counts.items()
    ]
    return tuple(sorted(views, key=lambda v: (v.source, -v.count, v.field, v.reason)))


def _doubts(connection: Connection) -> Iterator[DoubtView]:
    for source, count in count_doubtful(connection).items():
        found = doubtful(connection, source, _DOUBTS)
        examples = (shown(f"{d.place} 第 {d.row} 行：{'；'.join(d.warnings)}") for d in found)
        yield DoubtView(source, count, tuple(examples))


def _channels(settings: Settings, parts: tuple[PartView, ...], waiting: list[Due]) -> Iterator[ChannelView]:
    for name in sorted(settings.channels):
        part = next((p for p in parts if p.stage == "publish" and p.name == name), None)
        yield ChannelView(
            name=name,
            counts=part.counts if part else {},
            problem=part.problem if part else "",
            waiting=tuple(publication_view(item) for item in waiting if item.channel == name),
        )


def publication_view(item: Due) -> PublicationView:
    """What is due, as it is shown."""
    return PublicationView(
        record=labels.RECORDS[item.kind],
        number=shown(item.document_number),
        subject=shown(item.subject),
        state=item.state_title,
        deadline=item.deadline.day if item.deadline else None,
        certain=item.deadline is None or item.deadline.certain,
        late=item.late,
        errors=(
            *((shown(item.reason),) if item.reason else ()),
            *(shown(f"{finding.field}：{finding.message}") for finding in item.errors),
        ),
        origin=shown(f"{item.source} · {item.place} · 第 {item.row} 行"),
    )
