"""The applicant and the listing side by side, attribute by attribute, each with the evidence that it gives."""

from dataclasses import dataclass

from credit_sync.reporting.flag_views import EvidenceView, FlagView
from credit_sync.reporting.labels import ATTRIBUTES

_SIGNS = {"agrees": "相符", "resembles": "相近", "contradicts": "不符", "neutral": "中性", "": "未比"}
_NEXT_TO_NOTHING = 0.5
"""Bits: the same province, say, is worth so little that its sign says nothing."""

RESEMBLING = frozenset(
    [
        "transliteration",
        "part",
        "sound",
        "look_alike",
        "one_character",
        "two_characters",
        "brand_character",
        "form",
        "form_changed",
        "group",
        "place_dropped",
        "place_dropped_short",
        "short",
        "bracketed_place",
        "parent_branch",
        "affiliated",
        "typing_error",
    ]
)
"""Levels of evidence that may speak for one subject though the two are not written alike."""


_READ_FROM = {
    "性别": ("据证件号码", "据证件号码"),
    "出生年份": ("据证件号码", "据证件号码或年龄"),
    "地区": ("据证件号码", "据法院或机关"),
}
"""What an attribute is read from where the applicant, or the listing, does not give it: screening/compare_attributes.py."""


@dataclass(frozen=True, slots=True)
class ComparedView:
    """One attribute. `evidence` is None where one side says nothing, or a number says it already."""

    title: str
    applicant: str
    listed: str
    evidence: EvidenceView | None
    told_by_number: bool
    """It is one of what a person's number tells, and the numbers were compared."""

    @property
    def sign(self) -> str:
        """`agrees`, `resembles`, `contradicts`, `neutral`, or empty where nothing was compared."""
        if self.evidence is None:
            return ""
        if abs(self.evidence.bits) < _NEXT_TO_NOTHING:
            return "neutral"
        if self.evidence.bits < 0:
            return "contradicts"
        return "resembles" if self.evidence.level in RESEMBLING else "agrees"

    @property
    def why_not(self) -> str:
        """Why nothing was compared of what is written here; empty where one side is silent, and all is said by that."""
        if self.evidence is not None:
            return ""
        if self.title == "曾用名":
            return "已在名称中比较"
        if not (self.applicant and self.listed):
            return ""
        return "已由证件号码体现" if self.told_by_number else "两边所写不能互相比较"

    @property
    def sign_title(self) -> str:
        """The sign in Chinese: it is never told by colour alone."""
        return _SIGNS[self.sign]


def side_by_side(flag: FlagView) -> tuple[ComparedView, ...]:
    """Every attribute that either side shows, then evidence that stands for none of them."""
    left = {e.title: e for e in flag.evidence}
    told = _READ_FROM.keys() if flag.applicant.kind == "个人" and ATTRIBUTES["identifier"] in left else ()
    sides = [(title, ours, theirs, left.pop(title, None)) for title, ours, theirs in flag.compared]
    sides += [(title, "", "", evidence) for title, evidence in left.items()]
    return tuple(_compared(*side, told_by_number=side[0] in told) for side in sides)


def _compared(
    title: str, ours: str, theirs: str, evidence: EvidenceView | None, *, told_by_number: bool
) -> ComparedView:
    """A side that says nothing of what was compared all the same tells where that was read."""
    from_ours, from_theirs = _READ_FROM.get(title, ("", "")) if evidence else ("", "")
    return ComparedView(title, ours or from_ours, theirs or from_theirs, evidence, told_by_number)
