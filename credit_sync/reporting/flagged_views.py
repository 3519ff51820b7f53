"""What the flagged-applicants report shows, as plain typed values. Every text in them is fit to be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from credit_sync.reporting.labels import ATTRIBUTES, EFFECTS
from credit_sync.reporting.lists import ListView
from credit_sync.reporting.review_views import ReviewView
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.measures import Effect
from credit_sync.screening.reasons import Reason

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


@dataclass(frozen=True, slots=True)
class ApplicationHead:
    """The application an applicant belongs to."""

    system: str
    number: str
    title: str
    kind: str
    stage: str
    department: str
    year: int | None


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application with its open flags."""

    head: ApplicationHead
    flags: tuple[FlagView, ...]

    @property
    def lines(self) -> int:
        """About how many lines of a printed page it takes; a page holds some 50."""
        return sum(9 + len(flag.evidence) + len(flag.entries) for flag in self.flags)


@dataclass(frozen=True, slots=True)
class OtherFlag:
    """Another flag on the same applicant and the same listed subject."""

    number: int
    head: ApplicationHead
    role: str
    list_title: str
    closed: bool
    review: ReviewView


@dataclass(frozen=True, slots=True)
class OtherFlags:
    """How many of them there are by state, and some: those that people concluded last before those that wait."""

    by_state: tuple[tuple[str, int], ...]
    told: tuple[OtherFlag, ...]


@dataclass(frozen=True, slots=True)
class DecidedView:
    """A step that a person took on a flag since the last report."""

    number: int
    head: ApplicationHead
    applicant: str
    role: str
    list_title: str
    said: tuple[str, ...]
    at: datetime
    represented: bool
    """Whether the flag reaches the applicant through a legal representative."""


@dataclass(frozen=True, slots=True)
class ClosedView:
    """A flag that closed since the last report."""

    number: int
    head: ApplicationHead
    applicant: str
    role: str
    list_title: str
    verdict: Verdict
    reason: str
    closed_at: datetime
    represented: bool
    """Whether the flag reached the applicant through a legal representative."""


@dataclass(frozen=True, slots=True)
class UnverifiableView:
    """An applicant who can be neither confirmed nor excluded; no accusation."""

    head: ApplicationHead
    applicant: str
    role: str
    numbers: tuple[str, ...]
    missing: str
    """The number that would settle it; empty where the applicant gave one."""
    reason: str


@dataclass(frozen=True, slots=True)
class Accounted:
    """Every live applicant, each in exactly one of these."""

    verdicts: dict[Verdict, int]
    unscreened: int
    """Not screened in the present version."""
    late: int
    """Of the screened: not on the day of the report."""

    @property
    def total(self) -> int:
        """All live applicants."""
        return self.screened + self.unscreened

    @property
    def screened(self) -> int:
        """Those with a verdict."""
        return sum(self.verdicts.values())


@dataclass(frozen=True, slots=True)
class TallyRow:
    """Counts of one department of one system."""

    system: str
    department: str
    applications: int
    verdicts: tuple[int, ...]
    """Flags by verdict, in VERDICT_ORDER."""
    unverifiable: int

    @property
    def flags(self) -> int:
        """All flags."""
        return sum(self.verdicts)


@dataclass(frozen=True)
class FlaggedReport:
    """The whole report."""

    department: str
    as_of: datetime
    previous: datetime | None
    """The last report of an earlier day; None when there was none."""
    lists: tuple[ListView, ...]
    accounted: Accounted
    applications: tuple[ApplicationView, ...]
    """With the flags that wait for a decision or are upheld."""
    dismissed: tuple[tuple[ApplicationHead, FlagView], ...]
    reasons: tuple[Reason, ...]
    """What an officer may give as a reason."""
    decided: tuple[DecidedView, ...]
    """Since the last report, the oldest first."""
    closed: tuple[ClosedView, ...]
    unverifiable: tuple[UnverifiableView, ...]
    related: tuple[UnverifiableView, ...]
    """Applicants whose parent or branch is listed: told, no flag."""

    @cached_property
    def flags(self) -> tuple[FlagView, ...]:
        """All open flags that are not dismissed, in the order of the report."""
        return tuple(flag for application in self.applications for flag in application.flags)

    @cached_property
    def stale(self) -> tuple[ListView, ...]:
        """The lists that clear nobody."""
        return tuple(found for found in self.lists if found.warning)

    @cached_property
    def by_reason(self) -> tuple[tuple[str, tuple[UnverifiableView, ...]], ...]:
        """The unverifiable by reason, those whose number is missing first, in the order they stand."""
        groups: dict[str, list[UnverifiableView]] = {}
        for found in sorted(self.unverifiable, key=lambda u: (not u.missing, u.reason)):
            groups.setdefault(found.reason, []).append(found)
        return tuple((reason, tuple(group)) for reason, group in groups.items())

    @cached_property
    def tally(self) -> tuple[TallyRow, ...]:
        """Counts per system and department, sorted by both."""
        keys = {(a.head.system, a.head.department) for a in self.applications}
        keys |= {(u.head.system, u.head.department) for u in self.unverifiable}
        return tuple(self._tally(system, department) for system, department in sorted(keys))

    @cached_property
    def represented(self) -> int:
        """Open flags that reach an applicant through the legal representative of a listed organisation."""
        return sum(flag.representative is not None for flag in self.flags)

    @cached_property
    def waiting(self) -> int:
        """Open flags that wait for a decision."""
        return sum(flag.review.state.waits for flag in self.flags)

    def count(self, verdict: Verdict) -> int:
        """Open flags of one verdict."""
        return sum(flag.verdict is verdict for flag in self.flags)

    def news(self, news: str) -> int:
        """Open flags that are 新增, 有变化 or 重新打开."""
        return sum(flag.news == news for flag in self.flags)

    def missing(self) -> tuple[tuple[str, int], ...]:
        """How many unverifiable applicants lack which number."""
        kinds = sorted({u.missing for u in self.unverifiable if u.missing})
        return tuple((kind, sum(u.missing == kind for u in self.unverifiable)) for kind in kinds)

    def choices(self, field: str) -> Sequence[str]:
        """The systems, departments or stages that occur: what can be filtered by."""
        heads = [a.head for a in self.applications] + [u.head for u in self.unverifiable]
        return sorted({getattr(head, field) for head in heads})

    def _tally(self, system: str, department: str) -> TallyRow:
        here = [a for a in self.applications if (a.head.system, a.head.department) == (system, department)]
        flags = [flag for a in here for flag in a.flags]
        others = (u for u in self.unverifiable if (u.head.system, u.head.department) == (system, department))
        return TallyRow(
            system=system,
            department=department,
            applications=len(here),
            verdicts=tuple(sum(f.verdict is v for f in flags) for v in VERDICT_ORDER),
            unverifiable=sum(1 for _ in others),
        )
