"""Writing a batch's rows: only those that have not arrived, each as a new row or over its earlier one.

Before anything is written the table is asked. A row that bears the batch's UUID has arrived, by this night or one that
died. A row of an earlier hand-over is overwritten, its counter one higher. What the table cannot hold is refused row
by row, as the platform would refuse it, and the rest of the batch goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from credit_sync.interfaces.cells import UnfitError
from credit_sync.interfaces.messages import Answer
from credit_sync.interfaces.table import execute
from credit_sync.publishing.channels.channel import Batch, Receipt, Submitted
from credit_sync.publishing.channels.exchange_db.identity import Identity
from credit_sync.publishing.channels.exchange_db.table import ExchangeTable
from credit_sync.publishing.findings import shown

_THE_ROW = "the_row"
"""Parameter that finds the row to overwrite."""
_TWICE = "前置库的表 {} 里这一条（{} 相同）不止一行，没有写入；请前置库管理员清理成一行，再执行 credit-sync publish retry"

_NO_NUMBER = "前置库里这一条的 {} 是“{}”，不是整数，没有写入；请前置库管理员改正，再执行 credit-sync publish retry"


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What an earlier hand-over has left in the table."""

    batch: str
    counter: Any


def write(
    connection: Connection,
    target: ExchangeTable,
    batch: Batch,
    some: Sequence[Submitted],
    known: Mapping[int, Identity],
) -> Iterator[Receipt]:
    """Writes some of a batch's rows; yields a receipt for each that the table refuses."""
    there = _there(connection, target, [target.key(known[one.id]) for one in some])
    new: dict[int, dict[str, Any]] = {}
    old: dict[int, dict[str, Any]] = {}
    for one in some:
        identity = known[one.id]
        rows = there.get(target.key(identity), ())
        if any(row.batch == identity.batch for row in rows):
            continue
        if len(rows) > 1:  # which of them the platform takes nobody knows
            yield Receipt(one.id, Answer.REJECTED, _TWICE.format(target.table.name, target.mapping.row.key))
            continue
        earlier = rows[0] if rows else None
        try:
            values = _values(target, batch, one, identity, earlier)
        except UnfitError as reason:
            yield Receipt(one.id, Answer.REJECTED, str(reason))
        else:
            (new if earlier is None else old)[one.id] = values
    yield from _execute(connection, insert(target.table), new)
    key = target.column(target.mapping.row.key)
    overwriting = {id_: values | {_THE_ROW: values[key.name]} for id_, values in old.items()}
    yield from _execute(connection, update(target.table).where(key == bindparam(_THE_ROW)), overwriting)


def _there(connection: Connection, target: ExchangeTable, keys: Sequence[str]) -> dict[str, list[_Earlier]]:
    """Key -> what the table has under it: more than one row where its owners have let that happen."""
    row = target.mapping.row
    wanted = [target.column(name) for name in (row.key, row.batch, row.counter) if name]
    typed = [target.cells(row.key).of_text(key, row.key) for key in keys]
    found: dict[str, list[_Earlier]] = {}
    there = select(*wanted).where(wanted[0].in_(typed)).with_for_update()
    for key, of_batch, *number in connection.execute(there):
        earlier = _Earlier(str(of_batch or "").strip().lower(), number[0] if number else None)
        found.setdefault(str(key).strip().lower(), []).append(earlier)
    return found


def _following(counter: Any, name: str) -> int:
    """One more than what stands in the table. Raises UnfitError for what is no number."""
    try:
        return int(counter or 0) + 1
    except (ValueError, TypeError, OverflowError):
        raise UnfitError(_NO_NUMBER.format(name, shown(str(counter)))) from None


def _values(
    target: ExchangeTable, batch: Batch, one: Submitted, identity: Identity, earlier: _Earlier | None
) -> dict[str, Any]:
    """The whole row by the table's column names. Raises UnfitError."""
    row, receipt = target.mapping.row, target.mapping.receipt
    beside = {row.key: target.key(identity), row.batch: identity.batch, row.action: row.actions[one.action]}
    if row.counter:
        following = _following(earlier.counter, row.counter) if earlier else 1
        beside[row.counter] = str(max(identity.number, following))
    if receipt:
        beside[receipt.state] = receipt.initial
        beside |= dict.fromkeys((name for name in (receipt.reason, receipt.platform_id) if name), "")
    found = target.values(one.row)
    found |= {name: target.cells(name).of_text(value, name) for name, value in beside.items()}
    found |= {name: target.cells(name).of_time(batch.made_at, written) for name, written in row.times.items()}
    return {target.column(name).name: value for name, value in found.items()}


def _execute(connection: Connection, statement: Any, rows: Mapping[int, dict[str, Any]]) -> Iterator[Receipt]:
    for submission_id, reason in execute(connection, statement, rows):
        yield Receipt(submission_id, Answer.REJECTED, reason)
