"""`lists diff`: what came, went and changed between two versions of a list, as text and as JSON; numbers hidden."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from credit_sync.errors import CreditSyncError
from credit_sync.records import RecordKind
from credit_sync.reporting.list_versions import named_lists
from credit_sync.reporting.record_changes import column_title
from credit_sync.reporting.shown import shortened, shown
from credit_sync.screening.measures import Measures
from credit_sync.settings import Settings
from credit_sync.store.list_changes import ListChange, changes_of, moves
from credit_sync.store.list_history import Version, accepted_versions
from credit_sync.subjects.identifiers import Identifier, IdentifierKind

_TITLES = {"came": "新增", "went": "移出", "changed": "变更"}
_SIGNS = {"came": "+", "went": "-", "changed": "~"}
_LONGEST_VALUE = 40


@dataclass(slots=True)
class Difference:
    """Two versions of one source: how many listings came, went and changed, and the first of each."""

    older: Version
    newer: Version
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[ListChange]] = field(default_factory=lambda: {what: [] for what in _TITLES})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which versions to compare, None for the last two, and how many entries of each kind to show."""

    older: int | None
    newer: int | None
    most: int


def differences(
    connection: Connection, settings: Settings, measures: Measures, asked: str, wanted: Wanted
) -> list[Difference]:
    """One for each source of the list that has two versions to compare. Raises CreditSyncError."""
    pairs = compared_versions(connection, settings, measures, asked, wanted)
    return [difference(connection, *pair, wanted.most) for pair in pairs]


def compared_versions(
    connection: Connection, settings: Settings, measures: Measures, asked: str, wanted: Wanted
) -> list[tuple[Version, Version]]:
    """The older and the newer version of each source that has two to compare. Raises CreditSyncError."""
    states = named_lists(connection, settings, datetime.now(), measures, asked)
    sources = [source for state in states.values() for source in state.sources]
    numbered = (wanted.older, wanted.newer) != (None, None)
    if asked in sources and (numbered or asked not in states):
        sources = [asked]
    if len(sources) > 1 and numbered:
        raise CreditSyncError(
            f"名单 {asked} 有几个数据源，版本号各是各的", remedy=f"写明数据源：{'、'.join(sources)}"
        )
    found = [pair for source in sources if (pair := _pair(connection, source, wanted))]
    if not found:
        raise CreditSyncError(f"名单 {asked} 还没有两个已采用的版本可比", remedy="用 credit-sync lists show 查看")
    return found


def _pair(connection: Connection, source: str, wanted: Wanted) -> tuple[Version, Version] | None:
    accepted = {version.number: version for version in accepted_versions(connection, source)}
    numbers = list(accepted)
    newer = wanted.newer or (numbers[0] if numbers else 0)
    earlier = [number for number in numbers if number < newer]
    older = wanted.older or (earlier[0] if earlier else 0)
    if (wanted.older, wanted.newer) == (None, None) and not older:
        return None
    known = f"已采用的版本：{'、'.join(map(str, numbers)) or '没有'}"
    if newer in accepted and not older:
        raise CreditSyncError(f"数据源 {source} 在第 {newer} 版之前没有已采用的版本", remedy=known)
    for number in filter(None, (older, newer)):
        if number not in accepted:
            raise CreditSyncError(f"数据源 {source} 没有已采用的第 {number} 版", remedy=known)
    if older >= newer:
        raise CreditSyncError(f"第 {older} 版不早于第 {newer} 版", remedy="--from 写较早的版本，--to 写较晚的版本")
    return accepted[older], accepted[newer]


def difference(connection: Connection, older: Version, newer: Version, most: int) -> Difference:
    """What came, went and changed between two versions of a source."""
    found = Difference(older, newer)
    first = []
    for number, what in moves(connection, older, newer):
        found.counts[what] += 1
        if found.counts[what] <= most:
            first.append(number)
    for change in changes_of(connection, older, newer, first):
        found.first[change.what].append(change)
    return found


def difference_text(found: Difference, title: str) -> str:
    """For a terminal."""
    older, newer = found.older, found.newer
    lines = [
        f"{title}　数据源 {newer.source}：第 {older.number} 版（{older.pulled_at:%Y-%m-%d %H:%M}，{older.live} 条）"
        f"→ 第 {newer.number} 版（{newer.pulled_at:%Y-%m-%d %H:%M}，{newer.live} 条）",
        "、".join(f"{name} {found.counts[what]} 条" for what, name in _TITLES.items()),
    ]
    for what, changes in found.first.items():
        lines += [f"  {_SIGNS[what]} {change_line(change)}" for change in changes]
        if (more := found.counts[what] - len(changes)) > 0:
            lines.append(f"    …… 另有 {more} 条{_TITLES[what]}，用 --limit 看更多")
    return "\n".join(lines)


def difference_json(found: Difference) -> dict[str, Any]:
    """The same as JSON-able data."""
    return {
        "list": found.newer.list,
        "source": found.newer.source,
        "from": found.older.number,
        "to": found.newer.number,
        **{what: found.counts[what] for what in _TITLES},
        "entries": [
            {
                "what": change.what,
                "name": shown(change.said["subject_name"]),
                "identifiers": _said(change.said, "subject_identifiers"),
                "number": shown(change.said["number"]),
                "fields": {
                    name: [_said(change.before or {}, name), _said(change.after or {}, name)]
                    for name in change.fields
                },
            }
            for changes in found.first.values()
            for change in changes
        ],
    }


def change_line(change: ListChange) -> str:
    """One listing that came, went or changed, in a line."""
    said = change.said
    parts = (said["subject_name"], _said(said, "subject_identifiers"), said["number"], said["organ"])
    who = "　".join(text for part in parts if (text := shortened(shown(part), _LONGEST_VALUE)))
    return f"{who}{'：' if change.fields else ''}{'；'.join(_changed(change))}"


def _changed(change: ListChange) -> Iterator[str]:
    for name in change.fields:
        before, after = (_said(content or {}, name) or "空" for content in (change.before, change.after))
        title = column_title(RecordKind.LISTING, name)
        yield f"{title} {shortened(before, _LONGEST_VALUE)} → {shortened(after, _LONGEST_VALUE)}"


def _said(content: Mapping[str, Any], column: str) -> str:
    """A stored value as a report may show it."""
    value = content.get(column)
    if column == "subject_identifiers":
        return "、".join(
            shown(Identifier(IdentifierKind(k), text, valid).display()) for k, text, valid in value or ()
        )
    if isinstance(value, list):
        return shown("、".join(map(str, value)))
    return shown("" if value is None else str(value))
