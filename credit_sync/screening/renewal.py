"""Who has to be judged tonight: everybody, or only those whom something has changed for.

A stored screening holds as long as its basis does (the program, weights, measures in force, the index that frequencies are
reckoned by, why lists clear nobody), the applicant is as it was, and no listing that it could be compared with came,
changed, went or ended. A night of renewal so leaves the same matches as judging everybody would.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import blake2b
from itertools import chain
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, select

from credit_sync.records import RecordKind
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.entries import Entries, listed_entries
from credit_sync.screening.index import FOREVER, Segment, segment_of
from credit_sync.screening.index_files import CurrentIndex, scheme
from credit_sync.screening.pairs import touched_owners
from credit_sync.store.listing_rows import ListedSubject, as_listed, changed_since, listings_of
from credit_sync.store.schema import match, record_history, screening

_BLOCK = 5000


@dataclass(frozen=True, slots=True)
class Before:
    """The last screening: against which versions of the lists, and when."""

    versions: Mapping[str, int]
    at: datetime


@cache
def program() -> str:
    """A digest of all code and tables of names that judge: another program may find what this one does not."""
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return blake2b(b"".join((scheme().encode(), *code)), digest_size=4).hexdigest()


def basis(*parts: str) -> str:
    """What all judgements of a night rest on: the program first, as it is, then a digest of the rest."""
    return program() + blake2b("\n".join(parts).encode(), digest_size=4).hexdigest()


def is_by_this_program(rests_on: str) -> bool:
    """Whether a screening with this basis was made by the present program and tables of names."""
    return rests_on.startswith(program())


def to_judge(  # noqa: PLR0913
    connection: Connection,
    live: Mapping[int, int],
    asking: Entries,
    current: CurrentIndex,
    *,
    now: Callable[[int], str],
    day: date,
) -> list[int]:
    """Of the live applicants (id -> version) those to judge on a day, ascending; `now`: what each rests on tonight."""
    c = screening.c
    rows = connection.execute(select(c.applicant_id, c.applicant_version, c.basis)).all()
    holding = {i for i, version, rests_on in rows if live.get(i) == version and rests_on == now(i)}
    if not holding:
        return sorted(live)
    before = _before(connection, next(iter(holding)))
    found = set(live) - holding
    changed = _changed(connection, current, before, day)
    if len(changed):
        sharing, namesakes = touched_owners(asking, current.index, changed)
        suspicious = set(connection.scalars(select(c.applicant_id).where(c.verdict != Verdict.CLEAR.value)))
        suspicious.update(connection.scalars(select(match.c.applicant_id).where(match.c.closed_at.is_(None))))
        found.update(sharing, suspicious.intersection(namesakes))
    return sorted(found & set(live))


def _before(connection: Connection, applicant_id: int) -> Before:
    """All screenings speak of the same versions: what is not judged anew takes them over."""
    c = screening.c
    row = connection.execute(select(c.lists, c.screened_at).where(c.applicant_id == applicant_id)).one()
    versions = {s: v for found in row.lists.values() for s, v in found["versions"].items()}
    return Before(versions, row.screened_at)


def _changed(connection: Connection, current: CurrentIndex, before: Before, day: date) -> Segment:
    """Listings that changed since, as they are now and as they were; what was just read for the index is not read again."""
    fresh = current.fresh if current.fresh is not None and current.fresh.since == before.versions else None
    rows = [] if fresh else list(changed_since(connection, before.versions))
    earlier, later = sorted((before.at.date(), day))  # a clock that was set back: what had ended may be in force
    rows += listings_of(connection, current.index.ended(earlier.toordinal(), later.toordinal()))
    listings = [(number, found) for number, found, _ in rows]
    touched = {number for number, _, _ in rows}
    blocks = []
    if fresh:
        blocks.append(fresh.block)
        touched.update(fresh.block[0].owner.tolist())
    entries = listed_entries(chain(listings, _as_they_were(connection, sorted(touched))))
    return segment_of([*blocks, (entries, np.full(len(entries), FOREVER, np.int32))])


def _as_they_were(connection: Connection, ids: list[int]) -> Iterator[tuple[int, ListedSubject]]:
    c = record_history.c
    for start in range(0, len(ids), _BLOCK):
        of_listings = (c.record == RecordKind.LISTING.value, c.record_id.in_(ids[start : start + _BLOCK]))
        query = select(c.record_id, c.before).where(*of_listings).order_by(c.record_id, c.version)
        for number, content in connection.execute(query):
            if content:
                yield number, as_listed(content)
