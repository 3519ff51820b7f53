"""Answers into the store: the state of each question, and what came back as ordinary listings.

A listing that a renewed answer no longer brings is removed, unless another question still brings it. Too many
removals at once are not believed: those answers are unknown and the listings stay.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta

from sqlalchemy import Connection

from credit_sync.pulling.take_over import conflict
from credit_sync.records import RecordKind
from credit_sync.screening.keys import keys_to_store
from credit_sync.sources.answers import Answer
from credit_sync.sources.questions import Question, Questions
from credit_sync.sources.spool import Spool
from credit_sync.store import quarantine
from credit_sync.store import questions as store
from credit_sync.store.counts import Counts
from credit_sync.store.items import Gone, Held, Item
from credit_sync.store.ledger import Run
from credit_sync.store.questions import Known, State
from credit_sync.store.read_records import ReadRecords
from credit_sync.store.records import RecordWriter, live_records

_SHRUNK = "平台突然不再给出许多原有条目，未采用（确认无误后可用 --accept-shrink 采用）"


class AnswerStore:
    """Takes answers over within one transaction of the caller; adds what it does to `counts`."""

    def __init__(
        self, connection: Connection, run: Run, questions: Questions, counts: Counts, *, accept_shrink: bool
    ) -> None:
        self._connection, self._run, self._questions, self._counts = connection, run, questions, counts
        self._source = questions.name
        before = live_records(connection, RecordKind.LISTING, self._source) + counts.removed - counts.added
        allowed = max(1, int(questions.mapping.guards.max_shrink * before))
        self._may_remove = before if accept_shrink else allowed

    def take(self, answers: Sequence[tuple[Question, Answer]]) -> None:
        """One block of answers."""
        states = {}
        for question, answer in answers:
            state, reason = answer.state, answer.reason
            if answer.outcomes or state != "unknown":
                state, reason = self._take(question, answer)
            states[question.digest] = self._known(question, state, reason)
        store.record(self._connection, self._source, states)

    def remove(self, keys: Sequence[str]) -> None:
        """Listings that no question brings any more."""
        if keys:
            self._write([Gone(key) for key in keys])

    def count_live(self) -> None:
        """Counts what the list holds now."""
        self._counts.live = live_records(self._connection, RecordKind.LISTING, self._source)

    def _known(self, question: Question, state: State, reason: str) -> Known:
        until = self._run.as_of + timedelta(days=self._questions.source.cache_days)
        doubtful = state == "none" and question.doubt
        if doubtful:  # asking again tomorrow would not help
            state, reason = "unknown", question.doubt
        kept = until if doubtful or state != "unknown" else None
        return Known(question.subject, state, reason, self._run.as_of, kept, self._run.id)

    def _take(self, question: Question, answer: Answer) -> tuple[State, str]:
        """Writes the rows of an answer and removes what it no longer brings."""
        keys, bad = self._write_rows(answer)
        now = store.listing_ids(self._connection, self._source, keys)
        own = (question.digest, *question.replaces)
        before = store.listings_of(self._connection, self._source, own)
        state, reason = answer.state, answer.reason
        if bad and state != "unknown":
            state, reason = "unknown", f"答复里有 {len(bad)} 条互相矛盾，已进隔离区"
        lost: set[int] = set()
        if state != "unknown":
            quarantine.resolve_place(self._connection, self._source, self._run, question.place)
            absent = before - set(now)
            others = store.brought_by_others(self._connection, self._source, own, absent)
            gone = store.keys_of(self._connection, absent - others)
            if self._counts.removed + len(gone) > self._may_remove:
                state, reason = "unknown", _SHRUNK
            else:
                self.remove(gone)
                store.forget(self._connection, self._source, question.replaces)
                lost = absent
        store.link(self._connection, self._source, question.digest, (before | set(now)) - lost)
        return state, reason

    def _write_rows(self, answer: Answer) -> tuple[set[str], list[quarantine.BadRow]]:
        """The keys of the records that the rows speak of, and the rows that contradict each other."""
        keys: set[str] = set()
        contradicting: list[quarantine.BadRow] = []
        with Spool() as spool:
            for outcome in answer.outcomes:
                spool.add([outcome])
            self._counts.pulled += spool.outcomes
            self._counts.skipped += spool.skipped
            for items, bad in spool.batches():
                for item in items:
                    if isinstance(item, ReadRecords):
                        keys.update(item.keys)
                    elif isinstance(item, Held):
                        keys.add(item.key)
                conflicts = self._write(items)
                quarantine.put(self._connection, self._source, self._run, bad + conflicts)
                self._counts.quarantined += len(bad + conflicts)
                contradicting += conflicts
        return keys, contradicting

    def _write(self, items: Sequence[Item]) -> list[quarantine.BadRow]:
        """Each answer has a writer of its own: what a later one says of a listing is news, not a contradiction."""
        writer = RecordWriter(self._connection, self._source, RecordKind.LISTING, self._run, keys_to_store)
        conflicts = [conflict(RecordKind.LISTING, read) for read in writer.write(items, whole=False)]
        for count in fields(Counts):
            setattr(
                self._counts, count.name, getattr(self._counts, count.name) + getattr(writer.counts, count.name)
            )
        return conflicts
