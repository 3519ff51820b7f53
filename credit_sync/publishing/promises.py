"""How the department keeps its promises on how long a decision takes (mappings/deadlines.toml). Pure.

Only what was decided can be judged: the registers hold decisions, not applications that still wait for one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from credit_sync.publishing.deadline_rules import Promise
from credit_sync.publishing.deadlines import CHINA, Deadline, working_days_late
from credit_sync.publishing.rates import Month, Rate
from credit_sync.publishing.timeline import Timeline


@dataclass(frozen=True, slots=True)
class PromiseCase:
    """One decision under a promise: from when to when it took."""

    number: str
    subject: str
    began: date
    ended: date
    deadline: Deadline
    days_late: int


@dataclass(frozen=True, slots=True)
class PromiseFigures:
    """How a promise was kept in a month."""

    promise: Promise
    kept: int
    late: tuple[PromiseCase, ...]
    """The latest first."""
    undated: int
    """Decisions that do not say when they began: not counted."""
    backwards: int
    """Decisions that begin after they end: not counted."""

    @property
    def rate(self) -> Rate:
        """Decided in time, of those whose dates are usable."""
        return Rate(self.kept, self.kept + len(self.late))


def promise_figures(promise: Promise, timelines: Iterable[Timeline], month: Month, at: datetime) -> PromiseFigures:
    """The decisions of a month under a promise, as the records stood before a time."""
    kept = undated = backwards = 0
    late = []
    for timeline in timelines:
        said = timeline.before(at)
        if said is None or not said.there or timeline.kind is not promise.kind:
            continue
        ended: date | None = said.content[promise.to]
        if said.content[promise.only.field] not in promise.only.values or ended is None or ended not in month:
            continue
        began: date | None = said.content[promise.from_]
        if began is None:
            undated += 1
        elif began > ended:
            backwards += 1
        elif days := working_days_late((deadline := promise.deadline(began)).day, ended, CHINA):
            late.append(PromiseCase(said.number, said.subject, began, ended, deadline, days))
        else:
            kept += 1
    late.sort(key=lambda case: (-case.days_late, case.ended, case.number))
    return PromiseFigures(promise, kept, tuple(late), undated, backwards)
