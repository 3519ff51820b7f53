"""Candidate keys: two subjects are worth comparing when they share one.

A key is a family and a value, hashed to a signed 64-bit integer, so that batch, look-up and spreadsheet all use
the same equality join. Listings' keys are kept in the index (`index.py`), those of other records in the store. An
applicant (or a look-up) asks with the same keys, with its full identifiers seen through every mask shape that the
lists show, and with the names of a person as the lists' names with lost or hidden characters show them (王?喆).

| family | shared by |
|---|---|
| identifier | equal full identifiers; organisation codes also inside a USCC |
| masked | a full identifier and a masked one whose visible places agree |
| person | persons of one folded name (or former name), or of one that a listed name with lost characters may be |
| organisation | names equal but for writing, company form, suffix of places |
| core | names whose brand and trade agree once the place is left out |
| gap | names that become equal when one character is left out of each: one typing error |
| left | a name of few characters (贵州大学) and what is left of it where one is lost (贵州?学) |
| employed | persons of one name at one employer: the representative of a listed organisation and an applicant from there |

Damage that these were not made for (two typing errors, a misspelt place) leaves most of a name whole. So listings of
organisations also carry their sounded *bigrams*: a listing that shares two of the applicant's four rarest is a
candidate too. Bigrams that more than `MOST_COMMON` listings share tell nothing and are not asked.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from credit_sync.records import RecordKind
from credit_sync.screening.damaged_names import one_lost, seen_as_damaged, shown_names
from credit_sync.screening.hashed import hash_of, hashes_of, signed
from credit_sync.screening.key_table import Keys
from credit_sync.screening.numbers import numbers_of
from credit_sync.screening.reference import reference
from credit_sync.subjects.identifiers import SubjectKind, masked
from credit_sync.subjects.organisation_names import OrganisationName
from credit_sync.subjects.person_names import LOST, syllables
from credit_sync.subjects.subject import Named

_SHORTEST_GAP = 5
"""Names shorter than this differ too much when one character differs."""
_SHORTEST_LEFT, _LONGEST_LEFT = 3, 7
"""How many characters must be left of a short name that lost one; longer ones are found by their bigrams."""


MOST_COMMON = 3000
"""Listings that may share a bigram before it is too common to ask for."""
RAREST, SHARED = 4, 2
"""How many of an applicant's bigrams are asked, and how many of them a candidate must share."""


def keys_to_store(kind: RecordKind, subject: Named) -> list[int]:
    """The keys that stand beside a record in the store; those of listings are in the index."""
    return [] if kind is RecordKind.LISTING else stored_keys(subject)


def stored_keys(subject: Named) -> list[int]:
    """The keys by which a subject is found exactly, in ascending order."""
    return sorted({*signed(hashes_of(numbers_of(subject).keys)).tolist(), *_name_keys(subject, asks=False)})


def probe_keys(subject: Named, shapes: Sequence[str]) -> list[int]:
    """The keys to ask with; `shapes` are the mask shapes that occur among the listings.

    Of other records none are kept: in their names any one character may be lost.
    """
    numbers = numbers_of(subject)
    projected, _ = projected_keys([numbers.whole], shapes)
    keys = signed(hashes_of(numbers.keys)).tolist()
    return sorted({*keys, *projected.tolist(), *_name_keys(subject, asks=True)})


def _name_keys(subject: Named, *, asks: bool) -> list[int]:
    names = reference().names_of(subject)
    if subject.kind is SubjectKind.PERSON:
        keys = list(filter(None, person_keys(names)))
        if asks:
            keys += damaged_keys(names, one_lost(names))[0]
    else:
        parsed = list(map(reference().organisations.parse, names))
        keys = [key for name in parsed for key in (*organisation_keys(name), *(asked_keys(name) if asks else ()))]
    found: list[int] = signed(keys).tolist()
    return found


