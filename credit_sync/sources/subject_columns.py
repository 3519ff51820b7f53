"""The subjects of many rows, column by column: what `subject_reading` makes of each of them, as far as nothing is odd."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from credit_sync.sources.entry_columns import Columns, has_to_be_escaped
from credit_sync.sources.field_reading import LONGEST_IDENTIFIER
from credit_sync.sources.subject_reading import (
    OWNERS,
    Given,
    birth_year,
    contradictions,
    derive_kind,
    with_several,
)
from credit_sync.store.columns import document
from credit_sync.subjects.identifiers import (
    IdentifierKind,
    SubjectKind,
    citizen_id,
    is_masked_as_usual,
    recognise,
)

Texts = Mapping[str, Sequence[str]]
"""What is written in the fields of numbers, '' where nothing is."""


class Numbers(NamedTuple):
    """What is recognised in a field of numbers, row by row; '' where a row has none. All are valid but in odd rows."""

    kinds: list[str]
    values: list[str]


def of_several_names(values: Columns) -> set[int]:
    """Rows whose subject has no name, or may have had another."""
    odd = {
        n
        for n, name in enumerate(values["name"])
        if "原" in name or "名" in name or not any(map(str.isalpha, name))
    }
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


def recognised(
    texts: Texts, kinds: Sequence[SubjectKind], on: date
) -> tuple[dict[str, Numbers], dict[int, str], set[int]]:
    """The numbers by field, the first whole citizen id of each person who has one, and the rows in which one is doubtful.

    The last two by row.
    """
    numbers: dict[str, Numbers] = {}
    own: dict[int, str] = {}
    odd: set[int] = set()
    for field, column in texts.items():
        odd |= with_several(column) | {n for n, text in enumerate(column) if len(text) > LONGEST_IDENTIFIER}
        owner = OWNERS[field]
        odd.update(n for n, text in enumerate(column) if text and owner not in (None, kinds[n]))
        owners = [owner] * len(column) if owner else kinds
        numbers[field] = found = _masked_as_usual(column, owners)
        for n, text in enumerate(column):
            if found.kinds[n] or not text or n in odd:
                continue
            number = recognise(text, owners[n], on=on)
            if number is None:
                found.values[n] = ""
                continue
            found.kinds[n], found.values[n] = number.kind.value, number.value
            if not number.valid:
                odd.add(n)
            elif kinds[n] is SubjectKind.PERSON and number.kind is IdentifierKind.CITIZEN_ID and not number.masked:
                own.setdefault(n, number.value)
    return numbers, own, odd


def _masked_as_usual(column: Sequence[str], owners: Sequence[SubjectKind]) -> Numbers:
    """Those that are recognised as they stand; of the others, only the texts."""
    usual, person = IdentifierKind.CITIZEN_ID.value, SubjectKind.PERSON
    kinds = [
        usual if owner is person and is_masked_as_usual(text) else ""
        for text, owner in zip(column, owners, strict=True)
    ]
    return Numbers(kinds, list(column))


def documents(numbers: Iterable[Numbers]) -> list[str]:
    """The numbers of each row as its record has them, as JSON; one that stands in two fields is one."""
    rows = zip(*map(_as_json, numbers), strict=True)
    return [f"[{','.join(dict.fromkeys(filter(None, row)))}]" if len(row) > 1 else f"[{row[0]}]" for row in rows]


def _as_json(numbers: Numbers) -> list[str]:
    rows = zip(*numbers, strict=True)
    if has_to_be_escaped("".join(numbers.values)):
        return [document([kind, value, True]) if kind else "" for kind, value in rows]
    return [f'["{kind}","{value}",true]' if kind else "" for kind, value in rows]


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
