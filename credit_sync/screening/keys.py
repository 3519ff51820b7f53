"""Candidate keys: two subjects are worth comparing when they share one.

A key is a family and a value, hashed to a signed 64-bit integer, so that batch, look-up and spreadsheet all use
the same equality join. Listings' keys are kept in the index (`index.py`), those of other records in the store. An
applicant (or a look-up) asks with the same keys, and with its full identifiers seen through every mask shape that
the lists show.

| family | shared by |
|---|---|
| identifier | equal full identifiers; organisation codes also inside a USCC |
| masked | a full identifier and a masked one whose visible places agree |
| person | persons of one folded name (or former name) |
| organisation | names equal but for writing, company form, suffix of places |
| core | names whose brand and trade agree once the place is left out |
| gap | names that become equal when one character is left out of each: one typing error |
| employed | persons of one name at one employer: the representative of a listed organisation and an applicant from there |

Damage that these were not made for (two typing errors, a misspelt place) leaves most of a name whole. So listings of
organisations also carry their sounded *bigrams*: a listing that shares two of the applicant's four rarest is a
candidate too. Bigrams that more than `MOST_COMMON` listings share tell nothing and are not asked.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from xxhash import xxh3_64_intdigest

from credit_sync.records import RecordKind
from credit_sync.screening.key_table import Keys
from credit_sync.screening.reference import reference
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind, masked, uscc
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.subjects.person_names import fold_person_name, syllables
from credit_sync.subjects.subject import Subject

_SHORTEST_GAP = 5
"""Names shorter than this differ too much when one character differs."""


MOST_COMMON = 3000
"""Listings that may share a bigram before it is too common to ask for."""
RAREST, SHARED = 4, 2
"""How many of an applicant's bigrams are asked, and how many of them a candidate must share."""


def keys_to_store(kind: RecordKind, subject: Subject) -> list[int]:
    """The keys that stand beside a record in the store; those of listings are in the index."""
    return [] if kind is RecordKind.LISTING else stored_keys(subject)


def stored_keys(subject: Subject) -> list[int]:
    """The keys by which a subject is found exactly, in ascending order."""
    return sorted(set(key_hashes(_keys(subject, name_keys)).tolist()))


def probe_keys(subject: Subject, shapes: Sequence[str]) -> list[int]:
    """The keys to ask with; `shapes` are the mask shapes that occur among the listings."""
    projected, _ = projected_keys(whole_numbers(subject), shapes)
    return sorted({*key_hashes(_keys(subject, asked_name_keys)).tolist(), *projected.tolist()})


def _keys(subject: Subject, of_name: Callable[[SubjectKind, str], list[str]]) -> list[str]:
    names = (key for name in reference().names_of(subject) for key in of_name(subject.kind, name))
    return [*number_keys(subject), *names]


def number_keys(subject: Subject) -> list[str]:
    """The keys of a subject's identifiers."""
    found: list[str] = []
    for identifier in subject.identifiers:
        if MASK in identifier.value:
            found += [f"masked:{pattern}" for pattern in patterns(identifier)]
        else:
            found.append(f"identifier:{identifier.value}")
            if identifier.kind is IdentifierKind.USCC:
                found.append(f"identifier:{uscc.organisation_code(identifier.value)}")
    return found


def whole_numbers(subject: Subject) -> list[str]:
    """The subject's full identifiers in every form in which lists may mask them."""
    return [number for found in subject.identifiers if MASK not in found.value for number in spellings(found)]


def projected_keys(numbers: Sequence[str], shapes: Sequence[str]) -> tuple[Keys, Keys]:
    """(key, place in `numbers`) of full identifiers as each mask shape of their length would show them."""
    places: dict[int, list[int]] = {}
    for place, number in enumerate(numbers):
        places.setdefault(len(number), []).append(place)
    found, whose = [], []
    for length, here in places.items():
        fitting = [f"{_SHOWN_FAMILY}{shape}" for shape in shapes if len(shape) == length]
        found += masked.project([f"masked:{numbers[place]}" for place in here], fitting)
        whose += here * len(fitting)
    return key_hashes(found), np.array(whose, np.int64)


