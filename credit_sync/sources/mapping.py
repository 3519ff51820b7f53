"""Mapping files: which field of a source becomes which of ours. Data, one TOML file per source layout.

`mappings/sources/NAME.toml` says what a row is (`record`), which of our fields identify it (`key`), and under
`[fields]`, for each of our fields, the source's names for it. A new source of a known kind needs no code.
"""

from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from credit_sync.records import ApplicationKind, LicenceState, RecordKind, Role
from credit_sync.settings import Settings
from credit_sync.sources.target_fields import TARGET_FIELDS, FieldType, TargetField
from credit_sync.sources.values import OTHER_DATES, READERS, UnreadableError, text_of
from credit_sync.store.facts import countable
from credit_sync.store.schema import RECORD_TABLES
from credit_sync.subjects.subject import Sex, SubjectKind
from credit_sync.toml_files import Strict, load, why_no_expression, written


class Item(Strict):
    """Which item of a list inside a field is meant, and what to take from it."""

    where: str
    """Key of the items that tells them apart, for instance their position in the firm."""
    is_: tuple[str, ...] = Field(alias="is", min_length=1)
    take: str
    """Key of the value."""


class FieldMapping(Strict):
    """One of our fields: the source names it may have (first present wins) and how its value is read."""

    from_: tuple[str, ...] = Field(alias="from", min_length=1)
    values: str = ""
    """Name of a table under [values] that translates the source's codes."""
    dates: tuple[str, ...] = ()
    """Date formats to accept instead of the usual ones, in strptime notation, or 'excel' / 'epoch_ms'."""
    split: str = ""
    """A regular expression on which a text is split into several values (former names, say)."""
    pattern: str = ""
    """A regular expression; its first group is the value, for instance a year inside a title."""
    item: Item | None = None
    """For fields that hold a list of tables (or its JSON): the item, and the value in it."""


def _field_mapping(value: Any) -> Any:
    """`name = "姓名"` and `name = ["姓名", "iname"]` are short for `name = { from = [...] }`."""
    if isinstance(value, str):
        return {"from": (value,)}
    if isinstance(value, list):
        return {"from": tuple(value)}
    if isinstance(value, dict) and isinstance(value.get("from"), str):
        return {**value, "from": (value["from"],)}
    return value


Fields = dict[str, Annotated[FieldMapping, BeforeValidator(_field_mapping)]]
Constants = dict[str, str | int | bool]


class Layout(Strict):
    """How the rows lie in a file or an answer."""

    rows: str = ""
    """Dotted path to the list of rows in JSON or XML; empty when the document is the list."""
    header_rows: int = Field(default=1, ge=1, le=4)
    """Rows that make up the titles of a sheet; merged titles above are put before those below them."""
    sheet: str = ""
    """Sheet name; empty for every visible sheet that has the expected titles."""
    expand: str = ""
    """Dotted path, within a row, of a list whose items each become a row of their own."""
    skip: str = ""
    """Rows whose first filled cell matches this expression are notes or totals; they are counted as skipped."""


class Part(Strict):
    """One of several records that a row holds, such as the unit and the leader of a project."""

    constants: Constants = {}
    fields: Fields = {}
    without: tuple[str, ...] = ()
    """Fields of the whole row that are not about this part, such as the unit's code where the part is a person."""
    needs: tuple[str, ...] = ()
    """Fields without which a row does not hold this part."""


class Removal(Strict):
    """How a delta says that a record is gone."""

    from_: str = Field(alias="from")
    values: tuple[str, ...] = Field(min_length=1)


class Guards(Strict):
    """What must hold before a pull is taken over, and how long it may be trusted. Shares are from 0 to 1."""

    max_shrink: float = Field(default=0.3, ge=0, le=1)
    """Largest share of live rows that one pull may lose without `--accept-shrink`."""
    max_growth: float | None = Field(default=None, gt=0)
    """Largest share of live rows by which one pull may grow."""
    min_fill: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}
    """For each of these fields the least share of what came new or changed that must have it."""
    max_duplicates: float | None = Field(default=None, ge=0, le=1)
    """Largest share of a pull's rows that may repeat the key of an earlier one."""
    max_region_shift: float | None = Field(default=None, gt=0, le=1)
    """By how much a province's share of the records may differ from the last accepted version."""
    max_published_age_days: float | None = Field(default=None, gt=0, le=3660)
    """How long ago the latest publication in the list may be."""
    max_age_days: float = Field(default=7, gt=0, le=3660)
    """A list pulled longer ago than this clears nobody, and applications pass no gate."""


