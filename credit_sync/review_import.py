"""Decisions filled into the workbook of the flagged report, taken over row by row.

Every row carries what its flag was when the workbook was made (`Standing.token`). A row whose flag has been decided or
whose evidence has changed since is a conflict: told, never overwritten. The same workbook twice changes nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from credit_sync import review
from credit_sync.errors import CreditSyncError, reason_of
from credit_sync.logs import log
from credit_sync.reporting import labels
from credit_sync.reporting.flagged_sheets import CONCLUSION, FLAG, REASON, TEXT, TOKEN
from credit_sync.review import Actor, Said, Standing
from credit_sync.screening.decisions import Conclusion, State, same_person
from credit_sync.screening.reasons import Reasons
from credit_sync.sources.formats import read_table
from credit_sync.store import audit
from credit_sync.store.engine import writing
from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.subjects.writing import plain

_TITLES = frozenset((FLAG, CONCLUSION, REASON, TEXT, TOKEN))
_TOKEN = re.compile(r"([0-9]{1,9})\.[0-9]{1,9}\.[0-9a-f]{32}", re.ASCII)
_MAX_BYTES = 256 * 1024**2


class Outcome(StrEnum):
    """What became of a row."""

    DECIDED = "decided"
    PROPOSED = "proposed"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class RowResult:
    """One row: where it stands, and why nothing was taken from it (Chinese)."""

    place: str
    outcome: Outcome
    problem: str = ""


@dataclass(frozen=True)
class Imported:
    """What came of a workbook."""

    rows: tuple[RowResult, ...]

    @cached_property
    def counts(self) -> Counter[Outcome]:
        """Rows by what became of them."""
        return Counter(row.outcome for row in self.rows)

    @property
    def conflicts(self) -> tuple[RowResult, ...]:
        """The rows that were not taken over though they say something."""
        return tuple(row for row in self.rows if row.outcome is Outcome.CONFLICT)


def import_decisions(engine: Engine, path: Path, reasons: Reasons, by: Actor) -> Imported:
    """Takes the decisions of a workbook over, each row for itself. Raises CreditSyncError for an unreadable file."""
    rows = _rows(path)
    if not any(isinstance(values, dict) and TOKEN in values for _, _, values in rows):
        raise CreditSyncError(
            f"{path.name} 不是预警报告的工作簿（没有“{TOKEN}”列）",
            remedy="用 credit-sync review export 重新导出后填写",
        )
    taking = _Taking(engine, reasons, replace(by, origin=f"{by.origin} {path.name}".strip()))
    imported = Imported(tuple(taking.row(f"{place} 第 {number} 行", values) for place, number, values in rows))
    with writing(engine) as connection:
        detail = {str(outcome): count for outcome, count in sorted(imported.counts.items())}
        audit.note(connection, at=by.at, who=by.who, action=audit.Action.IMPORT, target=path.name, detail=detail)
    return imported


def keep_filled_in(engine: Engine, path: Path, reasons: Reasons) -> None:
    """Renames a workbook that is about to be written anew where it says what the store does not, or cannot be read.

    Raises CreditSyncError where it cannot be renamed.
    """
    if not path.exists():
        return
    with suppress(CreditSyncError), engine.connect() as connection:
        if not rows_to_take_over(connection, path, reasons):
            return
    named = (path.with_name(f"{path.stem}-已填写{number or ''}{path.suffix}") for number in count())
    aside = next(name for name in named if not name.exists())
    try:
        path.rename(aside)
    except OSError as error:
        raise CreditSyncError(
            f"{path} 有填写还没有导入，又不能改名保留：{reason_of(error)}", remedy="请先移走它"
        ) from None
    log.warning("工作簿有填写还没有导入，已改名保留", path=str(aside))


def rows_to_take_over(connection: Connection, path: Path, reasons: Reasons) -> int:
    """How many rows of a workbook say something that the store does not. Raises CreditSyncError for an unreadable file."""
    said = [_cells(values) if isinstance(values, dict) else {} for _, _, values in _rows(path)]
    return sum(_is_filled(cells) and not _is_known(connection, cells, reasons) for cells in said)


def _is_known(connection: Connection, cells: Mapping[str, str], reasons: Reasons) -> bool:
    try:
        filled = _read(cells, reasons)
        found = review.standing(connection, filled.flag_id)
    except CreditSyncError:
        return False
    return _says(found, filled, found.who) or _says(found, filled, found.confirmed_by)


def _rows(path: Path) -> list[tuple[str, int, Any]]:
    return list(read_table(path, _TITLES, max_bytes=_MAX_BYTES))


def _cells(values: Mapping[str, Any]) -> dict[str, str]:
    return {title: plain(str(values.get(title, ""))) for title in _TITLES}


def _is_filled(cells: Mapping[str, str]) -> bool:
    return any(cells.get(title) for title in (CONCLUSION, REASON, TEXT))


@dataclass(frozen=True, slots=True)
class _Filled:
    """What an officer filled in."""

    flag_id: int
    conclusion: Conclusion
    reason: str
    text: str
    token: str


@dataclass(frozen=True, slots=True)
class _Taking:
    engine: Engine
    reasons: Reasons
    by: Actor

    def row(self, place: str, values: Mapping[str, Any] | str) -> RowResult:
        """Takes one row over, in a transaction of its own."""
        if isinstance(values, str):
            return RowResult(place, Outcome.CONFLICT, hide_in_text(values))
        cells = _cells(values)
        if not _is_filled(cells):
            return RowResult(place, Outcome.EMPTY)
        try:
            filled = _read(cells, self.reasons)
            with writing(self.engine) as connection:
                return RowResult(place, self._take(connection, filled))
        except CreditSyncError as error:
            return RowResult(place, Outcome.CONFLICT, hide_in_text(str(error)))

    def _take(self, connection: Connection, filled: _Filled) -> Outcome:
        if _says(review.standing(connection, filled.flag_id), filled, self.by.who):
            return Outcome.UNCHANGED
        said, by = Said(filled.reason, filled.text), replace(self.by, seen=filled.token)
        after = review.decide(connection, filled.flag_id, filled.conclusion, said, self.reasons, by)
        return Outcome.PROPOSED if after.state is State.PROPOSED else Outcome.DECIDED


def _read(cells: Mapping[str, str], reasons: Reasons) -> _Filled:
    found = _TOKEN.fullmatch(cells[TOKEN])
    if not found or cells[FLAG] not in ("", found[1]):
        raise CreditSyncError(f"“{TOKEN}”与预警不符", remedy="不要改动或移动这一列；重新导出后填写")
    conclusion = next((c for c in Conclusion if cells[CONCLUSION] in (c.value, labels.CONCLUSIONS[c])), None)
    if conclusion is None:
        what = f"“{cells[CONCLUSION][:20]}”不是结论" if cells[CONCLUSION] else "填了理由或说明，没有结论"
        raise CreditSyncError(what, remedy=f"“{CONCLUSION}”列写 {'、'.join(labels.CONCLUSIONS.values())} 之一")
    reason = next(
        (r.code for r in reasons.of(conclusion) if cells[REASON] in (r.code, plain(r.text))),
        cells[REASON],
    )
    return _Filled(int(found[1]), conclusion, reason, hide_in_text(cells[TEXT]), cells[TOKEN])


def _says(found: Standing, filled: _Filled, who: str) -> bool:
    """Whether the flag stands already as the row has it: as concluded, or by this person's own step."""
    if found.conclusion is not filled.conclusion:
        return False
    said = (filled.reason, filled.text)
    first = (found.state is not State.PROPOSED or same_person(found.who, who)) and said == (
        found.reason,
        found.text,
    )
    second = same_person(found.confirmed_by, who) and said == (found.second_reason, found.second_text)
    return first or (bool(found.confirmed_by) and second)


def problems(imported: Imported) -> Iterator[str]:
    """The conflicts, a line each."""
    yield from (f"{row.place}：{row.problem}" for row in imported.conflicts)
