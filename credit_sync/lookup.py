"""Look-up: everything known about one subject, with the evidence, and a record of who asked why.

The same keys and the same comparison as the night, so that look-up and screening can never disagree.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from credit_sync.errors import CreditSyncError
from credit_sync.records import Listing, Record, RecordKind
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import Comparison, Verdict, compare
from credit_sync.screening.evidence import Bearing, Scales
from credit_sync.screening.index_files import CurrentIndex
from credit_sync.screening.meant import as_meant
from credit_sync.screening.not_comparable import why_name_not_comparable
from credit_sync.screening.other_names import OtherNames, known_other_names
from credit_sync.screening.unread_entries import KnownUnread, UnreadEntries, why_named
from credit_sync.screening.weights import Weights, load_weights
from credit_sync.settings import Settings
from credit_sync.sources.asked_lists import asked_lists, unknown_reasons
from credit_sync.sources.lists import blocking_reason, states_of_lists
from credit_sync.sources.questions import Questions
from credit_sync.sources.subject_reading import Given, derive_kind, several
from credit_sync.sources.values import name_of
from credit_sync.store.candidates import records
from credit_sync.store.lists import ListState
from credit_sync.subjects.identifiers import Identifier, SubjectKind, hide_in_text, recognise
from credit_sync.subjects.subject import Subject
from credit_sync.subjects.writing import plain
from credit_sync.times import with_offset


@dataclass(frozen=True, slots=True)
class Found:
    """One record that is, or may be, about the subject."""

    kind: RecordKind
    record: Record
    source: str
    place: str
    row: int
    first_seen: datetime
    gone: datetime | None
    """When it left its source; None while it is there."""
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look-up found. `verdict` is about the lists only, as the night would give it."""

    subject: Subject
    verdict: Verdict
    reason: str
    lists: Mapping[str, ListState]
    found: tuple[Found, ...]

    @property
    def query(self) -> str:
        """What was asked, as it goes on record."""
        return f"{self.subject.name} {self.subject.displayed_identifiers()}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What an answer rests on at one moment, whoever is asked about."""

    at: datetime
    states: Mapping[str, ListState]
    index: CurrentIndex
    names: OtherNames
    """Other names that subjects are known by."""
    weights: Weights
    asked: tuple[Questions, ...] = ()
    """The lists that can only be asked."""
    unread: UnreadEntries = field(default_factory=UnreadEntries)
    """Rows of lists that nobody could read."""


def ground(
    connection: Connection, settings: Settings, at: datetime, index: CurrentIndex, known: KnownUnread | None = None
) -> Ground:
    """As store and mappings have it now. `known`: the unread rows that a process keeps which answers often."""
    folder, states = settings.mappings_folder, states_of_lists(connection, settings, at)
    return Ground(
        at=at,
        states=states,
        index=index,
        names=known_other_names(connection, folder),
        weights=load_weights(folder),
        asked=asked_lists(settings),
        unread=(known or KnownUnread()).of(connection, states.values()),
    )


def subject_asked_for(name: str, code: str, citizen_id: str, on: date) -> Subject:
    """The subject that a look-up is about. Raises CreditSyncError when nothing usable was given."""
    fields = [(code, SubjectKind.ORGANISATION), (citizen_id, SubjectKind.PERSON)]
    numbers = [(text, owner) for field, owner in fields for text in several(field)]
    identifiers = [found for text, owner in numbers if text and (found := recognise(text, owner, on=on))]
    written = plain(name_of(name))
    if not written and not identifiers:
        raise CreditSyncError("没有可查的内容", remedy="写明 --name、--code 或 --id 中的至少一项")
    if citizen_id or code:
        kind = SubjectKind.ORGANISATION if code else SubjectKind.PERSON
    else:
        kind = derive_kind(written, Given({}, {}, on))
    return Subject(kind=kind, name=written, identifiers=tuple(identifiers))


def look_up(connection: Connection, subject: Subject, ground: Ground) -> Answer:
    """Every record that shares a key with the subject and that the evidence does not rule out."""
    names = ground.names
    candidates, scales = StoredCandidates(connection, ground.index), Scales(ground.weights, names.reference)
    best: dict[tuple[RecordKind, int], Found] = {}
    for asked in map(names.of, as_meant(subject, names)):
        of_asked = candidates.scales_for(asked, scales, ground.at)
        for kind, number, record, row in _near(candidates, connection, asked):
            one = _found(kind, record, row, _compared(asked, record, of_asked))
            best[kind, number] = max(best.get((kind, number), one), one, key=_closeness)
    found = [f for f in best.values() if f.comparison.verdict is not Verdict.CLEAR or f.comparison.related]
    order = list(RecordKind)
    found.sort(key=lambda f: (order.index(f.kind), *(-n for n in _closeness(f)), f.source, f.row))
    unfit = (blocking_reason(ground.states), why_unknown(connection, subject, ground))
    verdict, reason = _overall(subject, found, unfit, ground.at.date())
    return Answer(subject, verdict, reason, ground.states, tuple(found))


