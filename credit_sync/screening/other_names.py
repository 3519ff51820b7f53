"""Other names of a subject than its source gives: those under which officers have found it on a list, and the site's aliases.

They are added to who asks (an applicant, the subject of a look-up) as former names are, so the index of the lists does not
depend on them, and what is undone is forgotten with the next question. A person has them by his number alone, for names
are shared; an organisation by its name, too, and what is listed under its other name is compared as if under its own.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from credit_sync.records import RecordKind
from credit_sync.screening.decisions import Conclusion
from credit_sync.screening.keys import stored_keys
from credit_sync.screening.listed_subject import listed_subject
from credit_sync.screening.not_comparable import why_name_not_comparable
from credit_sync.screening.reasons import load_reasons
from credit_sync.screening.reference import Reference, reference
from credit_sync.store.applicants import subjects_of
from credit_sync.store.candidates import sharing_keys
from credit_sync.store.same_subjects import upheld_under_other_names
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Subject, SubjectKind
from credit_sync.subjects.writing import folded
from credit_sync.toml_files import Strict, load


class _Aliases(Strict):
    """`names/aliases.toml`: registered names by short forms."""

    aliases: dict[str, Annotated[str, Field(min_length=1)]]


class OtherNames:
    """Who is known by which other names; nearly nobody is."""

    def __init__(self, pairs: Iterable[tuple[Subject, Subject]]) -> None:
        """`pairs`: two that are one subject, the first under the name that it bears."""
        self._names: dict[str, set[str]] = {}
        self._known: dict[str, Subject] = {}
        registered: dict[str, set[str]] = {}
        for one, other in pairs:
            if _folded(one, one.name) == _folded(one, other.name):
                continue  # one name in two writings
            self._add(one, other)
            self._add(other, one)
            if one.kind is SubjectKind.ORGANISATION and _is_named(one) and _is_named(other):
                registered.setdefault(folded(other.name), set()).add(one.name)
        self.aliases = {name: one for name, (one, *more) in sorted(registered.items()) if not more}
        """The names of organisations by the other ones, where these are not those of several."""

    @property
    def reference(self) -> Reference:
        """The tables that subjects known by these names are compared with."""
        return reference().knowing(self.aliases)

    @property
    def stamp(self) -> str:
        """Another text where other names are known."""
        return repr(sorted((who, sorted(names)) for who, names in self._names.items()))

    def of(self, subject: Subject) -> Subject:
        """The subject with its other names among the former ones."""
        found = {name for who in _who(subject) for name in self._names.get(who, ())} if self._names else ()
        known = {_folded(subject, name) for name in (subject.name, *subject.former_names)}
        more = sorted(name for name in found if _folded(subject, name) not in known)
        return subject.known_as(*more) if more else subject

    def of_applicants(self, connection: Connection) -> dict[int, tuple[str, ...]]:
        """Other names by the ids of the stored applicants who have some."""
        subjects = list(self._known.values())
        sharing = sharing_keys(connection, RecordKind.APPLICANT, dict(enumerate(map(stored_keys, subjects))))
        ids = sorted({number for numbers in sharing.values() for number in numbers})
        found = {number: (subject, self.of(subject)) for number, subject in subjects_of(connection, ids).items()}
        return {n: named.former_names[len(s.former_names) :] for n, (s, named) in found.items() if named is not s}

    def _add(self, subject: Subject, other: Subject) -> None:
        for who in _who(subject) if _is_named(other) else ():
            self._names.setdefault(who, set()).add(other.name)
            self._known[who] = subject


def known_other_names(connection: Connection, folder: Path) -> OtherNames:
    """As decisions stand and the site's mappings say. Raises SettingsError for a file that cannot be used."""
    same = {r.code for r in load_reasons(folder).of(Conclusion.UPHOLD) if r.subject == "same"}
    return OtherNames([*upheld_under_other_names(connection, same), *load_aliases(folder)])


def _is_named(subject: Subject) -> bool:
    """A name that is hidden in part (安徽某某科技有限公司) is that of many, and the names of several are nobody's."""
    return "某" not in subject.name and not why_name_not_comparable(subject)


def _who(subject: Subject) -> tuple[str, ...]:
    """By what one is known again; a person without a full number by nothing."""
    own = listed_subject(subject)
    if subject.kind is not SubjectKind.PERSON:
        return own, f"name {folded(subject.name)}"
    return (own,) if any(number.valid and not number.masked for number in subject.identifiers) else ()


def _folded(subject: Subject, name: str) -> str:
    return fold_person_name(name) if subject.kind is SubjectKind.PERSON else folded(name)


def load_aliases(folder: Path) -> list[tuple[Subject, Subject]]:
    """Those of the site's own `names/aliases.toml` that the shipped file has not. Raises SettingsError."""
    path = folder / "names" / "aliases.toml"
    found = load(path, _Aliases).aliases if path.exists() else {}
    own = {short: name for short, name in found.items() if reference().aliases.get(short) != name}
    return [(_organisation(name), _organisation(short)) for short, name in own.items()]


def _organisation(name: str) -> Subject:
    return Subject(kind=SubjectKind.ORGANISATION, name=name)
