"""Why a listing no longer counts, in a sentence for the officer whose flag it held up."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, tuple_

from credit_sync.store.schema import listing, source_version
from credit_sync.subjects.identifiers import hide_in_text

EVIDENCE = "申报信息或名单信息更正后，证据不再成立"
MOVED = "名单条目的主体信息已更正，相关条目转到同一申报主体的另一条预警"
_MOST_NAMED = 5
"""Of many cases that leave together the first are named, the rest counted."""
_BLOCK = 5000
"""Values in one IN list: below the limit of SQLite (32,766 parameters)."""
_COLUMNS = ("id", "source", "number", "subject_name", "removed_at", "removed_on", "removal_reason", "changed_in")


def endings(connection: Connection, ids: Iterable[int], as_of: datetime) -> dict[int, str]:
    """The sentence for each of these listings that is gone from its list; none for those that are in force."""
    wanted = sorted(set(ids))
    found: dict[int, str] = {}
    for start in range(0, len(wanted), _BLOCK):
        c = listing.c
        query = select(*(c[name] for name in _COLUMNS)).where(c.id.in_(wanted[start : start + _BLOCK]))
        rows = connection.execute(query.order_by(c.id)).all()
        versions = _versions(connection, {(row.source, row.changed_in) for row in rows if row.removed_at})
        for row in rows:
            if why := _why(row, versions.get((row.source, row.changed_in)), as_of):
                found[row.id] = f"名单条目 {hide_in_text(row.number or row.subject_name)} {why}"
    return found


def why_closed(sentences: Sequence[str], others: int) -> str:
    """Why a flag has no case left: `sentences` of those that left their list; `others` count for something else."""
    if not sentences:
        return EVIDENCE if others else MOVED
    more = f"等共 {len(sentences)} 条" if len(sentences) > _MOST_NAMED else ""
    rest = f"；另有 {others} 条：{EVIDENCE}" if others else ""
    return f"{'；'.join(sentences[:_MOST_NAMED])}{more}{rest}"


def _versions(connection: Connection, wanted: set[tuple[str, int]]) -> Mapping[tuple[str, int], Any]:
    if not wanted:
        return {}
    c = source_version.c
    query = select(c.source, c.version, c.delivery, c.pulled_at, c.reason, c.back_to)
    rows = connection.execute(query.where(tuple_(c.source, c.version).in_(sorted(wanted))))
    return {(row.source, row.version): row for row in rows}


def _why(row: Any, version: Any, as_of: datetime) -> str:
    if row.removed_at is not None:
        return _gone(row, version)
    if row.removed_on is not None and row.removed_on <= as_of.date():
        reason = f"（{hide_in_text(row.removal_reason)}）" if row.removal_reason else ""
        return f"已于 {row.removed_on} 移出名单{reason}"
    return ""


def _gone(row: Any, version: Any) -> str:
    """`version`: the one that removed it; None where that is not known any more."""
    match version.delivery if version else "":
        case "full":
            return f"已不在 {version.pulled_at:%Y-%m-%d} 取得的名单（第 {version.version} 版）中"
        case "rollback":
            return f"已随名单回退到第 {version.back_to} 版而移出（{hide_in_text(version.reason)}）"
        case "end":
            return f"已随数据源 {version.source} 停用而移出（{hide_in_text(version.reason)}）"
    return f"已由来源于 {row.removed_at:%Y-%m-%d} 移出名单"
