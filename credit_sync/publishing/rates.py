"""Months, and rates with their parts. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its parts; there is none of nothing."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """From 0 to 1; None when the denominator is 0."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Self:
        """The month of a day."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        following = self.earlier(-1)
        return datetime(following.year, following.number, 1)

    def earlier(self, months: int) -> "Month":
        """The month so many before."""
        year, number = divmod(self.year * 12 + self.number - 1 - months, 12)
        return Month(year, number + 1)

    def __contains__(self, day: date) -> bool:
        return (day.year, day.month) == (self.year, self.number)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"
