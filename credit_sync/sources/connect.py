"""The one way to the rows of a source, whatever kind it is."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from credit_sync.errors import CreditSyncError, SourceError
from credit_sync.settings import DatabaseSource, FileSource, HttpSource
from credit_sync.sources import database, files, http
from credit_sync.sources.formats.rows import Some, Uneven, Unread, flatten
from credit_sync.sources.mapping import Part, SourceMapping
from credit_sync.sources.plain import plain_text
from credit_sync.sources.rows import BrokenRow, Origin, RawRow, RawRows, Rows, TextRows
from credit_sync.sources.target_fields import TARGET_FIELDS
from credit_sync.subjects.identifiers import hide_in_text

Source = HttpSource | DatabaseSource | FileSource

_COMMANDS = dict.fromkeys((*range(32), *range(127, 160)), "\ufffd")
"""Control characters: a terminal takes them for commands, and a new line for another message."""


def asks_since(source: Source) -> bool:
    """Whether a source is asked for all that has changed since the last accepted pull, not for what it sends by itself."""
    if isinstance(source, HttpSource):
        return bool(source.since_parameter)
    return isinstance(source, DatabaseSource) and database.asks_since(source.query)


def open_rows(  # noqa: PLR0913
    name: str,
    source: Source,
    mapping: SourceMapping,
    *,
    base: Path,
    since: datetime | None,
    pulled_at: datetime,
    presume: bool = False,
) -> Iterator[Rows]:
    """The rows of a source as they come, one by one or many at once, streamed; blank rows are left out.

    `base` is the folder of the configuration; `since` the time of the last pull, for sources that give only what
    changed since. Raises SourceError, also in mid-stream: then nothing that came before may be taken for the whole.
    With `presume` texts are read once instead of twice, and MisjudgedError may be raised: then all is to be read anew.
    """
    names, path = mapping.source_names(), mapping.layout.expand
    try:
        for place, row, values in _found(source, mapping, base, since, presume):
            origin = Origin(name, _shown(place), row, pulled_at)
            if isinstance(values, Unread):
                yield BrokenRow(origin, values.text, str(values), dict(values.values), values.whole)
            elif isinstance(values, TextRows):
                yield RawRows(origin, values, [b""] * len(values))
            elif path:
                for expanded in expand(values, path, names):
                    yield RawRow(origin, expanded)
            else:
                yield RawRow(origin, values, uneven=values.more if isinstance(values, Uneven) else 0)
    except CreditSyncError as error:
        raise SourceError(_shown(f"{name}：{error.message}"), remedy=error.remedy) from None


def probe(name: str, source: Source, mapping: SourceMapping, *, base: Path) -> str:
    """Tries the source without changing anything; one line about what was found. Raises SourceError, also where what
    every record needs is in none of its first rows.
    """
    try:
        said, rows = _probed(source, mapping, base)
        gone = mapping.removal
        rows = [row for row in rows if gone is None or str(row.get(gone.from_)) not in gone.values]
        if not rows:
            return _shown(said)
        known, path = mapping.source_names(), mapping.layout.expand
        found = frozenset(title for row in rows for one in expand(row, path, known) for title in one)
        if missing := _missing(mapping, found):
            raise SourceError(f"{said}，其中没有 {missing}", remedy="在对照文件的 [fields] 里写来源所用的名称")
        return _shown(f"{said}，对照文件认得其中 {len(known & found)} 个字段")
    except CreditSyncError as error:
        raise SourceError(_shown(f"{name}：{error.message}"), remedy=error.remedy) from None


def _probed(source: Source, mapping: SourceMapping, base: Path) -> tuple[str, list[dict[str, Any]]]:
    """What was found, and the first rows of it."""
    names = mapping.source_names()
    if isinstance(source, HttpSource):
        return http.probe(source, mapping.layout)
    if isinstance(source, DatabaseSource):
        return database.probe(source, names, base)
    return files.probe(source, names, mapping.layout, base)


def _missing(mapping: SourceMapping, found: frozenset[str]) -> str:
    """What every record needs and none of the rows has, with the names that the mapping has for it: of the part of a row
    that lacks least, since a row need not hold all of its parts.
    """
    lacking = min((_lacking(mapping, part, found) for part in mapping.parts or (Part(),)), key=len)
    titles = TARGET_FIELDS[mapping.record]
    return "；".join(f"{titles[field].title}（{names}）" for field, names in lacking.items())


def _lacking(mapping: SourceMapping, part: Part, found: frozenset[str]) -> dict[str, str]:
    constants = mapping.constants | part.constants
    fields = {n: f for n, f in mapping.fields.items() if n not in part.without} | part.fields
    named = {
        field: fields[field].from_ if field in fields else ()
        for field in (*mapping.required_fields(), *part.needs)
        if field not in constants
    }
    lacking = {field: names for field, names in named.items() if not found.intersection(names)}
    identifying = {field: fields[field].from_ if field in fields else () for field in mapping.key}
    if constants.keys().isdisjoint(mapping.key) and found.isdisjoint(chain.from_iterable(identifying.values())):
        lacking |= identifying  # a row of which all key fields are blank is no record
    return {field: "、".join(names) or "对照文件没有写" for field, names in lacking.items()}


@lru_cache(maxsize=256)
def _shown(text: str) -> str:
    """A place or message as it may be kept and shown: file names hold people's numbers, bytes of any encoding, and what a
    terminal would obey.
    """
    return hide_in_text(plain_text(text).translate(_COMMANDS))


def expand(values: dict[str, Any], path: str, names: frozenset[str]) -> Iterator[dict[str, Any]]:
    """One row for each item of the list at `path`: the parent's values and the item's under `path.name`.

    A name that the mapping knows only without the path is given without it; the parent's value of that name then
    goes under `^name`. A row without items stays one row.
    """
    items = values.get(path)
    if not isinstance(items, list) or not items:
        yield values
        return
    parent = {name: value for name, value in values.items() if name != path}
    for item in items:
        row = dict(parent)
        for name, value in (flatten(item) if isinstance(item, dict) else {"": item}).items():
            full = f"{path}.{name}" if name else path
            short = name and name in names and full not in names
            if short and name in parent:
                row[f"^{name}"] = parent[name]
            row[name if short else full] = value
        yield row


def _found(
    source: Source, mapping: SourceMapping, base: Path, since: datetime | None, presume: bool
) -> Iterator[Some]:
    names = mapping.source_names()
    if isinstance(source, HttpSource):
        return http.read(source, mapping.layout, since)
    if isinstance(source, DatabaseSource):
        return database.read(source, names, base, since)
    return files.read(source, names, mapping.layout, base, presume=presume)
