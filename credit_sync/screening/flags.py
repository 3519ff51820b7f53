"""Flags in the store: what tonight's judgements open, change, re-open and close.

A flag is the open matter of one applicant with one listed subject, which he is or whose legal representative he is;
all cases of that subject hang on it as matches. Nothing is deleted: what no longer holds is closed with a reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Table, func, select, update

from credit_sync.records import Applicant
from credit_sync.screening.comparison import Comparison, Judgement
from credit_sync.screening.decisions import DECIDED
from credit_sync.screening.endings import EVIDENCE, endings, why_closed
from credit_sync.screening.faces import Via
from credit_sync.screening.listed_subject import ListedCase
from credit_sync.screening.measures import Measures
from credit_sync.store.schema import applicant, flag, flag_history, match

CLOSED_APPLICANT = "申报主体已不在申报系统中"


@dataclass(slots=True)
class FlagCounts:
    """What one screening did to flags."""

    opened: int = 0
    changed: int = 0
    """Also those that were closed and are back with the conclusion that they had: nobody has to look at them."""
    closed: int = 0
    reopened: int = 0
    """Decided flags that wait again, because their evidence is other than it was."""
    open: dict[str, int] = field(default_factory=dict)
    """Flags that wait for a decision, by list."""


class FlagWriter:
    """Brings the flags and matches of applicants in line with their judgements, within one transaction."""

    def __init__(self, connection: Connection, as_of: datetime, weights: str, measures: Measures) -> None:
        self._connection = connection
        self._as_of = as_of
        self._weights = weights
        self._measures = measures
        self._next_id = (connection.scalar(select(func.max(flag.c.id))) or 0) + 1
        self._next_change = (connection.scalar(select(func.max(flag_history.c.id))) or 0) + 1
        self._new: dict[Table, list[dict[str, Any]]] = {flag: [], match: [], flag_history: []}
        """Rows to insert, in one go for each block: flags before the matches that hang on them."""
        self.counts = FlagCounts()

    def write(
        self,
        applicants: Mapping[int, Applicant],
        judgements: Mapping[int, Judgement],
        cases: Mapping[int, ListedCase],
    ) -> None:
        """`applicants`: of `judgements` at least those with matches. `cases`: every listing in the matches, by its id."""
        ids = sorted(judgements)
        stored_flags = self._rows(flag, flag.c.applicant_id, ids)
        stored_matches = self._rows(match, match.c.applicant_id, ids)
        by_flag = {(f["applicant_id"], f["list"], f["listed_subject"], f["via"]): f for f in stored_flags}
        by_pair = {(m["applicant_id"], m["listing_id"]): m for m in stored_matches}
        known_cases: dict[int, set[int]] = {}
        for stored in stored_matches:
            if stored["closed_at"] is None:
                known_cases.setdefault(stored["flag_id"], set()).add(stored["listing_id"])
        for applicant_id in ids:
            for group, found in grouped(judgements[applicant_id], cases).items():
                who, key = applicants[applicant_id], (applicant_id, *group)
                known = by_flag.pop(key, None)
                other_cases = known is not None and known_cases.get(known["id"]) != {n for n, _ in found}
                flag_id = self._write_flag(key, known, found, who, other_cases=other_cases)
                for listing_id, comparison in found:
                    pair = (applicant_id, listing_id)
                    case = (cases[listing_id].version, _numbers_digest(who, cases[listing_id]))
                    self._write_match(pair, comparison, flag_id, case, by_pair.pop(pair, None))
        self._insert_new()
        self._close_left(by_flag.values(), by_pair.values())
        self._insert_new()

    def _close_left(self, flags: Iterable[Mapping[str, Any]], matches: Iterable[Mapping[str, Any]]) -> None:
        """Closes stored flags and matches that nothing is found for any more, and says why."""
        ended = [stored for stored in matches if stored["closed_at"] is None]
        why = endings(self._connection, (stored["listing_id"] for stored in ended), self._as_of)
        self._close_matches(ended, why)
        left: dict[int, list[int]] = {}
        for stored in ended:
            left.setdefault(stored["flag_id"], []).append(stored["listing_id"])
        for stored in flags:
            if stored["closed_at"] is None:
                gone = sorted(left.get(stored["id"], []))
                sentences = [why[listing_id] for listing_id in gone if listing_id in why]
                self._close(stored, why_closed(sentences, len(gone) - len(sentences)))

    def _insert_new(self) -> None:
        for table, rows in self._new.items():
            if rows:
                self._connection.execute(table.insert(), rows)
                rows.clear()

    def close_removed_applicants(self) -> None:
        """Closes the open flags of applicants that their system no longer has."""
        gone = select(applicant.c.id).where(applicant.c.removed_at.is_not(None))
        query = select(flag).where(flag.c.closed_at.is_(None), flag.c.applicant_id.in_(gone)).order_by(flag.c.id)
        left: list[Any] = list(self._connection.execute(query).mappings())
        for stored in left:
            self._close(stored, CLOSED_APPLICANT)
        self._insert_new()

    def _write_flag(
        self,
        key: tuple[int, str, str, Via],
        stored: Mapping[str, Any] | None,
        found: list[tuple[int, Comparison]],
        applicant: Applicant,
        *,
        other_cases: bool,
    ) -> int:
        """`other_cases`: the flag has not the cases that it had, though its verdict may be the same."""
        best = max((c for _, c in found), key=lambda c: (c.verdict.rank, c.bits))
        measure = self._measures.for_applicant(key[1], applicant, self._as_of.date(), key[3]).stored()
        values = {"verdict": best.verdict.value, "probability": best.probability, "measure": measure}
        if stored is None:
            self.counts.opened += 1
            new_id, self._next_id = self._next_id, self._next_id + 1
            times = {"opened_at": self._as_of, "changed_at": self._as_of, "close_reason": ""}
            named = dict(zip(("applicant_id", "list", "listed_subject", "via"), key, strict=True))
            self._new[flag].append({"id": new_id, **named, **values, **times})
            self._remember(new_id, "opened", values)
            return new_id
        reopened = stored["closed_at"] is not None
        if reopened or other_cases or any(stored[name] != value for name, value in values.items()):
            new = reopened and stored["state"] not in DECIDED
            self.counts.opened += new
            self.counts.changed += not new
            opened = {"opened_at": self._as_of, "closed_at": None, "close_reason": ""} if reopened else {}
            change = update(flag).where(flag.c.id == stored["id"])
            self._connection.execute(change.values(**values, changed_at=self._as_of, **opened))
            self._remember(stored["id"], "opened" if reopened else "changed", values)
        return int(stored["id"])

    def _write_match(
        self,
        pair: tuple[int, int],
        comparison: Comparison,
        flag_id: int,
        case: tuple[int, str],
        stored: Mapping[str, Any] | None,
    ) -> None:
        """`case`: the listing's version, and a digest of the numbers on both sides."""
        evidence = [e.stored() for e in comparison.evidence]
        values = {
            "flag_id": flag_id,
            "via": comparison.via.value,
            "verdict": comparison.verdict.value,
            "probability": comparison.probability,
            "bits": comparison.bits,
            "evidence": evidence,
            "digest": case[1],
            "listing_version": case[0],
            "weights": self._weights,
            "closed_at": None,
            "close_reason": "",
        }
        if stored is None:
            times = {"found_at": self._as_of, "changed_at": self._as_of}
            ids = dict(zip(("applicant_id", "listing_id"), pair, strict=True))
            self._new[match].append({**ids, **values, **times})
        elif any(stored[name] != value for name, value in values.items()):
            self._connection.execute(update(match).where(*_is(pair)).values(**values, changed_at=self._as_of))

    def _close_matches(self, ended: Sequence[Any], why: Mapping[int, str]) -> None:
        for gone in ended:
            reason = why.get(gone["listing_id"], EVIDENCE)
            values = {"closed_at": self._as_of, "changed_at": self._as_of, "close_reason": reason}
            here = _is((gone["applicant_id"], gone["listing_id"]))
            self._connection.execute(update(match).where(*here).values(**values))

    def _remember(self, flag_id: int, change: str, flagged: Mapping[str, Any]) -> None:
        """What the flag has come to, in its history. `flagged`: its verdict, probability and measure."""
        said = {"verdict": flagged["verdict"], "probability": flagged["probability"]}
        said["effect"] = flagged["measure"]["effect"]
        row = {"id": self._next_change, "flag_id": flag_id, "at": self._as_of, "change": change, **said}
        self._next_change += 1
        self._new[flag_history].append(row)

    def _close(self, stored: Mapping[str, Any], reason: str) -> None:
        flag_id = stored["id"]
        self.counts.closed += 1
        self._remember(flag_id, "closed", stored)
        values = {"closed_at": self._as_of, "changed_at": self._as_of, "close_reason": reason}
        self._connection.execute(update(flag).where(flag.c.id == flag_id).values(**values))
        open_matches = (match.c.flag_id == flag_id, match.c.closed_at.is_(None))
        self._connection.execute(update(match).where(*open_matches).values(**values))

    def _rows(self, table: Any, column: Any, ids: Sequence[int]) -> list[Any]:
        return list(self._connection.execute(select(table).where(column.in_(ids)).order_by(column)).mappings())


def _numbers_digest(applicant: Applicant, case: ListedCase) -> str:
    """Of the numbers on both sides."""
    numbers = sorted(number.value for number in applicant.subject.identifiers)
    return blake2b(orjson.dumps([numbers, case.numbers]), digest_size=16).hexdigest()


def _is(pair: tuple[int, int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return match.c.applicant_id == pair[0], match.c.listing_id == pair[1]


def grouped(
    judgement: Judgement, cases: Mapping[int, ListedCase]
) -> dict[tuple[str, str, Via], list[tuple[int, Comparison]]]:
    """The matches of one applicant by list, listed subject, and whether he is it or its representative."""
    groups: dict[tuple[str, str, Via], list[tuple[int, Comparison]]] = {}
    for listing_id, comparison in judgement.matches:
        case = cases[listing_id]
        group = (case.list, case.listed_subject, comparison.via)
        groups.setdefault(group, []).append((listing_id, comparison))
    return dict(sorted(groups.items()))
