"""What a record said, and when: so that a past month can be judged again as it was. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from credit_sync.publishing.across_rows import number_key
from credit_sync.records import RecordKind


@dataclass(frozen=True, slots=True)
class Said:
    """What a record said from some time on; `there` is False once its source no longer had it."""

    since: datetime
    there: bool
    content: Mapping[str, Any]

    @property
    def number(self) -> str:
        """The document number."""
        return str(self.content["document_number"])

    @property
    def subject(self) -> str:
        """The subject's name."""
        return str(self.content["subject_name"])

    @property
    def decided_on(self) -> date:
        """The day of the decision."""
        decided: date = self.content["decided_on"]
        return decided


@dataclass(frozen=True, slots=True)
class Timeline:
    """A decision's versions, the oldest first, of the record that has it and of those that had it before."""

    kind: RecordKind
    record_ids: tuple[int, ...]
    """The oldest first."""
    versions: tuple[Said, ...]

    @property
    def record_id(self) -> int:
        """The first of them: what a month that is over was reported by."""
        return self.record_ids[0]

    def before(self, at: datetime) -> Said | None:
        """The last version from before a time; None when the record was not known yet."""
        known = bisect_left(self.versions, at, key=lambda said: said.since)
        return self.versions[known - 1] if known else None


def by_decision(timelines: Iterable[Timeline]) -> tuple[Timeline, ...]:
    """Every decision once: a record that comes when the one with its document number has gone is that one, re-keyed.

    `timelines` in the order of ids. What was true at a time stays so: only what had happened when the later record came counts.
    """
    found: dict[int, Timeline] = {}
    by_number: dict[str, int] = {}
    for timeline in timelines:
        number = number_key(timeline.versions[0].number)
        before = found.get(by_number.get(number, 0))
        whole = timeline if before is None else _continued(before, timeline)
        found[whole.record_id] = whole
        if any(map(str.isdigit, number)):
            by_number[number] = whole.record_id
    return tuple(found.values())


def _continued(before: Timeline, timeline: Timeline) -> Timeline:
    """Both as one, where the source had lost the first when the second came; else the second."""
    came = timeline.versions[0].since
    there = [said.there for said in before.versions if said.since <= came]
    if not there or there[-1]:
        return timeline
    versions = sorted(before.versions + timeline.versions, key=lambda said: said.since)
    return replace(timeline, record_ids=before.record_ids + timeline.record_ids, versions=tuple(versions))