def projected_keys(numbers: Sequence[Sequence[str]], shapes: Sequence[str]) -> tuple[Keys, Keys]:
    """(key, place in `numbers`) of somebody's full identifiers each, as each mask shape of their length shows them."""
    by_length: dict[int, list[tuple[str, int]]] = {}
    for place, of_one in enumerate(numbers):
        for number in of_one:
            by_length.setdefault(len(number), []).append((f"masked:{number}", place))
    found: list[str] = []
    whose: list[int] = []
    for length, here in by_length.items():
        fitting = [f"{_SHOWN_FAMILY}{shape}" for shape in shapes if len(shape) == length and LOST not in shape]
        found += masked.project([number for number, _ in here], fitting)
        whose += [place for _, place in here] * len(fitting)
    return signed(hashes_of(found)), np.array(whose, np.int64)


_SHOWN_FAMILY = "1" * len("masked:")


def person_keys(names: Sequence[str]) -> list[int]:
    """The key of each person's name; 0 where nothing of it is left."""
    shown = shown_names(names)
    keys = hashes_of([f"person:{name}" for name in shown])
    return keys if all(shown) else [key if name else 0 for key, name in zip(keys, shown, strict=True)]


def damaged_keys(names: Sequence[str], shapes: Sequence[str]) -> tuple[list[int], list[int]]:
    """(key, place in `names`) of persons' names, each as the listed names of its length that are damaged show it."""
    seen, whose = seen_as_damaged(names, shapes)
    return hashes_of([f"person:{name}" for name in seen]), whose


def organisation_keys(parsed: OrganisationName) -> list[int]:
    """The keys of an organisation's name: of the full and of the bare name, of its core, then gaps. None of an empty one."""
    if parsed.empty:
        return []
    bare = parsed.bare
    keys = [f"organisation:{parsed.full}", f"organisation:{bare}", f"core:{parsed.core}"]
    if len(bare) >= _SHORTEST_GAP:
        keys.append(f"gap:{bare}")
        keys += [f"gap:{bare[:place]}{bare[place + 1 :]}" for place in range(len(bare))]
    elif parsed.damaged:
        keys += [f"gap:{bare}", f"left:{parsed.full}"]
    return hashes_of(keys)


def left_keys(parsed: OrganisationName) -> list[int]:
    """What a short whole name asks with beside its own keys: what is left of it when one character is lost.

    Listings have such a key where one is lost indeed, so that two whole names do not meet by it.
    """
    full = parsed.full
    if len(parsed.bare) >= _SHORTEST_GAP or parsed.damaged or not _SHORTEST_LEFT < len(full) <= _LONGEST_LEFT:
        return []  # as nearly all
    return hashes_of([f"left:{full[:place]}{full[place + 1 :]}" for place in range(len(full))])


def asked_keys(parsed: OrganisationName) -> list[int]:
    """What an organisation asks with beside its own keys."""
    return [*parent_keys(parsed), *left_keys(parsed)]


def parent_keys(parsed: OrganisationName) -> list[int]:
    """What a branch asks with beside its own keys: the names of the legal person that it belongs to."""
    if not parsed.parent:
        return []
    parent = reference().organisations.parse(parsed.parent)
    return [hash_of(f"organisation:{written}") for written in (parent.full, parent.bare)]


def bigram_keys(parsed: OrganisationName) -> list[int]:
    """The bigrams of an organisation's name as it sounds, company form left out."""
    if parsed.empty:
        return []
    sounds = syllables(parsed.full.replace(parsed.form, "") if parsed.form else parsed.full)
    return list(map(_bigram_key, sounds, sounds[1:]))


@lru_cache(maxsize=50_000)
def _bigram_key(first: str, second: str) -> int:
    return hash_of(f"bigram:{first} {second}")


def employed_keys(employer: str, names: Sequence[str], shapes: Sequence[str]) -> list[int]:
    """Names of a person at an employer: how a representative without a number is found, whose name alone ties nobody.

    `shapes`: of damaged names, through which whoever asks is seen, too.
    """
    at = reference().organisations.parse(employer)
    found = [] if at.empty else filter(None, (*shown_names(names), *seen_as_damaged(names, shapes)[0]))
    return [hash_of(f"employed:{name}|{at.full}") for name in found]
