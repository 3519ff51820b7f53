"""Rows become records as a mapping says. Pure: the same row always reads the same.

Whatever a row holds, it ends as one of the outcomes: nothing is dropped, and one bad row never stops a batch.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any

from credit_sync.errors import SettingsError
from credit_sync.records import RECORD_CLASSES, LicenceState, Record, RecordKind
from credit_sync.sources.field_reading import Draft, FieldReader, ProblemError
from credit_sync.sources.mapping import Part, SourceMapping
from credit_sync.sources.outcomes import Outcome, Read, Rejected, Removed, Skipped
from credit_sync.sources.plain import plain_row, plain_text
from credit_sync.sources.rows import BrokenRow, Origin, RawRow
from credit_sync.sources.subject_reading import Given, ReadSubject, is_number, read_subject
from credit_sync.sources.target_fields import TARGET_FIELDS, FieldType
from credit_sync.sources.values import text_of
from credit_sync.sources.words import LICENCE_STATES
from credit_sync.store.doubts import UNUSED
from credit_sync.store.record_keys import join_key, key_part
from credit_sync.store.unread_rows import folded
from credit_sync.subjects.identifiers import SubjectKind, hide, hide_in_text, recognise

OBSCURE = "，看不出是哪条记录"
"""At the end of the reason where nothing is sure of a row's key."""
MISPLACED = "列数与标题不符，各栏可能错位或被截断；已按所在的列读入，请核对"
_LEAST_SAID = 10
"""Letters and digits of a name and a number at least: where a broken row has fewer, something of it is gone."""
_LONGEST_SHOWN = 200
_LONGEST_UNUSED = 40
_IDENTIFYING = frozenset(["name", "identifier", "uscc", "organisation_code", "registration_number", "citizen_id"])
"""A listing without these cannot be compared; without anything else it can."""
_TELLING = frozenset([FieldType.TEXT, FieldType.IDENTIFIER])
"""Names and numbers; many records have one date or role."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as plain data, the fields that the mapping does not know, and whether the source calls it gone."""

    origin: Origin
    values: dict[str, Any]
    extra: dict[str, Any]
    removed: bool


