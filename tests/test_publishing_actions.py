"""What time, credit repair, people and platforms make of what was published: each on its day, and once."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from credit_sync.channel_settings import WorkbookChannel
from credit_sync.errors import CreditSyncError
from credit_sync.interfaces.messages import Answer
from credit_sync.publishing import by_hand
from credit_sync.publishing.channels.channel import Receipt
from credit_sync.publishing.due import due
from credit_sync.publishing.field_table import Period
from credit_sync.publishing.outbox import outboxes_of
from credit_sync.publishing.publicity import add_months, default_end, last_decision_over
from credit_sync.publishing.publish import publish
from credit_sync.publishing.receipts import record_receipts
from credit_sync.publishing.standard import load_standard
from credit_sync.publishing.values import Published
from credit_sync.records import LicenceState
from credit_sync.settings import Settings
from credit_sync.status import status_text
from credit_sync.store import audit
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.orders import Order
from credit_sync.store.schema import submission
from tests.publishing import LICENCE, ORGANISATION, PENALTY, TRADER, settings, store_record
from tests.stores import sqlite_store

ORDER = Order.of("张科", "处罚决定已撤销")


class Nights:
    """A store, a site, and one night after the other."""

    def __init__(self, engine: Engine, site: Settings) -> None:
        self.engine, self.site, self.runs = engine, site, 0

    def save(self, number: int, record: Published, **changes: object) -> None:
        with writing(self.engine) as connection:
            store_record(connection, number, record, **changes)

    def run(self, on: date) -> Run:
        self.runs += 1
        return Run(self.runs, datetime(on.year, on.month, on.day, 2))

    def night(self, on: date) -> list[tuple[str, str, str]]:
        """What a night adds to the outbox."""
        run = self.run(on)
        for name, counts in publish(self.engine, self.site, run).items():
            assert counts.problem == "", name
        return [(s.action, s.state, s.cause) for s in self.submissions() if s.run_id == run.id]

    def submissions(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(submission).order_by(submission.c.id)))

    def states(self) -> list[tuple[int, int, str, str]]:
        return [(s.record_version, s.step, s.action, s.state) for s in self.submissions()]

    def answer(self, on: date, *receipts: Receipt) -> int:
        with writing(self.engine) as connection:
            return record_receipts(connection, "anhui", receipts, self.run(on).as_of)

    def decide(self, decide: by_hand.Decide, on: date, document: str = "", subject: str = "") -> None:
        run = self.run(on)
        with writing(self.engine) as connection:
            outboxes = outboxes_of(self.site, "anhui", on)
            found = by_hand.find(connection, outboxes, decide, document or PENALTY.document_number, subject)
            decide(connection, found, ORDER, run)


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    engine = sqlite_store(tmp_path)
    yield Nights(engine, settings(tmp_path))
    engine.dispose()


DAY = date(2018, 11, 30)


@pytest.mark.parametrize("published", [DAY, date(2018, 12, 2)], ids=["before", "on its last day"])
def test_a_licence_expires_on_its_day_and_once(nights: Nights, published: date) -> None:
    nights.save(1, replace(LICENCE, valid_to=date(2018, 12, 2)))
    assert nights.night(published) == [("add", "sent", "")]
    assert nights.night(date(2018, 12, 2)) == []
    assert nights.night(date(2018, 12, 3)) == [("correct", "sent", "日期已到，状态变化")]
    assert nights.night(date(2018, 12, 4)) == []
    assert [s.row["XK_ZT"] for s in nights.submissions()] == ["1", "2"]
    assert nights.states() == [(1, 0, "add", "sent"), (1, 1, "correct", "sent")]


def test_the_2016_edition_says_it_in_its_own_codes(nights: Nights, tmp_path: Path) -> None:
    nights.site = settings(tmp_path, anhui=WorkbookChannel(kind="workbook", standard="2016"))
    nights.save(1, replace(LICENCE, valid_to=date(2018, 12, 2)))
    nights.save(2, replace(LICENCE, document_number="皖科动许〔2018〕2号", state=LicenceState.REVOKED))
    nights.night(DAY)
    nights.night(date(2018, 12, 3))
    assert [(s.record_id, s.row["XK_ZT"]) for s in nights.submissions()] == [(1, "0"), (2, "1"), (1, "3")]


def test_a_licence_found_expired_by_the_night_after_a_long_pause(nights: Nights) -> None:
    nights.save(1, replace(LICENCE, valid_to=date(2018, 12, 2)))
    nights.night(DAY)
    assert nights.night(date(2019, 6, 1)) == [("correct", "sent", "日期已到，状态变化")]
    nights.save(1, replace(LICENCE, valid_to=date(2019, 12, 31)))
    assert nights.night(date(2019, 6, 2)) == [("correct", "sent", "")], "it was renewed"
    assert nights.night(date(2020, 1, 1)) == [("correct", "sent", "日期已到，状态变化")]


def test_a_revocation_takes_effect_on_its_day(nights: Nights) -> None:
    nights.save(1, LICENCE)
    nights.night(DAY)
    nights.save(1, replace(LICENCE, state=LicenceState.REVOKED, state_since=date(2018, 12, 3)))
    assert nights.night(date(2018, 12, 1)) == [("correct", "unchanged", "")]
    assert nights.night(date(2018, 12, 2)) == []
    assert nights.night(date(2018, 12, 3)) == [("correct", "sent", "日期已到，状态变化")]
    assert nights.night(date(2018, 12, 4)) == []
    assert nights.submissions()[-1].row["XK_ZT"] == "2"


def test_a_licence_that_expires_before_its_cancellation_takes_effect(nights: Nights) -> None:
    cancelled = {"state": LicenceState.CANCELLED, "state_since": date(2018, 12, 20)}
    nights.save(1, replace(LICENCE, valid_to=date(2018, 12, 2), **cancelled))
    nights.night(DAY)
    assert nights.night(date(2018, 12, 3)) == [("correct", "sent", "日期已到，状态变化")]
    assert nights.night(date(2018, 12, 20)) == [("correct", "unchanged", "日期已到，状态变化")]
    assert nights.night(date(2018, 12, 21)) == []


def test_what_a_clock_that_was_ahead_has_ended_is_corrected_when_it_is_set_right(nights: Nights) -> None:
    ends = replace(LICENCE, valid_to=date(2095, 5, 31))
    nights.save(1, ends)
    nights.save(2, replace(ends, document_number="2号", state=LicenceState.REVOKED, state_since=date(2095, 4, 2)))
    assert nights.night(DAY) == [("add", "sent", "")] * 2
    assert nights.night(date(2098, 1, 1)) == [("correct", "sent", "日期已到，状态变化")] * 2
    assert nights.night(date(2018, 12, 2)) == [("correct", "sent", "日期已到，状态变化")] * 2
    assert [s.row["XK_ZT"] for s in nights.submissions()[-2:]] == ["1", "1"]
    assert nights.night(date(2018, 12, 3)) == []
    assert nights.night(date(2095, 4, 2)) == [("correct", "sent", "日期已到，状态变化")]
    assert nights.night(date(2095, 6, 1)) == [("correct", "sent", "日期已到，状态变化")]
    assert nights.night(date(2095, 6, 2)) == []


def test_a_run_of_a_past_day_takes_no_licence_for_valid_again(nights: Nights) -> None:
    nights.save(1, replace(LICENCE, valid_to=date(2019, 5, 31)))
    nights.night(DAY)
    assert nights.night(date(2019, 6, 1)) == [("correct", "sent", "日期已到，状态变化")]
    assert nights.night(date(2019, 5, 31)) == []
    assert nights.night(date(2019, 6, 2)) == []


def test_a_penalty_leaves_publicity_at_its_end_and_never_comes_back(nights: Nights) -> None:
    nights.save(1, replace(PENALTY, public_until=date(2018, 12, 2)))
    assert nights.night(date(2018, 12, 2)) == [("add", "sent", "")]
    assert nights.night(date(2018, 12, 3)) == [("withdraw", "sent", "公示期满")]
    nights.save(1, replace(PENALTY, public_until=date(2018, 12, 2), note="更正"))
    assert nights.night(date(2018, 12, 4)) == []
    assert due(nights.engine, nights.site, date(2018, 12, 4)) == []
    withdrawal = nights.submissions()[-1]
    assert (withdrawal.row["CF_WSH"], withdrawal.findings) == (PENALTY.document_number, [])


def test_a_penalty_whose_publicity_is_over_is_not_published_at_all(nights: Nights) -> None:
    nights.save(1, replace(PENALTY, public_until=date(2018, 11, 29)))
    nights.save(2, replace(PENALTY, document_number="2号", repaired_on=DAY))
    assert nights.night(DAY) == []
    assert due(nights.engine, nights.site, DAY) == []


def test_an_end_of_publicity_before_the_decision_is_told_and_ends_nothing(nights: Nights) -> None:
    """A year mistyped: the penalty would never be published, and nobody told."""
    mistyped = replace(PENALTY, public_until=date(2017, 11, 25))
    nights.save(1, mistyped)
    nights.save(2, replace(PENALTY, document_number="2号"))
    assert nights.night(DAY) == [("add", "invalid", ""), ("add", "sent", "")]
    nights.save(2, replace(mistyped, document_number="2号"))
    assert nights.night(date(2018, 12, 1)) == [("correct", "invalid", "")]
    assert nights.night(date(2018, 12, 2)) == []
    found = due(nights.engine, nights.site, date(2018, 12, 2))
    assert [[error.rule for error in item.errors] for item in found] == [["date_order"], ["date_order"]]


def test_an_invalid_penalty_whose_publicity_ends_waits_no_longer(nights: Nights) -> None:
    nights.save(1, replace(PENALTY, facts="", public_until=date(2018, 12, 2)))
    assert nights.night(DAY) == [("add", "invalid", "")]
    assert nights.night(date(2018, 12, 3)) == []
    assert nights.states() == [(1, 0, "add", "superseded")]


def test_a_withdrawal_takes_back_what_is_public_and_not_what_its_source_says_since(nights: Nights) -> None:
    """The platform finds the row by what it was sent."""
    nights.save(1, PENALTY)
    nights.night(DAY)
    nights.save(
        1, replace(PENALTY, document_number="皖知罚字〔2018〕11号", facts="", repaired_on=date(2018, 12, 1))
    )
    assert nights.night(date(2018, 12, 1)) == [("withdraw", "sent", "信用修复")]
    addition, withdrawal = nights.submissions()
    assert withdrawal.row == addition.row


def test_a_held_withdrawal_goes_out_when_publicity_ends(nights: Nights) -> None:
    penalty = replace(PENALTY, public_until=date(2018, 12, 2))
    nights.save(1, penalty)
    nights.night(DAY)
    nights.save(1, penalty, removed_at=datetime(2018, 12, 1, 2))
    assert nights.night(date(2018, 12, 1)) == [("withdraw", "held", "来源中已没有这条记录")]
    assert nights.night(date(2018, 12, 3)) == [("withdraw", "sent", "公示期满")]


def test_credit_repair_out_of_the_source(nights: Nights) -> None:
    nights.save(1, PENALTY)
    nights.night(DAY)
    nights.save(1, replace(PENALTY, repaired_on=date(2018, 12, 5)))
    assert nights.night(date(2018, 12, 1)) == [("correct", "unchanged", "")]
    assert nights.night(date(2018, 12, 5)) == [("withdraw", "sent", "信用修复")]
    assert nights.night(date(2018, 12, 6)) == []


def test_what_was_repaired_does_not_come_back_because_its_source_forgets_the_day(nights: Nights) -> None:
    repaired = replace(PENALTY, repaired_on=date(2018, 12, 1))
    nights.save(1, PENALTY)
    nights.night(DAY)
    nights.save(1, repaired)
    assert nights.night(date(2018, 12, 1)) == [("withdraw", "sent", "信用修复")]
    nights.save(1, repaired, removed_at=datetime(2018, 12, 2, 2))
    assert nights.night(date(2018, 12, 2)) == []
    held = ("add", "held", "曾因信用修复撤回，来源中已没有修复日期")
    nights.save(1, PENALTY)
    assert nights.night(date(2018, 12, 3)) == [held]
    assert nights.night(date(2018, 12, 4)) == []
    nights.decide(by_hand.keep, date(2018, 12, 4))
    nights.save(1, replace(PENALTY, note="更正"))
    assert nights.night(date(2018, 12, 5)) == [held]
    nights.decide(by_hand.resume, date(2018, 12, 5))
    assert nights.submissions()[-1].state == "pending"
    nights.night(date(2018, 12, 6))
    assert nights.states()[-1] == (5, 1, "add", "sent")


def test_what_a_person_resumes_stays_resumed_though_it_could_not_go_out_at_once(nights: Nights) -> None:
    nights.save(1, replace(PENALTY, repaired_on=date(2018, 12, 1)))
    nights.night(DAY)
    nights.night(date(2018, 12, 1))
    nights.save(1, replace(PENALTY, facts=""))
    assert nights.night(date(2018, 12, 2))[0][1] == "held"
    nights.decide(by_hand.resume, date(2018, 12, 2))
    assert nights.night(date(2018, 12, 2)) == []
    assert nights.submissions()[-1].state == "invalid"
    nights.save(1, PENALTY)
    assert nights.night(date(2018, 12, 3)) == [("add", "sent", "")]


def test_what_was_over_does_not_come_back_because_its_source_forgets_the_day(nights: Nights) -> None:
    nights.save(1, replace(PENALTY, public_until=date(2018, 12, 1)))
    nights.night(DAY)
    assert nights.night(date(2018, 12, 2)) == [("withdraw", "sent", "公示期满")]
    nights.save(1, PENALTY)
    assert nights.night(date(2018, 12, 3)) == [("add", "held", "曾因公示期满撤回，来源中已没有公示截止期")]
    nights.save(1, replace(PENALTY, public_until=date(2018, 12, 31)))
    assert nights.night(date(2018, 12, 4)) == [("add", "sent", "")]


def test_a_repair_that_its_source_puts_off_is_published_until_then(nights: Nights) -> None:
    nights.save(1, replace(PENALTY, repaired_on=date(2018, 12, 5)))
    nights.night(DAY)
    assert nights.night(date(2018, 12, 5)) == [("withdraw", "sent", "信用修复")]
    nights.save(1, replace(PENALTY, repaired_on=date(2018, 12, 8)))
    assert nights.night(date(2018, 12, 6)) == [("add", "sent", "")]
    assert nights.night(date(2018, 12, 8)) == [("withdraw", "sent", "信用修复")]


def test_credit_repair_by_an_operator_is_due_on_its_day(nights: Nights) -> None:
    nights.save(1, PENALTY)
    nights.save(2, replace(PENALTY, document_number="2号"))
    nights.night(DAY)
    with writing(nights.engine) as connection:
        run = nights.run(date(2018, 12, 1))
        assert by_hand.repair(connection, PENALTY.document_number, "", ORDER, run, on=date(2018, 12, 5)) == 1
        with pytest.raises(CreditSyncError, match="文书号"):
            by_hand.repair(connection, "没有这个", "", ORDER, run, on=date(2018, 12, 5))
    assert nights.night(date(2018, 12, 4)) == []
    assert nights.night(date(2018, 12, 5)) == [("withdraw", "sent", "信用修复")]
    nights.save(1, replace(PENALTY, note="又改了"))
    assert nights.night(date(2018, 12, 6)) == []


def test_a_corrected_repair_puts_back_what_was_taken_back_too_early(nights: Nights) -> None:
    nights.save(1, PENALTY)
    nights.night(DAY)
    repair_on(nights, date(2018, 12, 1))
    assert nights.night(date(2018, 12, 1)) == [("withdraw", "sent", "信用修复")]
    repair_on(nights, date(2018, 12, 5))
    assert nights.night(date(2018, 12, 2)) == [("add", "sent", "公示截止日已更正，重新公示")]
    assert nights.night(date(2018, 12, 4)) == []
    assert nights.night(date(2018, 12, 5)) == [("withdraw", "sent", "信用修复")]
    assert nights.night(date(2018, 12, 6)) == []


def test_a_corrected_repair_does_not_undo_what_a_person_took_back(nights: Nights) -> None:
    nights.save(1, PENALTY)
    nights.night(DAY)
    nights.decide(by_hand.withdraw, date(2018, 12, 1))
    nights.night(date(2018, 12, 1))
    repair_on(nights, date(2018, 12, 1))
    repair_on(nights, date(2018, 12, 5))
    assert nights.night(date(2018, 12, 2)) == []


def repair_on(nights: Nights, day: date) -> None:
    with writing(nights.engine) as connection:
        by_hand.repair(connection, PENALTY.document_number, "", ORDER, nights.run(day), on=day)


PERIODS = (
    Period(decided_from=date(2017, 7, 31), months=12, basis="a"),
    Period(decided_from=date(2018, 11, 27), months=36, basis="b"),
)


def test_the_profiles_period_holds_where_the_source_names_no_day(nights: Nights, tmp_path: Path) -> None:
    text = (nights.site.mappings / "credit_anhui" / "2018.toml").read_text("utf-8")
    (tmp_path / "mappings" / "credit_anhui").mkdir(parents=True)
    lines = [f'{{ decided_from = {p.decided_from}, months = {p.months}, basis = "{p.basis}" }}' for p in PERIODS]
    changed, times = re.subn(r"(?ms)^publicity = \[.*?^\]$", f"publicity = [{', '.join(lines)}]", text)
    assert times == 1
    (tmp_path / "mappings" / "credit_anhui" / "2018.toml").write_text(changed, "utf-8")
    nights.site = nights.site.model_copy(update={"mappings": tmp_path / "mappings"})
    nights.save(1, PENALTY)  # decided on 2018-11-26
    nights.save(2, replace(PENALTY, document_number="2号", decided_on=date(2018, 11, 27)))
    nights.save(3, replace(PENALTY, document_number="3号", decided_on=date(2017, 7, 30), valid_to=None))
    nights.save(4, replace(PENALTY, document_number="4号", public_until=date(2018, 12, 31)))
    nights.night(DAY)
    assert nights.night(date(2019, 1, 1)) == [("withdraw", "sent", "公示期满")]
    assert nights.night(date(2019, 11, 26)) == []
    assert nights.night(date(2019, 11, 27)) == [("withdraw", "sent", "公示期满")]
    nights.save(5, replace(PENALTY, document_number="5号", decided_on=date(2018, 11, 27)))
    assert nights.night(date(2019, 11, 29)) == [("add", "sent", "")], "decided on the longer period's first day"
    assert nights.night(date(2021, 11, 28)) == [("withdraw", "sent", "公示期满")] * 2
    assert nights.night(date(2040, 1, 1)) == [], "the third was decided before there was a period"
    assert [s.record_id for s in nights.submissions() if s.action == "withdraw"] == [4, 1, 2, 5]


def test_days_come_on_either_database(engine: Engine, tmp_path: Path) -> None:
    nights = Nights(engine, settings(tmp_path))
    nights.save(1, replace(LICENCE, valid_to=date(2018, 12, 2)))
    nights.save(2, replace(LICENCE, document_number="2号"))
    nights.save(1, replace(PENALTY, public_until=date(2018, 12, 2)))
    nights.save(2, replace(PENALTY, document_number="2号"))
    nights.night(DAY)
    revoked = replace(LICENCE, document_number="2号", state=LicenceState.REVOKED, state_since=date(2018, 12, 3))
    nights.save(2, revoked)
    with writing(engine) as connection:
        by_hand.repair(connection, "2号", "", ORDER, nights.run(date(2018, 12, 1)), on=date(2018, 12, 3))
    assert nights.night(date(2018, 12, 2)) == [("correct", "unchanged", "")]
    assert nights.night(date(2018, 12, 3)) == [
        ("correct", "sent", "日期已到，状态变化"),
        ("correct", "sent", "日期已到，状态变化"),
        ("withdraw", "sent", "公示期满"),
        ("withdraw", "sent", "信用修复"),
    ]
    assert nights.night(date(2018, 12, 4)) == []
    nights.answer(date(2018, 12, 4), Receipt(1, Answer.ACCEPTED), Receipt(8, Answer.REJECTED, "没有依据"))
    with writing(engine) as connection:
        assert by_hand.send_again(connection, "anhui", "") == 1
    assert nights.night(date(2018, 12, 5)) == [("withdraw", "sent", "公示期满")]


@hypothesis_settings(deadline=None)
@given(st.dates(date(1997, 1, 1), date(2090, 1, 1)), st.integers(1, 400))
@example(date(2024, 2, 29), 12)
@example(date(2021, 3, 1), 12)
def test_what_is_over_is_found_by_one_date(on: date, months: int) -> None:
    last = last_decision_over(Period(decided_from=date(1996, 10, 1), months=months, basis="-"), on)
    assert add_months(last, months) < on <= add_months(last + timedelta(days=1), months)


def test_the_period_is_that_of_the_day_of_the_decision() -> None:
    assert default_end(date(2017, 7, 30), PERIODS) is None
    assert default_end(date(2018, 11, 26), PERIODS) == date(2019, 11, 26)
    assert default_end(date(2018, 11, 27), PERIODS) == date(2021, 11, 27)


# --- receipts ---


def test_receipts_are_on_record_and_the_last_word_counts(nights: Nights) -> None:
    nights.save(1, LICENCE)
    nights.save(2, PENALTY)
    nights.night(DAY)
    refused = Receipt(2, Answer.REJECTED, "身份证号340100190001040011校验不通过", "77")
    day = date(2018, 12, 1)
    assert (
        nights.answer(day, Receipt(1, Answer.ACCEPTED, "已入库", "76"), refused, Receipt(99, Answer.ACCEPTED)) == 2
    )
    first, second = nights.submissions()
    assert (first.state, first.answer, first.platform_id, first.reason) == ("accepted", "accepted", "76", "")
    assert (second.state, second.platform_id, second.received_at.date()) == ("rejected", "77", day)
    assert "190001040011" not in second.reason
    assert nights.answer(date(2018, 12, 2), Receipt(1, Answer.ACCEPTED, platform_id="76"), refused) == 0
    (item,) = due(nights.engine, nights.site, day)
    assert (item.record_id, item.state, item.reason) == (2, "rejected", second.reason)
    told = status_text(nights.engine, nights.site, datetime(2018, 12, 1, 8))
    assert (
        f"{PENALTY.document_number}（{ORGANISATION.name}）  被平台退回，应于 2018-12-05 前报送：身份证号" in told
    )
    assert nights.night(day) == [], "a refusal is not sent again by itself"
    assert nights.answer(day, Receipt(2, Answer.ACCEPTED)) == 1
    assert nights.submissions()[1].state == "accepted"


def test_a_refused_record_goes_out_again_when_its_source_changes(nights: Nights) -> None:
    nights.save(1, LICENCE)
    nights.night(DAY)
    nights.answer(DAY, Receipt(1, Answer.REJECTED, "内容不全"))
    nights.save(1, replace(LICENCE, content="普通环境（兔）"))
    assert nights.night(date(2018, 12, 1)) == [("add", "sent", "退回后重新报送")]
    assert nights.states() == [(1, 0, "add", "superseded"), (2, 0, "add", "sent")]


def test_who_was_named_beside_the_one_that_is_gone_takes_nobodys_place(nights: Nights) -> None:
    """One decision on two: it had gone out for the second as well, so it waits for nobody."""
    nights.save(1, PENALTY)
    nights.save(2, replace(PENALTY, subject=TRADER))
    assert nights.night(DAY) == [("add", "sent", "")] * 2
    nights.answer(DAY, Receipt(2, Answer.REJECTED, "内容不全"))
    nights.save(1, PENALTY, removed_at=datetime(2018, 12, 1, 2))
    nights.save(2, replace(PENALTY, subject=TRADER, note="更正"))
    assert nights.night(date(2018, 12, 1)) == [
        ("withdraw", "held", "来源中已没有这条记录"),
        ("add", "sent", "退回后重新报送"),
    ]


def test_a_refused_record_goes_out_again_when_a_person_says_so(nights: Nights) -> None:
    nights.save(1, LICENCE)
    nights.night(DAY)
    nights.answer(DAY, Receipt(1, Answer.REJECTED, "系统忙"))
    with writing(nights.engine) as connection:
        assert by_hand.send_again(connection, "anhui", "别的文书号") == 0
        assert by_hand.send_again(connection, "anhui", LICENCE.document_number) == 1
    assert nights.night(date(2018, 12, 1)) == [("add", "sent", "退回后重新报送")]
    assert nights.states() == [(1, 0, "add", "superseded"), (1, 1, "add", "sent")]


def test_who_sends_one_document_again_sends_no_other_that_was_refused(nights: Nights) -> None:
    """Neither the penalty that has the licence's id in its own table, nor what waits in another channel."""
    both = {name: WorkbookChannel(kind="workbook", folder=Path(name)) for name in ("anhui", "hefei")}
    nights.site = nights.site.model_copy(update={"channels": both})
    nights.save(1, LICENCE)
    nights.save(1, PENALTY)
    nights.night(DAY)
    first = {s.id: (s.channel, s.record) for s in nights.submissions()}
    with writing(nights.engine) as connection:
        for name in both:
            refused = [Receipt(number, Answer.REJECTED, "系统忙") for number in first]
            assert record_receipts(connection, name, refused, datetime(2018, 12, 1, 1)) == 2
        assert by_hand.send_again(connection, "anhui", LICENCE.document_number) == 1
    assert nights.night(date(2018, 12, 1)) == [("add", "sent", "退回后重新报送")]
    assert (nights.submissions()[-1].channel, nights.submissions()[-1].record) == ("anhui", "licence")
    left = {s.id: s.state for s in nights.submissions() if s.id in first}
    assert sorted(left.values()) == ["rejected"] * 3 + ["superseded"]


