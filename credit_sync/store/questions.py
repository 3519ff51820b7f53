"""What was asked of lists that can only be asked: the state of every question, and the listings it brought.

A question is known by the digest of what it asks, so that equal subjects share one, and a subject whose name or
number changes has another, which nobody has answered yet.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from sqlalchemy import Connection, select

from credit_sync.store.schema import listing, question, question_listing

State = Literal["answered", "none", "unknown", "waiting"]
"""answered: listings came; none: the platform has no record; unknown: no answer; waiting: not asked, for its turn."""

Item = TypeVar("Item", str, int)

_BLOCK = 500


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows about one question."""

    subject: str
    state: State
    reason: str
    asked_at: datetime | None
    until: datetime | None
    run_id: int

    def fresh(self, at: datetime) -> bool:
        """Need not be asked again yet. Of an unknown one: asking again would not help."""
        return self.until is not None and self.until > at and not self._is_of_later(at)

    def why_unknown(self, at: datetime) -> str:
        """Why it clears nobody, in Chinese; '' while it is answered and the answer is not too old."""
        if self.state in ("unknown", "waiting"):
            return self.reason
        if self._is_of_later(at):
            return f"上次的答复是 {self.asked_at:%Y-%m-%d %H:%M} 的，晚于现在的 {at:%Y-%m-%d %H:%M}，不知道有多旧"
        return "" if self.fresh(at) else f"上次的答复（{self.asked_at:%Y-%m-%d}）已过有效期"

    def _is_of_later(self, at: datetime) -> bool:
        """Asked by a clock that was ahead, or has been set back since."""
        return self.asked_at is not None and self.asked_at > at

    def standing(self, at: datetime) -> State:
        """The state as it is at a time: an answer that has grown too old is none."""
        return "unknown" if self.state != "waiting" and self.why_unknown(at) else self.state


NEVER_ASKED = Known("", "waiting", "还没有查询过", None, None, 0)


def known_questions(
    connection: Connection, source: str, digests: Collection[str] | None = None
) -> dict[str, Known]:
    """digest -> what is known, of all questions to a source or of those in `digests`."""
    c = question.c
    query = select(c.digest, c.subject, c.state, c.reason, c.asked_at, c.until, c.run_id).where(c.source == source)
    queries = [query] if digests is None else [query.where(c.digest.in_(b)) for b in _blocks(sorted(digests))]
    return {row[0]: Known(*row[1:]) for found in queries for row in connection.execute(found)}


def standings(connection: Connection, source: str, at: datetime) -> dict[State, int]:
    """How many of the questions to a source stand how."""
    known = known_questions(connection, source)
    return dict(sorted(Counter(found.standing(at) for found in known.values()).items()))


def record(connection: Connection, source: str, states: dict[str, Known]) -> None:
    """Sets the states of questions, by digest."""
    c = question.c
    for block in _blocks(sorted(states)):
        connection.execute(question.delete().where(c.source == source, c.digest.in_(block)))
        rows = [
            {
                "source": source,
                "digest": digest,
                "subject": states[digest].subject,
                "state": states[digest].state,
                "reason": states[digest].reason,
                "asked_at": states[digest].asked_at,
                "until": states[digest].until,
                "run_id": states[digest].run_id,
            }
            for digest in block
        ]
        connection.execute(question.insert(), rows)


def listings_of(connection: Connection, source: str, digests: Collection[str]) -> set[int]:
    """The listings that the last answers to any of some questions brought."""
    c = question_listing.c
    return {
        number
        for block in _blocks(sorted(digests))
        for number in connection.scalars(select(c.listing_id).where(c.source == source, c.digest.in_(block)))
    }


def link(connection: Connection, source: str, digest: str, listing_ids: Iterable[int]) -> None:
    """Says which listings a question brought, in place of those before."""
    c = question_listing.c
    connection.execute(question_listing.delete().where(c.source == source, c.digest == digest))
    rows = [{"source": source, "digest": digest, "listing_id": number} for number in sorted(listing_ids)]
    if rows:
        connection.execute(question_listing.insert(), rows)


def forget(connection: Connection, source: str, digests: Iterable[str]) -> None:
    """Forgets questions that nobody asks any more; their listings stay until `without_question` finds them."""
    for block in _blocks(sorted(digests)):
        for table in (question_listing, question):
            connection.execute(table.delete().where(table.c.source == source, table.c.digest.in_(block)))


def brought_by_others(
    connection: Connection, source: str, digests: Collection[str], listing_ids: Iterable[int]
) -> set[int]:
    """Those of the listings that questions to the source other than these brought as well."""
    c, these = question_listing.c, set(digests)
    return {
        row.listing_id
        for block in _blocks(sorted(listing_ids))
        for row in connection.execute(
            select(c.digest, c.listing_id).where(c.source == source, c.listing_id.in_(block))
        )
        if row.digest not in these
    }


def without_question(connection: Connection, source: str) -> list[str]:
    """Keys of the source's live listings that no question brings any more."""
    c = listing.c
    brought = select(question_listing.c.listing_id).where(question_listing.c.source == source)
    orphans = select(c.key).where(c.source == source, c.removed_at.is_(None), c.id.not_in(brought))
    return list(connection.scalars(orphans.order_by(c.id)))


def listing_ids(connection: Connection, source: str, keys: Iterable[str]) -> dict[int, str]:
    """id -> key of the source's listings, live or not."""
    c = listing.c
    return {
        row.id: row.key
        for block in _blocks(sorted(keys))
        for row in connection.execute(select(c.id, c.key).where(c.source == source, c.key.in_(block)))
    }


def keys_of(connection: Connection, ids: Iterable[int]) -> list[str]:
    """The keys of the live ones among listings, in order of id."""
    c = listing.c
    return [
        key
        for block in _blocks(sorted(ids))
        for key in connection.scalars(select(c.key).where(c.id.in_(block), c.removed_at.is_(None)).order_by(c.id))
    ]


def _blocks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[i : i + _BLOCK] for i in range(0, len(items), _BLOCK))


def forget_questions(connection: Connection, source: str) -> None:
    """Drops what a source was asked: its listings are given up, so an answer that brought them holds no more."""
    connection.execute(question_listing.delete().where(question_listing.c.source == source))
    connection.execute(question.delete().where(question.c.source == source))
