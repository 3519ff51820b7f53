"""The guards: why a pull must not be taken over. Pure functions over counted facts, one for each guard.

A list that comes empty, half, twice, without its numbers or with old news would clear or accuse the wrong people, so
what a mapping does not allow is refused with the numbers, and yesterday's stays in force.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from credit_sync.records import RecordKind
from credit_sync.sources.mapping import Guards
from credit_sync.sources.target_fields import TARGET_FIELDS
from credit_sync.store.facts import Facts

FEW = 20
"""Fewer records than this say nothing about shares: growth, fill, repetition, provinces and rows that could not be read
are not judged by them."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A pull as it would be taken over, in counts."""

    record: RecordKind
    whole: bool
    first: bool
    """Nothing of the source has ever been taken over, or it had been given up."""
    pulled: int
    read: int
    """Records read, repetitions left out."""
    rejected: int
    """Rows that could not be read."""
    repeated: int
    """Rows whose key came earlier in the pull, with the same content or another."""
    added: int
    before: int
    """Live records before the pull."""
    lost: int
    """Live records that the pull did not bring (whole), or says are gone (delta)."""
    held: int
    """Of the lost, those that may be rows that came but could not be read, and therefore stay."""
    in_force_before: int
    """List entries in force before the pull; 0 where none has ended, and for other kinds."""
    newly_ended: int
    """How many fewer of them are in force now, because they are dated as removed, or gone."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What the source would hold afterwards."""

    record: RecordKind
    before: int
    """Live records before the pull."""
    today: date
    facts: Facts
    last: Facts | None
    """Of the last accepted version."""


def refused_for_counts(guards: Guards, seen: Observed) -> list[str]:
    """The reasons (Chinese) that follow from the pull's counts; to be asked before anything is removed."""
    return [reason for reason in (check(guards, seen) for check in _ON_COUNTS) if reason]


def unreadable(seen: Observed) -> str:
    """Why nobody can vouch for a delivery: it is not empty, and not one of its rows could be read. '' where that is not so.

    Of records that are no list's only where there are some to lose: each application and each decision would be withdrawn.
    """
    is_list = seen.record is RecordKind.LISTING
    whole = seen.whole or seen.first if is_list else seen.whole and seen.before
    if seen.read or not seen.rejected or not whole:
        return ""
    last = f"，而上次有 {seen.before} 条" if seen.before else ""
    unknown = "不知道名单上有谁" if is_list else "不知道现有哪些"
    return f"本次送来的 {seen.rejected} 行都未能读取，原因见隔离区{last}：{unknown}"


def refused_for_facts(guards: Guards, prospect: Prospect) -> list[str]:
    """The reasons (Chinese) that follow from what the source would hold."""
    return [reason for reason in (check(guards, prospect) for check in _ON_FACTS) if reason]


def _shrunk(guards: Guards, seen: Observed) -> str:
    rejected = f"（{seen.rejected} 行都未能读取，原因见隔离区）" if seen.rejected else ""
    if not seen.read and seen.first and seen.record is RecordKind.LISTING:
        return "首次取数没有读到任何记录：空名单会让所有人都通过"
    if not seen.read and seen.whole and seen.before:
        return f"本次取数没有读到任何记录{rejected}，而上次有 {seen.before} 条"
    if seen.lost <= guards.max_shrink * seen.before:
        return ""
    held = f"（其中 {seen.held} 条可能送来了但无法读取）" if seen.held else ""
    return f"原有 {seen.before} 条记录，本次少了 {seen.lost} 条{held}，超过允许的 {guards.max_shrink:.0%}"


def _unread(guards: Guards, seen: Observed) -> str:
    """Of the first delivery of a list nothing can be missing; who is in the rows that nobody could read is not there."""
    if seen.record is not RecordKind.LISTING or seen.rejected < FEW:
        return ""
    if seen.rejected <= guards.max_shrink * seen.pulled:
        return ""
    return (
        f"本次 {seen.pulled} 行中有 {seen.rejected} 行未能读取，超过允许的 {guards.max_shrink:.0%}，原因见隔离区"
    )


