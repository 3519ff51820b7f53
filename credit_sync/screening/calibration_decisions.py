"""Officers' decisions, out of the store or a file: pairs of an applicant and a listing that are, or are not, one subject.

In the store the reason of a decision tells which: a debtor who has paid is dismissed, and still is the listed subject.

A file is a table of its own, or the workbook of the flagged report with a column 结论 filled in, whose rows name
their flags by number. Every row that has a decision must be understood to the last cell, or nothing is used: a
decision on the wrong pair teaches the wrong thing. Rows without a decision are not decided yet.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from credit_sync.errors import CreditSyncError
from credit_sync.records import Applicant, Listing
from credit_sync.screening.decisions import DECIDED
from credit_sync.screening.listed_subject import listed_subject
from credit_sync.screening.reasons import Reasons
from credit_sync.sources.formats import read_table
from credit_sync.store.candidates import find_applicants, find_listings, stored_id
from credit_sync.store.schema import applicant, decision, flag, match
from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.subjects.writing import folded

_FLAG = ("flag", "预警编号")
_APPLICANT = ("applicant", "申报主体")
_APPLICATION = ("application", "申报编号")
_LISTING = ("listing", "名单条目", "案号/文号")
_DECISION = ("decision", "结论", "复核结论")
_TITLES = frozenset((*_FLAG, *_APPLICANT, *_APPLICATION, *_LISTING, *_DECISION))
_WORDS = {"uphold": True, "维持": True, "dismiss": False, "排除": False}
_MAX_BYTES = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class Decisions:
    """What officers decided."""

    known: Mapping[tuple[int, int], bool]
    """(applicant id, listing id) -> whether they are one subject."""
    undecided: int = 0
    """Rows that have no decision yet."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row with a decision; errors name it by `place` and the title of a column."""

    place: str
    values: Mapping[str, Any]

    def title(self, titles: tuple[str, ...]) -> str:
        """The title that is there, else the one to write."""
        return next((title for title in titles if title in self.values), titles[-1])

    def text(self, titles: tuple[str, ...]) -> str:
        """The cell under the first of the titles that is there."""
        return str(self.values.get(self.title(titles), "")).strip()

    def error(self, titles: tuple[str, ...], problem: str, remedy: str) -> CreditSyncError:
        """What is wrong in which cell; numbers of persons hidden."""
        return CreditSyncError(hide_in_text(f"{self.place}，“{self.title(titles)}”列：{problem}"), remedy=remedy)


def stored_decisions(connection: Connection, reasons: Reasons) -> Decisions:
    """The pairs that officers have decided in the store, as far as the reasons say who they are."""
    meant = {reason.code: reason.subject for reason in reasons.reason}
    c, first = decision.c, decision.alias()
    query = select(flag.c.applicant_id, c.cases, c.reason, first.c.reason.label("proposed_for"))
    joined = query.join(decision, c.id == flag.c.decision_id).outerjoin(first, first.c.id == c.rests_on)
    known: dict[tuple[int, int], bool] = {}
    for row in connection.execute(joined.where(flag.c.state.in_(DECIDED)).order_by(flag.c.id)):
        said = {meant.get(code, "unknown") for code in (row.reason, row.proposed_for) if code is not None}
        if said in ({"same"}, {"other"}):
            known |= {(row.applicant_id, case["listing_id"]): said == {"same"} for case in row.cases}
    return Decisions(known)


def read_decisions(path: Path, connection: Connection) -> Decisions:
    """The decided pairs of a CSV or XLSX file. Raises CreditSyncError that names row and column."""
    known: dict[tuple[int, int], bool] = {}
    undecided = 0
    for row in _rows(path):
        if not row.text(_DECISION):
            undecided += 1
            continue
        upheld = _decision(row)
        for pair in _pairs(row, connection):
            if known.setdefault(pair, upheld) is not upheld:
                raise row.error(_DECISION, "与前面对同一对的结论相反", "只保留一个结论")
    if not known:
        raise CreditSyncError(f"{path.name} 里没有一行写了结论", remedy="在“结论”列写“维持”或“排除”")
    return Decisions(known, undecided)


