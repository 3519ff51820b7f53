"""The faces that a listing shows: its own subject and, where it is an organisation, its legal representative.

Through that second face the listing of an organisation reaches applications that its representative takes part in
himself. What is compared:

| applicant | face of the listing | compared |
|---|---|---|
| person in any role (leader, member, contributor, expert, legal representative) | representative of a listed organisation | yes |
| the same | listed person | yes, directly |
| organisation | its own listing | yes, directly |
| organisation, by the name of its representative alone | listed person, or representative of another listed organisation | no |

The last would compare names of persons and nothing else. Where an application gives the representative's number, its
mapping makes an applicant of him (role `legal_representative`), and the first two lines hold for him.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from credit_sync.records import Listing
from credit_sync.subjects.identifiers import Identifier
from credit_sync.subjects.organisation_parts import operator_in
from credit_sync.subjects.subject import Named, Subject, SubjectKind


class Via(StrEnum):
    """What ties a listing to an applicant; kept with match and flag."""

    SUBJECT = "subject"
    LEGAL_REPRESENTATIVE = "legal_representative"


class Listed(Protocol):
    """A listing, or only what of it says who is listed."""

    @property
    def subject(self) -> Named:
        """Who is listed."""

    @property
    def legal_representative_id(self) -> Identifier | None:
        """The number of its legal representative."""


_SUBJECT, _PERSON = Via.SUBJECT, SubjectKind.PERSON  # members are slow to be found through their class


def faces(listing: Listed) -> Sequence[tuple[Via, Named]]:
    """The subjects by which a listing is found and compared."""
    own = _SUBJECT, listing.subject
    found = representative(listing)
    return (own,) if found is None else (own, (Via.LEGAL_REPRESENTATIVE, found))


def representative(listing: Listed) -> Subject | None:
    """The legal representative of a listed organisation, or the operator in a trader's name, as a person who works there; None
    where none is named.
    """
    listed = listing.subject
    if listed.kind is _PERSON or not (name := listed.legal_representative or operator_in(listed.name)):
        return None
    number = listing.legal_representative_id
    return Subject(
        kind=SubjectKind.PERSON,
        name=name,
        identifiers=(number,) if number is not None else (),
        region=listed.region,
        employer=listed.name,
    )


def comparable(applicant: Subject, listing: Listing) -> tuple[tuple[Via, Listing], ...]:
    """The faces that an applicant is compared with, each as a listing of that face alone."""
    own = (_SUBJECT, listing)
    face = representative(listing) if applicant.kind is _PERSON else None
    if face is None:
        return (own,)
    return own, (Via.LEGAL_REPRESENTATIVE, replace(listing, subject=face, legal_representative_id=None, age=None))
