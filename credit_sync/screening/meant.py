"""Of which kind somebody is who is asked about by hand: in a look-up, in a spreadsheet."""

from dataclasses import replace

from credit_sync.screening.other_names import OtherNames
from credit_sync.screening.reference import reference
from credit_sync.sources.subject_reading import kinds_by_name
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.subjects.subject import Subject


def as_meant(subject: Subject, known: OtherNames) -> list[Subject]:
    """The subject as of each kind that it may be of: what the form of a name tells may be wrong, and clears nobody."""
    kinds, by_name = [subject.kind], kinds_by_name(subject.name)
    if not subject.identifiers or by_name == (SubjectKind.ORGANISATION,):
        kinds += [k for k in by_name if k is not SubjectKind.PERSON or not any(map(str.isdigit, subject.name))]
    names, organisation = reference(), replace(subject, kind=SubjectKind.ORGANISATION)
    if (
        len(names.names_of(organisation)) > len(names.names_of(subject))
        or known.of(organisation) is not organisation
    ):
        kinds.append(SubjectKind.ORGANISATION)  # a known short form
    return [replace(subject, kind=kind) for kind in dict.fromkeys(kinds)]
