"""Seven working days, by the published calendar and without one."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from credit_sync.channel_settings import WorkbookChannel
from credit_sync.errors import SettingsError
from credit_sync.interfaces.messages import Answer
from credit_sync.publishing import by_hand
from credit_sync.publishing.channels.channel import Receipt
from credit_sync.publishing.deadline_rules import load_deadline_rules
from credit_sync.publishing.deadlines import CHINA, Deadline, WorkingCalendar, last_day, working_days_late
from credit_sync.publishing.due import due
from credit_sync.publishing.outbox import State, outboxes_of
from credit_sync.publishing.publish import publish
from credit_sync.publishing.receipts import record_receipts
from credit_sync.records import Licence, LicenceState, Penalty, RecordKind
from credit_sync.settings import Settings
from credit_sync.status import status_text
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.orders import Order
from credit_sync.store.schema import submission
from tests.publishing import LICENCE, MAPPINGS, PENALTY, settings, store_record

WEEKENDS_ONLY = WorkingCalendar(lambda day: day.weekday() < 5, lambda _: False)
RULES = load_deadline_rules(MAPPINGS)
DAYS = st.dates(min_value=date(2004, 1, 1), max_value=date(2026, 10, 31))


@pytest.mark.parametrize(
    ("decided_on", "last", "certain"),
    [
        (date(2018, 11, 26), date(2018, 12, 5), True),  # a Monday
        (date(2018, 11, 30), date(2018, 12, 11), True),  # a Friday
        (date(2018, 12, 1), date(2018, 12, 11), True),  # a Saturday
        (date(2018, 9, 28), date(2018, 10, 12), True),  # 国庆; 9-29, 9-30 were worked, 10-1 to 10-7 not
        (date(2018, 12, 28), date(2019, 1, 9), True),  # 2018-12-29 (Saturday) was worked, 12-31 and 1-1 were not
        (date(2020, 9, 25), date(2020, 10, 12), True),  # 国庆 and 中秋 10-1 to 10-8; 9-27 and 10-10 were worked
        (date(2023, 9, 28), date(2023, 10, 13), True),  # 中秋 and 国庆 9-29 to 10-6; 10-7 and 10-8 were worked
        (
            date(2020, 1, 17),
            date(2020, 2, 4),
            True,
        ),  # 春节 from 1-24; 1-19 worked; extended to 2-2, so 2-1 was not
        (date(2020, 1, 23), date(2020, 2, 11), True),  # the last day before it
        (date(2026, 12, 14), date(2026, 12, 23), True),
        (date(2026, 12, 15), date(2026, 12, 24), False),  # the notice of 2027 may shift the last days of December
        (date(2026, 12, 25), date(2027, 1, 5), False),
        (date(2030, 11, 25), date(2030, 12, 4), False),
        (date(2003, 11, 24), date(2003, 12, 3), False),
        (date(9999, 12, 31), date(9999, 12, 31), False),
    ],
)
def test_publication_is_due_within_seven_working_days(decided_on: date, last: date, certain: bool) -> None:
    assert RULES.publication.deadline(decided_on) == Deadline(last, certain)


@pytest.mark.parametrize(
    ("accepted_on", "last"),
    [
        (date(2018, 11, 1), date(2018, 11, 29)),
        (date(2018, 9, 10), date(2018, 10, 12)),  # 4 + 5 + 4 (without 中秋, 9-24) + 2 (9-29, 9-30) + 5 after 国庆
        (date(2020, 1, 6), date(2020, 2, 10)),  # 4 + 5 + 1 (1-19) + 4 + 5 from 2-3, after the extended 春节, + 1
    ],
)
def test_a_licence_is_promised_within_twenty(accepted_on: date, last: date) -> None:
    (promise,) = RULES.promises
    assert (promise.deadline(accepted_on), promise.kind) == (Deadline(last, True), RecordKind.LICENCE)


def test_the_day_of_the_decision_may_be_day_one() -> None:
    same = RULES.publication.model_copy(update={"first_day": "same"})
    assert same.deadline(date(2018, 11, 26)).day == date(2018, 12, 4)
    assert same.deadline(date(2018, 12, 1)).day == date(2018, 12, 11)  # a Saturday counts in no case


@given(DAYS, st.integers(1, 30))
def test_just_so_many_working_days_lie_between(begin: date, days: int) -> None:
    last = last_day(begin, days, CHINA).day
    between = [date.fromordinal(n) for n in range(begin.toordinal() + 1, last.toordinal() + 1)]
    assert sum(CHINA.is_working_day(day) for day in between) == days
    assert CHINA.is_working_day(last)


@given(DAYS, DAYS, st.integers(1, 30))
def test_who_decides_later_may_publish_later(one: date, other: date, days: int) -> None:
    earlier, later = sorted((one, other))
    assert last_day(earlier, days, CHINA).day <= last_day(later, days, CHINA).day


@given(DAYS, st.integers(0, 800))
def test_days_late_count_on_from_the_deadline(deadline: date, after: int) -> None:
    done = deadline + timedelta(days=after)
    late = working_days_late(deadline, done, CHINA)
    assert (late == 0) == (after == 0)
    assert working_days_late(done, deadline, CHINA) == 0
    if late and CHINA.is_working_day(done):
        assert last_day(deadline, late, CHINA).day == done


@given(st.dates(max_value=date(9999, 1, 1)))
def test_without_a_calendar_it_is_nine_to_eleven_days_and_says_so(decided_on: date) -> None:
    found = last_day(decided_on, 7, WEEKENDS_ONLY)
    assert 9 <= (found.day - decided_on).days <= 11
    assert not found.certain


def test_status_says_which_deadline_is_without_a_calendar(engine: Engine, tmp_path: Path) -> None:
    with writing(engine) as connection:
        store_record(connection, 1, replace(LICENCE, decided_on=date(2030, 11, 25)))
    told = status_text(engine, settings(tmp_path), datetime(2030, 11, 26, 8))
    assert "应于 2030-12-04 前报送（按周末推算）" in told


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('to = "decided_on"', 'to = "note"', "to: note 不是 licence 的日期字段"),
        ('field = "licence_name"', 'field = "violation"', "only.field: licence 没有字段 violation"),
        ('from = "decided_on"', 'from = "valid_from"', "publication.from: 只能是 'decided_on'"),
        ("working_days = 7", "working_days = 0", "publication.working_days: 必须大于 0"),
    ],
)
def test_unusable_rules_are_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    text = (MAPPINGS / "deadlines.toml").read_text(encoding="utf-8")
    (tmp_path / "deadlines.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SettingsError, match=re.escape(complaint)):
        load_deadline_rules(tmp_path)


def test_what_is_due_and_what_is_late(engine: Engine, tmp_path: Path) -> None:
    site = settings(tmp_path)
    with writing(engine) as connection:
        store_record(connection, 1, LICENCE)
        store_record(connection, 2, replace(LICENCE, document_number="皖科动许〔2018〕2号", document_title=""))
    assert [(d.record_id, d.state, d.late) for d in due(engine, site, date(2018, 12, 5))] == [
        (1, "", False),
        (2, "", False),
    ]
    publish(engine, site, Run(1, datetime(2018, 12, 5, 2)))
    assert [(d.record_id, d.state, d.late) for d in due(engine, site, date(2018, 12, 5))] == [
        (2, "invalid", False)
    ]
    (late,) = due(engine, site, date(2018, 12, 6))
    assert (late.late, late.state_title, late.subject, late.row) == (True, "校验未通过", LICENCE.subject.name, 2)


def test_a_correction_is_due_from_the_day_of_the_change(engine: Engine, tmp_path: Path) -> None:
    site = settings(tmp_path)
    with writing(engine) as connection:
        store_record(connection, 1, LICENCE)
    publish(engine, site, Run(1, datetime(2018, 11, 30, 2)))
    with writing(engine) as connection:
        store_record(connection, 1, replace(LICENCE, document_title=""), changed_at=datetime(2019, 3, 1, 2))
    publish(engine, site, Run(2, datetime(2019, 3, 1, 2)))
    (item,) = due(engine, site, date(2019, 3, 1))
    assert item.deadline is not None
    assert (item.deadline.day, item.late, item.state) == (date(2019, 3, 12), False, "invalid")


def test_what_a_day_calls_for_is_due_from_that_day(engine: Engine, tmp_path: Path) -> None:
    """A licence expires five years after its last change, while the channel is out of order."""
    site = settings(tmp_path)
    with writing(engine) as connection:
        store_record(connection, 1, LICENCE)
    publish(engine, site, Run(1, datetime(2018, 11, 30, 2)))
    broken = settings(tmp_path, anhui=WorkbookChannel(kind="workbook", folder=Path("mappings")))
    (tmp_path / "mappings").write_text("a file where a folder should be")
    for number, day in ((2, 26), (3, 27)):
        publish(engine, broken, Run(number, datetime(2023, 11, day, 2)))
        (item,) = due(engine, broken, date(2023, 11, day))
        assert item.deadline is not None
        assert (item.state, item.deadline.day, item.late) == ("sending", date(2023, 12, 5), False)


def test_what_a_day_or_a_person_asks_for_is_due_from_then_on(engine: Engine, tmp_path: Path) -> None:
    site, run = settings(tmp_path), Run(2, datetime(2019, 3, 1, 2))
    (tmp_path / "blocked").write_text("", "utf-8")
    folder = WorkbookChannel(kind="workbook", folder=Path("blocked"))
    failing = site.model_copy(update={"channels": {"anhui": folder}})
    with writing(engine) as connection:
        store_record(connection, 1, replace(LICENCE, valid_to=date(2019, 2, 28)))
        store_record(connection, 1, PENALTY)
    publish(engine, site, Run(1, datetime(2018, 11, 30, 2)))
    with writing(engine) as connection:
        by_hand.repair(connection, PENALTY.document_number, "", Order("张科", "已修复"), run, on=date(2019, 3, 1))
    assert publish(engine, failing, run)["anhui"].problem
    repaired, expired = due(engine, site, date(2019, 3, 1))
    for item, day in ((repaired, 6), (expired, 12)):
        assert item.deadline is not None
        assert (item.deadline.day, item.late, item.state) == (date(2019, 3, day), False, "sending")
    publish(engine, site, replace(run, id=3))
    with writing(engine) as connection:
        sent = connection.scalars(select(submission.c.id).where(submission.c.state == State.SENT)).all()
        record_receipts(connection, "anhui", [Receipt(n, Answer.REJECTED, "格式") for n in sent[2:]], run.as_of)
        by_hand.send_again(connection, "anhui", "")
    assert publish(engine, failing, Run(4, datetime(2019, 3, 13, 2)))["anhui"].problem
    assert [(item.deadline.day, item.late) for item in due(engine, site, date(2019, 3, 13)) if item.deadline] == [
        (date(2019, 3, 6), True),
        (date(2019, 3, 12), True),
    ]


def test_a_correction_of_what_was_accepted_is_due_from_its_change(engine: Engine, tmp_path: Path) -> None:
    """Once the platform has taken it, the decision's own deadline is met, however old the decision is."""
    site = settings(tmp_path)
    with writing(engine) as connection:
        store_record(connection, 1, LICENCE)
    publish(engine, site, Run(1, datetime(2018, 11, 30, 2)))
    with writing(engine) as connection:
        accepted = [Receipt(1, Answer.ACCEPTED)]
        assert record_receipts(connection, "anhui", accepted, datetime(2018, 12, 1, 2)) == 1
        store_record(connection, 1, replace(LICENCE, document_title=""), changed_at=datetime(2019, 3, 1, 2))
    for number in (2, 3):  # not seen yet, then invalid
        (item,) = due(engine, site, date(2019, 3, 1))
        assert item.deadline is not None
        assert (item.deadline.day, item.late) == (date(2019, 3, 12), False)
        publish(engine, site, Run(number, datetime(2019, 3, 1, 2)))


