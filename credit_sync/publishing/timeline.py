"""What a record said, and when: so that a past month can be judged again as it was. Pure."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

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
    """A record's versions, the oldest first."""

    kind: RecordKind
    record_id: int
    versions: tuple[Said, ...]

    def before(self, at: datetime) -> Said | None:
        """The last version from before a time; None when the record was not known yet."""
        known = bisect_left(self.versions, at, key=lambda said: said.since)
        return self.versions[known - 1] if known else None
