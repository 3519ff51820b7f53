"""One flag as reports and the desk show it: both sides, the evidence, the entries, the measure. Fit to be shown."""

from dataclasses import dataclass
from datetime import date, datetime

from credit_sync.reporting.labels import ATTRIBUTES, EFFECTS
from credit_sync.reporting.review_views import ReviewView
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.measures import Effect

VERDICT_ORDER = (Verdict.CONFIRMED, Verdict.PROBABLE, Verdict.POSSIBLE)
"""The verdicts that raise a flag, the most serious first."""
EFFECT_ORDER: tuple[Effect, ...] = ("forbid", "restrict", "hold", "consider")


@dataclass(frozen=True, slots=True)
class PartyView:
    """An applicant or a listed subject."""

    kind: str
    name: str
    numbers: tuple[str, ...]
    details: tuple[tuple[str, str], ...]
    """(title, value) of whatever else is known: former names, legal representative, sex, birth year ..."""


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One piece of evidence; `bits` > 0 speaks for one and the same subject, < 0 against."""

    title: str
    sentence: str
    bits: float
    level: str = ""
    """How the two compare, by the name that the weights have for it."""


@dataclass(frozen=True, slots=True)
class EntryView:
    """One listing of the listed subject: a case, say."""

    number: str
    organ: str
    listed_on: date | None
    published_on: date | None
    reason: str
    duty: str
    performance: str
    probability: float


@dataclass(frozen=True, slots=True)
class MeasureView:
    """What the list means for this applicant."""

    effect: Effect
    title: str
    basis: str
    text: str

    @property
    def more(self) -> str:
        """What the title says behind the effect, where that has been said: of 暂缓，待复核 the second half."""
        effect = EFFECTS[self.effect]
        return "" if self.title == effect else self.title.removeprefix(f"{effect}，")


@dataclass(frozen=True, slots=True)
class FlagView:
    """One open flag: an applicant and a listed subject with all its entries, the strongest evidence shown."""

    number: int
    news: str
    """新增, 有变化 or 重新打开 since the last report, else empty."""
    changes: tuple[str, ...]
    """What has changed since."""
    verdict: Verdict
    probability: float
    list_title: str
    role: str
    applicant: PartyView
    listed: PartyView
    representative: PartyView | None
    """The legal representative of the listed organisation, where the applicant is held for him and not for it."""
    evidence: tuple[EvidenceView, ...]
    entries: tuple[EntryView, ...]
    left: tuple[str, ...]
    """Sentences on the entries that it has lost since the last report."""
    measure: MeasureView
    opened_at: datetime
    review: ReviewView

    @property
    def order(self) -> tuple[int, int, float, int]:
        """The most serious first."""
        verdict, effect = VERDICT_ORDER.index(self.verdict), EFFECT_ORDER.index(self.measure.effect)
        return verdict, effect, -self.probability, self.number

    @property
    def compared(self) -> tuple[tuple[str, str, str], ...]:
        """(title, the applicant's, the listed subject's) side by side."""
        there = self.representative or self.listed
        left, right = dict(self.applicant.details), dict(there.details)
        return (
            ("名称" if self.applicant.kind == "单位" else "姓名", self.applicant.name, there.name),
            ("证件号码", "、".join(self.applicant.numbers), "、".join(there.numbers)),
            *((title, left.get(title, ""), right.get(title, "")) for title in dict.fromkeys((*left, *right))),
        )

    @property
    def has_number(self) -> bool:
        """Whether a number on both sides speaks for one and the same subject."""
        return any(e.title == ATTRIBUTES["identifier"] and e.bits > 0 for e in self.evidence)

    @property
    def total_bits(self) -> float:
        """All evidence together."""
        return sum(e.bits for e in self.evidence)