def test_what_waits_in_the_place_of_another_is_due_all_the_same(engine: Engine, tmp_path: Path) -> None:
    """The decision is not public under its new name until a person says so: its days run on, as do those of the withdrawal."""
    site = settings(tmp_path)
    mended = replace(PENALTY, subject=replace(PENALTY.subject, name="合肥青檀实验动物股份有限公司"))
    with writing(engine) as connection:
        store_record(connection, 1, PENALTY)
    publish(engine, site, Run(1, datetime(2018, 11, 30, 2)))
    with writing(engine) as connection:
        store_record(connection, 1, PENALTY, removed_at=datetime(2018, 12, 5, 2))
        store_record(connection, 2, mended)
    assert [(item.record_id, item.state_title) for item in due(engine, site, date(2018, 12, 5))] == [
        (2, "尚未入库")
    ]
    publish(engine, site, Run(2, datetime(2018, 12, 5, 2)))
    addition, withdrawal = due(engine, site, date(2018, 12, 6))
    assert addition.deadline is not None
    assert (addition.record_id, addition.deadline.day, addition.late) == (2, date(2018, 12, 5), True)
    assert addition.reason == "同一文书号已报送过，来源中原来的那一条已删去"
    assert withdrawal.deadline is not None
    assert (withdrawal.record_id, withdrawal.deadline.day, withdrawal.late) == (1, date(2018, 12, 10), False)
    assert withdrawal.reason == "来源中已没有这条记录"


