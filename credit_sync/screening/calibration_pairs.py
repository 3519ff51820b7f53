"""The pairs that calibration learns from: every candidate of the live applicants, and a sample of all other pairs."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, or_, select

from credit_sync.records import Applicant, Listing, RecordKind
from credit_sync.screening.calibration import ABSENT, Attribute, Pairs
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import compare, with_namesakes
from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.screening.listed_subject import listed_subject
from credit_sync.screening.weights import Weights
from credit_sync.store.candidates import live_listings, records
from credit_sync.store.schema import applicant, listing
from credit_sync.subjects.subject import Subject, SubjectKind

_BLOCK = 500
"""Applicants at a time: bounds memory."""

AGREEING: Mapping[str, frozenset[str]] = {
    "identifier": frozenset({"same", "same_organisation_code", "masked"}),
    "organisation_name": frozenset({"same", "short"}),
}
"""Levels that are one agreement under different circumstances; see `calibration.Attribute.agreeing`."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some applicants with what they are compared with."""

    applicants: Mapping[int, Applicant]
    candidates: Mapping[int, list[int]]
    """Ids of the candidates in force, as the night finds them."""
    listings: Mapping[int, Listing]
    """Every listing named here, and those asked for besides."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How pairs that are no candidates are drawn."""

    seed: int
    pairs: int
    """How many of each kind."""


@dataclass(slots=True)
class Collected:
    """The pairs of one kind, as they come in."""

    applicants: int
    listings: int
    candidates: int = 0
    sampled: int = 0
    upheld: int = 0
    dismissed: int = 0
    rows: list[tuple[tuple[Evidence, ...], float]] = field(default_factory=list)
    """Evidence, and what is known: 1, 0 or NaN. Candidates and decided pairs first counted, then sampled ones."""
    subjects: list[tuple[str, str] | None] = field(default_factory=list)
    """Who is compared with whom; None for a sampled pair."""

    @property
    def all_pairs(self) -> int:
        """Every pair that could be formed."""
        return self.applicants * self.listings


def blocks(connection: Connection, as_of: datetime, besides: Mapping[int, Iterable[int]]) -> Iterator[Block]:
    """All live applicants in ascending id; `besides` are listings to fetch beside an applicant's candidates."""
    finder = StoredCandidates(connection)
    query = select(applicant.c.id).where(applicant.c.removed_at.is_(None)).order_by(applicant.c.id)
    live = connection.scalars(query).all()
    for ids in (live[start : start + _BLOCK] for start in range(0, len(live), _BLOCK)):
        found = records(connection, RecordKind.APPLICANT, ids)
        applicants = {i: record for i, (record, _) in found.items() if isinstance(record, Applicant)}
        candidates = _candidates(finder, {i: a.subject for i, a in applicants.items()})
        wanted = {i for known in candidates.values() for i in known}
        wanted.update(i for number in ids for i in besides.get(number, ()))
        listings = {i: entry for i, (entry, _) in live_listings(connection, wanted, as_of).items()}
        in_force = {number: [i for i in known if i in listings] for number, known in candidates.items()}
        yield Block(applicants, in_force, listings)


def _candidates(finder: StoredCandidates, subjects: Mapping[int, Subject]) -> dict[int, list[int]]:
    """The one place that asks how the night finds candidates."""
    return finder.listings(subjects)


def collect(
    connection: Connection,
    scales: Scales,
    as_of: datetime,
    decided: Mapping[tuple[int, int], bool],
    sampling: Sampling,
) -> dict[SubjectKind, Collected]:
    """Candidates, decided pairs and a sample of the rest, compared with the weights in use; by kind of subject."""
    applicants = _ids(connection, applicant, as_of)
    listings = _ids(connection, listing, as_of)
    found = {kind: Collected(len(applicants[kind]), len(listings[kind])) for kind in SubjectKind}
    sample = _draw(applicants, listings, sampling)
    decisions: dict[int, dict[int, bool]] = defaultdict(dict)
    for (applicant_id, listing_id), upheld in decided.items():
        decisions[applicant_id][listing_id] = upheld
    besides = {i: {*sample.get(i, ()), *decisions.get(i, ())} for i in {*sample, *decisions}}
    for block in blocks(connection, as_of, besides):
        for number, one in block.applicants.items():
            own = decisions.get(number, {})
            candidates, singly = block.candidates[number], {*block.candidates[number], *own}
            counted = with_namesakes(scales, (block.listings[i] for i in candidates))
            into = found[one.subject.kind]
            _add_singly(into, one.subject, _of(block, singly), own, counted)
            _add_sampled(into, one.subject, _of(block, sample.get(number, set()) - singly), counted)
    return found


