"""The applicant and the listing side by side, attribute by attribute, each with the evidence that it gives."""

from dataclasses import dataclass

from credit_sync.reporting.flagged_views import EvidenceView, FlagView

_SIGNS = {"agrees": "相符", "contradicts": "不符", "neutral": "不计", "": "未比"}


@dataclass(frozen=True, slots=True)
class ComparedView:
    """One attribute. `evidence` is None where one side says nothing, or a number says it already."""

    title: str
    applicant: str
    listed: str
    evidence: EvidenceView | None

    @property
    def sign(self) -> str:
        """`agrees`, `contradicts`, `neutral`, or empty where nothing was compared."""
        if self.evidence is None:
            return ""
        return "agrees" if self.evidence.bits > 0 else "contradicts" if self.evidence.bits < 0 else "neutral"

    @property
    def sign_title(self) -> str:
        """The sign in Chinese: it is never told by colour alone."""
        return _SIGNS[self.sign]


def side_by_side(flag: FlagView) -> tuple[ComparedView, ...]:
    """Every attribute that either side shows, then evidence that stands for none of them."""
    left = {e.title: e for e in flag.evidence}
    rows = [ComparedView(title, ours, theirs, left.pop(title, None)) for title, ours, theirs in flag.compared]
    return (*rows, *(ComparedView(title, "", "", evidence) for title, evidence in left.items()))
