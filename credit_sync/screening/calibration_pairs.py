"""The pairs that calibration learns from: every candidate of the live applicants, and a sample of all other pairs."""

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, or_, select

from credit_sync.records import Applicant, Listing, RecordKind
from credit_sync.screening.calibration import ABSENT, Attribute, Pairs
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import compare
from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.screening.listed_subject import listed_subject
from credit_sync.screening.weights import Weights
from credit_sync.store.candidates import live_listings, records
from credit_sync.store.schema import applicant, listing
from credit_sync.subjects.subject import Subject, SubjectKind

_BLOCK = 500
"""Applicants at a time: bounds memory."""

AGREEING: Mapping[str, frozenset[str]] = {
    "identifier": frozenset({"same", "same_organisation_code", "same_document", "other_edition", "masked"}),
    "organisation_name": frozenset({"same", "short"}),
}
"""Levels that are one agreement under different circumstances; see `calibration.Attribute.agreeing`."""
HELD: Mapping[str, frozenset[str]] = {
    "identifier": frozenset({"other_document"}),
    "person_name": frozenset({"former"}),
    "organisation_name": frozenset({"other_place", "other_branch", "parent_branch", "affiliated", "other_trade"}),
    "employer": frozenset({"of_representative"}),
}
"""Levels that are judged and not estimated; see `calibration.Attribute.held`. Counted among all pairs, another branch or
another passport is so rare that it would speak for one subject."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How pairs that are no candidates are drawn."""

    seed: int
    pairs: int
    """How many of each kind."""


@dataclass(slots=True)
class Collected:
    """The pairs of one kind, as they come in."""

    attributes: tuple[Attribute, ...]
    applicants: int
    listings: int
    candidates: int = 0
    sampled: int = 0
    upheld: int = 0
    dismissed: int = 0
    levels: "array[int]" = field(default_factory=lambda: array("h"))
    """Row after row, a level for every attribute, ABSENT where there is no evidence."""
    log_u: "array[float]" = field(default_factory=lambda: array("d"))
    known: "array[float]" = field(default_factory=lambda: array("d"))
    """1, 0 or NaN, a row each."""
    subjects: "array[int]" = field(default_factory=lambda: array("Q"))
    """Who is compared with whom, a row each; 0 for a pair out of the sample."""

    def add(self, evidence: Iterable[Evidence], known: float, subjects: int) -> None:
        """One pair, as numbers: the level, and the u it was weighed with (m / 2^bits)."""
        levels, log_u = [ABSENT] * len(self.attributes), [0.0] * len(self.attributes)
        for column, attribute in enumerate(self.attributes):
            for piece in evidence:
                if piece.attribute == attribute.name:
                    level = attribute.levels.index(piece.level)
                    levels[column] = level
                    log_u[column] = math.log(attribute.m[level]) - piece.bits * math.log(2)
        self.levels.extend(levels)
        self.log_u.extend(log_u)
        self.known.append(known)
        self.subjects.append(subjects)

    @property
    def all_pairs(self) -> int:
        """Every pair that could be formed."""
        return self.applicants * self.listings


def blocks_of_applicants(connection: Connection) -> Iterator[dict[int, Applicant]]:
    """All live applicants in ascending id, some at a time."""
    query = select(applicant.c.id).where(applicant.c.removed_at.is_(None)).order_by(applicant.c.id)
    live = connection.scalars(query).all()
    for start in range(0, len(live), _BLOCK):
        found = records(connection, RecordKind.APPLICANT, live[start : start + _BLOCK])
        yield {i: record for i, (record, _) in found.items() if isinstance(record, Applicant)}


