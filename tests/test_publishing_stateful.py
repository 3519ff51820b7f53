"""Any sequence of changes, removals, expiries, decisions, refusals, faults and crashes ends with both sides agreeing.

The machine drives the real outbox, the real api channel and a real HTTP platform that takes every arrival for another
row: a submission sent twice is seen.
"""

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from credit_sync.errors import CreditSyncError
from credit_sync.publishing import by_hand
from credit_sync.publishing.counts import PublishCounts
from credit_sync.publishing.findings import has_errors
from credit_sync.publishing.names import submission_key
from credit_sync.publishing.outbox import HANDED_OVER, State, outboxes_of
from credit_sync.publishing.publish import publish
from credit_sync.publishing.rows import published_row, says_the_same
from credit_sync.publishing.standard import Standard
from credit_sync.publishing.validation import validate
from credit_sync.publishing.values import Published, Reporting
from credit_sync.records import LicenceState, Penalty, RecordKind
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.orders import Order
from credit_sync.store.schema import submission
from tests.dying import Killed, dying
from tests.platform_server import FAULTS, REFUSED, Platform, receiving
from tests.publishing import (
    DEPARTMENT,
    EDITION_2018,
    EDITION_2018_SFZH,
    LICENCE,
    PENALTY,
    record_key,
    store_record,
)
from tests.stores import sqlite_store
from tests.test_publishing_api import site_at, without_memory

FIRST_DAY = datetime(2018, 11, 30, 2)
IDS = {1: RecordKind.LICENCE, 2: RecordKind.LICENCE, 3: RecordKind.PENALTY, 4: RecordKind.PENALTY}
WHICH = st.sampled_from(sorted(IDS))
DAYS = st.integers(min_value=-2, max_value=4)


