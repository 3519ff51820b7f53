"""One field of a mapping: which of a row's values it is, and how that becomes ours."""

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from credit_sync.sources.mapping import FieldMapping, Item
from credit_sync.sources.target_fields import FieldType, TargetField
from credit_sync.sources.values import (
    LONGEST,
    READERS,
    UnreadableError,
    clean,
    name_of,
    names_of,
    read_date,
    text_of,
)

_NAMES = frozenset(["name", "legal_representative"])
LONGEST_IDENTIFIER = 200
_YEAR_AND_MONTH = re.compile(r"([12][0-9]{3})\s*[-/.年]?\s*(?:0?[1-9]|1[0-2])?\s*月?")
_RANGES = {"age": (0, 150), "birth_year": (1850, 2199), "year": (1900, 2199), "rank": (0, 100_000)}
"""What the numbers of a field can be; an age of 0 is what lists write for organisations."""
_ASKS_TABLE_ONLY = frozenset([FieldType.TEXT, FieldType.NAMES, FieldType.IDENTIFIER])


class ProblemError(Exception):
    """A field that cannot be read; `reason` is Chinese."""

    def __init__(self, field: str, value: str, reason: str, *, is_identifier: bool = False) -> None:
        super().__init__(field)
        self.field = field
        self.value = value
        self.reason = reason
        self.is_identifier = is_identifier


@dataclass(slots=True)
class Draft:
    """The values of one part while it is being read."""

    values: dict[str, Any]
    identifiers: dict[str, str]
    warnings: list[str]
    problem: ProblemError | None = None


class FieldReader:
    """Reads one field; `mapping` is None for a constant."""

    __slots__ = (
        "_dates",
        "_item",
        "_pattern",
        "_put",
        "_range",
        "_sources",
        "_split",
        "_table",
        "_target",
        "name",
        "type",
    )

    def __init__(
        self, name: str, target: TargetField, mapping: FieldMapping | None, table: Mapping[str, str] | None
    ) -> None:
        self.name = name
        self._target = target
        self.type = target.type
        self._range = _RANGES.get(name)
        self._sources = mapping.from_ if mapping else ()
        self._table = table and {_folded(code): value for code, value in table.items()}
        self._pattern = re.compile(mapping.pattern) if mapping and mapping.pattern else None
        self._item = mapping.item if mapping else None
        self._split = mapping.split if mapping else ""
        self._dates = mapping.dates if mapping else ()
        self._put = _PUTTERS.get(target.type, FieldReader._put_simple)

    @property
    def takes_as_written(self) -> bool:
        """A text is read as it stands: no table and no pattern makes another one of it."""
        return self._table is None and self._pattern is None

    @property
    def keeps_text(self) -> bool:
        """A text is the value as it stands, as long as it is no longer than LONGEST."""
        return self.type is FieldType.TEXT and self.takes_as_written

    @property
    def may_take_an_item(self) -> bool:
        """A text that is a list in JSON is not the value, but holds it."""
        return self._item is not None

    def sources_in(self, titles: Collection[str]) -> tuple[str, ...]:
        """Where a row with these titles may have the field, in the order in which to look."""
        return tuple(s for s in self._sources if s in titles or s.partition(".")[0] in titles)

    def read(self, values: Mapping[str, Any], draft: Draft, sources: tuple[str, ...]) -> None:
        """Puts the field's value, if the row has one, into the draft. `sources` as above. Raises ProblemError."""
        for source in sources:
            value = values[source] if source in values else _inside(values, source)
            if self._item is not None:
                value = _taken(value, self._item)
            if value is not None and (text := text_of(value)):
                self.put(text, draft)
                return

    def put(self, text: str, draft: Draft) -> None:
        """A text as this field's value. Raises ProblemError."""
        written = text
        try:
            if len(text) > LONGEST:
                text = text[:LONGEST]
                draft.warnings.append(f"{self._target.title}超过 {LONGEST} 字，已截短")
            if self._table is not None:
                text = self._translate(text)
            if self._pattern is not None:
                found = self._pattern.search(text)
                text = clean((found.group(1 if found.re.groups else 0) or "") if found else "")
            if text:
                self._put(self, text, draft)
        except UnreadableError as error:
            identifier = self._target.type is FieldType.IDENTIFIER
            reason = f"{self._target.title}{error}"
            raise ProblemError(self.name, written, reason, is_identifier=identifier) from None

    def _translate(self, text: str) -> str:
        translated = self._table.get(_folded(text)) if self._table is not None else None
        if translated is not None:
            return translated
        if self._target.type in _ASKS_TABLE_ONLY:
            raise UnreadableError("的代码不在对照表中")
        return text

    def _put_simple(self, text: str, draft: Draft) -> None:
        value = READERS[self._target.type](text)
        if self._range is not None:
            lowest, highest = self._range
            if not lowest <= value <= highest:
                raise UnreadableError("超出合理范围")
            if self.name == "age" and value == 0:
                return
        if value is not None:
            draft.values[self.name] = value

    def _put_text(self, text: str, draft: Draft) -> None:
        value = name_of(text) if self.name in _NAMES else text
        if value:
            draft.values[self.name] = value

    def _put_names(self, text: str, draft: Draft) -> None:
        if names := names_of(text, self._split):
            draft.values[self.name] = names

    def _put_identifier(self, text: str, draft: Draft) -> None:
        if len(text) > LONGEST_IDENTIFIER:
            raise UnreadableError("过长，不是证件号码")
        draft.identifiers[self.name] = text

    def _put_date(self, text: str, draft: Draft) -> None:
        try:
            value: date | None = read_date(text, self._dates)
        except UnreadableError:
            found = _YEAR_AND_MONTH.fullmatch(unicodedata.normalize("NFKC", text).strip())
            if self.name != "birth_date" or found is None:
                raise
            draft.values.setdefault("birth_year", int(found[1]))
            return
        if value is not None:
            draft.values[self.name] = value


_PUTTERS: dict[FieldType, Callable[[FieldReader, str, Draft], None]] = {
    FieldType.TEXT: FieldReader._put_text,
    FieldType.NAMES: FieldReader._put_names,
    FieldType.IDENTIFIER: FieldReader._put_identifier,
    FieldType.DATE: FieldReader._put_date,
}


def _taken(value: Any, item: Item) -> Any:
    """The value of the first item meant; a plain value, from a source that has no list, as it is."""
    items = _listed(value) if isinstance(value, str) else value
    if not isinstance(items, list):
        return items
    wanted = {_folded(word) for word in item.is_}
    return next(
        (i[item.take] for i in items if _folded(text_of(_key_of(i, item.where))) in wanted and item.take in i),
        None,
    )


def _key_of(item: Any, key: str) -> Any:
    return item.get(key) if isinstance(item, Mapping) else None


def _listed(text: str) -> Any:
    """A list that a source wrote out as JSON; any other text as it is."""
    if not text.lstrip().startswith("["):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _folded(code: str) -> str:
    return unicodedata.normalize("NFKC", code).strip()


def _inside(values: Mapping[str, Any], source: str) -> Any:
    """`person.name` in nested tables; a field whose own name holds dots has been found before."""
    if "." not in source:
        return None
    here: Any = values
    for name in source.split("."):
        if not isinstance(here, Mapping) or name not in here:
            return None
        here = here[name]
    return here
