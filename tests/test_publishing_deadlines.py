"""Seven working days, by the published calendar and without one."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from credit_sync.publishing.deadlines import CHINA, WorkingCalendar, publication_deadline
from credit_sync.publishing.due import due
from credit_sync.publishing.publish import publish
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from tests.publishing import LICENCE, settings, store_record

WEEKENDS_ONLY = WorkingCalendar(lambda day: day.weekday() < 5, lambda _: False)


@pytest.mark.parametrize(
    ("decided_on", "last_day", "certain"),
    [
        (date(2018, 11, 26), date(2018, 12, 5), True),  # a Monday
        (date(2018, 11, 30), date(2018, 12, 11), True),  # a Friday
        (date(2018, 12, 1), date(2018, 12, 11), True),  # a Saturday
        (date(2018, 9, 28), date(2018, 10, 12), True),  # 国庆; 9-29, 9-30 were worked, 10-1 to 10-7 not
        (date(2018, 12, 28), date(2019, 1, 9), True),  # 2018-12-29 (Saturday) was worked, 12-31 and 1-1 were not
        (date(2030, 11, 25), date(2030, 12, 4), False),
        (date(2003, 11, 24), date(2003, 12, 3), False),
        (date(9999, 12, 31), date(9999, 12, 31), False),
    ],
)
def test_deadlines(decided_on: date, last_day: date, certain: bool) -> None:
    found = publication_deadline(decided_on, CHINA)
    assert (found.day, found.certain) == (last_day, certain)


@given(st.dates(min_value=date(2005, 1, 1), max_value=date(2025, 12, 1)))
def test_exactly_seven_working_days_lie_between(decided_on: date) -> None:
    last = publication_deadline(decided_on, CHINA).day
    days = [date.fromordinal(n) for n in range(decided_on.toordinal() + 1, last.toordinal() + 1)]
    assert sum(CHINA.is_working_day(day) for day in days) == 7
    assert CHINA.is_working_day(last)


@given(st.dates(max_value=date(9999, 1, 1)))
def test_without_a_calendar_it_is_nine_to_eleven_days_and_says_so(decided_on: date) -> None:
    found = publication_deadline(decided_on, WEEKENDS_ONLY)
    assert 9 <= (found.day - decided_on).days <= 11
    assert not found.certain


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