@pytest.mark.parametrize(
    ("record", "deadline"), [(PENALTY, date(2018, 12, 6)), (LICENCE, None)], ids=["a penalty", "a licence"]
)
def test_a_penalty_that_no_longer_stands_is_taken_back_within_three_working_days(
    engine: Engine, tmp_path: Path, record: Penalty | Licence, deadline: date | None
) -> None:
    """行政处罚法 art. 48 and 85: while it waits for a person, too, who must know by when he has to decide."""
    site = settings(tmp_path)
    with writing(engine) as connection:
        store_record(connection, 1, record)
    publish(engine, site, Run(1, datetime(2018, 11, 30, 2)))
    with writing(engine) as connection:
        store_record(connection, 1, record, removed_at=datetime(2018, 12, 3, 2))
    publish(engine, site, Run(2, datetime(2018, 12, 3, 2)))
    (item,) = due(engine, site, date(2018, 12, 6))
    assert (item.state, item.withdraws, item.late) == ("held", True, False)
    assert (item.deadline.day if item.deadline else None) == deadline
    (item,) = due(engine, site, date(2018, 12, 7))
    assert item.late is (deadline is not None)
    told = status_text(engine, site, datetime(2018, 12, 7))
    assert ("应于 2018-12-06 前撤回，已逾期" in told) is (deadline is not None)


