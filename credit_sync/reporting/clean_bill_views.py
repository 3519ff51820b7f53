"""What a clean-bill list (无预警名单) says of one award round, as plain typed values. Every text is fit to be shown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

import orjson


class Outcome(StrEnum):
    """What an applicant's screening comes to; everybody has exactly one. Only the first two are on the list."""

    CLEARED = "cleared"
    DISMISSED = "dismissed"
    """Flags there were, and officers found each to be somebody else, or the measure not to apply."""
    OPEN = "open"
    UPHELD = "upheld"
    UNVERIFIABLE = "unverifiable"
    UNSCREENED = "unscreened"
    """Never screened, or not since the application or a list has changed; or its source may hold another by now."""
    BLOCKED = "blocked"
    """Nothing was found, by lists of which one is missing or stale."""


CLEAN = (Outcome.CLEARED, Outcome.DISMISSED)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which applications a list is about; year None and round '' do not limit it."""

    system: str
    year: int | None
    round: str

    @property
    def title(self) -> str:
        """As people say it."""
        parts = (self.system, f"{self.year} 年度" if self.year else "", f"批次 {self.round}" if self.round else "")
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class ListLine:
    """A watch list as it is when the document is made."""

    title: str
    versions: str
    pulled_at: datetime | None
    age_days: float | None
    live: int
    warning: str
    """Why it clears nobody; '' when it is fresh."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source of the system's applicants, also one that has brought none."""

    name: str
    title: str
    """What its mapping calls it; its name where it is configured no more."""
    pulled_at: datetime | None
    quarantined: int
    """Rows that could not be read: applicants that the document cannot speak of."""

    @property
    def state(self) -> str:
        """Whether all that it brought could be read."""
        if self.quarantined:
            return f"隔离 {self.quarantined} 行"
        return "全部读取" if self.pulled_at else "从未取到"


@dataclass(frozen=True, slots=True)
class Line:
    """One applicant."""

    application: str
    title: str
    department: str
    stage: str
    name: str
    role: str
    numbers: tuple[str, ...]
    outcome: Outcome
    why: str
    screened_at: datetime | None


@dataclass(frozen=True)
class CleanBill:
    """The whole document."""

    organ: str
    selection: Selection
    who: str
    at: datetime
    lists: tuple[ListLine, ...]
    sources: tuple[SourceLine, ...]
    lines: tuple[Line, ...]
    """By application, then as the source lists them."""

    @property
    def blocked(self) -> bool:
        """Whether nobody may be called clean, because a list is missing or stale."""
        return not self.lists or any(found.warning for found in self.lists)

    @cached_property
    def clean(self) -> tuple[Line, ...]:
        """Those on the list."""
        return tuple(line for line in self.lines if line.outcome in CLEAN)

    @cached_property
    def others(self) -> tuple[Line, ...]:
        """Those for whom none can be made out, in the order of the reasons."""
        order = list(Outcome)
        found = [line for line in self.lines if line.outcome not in CLEAN]
        return tuple(sorted(found, key=lambda line: order.index(line.outcome)))

    @cached_property
    def counts(self) -> dict[Outcome, int]:
        """How many of each outcome; together everybody."""
        counted = Counter(line.outcome for line in self.lines)
        return {outcome: counted[outcome] for outcome in Outcome}

    @cached_property
    def quarantined(self) -> int:
        """Rows of the sources that could not be read."""
        return sum(source.quarantined for source in self.sources)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything the document says."""
        return sha256(orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)).hexdigest()

    def by_application(self) -> Sequence[tuple[Line, tuple[Line, ...]]]:
        """Those on the list by application: (its first line, its lines)."""
        groups: dict[str, list[Line]] = {}
        for line in self.clean:
            groups.setdefault(line.application, []).append(line)
        return [(group[0], tuple(group)) for group in groups.values()]
