"""What lists have changed since an index was built, kept beside it in a folder that says up to which of their versions.

Versions alone do not tell whose they are: the stamp also holds the lineage of the store's history, as the index's does.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Connection

from credit_sync.screening.index import Segment
from credit_sync.store.listing_rows import lineage


@dataclass(frozen=True, slots=True)
class Changes:
    """The listings that were touched since the index was built, up to these versions of their lists."""

    versions: Mapping[str, int]
    segment: Segment


def kept_changes(connection: Connection, base: Segment) -> Changes | None:
    """The latest that are kept beside a saved index and of this store's history."""
    found = _readable(connection, base.place) if base.place is not None else ()
    return max(found, key=lambda changes: sum(changes.versions.values()), default=None)


def _readable(connection: Connection, place: Path) -> Iterator[Changes]:
    for folder in sorted(place.glob("changes-*")):
        try:
            stamp = json.loads((folder / "stamp.json").read_text(encoding="utf-8"))
            if stamp["lineage"] == lineage(connection, stamp["versions"]):
                yield Changes(stamp["versions"], Segment.open(folder))
        except (OSError, ValueError, TypeError, KeyError):  # damaged, or in exchange
            continue


def keep_changes(connection: Connection, changes: Changes, place: Path, fresh: Path) -> Segment:
    """Saves them beside the index at `place`, instead of earlier ones; `fresh`: an empty folder to write into."""
    stamp = {"versions": dict(changes.versions), "lineage": lineage(connection, changes.versions)}
    text = json.dumps(stamp, sort_keys=True)
    changes.segment.save(fresh)
    (fresh / "stamp.json").write_text(text, encoding="utf-8")
    kept = place / f"changes-{blake2b(text.encode(), digest_size=8).hexdigest()}"
    for old in place.glob("changes-*"):
        shutil.rmtree(old, ignore_errors=True)
    fresh.replace(kept)
    return replace(changes.segment, place=kept)