class Reader:
    """Reads the rows of one mapping. Raises SettingsError for constants that cannot be read."""

    def __init__(self, mapping: SourceMapping) -> None:
        self.mapping = mapping
        self._class = RECORD_CLASSES[mapping.record]
        self._own = frozenset(f.name for f in fields(self._class) if f.name != "subject")
        self._titles = {name: field.title for name, field in TARGET_FIELDS[mapping.record].items()}
        self.required = mapping.required_fields()
        self.known = mapping.source_names()
        self.skip = re.compile(mapping.layout.skip) if mapping.layout.skip else None
        needed = _IDENTIFYING.union(self.required)
        optional = frozenset(self._titles) - needed if mapping.record is RecordKind.LISTING else frozenset[str]()
        groups = (mapping.fields, *(part.fields for part in mapping.parts))
        self._naming = frozenset(t for of in groups for n in _IDENTIFYING & of.keys() for t in of[n].from_)
        self.parts = [PartReader(mapping, part, optional) for part in mapping.parts or [Part()]]

    def read(self, row: RawRow | BrokenRow) -> list[Outcome]:
        """What the row comes to: one outcome, or one for each of its parts."""
        if isinstance(row, BrokenRow):
            return self._read_broken(row)
        values: dict[str, Any] = {}
        try:
            values = plain_row(row.values)
            return self._read(values, row.origin)
        except Exception as error:  # promise 1: whatever a row holds, it is kept and the batch goes on
            reason = f"读取该行时出错（{type(error).__name__}）{OBSCURE}"
            return [Rejected(row.origin, "", "", reason, values, said=folded(" ".join(map(str, values.values()))))]

    def misplaced(self, row: RawRow, outcomes: Sequence[Outcome]) -> Rejected | None:
        """How people are told of an uneven row that became a record, where that may say of one what is meant of another:
        its cells stand under the wrong titles, or it was cut off within a name or a number.
        """
        read = next((outcome for outcome in outcomes if isinstance(outcome, Read)), None)
        last = next((title for title in reversed(list(row.values)) if text_of(row.values[title])), "")
        if read is None or (row.uneven < 0 and last not in self._naming):
            return None
        values = plain_row(row.values)
        shown = _shown(" ".join(filter(None, map(text_of, values.values()))))
        return Rejected(row.origin, "", shown, MISPLACED, values, read.key, readable=False)

    def _read_broken(self, row: BrokenRow) -> list[Outcome]:
        """A rejection for each record that the row names by what is sure of it: the record stays as it was."""
        text = plain_text(row.text)
        keys, like = [""], frozenset[str]()
        said: str | None = folded(text) if row.whole and text == row.text else ""
        if said and len(said) < _LEAST_SAID:
            said = ""
        with suppress(Exception):  # promise 1
            values = plain_row(row.values)
            named = self._read(values, row.origin)
            like = self._likenesses(values, row.origin)
            keys = [outcome.key for outcome in named if not isinstance(outcome, Skipped)] or keys
            if any(part.draft(values).values.get("name") for part in self.parts):
                said = words(values)
        if like or any(keys) or (self.skip is not None and self.skip.match(text.strip())):
            said = None
        reason = row.reason if said is None else f"{row.reason}{OBSCURE}"
        return [
            Rejected(row.origin, "", _shown(text), reason, text, key, like, said, readable=False, part=part)
            for part, key in enumerate(keys)
        ]

    def _read(self, values: dict[str, Any], origin: Origin) -> list[Outcome]:
        first = next((text for value in values.values() if (text := text_of(value))), "")
        if not first or (self.skip is not None and self.skip.match(first)):
            return [Skipped(origin)]
        removal = self.mapping.removal
        removed = removal is not None and text_of(values.get(removal.from_)) in removal.values
        extra = {name: v for name, v in values.items() if name not in self.known and v not in (None, "", [], {})}
        row = _Row(origin, values, extra, removed)
        outcomes = [o for number, part in enumerate(self.parts) for o in self._read_part(row, number, part)]
        if outcomes:
            return outcomes
        like = self._likenesses(values, origin)
        clear = bool(like) or removed
        reason = f"缺少{self._titles['name']}{'' if clear else OBSCURE}"
        return [Rejected(origin, "name", "", reason, values, like=like, said=None if clear else "")]

    def _read_part(self, row: _Row, number: int, part: "PartReader") -> Iterator[Outcome]:
        draft = part.draft(row.values)
        if self.mapping.parts and not draft.values.get("name") and not _is_about(draft.problem, "name"):
            return
        if any(not _holds(draft, need) for need in part.needs):
            return
        key = ""
        try:
            subject = _subject_of(draft, row.origin)
            key = self._key(draft, subject)
            if row.removed:
                yield Removed(row.origin, key)
                return
            self._check(draft, subject)
            record = self._record(draft, subject)
            yield Read(row.origin, key, record, row.extra, (*draft.warnings, *subject.warnings))
        except ProblemError as problem:
            value, reason = _shown(problem.value, identifier=problem.is_identifier), problem.reason
            like = frozenset[str]() if row.removed else self._like(part, draft, row.origin, problem.field)
            said = None
            if not (key or like or row.removed):
                said = words(row.values) if draft.values.get("name") else ""
                reason += OBSCURE
            yield Rejected(row.origin, problem.field, value, reason, row.values, key, like, said, part=number)

    def _likenesses(self, values: Mapping[str, Any], origin: Origin) -> frozenset[str]:
        """What is sure of the keys of all the records that a row may have."""
        each = (self._like(part, part.draft(values), origin) for part in self.parts)
        return frozenset[str]().union(*each)

    def _like(self, part: "PartReader", draft: Draft, origin: Origin, unsure: str = "") -> frozenset[str]:
        """The key with what is not sure left blank; none where what is left would fit anybody.

        How a number reads may depend on whose it is, and what shows that may be what cannot be read.
        """
        found = set()
        for kind in [draft.values["kind"]] if "kind" in draft.values else SubjectKind:
            read = Draft(draft.values | {"kind": kind}, dict(draft.identifiers), [])
            subject = _subject_of(read, origin)
            sure = {n: key_part(self._value(n, read, subject)) if n != unsure else "" for n in self.mapping.key}
            if any(text for name, text in sure.items() if name in part.telling):
                found.add(join_key(list(sure.values())))
        return frozenset(found)

    def _key(self, draft: Draft, subject: ReadSubject) -> str:
        parts = [key_part(self._value(name, draft, subject)) for name in self.mapping.key]
        if not any(parts):
            titles = "、".join(self._titles[name] for name in self.mapping.key)
            raise draft.problem or ProblemError(self.mapping.key[0], "", f"主键字段（{titles}）全部为空")
        if draft.problem and draft.problem.field in self.mapping.key:
            raise draft.problem
        return join_key(parts)

    @staticmethod
    def _value(name: str, draft: Draft, subject: ReadSubject) -> Any:
        if name in subject.by_field:
            return subject.by_field[name]
        if name == "name":
            return subject.subject.name
        return draft.values.get(name, "")

    def _check(self, draft: Draft, subject: ReadSubject) -> None:
        if draft.problem:
            raise draft.problem
        for name in self.required:
            if self._value(name, draft, subject) in (None, "", ()):
                raise ProblemError(name, "", f"缺少{self._titles[name]}")
        if is_number(name := subject.subject.name):
            raise ProblemError(
                "name", name, f"{self._titles['name']}一栏里只有号码，可能与号码栏填反了", is_identifier=True
            )
        if subject.failing and self.mapping.invalid_identifiers == "quarantine":
            field, found = subject.failing[0]
            raise ProblemError(field, found.value, f"{found.title}校验不通过", is_identifier=True)

    def _record(self, draft: Draft, subject: ReadSubject) -> Record:
        own = {name: value for name, value in draft.values.items() if name in self._own}
        for name in ("fine", "confiscated"):
            if name not in own and f"{name}_yuan" in draft.values:
                own[name] = draft.values[f"{name}_yuan"]
        if self.mapping.record is RecordKind.LISTING:
            own["list"] = self.mapping.list
        if self.mapping.record is RecordKind.LICENCE:
            own |= _state_by_event(draft.values)
        return self._class(subject=subject.subject, **own)


