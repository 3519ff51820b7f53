"""Counting working days of mainland China: the last day for something, and how late it was done.

Working days are those of the State Council's yearly notice, shifted weekends included; for a year without a notice (in
the library's data) Monday to Friday, and the result says so. How many days, from which date and on what basis is data:
publishing/deadline_rules.py.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

_NEW_YEAR_SHIFTS = 24
"""From this day of December on the notice of the next year counts, too: 2018-12-29 was worked by that of 2019."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are worked. `published` is False for days whose notice is not known."""

    is_working_day: Callable[[date], bool]
    published: Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day. `certain` is False when it was counted by weekends only."""

    day: date
    certain: bool


def last_day(begin: date, working_days: int, calendar: WorkingCalendar) -> Deadline:
    """The last of so many working days, the first of them after the day `begin`."""
    day, left, certain = begin, working_days, True
    while left:
        if day == date.max:
            return Deadline(day, certain=False)
        day += timedelta(days=1)
        certain = certain and calendar.published(day)
        left -= calendar.is_working_day(day)
    return Deadline(day, certain)


def working_days_late(deadline: date, done: date, calendar: WorkingCalendar) -> int:
    """The working days after the deadline up to the day when it was done; 0 when it was in time.

    Done on a day off, it is as late as on the working day after it.
    """
    if done <= deadline:
        return 0
    late = bisect_right(_worked(done.year, calendar), done)
    late += sum(len(_worked(year, calendar)) for year in range(deadline.year, done.year))
    late -= bisect_right(_worked(deadline.year, calendar), deadline)
    return late + (not calendar.is_working_day(done))


@lru_cache(maxsize=512)
def _worked(year: int, calendar: WorkingCalendar) -> tuple[date, ...]:
    """The working days of a year."""
    days = map(date.fromordinal, range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1))
    return tuple(filter(calendar.is_working_day, days))


def _published(day: date) -> bool:
    return day.year in _YEARS and (day.month < 12 or day.day < _NEW_YEAR_SHIFTS or day.year + 1 in _YEARS)


@lru_cache(maxsize=16384)  # the library looks through all its days for every answer
def _is_working_day(day: date) -> bool:
    if day.year not in _YEARS:
        return day.weekday() < 5
    worked: bool = chinese_calendar.is_workday(day)
    return worked


_YEARS = frozenset(day.year for day in chinese_calendar.holidays)
CHINA = WorkingCalendar(_is_working_day, _published)
"""Mainland China, from the data of the chinesecalendar library."""