def collect(  # noqa: PLR0913, PLR0917 - what is compared, with what, how
    connection: Connection,
    finder: StoredCandidates,
    scales: Scales,
    as_of: datetime,
    decided: Mapping[tuple[int, int], bool],
    sampling: Sampling,
) -> dict[SubjectKind, Collected]:
    """Candidates, decided pairs and a sample of the rest, compared with the weights in use; by kind of subject."""
    applicants = _ids(connection, applicant, as_of)
    listings = _ids(connection, listing, as_of)
    attributes = attributes_of(scales.weights)
    found = {kind: Collected(attributes, len(applicants[kind]), len(listings[kind])) for kind in SubjectKind}
    sample = _draw(applicants, listings, sampling)
    decisions: dict[int, dict[int, bool]] = defaultdict(dict)
    for (applicant_id, listing_id), upheld in decided.items():
        decisions[applicant_id][listing_id] = upheld
    for block in blocks_of_applicants(connection):
        candidates = finder.listings({i: one.subject for i, one in block.items()})
        besides = {i: {*sample.get(i, ()), *decisions.get(i, ())} for i in block}
        wanted = {listing_id for i in block for listing_id in (*candidates[i], *besides[i])}
        entries = {i: entry for i, (entry, _) in live_listings(connection, wanted, as_of).items()}
        for number, one in block.items():
            into, own = found[one.subject.kind], decisions.get(number, {})
            singly = {*candidates[number], *own}
            counted = scales if not besides[number] | singly else finder.scales_for(one.subject, scales, as_of)
            _add_singly(into, one.subject, _of(entries, singly), own, counted)
            _add_sampled(into, one.subject, _of(entries, sample.get(number, set()) - singly), counted)
    return found


def _of(listings: Mapping[int, Listing], ids: Iterable[int]) -> dict[int, Listing]:
    """Those of the listings that are in force."""
    return {i: listings[i] for i in ids if i in listings}


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
        into.add(evidence, _known(evidence, decided.get(listing_id)), _who(subject, entry.subject))


def _add_sampled(into: Collected, subject: Subject, entries: Mapping[int, Listing], scales: Scales) -> None:
    """Pairs drawn for an applicant: each stands for many, none is a match, for matches are candidates."""
    for listing_id in sorted(entries):
        into.sampled += 1
        into.add(compare(subject, entries[listing_id], scales).evidence, 0.0, 0)


def _who(applicant_subject: Subject, listed: Subject) -> int:
    """The same number for every case of one listed subject with one applicant, in whatever application."""
    return int(listed_subject(applicant_subject)[:8] + listed_subject(listed)[:8], 16)


def _known(evidence: tuple[Evidence, ...], decided: bool | None) -> float:
    """An officer's word; without one, what excludes makes a pair none, as it does in screening."""
    if decided is not None:
        return float(decided)
    return 0.0 if any(e.bearing is Bearing.EXCLUDES for e in evidence) else float("nan")


def attributes_of(weights: Weights) -> tuple[Attribute, ...]:
    """The attributes and levels of a weights file, in its order."""
    return tuple(
        Attribute(
            name,
            tuple(levels),
            tuple(level.m for level in levels.values()),
            tuple(level.u for level in levels.values()),
            AGREEING.get(name, frozenset()),
            HELD.get(name, frozenset()),
        )
        for name, levels in weights.levels().items()
    )


def as_pairs(collected: Collected) -> Pairs:
    """What was collected, for EM."""
    subjects = np.array(collected.subjects, dtype=np.uint64)
    drawn = subjects == 0
    _, group, cases = np.unique(subjects, return_inverse=True, return_counts=True)
    rest = (collected.all_pairs - collected.candidates) / max(collected.sampled, 1)
    shape = (len(subjects), len(collected.attributes))
    return Pairs(
        levels=np.array(collected.levels, dtype=np.int16).reshape(shape),
        log_u=np.array(collected.log_u, dtype=np.float64).reshape(shape),
        stands_for=np.where(drawn, rest, 1.0),
        share=np.where(drawn, 1.0, 1 / cases[group]),
        known=np.array(collected.known, dtype=np.float64),
    )
