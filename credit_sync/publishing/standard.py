"""An edition of the 双公示 data standard: its fields as a table, read from `mappings/credit_anhui/NAME.toml`.

Lengths, code lists, rules and layout differ between editions and sites, so none of them is code. A condition
looks at the published row itself, so that a row can be judged without the record it came from.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from credit_sync.publishing.values import known_names
from credit_sync.records import RecordKind
from credit_sync.toml_files import Strict, load

Row = dict[str, str]
"""A published row: field code -> text, in the order of the standard; '' where there is nothing."""


class ValueList(Strict):
    """The values that a field may have."""

    values: tuple[str, ...] = Field(min_length=1)
    meanings: dict[str, str] = {}
    """What codes mean, for people."""
    prefix: str = ""
    """Free text that begins so and goes on is allowed too, such as 其他-补发."""
    separator: str = ""
    """Between several values in one field; empty where there may be only one."""
    from_ours: dict[str, str] = {}
    """Our values, and other usual ways of writing, in the words of the standard."""

    def allows(self, value: str) -> bool:
        """One value, not several."""
        return value in self.values or (
            self.prefix != "" and value.startswith(self.prefix) and value != self.prefix
        )

    def parts(self, text: str) -> list[str]:
        """The values in a field's text."""
        return [part.strip() for part in text.split(self.separator)] if self.separator else [text]

    def describe(self) -> str:
        """For messages: `1（有效）、2（无效）`."""
        known = [f"{v}（{self.meanings[v]}）" if v in self.meanings else v for v in self.values]
        return "、".join([*known, f"{self.prefix.rstrip('-')}-…"] if self.prefix else known)


class IdType(Strict):
    """A kind of identity document, recognised by the shape of its number."""

    value: str
    pattern: str
    check: Literal["", "citizen_id"] = ""


class Condition(Strict):
    """Holds when `field` has one of `values`, or when any of `filled` is filled."""

    field: str = ""
    values: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()


class Only(Strict):
    """Only records whose own field has one of these values are published in this table."""

    field: str
    values: tuple[str, ...] = Field(min_length=1)


class Period(Strict):
    """How long penalties decided from a day on stay public, where they do not say themselves."""

    decided_from: date
    months: int = Field(gt=0, le=1200)
    basis: str = Field(min_length=1)
    """The rule that says so."""


Check = Literal["", "uscc", "organisation_code", "registration_number", "citizen_id"]
Names = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


class PublishedField(Strict):
    """One column of a published table."""

    code: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    title: str = Field(min_length=1)
    type: Literal["text", "date", "amount"] = "text"
    length: int = Field(default=0, ge=0)
    """Most characters of a text."""
    required: bool = False
    required_when: str = ""
    blank_when: str = ""
    """Condition under which the field must be empty."""
    values: str = ""
    """Name of its list under [lists]."""
    part: Literal["all", "first", "rest"] = "all"
    """Which of several values goes into this column, where an edition has more than one column for them."""
    from_: Names = Field(default=(), alias="from")
    """What fills it, the first that is not empty; see publishing/values.py."""
    constant: str = ""
    check: Check = ""
    placeholder_when: str = ""
    """Condition under which the placeholder code (17 zeros and X) stands for a code not issued yet."""
    id_type_of: str = ""
    """The field whose number this one names the document type of."""
    not_future: bool = False
    not_before: date | None = None
    plain: bool = False
    """A name: none of `forbidden_in_names`."""
    note: str = ""