_SHOWN_FAMILY = "1" * len("masked:")


def name_keys(kind: SubjectKind, name: str) -> list[str]:
    """The keys of one name."""
    if kind is SubjectKind.PERSON:
        folded = fold_person_name(name)
        return [f"person:{folded}"] if folded else []
    return _organisation_keys(name)


def asked_name_keys(kind: SubjectKind, name: str) -> list[str]:
    """The keys to ask with for one name: a branch also asks for the legal person that it belongs to."""
    keys = name_keys(kind, name)
    parse = reference().organisations.parse
    if kind is SubjectKind.ORGANISATION and (parent := parse(name).parent):
        keys += [f"organisation:{written}" for written in (parse(parent).full, parse(parent).bare)]
    return keys


def bigram_keys(name: str) -> list[str]:
    """The bigrams of an organisation's name as it sounds, company form left out."""
    parsed = reference().organisations.parse(name)
    if parsed.empty:
        return []
    sounds = syllables(parsed.full.replace(parsed.form, "") if parsed.form else parsed.full)
    return [f"bigram:{a} {b}" for a, b in pairwise(sounds)]


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


_LEAST_SHOWN = 4
_LENGTHS = {
    IdentifierKind.CITIZEN_ID: 18,
    IdentifierKind.FOREIGNER_ID: 18,
    IdentifierKind.USCC: 18,
    IdentifierKind.ORGANISATION_CODE: 9,
    IdentifierKind.REGISTRATION_NUMBER: 15,
}
"""How many places a shortened number of each kind has when whole; others are compared as written only."""


def patterns(identifier: Identifier) -> list[str]:
    """A masked identifier at every length it may stand for: as written, and stretched to the full length.

    A citizen id whose one run of masks was shortened is 18 places long; one of 15 places may be an old number,
    which the new one repeats around the century, or a shortened new one, so all are asked.
    """
    length = _LENGTHS.get(identifier.kind, 0)
    value = identifier.value
    found = [value] if len(value) in (9, 15, 18) or not length else []
    code = uscc.organisation_code(value) if identifier.kind is IdentifierKind.USCC and len(value) == 18 else ""
    if len(code.replace(MASK, "")) >= _LEAST_SHOWN:
        found.append(code)
    if identifier.kind is IdentifierKind.CITIZEN_ID and len(value) == 15:
        found.append(f"{value[:6]}{MASK * 2}{value[6:]}{MASK}")
    if stretched := masked.stretch(value, length):
        found.append(stretched)
    return list(dict.fromkeys(found))


def employed_keys(subject: Subject) -> list[str]:
    """Name and employer of a person: how a representative without a number is found, whose name alone ties nobody."""
    if subject.kind is SubjectKind.ORGANISATION or not subject.employer:
        return []
    at = reference().organisations.parse(subject.employer)
    names = (fold_person_name(name) for name in reference().names_of(subject))
    return [] if at.empty else [f"employed:{name}|{at.full}" for name in names if name]


def _organisation_keys(name: str) -> list[str]:
    parsed = reference().organisations.parse(name)
    if parsed.empty:
        return []
    bare = parsed.bare
    found = [f"organisation:{parsed.full}", f"organisation:{bare}", f"core:{parsed.core}"]
    if len(bare) >= _SHORTEST_GAP:
        found.append(f"gap:{bare}")
        found += [f"gap:{bare[:place]}{bare[place + 1 :]}" for place in range(len(bare))]
    return found


def key_hashes(keys: Sequence[str]) -> Keys:
    """Keys, written `family:value`, as numbers: the same on every machine and in every version of Python."""
    try:
        encoded = list(map(str.encode, keys))
    except UnicodeEncodeError:  # half a character, of a broken file
        encoded = [key.encode(errors="replace") for key in keys]
    return np.fromiter(map(xxh3_64_intdigest, encoded), np.uint64, len(encoded)).view(np.int64)
