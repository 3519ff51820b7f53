"""The index in its folder: built from the store, stamped, replaced as a whole, and completed from the store when read.

    FOLDER/current                the name of the index in force
    FOLDER/NAME/                  its arrays, and stamp.json: list versions, scheme of the keys, number of entries
    FOLDER/NAME/changes-DIGEST/   what changed since, up to the versions in its stamp (`index_changes.py`)

What pulls have changed since the stamp is read from the store as a second, small segment, so that an index is never
out of date; when that has grown, the next screening builds a new one. Another scheme of keys makes it useless. The
night keeps that segment for those who ask by day and for the next night, which read only what has changed since.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url

from credit_sync.errors import CreditSyncError, reason_of
from credit_sync.processes import Helper, Team, cores
from credit_sync.screening.entries import Entries, listed_entries
from credit_sync.screening.index import FOREVER, ListingIndex, Segment, segment_of
from credit_sync.screening.index_changes import Changes, keep_changes, kept_changes
from credit_sync.screening.texts import Array, spans
from credit_sync.shipped import shipped
from credit_sync.store.engine import connect
from credit_sync.store.listing_rows import (
    ListedRow,
    ListedSubject,
    changed_since,
    is_touched_since,
    last_listing,
    lineage,
    list_versions,
    listed_between,
)

_MOST_CHANGED = 0.05
"""Share of the index that may be read as changes before a new one is built."""
_LEAST_CHANGED = 1000
_CHUNK = 10_000
"""Listings read by one process at a time."""
_FOR_EACH = 5
"""Chunks for which another process pays."""

Block = tuple[Entries, Array]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index was made of."""

    scheme: str
    versions: Mapping[str, int]
    lineage: str
    """Of which store's history those versions are."""
    entries: int
    """How many listings held when it was made: what frequencies are reckoned by until the next one."""

    @property
    def name(self) -> str:
        """The folder of the index, the same for the same content."""
        content = json.dumps(asdict(self), sort_keys=True)
        return blake2b(content.encode(), digest_size=8).hexdigest()


class Fresh(NamedTuple):
    """What was read from the store to complete an index: the listings that were touched since some versions of their lists."""

    since: Mapping[str, int]
    block: Block


@dataclass(frozen=True, slots=True)
class CurrentIndex:
    """The index as it stands with the store at one moment."""

    index: ListingIndex
    stamp: Stamp
    versions: Mapping[str, int]
    """The versions of the lists that it speaks of, changes included."""
    fresh: Fresh | None = None


def open_index(connection: Connection, folder: Path) -> CurrentIndex:
    """The index in force, completed from the store. Where there is none, all of it is read from the store."""
    stamp, base = _saved(connection, folder)
    versions = list_versions(connection)
    if base is None or stamp is None:
        block = _block(listed_between(connection, 0, last_listing(connection)))
        stamp = _stamp(lineage(connection, versions), versions, [block])
        return CurrentIndex(ListingIndex((segment_of([block]),)), stamp, versions)
    if not is_touched_since(connection, stamp.versions):
        return CurrentIndex(ListingIndex((base,)), stamp, versions)
    changed, fresh = _changes(connection, base, stamp.versions)
    index = ListingIndex((base, changed), dead=_is_among(base, changed))
    return CurrentIndex(index, stamp, versions, fresh)


def _changes(connection: Connection, base: Segment, built: Mapping[str, int]) -> tuple[Segment, Fresh | None]:
    """What has changed since the base was built: what nights have kept, and what came after them from the store."""
    kept = kept_changes(connection, base)
    if kept is not None and not is_touched_since(connection, kept.versions):
        return kept.segment, None
    since = built if kept is None else kept.versions
    fresh = Fresh(since, _block(changed_since(connection, since)))
    segment = segment_of([fresh.block])
    return (segment if kept is None else kept.segment.replaced(segment)), fresh


def refreshed_index(engine: Engine, folder: Path) -> CurrentIndex:
    """The index in force; built anew first where there is none that fits, or too much has changed since."""
    with engine.connect() as connection:
        if _saved(connection, folder)[1] is None:
            build_index(engine, folder)
        found = open_index(connection, folder)
        base, *changes = found.index.segments
        if not changes:
            return found
        if len(changes[0]) <= max(_MOST_CHANGED * len(base), _LEAST_CHANGED):
            return _with_changes_kept(connection, folder, found)
        build_index(engine, folder)
        return open_index(connection, folder)


def build_index(engine: Engine, folder: Path) -> None:
    """Builds the index from the store and puts it in force; readers of the old one are not disturbed."""
    with engine.connect() as connection:
        versions, last = list_versions(connection), last_listing(connection)
        came = lineage(connection, versions)
    spans = [(first, min(first + _CHUNK - 1, last)) for first in range(1, last + 1, _CHUNK)] or [(0, 0)]
    blocks = _blocks(engine, spans)
    stamp = _stamp(came, versions, blocks)
    segment = segment_of(blocks)
    with fresh_folder(folder) as fresh:
        segment.save(fresh)
        (fresh / "stamp.json").write_text(json.dumps(asdict(stamp), sort_keys=True), encoding="utf-8")
        _put_in_force(folder, fresh, stamp.name)