def test_a_held_withdrawal_is_due_from_the_decision_of_the_person(engine: Engine, tmp_path: Path) -> None:
    """He took longer than the platform is given: the record that had gone is late only seven days after his word."""
    site, decided = settings(tmp_path), Run(3, datetime(2019, 3, 1, 9))
    gone = {"removed_at": datetime(2018, 12, 3, 2), "changed_at": datetime(2018, 12, 3, 2)}
    with writing(engine) as connection:
        store_record(connection, 1, LICENCE)
    publish(engine, site, Run(1, datetime(2018, 11, 30, 2)))
    with writing(engine) as connection:
        store_record(connection, 1, LICENCE, **gone)
    publish(engine, site, Run(2, datetime(2018, 12, 3, 2)))
    with writing(engine) as connection:
        outboxes = outboxes_of(site, "anhui", decided.as_of.date())
        found = by_hand.find(connection, outboxes, by_hand.withdraw, LICENCE.document_number, "")
        by_hand.withdraw(connection, found, Order("张科", "许可已注销"), decided)
    publish(engine, blocked(site, tmp_path), decided)
    (item,) = due(engine, site, date(2019, 3, 1))
    assert item.deadline is not None
    assert (item.state, item.reason, item.deadline.day) == ("sending", "许可已注销", date(2019, 3, 12))


def blocked(site: Settings, folder: Path) -> Settings:
    """The same, while its channel cannot write."""
    (folder / "blocked").write_text("", "utf-8")
    return site.model_copy(
        update={"channels": {"anhui": WorkbookChannel(kind="workbook", folder=Path("blocked"))}}
    )


