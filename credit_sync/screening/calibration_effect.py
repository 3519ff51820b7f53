"""What other weights would do to the verdicts: the night's own judgement, made once with each."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from credit_sync.records import Applicant, Listing
from credit_sync.screening.calibration_pairs import blocks_of_applicants
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import Judgement, Verdict
from credit_sync.screening.evidence import Scales
from credit_sync.screening.listed_subject import listed_subject
from credit_sync.screening.other_names import OtherNames
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


def effect(  # noqa: PLR0913, PLR0917 - what is judged, against what, how
    connection: Connection, finder: StoredCandidates, names: OtherNames, as_of: datetime, old: Scales, new: Scales
) -> Effect:
    """Every live applicant judged with both weights. Stored matches whose listing left since are left to the night."""
    found = Effect()
    for block in blocks_of_applicants(connection):
        subjects = {number: names.of(one.subject) for number, one in block.items()}
        (before, compared), (after, again) = (finder.judge(subjects, scales, as_of) for scales in (old, new))
        listings = {i: entry for i, (entry, _) in (compared | again).items()}
        stored = _stored(connection, block, listings)
        for number, one in block.items():
            own = stored.get(number, {})
            verdicts = _verdicts(before[number]) | own, _verdicts(after[number])
            _count(found, one, listings, verdicts, own.keys())
    return found


def _stored(
    connection: Connection, applicants: Collection[int], listings: Collection[int]
) -> dict[int, dict[int, Verdict]]:
    """Open matches with listings that are still compared: applicant id -> listing id -> verdict."""
    query = select(match.c.applicant_id, match.c.listing_id, match.c.verdict)
    query = query.where(match.c.closed_at.is_(None), match.c.applicant_id.in_(applicants))
    found: dict[int, dict[int, Verdict]] = defaultdict(dict)
    for applicant_id, listing_id, verdict in connection.execute(query):
        if listing_id in listings:
            found[applicant_id][listing_id] = Verdict(verdict)
    return found


def _verdicts(judgement: Judgement) -> dict[int, Verdict]:
    """Listing id -> verdict, of all that is not clear."""
    unverifiable = dict.fromkeys(judgement.namesake_ids, Verdict.UNVERIFIABLE)
    return unverifiable | {i: comparison.verdict for i, comparison in judgement.matches}


def _count(
    found: Effect,
    one: Applicant,
    listings: Mapping[int, Listing],
    verdicts: tuple[Mapping[int, Verdict], Mapping[int, Verdict]],
    stored: Collection[int],
) -> None:
    found.stored += len(stored)
    flags: dict[tuple[str, str], list[tuple[Verdict, Verdict]]] = {}
    for i in sorted({*verdicts[0], *verdicts[1]}):
        before, after = (known.get(i, Verdict.CLEAR) for known in verdicts)
        entry = listings[i]
        flags.setdefault((entry.list, listed_subject(entry.subject)), []).append((before, after))
        if before is not after:
            found.changes.append(VerdictChange(one, entry, before, after, i in stored))
            found.stored_changed += i in stored
    for cases in flags.values():
        if what := _change_of_flag(*map(_highest, zip(*cases, strict=True))):
            found.flags[what] += 1


def _highest(verdicts: Iterable[Verdict]) -> Verdict:
    return max(verdicts, key=lambda verdict: verdict.rank)


def _change_of_flag(before: Verdict, after: Verdict) -> str:
    if not before.flags and not after.flags:
        return ""
    if before.flags and after.flags:
        return "unchanged" if before is after else "changed"
    return "opened" if after.flags else "closed"
