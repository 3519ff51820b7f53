"""What applicants ask with, kept from night to night: only new and changed ones are taken apart again.

A cache beside the index: refused when the scheme of keys, the mask shapes or what an applicant says differ.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from credit_sync.screening.entries import Entries
from credit_sync.screening.index_files import fresh_folder, scheme
from credit_sync.screening.texts import Array

Apart = Callable[[Sequence[int]], Entries]
"""Ids of applicants -> what they ask with, in their order."""
_DIGEST = "V16"
_NAME = "asking"


def asking_entries(folder: Path, digests: Mapping[int, bytes], shapes: Sequence[str], apart: Apart) -> Entries:
    """The entries of all applicants in `digests` (id -> digest of its content); afterwards they are saved ones, too."""
    stamp = json.dumps([scheme(), *shapes])
    wanted = np.array(sorted(digests), np.int64)
    contents = np.array([digests[number] for number in wanted.tolist()], _DIGEST)
    kept_ids, kept_contents, kept = _saved(folder, stamp)
    places = np.searchsorted(kept_ids, wanted)
    inside = places < len(kept_ids)
    there = np.zeros(len(wanted), bool)
    at = places[inside]
    there[inside] = (kept_ids[at] == wanted[inside]) & (kept_contents[at] == contents[inside])
    if there.all() and len(kept_ids) == len(wanted) and kept is not None:
        return kept
    missing = wanted[~there].tolist()
    fresh = apart(missing)
    entries = fresh if kept is None else Entries.joined([kept.of_owners(wanted[there]), fresh])
    _save(folder, stamp, wanted, contents, entries)
    return entries


def saved_entries(folder: Path) -> Entries:
    """What `asking_entries` found last, mapped into memory."""
    return Entries.open(folder / _NAME)


def _saved(folder: Path, stamp: str) -> tuple[Array, Array, Entries | None]:
    nothing = np.zeros(0, np.int64), np.zeros(0, _DIGEST), None
    here = folder / _NAME
    try:
        if (here / "stamp.json").read_text(encoding="utf-8") != stamp:
            return nothing
        return np.load(here / "ids.npy"), np.load(here / "contents.npy"), Entries.open(here)
    except (OSError, ValueError):
        return nothing


def _save(folder: Path, stamp: str, ids: Array, contents: Array, entries: Entries) -> None:
    with fresh_folder(folder) as fresh:
        entries.save(fresh)
        np.save(fresh / "ids.npy", ids)
        np.save(fresh / "contents.npy", contents)
        (fresh / "stamp.json").write_text(stamp, encoding="utf-8")
        shutil.rmtree(folder / _NAME, ignore_errors=True)
        fresh.replace(folder / _NAME)
