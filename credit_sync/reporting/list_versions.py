"""`lists show` as text: each list with its sources, their versions in numbers, and whether it may clear anybody."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from credit_sync.errors import CreditSyncError
from credit_sync.records import RecordKind
from credit_sync.reporting.labels import DELIVERIES, STATUSES, age, label
from credit_sync.reporting.shown import shown
from credit_sync.screening.measures import Measures, load_measures
from credit_sync.settings import Settings
from credit_sync.sources.lists import states_of_lists
from credit_sync.sources.target_fields import TARGET_FIELDS
from credit_sync.store.facts import Facts
from credit_sync.store.lists import ListState
from credit_sync.store.schema import source_version

_PROVINCES = 5
_FIELDS = TARGET_FIELDS[RecordKind.LISTING]


def named_lists(
    connection: Connection, settings: Settings, now: datetime, measures: Measures, asked: str | None
) -> dict[str, ListState]:
    """All lists, or the one with this name, title or source. Raises CreditSyncError where there is none."""
    states = states_of_lists(connection, settings, now)
    found = {
        name: state
        for name, state in states.items()
        if asked in (None, name, measures.list_title(name), *state.sources)
    }
    if not found and asked is not None:
        known = "、".join(states) or "没有配置任何名单"
        raise CreditSyncError(f"没有名单 {asked}", remedy=f"可用：{known}")
    return found


def versions_text(connection: Connection, settings: Settings, now: datetime, asked: str | None, most: int) -> str:
    """The lists, each source with its last `most` versions, the newest first."""
    measures = load_measures(settings.mappings_folder)
    lines: list[str] = []
    for name, state in named_lists(connection, settings, now, measures, asked).items():
        fresh = "" if state.stale else "，未过期"
        lines.append(f"{measures.list_title(name)}（{name}）：{state.live} 条，{pulled(state)}{fresh}")
        if state.stale:
            lines.append(f"  ⚠ {state.reason}，比对不能据此认定无失信")
        for source in state.sources:
            lines += _source(connection, settings, source, most)
    return "\n".join(lines) or "没有配置任何名单"


def pulled(state: ListState) -> str:
    """How long ago a list was pulled; the day, where that is later than now."""
    if state.pulled_at is None:
        return "从未取到"
    if state.age_days is None:
        return f"{state.pulled_at:%Y-%m-%d %H:%M} 取到（晚于现在）"
    return f"{age(state.age_days)}前取到"


def _source(connection: Connection, settings: Settings, source: str, most: int) -> Iterator[str]:
    configured = settings.sources.get(source)
    how = label(DELIVERIES, configured.delivery) if configured else "已不在配置中"
    yield f"  数据源 {source}（{how}）"
    if configured is None:
        yield f"    停用请执行 credit-sync sources forget {source}，继续使用请恢复配置"
    c = source_version.c
    rows = select(source_version).where(c.source == source).order_by(c.version.desc()).limit(most)
    for row in connection.execute(rows).mappings():
        yield from _version(row)


def _version(row: RowMapping) -> Iterator[str]:
    how = label(DELIVERIES, row["delivery"])
    if row["delivery"] == "rollback":
        how = f"回退到第 {row['back_to']} 版"
    yield (
        f"    第 {row['version']} 版  {row['pulled_at']:%Y-%m-%d %H:%M}  {how}  {label(STATUSES, row['state'])}："
        f"取到 {row['pulled']} 行，新增 {row['added']}、变更 {row['changed']}、移出 {row['removed']}、"
        f"重复 {row['duplicates']}、隔离 {row['quarantined']}；在册 {row['live']}"
    )
    if row["reason"]:
        by = f"{shown(row['who'])}：" if row["who"] else ""
        yield f"      {by}{shown(row['reason'])}"
    facts = Facts.read(row["facts"])
    if facts is not None and facts.rows:
        yield f"      {'；'.join(_facts(facts))}"


def _facts(facts: Facts) -> Iterator[str]:
    filled = "、".join(f"{_FIELDS[name].title} {count / facts.rows:.1%}" for name, count in facts.filled.items())
    if filled:
        yield f"填写率 {filled}"
    ranked = sorted(facts.provinces.items(), key=lambda item: (-item[1], item[0]))
    shares = [f"{name or '未写明'} {count / facts.rows:.1%}" for name, count in ranked[:_PROVINCES]]
    if len(ranked) > _PROVINCES:
        shares.append(f"其余 {len(ranked) - _PROVINCES} 省")
    if shares:
        yield f"省份 {'、'.join(shares)}"
    if facts.newest:
        yield f"最新发布 {facts.newest}"
    if facts.unused:
        yield f"{facts.unused} 条有字段未使用"
