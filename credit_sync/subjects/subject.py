"""A subject: an organisation or a person as one source wrote it (信用主体)."""

from dataclasses import replace
from enum import StrEnum
from typing import Protocol, Self

from credit_sync.immutable import immutable
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind

__all__ = ["Named", "Sex", "Subject", "SubjectKind"]


class Sex(StrEnum):
    """性别."""

    MALE = "male"
    FEMALE = "female"


class Named(Protocol):
    """What of a subject keys and traits ask for."""

    @property
    def kind(self) -> SubjectKind:
        """Organisation or person."""

    @property
    def name(self) -> str:
        """As written."""

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """Its numbers."""

    @property
    def former_names(self) -> tuple[str, ...]:
        """As written."""

    @property
    def legal_representative(self) -> str:
        """Of an organisation."""

    @property
    def region(self) -> str:
        """Where it is at home; its representative, too."""

    @property
    def employer(self) -> str:
        """Of a person."""


@immutable(kw_only=True)
class Subject:
    """Who a record is about. Texts are trimmed but as written; comparing folds them, never storing."""

    kind: SubjectKind
    name: str
    identifiers: tuple[Identifier, ...] = ()
    former_names: tuple[str, ...] = ()
    legal_representative: str = ""
    sex: Sex | None = None
    birth_year: int | None = None
    region: str = ""
    """A division code, a place name or a court's name: whatever says where the subject is at home."""
    employer: str = ""

    def identifier(self, kind: IdentifierKind) -> Identifier | None:
        """The first identifier of one kind."""
        for found in self.identifiers:  # a generator costs as much as the rest of most comparisons
            if found.kind is kind:
                return found
        return None

    def known_as(self, *names: str) -> Self:
        """The same under further names."""
        return replace(self, former_names=(*self.former_names, *names))

    def displayed_identifiers(self) -> str:
        """All identifiers as a report may show them, separated by 、."""
        return "、".join(i.display() for i in self.identifiers)