def test_a_refused_correction_leaves_public_what_was_accepted(nights: Nights) -> None:
    nights.save(1, LICENCE)
    nights.night(DAY)
    nights.answer(DAY, Receipt(1, Answer.ACCEPTED))
    nights.save(1, replace(LICENCE, content="普通环境（兔）"))
    nights.night(date(2018, 12, 1))
    nights.answer(date(2018, 12, 1), Receipt(2, Answer.REJECTED, "内容有误"))
    nights.save(1, LICENCE)
    assert nights.night(date(2018, 12, 2)) == [("correct", "unchanged", "退回后重新报送")]


def test_what_was_made_in_the_belief_that_the_first_was_taken_is_made_anew(nights: Nights) -> None:
    nights.save(1, LICENCE)
    nights.night(DAY)
    nights.save(1, replace(LICENCE, subject=replace(ORGANISATION, region="合肥市")))
    assert nights.night(date(2018, 12, 1)) == [("correct", "unchanged", "")]
    nights.answer(date(2018, 12, 1), Receipt(1, Answer.REJECTED, "内容不全"))
    assert nights.night(date(2018, 12, 2)) == [("add", "sent", "退回后重新报送")]
    assert nights.states()[-1] == (2, 1, "add", "sent")


def test_a_late_refusal_of_what_was_corrected_since_waits_for_nobody(nights: Nights) -> None:
    nights.save(1, LICENCE)
    nights.night(DAY)
    nights.save(1, replace(LICENCE, content="普通环境（兔）"))
    nights.night(date(2018, 12, 1))
    nights.answer(date(2018, 12, 2), Receipt(1, Answer.REJECTED, "内容不全"), Receipt(2, Answer.ACCEPTED))
    assert nights.states() == [(1, 0, "add", "superseded"), (2, 0, "correct", "accepted")]
    assert due(nights.engine, nights.site, date(2018, 12, 2)) == []