class SourceMapping(Strict):
    """A mapping file."""

    title: str
    record: RecordKind
    list: Annotated[
        str,
        Field(max_length=64),
        written("[a-z0-9_]*", "名单代号只能用小写英文字母、数字和下划线，例如 dishonest_debtors"),
    ] = ""
    provenance: str = ""
    """Where the layout is known from: document, interface description, or a site's own."""
    key: tuple[str, ...] = Field(min_length=1)
    required: tuple[str, ...] = ()
    invalid_identifiers: Literal["keep", "quarantine"] = "keep"
    """What happens to a row whose identifier fails its check digit."""
    layout: Layout = Field(default_factory=Layout)
    fields: Fields = {}
    constants: Constants = {}
    values: dict[str, dict[str, str]] = {}
    parts: tuple[Part, ...] = ()
    removal: Removal | None = None
    guards: Guards = Field(default_factory=Guards)

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        targets = TARGET_FIELDS[self.record]
        parts = (Part(constants=self.constants, fields=self.fields), *self.parts)
        for name in (name for part in parts for name in (*part.constants, *part.fields)):
            if name not in targets:
                raise ValueError(f"{self.record.value} 没有字段 {name}，可用：{'、'.join(sorted(targets))}")
        for name in (name for part in self.parts for name in (*part.without, *part.needs)):
            if name not in targets:
                raise ValueError(f"parts 里的 without/needs：{self.record.value} 没有字段 {name}")
        for name in (*self.key, *self.required):
            if name not in targets:
                raise ValueError(f"key/required 里的 {name} 不是 {self.record.value} 的字段")
        if self.record is RecordKind.LISTING and not self.list:
            raise ValueError('名单（record = "listing"）必须写 list = 名单代号')
        return self

    @model_validator(mode="after")
    def _usable_tables(self) -> Self:
        for group in (self.fields, *(p.fields for p in self.parts)):
            for name, field in group.items():
                if field.values and field.values not in self.values:
                    raise ValueError(f"fields.{name}.values: 没有 [values.{field.values}] 这个对照表")
                for expression in (field.split, field.pattern):
                    _check_expression(f"fields.{name}", expression)
                if field.dates and TARGET_FIELDS[self.record][name].type is not FieldType.DATE:
                    raise ValueError(f"fields.{name}.dates: {name} 不是日期字段")
                for written_as in field.dates:
                    _check_date_format(f"fields.{name}.dates", written_as)
        _check_expression("layout.skip", self.layout.skip)
        return self

    @model_validator(mode="after")
    def _readable_words(self) -> Self:
        """What the mapping itself says in place of a source: else every row with it would end in quarantine."""
        targets = TARGET_FIELDS[self.record]
        for part in (Part(constants=self.constants, fields=self.fields), *self.parts):
            for name, value in part.constants.items():
                _check_word(f"constants.{name}", targets[name], text_of(value))
            for name, field in part.fields.items():
                if field.values and not field.pattern:
                    for code, word in self.values[field.values].items():
                        _check_word(f"values.{field.values}.{code}", targets[name], word)
        return self

    @model_validator(mode="after")
    def _usable_guards(self) -> Self:
        for name in self.guards.min_fill:
            if name not in TARGET_FIELDS[self.record] or not countable(RECORD_TABLES[self.record], name):
                raise ValueError(f"guards.min_fill: {name} 不是可以统计的 {self.record.value} 字段")
        if self.guards.max_published_age_days is not None and self.record is not RecordKind.LISTING:
            raise ValueError("guards.max_published_age_days: 只有名单有发布日期")
        return self

    def required_fields(self) -> tuple[str, ...]:
        """Our fields without which a row is no record."""
        always = (name for name, field in TARGET_FIELDS[self.record].items() if field.required)
        return tuple(dict.fromkeys((*always, *self.required)))

    def source_names(self) -> frozenset[str]:
        """Every name by which the mapping knows a source field, for finding header rows and extra fields."""
        groups = (self.fields, *(part.fields for part in self.parts))
        names = {name for group in groups for field in group.values() for name in field.from_}
        return frozenset(names | ({self.removal.from_} if self.removal else set()))


def _check_expression(key: str, expression: str) -> None:
    if problem := why_no_expression(expression):
        raise ValueError(f"{key}: {expression!r} {problem}")


def _check_date_format(key: str, written_as: str) -> None:
    """Whether a date that is written so can be read again with its year."""
    if written_as in OTHER_DATES:
        return
    day = datetime(2018, 11, 30)
    try:
        understood = datetime.strptime(day.strftime(written_as), written_as).year == day.year
    except ValueError:
        understood = False
    if not understood:
        raise ValueError(f"{key}: {written_as} 不是日期格式，例如 %Y年%m月%d日；另有 {'、'.join(OTHER_DATES)}")


_CHOICES: dict[FieldType, type[Enum]] = {
    FieldType.SUBJECT_KIND: SubjectKind,
    FieldType.SEX: Sex,
    FieldType.ROLE: Role,
    FieldType.STATE: LicenceState,
    FieldType.APPLICATION_KIND: ApplicationKind,
}


def _check_word(key: str, target: TargetField, word: str) -> None:
    """Whether a word stands for a value of the field; '' is blank everywhere."""
    try:
        if word and target.type in READERS:
            READERS[target.type](word)
    except UnreadableError as error:
        if choices := _CHOICES.get(target.type):
            known = "、".join(str(choice.value) for choice in choices)
            raise ValueError(f"{key}: {target.title}没有“{word}”，可用：{known}") from None
        raise ValueError(f"{key}: {target.title}{error}") from None


def load_mapping(folder: Path, name: str) -> SourceMapping:
    """`folder/sources/NAME.toml`. Raises SettingsError that names every wrong key."""
    return load(folder / "sources" / f"{name}.toml", SourceMapping)


def configured_kinds(settings: Settings) -> dict[str, RecordKind]:
    """What the configured sources deliver. Raises SettingsError."""
    return {name: mapping.record for name, mapping in load_mappings(settings).items()}


def load_mappings(settings: Settings) -> dict[str, SourceMapping]:
    """The mapping of every configured source, by the source's name. Raises SettingsError."""
    folder = settings.mappings_folder
    return {name: load_mapping(folder, source.mapping) for name, source in settings.sources.items()}
