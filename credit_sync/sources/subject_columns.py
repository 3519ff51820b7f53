"""The subjects of many rows, column by column: what `subject_reading` makes of each of them, as far as nothing is odd."""

from collections.abc import Mapping, Sequence
from datetime import date

from credit_sync.sources.entry_columns import Columns
from credit_sync.sources.field_reading import LONGEST_IDENTIFIER
from credit_sync.sources.subject_reading import (
    OWNERS,
    Given,
    birth_year,
    contradictions,
    derive_kind,
    with_several,
)
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind, citizen_id, recognise

Texts = Mapping[str, Sequence[str]]
"""What is written in the fields of numbers, '' where nothing is."""
Numbers = Mapping[str, Sequence[Identifier | None]]
"""Identifiers by the field that they stand in."""


def of_several_names(values: Columns) -> set[int]:
    """Rows whose subject has no name, or may have had another."""
    odd = {n for n, name in enumerate(values["name"]) if not name or "原" in name or "名" in name}
    return odd.union(n for n, names in enumerate(values.get("former_names", ())) if names)


def kinds_of(values: Columns, numbers: Texts, count: int, on: date) -> list[SubjectKind]:
    """The kinds of the subjects, from what `derive_kind` asks, in its order."""
    nothing = [None] * count
    asked = ("kind", "sex", "age", "birth_date", "birth_year", "legal_representative")
    rows = zip(*[values.get(field, nothing) for field in asked], strict=True)
    person, organisation = SubjectKind.PERSON, SubjectKind.ORGANISATION
    kinds = [
        kind or (person if sex or age or day or year else organisation if representative else None)
        for kind, sex, age, day, year, representative in rows
    ]
    return [kind or _derived(number, values, numbers, on) for number, kind in enumerate(kinds)]


def _derived(number: int, values: Columns, numbers: Texts, on: date) -> SubjectKind:
    given = {field: column[number] for field, column in numbers.items() if column[number]}
    return derive_kind(values["name"][number], Given({}, given, on))


def recognised(numbers: Texts, kinds: Sequence[SubjectKind], on: date) -> tuple[Numbers, set[int]]:
    """The identifiers, and the rows in which one is doubtful."""
    identifiers: dict[str, Sequence[Identifier | None]] = {}
    odd: set[int] = set()
    for field, column in numbers.items():
        owner = OWNERS[field]
        odd |= {n for n, text in enumerate(column) if len(text) > LONGEST_IDENTIFIER}
        odd |= with_several(column)
        identifiers[field] = found = [
            recognise(text, owner or kind, on=on) if text and n not in odd else None
            for n, (text, kind) in enumerate(zip(column, kinds, strict=True))
        ]
        odd |= {n for n, identifier in enumerate(found) if identifier and not identifier.valid}
    return identifiers, odd


def own_numbers(identifiers: Numbers, kinds: Sequence[SubjectKind]) -> dict[int, str]:
    """The first whole citizen id of each person who has one, by row."""
    own: dict[int, str] = {}
    for column in identifiers.values():
        for n, found in enumerate(column):
            whole = found and found.kind is IdentifierKind.CITIZEN_ID and found.valid and not found.masked
            if found and whole and kinds[n] is SubjectKind.PERSON:
                own.setdefault(n, found.value)
    return own


def with_own_numbers(values: Columns, own: Mapping[int, str], odd: set[int]) -> Columns:
    """With what whole numbers tell of their owners; rows that say otherwise are added to the odd ones."""
    if not own:
        return values
    nothing = [None] * len(values["name"])
    told = {field: list(values.get(field, nothing)) for field in ("sex", "birth_date", "birth_year")}
    for n, number in own.items():
        said = {field: column[n] for field, column in told.items()}
        if any(contradictions(said, number)):
            odd.add(n)
        told["sex"][n] = said["sex"] or citizen_id.sex(number)
        told["birth_year"][n] = birth_year(said, number)
    return {**values, "sex": told["sex"], "birth_year": told["birth_year"]}