# --- people ---


def test_a_person_withdraws_a_held_record_or_keeps_it(nights: Nights) -> None:
    for number in (1, 2):
        nights.save(number, replace(PENALTY, document_number=f"{number}号"))
    nights.night(DAY)
    for number in (1, 2):
        nights.save(number, replace(PENALTY, document_number=f"{number}号"), removed_at=datetime(2018, 12, 1, 2))
    nights.night(date(2018, 12, 1))
    nights.decide(by_hand.withdraw, date(2018, 12, 1), "1号")
    nights.decide(by_hand.keep, date(2018, 12, 1), "2号")
    nights.night(date(2018, 12, 2))
    waited, second, first = [s for s in nights.submissions() if s.action == "withdraw"]
    assert (waited.state, waited.who) == ("superseded", "")
    assert (first.state, first.who, first.cause) == ("sent", "张科", "处罚决定已撤销")
    assert (second.state, second.who, second.batch) == ("unchanged", "张科", None)
    assert nights.night(date(2018, 12, 3)) == []


def test_what_a_person_took_back_does_not_come_back_by_itself(nights: Nights) -> None:
    nights.save(1, PENALTY)
    nights.night(DAY)
    nights.decide(by_hand.withdraw, DAY)
    nights.night(date(2018, 12, 1))
    assert nights.states() == [(1, 0, "add", "sent"), (1, 1, "withdraw", "sent")]
    nights.save(1, replace(PENALTY, note="有变化"))
    assert nights.night(date(2018, 12, 2)) == [("add", "held", "曾由人工撤回，来源又有变化")]
    assert nights.night(date(2018, 12, 3)) == []
    nights.decide(by_hand.resume, date(2018, 12, 4))
    nights.night(date(2018, 12, 4))
    assert nights.states()[-1] == (2, 1, "add", "sent")
    nights.save(1, replace(PENALTY, note="又有变化"))
    assert nights.night(date(2018, 12, 5)) == [("correct", "sent", "")]


