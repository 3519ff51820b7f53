"""What a subject's numbers are asked and found by, each looked at once: keys, mask shapes, what tells strangers apart.

A masked number may stand for several whole ones: those are its readings. What they are follows from its kind and from
which places it shows; lists have a few dozen such shapes, so the rule is asked once for each and remembered as the
places of the number that each reading is made of.
"""

import string
from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind, foreign, masked, uscc
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.subjects.subject import Named

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


def numbers_of(subject: Named) -> Numbers:
    """What a subject's identifiers come to."""
    identifiers = subject.identifiers
    if not identifiers:
        return _NONE
    if len(identifiers) == 1:
        return _of_one(identifiers[0], subject.kind)
    found = [_of_one(identifier, subject.kind) for identifier in identifiers]
    keys, whole, shapes, _ = (list(chain.from_iterable(parts)) for parts in zip(*found, strict=True))
    return Numbers(keys, whole, shapes)


_NONE = Numbers()
_CITIZEN_ID, _TRAVEL_PERMIT, _PERSON = (
    IdentifierKind.CITIZEN_ID,
    IdentifierKind.TRAVEL_PERMIT,
    SubjectKind.PERSON,
)  # members are slow to be found through their class


def _of_one(found: Identifier, owner: SubjectKind) -> Numbers:
    kind, value = found.kind, found.value
    of_citizen = kind is _CITIZEN_ID and owner is _PERSON
    if MASK in value:
        readings, shapes, only = _readings(kind, value)
        return Numbers([f"masked:{r}" for r in readings], [], shapes, only.encode() if of_citizen else b"")
    known_by = foreign.for_life(value) if kind is _TRAVEL_PERMIT else value
    keys, whole = [f"identifier:{known_by}"], spellings(found)
    if kind is IdentifierKind.USCC:
        keys.append(f"identifier:{uscc.organisation_code(value)}")
    only = _same_in_all(whole) if of_citizen else _organisation_code(found)
    return Numbers(keys, whole, [], only.encode())


class NumbersOfAll(NamedTuple):
    """What the identifiers of many subjects come to."""

    keys: Sequence[str]
    whose: Sequence[int]
    """Of each key its subject's place."""
    whole: Sequence[Sequence[str]]
    """Of each subject, as `only`."""
    shapes: Set[str]
    only: Sequence[bytes]


def numbers_of_all(subjects: Sequence[Named]) -> NumbersOfAll:
    """The same of many subjects; masked numbers that stand alone, as most do, are read together where they are alike."""
    keys: list[str] = []
    whose: list[int] = []
    shapes: set[str] = set()
    whole: list[Sequence[str]] = [()] * len(subjects)
    only = [b""] * len(subjects)
    alike: defaultdict[_Alike, tuple[list[int], list[str]]] = defaultdict(lambda: ([], []))
    for place, subject in enumerate(subjects):
        identifiers = subject.identifiers
        if not identifiers:
            continue
        value = identifiers[0].value
        if len(identifiers) == 1 and MASK in value and _is_ordinary(shape := _shape_of(value)):
            places, values = alike[subject.kind, identifiers[0].kind, shape]
            places.append(place)
            values.append(value)
        else:
            found = numbers_of(subject)
            keys += found.keys
            whose += [place] * len(found.keys)
            shapes.update(found.shapes)
            whole[place], only[place] = found.whole, found.only
    for (owner, kind, shape), (places, values) in alike.items():
        written, shown, sole = _written(kind, shape)
        readings = [list(map(write, values)) for write in written]
        for read in readings:
            keys += [f"masked:{reading}" for reading in read]
            whose += places
        shapes.update(shown)
        if readings and kind is _CITIZEN_ID and owner is _PERSON:
            same = map(_same_in_all, zip(*readings, strict=True)) if sole is None else readings[sole]
            for place, telling in zip(places, same, strict=True):
                only[place] = telling.encode()
    return NumbersOfAll(keys, whose, whole, shapes, only)


_Alike = tuple[SubjectKind, IdentifierKind, bytes]


def patterns(identifier: Identifier) -> list[str]:
    """An identifier at every length it may stand for: as written, and where it hides a run, stretched to the full length."""
    return _readings(identifier.kind, identifier.value)[0]


def spellings(identifier: Identifier) -> list[str]:
    """Every form in which lists may mask a full identifier: 18 and 15 digits, the code inside a USCC."""
    value = identifier.value
    if identifier.kind is IdentifierKind.CITIZEN_ID and len(value) == 18 and value[6:8] == "19":
        return [value, value[:6] + value[8:17]]
    if identifier.kind is IdentifierKind.USCC:
        return [value, uscc.organisation_code(value)]
    return [value]


