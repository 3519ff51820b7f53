"""What a screening comes to for each applicant, as it is stored: verdict, reason, and what both rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection

from credit_sync.records import Applicant
from credit_sync.screening.comparison import Judgement, Verdict
from credit_sync.sources.lists import blocking_reason
from credit_sync.store.ledger import Run
from credit_sync.store.lists import ListState
from credit_sync.store.schema import screening


@dataclass(frozen=True, slots=True)
class Conclusions:
    """Writes the screenings of one night."""

    run: Run
    weights: str
    states: Mapping[str, ListState]
    basis: str
    """What all screenings of the night rest on: see `renewal.basis`."""
    unknown: Mapping[int, str]
    """Why nothing found says nothing about an applicant, where it does not."""
    names: Mapping[int, tuple[str, ...]]
    """Other names of applicants, where officers or the site know some."""

    def basis_of(self, applicant_id: int) -> str:
        """What one applicant's screening rests on."""
        own = "\n".join((self.unknown.get(applicant_id, ""), *self.names.get(applicant_id, ())))
        return self.basis + (blake2b(own.encode(), digest_size=4).hexdigest() if own else "")

    def common(self) -> dict[str, Any]:
        """What every screening of the night says alike."""
        lists = {name: {"versions": dict(s.versions), "stale": s.stale} for name, s in self.states.items()}
        return {"lists": lists, "weights": self.weights, "screened_at": self.run.as_of}

    def write(
        self,
        connection: Connection,
        applicants: Mapping[int, Applicant],
        versions: Mapping[int, int],
        judgements: Mapping[int, Judgement],
    ) -> None:
        """The screenings of a block take the place of earlier ones. `applicants`: at least those not found clear."""
        connection.execute(screening.delete().where(screening.c.applicant_id.in_(list(judgements))))
        common = self.common()
        rows = [
            self._row(number, applicants.get(number), versions[number], found) | common
            for number, found in judgements.items()
        ]
        connection.execute(screening.insert(), rows)

    def _row(self, number: int, found: Applicant | None, version: int, judgement: Judgement) -> dict[str, Any]:
        verdict = self._verdict(number, judgement)
        reasons = [judgement.why_related()]
        if verdict is Verdict.UNVERIFIABLE:
            unknown = self.unknown.get(number, "")
            own = judgement.reason(found.subject) if found is not None else ""
            reasons = [own, blocking_reason(self.states), unknown, *reasons]
        return {
            "applicant_id": number,
            "applicant_version": version,
            "verdict": verdict.value,
            "reason": "；".join(reason for reason in reasons if reason),
            "basis": self.basis_of(number),
        }

    def _verdict(self, number: int, judgement: Judgement) -> Verdict:
        """The judgement's verdict, but nobody is clear by a list that is missing, stale or has not answered."""
        if judgement.verdict is Verdict.CLEAR and (blocking_reason(self.states) or number in self.unknown):
            return Verdict.UNVERIFIABLE
        return judgement.verdict
