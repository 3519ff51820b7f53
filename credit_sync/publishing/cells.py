"""From the cells of somebody's workbook to published texts, as the platform would read them. Pure."""

import math
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_EXACT = 10**15
"""Spreadsheets keep fifteen digits of a number and put zeros in place of the rest."""
_ERRORS = frozenset(["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"])


def cell_text(value: Any, date_format: str) -> str:
    """A cell's value as text: dates in the standard's notation, numbers as people see them.

    A number too long to be exact comes as the spreadsheet shows it, which the rule `number_damaged` knows.

    >>> cell_text(913401000000000000, ""), cell_text(0.30000000000000004, ""), cell_text(date(2018, 1, 2), "%Y/%m/%d")
    ('9.13401E+17', '0.3', '2018/01/02')
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number_text(value)
    if isinstance(value, date):
        return _date_text(value, date_format)
    return str(value)


def is_error(text: str) -> bool:
    """A formula's error: #N/A."""
    return text in _ERRORS


def is_number(value: Any) -> bool:
    """A number that still has all its digits."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _EXACT


def is_formula(cell: Any, value: Any) -> bool:
    """Whether a cell, seen with formulas, is one; `value` is the same cell with what it came to."""
    if isinstance(cell, str):
        return cell.startswith("=") and cell != value
    return cell is not None and not isinstance(cell, int | float | date) and cell != value


def is_blank(texts: Iterable[str]) -> bool:
    """A row that says nothing."""
    return not any(text and not text.isspace() for text in texts)


def _number_text(value: float) -> str:
    if not math.isfinite(value):
        return repr(value)
    if abs(value) >= _EXACT:
        return f"{value:.5E}"
    if value == int(value):
        return str(int(value))
    six = round(value, 6)
    return format(Decimal(repr(six if abs(six - value) < 1e-9 else value)), "f")


def _date_text(value: date, date_format: str) -> str:
    if not isinstance(value, datetime):
        return value.strftime(date_format)
    midnight = not (value.hour or value.minute or value.second)
    return value.strftime(date_format if midnight else f"{date_format} %H:%M:%S")
