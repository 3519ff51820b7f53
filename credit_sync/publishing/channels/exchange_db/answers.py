"""What the platform has made of our rows: its state column, in the words of the mapping."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from credit_sync.interfaces.messages import Answer
from credit_sync.logs import log
from credit_sync.publishing.channels.channel import Receipt, Submitted
from credit_sync.publishing.channels.exchange_db.identity import Identity
from credit_sync.publishing.channels.exchange_db.mapping import ExchangeReceipt
from credit_sync.publishing.channels.exchange_db.table import ExchangeTable


def answers(
    connection: Connection,
    target: ExchangeTable,
    some: Sequence[Submitted],
    known: Mapping[int, Identity],
    unknown: Counter[str],
) -> Iterator[Receipt]:
    """A receipt for every submission that has an answer; states without a meaning are counted in `unknown`.

    A row that bears another batch's UUID answers another hand-over, and says nothing about this one. Nor do copies of
    a row that contradict each other.
    """
    row, receipt = target.mapping.row, target.mapping.receipt
    if receipt is None:
        return
    ours = {target.key(known[one.id]): one.id for one in some}
    names = {"row": row.key, "batch": row.batch, "state": receipt.state}
    names |= {"reason": receipt.reason or "", "number": receipt.platform_id or ""}
    columns = [target.column(name).label(label) for label, name in names.items() if name]
    typed = [target.cells(row.key).of_text(key, row.key) for key in ours]
    told: defaultdict[int, list[Receipt]] = defaultdict(list)
    for found in connection.execute(select(*columns).where(target.column(row.key).in_(typed))):
        submission_id = ours[_text(found, "row").lower()]
        if _text(found, "batch").lower() == known[submission_id].batch:
            told[submission_id] += _receipt(submission_id, found, receipt, unknown)
    for receipts in told.values():
        if len({one.answer for one in receipts}) == 1:
            yield receipts[0]
    if contradictory := sum(len({one.answer for one in receipts}) > 1 for receipts in told.values()):
        log.warning("前置库里同一条有互相矛盾的结果，按等待处理", table=target.table.name, rows=contradictory)


def unexplained_states(connection: Connection, target: ExchangeTable) -> dict[str, int]:
    """States in the whole table that the mapping does not explain, with their number of rows."""
    receipt = target.mapping.receipt
    if receipt is None:
        return {}
    state = target.column(receipt.state)
    found = connection.execute(select(state, func.count()).group_by(state))
    counted = {"" if value is None else str(value).strip(): count for value, count in found}
    return {value: count for value, count in sorted(counted.items()) if value not in receipt.known()}


def _receipt(
    submission_id: int, found: Row[Any], receipt: ExchangeReceipt, unknown: Counter[str]
) -> Iterator[Receipt]:
    state = _text(found, "state")
    if state in receipt.accepted:
        yield Receipt(submission_id, Answer.ACCEPTED, platform_id=_text(found, "number"))
    elif state in receipt.rejected:
        reason = _text(found, "reason") or "平台没有写明原因"
        yield Receipt(submission_id, Answer.REJECTED, reason, _text(found, "number"))
    elif state not in receipt.known():
        unknown[state] += 1


def _text(found: Row[Any], label: str) -> str:
    value = found._mapping.get(label)
    return "" if value is None else str(value).strip()