def test_a_licence_that_a_person_took_back_expires_without_a_word(nights: Nights) -> None:
    nights.save(1, replace(LICENCE, valid_to=date(2018, 12, 2)))
    nights.night(DAY)
    nights.decide(by_hand.withdraw, DAY, LICENCE.document_number)
    nights.night(date(2018, 12, 1))
    assert nights.night(date(2018, 12, 3)) == []
    assert nights.states() == [(1, 0, "add", "sent"), (1, 1, "withdraw", "sent")]


def test_what_a_person_kept_public_is_not_taken_back_when_it_comes_back_and_changes(nights: Nights) -> None:
    nights.save(1, PENALTY)
    nights.night(DAY)
    nights.save(1, PENALTY, removed_at=datetime(2018, 12, 1, 2))
    assert nights.night(date(2018, 12, 1)) == [("withdraw", "held", "来源中已没有这条记录")]
    nights.decide(by_hand.keep, date(2018, 12, 1))
    nights.save(1, PENALTY)
    assert nights.night(date(2018, 12, 2)) == [("correct", "unchanged", "")]
    nights.save(1, replace(PENALTY, note="更正"))
    assert nights.night(date(2018, 12, 3)) == [("correct", "sent", "")]


def test_what_is_kept_of_a_source_given_up_is_public_to_the_end_of_its_publicity(nights: Nights) -> None:
    ending = replace(PENALTY, document_number="2号", public_until=date(2018, 12, 2))
    nights.save(1, PENALTY)
    nights.save(2, ending)
    nights.night(DAY)
    given_up = nights.run(date(2018, 12, 1))
    nights.save(1, PENALTY, removed_at=given_up.as_of)
    nights.save(2, ending, removed_at=given_up.as_of)
    with writing(nights.engine) as connection:
        outboxes = outboxes_of(nights.site, "anhui", DAY)
        assert by_hand.keep_gone(connection, outboxes, "register", ORDER, given_up) == 2
    assert nights.night(date(2018, 12, 2)) == []
    assert nights.night(date(2018, 12, 3)) == [("withdraw", "sent", "公示期满")]
    with writing(nights.engine) as connection:
        run = nights.run(date(2018, 12, 4))
        by_hand.repair(connection, PENALTY.document_number, "", ORDER, run, on=date(2018, 12, 4))
    assert nights.night(date(2018, 12, 4)) == [("withdraw", "sent", "信用修复")]


