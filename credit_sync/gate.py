"""The gate: what the store, the lists and the officers' decisions say of one application, or of applicants at once.

Both ways judge by the same keys and comparison as the night. An application of the store also brings its flags, and
nothing is clear that was not screened as it is now, against the lists as they are now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from credit_sync.records import Applicant, Listing
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import Comparison, Judgement, Verdict
from credit_sync.screening.decisions import State
from credit_sync.screening.evidence import Scales
from credit_sync.screening.faces import Via
from credit_sync.screening.flags import grouped
from credit_sync.screening.gate import (
    Cause,
    Passage,
    Reason,
    cause_of_flag,
    load_gate_rules,
    passage,
)
from credit_sync.screening.listed_subject import ListedCase
from credit_sync.screening.measures import Measures, measures_now
from credit_sync.screening.not_comparable import why_not_comparable
from credit_sync.screening.open_index import OpenIndex
from credit_sync.screening.other_names import known_other_names
from credit_sync.screening.renewal import is_by_this_program
from credit_sync.screening.unread_entries import KnownUnread, why_named
from credit_sync.screening.weights import Weights, load_weights
from credit_sync.settings import Settings
from credit_sync.sources.applications import applicant_sources, delivered, said_of_unread, sources_of_system
from credit_sync.sources.asked_lists import asked_lists, unknown_reasons
from credit_sync.sources.lists import watched_lists
from credit_sync.sources.mapping import load_mappings
from credit_sync.store.gate import Stored, applicants_on, open_flags_of, screenings_of, unread_rows
from credit_sync.store.lists import ListState, list_states

_Key = tuple[int, str, str, Via]
"""What makes a flag one: applicant, list, listed subject, and through which face."""


@dataclass(frozen=True, slots=True)
class GateFlag:
    """A flag, or a hit that has none yet, as the gate tells it."""

    applicant: int
    """Which one of the answer's applicants."""
    number: int | None
    """The flag's; None for a hit without a flag."""
    list: str
    via: Via
    state: State | None
    verdict: Verdict
    probability: float
    measure: Mapping[str, str]
    """effect, title, basis, text."""
    cases: tuple[str, ...]
    """Case and document numbers of the entries that are hit now."""


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What the gate says."""

    passage: Passage
    reasons: tuple[Reason, ...]
    """All of them, also those that a stricter one leaves without effect."""
    applicants: Mapping[int, Applicant]
    flags: tuple[GateFlag, ...]
    lists: Mapping[str, ListState]
    weights: str
    at: datetime
    screened_at: datetime | None
    """When the application was last screened by a night; None for applicants asked about at once."""


class _Hit(NamedTuple):
    """One listed subject that an applicant is, or may be, at this moment."""

    best: Comparison
    cases: tuple[str, ...]


@dataclass(slots=True)
class _Findings:
    """What is gathered for one answer."""

    states: Mapping[str, ListState]
    weights: Weights
    at: datetime
    reasons: list[Reason] = field(default_factory=list)
    hits: dict[_Key, _Hit] = field(default_factory=dict)

    def add(self, cause: Cause, text: str, applicant: int | None = None) -> None:
        """One more reason, about one applicant or the whole."""
        self.reasons.append(Reason(cause, text, applicant))


class Gate:
    """Kept by a process that answers often: rules are read once, the index stays open."""

    def __init__(
        self, settings: Settings, index: OpenIndex | None = None, unread: KnownUnread | None = None
    ) -> None:
        """`index`, `unread`: those of a process which asks them elsewhere, too.

        Raises SettingsError for an unusable file of the mappings.
        """
        self._folder = settings.mappings_folder
        measures_now(self._folder)
        self._rules = load_gate_rules(self._folder)
        load_weights(self._folder)
        mappings = load_mappings(settings)
        self._watched = watched_lists(mappings)
        self._delivering = applicant_sources(mappings)
        self._asked = asked_lists(settings)
        self.index = index or OpenIndex(settings.path(settings.store.index))
        self._unread = unread or KnownUnread()

    @property
    def measures(self) -> Measures:
        """As the file has them now, like a night."""
        return measures_now(self._folder)

    @property
    def weights(self) -> Weights:
        """As the file has them now, like a night."""
        return load_weights(self._folder)

    def stands(self, connection: Connection, at: datetime) -> str:
        """What every answer rests on beside the applicants: another text, another answer may be right."""
        lists = list_states(connection, at, self._watched)
        said = [(n, dict(s.versions), s.reason) for n, s in lists.items()]
        return repr([self.weights.stamp, said, known_other_names(connection, self._folder).stamp])

    def stored(
        self,
        connection: Connection,
        system: str,
        application: str,
        at: datetime,
        changed_at: datetime | None = None,
    ) -> GateAnswer:
        """An application of the store. `changed_at`: when its system says that it was last changed."""
        known = applicants_on(connection, system, application)
        applicants = {number: found.applicant for number, found in known.items()}
        findings = self._findings(connection, applicants, at)
        sources = sources_of_system(self._delivering, system, (found.source for found in known.values()))
        pulled_at = self._add_what_is_not_here(connection, findings, sources, application)
        if not known:
            findings.add(Cause.NOT_KNOWN, "库中没有这个申报，或其申报主体都已移出；还没有取到，也没有比对过")
            return self._answer(findings, applicants, [], at, None)
        screenings = screenings_of(connection, list(known))
        screened = [row.screened_at for row in screenings.values()]
        screened_at = min(screened) if len(screened) == len(known) else None
        _add_what_is_not_screened(findings, known, screenings)
        if changed_at is not None and screened_at is not None:
            _add_change(findings, changed_at, screened_at, pulled_at or screened_at)
        flags = open_flags_of(connection, list(known))
        for row in flags:
            if why := self.measures.why_other(row, applicants[row["applicant_id"]], at.date()):
                findings.add(Cause.NOT_SCREENED, why, row["applicant_id"])
        return self._answer(findings, applicants, flags, at, screened_at)

    def at_once(self, connection: Connection, applicants: Sequence[Applicant], at: datetime) -> GateAnswer:
        """Applicants that need not be in the store. Decisions are about flags, so none is known here."""
        numbered = dict(enumerate(applicants))
        return self._answer(self._findings(connection, numbered, at), numbered, [], at, None)

    def _add_what_is_not_here(
        self, connection: Connection, findings: _Findings, sources: Sequence[str], application: str
    ) -> datetime | None:
        """What the sources of a system did not bring; when all of them were last fetched."""
        came = delivered(connection, self._delivering, sources, findings.at)
        for problem in came.problems:
            findings.add(Cause.SOURCE_UNFIT, problem)
        if application and (unread := unread_rows(connection, sources, application)):
            findings.add(Cause.UNREAD, said_of_unread(unread))
        return came.pulled_at

    def _findings(self, connection: Connection, applicants: Mapping[int, Applicant], at: datetime) -> _Findings:
        states = list_states(connection, at, self._watched)
        findings = _Findings(states, self.weights, at)
        _add_unfit_lists(findings)
        names = known_other_names(connection, self._folder)
        subjects = {number: names.of(found.subject) for number, found in applicants.items()}
        for number, found in applicants.items():
            if self._rules.lacks_number(found):
                findings.add(Cause.NO_NUMBER, "没有完整有效的证件号码，这一角色须提供", number)
            if why := why_not_comparable(found):
                findings.add(Cause.NOT_COMPARABLE, why, number)
        asking = {number: (found.subject, found.role) for number, found in applicants.items()}
        for number, why in unknown_reasons(connection, self._asked, asking, at).items():
            findings.add(Cause.NO_ANSWER, why, number)
        for number, why in why_named(self._unread.of(connection, states.values()), subjects).items():
            findings.add(Cause.UNREAD_ENTRY, why, number)
        current = self.index.current(connection)
        scales = Scales(findings.weights, names.reference, listed=current.stamp.entries)
        judgements, compared = StoredCandidates(connection, current).judge(subjects, scales, at)
        for number, judgement in judgements.items():
            findings.hits |= dict(_hits(number, judgement, compared))
            if judgement.namesake_ids:
                why = judgement._replace(verdict=Verdict.UNVERIFIABLE).reason(applicants[number].subject)
                findings.add(Cause.NAMESAKES, why, number)
        return findings

    def _answer(
        self,
        findings: _Findings,
        applicants: Mapping[int, Applicant],
        stored: Sequence[Mapping[str, Any]],
        at: datetime,
        screened_at: datetime | None,
    ) -> GateAnswer:
        flags = list(self._flags(findings.hits, applicants, stored, at))
        for flag in flags:
            cause = cause_of_flag(flag.state, flag.measure["effect"])
            if cause is not None:
                findings.add(cause, self._said_of(flag, cause), flag.applicant)
        reasons = tuple(sorted(findings.reasons, key=lambda reason: -reason.passage.rank))
        return GateAnswer(
            passage(reasons),
            reasons,
            applicants,
            tuple(flags),
            findings.states,
            findings.weights.stamp,
            at,
            screened_at,
        )

    def _flags(
        self,
        hits: Mapping[_Key, _Hit],
        applicants: Mapping[int, Applicant],
        stored: Sequence[Mapping[str, Any]],
        at: datetime,
    ) -> Iterator[GateFlag]:
        """Flags of the store in their order, then what is hit and has none."""
        known = {(row["applicant_id"], row["list"], row["listed_subject"], Via(row["via"])): row for row in stored}
        for key, row in known.items():
            cases = hits[key].cases if key in hits else ()
            state, verdict = State(row["state"]), Verdict(row["verdict"])
            yield GateFlag(
                key[0], row["id"], key[1], key[3], state, verdict, row["probability"], row["measure"], cases
            )
        for key, hit in hits.items():
            if key not in known:
                number, list_name, _, via = key
                measure = self.measures.for_applicant(list_name, applicants[number], at.date(), via).stored()
                verdict, probability = hit.best.verdict, hit.best.probability
                yield GateFlag(number, None, list_name, via, None, verdict, probability, measure, hit.cases)

    def _said_of(self, flag: GateFlag, cause: Cause) -> str:
        number = f"（预警 {flag.number}）" if flag.number is not None else ""
        title = self.measures.list_title(flag.list)
        through = "（经名单单位的法定代表人）" if flag.via is Via.LEGAL_REPRESENTATIVE else ""
        return f"{title}{through}{number}，{_WORDS[cause]}；措施：{flag.measure['title']}"


_WORDS = {
    Cause.FORBIDDEN: "已认定为同一主体，依据所列措施不得继续",
    Cause.UPHELD: "已认定为同一主体，是否继续由业务处室依法决定",
    Cause.CONSIDER: "已认定，审慎参考，不因此停止",
    Cause.FLAG_OPEN: "待复核",
    Cause.FLAG_PROPOSED: "已提出结论，待第二人复核",
    Cause.FLAG_REOPENED: "证据有变化，重新打开，待复核",
    Cause.HIT: "即时比对发现，尚无复核结论",
}


def _hits(
    number: int, judgement: Judgement, compared: Mapping[int, tuple[Listing, int]]
) -> Iterator[tuple[_Key, _Hit]]:
    cases = {listing_id: ListedCase.of(*compared[listing_id]) for listing_id, _ in judgement.matches}
    for (list_name, listed, via), found in grouped(judgement, cases).items():
        best = max((c for _, c in found), key=lambda c: (c.verdict.rank, c.bits))
        numbers = tuple(compared[listing_id][0].number for listing_id, _ in found)
        yield (number, list_name, listed, via), _Hit(best, numbers)


def _add_unfit_lists(findings: _Findings) -> None:
    if not findings.states:
        findings.add(Cause.LISTS_UNFIT, "没有配置任何名单")
    for state in findings.states.values():
        if state.stale:
            findings.add(Cause.LISTS_UNFIT, state.reason)


def _add_change(findings: _Findings, changed_at: datetime, screened_at: datetime, pulled_at: datetime) -> None:
    """A night that could not fetch the applications screens them all the same, as they were."""
    if changed_at > min(screened_at, pulled_at):
        told = f"最近一次取数是 {pulled_at:%Y-%m-%d %H:%M}，比对是 {screened_at:%Y-%m-%d %H:%M}"
        findings.add(Cause.CHANGED, f"申报于 {changed_at:%Y-%m-%d %H:%M} 有改动，{told}")


def _add_what_is_not_screened(
    findings: _Findings, known: Mapping[int, Stored], screenings: Mapping[int, Row[Any]]
) -> None:
    for number, found in known.items():
        screened = screenings.get(number)
        if screened is None:
            findings.add(Cause.NOT_SCREENED, "还没有比对过", number)
        elif screened.applicant_version != found.version:
            findings.add(Cause.CHANGED, "申报信息有改动，改动后还没有比对过", number)
    if any(row.weights != findings.weights.stamp for row in screenings.values()):
        # by other weights, or another program, a flag that was dismissed may be opened again
        findings.add(Cause.NOT_SCREENED, "证据权重已调整，调整后还没有比对过")
    elif not all(is_by_this_program(row.basis) for row in screenings.values()):
        findings.add(Cause.NOT_SCREENED, "程序或名称对照表已更新，更新后还没有比对过")
    now = {name: dict(state.versions) for name, state in findings.states.items()}
    if any({name: said["versions"] for name, said in row.lists.items()} != now for row in screenings.values()):
        findings.add(Cause.LISTS_CHANGED, "名单已更新，更新后还没有比对过")
