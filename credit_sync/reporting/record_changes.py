"""What happened to one record since it was first seen: changes, with the fields that changed, as the history keeps them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from credit_sync.records import RecordKind
from credit_sync.sources.target_fields import TARGET_FIELDS
from credit_sync.store.columns import SUBJECT_PREFIX
from credit_sync.store.list_changes import NOT_SAID
from credit_sync.store.schema import RECORD_TABLES, record_history

_TITLES = {"changed": "变更", "removed": "移出", "restored": "恢复"}
_OTHER_TITLES = {"subject_identifiers": "证件号码", "list": "名单"}


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One change; `fields` are the titles of what says something else."""

    at: datetime
    title: str
    fields: tuple[str, ...]


def record_changes(connection: Connection, kind: RecordKind, record_id: int) -> Iterator[RecordChange]:
    """The changes of a record in the order in which they came; its first appearance is not one."""
    c = record_history.c
    here = (c.record == kind.value, c.record_id == record_id, c.change != "added")
    query = select(c.change, c.at, c.before).where(*here).order_by(c.version.desc())
    table = RECORD_TABLES[kind]
    present = connection.execute(select(table).where(table.c.id == record_id)).mappings().first()
    after: Mapping[str, Any] = {name: _as_json(value) for name, value in dict(present or {}).items()}
    found = []
    for row in connection.execute(query):
        fields = tuple(
            column_title(kind, n) for n in row.before if n not in NOT_SAID and _differs(row.before, after, n)
        )
        found.append(RecordChange(row.at, _TITLES.get(row.change, row.change), fields))
        after = row.before or after
    return reversed(found)


def _differs(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> bool:
    return bool(_as_json(before[name]) != after.get(name))


def column_title(kind: RecordKind, column: str) -> str:
    """What a column of a record is called in Chinese."""
    name = column.removeprefix(SUBJECT_PREFIX)
    fields = TARGET_FIELDS[kind]
    return _OTHER_TITLES.get(column) or (fields[name].title if name in fields else name)


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
