"""The screening stage: every applicant against every list in force, with the flags that follow.

Read applicants in blocks -> their keys -> candidates -> judgements -> flags. A list that is missing or stale
clears nobody: applicants it finds nothing against end as `unverifiable`, with the reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from credit_sync.records import Applicant, Listing
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import Judgement, Verdict, judge
from credit_sync.screening.evidence import Scales
from credit_sync.screening.flags import FlagCounts, FlagWriter
from credit_sync.screening.measures import load_measures
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from credit_sync.settings import Settings
from credit_sync.sources.asked_lists import asked_lists, unknown_reasons
from credit_sync.sources.lists import blocking_reason, entries, states_of_lists
from credit_sync.store import ledger
from credit_sync.store.candidates import live_listings
from credit_sync.store.columns import from_columns
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.lists import ListState
from credit_sync.store.schema import applicant, screening
from credit_sync.subjects.subject import Subject

_BLOCK = 500
"""Applicants judged at a time: bounds memory, keeps joins set-based."""


@dataclass(frozen=True, slots=True)
class _Night:
    """What stays the same for every block of one screening."""

    run: Run
    scales: Scales
    states: Mapping[str, ListState]
    candidates: StoredCandidates


@dataclass(slots=True)
class ScreenCounts:
    """What one screening did."""

    applicants: int = 0
    verdicts: dict[str, int] = field(default_factory=lambda: {v.value: 0 for v in Verdict})
    flags: FlagCounts = field(default_factory=FlagCounts)

    def stored(self) -> dict[str, Any]:
        """As it is kept in the ledger."""
        return {"applicants": self.applicants, **self.verdicts, **asdict(self.flags)}


def screen(
    engine: Engine,
    settings: Settings,
    run: Run,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> ScreenCounts:
    """Screens all live applicants in one transaction; `progress` is told how many are done."""
    folder = settings.path(settings.mappings)
    scales = Scales(load_weights(folder), reference())
    with writing(engine) as connection:
        states = states_of_lists(connection, settings, run.as_of)
        scales = replace(scales, listed=entries(states))
        night = _Night(run, scales, states, StoredCandidates(connection))
        writer = FlagWriter(connection, run.as_of, scales.weights.stamp, load_measures(folder))
        counts = ScreenCounts(flags=writer.counts)
        asked = asked_lists(settings)
        live: list[int] = []
        for block in _blocks(connection):
            subjects = [found.subject for found, _ in block.values()]
            judged, listings = judge_stored(connection, subjects, night.candidates, night.scales, run.as_of)
            judgements = dict(zip(block, judged, strict=True))
            writer.write({i: a for i, (a, _) in block.items()}, judgements, listings)
            roles = {i: (found.subject, found.role) for i, (found, _) in block.items()}
            unknown = unknown_reasons(connection, asked, roles, run.as_of)
            _write_screenings(connection, block, judgements, unknown, night)
            for applicant_id, judgement in judgements.items():
                why_not = unknown.get(applicant_id, "")
                counts.verdicts[_overall(judgement, night.states, why_not).value] += 1
                live.append(applicant_id)
            counts.applicants += len(block)
            progress(counts.applicants)
        writer.close_removed_applicants(live)
        _forget_removed(connection)
        ledger.stage_done(connection, run, "screen", "", counts.stored())
    return counts


def _blocks(connection: Connection) -> Iterator[dict[int, tuple[Applicant, int]]]:
    """Live applicants in ascending id: id -> (applicant, version)."""
    last = -1
    while True:
        query = select(applicant).where(applicant.c.removed_at.is_(None), applicant.c.id > last)
        rows = connection.execute(query.order_by(applicant.c.id).limit(_BLOCK)).mappings().all()
        if not rows:
            return
        yield {row["id"]: (from_columns(Applicant, dict(row)), row["version"]) for row in rows}
        last = rows[-1]["id"]


def judge_stored(
    connection: Connection,
    subjects: Sequence[Subject],
    candidates: StoredCandidates,
    scales: Scales,
    as_of: datetime,
) -> tuple[list[Judgement], dict[int, tuple[Listing, int]]]:
    """Subjects against the store's listings in force: judgements in order; id -> (listing, version) looked at."""
    found = candidates.listings(dict(enumerate(subjects)))
    listings = live_listings(connection, {i for ids in found.values() for i in ids}, as_of)
    judgements = [
        judge(subject, ((i, listings[i][0]) for i in found[number] if i in listings), scales)
        for number, subject in enumerate(subjects)
    ]
    return judgements, listings


def _overall(judgement: Judgement, states: Mapping[str, ListState], unknown: str) -> Verdict:
    """The judgement's verdict, but nobody is clear by a list that is missing, stale or has not answered."""
    if judgement.verdict is Verdict.CLEAR and (unknown or blocking_reason(states)):
        return Verdict.UNVERIFIABLE
    return judgement.verdict


def _write_screenings(
    connection: Connection,
    block: Mapping[int, tuple[Applicant, int]],
    judgements: Mapping[int, Judgement],
    unknown: Mapping[int, str],
    night: _Night,
) -> None:
    lists = {name: {"versions": dict(s.versions), "stale": s.stale} for name, s in night.states.items()}
    connection.execute(screening.delete().where(screening.c.applicant_id.in_(list(block))))
    connection.execute(
        screening.insert(),
        [
            {
                "applicant_id": number,
                "applicant_version": version,
                "verdict": _overall(judgements[number], night.states, unknown.get(number, "")).value,
                "reason": _reason(judgements[number], found, night.states, unknown.get(number, "")),
                "lists": lists,
                "weights": night.scales.weights.stamp,
                "screened_at": night.run.as_of,
            }
            for number, (found, version) in block.items()
        ],
    )


def _reason(judgement: Judgement, found: Applicant, states: Mapping[str, ListState], unknown: str) -> str:
    if _overall(judgement, states, unknown) is not Verdict.UNVERIFIABLE:
        return ""
    reasons = (judgement.reason(found.subject), blocking_reason(states), unknown)
    return "；".join(reason for reason in reasons if reason)


def _forget_removed(connection: Connection) -> None:
    """Screenings of applicants that are gone: their history is in the record's."""
    gone = select(applicant.c.id).where(applicant.c.removed_at.is_not(None))
    connection.execute(screening.delete().where(screening.c.applicant_id.in_(gone)))
