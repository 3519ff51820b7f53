"""Rows as connectors deliver them: named values and where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


class Origin(NamedTuple):
    """Where a row came from: source, file (with sheet) or page, row number as a person would count it, when."""

    source: str
    place: str
    row: int
    pulled_at: datetime


@dataclass(slots=True)
class RawRow:
    """One row, untouched. Values are what the format yields: text, numbers, dates, nested lists and tables."""

    origin: Origin
    values: Mapping[str, Any]
    digest: bytes = b""
    """Of the values and how they are read (credit_sync.sources.row_digests), where somebody asks for it."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row the connector could delimit but not read, such as a JSON line that is no JSON."""

    origin: Origin
    text: str
    reason: str


Row = RawRow | BrokenRow