def test_what_a_person_left_withdrawn_stays_so_however_often_its_source_changes(nights: Nights) -> None:
    nights.save(1, PENALTY)
    nights.night(DAY)
    nights.decide(by_hand.withdraw, DAY)
    nights.night(date(2018, 12, 1))
    for day in (2, 3, 4):
        nights.save(1, replace(PENALTY, note=f"第 {day} 次更正"))
        assert nights.night(date(2018, 12, day)) == [("add", "held", "曾由人工撤回，来源又有变化")]
        nights.decide(by_hand.keep, date(2018, 12, day))


def test_a_persons_withdrawal_that_was_refused_stays_a_withdrawal(nights: Nights) -> None:
    nights.save(1, PENALTY)
    nights.night(DAY)
    nights.answer(DAY, Receipt(1, Answer.ACCEPTED))
    nights.decide(by_hand.withdraw, DAY)
    nights.night(date(2018, 12, 1))
    nights.answer(date(2018, 12, 1), Receipt(2, Answer.REJECTED, "请附撤回依据"))
    with writing(nights.engine) as connection:
        by_hand.send_again(connection, "anhui", "")
    assert nights.night(date(2018, 12, 2)) == [("withdraw", "sent", "处罚决定已撤销")]
    nights.answer(date(2018, 12, 2), Receipt(3, Answer.ACCEPTED))
    assert nights.states()[-1] == (1, 2, "withdraw", "withdrawn")
    assert nights.submissions()[-1].who == "张科"


