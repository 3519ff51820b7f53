"""Screening one block of applicants against one index: a pure function, nothing global needed.

Keys and joins -> pairs -> evidence -> judgements. The night, the look-up and the spreadsheet all come through here;
an engine that spreads blocks over machines can map it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import groupby

import numpy as np

from credit_sync.records import Listing
from credit_sync.screening.comparison import Judgement, judge
from credit_sync.screening.entries import Entries, entries_of
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index import ListingIndex
from credit_sync.screening.pairs import Pairs, find_pairs
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Subject, SubjectKind

BLOCK = 1000
"""Applicants taken at a time where there are many: bounds memory, keeps joins set-based."""

Fetch = Callable[[Sequence[int]], Mapping[int, Listing]]
"""Listing ids -> listings; ids that are no longer in force may be missing."""


def screen_block(
    applicants: Sequence[Subject], index: ListingIndex, fetch: Fetch, scales: Scales, day: date
) -> list[Judgement]:
    """Every applicant against everything listed on `day`: a judgement each, in their order."""
    asking = entries_of(enumerate(applicants), index.shapes)
    return list(judge_entries(dict(enumerate(applicants)), asking, index, fetch, scales, day).values())


def judge_entries(  # noqa: PLR0913, PLR0917
    applicants: Mapping[int, Subject],
    asking: Entries,
    index: ListingIndex,
    fetch: Fetch,
    scales: Scales,
    day: date,
) -> dict[int, Judgement]:
    """The same for numbered applicants whose entries are made already; `asking` holds those of all of them."""
    pairs = find_pairs(asking, index, day.toordinal())
    listings = fetch(pairs.listed().tolist())
    worth = _by_applicant(pairs, listings)
    looked_at = np.bincount(asking.owner, weights=pairs.candidates)
    same_name = namesakes(applicants, asking, pairs)
    return {
        number: judge(
            applicant,
            candidates := worth.get(number, []),
            scales.beside(same_name[number]) if number in same_name else scales,
            ruled_out=max(int(looked_at[number]) - len(candidates), 0),
        )
        for number, applicant in applicants.items()
    }


def _by_applicant(pairs: Pairs, listings: Mapping[int, Listing]) -> dict[int, list[tuple[int, Listing]]]:
    both = zip(pairs.askers.tolist(), pairs.listings.tolist(), strict=True)
    return {
        asker: [(number, listings[number]) for _, number in found if number in listings]
        for asker, found in groupby(both, key=lambda pair: pair[0])
    }


def namesakes(applicants: Mapping[int, Subject], asking: Entries, pairs: Pairs) -> dict[int, dict[str, int]]:
    """Of each person among the applicants, how many listed subjects bear its name."""
    entries = np.flatnonzero(pairs.namesakes)
    owners, counts = asking.owner[entries].tolist(), pairs.namesakes[entries].tolist()
    found: dict[int, dict[str, int]] = {}
    for owner, count in zip(owners, counts, strict=True):
        applicant = applicants[owner]
        if applicant.kind is SubjectKind.PERSON:
            found.setdefault(owner, {fold_person_name(applicant.name): count})
    return found