def _ended(guards: Guards, seen: Observed) -> str:
    if seen.newly_ended <= guards.max_shrink * seen.in_force_before:
        return ""
    return (
        f"原有 {seen.in_force_before} 条有效条目，本次有 {seen.newly_ended} 条被标为已移出，"
        f"超过允许的 {guards.max_shrink:.0%}"
    )


def _grown(guards: Guards, seen: Observed) -> str:
    if guards.max_growth is None or not seen.before or seen.added < FEW:
        return ""
    if seen.added <= guards.max_growth * seen.before:
        return ""
    return f"原有 {seen.before} 条记录，本次新增 {seen.added} 条，超过允许的 {guards.max_growth:.0%}"


def _repeated(guards: Guards, seen: Observed) -> str:
    if (
        guards.max_duplicates is None
        or seen.repeated < FEW
        or seen.repeated <= guards.max_duplicates * seen.pulled
    ):
        return ""
    return (
        f"本次 {seen.pulled} 行中有 {seen.repeated} 行与前面的行主键重复，超过允许的 {guards.max_duplicates:.0%}"
    )


def _unused(guards: Guards, prospect: Prospect) -> str:
    """A field left out here and there is a doubt; left out everywhere, the list can no longer be read."""
    facts = prospect.facts
    if not prospect.before or facts.unused <= guards.max_shrink * facts.rows:
        return ""
    return (
        f"本次有 {facts.unused} 条记录的字段无法读取而未使用，超过在册 {facts.rows} 条的 {guards.max_shrink:.0%}"
    )


def _unfilled(guards: Guards, prospect: Prospect) -> str:
    facts = prospect.facts
    shares = {name: facts.touched_filled.get(name, 0) / max(facts.touched, 1) for name in guards.min_fill}
    short = "、".join(
        f"{TARGET_FIELDS[prospect.record][name].title}（{share:.1%}，要求 {guards.min_fill[name]:.0%}）"
        for name, share in shares.items()
        if share < guards.min_fill[name]
    )
    if facts.touched < FEW or not short:
        return ""
    return f"本次新增和变更的 {facts.touched} 条记录中，填写率不足的有：{short}"


def _shifted(guards: Guards, prospect: Prospect) -> str:
    now, last = prospect.facts, prospect.last
    if guards.max_region_shift is None or last is None or not prospect.before or min(now.rows, last.rows) < FEW:
        return ""
    shares = {
        name: (last.provinces.get(name, 0) / last.rows, now.provinces.get(name, 0) / now.rows)
        for name in sorted({*last.provinces, *now.provinces})
    }
    name, (then, today) = max(shares.items(), key=lambda item: abs(item[1][1] - item[1][0]))
    if abs(today - then) <= guards.max_region_shift:
        return ""
    return (
        f"{name or '未写明省份'}的条目占比由 {then:.1%} 变为 {today:.1%}，"
        f"变动超过允许的 {guards.max_region_shift:.0%}，可能只送来了一部分"
    )


def _outdated(guards: Guards, prospect: Prospect) -> str:
    if guards.max_published_age_days is None or not prospect.facts.newest:
        return ""
    age = (prospect.today - date.fromisoformat(prospect.facts.newest)).days
    if age <= guards.max_published_age_days:
        return ""
    return (
        f"最新的发布日期是 {prospect.facts.newest}，距今 {age} 天，超过允许的 {guards.max_published_age_days:g} 天，"
        "来源可能已停止更新"
    )


_ON_COUNTS: tuple[Callable[[Guards, Observed], str], ...] = (_shrunk, _unread, _ended, _grown, _repeated)
_ON_FACTS: tuple[Callable[[Guards, Prospect], str], ...] = (_unused, _unfilled, _shifted, _outdated)