class Exchange(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.engine = sqlite_store(folder)
        self.faults: dict[int, Any] = {}
        self.platform = Platform(lambda number: self.faults.pop(number, ""), silence=0.4)
        url = self.stack.enter_context(receiving(self.platform))
        site = site_at(folder, url, timeout_seconds=0.2, backoff_seconds=0.001, retries=1, batch_rows=2)
        self.site = site.model_copy(update={"mappings": without_memory(folder)})
        self.run = Run(1, FIRST_DAY)
        self.edition = EDITION_2018
        self.records: dict[int, Published] = {}
        self.gone: set[int] = set()
        self.taken_back: set[int] = set()
        self.repaired: set[int] = set()

    def teardown(self) -> None:
        self.engine.dispose()
        self.stack.close()

    # --- the source ---

    def save(self, number: int, **changes: Any) -> None:
        start = LICENCE if IDS[number] is RecordKind.LICENCE else PENALTY
        record = self.records.get(number, replace(start, document_number=f"皖〔2018〕{number}号"))
        self.records[number] = replace(record, **changes)
        self.gone.discard(number)
        with writing(self.engine) as connection:
            store_record(connection, number, self.records[number], changed_at=self.run.as_of)

    @rule(number=WHICH, content=st.sampled_from(["甲", "乙", "丙"]))
    def change(self, number: int, content: str) -> None:
        self.save(number, content=content)

    @rule(number=WHICH)
    def spoil(self, number: int) -> None:
        self.save(number, content="")

    @rule(number=WHICH, refused=st.booleans())
    def offend_the_platform(self, number: int, refused: bool) -> None:
        self.save(number, note=REFUSED if refused else "")

    @rule(number=st.sampled_from([1, 2]), days=DAYS)
    def limit_licence(self, number: int, days: int) -> None:
        self.save(number, valid_to=max(self.today + timedelta(days), LICENCE.decided_on))

    @rule(number=st.sampled_from([1, 2]), days=DAYS, state=st.sampled_from(LicenceState))
    def end_licence(self, number: int, days: int, state: LicenceState) -> None:
        self.save(number, state=state, state_since=self.today + timedelta(days))

    @rule(number=st.sampled_from([3, 4]), days=DAYS)
    def limit_publicity(self, number: int, days: int) -> None:
        self.save(number, public_until=max(self.today + timedelta(days), PENALTY.decided_on))

    @rule(number=st.sampled_from([3, 4]), nature=st.sampled_from(["行政处罚", "行政裁决"]))
    def call_it_a_ruling(self, number: int, nature: str) -> None:
        self.save(number, nature=nature)

    @rule(number=WHICH)
    def lose(self, number: int) -> None:
        if number in self.records and number not in self.gone:
            self.gone.add(number)
            with writing(self.engine) as connection:
                store_record(connection, number, self.records[number], removed_at=self.run.as_of)

    # --- people ---

    @rule(number=WHICH, decide=st.sampled_from([by_hand.withdraw, by_hand.keep, by_hand.resume]))
    def decide(self, number: int, decide: Any) -> None:
        with writing(self.engine) as connection:
            outboxes = outboxes_of(self.site, "anhui", self.today)
            try:
                found = by_hand.find(connection, outboxes, decide, f"皖〔2018〕{number}号", "")
                decide(connection, found, Order("张科", "工作需要"), self.run)
            except CreditSyncError:
                return
        if decide is by_hand.withdraw:
            self.taken_back.add(number)
        if decide is by_hand.resume:
            self.taken_back.discard(number)

    @rule()
    def send_again(self) -> None:
        with writing(self.engine) as connection:
            by_hand.send_again(connection, "anhui", "")

    @rule(number=st.sampled_from([3, 4]), days=DAYS)
    def repair(self, number: int, days: int) -> None:
        if number in self.records:
            with writing(self.engine) as connection:
                document = self.records[number].document_number
                day = self.today + timedelta(days)
                by_hand.repair(connection, document, "", Order("张科", "已修复"), self.run, on=day)
            self.repaired.add(number)

    @rule(edition=st.sampled_from([EDITION_2018, EDITION_2018_SFZH]))
    def switch_standard(self, edition: Standard) -> None:
        self.edition = edition
        channel = self.site.channels["anhui"].model_copy(update={"standard": edition.name})
        self.site = self.site.model_copy(update={"channels": {"anhui": channel}})

    # --- nights ---

    @property
    def today(self) -> date:
        return self.run.as_of.date()

    @rule(
        days=st.integers(min_value=1, max_value=2),
        faults=st.lists(st.tuples(st.integers(min_value=1, max_value=6), st.sampled_from(FAULTS)), max_size=3),
        dies_at=st.none() | st.integers(min_value=1, max_value=30),
        later=st.booleans(),
        moody=st.booleans(),
    )
    def night(
        self, days: int, faults: list[tuple[int, str]], dies_at: int | None, later: bool, moody: bool
    ) -> None:
        self.run = Run(self.run.id + 1, self.run.as_of + timedelta(days))
        self.platform.on, self.platform.decides_later, self.platform.refuses_all = self.today, later, moody
        done = len(self.platform.requests)
        self.faults.update({done + number: fault for number, fault in faults})
        try:
            with dying(self.engine, dies_at):
                publish(self.engine, self.site, self.run)
        except Killed:
            pass
        self.faults.clear()

    @rule()
    def settle(self) -> None:
        """Nights without faults until nothing moves; then both sides agree, and say what they should."""
        self.platform.decides_later = self.platform.refuses_all = False
        self.platform.decide()
        self.quiet_night()  # learns what became of submissions that a killed night left in doubt
        self.send_again()
        for _ in range(3):
            counts = self.quiet_night()
        assert counts.sent == counts.queued == 0, "something goes round in circles"
        self.both_sides_agree()
        for number, record in self.records.items():
            self.is_as_it_should_be(number, record)

    def quiet_night(self) -> PublishCounts:
        self.run = Run(self.run.id + 1, self.run.as_of + timedelta(minutes=1))
        self.platform.on = self.today
        # An answer that a busy machine delays is no fault of the platform's.
        patient = self.site.channels["anhui"].model_copy(update={"timeout_seconds": 10})
        site = self.site.model_copy(update={"channels": {"anhui": patient}})
        counts = publish(self.engine, site, self.run)["anhui"]
        assert not counts.problem
        return counts

    def both_sides_agree(self) -> None:
        stored = self.submissions()
        ours = {self.key(s): (s.answer == "accepted", s.reason, s.row) for s in stored if s.batch is not None}
        theirs = {key: (k.state == "1", k.reason, k.row) for key, k in self.platform.kept.items()}
        assert ours == theirs
        last = {(s.record, s.record_id): s for s in stored if s.state in HANDED_OVER}
        public = {record_key(kind, number): s.row for (kind, number), s in last.items() if s.action != "withdraw"}
        assert public == self.platform.public

    def is_as_it_should_be(self, number: int, record: Published) -> None:
        published = self.platform.public.get(record_key(IDS[number].value, number))
        latest = [s for s in self.submissions() if (s.record, s.record_id) == (IDS[number].value, number)]
        if any(s.state == State.REJECTED for s in latest):
            assert REFUSED in record.note
            return
        if (isinstance(record, Penalty) and self.is_over(number, record)) or number in self.taken_back:
            assert published is None
        elif number in self.gone or getattr(record, "nature", "行政处罚") != "行政处罚":
            assert published is None or any(s.state in (State.HELD, State.UNCHANGED) for s in latest)
        else:
            row = published_row(record, self.edition, Reporting(DEPARTMENT, self.today))
            wrong = has_errors(validate(row, IDS[number], self.edition, self.today))
            if wrong:
                assert any(s.state == State.INVALID for s in latest)
            else:
                assert published is not None
                assert says_the_same(published, row, self.edition, IDS[number])

    def is_over(self, number: int, record: Penalty) -> bool:
        with self.engine.connect() as connection:
            outbox = outboxes_of(self.site, "anhui", self.today)[1]
            repaired = by_hand.repaired_on(connection, outbox, [number]).get(number)
        ended = record.public_until is not None and record.public_until < self.today
        return ended or (repaired is not None and repaired <= self.today)

    def submissions(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(submission).order_by(submission.c.id)))

    @staticmethod
    def key(found: Any) -> str:
        return submission_key(found, f"{found.record}/register/{found.record_id}")

    @invariant()
    def nothing_arrives_twice(self) -> None:
        assert set(self.platform.arrivals.values()) <= {1}

    @invariant()
    def at_most_one_waits(self) -> None:
        waiting = [
            (s.record, s.record_id)
            for s in self.submissions()
            if s.state in (State.PENDING, State.INVALID, State.HELD, State.UNCHANGED)
        ]
        assert len(waiting) == len(set(waiting))


def test_both_sides_agree_whatever_happens() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Exchange,
        settings=settings(max_examples=25, stateful_step_count=25, suppress_health_check=checks),
    )
