"""The screening stage: every applicant against every list in force, with the flags that follow.

Index of the lists -> who has to be judged -> candidates -> judgements -> flags. A list that is missing or stale
clears nobody: applicants it finds nothing against end as `unverifiable`, with the reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, func, select

from credit_sync.records import Applicant
from credit_sync.screening.asking import asking_entries
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.conclusions import Conclusions
from credit_sync.screening.evidence import Scales
from credit_sync.screening.flags import FlagCounts, FlagWriter
from credit_sync.screening.index_files import refreshed_index
from credit_sync.screening.measures import load_measures
from credit_sync.screening.reference import reference
from credit_sync.screening.renewal import basis, to_judge
from credit_sync.screening.reopening import reopen_changed, waiting_by_list
from credit_sync.screening.weights import load_weights
from credit_sync.settings import Settings
from credit_sync.sources.asked_lists import asked_lists, unknown_reasons
from credit_sync.sources.lists import blocking_reason, states_of_lists
from credit_sync.store import ledger
from credit_sync.store.columns import from_columns, subject_from_columns
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.schema import applicant, screening
from credit_sync.subjects.subject import Subject

_BLOCK = 2500
"""Applicants judged at a time: bounds memory, keeps joins set-based."""


@dataclass(slots=True)
class ScreenCounts:
    """What one screening did."""

    applicants: int = 0
    judged: int = 0
    """Of these, whom something has changed for since the last screening; what was found of the others holds."""
    verdicts: dict[str, int] = field(default_factory=lambda: {v.value: 0 for v in Verdict})
    flags: FlagCounts = field(default_factory=FlagCounts)

    def stored(self) -> dict[str, Any]:
        """As it is kept in the ledger."""
        return {"applicants": self.applicants, "judged": self.judged, **self.verdicts, **asdict(self.flags)}


def screen(
    engine: Engine,
    settings: Settings,
    run: Run,
    *,
    everybody: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> ScreenCounts:
    """Screens all live applicants in one transaction; `progress` is told how many are done.

    `everybody`: also those for whom nothing has changed.
    """
    folder = settings.path(settings.store.index)
    measures = load_measures(settings.path(settings.mappings))
    weights = load_weights(settings.path(settings.mappings))
    current = refreshed_index(engine, folder)
    today = run.as_of.date()
    with writing(engine) as connection:
        states = states_of_lists(connection, settings, run.as_of)
        rests_on = basis(weights.stamp, current.stamp.name, blocking_reason(states), measures.stamp(today))
        scales = Scales(weights, reference(), listed=current.stamp.entries)
        writer = FlagWriter(connection, run.as_of, weights.stamp, measures)
        live, digests = _live(connection)
        unknown = _unknown(connection, settings, live, run)
        night = Conclusions(run, weights.stamp, states, rests_on, unknown)
        asking = asking_entries(folder, digests, current.index.shapes, lambda ids: _subjects(connection, ids))
        chosen = (
            sorted(live)
            if everybody
            else to_judge(connection, live, asking, current, now=night.basis_of, day=today)
        )
        candidates = StoredCandidates(connection, current)
        counts = ScreenCounts(applicants=len(live), judged=len(chosen), flags=writer.counts)
        done = len(live) - len(chosen)
        for ids in _blocks(chosen):
            block = _applicants(connection, ids)
            subjects = {number: found.subject for number, found in block.items()}
            judgements, listings = candidates.judge(subjects, scales, run.as_of, asking.of_owners(np.array(ids)))
            writer.write(block, judgements, listings)
            night.write(connection, block, live, judgements)
            done += len(ids)
            progress(done)
        writer.close_removed_applicants(sorted(live))
        counts.flags.reopened = reopen_changed(connection, run.as_of)
        counts.flags.open = waiting_by_list(connection)
        _forget_removed(connection)
        connection.execute(screening.update().values(**night.common()))
        counts.verdicts |= _verdicts(connection)
        ledger.stage_done(connection, run, "screen", "", counts.stored())
    return counts


def _blocks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _BLOCK] for start in range(0, len(ids), _BLOCK))


def _live(connection: Connection) -> tuple[dict[int, int], dict[int, bytes]]:
    """Live applicants, ascending: id -> version, id -> digest of what is said of it."""
    c = applicant.c
    query = select(c.id, c.version, c.digest).where(c.removed_at.is_(None)).order_by(c.id)
    rows = connection.execute(query).all()
    return {row.id: row.version for row in rows}, {row.id: row.digest for row in rows}


def _unknown(connection: Connection, settings: Settings, live: Mapping[int, int], run: Run) -> dict[int, str]:
    """Why lists that can only be asked leave applicants unknown."""
    asked = asked_lists(settings)
    if not asked:
        return {}
    roles = {i: (found.subject, found.role) for i, found in _applicants(connection, list(live)).items()}
    return unknown_reasons(connection, asked, roles, run.as_of)


def _subjects(connection: Connection, ids: Sequence[int]) -> dict[int, Subject]:
    return {row["id"]: subject_from_columns(row) for row in _rows(connection, ids)}


def _applicants(connection: Connection, ids: Sequence[int]) -> dict[int, Applicant]:
    return {row["id"]: from_columns(Applicant, row) for row in _rows(connection, ids)}


def _rows(connection: Connection, ids: Sequence[int]) -> Iterator[Mapping[str, Any]]:
    """Rows of applicants by their ids, ascending."""
    for block in _blocks(ids):
        query = select(applicant).where(applicant.c.id.in_(block)).order_by(applicant.c.id)
        yield from (dict(row) for row in connection.execute(query).mappings())


def _forget_removed(connection: Connection) -> None:
    """Screenings of applicants that are gone: their history is in the record's."""
    gone = select(applicant.c.id).where(applicant.c.removed_at.is_not(None))
    connection.execute(screening.delete().where(screening.c.applicant_id.in_(gone)))


def _verdicts(connection: Connection) -> dict[str, int]:
    counted = select(screening.c.verdict, func.count()).group_by(screening.c.verdict)
    return {row[0]: row[1] for row in connection.execute(counted)}
