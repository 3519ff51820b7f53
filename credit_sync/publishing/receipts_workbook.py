"""Receipts out of a feedback workbook: which submission each row is about.

A row belongs to a submission by the document's number and the subject: by code where both have one, else by name. It
is about the last one of the record that was handed over before. What belongs to none or to several, is older than what
was sent, or contradicts another row is reported and never guessed: every row ends as something.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from credit_sync.publishing.across_rows import number_key
from credit_sync.publishing.channels.channel import Receipt
from credit_sync.publishing.feedback import Feedback, Unclear
from credit_sync.publishing.findings import shown
from credit_sync.publishing.standard import FieldTable, Row, Standard
from credit_sync.records import RecordKind
from credit_sync.store.schema import batch, submission
from credit_sync.subjects.identifiers import uscc
from credit_sync.subjects.identifiers.folding import fold
from credit_sync.subjects.writing import folded


@dataclass(frozen=True, slots=True)
class Sent:
    """A submission that the platform has had, as a feedback workbook may name it."""

    id: int
    subject: str
    code: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Understood:
    """What came of all rows."""

    receipts: list[Receipt] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)
    waiting: int = 0
    """Rows on which the platform has not decided."""


def understand(rows: Iterable[Feedback | Unclear], sent: Mapping[str, Sequence[Sent]]) -> Understood:
    """The receipts, one for each submission, and the rows of which none came."""
    unclear: list[Unclear] = []
    waiting = 0
    told: defaultdict[int, list[Feedback]] = defaultdict(list)
    for row in rows:
        if isinstance(row, Unclear):
            unclear.append(row)
        elif row.answer is None:
            waiting += 1
        else:
            found = _submission_of(row, sent.get(number_key(row.document), ()))
            if isinstance(found, Sent):
                told[found.id].append(row)
            else:
                unclear.append(_unclear(row, found))
    receipts = []
    for submission_id, about in sorted(told.items()):
        if len({(row.answer, row.reason) for row in about}) > 1:
            unclear += [_unclear(row, "同一条报送在文件里有互相矛盾的结果") for row in about]
        elif (answer := about[0].answer) is not None:
            receipts.append(Receipt(submission_id, answer, about[0].reason, about[0].platform_id))
    order = sorted(unclear, key=lambda row: (row.place, row.row))
    return Understood(receipts, order, waiting)


def sent_through(
    connection: Connection, channel: str, standards: Callable[[str], Standard], until: datetime | None
) -> dict[str, list[Sent]]:
    """Folded document number -> the last submission of each record that was handed over, until a moment if need be.

    It may have been superseded since: the row is about it all the same, not about an earlier one that was accepted.
    `standards`: by name, for a row is read by the standard by which it was sent, and the channel may have another by now.
    """
    columns = (
        submission.c.id,
        submission.c.record,
        submission.c.record_id,
        submission.c.row,
        submission.c.sent_at,
        batch.c.standard,
    )
    of_batch = submission.join(batch, batch.c.id == submission.c.batch)
    had = (
        select(*columns)
        .select_from(of_batch)
        .where(submission.c.channel == channel, submission.c.sent_at.is_not(None))
    )
    if until:
        had = had.where(submission.c.sent_at <= until)
    last: dict[tuple[str, int], tuple[str, Sent]] = {}
    for found in connection.execution_options(yield_per=1000).execute(had.order_by(submission.c.id)):
        table = standards(found.standard).table(RecordKind(found.record))
        document = number_key(_filled(found.row, table, "document_number"))
        subject = folded(_filled(found.row, table, "subject_name"))
        code = fold(_filled(found.row, table, "uscc"))
        last[found.record, found.record_id] = (document, Sent(found.id, subject, code, found.sent_at))
    by_document: dict[str, list[Sent]] = {}
    for document, one in last.values():
        by_document.setdefault(document, []).append(one)
    return by_document


def _submission_of(row: Feedback, candidates: Sequence[Sent]) -> Sent | str:
    """The one submission that a row is about, or why there is none."""
    if not candidates:
        return "没有报送过这个文书号"
    code, subject = fold(row.code), folded(row.subject)
    if not code and not subject:
        return "没有相对人名称或代码，无法核对"
    same = [one for one in candidates if _is_same(one, code, subject)]
    if not same:
        return "文书号相同，相对人不符"
    if len(same) > 1:
        return f"有 {len(same)} 条报送的文书号和相对人都相同，无法确定是哪一条"
    if row.answered_on and row.answered_on < same[0].sent_at.date():
        return f"反馈日期 {row.answered_on} 早于最近一次报送 {same[0].sent_at:%Y-%m-%d}，是对以前报送的答复"
    return same[0]


def _is_same(one: Sent, code: str, subject: str) -> bool:
    """By code, unless it stands for one that is not issued yet, which many have."""
    if code and one.code and uscc.PLACEHOLDER not in (code, one.code):
        return code == one.code
    return bool(subject) and subject == one.subject


def _filled(row: Row, table: FieldTable, source: str) -> str:
    """What the published row has from a value of the record; '' where this edition does not publish it."""
    return next((row.get(f.code, "") for f in table.fields if source in f.from_ and row.get(f.code)), "")


def _unclear(row: Feedback, why: str) -> Unclear:
    return Unclear(row.place, row.row, shown(row.document), why)
