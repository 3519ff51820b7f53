"""What is other about flags than at the last report, in sentences."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, select

from credit_sync import review
from credit_sync.records import RecordKind
from credit_sync.reporting import labels
from credit_sync.reporting.record_changes import record_changes
from credit_sync.reporting.review_text import change_text
from credit_sync.reporting.shown import shown
from credit_sync.screening.decisions import Step
from credit_sync.store import schema

_RECORDS = {RecordKind.APPLICANT: "申报信息", RecordKind.LISTING: "名单条目"}

Cases = Mapping[int, Sequence[tuple[RowMapping, str]]]
"""By flag: its open matches, each with the number of its listing."""


def flag_changes(
    connection: Connection, flags: Sequence[Row[Any]], cases: Cases, previous: datetime
) -> dict[int, tuple[str, ...]]:
    """By flag that has changed since `previous`: what. None of flags that only opened since."""
    known = _states_before(connection, (f.id for f in flags if f.changed_at > previous), previous)
    changed = [f for f in flags if f.id in known]
    closings = _closings(connection, [f for f in changed if f.opened_at > previous])
    touched = {
        RecordKind.APPLICANT: _touched(
            connection, RecordKind.APPLICANT, (f.applicant_id for f in changed), previous
        ),
        RecordKind.LISTING: _touched(
            connection,
            RecordKind.LISTING,
            (match["listing_id"] for f in changed for match, _ in cases.get(f.id, ())),
            previous,
        ),
    }
    return {
        f.id: (
            *(f"曾于 {at:%Y-%m-%d} 关闭，现又出现" for at in closings.get(f.id, ())[-1:]),
            *_own(f, known[f.id]),
            *_reopenings(connection, f, previous),
            *_of_cases(f, cases.get(f.id, ()), previous),
            *touched[RecordKind.APPLICANT].get(f.applicant_id, ()),
            *(
                sentence
                for match, _ in cases.get(f.id, ())
                for sentence in touched[RecordKind.LISTING].get(match["listing_id"], ())
            ),
        )
        for f in changed
    }


def _states_before(connection: Connection, ids: Iterable[int], previous: datetime) -> dict[int, Row[Any]]:
    """The last entry of each flag's history from before, by flag; none for those that were not there."""
    c = schema.flag_history.c
    query = select(schema.flag_history).where(c.at <= previous).order_by(c.id)
    wanted = set(ids)
    return {row.flag_id: row for row in connection.execute(query) if row.flag_id in wanted} if wanted else {}


def _closings(connection: Connection, returned: Sequence[Row[Any]]) -> dict[int, list[datetime]]:
    """By flag that was closed and is there again: when it was closed before, the last one last."""
    if not returned:
        return {}
    c, opened = schema.flag_history.c, {f.id: f.opened_at for f in returned}
    found: dict[int, list[datetime]] = {}
    for row in connection.execute(select(c.flag_id, c.at).where(c.change == "closed").order_by(c.id)):
        if row.flag_id in opened and row.at < opened[row.flag_id]:
            found.setdefault(row.flag_id, []).append(row.at)
    return found


def _own(now: Row[Any], then: Row[Any]) -> Iterator[str]:
    for title, before, after in (
        ("判定", labels.VERDICTS[then.verdict], labels.VERDICTS[now.verdict]),
        ("可能性", labels.percent(then.probability), labels.percent(now.probability)),
        ("措施", labels.EFFECTS[then.effect], labels.EFFECTS[now.measure["effect"]]),
    ):
        if before != after:
            yield f"{title}：{before} → {after}"


def _reopenings(connection: Connection, found: Row[Any], previous: datetime) -> Iterator[str]:
    """Why a decision no longer held, with what is other than when it was taken."""
    if found.decision_id is None:
        return
    for step in review.history(connection, found.id):
        if step.step is Step.REOPEN and step.at > previous:
            yield f"结论不再成立：{shown(step.text)}"
            yield from map(change_text, step.changes)


def _of_cases(now: Row[Any], cases: Iterable[tuple[RowMapping, str]], previous: datetime) -> Iterator[str]:
    for match, number in cases:
        if match["found_at"] > previous:
            yield f"新增条目 {shown(number) or '（无文号）'}"
        elif match["changed_at"] > previous and match["changed_at"] == now.opened_at:
            yield f"条目 {shown(number) or '（无文号）'} 再次计入"  # it went with the flag, and came back with it
        elif match["changed_at"] > previous:
            yield f"条目 {shown(number) or '（无文号）'} 的证据有变化"


def _touched(
    connection: Connection, kind: RecordKind, ids: Iterable[int], previous: datetime
) -> dict[int, tuple[str, ...]]:
    """By record that its source has corrected since: which fields."""
    c = schema.record_history.c
    later = (c.record == kind.value, c.at > previous, c.change == "changed")
    wanted = set(ids)
    records = {n for n in connection.scalars(select(c.record_id).where(*later)) if n in wanted} if wanted else ()
    return {
        number: tuple(
            f"{_RECORDS[kind]}更正：{'、'.join(change.fields)}"
            for change in record_changes(connection, kind, number)
            if change.at > previous and change.fields
        )
        for number in records
    }
