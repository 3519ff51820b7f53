"""What other weights would do to the verdicts: the night's own judgement, made once with each."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from credit_sync.records import Applicant, Listing
from credit_sync.screening.calibration_pairs import Block, blocks
from credit_sync.screening.comparison import Verdict, judge
from credit_sync.screening.evidence import Scales
from credit_sync.screening.listed_subject import listed_subject
from credit_sync.store.schema import match


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """One pair whose verdict would be another."""

    applicant: Applicant
    listing: Listing
    before: Verdict
    after: Verdict
    stored: bool
    """Whether `before` stands in the store; else it is what the weights in use say."""


@dataclass(slots=True)
class Effect:
    """All changes, and what would stay."""

    changes: list[VerdictChange] = field(default_factory=list)
    stored: int = 0
    """Stored matches that were judged again."""
    stored_changed: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    """opened, closed, changed, unchanged: flags, of which one holds all cases of a listed subject."""


def effect(connection: Connection, as_of: datetime, old: Scales, new: Scales) -> Effect:
    """Every live applicant judged with both weights. Stored matches whose listing left since are left to the night."""
    found = Effect()
    for block in blocks(connection, as_of, {}):
        stored = _stored(connection, block)
        for number, one in block.applicants.items():
            before = _verdicts(block, number, old) | stored.get(number, {})
            after = _verdicts(block, number, new)
            _count(found, one, block.listings, (before, after), stored.get(number, {}).keys())
    return found


def _stored(connection: Connection, block: Block) -> dict[int, dict[int, Verdict]]:
    """Open matches: applicant id -> listing id -> verdict."""
    query = select(match.c.applicant_id, match.c.listing_id, match.c.verdict)
    query = query.where(match.c.closed_at.is_(None), match.c.applicant_id.in_(block.applicants))
    found: dict[int, dict[int, Verdict]] = defaultdict(dict)
    for applicant_id, listing_id, verdict in connection.execute(query):
        if listing_id in block.candidates[applicant_id]:
            found[applicant_id][listing_id] = Verdict(verdict)
    return found


def _verdicts(block: Block, number: int, scales: Scales) -> dict[int, Verdict]:
    """The verdict on every candidate of one applicant."""
    candidates = block.candidates[number]
    judgement = judge(block.applicants[number].subject, ((i, block.listings[i]) for i in candidates), scales)
    verdicts = dict.fromkeys(candidates, Verdict.CLEAR)
    verdicts.update(dict.fromkeys(judgement.namesake_ids, Verdict.UNVERIFIABLE))
    verdicts.update((i, comparison.verdict) for i, comparison in judgement.matches)
    return verdicts


def _count(
    found: Effect,
    one: Applicant,
    listings: Mapping[int, Listing],
    verdicts: tuple[Mapping[int, Verdict], Mapping[int, Verdict]],
    stored: Collection[int],
) -> None:
    before, after = verdicts
    found.stored += len(stored)
    flags: dict[tuple[str, str], list[int]] = {}
    for i in sorted(after):
        entry = listings[i]
        flags.setdefault((entry.list, listed_subject(entry.subject)), []).append(i)
        if before[i] is not after[i]:
            found.changes.append(VerdictChange(one, entry, before[i], after[i], i in stored))
            found.stored_changed += i in stored
    for cases in flags.values():
        if what := _change_of_flag(_highest(before, cases), _highest(after, cases)):
            found.flags[what] += 1


def _highest(verdicts: Mapping[int, Verdict], cases: list[int]) -> Verdict:
    return max((verdicts[i] for i in cases), key=lambda verdict: verdict.rank)


def _change_of_flag(before: Verdict, after: Verdict) -> str:
    if not before.flags and not after.flags:
        return ""
    if before.flags and after.flags:
        return "unchanged" if before is after else "changed"
    return "opened" if after.flags else "closed"