def test_decisions_that_make_no_sense_are_refused(nights: Nights) -> None:
    nights.save(1, replace(PENALTY, facts=""))
    nights.save(2, replace(PENALTY, document_number="2号"))
    nights.save(3, replace(PENALTY, document_number="2号", subject=TRADER))
    nights.night(DAY)
    for decide, document, why in (
        (by_hand.withdraw, PENALTY.document_number, "没有在平台公示"),
        (by_hand.keep, PENALTY.document_number, "没有等待决定"),
        (by_hand.resume, PENALTY.document_number, "不是由人工撤回"),
        (by_hand.withdraw, "9号", "没有文书号"),
        (by_hand.withdraw, "2号", "--subject"),
    ):
        with pytest.raises(CreditSyncError, match=why):
            nights.decide(decide, DAY, document)
    nights.decide(by_hand.withdraw, DAY, "2号", TRADER.name)
    assert [s.record_id for s in nights.submissions() if s.action == "withdraw"] == [3]
    for who, reason in (("", "事由"), ("张科", " ")):
        with pytest.raises(CreditSyncError, match="没有写明"):
            Order.of(who, reason)


def test_two_licences_of_one_document_are_told_apart_by_their_numbers(nights: Nights) -> None:
    other = replace(LICENCE, licence_number="SCXK(皖)2018-001")
    nights.save(1, LICENCE)
    nights.save(2, other)
    nights.night(DAY)
    with pytest.raises(CreditSyncError, match=r"许可编号：SYXK\(皖\)2018-001、SCXK\(皖\)2018-001"):
        nights.decide(by_hand.withdraw, DAY, LICENCE.document_number)
    nights.decide(by_hand.withdraw, DAY, other.licence_number)
    nights.night(date(2018, 12, 1))
    assert [s.record_id for s in nights.submissions() if s.action == "withdraw"] == [2]
    nights.decide(by_hand.withdraw, DAY, LICENCE.document_number)
    assert [s.record_id for s in nights.submissions() if s.action == "withdraw"] == [2, 1], "the one still public"


