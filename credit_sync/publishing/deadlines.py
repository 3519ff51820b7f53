"""Publication is due within 7 working days of the decision (国办发 rules on 双公示: 自作出行政决定之日起7个工作日内).

Day 1 is the first working day after the day of the decision: an assumption, because the rule does not say whether
the day of the decision counts. Working days are those of the State Council's yearly notice, shifted weekends
included; for a year without a notice (in the library's data) Monday to Friday, and the result says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar

WORKING_DAYS = 7


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are worked. `published` is False for years whose holidays are not known."""

    is_working_day: Callable[[date], bool]
    published: Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day. `certain` is False when it was counted by weekends only."""

    day: date
    certain: bool


def publication_deadline(decided_on: date, calendar: WorkingCalendar) -> Deadline:
    """The last day on which publishing a decision is in time."""
    day, left, certain = decided_on, WORKING_DAYS, True
    while left:
        if day == date.max:
            return Deadline(day, certain=False)
        day += timedelta(days=1)
        certain = certain and calendar.published(day.year)
        left -= calendar.is_working_day(day)
    return Deadline(day, certain)


def _published(year: int) -> bool:
    return year in _YEARS


def _is_working_day(day: date) -> bool:
    if not _published(day.year):
        return day.weekday() < 5
    worked: bool = chinese_calendar.is_workday(day)
    return worked


_YEARS = frozenset(day.year for day in chinese_calendar.holidays)
CHINA = WorkingCalendar(_is_working_day, _published)
"""Mainland China, from the data of the chinesecalendar library."""
