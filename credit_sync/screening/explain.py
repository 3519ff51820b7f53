"""Why an applicant and a listing are, or are not, held for one subject: every comparison, made or not."""

from dataclasses import dataclass

from credit_sync.records import Listing
from credit_sync.screening.comparison import RELATED, Comparison, Verdict, compare
from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.screening.faces import Via
from credit_sync.subjects.subject import Subject

_ATTRIBUTES = (
    ("证件号码", ("identifier",)),
    ("名称", ("person_name", "organisation_name")),
    ("法定代表人", ("legal_representative",)),
    ("性别", ("sex",)),
    ("出生年份", ("birth_year",)),
    ("地区", ("region",)),
    ("工作单位", ("employer",)),
)
"""What may be compared, in the order of the table of comparators, and how evidence on it is called."""


@dataclass(frozen=True, slots=True)
class Line:
    """One attribute: its evidence, None where one side says nothing (or a number already says it)."""

    attribute: str
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole table of one pair."""

    lines: tuple[Line, ...]
    prior_bits: float
    comparison: Comparison
    candidate: bool
    """Whether screening would compare the pair at all: it shares keys, and neither numbers nor names are far apart."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the verdict is not higher, in Chinese."""
        found = [line.evidence for line in self.lines if line.evidence is not None]
        bearings = {evidence.bearing for evidence in found}
        reasons = [f"一票排除：{e.sentence}" for e in found if e.bearing is Bearing.EXCLUDES]
        reasons += [f"因此不能认定为“确认”：{e.sentence}" for e in found if e.bearing is Bearing.WEAKENS]
        if self.comparison.related:
            reasons.append(f"{RELATED}：{self.comparison.related}")
        if not bearings & {Bearing.IDENTIFIES, Bearing.EXCLUDES}:
            reasons.append("两边没有可以互相印证的证件号码，因此不能认定为“确认”")
        if self.comparison.via is Via.LEGAL_REPRESENTATIVE and self.comparison.verdict is Verdict.CLEAR:
            reasons.append("经法定代表人的关联，要有证件号码或工作单位印证才会提示；只是同名的不提示")
        if not self.candidate:
            reasons.append("两者没有共同的检索键，或号码、名称相差太远，夜间比对不会逐项比较它们")
        return tuple(reasons)


def explain(applicant: Subject, listing: Listing, candidate: bool, scales: Scales) -> Explanation:
    """The evidence on one pair as it was weighed, and what was not compared."""
    comparison = compare(applicant, listing, scales)
    lines = tuple(
        Line(title, next((e for e in comparison.evidence if e.attribute in names), None))
        for title, names in _ATTRIBUTES
    )
    return Explanation(lines, scales.weights.prior_bits(applicant.kind), comparison, candidate)