def _of(block: Block, ids: Iterable[int]) -> dict[int, Listing]:
    """Those of the listings that are in force."""
    return {i: block.listings[i] for i in ids if i in block.listings}


def _ids(connection: Connection, table: Table, as_of: datetime) -> dict[SubjectKind, NDArray[np.int64]]:
    """Ids of live records by kind of subject; of listings those in force."""
    query = select(table.c.id).where(table.c.removed_at.is_(None)).order_by(table.c.id)
    if table is listing:
        query = query.where(or_(listing.c.removed_on.is_(None), listing.c.removed_on > as_of.date()))
    found = {}
    for kind in SubjectKind:
        rows = connection.execute(
            query.where(table.c.subject_kind == kind), execution_options={"yield_per": 10_000}
        )
        found[kind] = np.fromiter((row[0] for row in rows), dtype=np.int64)
    return found


def _draw(
    applicants: Mapping[SubjectKind, NDArray[np.int64]],
    listings: Mapping[SubjectKind, NDArray[np.int64]],
    sampling: Sampling,
) -> dict[int, set[int]]:
    """Pairs of each kind at random: applicant id -> listing ids."""
    drawn: dict[int, set[int]] = defaultdict(set)
    for order, kind in enumerate(SubjectKind):
        ours, theirs = applicants[kind], listings[kind]
        if ours.size and theirs.size:
            dice = np.random.default_rng([sampling.seed, order])
            for a, b in zip(dice.choice(ours, sampling.pairs), dice.choice(theirs, sampling.pairs), strict=True):
                drawn[int(a)].add(int(b))
    return drawn


def _add_singly(
    into: Collected, subject: Subject, entries: Mapping[int, Listing], decided: Mapping[int, bool], scales: Scales
) -> None:
    """An applicant's candidates and decided pairs: each counts for itself."""
    for listing_id in sorted(entries):
        entry = entries[listing_id]
        if entry.subject.kind is not subject.kind:
            continue
        evidence = compare(subject, entry, scales).evidence
        into.candidates += 1
        into.upheld += decided.get(listing_id) is True
        into.dismissed += decided.get(listing_id) is False
        into.rows.append((evidence, _known(evidence, decided.get(listing_id))))
        into.subjects.append((listed_subject(subject), listed_subject(entry.subject)))


def _add_sampled(into: Collected, subject: Subject, entries: Mapping[int, Listing], scales: Scales) -> None:
    """Pairs drawn for an applicant: each stands for many, none is a match, for matches are candidates."""
    for listing_id in sorted(entries):
        into.sampled += 1
        into.rows.append((compare(subject, entries[listing_id], scales).evidence, 0.0))
        into.subjects.append(None)


def _known(evidence: tuple[Evidence, ...], decided: bool | None) -> float:
    """An officer's word; without one, what excludes makes a pair none, as it does in screening."""
    if decided is not None:
        return float(decided)
    return 0.0 if any(e.bearing is Bearing.EXCLUDES for e in evidence) else float("nan")


def attributes_of(weights: Weights) -> tuple[Attribute, ...]:
    """The attributes and levels of a weights file, in its order."""
    tables = {name: getattr(weights, name) for name in type(weights).model_fields}
    return tuple(
        Attribute(
            name,
            tuple(levels),
            tuple(level.m for level in levels.values()),
            tuple(level.u for level in levels.values()),
            AGREEING.get(name, frozenset()),
        )
        for name, levels in tables.items()
        if isinstance(levels, dict)
    )


def as_pairs(collected: Collected, attributes: tuple[Attribute, ...]) -> Pairs:
    """Evidence as numbers: the level, and the u it was weighed with (m / 2^bits)."""
    columns = {
        a.name: (number, {level: i for i, level in enumerate(a.levels)}) for number, a in enumerate(attributes)
    }
    levels = np.full((len(collected.rows), len(attributes)), ABSENT, dtype=np.int16)
    log_u = np.zeros(levels.shape)
    for row, (evidence, _) in enumerate(collected.rows):
        for piece in evidence:
            column, order = columns[piece.attribute]
            level = order[piece.level]
            levels[row, column] = level
            log_u[row, column] = np.log(attributes[column].m[level]) - piece.bits * np.log(2)
    cases = Counter(who for who in collected.subjects if who is not None)
    rest = (collected.all_pairs - collected.candidates) / max(collected.sampled, 1)
    return Pairs(
        levels=levels,
        log_u=log_u,
        stands_for=np.array([rest if who is None else 1.0 for who in collected.subjects]),
        share=np.array([1.0 if who is None else 1 / cases[who] for who in collected.subjects]),
        known=np.array([known for _, known in collected.rows], dtype=np.float64),
    )
