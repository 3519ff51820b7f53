"""The words that sources write for the values of typed fields: `mappings/words.toml`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, Self, TypeVar

from pydantic import model_validator

from credit_sync.records import ApplicationKind, LicenceState, Role
from credit_sync.shipped import shipped
from credit_sync.subjects.subject import Sex, SubjectKind
from credit_sync.toml_files import Strict, load

Value = TypeVar("Value")
Code = TypeVar("Code", bound=StrEnum)
Words = tuple[str, ...]


class KindByName(Strict):
    """How names of organisations and persons look."""

    organisation: Words
    organisation_in_english: Words
    trade: Words
    two_surnames: Words
    transliterated: str
    """Characters, like those of `mongolian`."""
    mongolian: str


class File(Strict):
    """The whole file: by code of ours what others write for it."""

    empty: Words
    long_term: Words
    subject_kind: dict[SubjectKind, Words]
    sex: dict[Sex | Literal["unknown"], Words]
    role: dict[Role, Words]
    licence_state: dict[LicenceState, Words]
    application_kind: dict[ApplicationKind, Words]
    kind_by_name: KindByName

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        for name in ("subject_kind", "sex", "role", "licence_state", "application_kind"):
            said = [word for words in getattr(self, name).values() for word in words]
            if twice := sorted({word for word in said if said.count(word) > 1}):
                raise ValueError(f"{name}: {'、'.join(twice)} 写了不止一次")
        return self


def _by_word(table: Mapping[Value, Words]) -> dict[str, Value]:
    return {word: value for value, words in table.items() for word in words}


def _and_codes(kind: type[Code], table: Mapping[Code, Words]) -> dict[str, Code]:
    """With our own codes, which exports write."""
    return {code.value: code for code in kind} | _by_word(table)


_FILE = load(shipped("mappings") / "words.toml", File)

EMPTY = frozenset(_FILE.empty) | {""}
"""What sources write, in lower case, where they have nothing to say."""
LONG_TERM = frozenset(_FILE.long_term)
SUBJECT_KINDS = _by_word(_FILE.subject_kind)
SEXES = {word: sex if isinstance(sex, Sex) else None for word, sex in _by_word(_FILE.sex).items()}
ROLES = _and_codes(Role, _FILE.role)
LICENCE_STATES = _and_codes(LicenceState, _FILE.licence_state)
APPLICATION_KINDS = _and_codes(ApplicationKind, _FILE.application_kind)
KIND_BY_NAME = _FILE.kind_by_name
