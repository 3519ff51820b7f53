"""The clean-bill list, read from the store: every applicant of a round, and what may be said of each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from credit_sync.errors import CreditSyncError
from credit_sync.records import Applicant, RecordKind
from credit_sync.reporting import labels
from credit_sync.reporting.clean_bill_views import CleanBill, Line, ListLine, Outcome, Selection, SourceLine
from credit_sync.reporting.people import names_on_record
from credit_sync.reporting.review_views import ReviewView, review_view
from credit_sync.reporting.shown import shown, shown_numbers
from credit_sync.review import Actor, standings
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.decisions import State
from credit_sync.screening.evidence import Scales
from credit_sync.screening.faces import Via
from credit_sync.screening.flags import grouped
from credit_sync.screening.index_files import open_index
from credit_sync.screening.listed_subject import ListedCase
from credit_sync.screening.measures import Measures
from credit_sync.screening.not_comparable import why_not_comparable
from credit_sync.screening.other_names import OtherNames, known_other_names
from credit_sync.screening.reasons import load_reasons
from credit_sync.screening.renewal import is_by_this_program
from credit_sync.screening.unread_entries import unread_entries, why_named
from credit_sync.screening.weights import load_weights
from credit_sync.settings import Settings
from credit_sync.sources.applications import (
    Delivering,
    applicant_sources,
    delivered,
    said_of_unread,
    sources_of_system,
)
from credit_sync.sources.asked_lists import asked_lists, unknown_reasons
from credit_sync.sources.lists import blocking_reason, states_of_lists
from credit_sync.sources.mapping import load_mappings
from credit_sync.store import quarantine
from credit_sync.store.columns import from_columns
from credit_sync.store.gate import open_flags_of, unread_rows_of_all
from credit_sync.store.listing_rows import is_touched_since, list_versions
from credit_sync.store.lists import ListState
from credit_sync.store.schema import applicant, flag, screening
from credit_sync.store.versions import pull_in_force
from credit_sync.subjects.writing import plain

ROUND_FIELDS = ("批次", "评审批次", "申报批次", "轮次", "round", "batch")
"""What sources call the round of a programme; such a field is kept with the record under its own name."""
_BLOCK = 5000
"""Values in one IN list: below the limit of SQLite (32,766 parameters)."""

_Rows = Mapping[int, RowMapping]


def read_clean_bill(
    connection: Connection, settings: Settings, selection: Selection, measures: Measures, by: Actor
) -> CleanBill:
    """Everybody who applies in a round, as things stand. Raises CreditSyncError where nobody does."""
    at = by.at
    rows = _rows(connection, selection)
    states = states_of_lists(connection, settings, at)
    open_flags = [row for block in _blocks(rows) for row in open_flags_of(connection, block)]
    flags = _flags(connection, settings, open_flags)
    found = {number: from_columns(Applicant, dict(row)) for number, row in rows.items()}
    names = known_other_names(connection, settings.mappings_folder)
    doubtful = {*flags, *names.of_applicants(connection)}
    if is_touched_since(connection, list_versions(connection)):
        doubtful.update(found)  # a list is being asked, or that was broken off: what came is in no version yet
    to_judge = {number: found[number] for number in found if number in doubtful}
    doubts = _doubts_by_judging_anew(connection, settings, to_judge, names, at)
    doubts |= _doubts(connection, settings, found, at)
    of_others = ((n := row["applicant_id"], measures.why_other(row, found[n], at.date())) for row in open_flags)
    doubts |= {number: why for number, why in of_others if why}
    mappings, seen = load_mappings(settings), {row["source"] for row in rows.values()}
    delivering = applicant_sources(mappings)
    sources = sources_of_system(delivering, selection.system, seen)
    unread = _of_unread_applications(connection, sources, found) | why_named(
        unread_entries(connection, states.values()), {n: names.of(a.subject) for n, a in found.items()}
    )
    doubts |= {
        number: why for number, why in unread.items() if rows[number]["verdict"] != Verdict.UNVERIFIABLE.value
    }
    weights = load_weights(settings.mappings_folder)
    untrusted = _untrusted(connection, delivering, seen, at)
    judged = _Judge(states, flags, doubts, untrusted, weights.stamp)
    lines = tuple(_line(row, *judged.outcome(number, row)) for number, row in rows.items())
    return CleanBill(
        organ=settings.department.name,
        selection=selection,
        who=shown(plain(by.who)),
        at=at,
        lists=tuple(_list(measures.list_title(name), state) for name, state in states.items()),
        sources=_sources(
            connection, {name: mappings[name].title if name in mappings else name for name in sources}
        ),
        lines=lines,
    )


# Who applies


def _rows(connection: Connection, selection: Selection) -> _Rows:
    """The live applicants with their screenings, by id, in the order of the document."""
    c = applicant.c
    if selection.system not in (known := set(connection.scalars(select(c.system).distinct()))):
        raise CreditSyncError(
            f"没有系统“{shown(selection.system)}”的申报",
            remedy=f"现有：{'、'.join(map(shown, sorted(known))) or '无'}",
        )
    said = ("applicant_version", "verdict", "reason", "lists", "weights", "basis", "screened_at")
    columns = [screening.c[name] for name in said]
    query = select(applicant, *columns).outerjoin(screening, screening.c.applicant_id == c.id)
    wanted = [c.removed_at.is_(None), c.system == selection.system]
    if selection.year is not None:
        wanted.append(c.year == selection.year)
    found = connection.execute(query.where(*wanted).order_by(c.application, c.id)).mappings().all()
    if selection.round:
        found = _of_round(found, selection.round)
    if not found:
        raise CreditSyncError(f"{selection.title}：没有申报主体", remedy="检查 --year 和 --round")
    return {row["id"]: row for row in found}


def _of_round(rows: Sequence[RowMapping], wanted: str) -> Sequence[RowMapping]:
    rounds = [next((str(row["extra"][f]) for f in ROUND_FIELDS if f in row["extra"]), "") for row in rows]
    if not any(rounds):
        raise CreditSyncError(
            f"申报信息中没有批次（{'、'.join(ROUND_FIELDS[:4])}）", remedy="让来源带上批次，或只用 --year"
        )
    if wanted not in rounds:
        raise CreditSyncError(
            f"没有批次“{shown(wanted)}”", remedy=f"现有：{'、'.join(map(shown, sorted({r for r in rounds if r})))}"
        )
    return [row for row, found in zip(rows, rounds, strict=True) if found == wanted]


def _line(row: RowMapping, outcome: Outcome, why: str) -> Line:
    found = from_columns(Applicant, dict(row))
    return Line(
        application=shown(found.application),
        title=shown(found.title),
        department=shown(found.department) or labels.NO_DEPARTMENT,
        stage=shown(found.stage) or labels.NO_STAGE,
        name=shown(found.subject.name),
        role=labels.label(labels.ROLES, found.role),
        numbers=shown_numbers(found.subject),
        outcome=outcome,
        why=why,
        screened_at=row["screened_at"],
    )


# What may be said of them


class _Judge:
    """What everybody's outcome rests on: the lists, the weights, the open flags, doubts beside dismissed ones, and sources of
    applicants that may not be trusted.
    """

    def __init__(
        self,
        states: Mapping[str, ListState],
        flags: Mapping[int, Sequence[tuple[str, ReviewView]]],
        doubts: Mapping[int, str],
        untrusted: Mapping[str, str],
        weights: str,
    ) -> None:
        self._versions = {name: dict(state.versions) for name, state in states.items()}
        self._blocked = blocking_reason(states)
        self._flags = flags
        self._doubts = doubts
        self._untrusted = untrusted
        self._weights = weights

    def outcome(self, number: int, row: RowMapping) -> tuple[Outcome, str]:
        """The outcome of one applicant and why. What speaks against it comes first; nothing clears by silence."""
        flags = self._flags.get(number, ())
        found = _held(flags) or self._not_screened(row)
        if found:
            return found
        if doubt := self._doubts.get(number, ""):
            return Outcome.UNVERIFIABLE, doubt
        if row["verdict"] == Verdict.UNVERIFIABLE.value:
            return Outcome.UNVERIFIABLE, shown(row["reason"])
        if flags:
            return Outcome.DISMISSED, "；".join(f"{text}：{view.sentence}" for text, view in flags)
        if row["verdict"] == Verdict.CLEAR.value:
            return Outcome.CLEARED, shown(row["reason"])
        return Outcome.UNSCREENED, "比对结论与预警不一致，须重新比对"

    def _not_screened(self, row: RowMapping) -> tuple[Outcome, str] | None:
        """Why the screening says nothing of how things stand now."""
        if row["verdict"] is None:
            return Outcome.UNSCREENED, "尚未比对"
        if row["applicant_version"] != row["version"]:
            return Outcome.UNSCREENED, "申报信息变更后尚未比对"
        if self._blocked:
            return Outcome.BLOCKED, f"名单缺失、过期或未采用：{self._blocked}"
        if {name: found["versions"] for name, found in row["lists"].items()} != self._versions:
            return Outcome.UNSCREENED, "名单更新后尚未比对"
        # By other weights, or another reading of names, something may be found, or a dismissed flag wait again.
        if row["weights"] != self._weights:
            return Outcome.UNSCREENED, "证据权重调整后尚未比对"
        if not is_by_this_program(row["basis"]):
            return Outcome.UNSCREENED, "程序或名称对照表更新后尚未比对"
        if why := self._untrusted.get(row["source"], ""):
            return Outcome.UNSCREENED, shown(why)
        return None


def _held(flags: Sequence[tuple[str, ReviewView]]) -> tuple[Outcome, str] | None:
    """By flags that are upheld, or wait for a decision."""
    for outcome, states in (
        (Outcome.UPHELD, (State.UPHELD,)),
        (Outcome.OPEN, (State.OPEN, State.PROPOSED, State.REOPENED)),
    ):
        if found := [(text, view) for text, view in flags if view.state in states]:
            return outcome, "；".join(f"{text}（{view.title}）{view.sentence}" for text, view in found)
    return None


def _flags(
    connection: Connection, settings: Settings, found: Sequence[Mapping[str, Any]]
) -> dict[int, list[tuple[str, ReviewView]]]:
    """The open flags of each applicant: what to call them, and where they stand."""
    reasons = load_reasons(settings.mappings_folder)
    standing, name_of = standings(connection, found), names_on_record(connection)
    flags: dict[int, list[tuple[str, ReviewView]]] = {}
    for row in found:
        view = review_view(standing[row["id"]], reasons, name_of)
        text = f"预警 {row['id']}，{labels.VERDICTS[row['verdict']]}"
        flags.setdefault(row["applicant_id"], []).append((text, view))
    return flags


def _doubts(
    connection: Connection, settings: Settings, found: Mapping[int, Applicant], at: datetime
) -> dict[int, str]:
    """What leaves applicants unverifiable by now: an answer that was fresh in the night may be too old, and some are
    written so that no comparison says anything.
    """
    asked = {number: (a.subject, a.role) for number, a in found.items()}
    doubts = {number: why for number, a in found.items() if (why := why_not_comparable(a))}
    return doubts | unknown_reasons(connection, asked_lists(settings), asked, at)


def _of_unread_applications(
    connection: Connection, sources: Sequence[str], found: Mapping[int, Applicant]
) -> dict[int, str]:
    """Why nobody on an application is cleared of which rows could not be read: who else is on it may be listed."""
    rows = unread_rows_of_all(connection, sources, {a.application for a in found.values()})
    return {number: said_of_unread(rows[a.application]) for number, a in found.items() if a.application in rows}


def _doubts_by_judging_anew(
    connection: Connection, settings: Settings, found: Mapping[int, Applicant], names: OtherNames, at: datetime
) -> dict[int, str]:
    """What leaves applicants with flags unverifiable all the same, were every flag dismissed, and what the screening has
    not seen.

    A screening keeps only its most serious verdict, so namesakes beside a flag are looked for anew. Another name may have
    become known since, by what officers have decided, and answers of a list that is asked may have come.
    """
    if not found:
        return {}
    folder = settings.mappings_folder
    current = open_index(connection, settings.path(settings.store.index))
    scales = Scales(load_weights(folder), names.reference, listed=current.stamp.entries)
    subjects = {number: names.of(a.subject) for number, a in found.items()}
    judged, compared = StoredCandidates(connection, current).judge(subjects, scales, at)
    cases = {number: ListedCase.of(*entry) for number, entry in compared.items()}
    doubts = {}
    for number, judgement in judged.items():
        if judgement.namesake_ids:
            doubts[number] = (
                f"除已排除的预警外，名单中另有 {len(judgement.namesake_ids)} 条同名，不能确认也不能排除"
            )
        listed = grouped(judgement, cases).keys()
        if listed and listed - _flagged(connection, number):
            by = "按复核得知的另一名称，" if subjects[number] is not found[number].subject else ""
            doubts[number] = f"{by}名单中有条目，尚未比对"
    return doubts


def _flagged(connection: Connection, number: int) -> set[tuple[str, str, Via]]:
    """What an applicant's open flags are about."""
    c = flag.c
    query = select(c.list, c.listed_subject, c.via).where(c.applicant_id == number, c.closed_at.is_(None))
    return {(row.list, row.listed_subject, Via(row.via)) for row in connection.execute(query)}