Readers = list[tuple[FieldReader, tuple[str, ...]]]
_MOST_LAYOUTS = 1000
"""Sets of titles that are remembered; rows of JSON may each have their own."""


class PartReader:
    """The constants and field readers of one part of a mapping."""

    def __init__(self, mapping: SourceMapping, part: Part, optional: frozenset[str]) -> None:
        """`optional`: fields that a row may lose rather than be lost itself."""
        targets = TARGET_FIELDS[mapping.record]
        of_row = {name: field for name, field in mapping.fields.items() if name not in part.without}
        constants, field_map = mapping.constants | part.constants, of_row | part.fields
        self.needs = part.needs
        self.telling = frozenset(n for n in mapping.key if targets[n].type in _TELLING and n not in constants)
        """The key's fields of which one alone says which records may be meant."""
        self._optional = optional
        self._readers = [
            FieldReader(name, targets[name], field, mapping.values.get(field.values))
            for name, field in field_map.items()
            if name not in constants
        ]
        self._by_titles: dict[tuple[str, ...], Readers] = {}
        self.constants = Draft({}, {}, [])
        for name, value in constants.items():
            try:
                FieldReader(name, targets[name], None, None).put(text_of(value), self.constants)
            except ProblemError as problem:
                raise SettingsError(mapping.title, [f"constants.{name}: {problem.reason}"]) from None

    def draft(self, values: Mapping[str, Any]) -> Draft:
        """The part's values; the first field that cannot be read is kept as the problem.

        An optional one is left out with a note: a list entry that is not there for its odd date clears its subject.
        """
        draft = Draft(dict(self.constants.values), dict(self.constants.identifiers), [])
        for reader, sources in self.readers_for(tuple(values)):
            try:
                reader.read(values, draft, sources)
            except ProblemError as problem:
                if problem.field in self._optional:
                    draft.warnings.append(_unused(problem))
                else:
                    draft.problem = draft.problem or problem
        return draft

    def readers_for(self, titles: tuple[str, ...]) -> Readers:
        """The fields that a row with these titles may have; most mappings know many layouts, a source has one."""
        readers = self._by_titles.get(titles)
        if readers is None:
            found = ((reader, reader.sources_in(frozenset(titles))) for reader in self._readers)
            readers = [(reader, sources) for reader, sources in found if sources]
            if len(self._by_titles) >= _MOST_LAYOUTS:
                self._by_titles.clear()
            self._by_titles[titles] = readers
        return readers


def _subject_of(draft: Draft, origin: Origin) -> ReadSubject:
    own_number = draft.identifiers.pop("legal_representative_id", "")
    on = origin.pulled_at.date()
    if own_number and (found := recognise(own_number, SubjectKind.PERSON, on=on)) is not None:
        draft.values["legal_representative_id"] = found
        if not found.valid:
            draft.warnings.append(f"法定代表人{found.title} {found.display()} 校验不通过")
    return read_subject(Given(draft.values, draft.identifiers, on))


def _state_by_event(values: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a licence whose event (注销, 撤销) ends it: registers leave 当前状态 blank then, which else means valid."""
    event = values.get("event", "")
    ended = LICENCE_STATES.get(event, LicenceState.VALID)
    if ended is LicenceState.VALID:
        return {}
    if values.get("state") is LicenceState.VALID:
        raise ProblemError("state", "有效", f"办理事项是“{event}”，当前状态却是“有效”，请改正其中之一")
    return {"state": values.get("state", ended)}


def _shown(text: str, *, identifier: bool = False) -> str:
    if identifier:
        return hide(text[:_LONGEST_SHOWN])
    shown = hide_in_text(text)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"


def words(values: Mapping[str, Any]) -> str:
    """What a row says, to be looked for in it."""
    return folded(" ".join(map(text_of, values.values())))


def _unused(problem: ProblemError) -> str:
    value = _shown(problem.value, identifier=problem.is_identifier)
    short = value if len(value) <= _LONGEST_UNUSED else f"{value[:_LONGEST_UNUSED]}…"
    return f"{problem.reason.partition('，')[0]}（{short}）{UNUSED}"


def _holds(draft: Draft, field: str) -> bool:
    """Whether the row has the field, be it one that cannot be read."""
    return bool(draft.values.get(field)) or field in draft.identifiers or _is_about(draft.problem, field)


def _is_about(problem: ProblemError | None, field: str) -> bool:
    return problem is not None and problem.field == field