def test_a_document_that_another_source_still_has_goes_on_from_there(nights: Nights) -> None:
    nights.save(1, LICENCE)
    nights.save(2, LICENCE)
    nights.night(DAY)
    nights.save(1, LICENCE, removed_at=datetime(2018, 12, 1, 2))
    nights.night(date(2018, 12, 1))
    for decide in (by_hand.withdraw, by_hand.resume):
        nights.decide(decide, date(2018, 12, 1), LICENCE.document_number)
        nights.night(date(2018, 12, 1))
    sent = [(s.record_id, s.action) for s in nights.submissions() if s.state == "sent"]
    assert sent == [(1, "add"), (1, "withdraw"), (2, "add")]


def test_one_decision_on_two_subjects_is_repaired_for_the_one_that_is_named(nights: Nights) -> None:
    nights.save(1, PENALTY)
    nights.save(2, replace(PENALTY, subject=TRADER))
    nights.night(DAY)
    day = date(2018, 12, 1)
    with writing(nights.engine) as connection:
        run = nights.run(day)
        with pytest.raises(CreditSyncError, match=f"--subject 指明是谁：{ORGANISATION.name}、{TRADER.name}"):
            by_hand.repair(connection, PENALTY.document_number, "", ORDER, run, on=day)
        assert by_hand.repair(connection, PENALTY.document_number, TRADER.name, ORDER, run, on=day) == 1
    assert nights.night(day) == [("withdraw", "sent", "信用修复")]
    assert nights.submissions()[-1].record_id == 2
    nights.decide(by_hand.withdraw, day, subject=ORGANISATION.name)
    with nights.engine.connect() as connection:
        about = [(entry.action, entry.detail["subject"]) for entry in audit.entries(connection)]
    assert sorted(about) == [("repair", TRADER.name), ("withdraw", ORGANISATION.name)], "the log says whose"


