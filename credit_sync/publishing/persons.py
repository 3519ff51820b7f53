"""What a channel publishes of natural persons, by the table `mappings/publishing_persons.toml`.

A row is judged by itself: a field is a number, a name or an address by what fills it (`from` in the standard), and its
subject a natural person by 行政相对人类别; where an edition has no such field, when no code of an organisation is filled.
In doubt it is a person.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from credit_sync.publishing.standard import FieldTable, PublishedField, Row, Standard
from credit_sync.shipped import shipped
from credit_sync.subjects.identifiers import hide, hide_in_text
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.toml_files import Strict, load

_FILE = "publishing_persons.toml"
Publish = Literal["show", "mask", "omit"]
_NUMBERS = frozenset(["person_id", "legal_representative_id"])
_CODES = frozenset(["uscc", "registration_number", "organisation_code"])
_MOST_MASKS = 3
_GAP = "[ \u00a0\u3000\\-－‐-―]?"
_MOBILE = re.compile(rf"(?<!\d)(?:[+＋]?[8８][6６]{_GAP})?[1１][3-9３-９]\d(?:{_GAP}\d){{8}}(?!\d)")
"""Mobile numbers of the mainland: 11 digits, the second from 3 to 9, maybe in groups or behind +86."""

_DOCUMENT = re.compile("[0-9A-Za-z]{6,}")
"""The number of an identity document; what is shorter stands in a text for something else."""
_TO_WIDE = ord("Ａ") - ord("A")
_BETWEEN = "[\\s\u200b\ufeff·•‧・∙.．]"
"""What may stand between the characters of a name: 张　三, 买买提·吐尔逊."""


class Rule(Strict):
    """What becomes of one thing, and why."""

    publish: Publish
    source: str = Field(min_length=1)


class PersonRules(Strict):
    """The rules of one kind of channel."""

    name: Rule
    id: Rule
    address: Rule
    representative_name: Rule
    representative_id: Rule
    texts: Rule


class PersonTable(Strict):
    """The whole file."""

    address_titles: tuple[str, ...] = ()
    website: PersonRules
    workbook: PersonRules
    exchange_db: PersonRules
    api: PersonRules

    @model_validator(mode="after")
    def _the_public_sees_no_number(self) -> Self:
        for key in ("id", "representative_id", "address", "texts"):
            if getattr(self.website, key).publish == "show":
                raise ValueError(
                    f"website.{key}.publish: 面向公众的网站不得公开证件号码、住址，只能是 mask 或 omit"
                )
        return self


class Desensitised:
    """Makes rows of one table into what a channel of one kind may publish of them."""

    def __init__(self, persons: PersonTable, kind: str, standard: Standard, table: FieldTable) -> None:
        self.rules: PersonRules = getattr(persons, kind)
        self._shows_all = all(rule["publish"] == "show" for rule in self.rules.model_dump().values())
        self._addresses = persons.address_titles
        self._table = table
        self._categories = _organisation_categories(standard, table)
        self._codes = [field.code for field in table.fields if _CODES & set(field.from_)]
        self._names = [field.code for field in table.fields if "subject_name" in field.from_]
        self._numbers = [field.code for field in table.fields if _NUMBERS & set(field.from_)]
        self._of_persons = {field.code: self.rule_of(field, person=True) for field in table.fields}
        self._of_organisations = {field.code: self.rule_of(field, person=False) for field in table.fields}

    def __call__(self, row: Row) -> Row:
        """The row without what must not be published; a field that is omitted is empty."""
        if self._shows_all:
            return row
        person = self._is_person(row)
        rules = self._of_persons if person else self._of_organisations
        shown = {code: _TREATMENTS[rule](row.get(code, "")) for code, rule in rules.items()}
        if self.rules.texts.publish == "show":
            return shown
        if person and self.rules.name.publish != "show":
            shown = _without_names(shown, [row.get(code, "").strip() for code in self._names])
        return _without_numbers(shown, [row.get(code, "") for code in self._numbers])

    def rule_of(self, field: PublishedField, *, person: bool) -> tuple[str, Publish]:
        """What a field is (`name`, `number`, `text`) and what becomes of it, for rows about a person or others."""
        rules, filled_from = self.rules, set(field.from_)
        if field.id_type_of:
            number = self.rule_of(self._table.field(field.id_type_of), person=person)[1]
            return "text", "omit" if number == "omit" else rules.texts.publish
        if filled_from & _NUMBERS or field.check == "citizen_id":
            return "number", (rules.id if person else rules.representative_id).publish
        if person and any(word in field.title for word in self._addresses):
            return "number", rules.address.publish
        names = {"subject_name": rules.name if person else None, "legal_representative": rules.representative_name}
        of_name = next((rule for name, rule in names.items() if rule and name in filled_from), None)
        if of_name and of_name.publish != "show":
            return "name", of_name.publish
        return "text", rules.texts.publish

    def _is_person(self, row: Mapping[str, str]) -> bool:
        if self._categories is None:
            return not any(row.get(code, "").strip() for code in self._codes)
        field, organisations = self._categories
        return row.get(field, "").strip() not in organisations


def load_persons(mappings: Path) -> PersonTable:
    """The table; the one that ships where `mappings` has none. Raises SettingsError that names every wrong key."""
    own = mappings / _FILE
    return load(own if own.exists() else shipped("mappings") / _FILE, PersonTable)


def mask_name(name: str) -> str:
    """A person's name: its first character and a mask for each other, three at most.

    >>> mask_name("张三"), mask_name("买买提·吐尔逊")
    ('张*', '买***')
    """
    return f"{name[:1]}{MASK * min(len(name) - 1, _MOST_MASKS)}" if len(name) > 1 else MASK * len(name)


def mask_text(text: str) -> str:
    """Free text without citizen ids and mobile numbers.

    >>> mask_text("电话138 0013 8000，身份证340100190001040017")
    '电话138****8000，身份证340100********0017'
    """
    return _MOBILE.sub(_hide_mobile, hide_in_text(text))


def _hide_mobile(found: re.Match[str]) -> str:
    digits = "".join(str(int(character)) for character in found.group() if character.isdecimal())
    return f"{digits[-11:-8]}****{digits[-4:]}"


def _mask_number(number: str) -> str:
    """A document's number; what else may stand in its field, too."""
    return hide(number) if number.isascii() and number.isalnum() else MASK * 4 if number else ""


