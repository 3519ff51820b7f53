"""Gaps in consecutive numbers (漏报): a number that no record has is a decision that nobody entered.

Pure. The series are data: `mappings/credit_anhui/series.toml`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from credit_sync.publishing.rates import Rate
from credit_sync.toml_files import Strict, load, why_no_expression

_BRACKETS = str.maketrans(dict.fromkeys("[〔【{", "(") | dict.fromkeys("]〕】}", ")"))
_BLANKS = re.compile(r"\s+")
_MOST_DIGITS = 9
"""A longer one is no serial number."""


class Series(Strict):
    """One book of numbers, counted anew every year by every organ."""

    title: str
    field: Literal["document_number", "licence_number"]
    pattern: str
    write: str
    first: int | None = Field(default=None, ge=0)
    """The number with which a year begins; None when it is not known."""

    def read(self, text: str) -> tuple[int, int] | None:
        """(year, number) of a number that belongs to the series."""
        found = re.fullmatch(self.pattern, folded_number(text))
        parts = (found["year"] or "", found["number"] or "") if found else ("", "")
        if not all(part.isdecimal() and len(part) <= _MOST_DIGITS for part in parts):
            return None
        return int(parts[0]), int(parts[1])

    def written(self, year: int, number: int) -> str:
        """A number as people write it."""
        return self.write.format(year=year, number=number)

    @model_validator(mode="after")
    def _is_usable(self) -> Self:
        if problem := why_no_expression(self.pattern):
            raise ValueError(f"pattern: {problem}")
        if not {"year", "number"} <= set(re.compile(self.pattern).groupindex):
            raise ValueError("pattern: 要有 (?P<year>…) 和 (?P<number>…)")
        try:
            self.written(2018, 1)
        except (KeyError, IndexError, ValueError):
            raise ValueError("write: 只能用 {year} 和 {number}") from None
        return self


class _SeriesFile(Strict):
    """The whole of series.toml."""

    series: tuple[Series, ...] = ()


def load_series(mappings: Path) -> tuple[Series, ...]:
    """The series to be looked through. Raises SettingsError that names every wrong key."""
    return load(mappings / "credit_anhui" / "series.toml", _SeriesFile).series


@dataclass(frozen=True, slots=True)
class Numbered:
    """The numbers of one decision of any kind, published or not, and who took it in which year."""

    organ: str
    year: int
    document_number: str
    licence_number: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing numbers, both ends included."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class SeriesYear:
    """A series in one year of one organ, from its first number to the highest known one."""

    series: Series
    organ: str
    year: int
    first: int
    last: int
    gaps: tuple[Gap, ...]

    @property
    def missing(self) -> int:
        """Numbers that no record has."""
        return sum(gap.count for gap in self.gaps)

    @property
    def expected(self) -> int:
        """Numbers from the first to the last."""
        return self.last - self.first + 1

    @property
    def missing_rate(self) -> Rate:
        """漏报率."""
        return Rate(self.missing, self.expected)


def series_years(series: Iterable[Series], decisions: Sequence[Numbered]) -> tuple[SeriesYear, ...]:
    """Every series by organ and year, in the order of the series.

    How far a year goes is told by the decisions of that year alone: a change of 2018 to a licence of 2015 does not
    say that the register holds 2015. That its number is in use, it does say.
    """
    return tuple(found for one in series for found in _years_of(one, decisions))


def gaps_in(known: Collection[int], first: int, last: int) -> tuple[Gap, ...]:
    """The numbers from first to last that are not known, as ranges."""
    found, expected = [], first
    for number in sorted({n for n in known if first <= n <= last} | {last + 1}):
        if number > expected:
            found.append(Gap(expected, number - 1))
        expected = number + 1
    return tuple(found)


def folded_number(text: str) -> str:
    """A document number with one spelling of digits and brackets and without blanks.

    >>> folded_number("皖科动许用〔２０１８〕 12 号")
    '皖科动许用(2018)12号'
    """
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).translate(_BRACKETS)


def _years_of(series: Series, decisions: Iterable[Numbered]) -> Iterator[SeriesYear]:
    known: dict[tuple[str, int], set[int]] = {}
    of_the_year: dict[tuple[str, int], set[int]] = {}
    for decision in decisions:
        text = decision.document_number if series.field == "document_number" else decision.licence_number
        if (read := series.read(text)) is not None:
            year, number = read
            known.setdefault((decision.organ, year), set()).add(number)
            if year == decision.year:
                of_the_year.setdefault((decision.organ, year), set()).add(number)
    for (organ, year), numbers in sorted(of_the_year.items()):
        lowest, last = min(numbers), max(numbers)
        first = lowest if series.first is None else min(series.first, lowest)
        yield SeriesYear(series, organ, year, first, last, gaps_in(known[organ, year], first, last))
