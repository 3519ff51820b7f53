"""What a subject's numbers are asked and found by, each looked at once: keys, mask shapes, what tells strangers apart.

A masked number may stand for several whole ones: those are its readings. What they are follows from its kind and from
which places it shows; lists have a few dozen such shapes, so the rule is asked once for each and remembered as the
places of the number that each reading is made of.
"""

import string
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind, masked, uscc
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.subjects.subject import Subject

_WHOLE = 18
"""Places of a citizen id."""


class Numbers(NamedTuple):
    """What the identifiers of one subject come to."""

    keys: Sequence[str] = ()
    whole: Sequence[str] = ()
    """Full identifiers in every form in which lists may mask them."""
    shapes: Sequence[str] = ()
    """Which places the readings of masked identifiers show, for projecting full ones on them."""
    only: bytes = b""
    """The citizen id (18 places, `*` hidden) or organisation code (9), where it is the only number; else empty.

    Of a masked one that may be read in several ways, the places that are the same in all.
    """


def numbers_of(subject: Subject) -> Numbers:
    """What a subject's identifiers come to."""
    if not subject.identifiers:
        return _NONE
    keys: list[str] = []
    whole: list[str] = []
    shapes: list[str] = []
    readings: list[str] = []
    for found in subject.identifiers:
        if MASK in found.value:
            readings, shown = _readings(found.kind, found.value)
            keys += [f"masked:{reading}" for reading in readings]
            shapes += shown
        else:
            readings = spellings(found)
            whole += readings
            keys.append(f"identifier:{found.value}")
            if found.kind is IdentifierKind.USCC:
                keys.append(f"identifier:{uscc.organisation_code(found.value)}")
    only = _telling(subject.identifiers[0], readings, subject.kind) if len(subject.identifiers) == 1 else ""
    return Numbers(keys, whole, shapes, only.encode())


_NONE = Numbers()


def patterns(identifier: Identifier) -> list[str]:
    """A masked identifier at every length it may stand for: as written, and stretched to the full length."""
    return _readings(identifier.kind, identifier.value)[0]


def spellings(identifier: Identifier) -> list[str]:
    """Every form in which lists may mask a full identifier: 18 and 15 digits, the code inside a USCC."""
    value = identifier.value
    if identifier.kind is IdentifierKind.CITIZEN_ID and len(value) == 18 and value[6:8] == "19":
        return [value, value[:6] + value[8:17]]
    if identifier.kind is IdentifierKind.USCC:
        return [value, uscc.organisation_code(value)]
    return [value]


def _telling(number: Identifier, readings: Sequence[str], owner: SubjectKind) -> str:
    if number.kind is IdentifierKind.CITIZEN_ID and owner is SubjectKind.PERSON:
        whole = [reading for reading in readings if len(reading) == _WHOLE]
        return whole[0] if len(whole) == 1 else _same_in_all(whole)
    if not number.valid or number.masked:
        return ""
    if number.kind is IdentifierKind.USCC:
        return uscc.organisation_code(number.value)
    return number.value if number.kind is IdentifierKind.ORGANISATION_CODE else ""


def _same_in_all(readings: Sequence[str]) -> str:
    """What all readings show; nothing where there are none."""
    return "".join([place[0] if len(set(place)) == 1 else MASK for place in zip(*readings, strict=True)])


_LEAST_SHOWN = 4
_LENGTHS = {
    IdentifierKind.CITIZEN_ID: _WHOLE,
    IdentifierKind.FOREIGNER_ID: 18,
    IdentifierKind.USCC: 18,
    IdentifierKind.ORGANISATION_CODE: 9,
    IdentifierKind.REGISTRATION_NUMBER: 15,
}
"""How many places a shortened number of each kind has when whole; others are compared as written only."""


def readings_by_rule(kind: IdentifierKind, value: str) -> list[str]:
    """A masked number at every length it may stand for, worked out for itself.

    A citizen id whose one run of masks was shortened is 18 places long; one of 15 places may be an old number,
    which the new one repeats around the century, or a shortened new one, so all are asked.
    """
    length = _LENGTHS.get(kind, 0)
    found = [value] if len(value) in (9, 15, 18) or not length else []
    code = uscc.organisation_code(value) if kind is IdentifierKind.USCC and len(value) == 18 else ""
    if len(code.replace(MASK, "")) >= _LEAST_SHOWN:
        found.append(code)
    if kind is IdentifierKind.CITIZEN_ID and len(value) == 15:
        found.append(f"{value[:6]}{MASK * 2}{value[6:]}{MASK}")
    if stretched := masked.stretch(value, length):
        found.append(stretched)
    return list(dict.fromkeys(found))


def _readings(kind: IdentifierKind, value: str) -> tuple[list[str], Sequence[str]]:
    """The same as what is remembered of its shape says; and which places each reading shows."""
    shape = value.encode("ascii", "replace").translate(_SHOWN)
    if _ODD in shape or len(shape) > len(_MARKS):  # nothing that `recognise` takes for a masked number
        found = readings_by_rule(kind, value)
        return found, [masked.shape_of(reading) for reading in found]
    written, shapes = _written(kind, shape)
    return [value if write is None else "".join(write(value + MASK)) for write in written], shapes


_ODD = b"?"
_MARKS = string.digits + string.ascii_uppercase
"""A number of which every place is another one: what a reading of it is made of can be seen."""
_SHOWN = "".join(
    MASK if chr(code) == MASK else "1" if chr(code) in _MARKS else "?" for code in range(256)
).encode()
_Written = Callable[[str], Sequence[str]]


@lru_cache(maxsize=1000)
def _written(kind: IdentifierKind, shape: bytes) -> tuple[Sequence[_Written | None], Sequence[str]]:
    """How the readings of a shape's numbers are written (None: as the number is), behind which stands a mask."""
    marked = "".join([MASK if seen == ord(MASK) else mark for mark, seen in zip(_MARKS, shape, strict=False)])
    readings = readings_by_rule(kind, marked)
    places = [[_MARKS.find(mark) if mark != MASK else -1 for mark in reading] for reading in readings]
    written = [
        None if reading == marked else itemgetter(*found) for reading, found in zip(readings, places, strict=True)
    ]
    return written, [masked.shape_of(reading) for reading in readings]