def test_a_day_that_was_known_before_is_due_from_that_day(engine: Engine, tmp_path: Path) -> None:
    """The register knows of the revocation months before it takes effect: until then nothing has to be published."""
    site = settings(tmp_path)
    revoked = replace(LICENCE, state=LicenceState.REVOKED, state_since=date(2019, 3, 1))
    with writing(engine) as connection:
        store_record(connection, 1, LICENCE)
    publish(engine, site, Run(1, datetime(2018, 11, 30, 2)))
    with writing(engine) as connection:
        store_record(connection, 1, revoked, changed_at=datetime(2018, 12, 3, 2))
    publish(engine, site, Run(2, datetime(2018, 12, 3, 2)))
    assert due(engine, site, date(2019, 2, 28)) == []
    publish(engine, blocked(site, tmp_path), Run(3, datetime(2019, 3, 1, 2)))
    (item,) = due(engine, site, date(2019, 3, 1))
    assert item.deadline is not None
    assert (item.state, item.deadline.day, item.late) == ("sending", date(2019, 3, 12), False)


def test_what_a_person_let_stay_is_due_from_the_day_that_came(engine: Engine, tmp_path: Path) -> None:
    site, penalty = settings(tmp_path), replace(PENALTY, public_until=date(2019, 2, 28))
    with writing(engine) as connection:
        store_record(connection, 1, penalty)
        store_record(connection, 2, replace(penalty, document_number="2号"))
    publish(engine, site, Run(1, datetime(2018, 11, 30, 2)))
    with writing(engine) as connection:
        gone = {"removed_at": datetime(2018, 12, 3, 2), "changed_at": datetime(2018, 12, 3, 2)}
        store_record(connection, 1, penalty, **gone)
        store_record(connection, 2, replace(penalty, document_number="2号"), **gone)
    publish(engine, site, Run(2, datetime(2018, 12, 3, 2)))
    with writing(engine) as connection:
        outboxes = outboxes_of(site, "anhui", date(2018, 12, 4))
        found = by_hand.find(connection, outboxes, by_hand.keep, "2号", "")
        by_hand.keep(connection, found, Order("张科", "仍在公示期"), Run(3, datetime(2018, 12, 4, 9)))
    publish(engine, blocked(site, tmp_path), Run(4, datetime(2019, 3, 1, 2)))
    waited, kept = due(engine, site, date(2019, 3, 1))
    for item in (waited, kept):
        assert item.deadline is not None
        assert (item.state, item.deadline.day, item.late) == ("sending", date(2019, 3, 6), False)


def test_another_change_gives_no_more_days_to_what_has_not_gone_out(engine: Engine, tmp_path: Path) -> None:
    """Nor does a day that came before it; only when the register said again what is public do they begin anew."""
    site = settings(tmp_path)
    wrong = replace(LICENCE, document_title="")
    versions = [
        (LICENCE, date(2018, 11, 30), None),
        (replace(wrong, valid_to=date(2019, 3, 4)), date(2019, 3, 1), date(2019, 3, 12)),
        (None, date(2019, 3, 5), date(2019, 3, 12)),  # it has expired
        (replace(wrong, valid_to=date(2019, 3, 4), content="兔"), date(2019, 3, 6), date(2019, 3, 12)),
        (LICENCE, date(2019, 3, 7), None),
        (wrong, date(2019, 3, 8), date(2019, 3, 19)),
    ]
    for number, (record, day, last) in enumerate(versions, 1):
        at = datetime(day.year, day.month, day.day, 2)
        with writing(engine) as connection:
            if record is not None:
                store_record(connection, 1, record, changed_at=at)
        publish(engine, site, Run(number, at))
        days = [item.deadline.day for item in due(engine, site, day) if item.deadline]
        assert days == ([last] if last else []), number


def test_what_is_still_on_its_way_is_due_though_its_record_has_changed(engine: Engine, tmp_path: Path) -> None:
    """By something that is not published; and it is told of once where it has."""
    site = settings(tmp_path)
    with writing(engine) as connection:
        store_record(connection, 1, LICENCE)
    publish(engine, blocked(site, tmp_path), Run(1, datetime(2018, 11, 30, 2)))
    for number, record in enumerate((LICENCE, replace(LICENCE, content="兔")), 2):
        with writing(engine) as connection:
            store_record(connection, 1, record, changed_at=datetime(2018, 12, 3, 2))
        publish(engine, blocked(site, tmp_path), Run(number, datetime(2018, 12, 3, number)))
        (item,) = due(engine, site, date(2018, 12, 30))
        assert item.deadline is not None
        assert (item.state, item.deadline.day, item.late) == ("sending", date(2018, 12, 5), True)
