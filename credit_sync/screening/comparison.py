"""Comparing one applicant with one listing, and judging one applicant against all its candidates.

Pure functions of their arguments: the nightly screening, the look-up and the spreadsheet all end here.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from credit_sync.records import Listing
from credit_sync.screening.compare_attributes import (
    compare_birth_years,
    compare_employers,
    compare_legal_representatives,
    compare_regions,
    compare_sex,
)
from credit_sync.screening.compare_identifiers import compare_identifiers
from credit_sync.screening.compare_names import compare_names
from credit_sync.screening.evidence import Bearing, Comparator, Evidence, Scales
from credit_sync.screening.faces import Via, comparable
from credit_sync.screening.not_comparable import why_name_not_comparable
from credit_sync.screening.weights import MOST_CERTAIN
from credit_sync.subjects.subject import Subject

COMPARATORS: tuple[Comparator, ...] = (
    compare_identifiers,
    compare_names,
    compare_legal_representatives,
    compare_sex,
    compare_birth_years,
    compare_regions,
    compare_employers,
)
"""Every comparison that is made, in the order in which evidence is shown."""

RELATED = "关联提示（不作为预警）"
"""How every sentence on a listed parent or branch begins."""


class Verdict(StrEnum):
    """What a comparison comes to; a flag is raised from `possible` upwards."""

    CLEAR = "clear"
    UNVERIFIABLE = "unverifiable"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    CONFIRMED = "confirmed"

    @property
    def rank(self) -> int:
        """0 for clear to 4 for confirmed."""
        return _RANKS[self]

    @property
    def flags(self) -> bool:
        """Whether an officer has to decide."""
        return self in _FLAGS


_CLEAR, _UNVERIFIABLE = Verdict.CLEAR, Verdict.UNVERIFIABLE  # an enumeration is slow to name its members
_FLAGS = (Verdict.POSSIBLE, Verdict.PROBABLE, Verdict.CONFIRMED)
_RANKS = {verdict: rank for rank, verdict in enumerate(Verdict)}


class Comparison(NamedTuple):
    """An applicant and a listing, compared: the evidence, what it adds up to, and the verdict."""

    verdict: Verdict
    probability: float
    bits: float
    """Sum of the evidence, without the prior."""
    evidence: tuple[Evidence, ...]
    via: Via = Via.SUBJECT
    """The face of the listing that was compared."""

    @property
    def ruled_out(self) -> bool:
        """Whether it is known to be somebody else; a mere namesake of a representative is not, and is left out."""
        if self.verdict is not _CLEAR:
            return False
        return self.via is not _REPRESENTATIVE or any(e.bearing in _AGAINST for e in self.evidence)

    @property
    def related(self) -> str:
        """Why the two belong together though they are not one subject (parent and branch), in Chinese; or nothing."""
        for evidence in self.evidence:  # every pair is asked, and a generator costs more than looking
            if evidence.level == "parent_branch":
                return evidence.sentence
        return ""


_REPRESENTATIVE = Via.LEGAL_REPRESENTATIVE
_IDENTIFIES, _WEAKENS, _EXCLUDES = Bearing.IDENTIFIES, Bearing.WEAKENS, Bearing.EXCLUDES
_AGAINST = (_EXCLUDES, _WEAKENS)
_SAME_NAME = ("same", "short")


def compare(applicant: Subject, listing: Listing, scales: Scales) -> Comparison:
    """All evidence on whether the two are one subject, weighed (Fellegi & Sunter 1969)."""
    found = [_compare_face(applicant, via, face, scales) for via, face in comparable(applicant, listing)]
    if len(found) == 1:
        return found[0]
    return max(found, key=lambda comparison: (comparison.verdict.rank, comparison.bits))


def _compare_face(applicant: Subject, via: Via, face: Listing, scales: Scales) -> Comparison:
    """`face`: the listing with that face as its subject."""
    evidence = tuple([e for compare_one in COMPARATORS if (e := compare_one(applicant, face, scales)) is not None])
    if via is _REPRESENTATIVE:
        evidence = tuple(_of_representative(e, scales) for e in evidence)
    bits = sum([e.bits for e in evidence])
    probability = _probability(bits + scales.prior_bits(applicant.kind))
    verdict = _verdict(evidence, probability, scales)
    if via is _REPRESENTATIVE:
        verdict = verdict if verdict.flags and _tied(evidence) else _CLEAR
        evidence = (_reached(face.subject), *evidence)
    return Comparison(verdict, probability, round(bits, 2), evidence, via)


@lru_cache(maxsize=10_000)
def _probability(odds: float) -> float:
    """What log2 odds come to; they are sums of a few dozen levels, and of how rare a name is."""
    return round(min(1 / (1 + 2 ** min(-odds, 1000)), MOST_CERTAIN), 4)


def _of_representative(found: Evidence, scales: Scales) -> Evidence:
    """To work for the listed organisation says more of its representative than an employer says of anybody."""
    if (found.attribute, found.level) != ("employer", "same"):
        return found
    return scales.evidence("employer", "of_representative", found.sentence)


def _tied(evidence: tuple[Evidence, ...]) -> bool:
    """Whether more than a name (and what thousands of namesakes share) ties a person to a representative."""
    return any(e.attribute in ("identifier", "employer") and e.bits > 0 for e in evidence)


def _reached(face: Subject) -> Evidence:
    """Says through whom the listing is looked at; worth nothing in itself."""
    return Evidence("via", "legal_representative", 0.0, f"通过名单中 {face.employer} 的法定代表人 {face.name}")


def _verdict(evidence: tuple[Evidence, ...], probability: float, scales: Scales) -> Verdict:
    bearings = [e.bearing for e in evidence]
    bands = scales.weights.bands
    if _EXCLUDES in bearings:
        return _CLEAR
    if probability >= bands.confirmed and _IDENTIFIES in bearings and _WEAKENS not in bearings:
        return Verdict.CONFIRMED
    if probability >= bands.probable:
        return Verdict.PROBABLE
    if probability >= bands.possible:
        return Verdict.POSSIBLE
    return _UNVERIFIABLE if _is_namesake(evidence, bearings) else _CLEAR


def _is_namesake(evidence: tuple[Evidence, ...], bearings: Sequence[Bearing]) -> bool:
    """The same name, nothing against it, and no number that shows enough on both sides to tell.

    A number that agrees and yet does not suffice, beside 黄某, clears nobody whom the name alone would not.
    """
    if _WEAKENS in bearings:
        return False
    return bool([e for e in evidence if e.level in _SAME_NAME and e.attribute.endswith("_name")])


class Judgement(NamedTuple):
    """One applicant against the lists."""

    verdict: Verdict
    matches: tuple[tuple[int, Comparison], ...]
    """(listing id, comparison) of every candidate that is `possible` or better, strongest first."""
    namesake_ids: tuple[int, ...]
    """Listings of the same name that cannot be told apart from the applicant."""
    excluded: int
    """Candidates that the evidence ruled out."""
    related: tuple[tuple[int, str], ...] = ()
    """(listing id, sentence) of entries on the applicant's parent or branch: told, never a flag by the name alone."""

    def reason(self, applicant: Subject) -> str:
        """Why the verdict is `unverifiable`; empty for every other."""
        if self.verdict is not Verdict.UNVERIFIABLE:
            return ""
        if not self.namesake_ids:
            return why_name_not_comparable(applicant)
        missing = "与名单条目没有可以互相比对的证件号码" if applicant.identifiers else "申报信息中没有证件号码"
        full = any(number.valid and not number.masked for number in applicant.identifiers)
        remedy = "请向名单发布单位核实" if full else "请补充完整证件号码"
        return f"名单中有 {len(self.namesake_ids)} 条同名，{missing}，不能确认也不能排除；{remedy}"

    def why_clear(self) -> str:
        """What was looked at before the verdict `clear`."""
        none = "均不是" if self.excluded > 1 else "不是"
        looked = f"比对了 {self.excluded} 条相近条目，{none}同一主体" if self.excluded else "名单中没有相近条目"
        return "；".join((looked, self.why_related())) if self.related else looked

    def why_related(self) -> str:
        """Which entries concern the applicant's parent or branch; empty when none do."""
        if not self.related:
            return ""
        sentences = list(dict.fromkeys(sentence for _, sentence in self.related))
        more = f"的条目 {len(self.related)} 条" if len(self.related) > 1 else ""
        return f"{RELATED}：名单中有关联单位{more}，{sentences[0]}"


def judge(
    applicant: Subject, candidates: Iterable[tuple[int, Listing]], scales: Scales, ruled_out: int = 0
) -> Judgement:
    """The applicant compared with every candidate. Order of the candidates does not matter.

    `ruled_out`: candidates that need no comparing to be told apart.
    """
    matches: list[tuple[int, Comparison]] = []
    namesakes: list[int] = []
    related: list[tuple[int, str]] = []
    for number, listing in candidates:
        found = compare(applicant, listing, scales)
        if found.verdict.flags:
            matches.append((number, found))
            continue
        if found.verdict is _UNVERIFIABLE:
            namesakes.append(number)
        ruled_out += found.ruled_out
        if sentence := found.related:
            related.append((number, sentence))
    otherwise = Verdict.UNVERIFIABLE if namesakes or why_name_not_comparable(applicant) else Verdict.CLEAR
    if not (matches or namesakes or related):
        return Judgement(otherwise, (), (), ruled_out)
    matches.sort(key=lambda match: (-match[1].bits, match[0]))
    verdict = max((c.verdict for _, c in matches), key=lambda v: v.rank, default=otherwise)
    return Judgement(verdict, tuple(matches), tuple(sorted(namesakes)), ruled_out, tuple(sorted(related)))
