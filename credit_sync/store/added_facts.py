"""Facts of the records that a pull adds, counted by column as they are written.

Where nothing else of the source is in force, as after a first load, they are what `count_facts` would find by going
through all of them twice (tests/test_added_facts.py compares).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import JSON, Table, Text

from credit_sync.records import RECORD_CLASSES, RecordKind
from credit_sync.store import schema
from credit_sync.store.columns import value_names
from credit_sync.store.doubts import UNUSED
from credit_sync.store.facts import LONGEST_PLACE, NUMBERS, Facts, column_name
from credit_sync.store.read_records import ReadRecords

_Has = Callable[[Any], bool]


class AddedFacts:
    """Counts the records of one pull that are new."""

    def __init__(self, kind: RecordKind, fields: Sequence[str], today: date) -> None:
        """`fields`: those of which is counted how many records have them."""
        table = schema.RECORD_TABLES[kind]
        self._names = value_names(RECORD_CLASSES[kind])
        self._has = {name: (column_name(table, name), _has(table, name)) for name in fields}
        self._today = today.isoformat()
        self.rows = 0
        self._unused = 0
        self._filled: Counter[str] = Counter(dict.fromkeys(fields, 0))
        self._places: Counter[str] = Counter()
        self._newest = ""

    def count(self, records: ReadRecords) -> None:
        """New records."""
        count = len(records)
        columns = {
            name: column if isinstance(column, list) else [column] * count
            for name, column in zip(self._names, records.values, strict=True)
        }
        self.rows += count
        self._unused += sum(UNUSED in warnings for warnings in columns["warnings"])
        for field, (name, has) in self._has.items():
            self._filled[field] += sum(map(has, columns[name]))
        regions = columns["subject_region"]
        for (region, organ), times in Counter(zip(regions, columns.get("organ", regions), strict=True)).items():
            self._places[(region or organ or "")[:LONGEST_PLACE]] += times
        published = set(columns.get("published_on", ())) - {None}
        self._newest = max([self._newest, *(day for day in published if day <= self._today)])

    def facts(self, province_of: Callable[[str], str]) -> Facts:
        """Of all that were counted; `province_of` as for `count_facts`."""
        provinces: Counter[str] = Counter()
        for place, times in self._places.items():
            provinces[province_of(place)] += times
        return Facts(
            rows=self.rows,
            touched=self.rows,
            unused=self._unused,
            filled=dict(self._filled),
            touched_filled=dict(self._filled),
            provinces=dict(sorted(provinces.items())),
            newest=self._newest,
        )


def _has(table: Table, field: str) -> _Has:
    """Whether a value of the field's column, as `to_values` makes it, says that a record has the field."""
    kind = table.c[column_name(table, field)].type
    if field in NUMBERS:
        quoted = f'"{field}"'
        return lambda numbers: quoted in numbers
    if isinstance(kind, JSON):
        return "[]".__ne__
    return bool if isinstance(kind, Text) else lambda value: value is not None
