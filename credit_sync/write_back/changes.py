"""What a system has to be told of a flag: what it knows, compared with how the flag stands. Pure.

A notice has the whole content of the flag as it was at the change, so a system that keeps only the last one of each flag
is right. Officers' steps are told one by one; between two of them the night's change, where it belongs in time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from credit_sync.screening.decisions import State


class Change(StrEnum):
    """What happened to a flag."""

    OPENED = "opened"
    """Found, or found again after it was closed."""
    CHANGED = "changed"
    """Other verdict, measure or cases."""
    PROPOSED = "proposed"
    """One person has concluded, a second has to agree."""
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    REOPENED = "reopened"
    """Waits again: the evidence changed, or a conclusion was taken back or not agreed to."""
    CLOSED = "closed"


Content = Mapping[str, str]
"""The fields of a notice but its key and sequence, as texts: see `FIELDS`."""

FIELDS = (
    "flag",
    "sequence",
    "change",
    "at",
    "reason",
    "state",
    "state_title",
    "system",
    "application",
    "title",
    "department",
    "role",
    "role_title",
    "applicant",
    "identifier",
    "list",
    "list_title",
    "verdict",
    "verdict_title",
    "effect",
    "effect_title",
    "measure",
    "basis",
    "cases",
    "opened_at",
    "closed_at",
)
"""Everything that a mapping may name beside the key."""
_NEWS = ("verdict", "effect", "cases", "closed_at")
"""Of these a change is news; wordings and probabilities move without anything having happened."""
_OF_STATE = {
    State.OPEN: Change.REOPENED,
    State.REOPENED: Change.REOPENED,
    State.PROPOSED: Change.PROPOSED,
    State.UPHELD: Change.UPHELD,
    State.DISMISSED: Change.DISMISSED,
}


@dataclass(frozen=True, slots=True)
class FlagNow:
    """A flag as it stands."""

    id: int
    changed_at: datetime
    """Of the night's last change."""
    facts: Content
    """The content without what a change adds: change, at, reason, state, sequence."""
    close_reason: str


@dataclass(frozen=True, slots=True)
class DecisionStep:
    """One step of its history."""

    id: int
    state: State
    at: datetime
    reason: str
    """For people."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the system was told last."""

    sequence: int
    decision_id: int
    content: Content


@dataclass(frozen=True, slots=True)
class Notice:
    """One change to be told."""

    sequence: int
    change: Change
    decision_id: int
    content: Content


def notices(
    flag: FlagNow, steps: Sequence[DecisionStep], known: Known | None, titles: Mapping[str, str]
) -> list[Notice]:
    """The notices that bring a system from what it knows to how the flag stands, oldest first.

    `steps`: those that it has not been told of, oldest first. `titles`: of states. A flag that closed before its system
    heard of it is none of its business.
    """
    if known is None and flag.facts["closed_at"]:
        return []
    writer = _Writer(flag, known, titles)
    change = _of_the_night(flag, known)
    earlier = known is not None and change is not None
    before = list(takewhile(lambda step: earlier and step.at < flag.changed_at, steps))
    for step in before:
        writer.decided(step)
    if change:
        writer.happened(change)
    for step in steps[len(before) :]:
        writer.decided(step)
    return writer.made


def _of_the_night(flag: FlagNow, known: Known | None) -> Change | None:
    if known is None:
        return Change.OPENED
    if known.content["opened_at"] != flag.facts["opened_at"]:
        return Change.OPENED
    if all(known.content[name] == flag.facts[name] for name in _NEWS):
        return None
    return Change.CLOSED if flag.facts["closed_at"] else Change.CHANGED


class _Writer:
    """Writes notices one after the other, each with the flag as it was by then."""

    def __init__(self, flag: FlagNow, known: Known | None, titles: Mapping[str, str]) -> None:
        self.made: list[Notice] = []
        self._flag, self._titles = flag, titles
        self._facts: Content = known.content if known else flag.facts
        self._state = State(known.content["state"]) if known else State.OPEN
        self._sequence = known.sequence if known else 0
        self._decision_id = known.decision_id if known else 0

    def decided(self, step: DecisionStep) -> None:
        """Somebody, or the night, has taken a step."""
        self._state, self._decision_id = step.state, step.id
        self._write(_OF_STATE[step.state], step.at, step.reason)

    def happened(self, change: Change) -> None:
        """The night has changed the flag."""
        self._facts = self._flag.facts
        self._write(change, self._flag.changed_at, self._flag.close_reason if change is Change.CLOSED else "")

    def _write(self, change: Change, at: datetime, reason: str) -> None:
        self._sequence += 1
        of_change = {
            "sequence": str(self._sequence),
            "change": change.value,
            "at": written(at),
            "reason": reason,
            "state": self._state.value,
            "state_title": self._titles[self._state],
        }
        self.made.append(Notice(self._sequence, change, self._decision_id, {**self._facts, **of_change}))


def written(at: datetime | None) -> str:
    """A time as notices have it; '' for none.

    >>> written(datetime(2026, 3, 1, 2, 0))
    '2026-03-01 02:00:00'
    """
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""


def notice_key(system: str, flag_id: int, sequence: int) -> str:
    """`management/12/3`: what a notice is known by on both sides, for ever."""
    return f"{system}/{flag_id}/{sequence}"
