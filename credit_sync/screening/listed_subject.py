"""Who is listed: many entries of one subject (thirty cases of one company) are one subject."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from credit_sync.records import Listing
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Named
from credit_sync.subjects.writing import folded


class ListedCase(NamedTuple):
    """One entry as it hangs on a flag: its list, a digest of who is listed, its version and its numbers."""

    list: str
    listed_subject: str
    version: int
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, listing: Listing, version: int) -> Self:
        """A stored listing as a case."""
        own, of_representative = listing.subject.identifiers, listing.legal_representative_id
        numbers = (*own, of_representative) if of_representative is not None else own
        return cls(listing.list, listed_subject(listing.subject), version, tuple(sorted(n.value for n in numbers)))


def listed_subject(subject: Named) -> str:
    """A digest of who is listed, the same for every case of one subject.

    A full and valid number of its own decides alone: courts spell one company in many ways, and write its organisation
    code in one case and the USCC that contains it (GB 32100-2015) in the next. Without one, name and numbers together.
    """
    return _digest(subject).hex()


def listed_numbers(subjects: Iterable[Named]) -> NDArray[np.int64]:
    """The same as numbers of 60 bits."""
    digests = np.frombuffer(b"".join(map(_digest, subjects)), ">u8")
    return (digests[::2] >> 4).astype(np.int64)


def _digest(subject: Named) -> bytes:
    kind, identifiers = subject.kind, subject.identifiers
    numbers = [found for i in identifiers if i.valid and MASK not in i.value and (found := _deciding(i, kind))]
    if numbers:
        said = f"{kind}||{min(numbers)}"
    else:
        name = fold_person_name(subject.name) if kind is _PERSON else folded(subject.name)
        said = "|".join([kind, name, *sorted([i.value for i in identifiers])])
    return blake2b(said.encode(), digest_size=16).digest()


_PERSON = SubjectKind.PERSON  # members are slow to be found through their class


def _deciding(identifier: Identifier, owner: SubjectKind) -> str:
    """What of a full and valid number names one subject only; '' where nothing does.

    An individual trader may be listed under its owner's citizen id, who may have several: that decides for persons only.
    """
    if owner is _PERSON:
        return identifier.value if identifier.kind is IdentifierKind.CITIZEN_ID else ""
    if identifier.kind is IdentifierKind.USCC:
        return identifier.value[8:17]
    return identifier.value if identifier.kind is IdentifierKind.ORGANISATION_CODE else ""
