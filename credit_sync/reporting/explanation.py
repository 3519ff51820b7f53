"""The table of evidence on one pair, as text for a terminal."""

from credit_sync.records import Applicant, Listing
from credit_sync.reporting.labels import ROLES, VERDICTS, percent
from credit_sync.reporting.shown import shown
from credit_sync.screening.explain import Explanation


def explanation_text(applicant: Applicant, listing: Listing, explanation: Explanation) -> str:
    """Who is compared, each attribute with its bits and sentence, how they add up, and why not more."""
    ours, theirs = applicant.subject, listing.subject
    lines = [
        f"申报主体：{shown(ours.name)}　{ours.displayed_identifiers()}"
        f"（{shown(applicant.application)}，{ROLES[applicant.role.value]}）",
        f"名单条目：{shown(theirs.name)}　{theirs.displayed_identifiers()}（{shown(listing.number)}，{shown(listing.organ)}）",
        "",
    ]
    lines += [f"关联方式：{shown(e.sentence)}" for e in explanation.comparison.evidence if e.attribute == "via"]
    for line in explanation.lines:
        if line.evidence is None:
            lines.append(
                f"     ——  {line.attribute}：没有比较（一边没有，两边所写不能互相比较，或已由证件号码体现）"
            )
        else:
            lines.append(f"  {line.evidence.bits:+6.1f}  {line.attribute}：{shown(line.evidence.sentence)}")
    comparison = explanation.comparison
    odds = comparison.bits + explanation.prior_bits
    lines.append(f"  {explanation.prior_bits:+6.1f}  先验：随机一对是同一主体的可能")
    lines.append(f"  {odds:+6.1f}  合计（每 1 比特，“是”与“不是”之比翻一倍）")
    lines.append(f"\n结论：{VERDICTS[comparison.verdict.value]}，概率 {percent(comparison.probability)}")
    lines += [f"  · {reason}" for reason in map(shown, explanation.reasons)]
    return "\n".join(lines)
