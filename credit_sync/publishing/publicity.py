"""How long a penalty is public: to its own 公示截止期, else for the profile's period, or until credit repair (信用修复).

Publicity is counted from the decision: 1 year, 3 for serious cases (信用中国 since 2017-07-31); at most 3 years
(信用信息修复管理办法（试行）, 国家发展改革委令第58号, since 2023-05-01). Which period holds is the profile's to say:
`publicity` of its penalty table.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from credit_sync.publishing.field_table import Period
from credit_sync.publishing.values import Published
from credit_sync.records import Licence

OVER, REPAIRED = "公示期满", "信用修复"


@dataclass(frozen=True, slots=True)
class End:
    """The first day on which a record is no longer public, and why."""

    day: date
    cause: str


def end_of_publicity(record: Published, periods: Sequence[Period], repaired_on: date | None) -> End | None:
    """When a record leaves publicity; None for licences, and where neither record nor profile says.

    `repaired_on`: what a person has put on record; the source may name a day, too, and the earlier one counts.
    """
    if isinstance(record, Licence):
        return None
    last = last_public_day(record.public_until, record.decided_on, periods)
    repairs = [day for day in (record.repaired_on, repaired_on) if day]
    ends = [End(day, REPAIRED) for day in repairs]
    if last is not None and last < date.max:
        ends.append(End(last + timedelta(days=1), OVER))
    return min(ends, key=lambda end: end.day, default=None)


def last_public_day(public_until: date | None, decided_on: date, periods: Sequence[Period]) -> date | None:
    """By 公示截止期, else by the profile. One before the decision is mistyped and ends nothing: validation tells it."""
    named = public_until is not None and public_until >= decided_on
    return public_until if named else default_end(decided_on, periods)


def default_end(decided_on: date, periods: Sequence[Period]) -> date | None:
    """The last public day by the period that was in force on the day of the decision."""
    in_force = [period for period in periods if period.decided_from <= decided_on]
    return add_months(decided_on, max(in_force, key=lambda p: p.decided_from).months) if in_force else None


def last_decision_over(period: Period, on: date) -> date:
    """The latest decision whose period has ended before a day: everything decided up to it is over, too."""
    day = add_months(on, -period.months) + timedelta(days=3)  # months differ in length by up to three days
    while add_months(day, period.months) >= on:
        day -= timedelta(days=1)
    return day


def add_months(day: date, months: int) -> date:
    """The same day of a later (or earlier) month, or that month's last where it is shorter.

    >>> add_months(date(2020, 2, 29), 12), add_months(date(2023, 5, 31), -3)
    (datetime.date(2021, 2, 28), datetime.date(2023, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