# --- another standard ---


def test_a_channel_whose_standard_is_switched_says_everything_anew(nights: Nights, tmp_path: Path) -> None:
    nights.save(1, replace(PENALTY, public_until=date(2018, 12, 4)))
    nights.save(2, replace(PENALTY, document_number="2号"))
    nights.save(3, replace(PENALTY, document_number="3号"))
    nights.save(1, LICENCE)
    nights.save(2, replace(LICENCE, document_number="2号", content=""))
    nights.night(DAY)
    nights.save(2, replace(PENALTY, document_number="2号"), removed_at=datetime(2018, 12, 1, 2))
    nights.night(date(2018, 12, 1))
    nights.site = settings(tmp_path, anhui=WorkbookChannel(kind="workbook", standard="2018_sfzh"))
    assert nights.night(date(2018, 12, 2)) == [("correct", "sent", "报送标准已更换")] * 3
    assert nights.night(date(2018, 12, 3)) == []
    assert nights.night(date(2018, 12, 5)) == [("withdraw", "sent", "公示期满")]
    nights.decide(by_hand.withdraw, date(2018, 12, 5), "2号", ORGANISATION.name)
    nights.night(date(2018, 12, 6))
    codes = set(load_standard(nights.site.mappings, "2018_sfzh").penalty.by_code)
    of_penalties = [set(s.row) == codes for s in nights.submissions() if s.record == "penalty"]
    assert of_penalties == [False] * 4 + [True] * 4, (
        "three additions, what waited; two withdrawals and two corrections"
    )


def test_a_correction_refused_after_the_switch_is_not_sent_every_night(nights: Nights, tmp_path: Path) -> None:
    nights.save(1, LICENCE)
    nights.night(DAY)
    nights.site = settings(tmp_path, anhui=WorkbookChannel(kind="workbook", standard="2018_sfzh"))
    assert nights.night(date(2018, 12, 1)) == [("correct", "sent", "报送标准已更换")]
    assert nights.answer(date(2018, 12, 2), Receipt(2, Answer.REJECTED, "许可内容不规范")) == 1
    assert nights.night(date(2018, 12, 2)) == []
    with writing(nights.engine) as connection:
        assert by_hand.send_again(connection, "anhui", "") == 1
    assert nights.night(date(2018, 12, 3)) == [("correct", "sent", "退回后重新报送")]
