"""Candidate keys: two subjects are worth comparing when they share one.

A key is a family and a value, hashed to a signed 64-bit integer, so that batch, look-up and spreadsheet all use
the same equality join. `stored_keys` are written beside every record; `probe_keys` are what an applicant (or a
look-up) asks with: the same, and its full identifiers seen through every mask shape that the lists show.

| family | shared by |
|---|---|
| identifier | equal full identifiers; organisation codes also inside a USCC |
| masked | a full identifier and a masked one whose visible places agree |
| person | persons of one folded name (or former name) |
| organisation | names equal but for writing, company form, suffix of places |
| core | names whose brand and trade agree once the place is left out |
| gap | names that become equal when one character is left out of each: one typing error |
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from credit_sync.screening.reference import reference
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind, masked, uscc
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Subject

_SHORTEST_GAP = 5
"""Names shorter than this differ too much when one character differs."""


def stored_keys(subject: Subject) -> list[int]:
    """The keys to store beside a record of this subject, in ascending order."""
    return sorted({_hash(*key) for key in _keys(subject)})


def probe_keys(subject: Subject, shapes: Iterable[str]) -> list[int]:
    """The keys to ask with; `shapes` are the mask shapes that occur among the listings."""
    projected = (
        ("masked", masked.project(number, shape))
        for identifier in subject.identifiers
        if not identifier.masked
        for number in spellings(identifier)
        for shape in shapes
        if len(shape) == len(number)
    )
    return sorted({_hash(*key) for key in (*_keys(subject), *projected)})


def mask_shapes(subject: Subject) -> list[str]:
    """Which places the subject's masked identifiers show, for projecting full ones on them."""
    return sorted({masked.shape_of(pattern) for i in subject.identifiers if i.masked for pattern in patterns(i)})


def spellings(identifier: Identifier) -> list[str]:
    """Every form in which lists may mask a full identifier: 18 and 15 digits, the code inside a USCC."""
    value = identifier.value
    if identifier.kind is IdentifierKind.CITIZEN_ID and len(value) == 18 and value[6:8] == "19":
        return [value, value[:6] + value[8:17]]
    if identifier.kind is IdentifierKind.USCC:
        return [value, uscc.organisation_code(value)]
    return [value]


def patterns(identifier: Identifier) -> list[str]:
    """A masked identifier at every length it may stand for: as written, and stretched to the full length.

    A citizen id whose one run of masks was shortened is 18 places long; one of 15 places may be an old number
    or a shortened new one, so both are asked.
    """
    length = 9 if identifier.kind is IdentifierKind.ORGANISATION_CODE else 18
    stretched = masked.stretch(identifier.value, length)
    whole = [identifier.value] if len(identifier.value) in (9, 15, 18) else []
    return list(dict.fromkeys([*whole, *([stretched] if stretched else [])]))


def _keys(subject: Subject) -> Iterator[tuple[str, str]]:
    for identifier in subject.identifiers:
        if identifier.masked:
            yield from (("masked", pattern) for pattern in patterns(identifier))
        else:
            yield "identifier", identifier.value
            if identifier.kind is IdentifierKind.USCC:
                yield "identifier", uscc.organisation_code(identifier.value)
    for name in (subject.name, *subject.former_names):
        if subject.kind is SubjectKind.PERSON:
            if folded := fold_person_name(name):
                yield "person", folded
        else:
            yield from _organisation_keys(name)


def _organisation_keys(name: str) -> Iterator[tuple[str, str]]:
    parsed = reference().organisations.parse(name)
    if parsed.empty:
        return
    yield "organisation", parsed.full
    yield "organisation", parsed.bare
    yield "core", parsed.core
    if len(parsed.bare) >= _SHORTEST_GAP:
        yield "gap", parsed.bare
        for place in range(len(parsed.bare)):
            yield "gap", parsed.bare[:place] + parsed.bare[place + 1 :]


def _hash(family: str, value: str) -> int:
    digest = blake2b(f"{family}:{value}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
