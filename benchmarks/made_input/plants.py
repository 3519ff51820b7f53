"""What a planted pair is: an applicant and a listing whose relation is known, of one kind of variant."""

from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator

Row = dict[str, str]
"""name, identifier, region, legal_representative, sex, birth_year, former_names; absent ones count as blank."""
Pair = tuple[Row, Row]
Make = Callable[[Row, Row, Generator], Pair | None]
"""A subject as it is, another one, chance -> how the applicant and how the listing are written; None: does not fit."""


@dataclass(frozen=True)
class Kind:
    """A kind of planted pair.

    `least`: of one subject, the verdict that counts as found. `most`: of two, the highest that is no false alarm.
    """

    name: str
    make: Make
    same: bool = True
    least: str = "possible"
    most: str = ""
    compatible_ids: bool = False
    """Both sides show numbers that agree as far as both are visible, typed as publishers type them."""


def blank(row: Row, *fields: str) -> Row:
    """The row without these fields."""
    return {k: v for k, v in row.items() if k not in fields}
