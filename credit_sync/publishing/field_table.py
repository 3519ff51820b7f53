"""The published table of one kind of record, as a standard's file writes it: fields, value lists, conditions, and
what must hold between fields.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from credit_sync.toml_files import Strict, written

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
        if value in self.values:
            return True
        named = value.removeprefix(self.prefix) if self.prefix and value.startswith(self.prefix) else ""
        return named.strip(" -－—:：（）()") != ""

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
    holder: str = ""
    """What the holder's name has in it: a number of this shape in another name is another document's."""
    check: Literal["", "citizen_id"] = ""


class Condition(Strict):
    """Holds when everything that it names is so."""

    field: str = ""
    values: tuple[str, ...] = ()
    """`field` has one of these."""
    filled: tuple[str, ...] = ()
    """At least one of these fields is filled."""
    blank: tuple[str, ...] = ()
    """None of these is."""


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


class Unique(Strict):
    """A number that only one subject may have per organ."""

    field: str
    per: str


Check = Literal["", "uscc", "organ_uscc", "organisation_code", "registration_number", "citizen_id"]
"""`organ_uscc`: the code of an organ, which another register issues than those of companies."""
Names = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


class PublishedField(Strict):
    """One column of a published table."""

    code: Annotated[str, written("[A-Za-z][A-Za-z0-9_]*", "只能用英文字母、数字和下划线，以字母开头")]
    title: str = Field(min_length=1)
    aliases: Names = ()
    """Other codes and titles under which the column circulates, for recognising somebody's workbook."""
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
    unlikely_from: Decimal | None = None
    """Amounts from here on (万元) look like 元."""
    stated_in: str = ""
    """The field whose text states the amount in 元."""
    plain: bool = False
    """A name: none of `forbidden_in_names`."""
    unconfirmed: Names = ()
    """Which keys of this line no public implementation confirms; they are from memory."""
    note: str = ""

    @model_validator(mode="after")
    def _unconfirmed_keys_exist(self) -> Self:
        if unknown := set(self.unconfirmed) - set(type(self).model_fields):
            raise ValueError(f"unconfirmed: 没有 {'、'.join(sorted(unknown))}")
        return self


class FieldTable(Strict):
    """The published table of one kind of record."""

    title: Annotated[str, written(r"[^\[\]:*?/\\]{1,31}", r"是工作表名：1 至 31 个字，不能有 []:*?/\ 这些符号")]
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
    subject: tuple[str, ...] = ()
    """The name of the subject, then the numbers by which it is known, the surest first."""
    document: str = ""
    """The number that only one row may have."""
    without_document: str = ""
    """What stands there for none, where the standard allows it; a placeholder like any other elsewhere."""
    unique: tuple[Unique, ...] = ()
    organs: tuple[tuple[str, str], ...] = ()
    """Names of organs and their codes: one code each, and never the subject's."""
    same: tuple[tuple[str, str], ...] = ()
    """A USCC and the field of the organisation code inside it."""

    @cached_property
    def by_code(self) -> Mapping[str, PublishedField]:
        """The fields by their codes, in order."""
        return {field.code: field for field in self.fields}

    @cached_property
    def id_type_fields(self) -> Mapping[str, str]:
        """Code of a number's field -> code of the field that names its document type."""
        return {field.id_type_of: field.code for field in self.fields if field.id_type_of}

    def holder_of(self, number: str) -> str:
        """Code of the field with the name of whose document a field's number is; '' where the table has none."""
        own = "legal_representative" if "legal_representative_id" in self.field(number).from_ else "subject_name"
        return next((field.code for field in self.fields if own in field.from_), "")

    def field(self, code: str) -> PublishedField:
        """The field with this code. Raises KeyError."""
        return self.by_code[code]

    @model_validator(mode="after")
    def _codes_exist(self) -> Self:
        codes = [field.code for field in self.fields]
        for code in {code for code in codes if codes.count(code) > 1}:
            raise ValueError(f"字段代码 {code} 出现了不止一次")
        for code in self._named():
            if code not in codes:
                raise ValueError(f"没有字段 {code}")
        for field in self.fields:
            for name in (field.required_when, field.blank_when, field.placeholder_when):
                if name and name not in self.conditions:
                    raise ValueError(f"{field.code}: 没有条件 conditions.{name}")
            if field.type == "text" and not field.length:
                raise ValueError(f"{field.code}: 文字字段必须写 length")
        return self

    def _named(self) -> Iterator[str]:
        """Every field that anything but the list of fields names."""
        for group in (*self.order, *self.pairs, *self.any_of, *self.organs, *self.same, self.subject):
            yield from group
        for condition in self.conditions.values():
            yield from (code for code in (condition.field, *condition.filled, *condition.blank) if code)
        for unique in self.unique:
            yield from (unique.field, unique.per)
        yield from (field.id_type_of for field in self.fields if field.id_type_of)
        yield from (field.stated_in for field in self.fields if field.stated_in)
        yield from filter(None, [self.document])
