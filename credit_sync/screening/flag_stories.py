"""What became of every flag, and when: so that a past month can be told as it stood at its end. Pure but for reading.

A flag's history (`flag_history`) says when it opened, changed and closed, its decisions when it was concluded; both are
only ever added to, so what is read of a past time is the same at any later one.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from credit_sync.screening.comparison import Verdict
from credit_sync.screening.decisions import DECIDED, Conclusion, State, Step
from credit_sync.screening.measures import Effect
from credit_sync.store.schema import decision, flag, flag_history

_WAITS_FROM = (Step.REOPEN, Step.UNDO)
"""Steps after which a flag waits anew."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of `flag_history`: what the flag came to."""

    at: datetime
    change: str
    verdict: Verdict
    effect: Effect


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One line of `decision`."""

    at: datetime
    step: Step
    state: State
    reason: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class Concluded:
    """A conclusion that came into force."""

    at: datetime
    conclusion: Conclusion
    reason: str
    """Of the one who concluded first."""
    effect: Effect
    waited_from: datetime


@dataclass(frozen=True, slots=True)
class Stood:
    """How a flag stood at a time at which it was open."""

    verdict: Verdict
    effect: Effect
    state: State
    waits_from: datetime
    """Since when it waited for a decision, or had before it was decided."""


@dataclass(frozen=True, slots=True)
class FlagStory:
    """A flag with everything that happened to it, the oldest first."""

    flag_id: int
    applicant_id: int
    list: str
    events: tuple[Event, ...]
    steps: tuple[StepTaken, ...]

    def standing(self, at: datetime) -> Stood | None:
        """How it stood before a time; None while it was not there, or closed."""
        known = bisect_left(self.events, at, key=lambda event: event.at)
        if not known or self.events[known - 1].change == "closed":
            return None
        last, steps = self.events[known - 1], self._steps_before(at)
        state = steps[-1].state if steps else State.OPEN
        return Stood(last.verdict, last.effect, state, self._waits_from(at))

    def concluded(self) -> Iterator[Concluded]:
        """Every conclusion that came into force."""
        first: StepTaken | None = None
        for step in self.steps:
            if step.step in (Step.UPHOLD, Step.DISMISS):
                first = step
            if step.state in DECIDED and first is not None:
                conclusion = Conclusion(first.step.value)
                yield Concluded(step.at, conclusion, first.reason, step.effect, self._waits_from(step.at))

    def count(self, change: str, begin: datetime, end: datetime) -> int:
        """How often something happened to it from one time until before another."""
        return sum(event.change == change and begin <= event.at < end for event in self.events)

    def reopened(self, begin: datetime, end: datetime) -> int:
        """How often a conclusion no longer held."""
        return sum(step.step is Step.REOPEN and begin <= step.at < end for step in self.steps)

    def _steps_before(self, at: datetime) -> tuple[StepTaken, ...]:
        return self.steps[: bisect_left(self.steps, at, key=lambda step: step.at)]

    def _waits_from(self, at: datetime) -> datetime:
        opened = [event.at for event in self.events if event.change == "opened" and event.at < at]
        again = [step.at for step in self._steps_before(at) if step.step in _WAITS_FROM]
        return max(opened + again, default=at)


def read_stories(connection: Connection) -> list[FlagStory]:
    """All flags that ever were, by number."""
    events, steps = _events(connection), _steps(connection)
    c = flag.c
    return [
        FlagStory(
            row.id,
            row.applicant_id,
            row.list,
            tuple(events.get(row.id, ())),
            tuple(steps.get(row.id, ())),
        )
        for row in connection.execute(select(c.id, c.applicant_id, c.list).order_by(c.id))
    ]


def _events(connection: Connection) -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = {}
    c = flag_history.c
    for row in connection.execute(select(c.flag_id, c.at, c.change, c.verdict, c.effect).order_by(c.id)):
        event = Event(row.at, row.change, Verdict(row.verdict), row.effect)
        found.setdefault(row.flag_id, []).append(event)
    return found


def _steps(connection: Connection) -> dict[int, list[StepTaken]]:
    found: dict[int, list[StepTaken]] = {}
    c = decision.c
    for row in connection.execute(select(c.flag_id, c.at, c.step, c.state, c.reason, c.effect).order_by(c.id)):
        step = StepTaken(row.at, Step(row.step), State(row.state), row.reason, row.effect)
        found.setdefault(row.flag_id, []).append(step)
    return found
