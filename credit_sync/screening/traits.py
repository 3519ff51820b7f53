"""What the index keeps of a subject beside its keys: enough to tell most strangers without comparing evidence.

A subject known by several names has one entry for each; all carry its number.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from credit_sync.screening.keys import patterns
from credit_sync.screening.listed_subject import listed_subject
from credit_sync.screening.reference import reference
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind, uscc
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.subjects.organisation_names import OrganisationName
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Subject

_WHOLE = 18
"""Places of a citizen id."""
_MOST_PLACES = 2
ANYWHERE = -1
"""A place that may be any of more than two divisions: never a reason to tell two names apart."""


class Traits(NamedTuple):
    """One name of one subject. Keys (written `family:value`) are empty where there is nothing to compare."""

    person: bool
    number: bytes
    """The citizen id (18 places, `*` hidden) or organisation code (9), where it is the only number; else empty.

    Of a masked one that may be read in several ways, the places that are the same in all.
    """
    subject: int
    """Equal for every case of one listed subject; 0 for whoever is not listed himself."""
    name: str
    """The folded name."""
    full: str = ""
    bare: str = ""
    """Of organisations: parts of the name as `OrganisationName` has them."""
    core: str = ""
    bare_name: str = ""
    legal_person: str = ""
    """Of a branch: the bare name of the legal person that it belongs to."""
    representative: str = ""
    places: tuple[int, ...] = ()
    """Codes of the divisions that the innermost leading place may stand for."""


def traits_of(subject: Subject, names: Sequence[str], *, listed: bool) -> Iterator[Traits]:
    """One entry for each of the names that a subject is known by; `listed`: it stands on a list itself."""
    number, whose = _number(subject), int(listed_subject(subject)[:15], 16) if listed else 0
    if subject.kind is SubjectKind.PERSON:
        for name in names:
            folded = fold_person_name(name)
            yield Traits(True, number, whose, f"person:{folded}" if folded else "")
        return
    representative = fold_person_name(subject.legal_representative)
    for name in names:
        parsed = reference().organisations.parse(name)
        yield Traits(
            person=False,
            number=number,
            subject=whose,
            name=f"organisation:{parsed.full}",
            full=parsed.full,
            bare=parsed.bare,
            core="" if parsed.empty else f"core:{parsed.core}",
            bare_name=_bare_name(parsed),
            legal_person=_bare_name(reference().organisations.parse(parsed.parent)) if parsed.parent else "",
            representative=f"person:{representative}" if representative else "",
            places=_places(parsed),
        )


def _bare_name(parsed: OrganisationName) -> str:
    return "" if parsed.empty else f"organisation:{parsed.bare}"


def _places(name: OrganisationName) -> tuple[int, ...]:
    if not name.divisions:
        return ()
    codes = sorted({int(division.code) for division in name.divisions[-1]})
    return tuple(codes) if len(codes) <= _MOST_PLACES else (ANYWHERE,)


def _number(subject: Subject) -> bytes:
    if len(subject.identifiers) != 1:
        return b""
    found = subject.identifiers[0]
    if found.kind is IdentifierKind.CITIZEN_ID and subject.kind is SubjectKind.PERSON:
        return _at_18_places(found).encode()
    if not found.valid or found.masked:
        return b""
    if found.kind is IdentifierKind.USCC:
        return uscc.organisation_code(found.value).encode()
    return found.value.encode() if found.kind is IdentifierKind.ORGANISATION_CODE else b""


def _at_18_places(number: Identifier) -> str:
    """A citizen id as long as they are; empty where it cannot be that long."""
    if not number.masked:
        return number.value if len(number.value) == _WHOLE else ""
    places = zip(*(reading for reading in patterns(number) if len(reading) == _WHOLE), strict=True)
    return "".join(place[0] if len(set(place)) == 1 else MASK for place in places)