_TREATMENTS: Mapping[tuple[str, Publish], Callable[[str], str]] = {
    **{(what, "show"): str for what in ("name", "number", "text")},
    **{(what, "omit"): lambda _: "" for what in ("name", "number", "text")},
    ("name", "mask"): mask_name,
    ("number", "mask"): _mask_number,
    ("text", "mask"): mask_text,
}


def _without_names(row: Row, names: list[str]) -> Row:
    for name in names:
        letters = re.sub(_BETWEEN, "", name)
        if len(letters) > 1:
            written = re.compile(f"{_BETWEEN}{{0,3}}".join(map(re.escape, letters)), re.IGNORECASE)
            masked = mask_name(name).replace("\\", "\\\\")  # no reference to a group
            row = {code: written.sub(masked, text) for code, text in row.items()}
    return row


def _without_numbers(row: Row, numbers: list[str]) -> Row:
    """Passports and permits have no shape by which text could be searched for them: they are known by their field."""
    for number in _DOCUMENT.findall(" ".join(numbers)):
        if hide_in_text(number) == number:  # else it is hidden already
            letters = _GAP.join(f"[{letter}{chr(ord(letter) + _TO_WIDE)}]" for letter in number)
            written = re.compile(rf"(?<!\d){letters}(?!\d)", re.IGNORECASE)
            row = {code: written.sub(hide(number), text) for code, text in row.items()}
    return row


def _organisation_categories(standard: Standard, table: FieldTable) -> tuple[str, frozenset[str]] | None:
    """The field that tells 行政相对人类别, and its words for those who are no natural persons."""
    field = next((field for field in table.fields if "subject_category" in field.from_), None)
    if field is None:
        return None
    words = standard.lists[field.values].from_ours if field.values else {}
    ours = ("organisation", "individual_trader")
    return field.code, frozenset(words.get(name, name) for name in ours)
