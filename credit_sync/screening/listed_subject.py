"""Who is listed: many entries of one subject (thirty cases of one company) are one subject."""

from hashlib import blake2b

from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Subject
from credit_sync.subjects.writing import folded


def listed_subject(subject: Subject) -> str:
    """A digest of who is listed, the same for every case of one subject."""
    name = fold_person_name(subject.name) if subject.kind is SubjectKind.PERSON else folded(subject.name)
    numbers = sorted(i.value for i in subject.identifiers)
    return blake2b("|".join((subject.kind.value, name, *numbers)).encode(), digest_size=16).hexdigest()
