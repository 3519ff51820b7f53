"""An edition of the 双公示 data standard: its fields as a table, read from `mappings/credit_anhui/NAME.toml`.

Lengths, code lists, rules and layout differ between editions and sites, so none of them is code. A condition
looks at the published row itself, so that a row can be judged without the record it came from.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from credit_sync.publishing.field_table import Condition, FieldTable, IdType, PublishedField, Row, ValueList
from credit_sync.publishing.template import Template
from credit_sync.publishing.values import known_names
from credit_sync.records import RecordKind
from credit_sync.toml_files import Strict, load, why_no_expression

Test = Callable[[Mapping[str, str]], bool]
"""A condition, as a question to a row."""


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
    template: Template = Field(default_factory=Template)
    long_term_words: tuple[str, ...] = ()
    """What people write for it instead."""
    placeholders: tuple[str, ...] = ()
    """What people write instead of leaving a field empty."""
    footers: tuple[str, ...] = ()
    """How the notes begin that stand below the rows of a template."""
    forbidden_in_names: str = ""
    lists: dict[str, ValueList] = {}
    id_types: tuple[IdType, ...] = ()
    licence: FieldTable
    penalty: FieldTable

    @property
    def tables(self) -> Mapping[RecordKind, FieldTable]:
        """The tables by kind of record."""
        return {RecordKind.LICENCE: self.licence, RecordKind.PENALTY: self.penalty}

    def table(self, kind: RecordKind) -> FieldTable:
        """The table of licences or of penalties."""
        return self.licence if kind is RecordKind.LICENCE else self.penalty

    def __hash__(self) -> int:
        """Standards are loaded once and compiled once (see `validation`): they are told apart as objects."""
        return id(self)

    def holds(self, name: str, kind: RecordKind, row: Mapping[str, str]) -> bool:
        """Whether a condition of a table holds for a row; '' never does."""
        return name != "" and self.condition(kind, name)(row)

    def condition(self, kind: RecordKind, name: str) -> Test:
        """A condition of a table as a function of a row."""
        return self._conditions[kind][name]

    @cached_property
    def _conditions(self) -> Mapping[RecordKind, Mapping[str, Test]]:
        return {
            kind: {name: self._compiled(found, table) for name, found in table.conditions.items()}
            for kind, table in self.tables.items()
        }

    def _compiled(self, condition: Condition, table: FieldTable) -> Test:
        code, filled, blank = condition.field, condition.filled, condition.blank
        has = self._has_value(table.field(code), frozenset(condition.values)) if code else None

        def holds(row: Mapping[str, str]) -> bool:
            if has is not None and not has(row.get(code, "")):
                return False
            if filled and not any(row.get(other) for other in filled):
                return False
            return not any(row.get(other) for other in blank)

        return holds

    def _has_value(self, field: PublishedField, values: frozenset[str]) -> Callable[[str], bool]:
        return lru_cache(maxsize=1000)(lambda text: not values.isdisjoint(self.parts(field, text)))

    def parts(self, field: PublishedField, text: str) -> list[str]:
        """The values in a field's text: several where its list has a separator."""
        return self.lists[field.values].parts(text) if field.values else [text]

    def id_type(self, number: str, holder: str) -> str:
        """The document type whose shape a number has, by the name of its holder; '' when none fits."""
        fits = (t for t in self.id_types if re.fullmatch(t.pattern, number) and re.search(t.holder, holder))
        return next((found.value for found in fits), "")

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for kind, table in self.tables.items():
            names = known_names(kind)
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
            for key in ("pattern", "holder"):
                if problem := why_no_expression(getattr(found, key)):
                    raise ValueError(f"id_types.{found.value}.{key}: {problem}")
        return self


def load_standard(mappings: Path, name: str) -> Standard:
    """The edition called `name`. Raises SettingsError that names every wrong key."""
    return load(mappings / "credit_anhui" / f"{name}.toml", Standard).model_copy(update={"name": name})


def standard_names(mappings: Path) -> list[str]:
    """The editions that there are, the newest first, each before its other layouts; their names begin with the year."""
    names = sorted(path.stem for path in (mappings / "credit_anhui").glob("[0-9]*.toml"))
    return sorted(names, key=lambda name: name.partition("_")[0], reverse=True)


__all__ = [
    "FieldTable",
    "PublishedField",
    "Row",
    "Standard",
    "Test",
    "ValueList",
    "load_standard",
    "standard_names",
]
