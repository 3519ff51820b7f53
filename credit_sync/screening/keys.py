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
| employed | persons of one name at one employer: the representative of a listed organisation and an applicant from there |

Damage that these were not made for (two typing errors, a misspelt place) leaves most of a name whole. So listings of
organisations also carry their sounded *bigrams*: a listing that shares two of the applicant's four rarest is a
candidate too. Bigrams that more than `MOST_COMMON` listings share tell nothing and are not asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import pairwise

from credit_sync.records import Listing
from credit_sync.screening.faces import Via, faces
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


def listing_keys(listing: Listing) -> list[int]:
    """Every key by which a listing is found, by any of its faces.

    A representative without a number is found by those only who share his employer: a name alone ties nobody to him.
    """
    found: set[int] = set()
    for via, face in faces(listing):
        if via is Via.SUBJECT or face.identifiers:
            found.update((*stored_keys(face), *bigram_keys(face)))
        if via is Via.LEGAL_REPRESENTATIVE:
            found.update(_hash(*key) for key in _employed(face))
    return sorted(found)


def listing_mask_shapes(listing: Listing) -> list[str]:
    """Which places the masked numbers of any face of a listing show."""
    return sorted({shape for _, face in faces(listing) for shape in mask_shapes(face)})


def bigram_keys(subject: Subject) -> list[int]:
    """The bigrams of an organisation's name as it sounds, company form left out; none for persons."""
    if subject.kind is SubjectKind.PERSON:
        return []
    found: set[int] = set()
    for name in reference().names_of(subject):
        parsed = reference().organisations.parse(name)
        text = parsed.full.replace(parsed.form, "") if parsed.form else parsed.full
        sounds = syllables(text) if not parsed.empty else []
        found.update(_hash("bigram", f"{a} {b}") for a, b in pairwise(sounds))
    return sorted(found)


def rarest(counts: Mapping[int, int]) -> list[int]:
    """The bigrams to ask for, of those that an applicant has and how many listings share each; may be too few."""
    known = sorted((count, key) for key, count in counts.items() if 0 < count <= MOST_COMMON)
    return [key for _, key in known[:RAREST]] if len(known) >= SHARED else []


def stored_keys(subject: Subject) -> list[int]:
    """The keys by which a subject is found exactly, in ascending order."""
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
    return sorted({_hash(*key) for key in (*_keys(subject), *_employed(subject), *projected)})


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

    A citizen id whose one run of masks was shortened is 18 places long; one of 15 places may be an old number,
    which the new one repeats around the century, or a shortened new one, so all are asked.
    """
    length = 9 if identifier.kind is IdentifierKind.ORGANISATION_CODE else 18
    value = identifier.value
    found = [value] if len(value) in (9, 15, 18) else []
    if identifier.kind is IdentifierKind.CITIZEN_ID and len(value) == 15:
        found.append(f"{value[:6]}{MASK * 2}{value[6:]}{MASK}")
    if stretched := masked.stretch(value, length):
        found.append(stretched)
    return list(dict.fromkeys(found))


def _keys(subject: Subject) -> Iterator[tuple[str, str]]:
    for identifier in subject.identifiers:
        if identifier.masked:
            yield from (("masked", pattern) for pattern in patterns(identifier))
        else:
            yield "identifier", identifier.value
            if identifier.kind is IdentifierKind.USCC:
                yield "identifier", uscc.organisation_code(identifier.value)
    for name in reference().names_of(subject):
        if subject.kind is SubjectKind.PERSON:
            if folded := fold_person_name(name):
                yield "person", folded
        else:
            yield from _organisation_keys(name)


def _employed(subject: Subject) -> Iterator[tuple[str, str]]:
    """Name and employer of a person."""
    if subject.kind is SubjectKind.PERSON and subject.employer:
        at = reference().organisations.parse(subject.employer)
        if not at.empty:
            names = (fold_person_name(name) for name in reference().names_of(subject))
            yield from (("employed", f"{name}|{at.full}") for name in names if name)


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
