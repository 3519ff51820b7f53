"""What a calibration found, as text for a terminal and as JSON: old and new side by side, and what would change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credit_sync.reporting.columns import aligned
from credit_sync.reporting.labels import ATTRIBUTES, SUBJECT_KINDS, VERDICTS, label
from credit_sync.reporting.shown import shown
from credit_sync.screening.calibrated_weights import Calibration, LevelChange
from credit_sync.screening.calibration_effect import Effect, VerdictChange
from credit_sync.screening.calibration_pairs import Collected
from credit_sync.subjects.subject import SubjectKind

LEVELS: Mapping[str, str] = {
    "same": "相同",
    "same_organisation_code": "组织机构代码相同",
    "same_document": "同一证件",
    "other_document": "证件号码已换",
    "other_edition": "新旧版证件相符",
    "masked": "可见位一致",
    "typing_error": "只差一位",
    "contradiction": "矛盾",
    "former": "曾用名相同",
    "transliteration": "拼音相同",
    "sound": "同音",
    "look_alike": "形近",
    "one_character": "差一个字",
    "two_characters": "差两个字",
    "brand_character": "字号差一字",
    "form": "组织形式略写",
    "form_changed": "组织形式不同",
    "group": "一边是集团",
    "place_dropped": "略去地名",
    "place_dropped_short": "略去地名（短字号）",
    "short": "简短名称相同",
    "other_place": "地名不同",
    "bracketed_place": "括号内地名不同",
    "parent_branch": "总公司与分支",
    "affiliated": "附属单位",
    "same_city": "同一城市",
    "other_branch": "分支机构不同",
    "other_trade": "行业不同",
    "of_representative": "在名单单位任职",
    "different": "不同",
}
_MOST_SHOWN = 30
_KEPT = {"held": "保留：只凭判断，不作估计", "turns": "保留：否则反对会变成支持"}
_FLAGS = {"opened": "新增", "closed": "消失", "changed": "判定改变", "unchanged": "不变"}


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """Everything to tell."""

    as_of: datetime
    minimum: int
    undecided: int
    """Rows of the decisions file without a decision."""
    unused: int
    """Decided pairs of which one side is no longer live, or that only a legal representative ties together."""
    collected: Mapping[SubjectKind, Collected]
    calibration: Calibration
    effect: Effect


def calibration_text(report: CalibrationReport) -> str:
    """For a terminal."""
    old, new = report.calibration.old, report.calibration.new
    lines = [f"按本单位数据估计的证据权重（使用中：{old.stamp}；只供核对，未作任何改动）", ""]
    lines += [_pairs_line(kind, found) for kind, found in report.collected.items()]
    if report.undecided:
        lines.append(f"复核结论文件中另有 {report.undecided} 行没有结论，未使用")
    if report.unused:
        lines.append(
            f"复核结论中有 {report.unused} 对未使用：申报主体或名单条目已不在库中，或只是经法定代表人关联"
        )
    lines += ["", *_prior_lines(report), "", *_level_lines(report), "", *_effect_lines(report.effect)]
    lines.append(f"新权重的版本为 {new.version}；用 --write 文件 写出，核对后再由您替换使用中的文件")
    return "\n".join(lines)


def _pairs_line(kind: SubjectKind, found: Collected) -> str:
    return (
        f"{SUBJECT_KINDS[kind]}：申报主体 {found.applicants} 个 × 名单条目 {found.listings} 条 = {found.all_pairs} 对；"
        f"候选 {found.candidates} 对（维持 {found.upheld}、排除 {found.dismissed}），另随机抽取 {found.sampled} 对"
    )


def _prior_lines(report: CalibrationReport) -> list[str]:
    rows = [("先验", "旧", "新", "同一主体的对数", "依据", "收敛")]
    for prior in report.calibration.priors:
        found = prior.estimate
        why = "本次估计" if prior.estimated else f"保留：不足 {report.minimum} 对"
        settled = f"第 {found.rounds} 轮收敛" if found.settled else f"{found.rounds} 轮后仍未收敛，请谨慎使用"
        rows.append(
            (
                SUBJECT_KINDS[prior.kind],
                f"{prior.old:.3g}",
                f"{prior.new:.3g}",
                f"{found.matched:.1f}",
                why,
                settled,
            )
        )
    return aligned(rows, frozenset({1, 2, 3}))


def _level_lines(report: CalibrationReport) -> list[str]:
    head = ("证据", "程度", "m旧", "m新", "u旧", "u新", "比特旧", "比特新", "同一对数", "不同对数", "依据")
    rows = [head, *(_level_row(change, report.minimum) for change in report.calibration.levels)]
    return [
        *aligned(rows, frozenset(range(2, 10))),
        "同一对数：估计为同一主体而呈现该程度的对数，m 以此为据；一个主体的多个案件算一对",
        "不同对数：不同主体而呈现该程度的对数，u 以此为据；抽样的对数折算为等权",
        "逐值：u 随所比的值而定（姓名的常见程度、号码可见的位数），只估计 m，“比特新”是增减",
    ]


def _level_row(change: LevelChange, minimum: int) -> tuple[str, ...]:
    old, new = change.old, change.new
    bits = [_bits(change, new_one) for new_one in (False, True)]
    return (
        label(ATTRIBUTES, change.attribute),
        label(LEVELS, change.level),
        *(f"{old.m:.3g}", f"{new.m:.3g}", _u(old.u), _u(new.u), *bits),
        *(f"{change.matches:.1f}", f"{change.strangers:.0f}", _why(change, minimum)),
    )


def _u(u: float | None) -> str:
    return "逐值" if u is None else f"{u:.3g}"


def _bits(change: LevelChange, new: bool) -> str:
    """The level's bits; where u depends on what is compared, how many they move by."""
    level = change.new if new else change.old
    worth = change.worth(level)
    if worth is None:
        return _signed(change.shift) if new else "逐值"
    return _signed(worth)