def _organisation_code(number: Identifier) -> str:
    """What of a whole number tells organisations apart."""
    if not number.valid:
        return ""
    if number.kind is IdentifierKind.USCC:
        return uscc.organisation_code(number.value)
    return number.value if number.kind is IdentifierKind.ORGANISATION_CODE else ""


def _same_in_all(readings: Sequence[str]) -> str:
    """What all readings of a citizen id's length show; nothing where there are none."""
    whole = [reading for reading in readings if len(reading) == _WHOLE]
    if len(whole) == 1:
        return whole[0]
    return "".join([place[0] if len(set(place)) == 1 else MASK for place in zip(*whole, strict=True)])


_LEAST_SHOWN = 4
_LENGTHS = {
    IdentifierKind.CITIZEN_ID: (_WHOLE, 15),
    IdentifierKind.USCC: (18, 9),
    IdentifierKind.ORGANISATION_CODE: (18, 9),
    IdentifierKind.REGISTRATION_NUMBER: (15,),
}
"""How many places the numbers that are compared with one of a kind have when whole, the longest first; others are compared as
written only: a foreigner's of 15 places is whole, and no shortened one of 18."""


def readings_by_rule(kind: IdentifierKind, value: str) -> list[str]:
    """A masked number at every length it may stand for, worked out for itself.

    One that is as long as any is whole. Of a shorter or a longer one that hides one run, nobody knows how long the run was:
    all lengths are asked. What was a citizen id of 15 places the new one repeats around the century.
    """
    lengths = _LENGTHS.get(kind, (len(value),))
    if len(value) == lengths[0]:
        lengths = lengths[:1]
    found = [value] if len(value) in lengths else []
    code = uscc.organisation_code(value) if kind is IdentifierKind.USCC and len(value) == 18 else ""
    if len(code.replace(MASK, "")) >= _LEAST_SHOWN:
        found.append(code)
    found += [reading for length in lengths if (reading := masked.stretch(value, length))]
    if kind is IdentifierKind.CITIZEN_ID:
        found += [f"{old[:6]}{MASK * 2}{old[6:]}{MASK}" for old in found if len(old) == 15]
    return list(dict.fromkeys(found))


def _readings(kind: IdentifierKind, value: str) -> tuple[list[str], Sequence[str], str]:
    """The same as what is remembered of its shape says; which places each reading shows; and what is the same in all whole
    ones.
    """
    shape = _shape_of(value)
    if not _is_ordinary(shape):
        found = readings_by_rule(kind, value)
        return found, [masked.shape_of(reading) for reading in found], _same_in_all(found)
    written, shapes, sole = _written(kind, shape)
    found = [write(value) for write in written]
    return found, shapes, _same_in_all(found) if sole is None else found[sole]


def _shape_of(value: str) -> bytes:
    return value.encode("ascii", "replace").translate(_SHOWN)


def _is_ordinary(shape: bytes) -> bool:
    """Whether it can be remembered. Others are nothing that `recognise` takes for a masked number."""
    return _ODD not in shape and len(shape) <= len(_MARKS)


_ODD = b"?"
_MARKS = string.digits + string.ascii_uppercase
"""A number of which every place is another one: what a reading of it is made of can be seen."""
_SHOWN = "".join(
    MASK if chr(code) == MASK else "1" if chr(code) in _MARKS else "?" for code in range(256)
).encode()
_Write = Callable[[str], str]


@lru_cache(maxsize=1000)
def _written(kind: IdentifierKind, shape: bytes) -> tuple[Sequence[_Write], Sequence[str], int | None]:
    """How the readings of a shape's numbers are written, what places they show, and which one alone is whole."""
    marked = "".join([MASK if seen == ord(MASK) else mark for mark, seen in zip(_MARKS, shape, strict=False)])
    readings = readings_by_rule(kind, marked)
    shapes = [masked.shape_of(reading) for reading in readings]
    whole = [place for place, reading in enumerate(readings) if len(reading) == _WHOLE]
    return [_write(reading, marked) for reading in readings], shapes, whole[0] if len(whole) == 1 else None


def _write(text: str, marked: str) -> _Write:
    """How a text that is made of marks is written with the number's own places."""
    if text == marked:
        return str
    places = itemgetter(*[_MARKS.find(mark) if mark != MASK else -1 for mark in text])
    return lambda value: "".join(places(value + MASK))
