"""Entries of the audit log, for a terminal and for programs."""

from collections.abc import Iterable, Mapping
from typing import Any

from credit_sync.reporting import labels
from credit_sync.reporting.gate import PASSAGE_TITLES
from credit_sync.reporting.shown import shortened, shown
from credit_sync.store.audit import Entry

_LONGEST = 200
_DETAIL = {
    "reason": "理由",
    "text": "说明",
    "state": "状态",
    "found": "记录数",
    "verdict": "结论",
    "scopes": "范围",
    "systems": "系统",
    "origin": "来自",
    "rows": "行数",
    "applicants": "主体数",
    "why": "原因",
    "change": "变更",
    "way": "方式",
    "address": "来自",
    "roles": "角色",
    "departments": "处室",
    "subject": "相对人",
}
"""The details that a line shows, in this order; the rest is in the JSON."""
_CODED = ("reason", "scopes", "systems", "change", "way", "roles", "departments")


def entries_text(entries: Iterable[Entry], titles: Mapping[str, str]) -> str:
    """A line for each. `titles`: what roles and reasons of decisions are called."""
    lines = [
        f"{e.id}  {e.at:%Y-%m-%d %H:%M:%S}  {shown(e.who)}  {labels.label(labels.ACTIONS, e.action)}  {shown(e.target)}"
        f"{f'（{said}）' if (said := detail_text(e.detail, titles)) else ''}"
        for e in entries
    ]
    return "\n".join([*lines, f"共 {len(lines)} 条"])


def entries_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """All of it."""
    return [
        {
            "id": e.id,
            "at": e.at.isoformat(),
            "who": e.who,
            "action": e.action,
            "target": e.target,
            "detail": e.detail,
            "digest": e.digest,
        }
        for e in entries
    ]


def detail_text(detail: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """What a line or a page shows of an entry's details; '' where there is nothing to show."""
    words = {**labels.AUDIT_CODES, **titles}
    said = [f"{title} {_value(name, detail[name], words)}" for name, title in _DETAIL.items() if detail.get(name)]
    return shortened("，".join(said), _LONGEST)


def _value(name: str, value: Any, words: Mapping[str, str]) -> str:
    parts = [str(part) for part in value] if isinstance(value, list) else [str(value)]
    if name == "state":
        return labels.label(labels.STATES, parts[0])
    if name == "verdict":  # of the gate, the only one that goes on record with an answer
        return labels.label(PASSAGE_TITLES, parts[0])
    if name in _CODED:
        parts = [words.get(part, part) for part in parts]
    return shown("、".join(parts))