@contextmanager
def fresh_folder(folder: Path) -> Iterator[Path]:
    """An empty folder inside, readable by whom the service's umask lets read the database, to be written and put in its
    place. Raises CreditSyncError where that fails, and then takes no room for what is half written.
    """
    fresh = folder / f"new-{os.getpid()}"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        fresh.mkdir(parents=True)
        yield fresh
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise CreditSyncError(
            f"写不了名单索引 {folder}：{reason_of(error) or '没有写完'}",  # numpy's, of a full disk, only counts numbers
            remedy="请检查 store.index 的权限和磁盘空间",
        ) from None


_OURS = re.compile(r"[0-9a-f]{16}|new-[0-9]+")
"""Indexes, and what killed runs left of them. What else lies there is not: the folder may be one that others write to."""


def _put_in_force(folder: Path, fresh: Path, name: str) -> None:
    shutil.rmtree(folder / name, ignore_errors=True)
    fresh.replace(folder / name)
    pointer = folder / "current.new"
    pointer.write_text(name, encoding="ascii")
    pointer.replace(folder / "current")
    for old in folder.iterdir():
        if old.name != name and _OURS.fullmatch(old.name):
            shutil.rmtree(old, ignore_errors=True)


def _saved(connection: Connection, folder: Path) -> tuple[Stamp | None, Segment | None]:
    """The saved index; None where there is none, or it is of another scheme of keys or another store, or in exchange."""
    try:
        current = folder / (folder / "current").read_text(encoding="ascii")
        stamp = Stamp(**json.loads((current / "stamp.json").read_text(encoding="utf-8")))
        fits = stamp.scheme == scheme() and stamp.lineage == lineage(connection, stamp.versions)
        return (stamp, Segment.open(current)) if fits else (None, None)
    except (OSError, ValueError, TypeError):
        return None, None


def _with_changes_kept(connection: Connection, folder: Path, found: CurrentIndex) -> CurrentIndex:
    """The same index, its changes saved beside the base; not while a pull has left something of a version that is not
    accepted, for nothing tells what it has touched by now."""
    base, changed = found.index.segments
    if base.place is None or changed.place is not None or is_touched_since(connection, found.versions):
        return found
    with fresh_folder(folder) as fresh:
        kept = keep_changes(connection, Changes(found.versions, changed), base.place, fresh)
    return replace(found, index=replace(found.index, segments=(base, kept)))


def _is_among(base: Segment, changed: Segment) -> Array:
    """Which entries of the first segment belong to listings that stand in the second."""
    owners, again = base.columns["owner"], np.unique(changed.columns["owner"])
    dead = np.zeros(len(base), bool)
    dead[spans(np.searchsorted(owners, again, "left"), np.searchsorted(owners, again, "right"))] = True
    return dead


def _blocks(engine: Engine, spans: Sequence[tuple[int, int]]) -> list[Block]:
    """The entries of the listings with ids in each span, read on every core."""
    team: Team[tuple[int, int], Block] = Team(_reading(engine))
    with closing(team):
        for _ in range(min(cores() - 1, len(spans) // _FOR_EACH)):
            team.add(Helper(_reading_from, engine.url.render_as_string(hide_password=False)))
        return list(team.answers(spans))


def _reading(engine: Engine) -> Callable[[tuple[int, int]], Block]:
    def read(span: tuple[int, int]) -> Block:
        with engine.connect() as connection:
            return _block(listed_between(connection, *span))

    return read


def _reading_from(url: str) -> Callable[[tuple[int, int]], Block]:
    """The same in a helper."""
    return _reading(connect(make_url(url)))


def _block(rows: Iterable[ListedRow]) -> Block:
    """The entries of listings (ascending), and until when each holds."""
    numbers: list[int] = []
    until: list[int] = []

    def listings() -> Iterator[tuple[int, ListedSubject]]:
        for number, found, last_day in rows:
            numbers.append(number)
            until.append(FOREVER if last_day is None else last_day.toordinal())
            yield number, found

    entries = listed_entries(listings())
    return entries, np.array(until, np.int32)[np.searchsorted(np.array(numbers, np.int64), entries.owner)]


def _stamp(came: str, versions: Mapping[str, int], blocks: Iterable[Block]) -> Stamp:
    live = sum(len(np.unique(entries.owner[until > 1])) for entries, until in blocks)
    return Stamp(scheme(), dict(versions), came, live)


@cache
def scheme() -> str:
    """A digest of everything that keys and traits depend on: code, tables, libraries that read characters."""
    package = Path(__file__).parents[1]
    files = [
        *sorted((package / "subjects").rglob("*.py")),
        *(
            package / "screening" / f"{name}.py"
            for name in (
                "damaged_names",
                "entries",
                "faces",
                "hashed",
                "keys",
                "listed_subject",
                "numbers",
                "reference",
                "traits",
            )
        ),
        *sorted((shipped("mappings") / "names").iterdir()),
    ]
    digest = blake2b(digest_size=8)
    for path in files:
        digest.update(path.read_bytes())
    for library in ("opencc", "pypinyin"):
        digest.update(version(library).encode())
    return digest.hexdigest()
