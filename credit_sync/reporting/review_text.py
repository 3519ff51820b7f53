"""Flags and what was decided on them, for a terminal and for programs."""

from collections.abc import Iterable, Iterator
from typing import Any

from credit_sync.reporting import labels
from credit_sync.reporting.columns import aligned
from credit_sync.reporting.flag_views import FlagView
from credit_sync.reporting.flagged_views import ApplicationHead, OtherFlags
from credit_sync.reporting.people import NameOf
from credit_sync.reporting.shown import shortened, shown
from credit_sync.review import HistoryStep, Standing
from credit_sync.screening.decisions import Change
from credit_sync.screening.reasons import Reasons

_NAME = 24
_CHANGED = {"came": "新增条目", "went": "条目已离开", "changed": "证据变化"}

Found = tuple[ApplicationHead, FlagView]


def list_text(flags: Iterable[Found]) -> str:
    """A line for each flag."""
    rows = [("编号", "状态", "判定", "可能性", "名单", "申报主体", "申报编号", "处室", "措施")]
    rows += [
        (
            *(str(f.number), f.review.title, labels.VERDICTS[f.verdict], labels.percent(f.probability)),
            *(f.list_title, shortened(f.applicant.name, _NAME), head.number, head.department),
            labels.EFFECTS[f.measure.effect],
        )
        for head, f in flags
    ]
    return "\n".join([*aligned(rows, frozenset({0, 3})), f"共 {len(rows) - 1} 条"])


def list_json(flags: Iterable[Found]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "flag": f.number,
            "state": f.review.state.value,
            "review": f.review.sentence,
            "token": f.review.token,
            "verdict": f.verdict.value,
            "probability": f.probability,
            "list": f.list_title,
            "applicant": f.applicant.name,
            "role": f.role,
            "system": head.system,
            "application": head.number,
            "department": head.department,
            "effect": f.measure.effect,
        }
        for head, f in flags
    ]


def flag_text(  # noqa: PLR0913 - what is told of a flag
    standing: Standing,
    found: Iterable[Found],
    history: Iterable[HistoryStep],
    others: OtherFlags,
    reasons: Reasons,
    *,
    name_of: NameOf,
) -> str:
    """One flag with its evidence, its measure, its history, and the other flags on the same two. `found`: none, where its
    cases are now another flag's.
    """
    closed = f"　已关闭：{shown(standing.closed)}" if standing.closed else ""
    lines = [f"预警 {standing.flag_id}　{labels.STATES[standing.state]}{closed}"]
    lines += [line for head, flag in found for line in _facts(head, flag)]
    steps = [line for step in history for line in _step(step, reasons, name_of)]
    lines += ["复核经过：" if steps else "复核经过：尚无", *steps, *_others(others)]
    return "\n".join(lines)


def _facts(head: ApplicationHead, flag: FlagView) -> list[str]:
    lines = [
        f"申报：{head.number} {head.title}（{head.system}，{head.department}，{head.stage}）",
        f"申报主体：{flag.applicant.name}（{flag.role}）　{'、'.join(flag.applicant.numbers)}",
        f"名单：{flag.list_title}　{flag.listed.name}　{'、'.join(flag.listed.numbers)}",
    ]
    if flag.representative:
        lines.append(f"经法定代表人：{flag.representative.name}　{'、'.join(flag.representative.numbers)}")
    lines.append(f"判定：{labels.VERDICTS[flag.verdict]}，可能性 {labels.percent(flag.probability)}")
    lines += [f"  {labels.weight(e.bits):>6}  {e.title}：{e.sentence}" for e in flag.evidence]
    lines += [
        f"条目：{e.number or '（无文号）'}　{e.organ}　{labels.percent(e.probability)}" for e in flag.entries
    ]
    measure = flag.measure
    lines += [
        f"措施：{'，'.join(filter(None, (labels.EFFECTS[measure.effect], measure.more)))}。{measure.text}",
        f"依据：{measure.basis}",
    ]
    return lines


def _others(others: OtherFlags) -> Iterator[str]:
    if others.told:
        counts = "，".join(f"{state} {count} 条" for state, count in others.by_state)
        yield f"同一申报主体、同一名单主体的其他预警（{counts}；供参考，本条仍须另作结论）："
    for other in others.told:
        where = f"{other.head.system} {other.head.number}，{other.role}，{other.list_title}"
        state = other.review.sentence or other.review.title
        yield f"  预警 {other.number}（{where}）{'已关闭　' if other.closed else ''}{state}"


def _step(step: HistoryStep, reasons: Reasons, name_of: NameOf) -> Iterator[str]:
    said = "；".join(part for part in (shown(reasons.title(step.reason)), shown(step.text)) if part)
    title = labels.step_title(step.step, step.state)
    yield f"  {step.at:%Y-%m-%d %H:%M}  {name_of(step.who) or '（自动）'}  {title}：{said}"
    for change in step.changes:
        yield f"    {change_text(change)}"


def change_text(change: Change) -> str:
    """What is other in one case than when it was decided, in a line."""
    odds = [labels.percent(p) for p in (change.before, change.after) if p is not None]
    lines = [f"{_CHANGED[change.what]} {shown(change.number)}（可能性 {' → '.join(odds)}）"]
    lines += [f"－{shown(sentence)}" for sentence in change.gone] if change.what == "changed" else []
    lines += [f"＋{shown(sentence)}" for sentence in change.new]
    return "　".join(lines)