class FieldTable(Strict):
    """The published table of one kind of record."""

    title: str = Field(pattern=r"^[^\[\]:*?/\\]{1,31}$")
    """Names the sheet and the files."""
    fields: tuple[PublishedField, ...] = Field(min_length=1)
    conditions: dict[str, Condition] = {}
    only: Only | None = None
    order: tuple[tuple[str, str], ...] = ()
    """Pairs of dates of which the second may not be earlier."""
    pairs: tuple[tuple[str, str], ...] = ()
    """A name and its code: people put them into each other's column."""
    any_of: tuple[tuple[str, ...], ...] = ()
    """Groups of which at least one field must be filled."""
    publicity: tuple[Period, ...] = ()
    """Of penalties; without one, a penalty without 公示截止期 stays public until a person ends it."""

    @cached_property
    def by_code(self) -> Mapping[str, PublishedField]:
        """The fields by their codes, in order."""
        return {field.code: field for field in self.fields}

    @cached_property
    def id_type_fields(self) -> Mapping[str, str]:
        """Code of a number's field -> code of the field that names its document type."""
        return {field.id_type_of: field.code for field in self.fields if field.id_type_of}

    def field(self, code: str) -> PublishedField:
        """The field with this code. Raises KeyError."""
        return self.by_code[code]

    @model_validator(mode="after")
    def _codes_exist(self) -> Self:
        codes = [field.code for field in self.fields]
        for code in {code for code in codes if codes.count(code) > 1}:
            raise ValueError(f"字段代码 {code} 出现了不止一次")
        named = [code for group in (*self.order, *self.pairs, *self.any_of) for code in group]
        named += [code for found in self.conditions.values() for code in (found.field, *found.filled) if code]
        named += [field.id_type_of for field in self.fields if field.id_type_of]
        for code in named:
            if code not in codes:
                raise ValueError(f"没有字段 {code}")
        for field in self.fields:
            for name in (field.required_when, field.blank_when, field.placeholder_when):
                if name and name not in self.conditions:
                    raise ValueError(f"{field.code}: 没有条件 conditions.{name}")
            if field.type == "text" and not field.length:
                raise ValueError(f"{field.code}: 文字字段必须写 length")
        return self


class Standard(Strict):
    """An edition of the standard."""

    name: str = ""
    """The file's, which is also the `standard` of a channel."""
    title: str
    provenance: str
    date_format: str
    long_term: date
    """The day that stands for 长期."""
    max_rows: int = Field(gt=0, le=1_000_000)
    """Most rows of one file."""
    placeholders: tuple[str, ...] = ()
    """What people write instead of leaving a field empty."""
    forbidden_in_names: str = ""
    lists: dict[str, ValueList] = {}
    id_types: tuple[IdType, ...] = ()
    licence: FieldTable
    penalty: FieldTable

    def table(self, kind: RecordKind) -> FieldTable:
        """The table of licences or of penalties."""
        return self.licence if kind is RecordKind.LICENCE else self.penalty

    def holds(self, name: str, kind: RecordKind, row: Mapping[str, str]) -> bool:
        """Whether a condition of a table holds for a row; '' never does."""
        condition = self.table(kind).conditions.get(name)
        if condition is None:
            return False
        if any(row.get(code) for code in condition.filled):
            return True
        value = row.get(condition.field, "")
        if not value:
            return False
        return any(p in condition.values for p in self.parts(self.table(kind).field(condition.field), value))

    def parts(self, field: PublishedField, text: str) -> list[str]:
        """The values in a field's text: several where its list has a separator."""
        return self.lists[field.values].parts(text) if field.values else [text]

    def id_type(self, number: str) -> str:
        """The document type whose shape a number has; '' when none fits."""
        return next((found.value for found in self.id_types if re.fullmatch(found.pattern, number)), "")

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for kind in (RecordKind.LICENCE, RecordKind.PENALTY):
            table, names = self.table(kind), known_names(kind)
            for field in table.fields:
                place = f"{kind.value}.fields.{field.code}"
                if field.values and field.values not in self.lists:
                    raise ValueError(f"{place}.values: 没有 [lists.{field.values}]")
                for name in field.from_:
                    if name not in names:
                        raise ValueError(f"{place}.from: 没有 {name}，可用：{'、'.join(sorted(names))}")
            if table.only and table.only.field not in names:
                raise ValueError(f"{kind.value}.only.field: 没有 {table.only.field}")
        for found in self.id_types:
            try:
                re.compile(found.pattern)
            except re.error as error:
                raise ValueError(f"id_types.{found.value}.pattern: 正则表达式有误：{error}") from None
        return self


def load_standard(mappings: Path, name: str) -> Standard:
    """The edition called `name`. Raises SettingsError that names every wrong key."""
    return load(mappings / "credit_anhui" / f"{name}.toml", Standard).model_copy(update={"name": name})