def why_unknown(connection: Connection, subject: Subject, ground: Ground) -> str:
    """Why nothing found says nothing about a subject, in Chinese, '' where it does: a list that can only be asked has not
    answered, or one of the rows that nobody could read names the subject.
    """
    meant = dict(enumerate(as_meant(subject, ground.names)))
    askers = {number: (one, None) for number, one in meant.items()}
    unknown = unknown_reasons(connection, ground.asked, askers, ground.at)
    named = why_named(ground.unread, {n: ground.names.of(one) for n, one in meant.items()})
    return "；".join(next(iter(found.values())) for found in (unknown, named) if found)


def _near(
    candidates: StoredCandidates, connection: Connection, subject: Subject
) -> Iterator[tuple[RecordKind, int, Record, Mapping[str, Any]]]:
    """Every record that shares a key with a subject, with its number and row."""
    for kind in RecordKind:
        of_lists = kind is RecordKind.LISTING
        ids = candidates.listings({0: subject})[0] if of_lists else candidates.of_kind(kind, subject)
        for number, (record, row) in records(connection, kind, ids).items():
            yield kind, number, record, row


def _compared(subject: Subject, record: Record, scales: Scales) -> Comparison:
    """As the night compares; a number without a name neither finds nor excludes a number that is hidden in part."""
    found = compare(subject, _as_listing(record), scales)
    if subject.name or found.verdict is not Verdict.CLEAR:
        return found
    of_number = [e for e in found.evidence if e.attribute == "identifier"]
    agrees = any(e.bits > 0 and e.bearing is not Bearing.EXCLUDES for e in of_number)
    return found._replace(verdict=Verdict.UNVERIFIABLE) if agrees else found


def _closeness(found: Found) -> tuple[int, float]:
    return found.comparison.verdict.rank, found.comparison.bits


def _as_listing(record: Record) -> Listing:
    return record if isinstance(record, Listing) else Listing(subject=record.subject, list="")


def _found(kind: RecordKind, record: Record, row: Mapping[str, Any], comparison: Comparison) -> Found:
    return Found(
        kind, record, row["source"], row["place"], row["row"], row["first_seen"], row["removed_at"], comparison
    )


def _overall(subject: Subject, found: list[Found], unfit: Iterable[str], today: date) -> tuple[Verdict, str]:
    """`unfit`: why lists say nothing about the subject, '' where they do."""
    listed = [f for f in found if isinstance(f.record, Listing) and in_force(f, today)]
    verdict = max((f.comparison.verdict for f in listed), key=lambda v: v.rank, default=Verdict.CLEAR)
    if verdict is Verdict.UNVERIFIABLE:
        doubtful = [f.comparison for f in listed if f.comparison.verdict is verdict]
        alike = len(doubtful)
        if not subject.name:
            hidden = sum(any(e.attribute == "identifier" for e in found.evidence) for found in doubtful)
            told = [f"名单中有 {hidden} 条的号码部分隐去，可能就是所写的这个"] if hidden else []
            if named := alike - hidden:
                told.append(f"名单中有 {named} 条与其在复核中得知的名称相同，缺少可比对的证件号码")
            return verdict, "；".join((*told, _ONLY_A_NUMBER))
        return verdict, f"名单中有 {alike} 条同名，缺少可比对的证件号码，不能确认也不能排除"
    why_not = list(filter(None, unfit))
    if verdict is Verdict.CLEAR:
        says_nothing = why_name_not_comparable(subject) if subject.name else _ONLY_A_NUMBER
        why_not += filter(None, [says_nothing])
        verdict = Verdict.UNVERIFIABLE if why_not else verdict
    return verdict, "；".join(why_not)


_ONLY_A_NUMBER = "只写号码不能排除号码隐去或没有号码的条目；请连同名称或姓名查询"


def in_force(found: Found, today: date) -> bool:
    """Whether a list entry counts today: still at its source and not removed from the list."""
    record = found.record
    removed_on = record.removed_on if isinstance(record, Listing) else None
    return found.gone is None and (removed_on is None or removed_on > today)


def answer_json(answer: Answer) -> dict[str, Any]:
    """The answer as JSON-able data; identity numbers of persons hidden."""
    return {
        "subject": _plain(answer.subject),
        "verdict": answer.verdict.value,
        "reason": answer.reason,
        "lists": {
            name: {
                "versions": dict(state.versions),
                "pulled_at": with_offset(state.pulled_at),
                "entries": state.live,
                "stale": state.stale,
            }
            for name, state in answer.lists.items()
        },
        "found": [
            {
                "record": f.kind.value,
                "verdict": f.comparison.verdict.value,
                "probability": f.comparison.probability,
                "via": f.comparison.via.value,
                "evidence": [e.stored() for e in f.comparison.evidence],
                "source": f.source,
                "place": f.place,
                "row": f.row,
                "first_seen": with_offset(f.first_seen),
                "gone": with_offset(f.gone),
                "content": _plain(f.record),
            }
            for f in answer.found
        ],
    }


def _plain(value: Any) -> Any:
    """Dataclasses as dictionaries, dates as text, identifiers as they may be shown, texts without full numbers."""
    if isinstance(value, Identifier):
        return {"kind": value.kind.value, "value": value.display(), "valid": value.valid}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, str):
        return hide_in_text(str(value))
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, int) else str(value)