def _rows(path: Path) -> Iterator[_Row]:
    for place, number, values in read_table(path, _TITLES, max_bytes=_MAX_BYTES):
        where = f"{place} 第 {number} 行"
        if isinstance(values, str):
            raise CreditSyncError(hide_in_text(f"{where}：{values}"), remedy="改正后再试")
        yield _Row(where, values)


def _decision(row: _Row) -> bool:
    word = row.text(_DECISION)
    if word.lower() not in _WORDS:
        raise row.error(_DECISION, f"“{word[:20]}”不是结论", f"写 {'、'.join(_WORDS)} 之一")
    return _WORDS[word.lower()]


def _pairs(row: _Row, connection: Connection) -> list[tuple[int, int]]:
    """The pairs that a row is about: those of a flag, or all roles of one applicant with all cases of one subject."""
    if row.text(_FLAG):
        return _pairs_of_flag(row, connection)
    name, application = row.text(_APPLICANT), row.text(_APPLICATION)
    if not name:
        raise row.error(_APPLICANT, "没有填写", "写作“申报编号/名称”，或写库中的序号")
    asked = f"{application}/{name}" if application else name
    applicants = find_applicants(connection, asked)
    if not applicants:
        raise row.error(_APPLICANT, f"库中没有申报主体 {asked[:60]}", "写作“申报编号/名称”，或写库中的序号")
    cases = row.text(_LISTING).split("\n")
    return [pair for case in cases for pair in _pairs_of_case(row, case.strip(), applicants, connection)]


def _pairs_of_flag(row: _Row, connection: Connection) -> list[tuple[int, int]]:
    """All matches of the flag; the applicant's name must be the flag's, lest the report be another store's."""
    number, name = row.text(_FLAG), row.text(_APPLICANT)
    query = select(match.c.applicant_id, match.c.listing_id, applicant.c.subject_name)
    query = query.where(match.c.flag_id == stored_id(number), applicant.c.id == match.c.applicant_id)
    found = connection.execute(query.order_by(match.c.listing_id)).all()
    if not found:
        raise row.error(_FLAG, f"库中没有预警 {number[:20]}", "用这个库出的预警报告，或去掉这一列")
    if name and folded(name) != folded(hide_in_text(found[0].subject_name)):
        raise row.error(_APPLICANT, f"预警 {number} 的申报主体不是 {name[:40]}", "用这个库出的预警报告")
    return [(applicant_id, listing_id) for applicant_id, listing_id, _ in found]


def _pairs_of_case(
    row: _Row, case: str, applicants: Mapping[int, Applicant], connection: Connection
) -> list[tuple[int, int]]:
    listings = find_listings(connection, case) if case else {}
    if not listings:
        problem = f"库中没有名单条目 {case[:60]}" if case else "没有填写"
        raise row.error(_LISTING, problem, "写案号、文号或库中的序号")
    pairs = [(a, b) for a in applicants for b in listings]
    meant = _screened(pairs, connection) or pairs
    if len({_who(pair, applicants, listings) for pair in meant}) > 1:
        raise row.error(
            _LISTING, f"{case[:60]} 有几个可能的主体，不知道指哪一对", "名单条目和申报主体都改写库中的序号"
        )
    return meant


def _screened(pairs: list[tuple[int, int]], connection: Connection) -> list[tuple[int, int]]:
    """Those that the night has matched: one case may list several defendants."""
    query = select(match.c.applicant_id, match.c.listing_id)
    query = query.where(
        match.c.applicant_id.in_({a for a, _ in pairs}), match.c.listing_id.in_({b for _, b in pairs})
    )
    found = {(a, b) for a, b in connection.execute(query)}
    return [pair for pair in pairs if pair in found]


def _who(
    pair: tuple[int, int], applicants: Mapping[int, Applicant], listings: Mapping[int, Listing]
) -> tuple[str, str]:
    return listed_subject(applicants[pair[0]].subject), listed_subject(listings[pair[1]].subject)