def _signed(bits: float) -> str:
    return f"{round(bits, 1) + 0.0:+.1f}"  # + 0.0: no minus before a zero


def _why(change: LevelChange, minimum: int) -> str:
    if not change.estimated:
        return f"保留：不足 {minimum} 对" if change.kept == "few" else _KEPT[change.kept]
    whole = len(change.estimated) == 1 + (change.old.u is not None)
    return "本次估计" if whole else f"本次估计 {change.estimated[0]}"


def _effect_lines(effect: Effect) -> list[str]:
    flags = "、".join(f"{title} {effect.flags[name]}" for name, title in _FLAGS.items())
    lines = [f"换用新权重：库中 {effect.stored} 个比对结果有 {effect.stored_changed} 个改变判定；预警{flags}"]
    if not effect.changes:
        return lines
    shown_rows = [_change_row(change) for change in effect.changes[:_MOST_SHOWN]]
    lines += [f"  {line}" for line in aligned([("申报主体", "名单条目", "判定"), *shown_rows])]
    if len(effect.changes) > _MOST_SHOWN:
        lines.append(f"  ……共 {len(effect.changes)} 对，全部见 --json")
    return lines


def _change_row(change: VerdictChange) -> tuple[str, str, str]:
    note = "" if change.stored else "（库中没有）"
    return (*_who(change), f"{VERDICTS[change.before]} → {VERDICTS[change.after]}{note}")


def _who(change: VerdictChange) -> tuple[str, str]:
    """Names and case numbers; identity numbers hidden."""
    one, entry = change.applicant, change.listing
    return (
        f"{shown(one.application)}/{shown(one.subject.name)}",
        f"{shown(entry.subject.name)} {shown(entry.number)}".strip(),
    )


def calibration_json(report: CalibrationReport) -> dict[str, Any]:
    """For machines: the same, and all of it."""
    calibration = report.calibration
    return {
        "as_of": report.as_of.isoformat(),
        "weights": {"old": calibration.old.stamp, "new": calibration.new.stamp},
        "minimum": report.minimum,
        "pairs": {
            kind.value: {
                "applicants": found.applicants,
                "listings": found.listings,
                "all": found.all_pairs,
                "candidates": found.candidates,
                "sampled": found.sampled,
                "upheld": found.upheld,
                "dismissed": found.dismissed,
            }
            for kind, found in report.collected.items()
        },
        "undecided": report.undecided,
        "unused": report.unused,
        "prior": {
            prior.kind.value: {
                "old": prior.old,
                "new": prior.new,
                "matches": round(prior.estimate.matched, 2),
                "rounds": prior.estimate.rounds,
                "settled": prior.estimate.settled,
            }
            for prior in calibration.priors
        },
        "levels": [_level_json(change) for change in calibration.levels],
        "effect": {
            "stored": report.effect.stored,
            "stored_changed": report.effect.stored_changed,
            "flags": {name: report.effect.flags[name] for name in _FLAGS},
            "changes": [_change_json(change) for change in report.effect.changes],
        },
    }


def _level_json(change: LevelChange) -> dict[str, Any]:
    sides = {
        name: {"m": level.m, "u": level.u, "bits": change.worth(level), "origin": level.origin}
        for name, level in (("old", change.old), ("new", change.new))
    }
    return {
        "attribute": change.attribute,
        "level": change.level,
        **sides,
        "shift": round(change.shift, 3),
        "estimated": list(change.estimated),
        "kept": None if change.estimated else change.kept,
        "matches": round(change.matches, 2),
        "strangers": round(change.strangers, 1),
    }


def _change_json(change: VerdictChange) -> dict[str, Any]:
    applicant, listing = _who(change)
    verdicts = {"before": change.before.value, "after": change.after.value}
    return {
        "applicant": applicant,
        "listing": listing,
        "list": change.listing.list,
        **verdicts,
        "stored": change.stored,
    }