# What it rests on


def _list(title: str, state: ListState) -> ListLine:
    named = len(state.sources) > 1
    versions = (f"{f'{source} ' if named else ''}第 {number} 版" for source, number in state.versions.items())
    return ListLine(
        title=title,
        versions="、".join(versions) or "无",
        pulled_at=state.pulled_at,
        age_days=state.age_days,
        live=state.live,
        warning=state.reason if state.stale else "",
    )


def _untrusted(
    connection: Connection, known: Mapping[str, Delivering], sources: Iterable[str], at: datetime
) -> dict[str, str]:
    """Why applicants that came from a source may be others by now: as the gate says."""
    found = {source: delivered(connection, known, [source], at).problems for source in sources}
    return {source: "；".join(problems) for source, problems in found.items() if problems}


def _sources(connection: Connection, titles: Mapping[str, str]) -> tuple[SourceLine, ...]:
    waiting = quarantine.waiting(connection)
    return tuple(
        SourceLine(name, title, pull_in_force(connection, name, RecordKind.APPLICANT), waiting.get(name, 0))
        for name, title in sorted(titles.items())
    )


def _blocks(rows: Mapping[int, Any]) -> Iterable[Sequence[int]]:
    ids = sorted(rows)
    return (ids[start : start + _BLOCK] for start in range(0, len(ids), _BLOCK))
