"""What changed since the index was built is kept beside it: used while the lists stand as they did, and else ignored."""

import pickle
import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine
from test_screening_renewal import FIRMS, FIRST, IDS, MASKS, NOBODY, Night

from credit_sync.pulling.pull import pull
from credit_sync.records import Listing
from credit_sync.screening.entries import listed_entries
from credit_sync.screening.index import FOREVER, Segment, segment_of
from credit_sync.screening.index_files import CurrentIndex, open_index
from credit_sync.screening.open_index import OpenIndex
from credit_sync.store import ledger, schema
from credit_sync.subjects.identifiers import SubjectKind, recognise
from credit_sync.subjects.subject import Subject

LISTED = [{"案号": "(2016)皖01执1号", "姓名": "张伟", "证件": MASKS[0]}]
LATER = [{"案号": "(2016)皖01执2号", "姓名": "王小明", "证件": MASKS[1], "移出日期": "2026-03-09"}]
LAST = [{"案号": "(2016)皖01执3号", "姓名": FIRMS[0], "法人": "张伟"}]


@pytest.fixture
def night(engine: Engine, tmp_path: Path) -> Night:
    """Two nights: an index of the first list, and the changes of the second beside it."""
    night = Night(engine, tmp_path / "night")
    night.deliver("applicants", [{"编号": "1", "姓名": "张伟", "证件": IDS[0]}])
    for rows in (NOBODY + LISTED, NOBODY + LATER):
        night.deliver("list", rows)
        night.run()
    return night


def opened(night: Night) -> CurrentIndex:
    with night.engine.connect() as connection:
        return open_index(connection, night.folder / "index")


def from_store(night: Night) -> CurrentIndex:
    """The index completed from the store alone."""
    plain = night.folder / "plain"
    shutil.copytree(night.folder / "index", plain, ignore=shutil.ignore_patterns("changes-*"))
    with night.engine.connect() as connection:
        return open_index(connection, plain)


def arrays(segment: Segment) -> list[Any]:
    columns = [column.tolist() for column in segment.columns.values()]
    tables = [(table.keys.tolist(), table.rows.tolist()) for table in segment.tables.values()]
    texts = [texts.of_rows(np.arange(len(segment))).tolist() for texts in segment.texts.values()]
    return [*columns, *tables, *texts]


def content(found: CurrentIndex) -> list[Any]:
    segments = [[*arrays(segment), segment.shapes] for segment in found.index.segments]
    return [*segments, found.index.dead.tolist(), found.stamp, found.versions]


def since_when(found: CurrentIndex) -> Mapping[str, int] | None:
    """Of what was read from the store to complete it: since which versions."""
    return None if found.fresh is None else found.fresh.since


def is_kept(found: CurrentIndex) -> bool:
    """Whether its changes came from a file."""
    _, changes = found.index.segments
    return changes.place is not None


def test_what_a_night_has_kept_is_what_the_store_says(night: Night) -> None:
    found, expected = opened(night), from_store(night)
    assert (is_kept(found), is_kept(expected)) == (True, False)
    assert content(found) == content(expected)
    assert content(pickle.loads(pickle.dumps(found))) == content(expected)


def test_after_the_next_pull_what_came_since_is_read_from_the_store_until_the_next_night(night: Night) -> None:
    night.deliver("list", NOBODY + LATER + LAST)
    run = ledger.begin(night.engine, FIRST + timedelta(days=3), {})
    pull(night.engine, night.settings, run, accept_shrink=True)
    found, expected = opened(night), from_store(night)
    assert not is_kept(found)
    assert content(found) == content(expected)
    assert (since_when(found), since_when(expected)) == ({"list": 2}, {"list": 1})
    ledger.finish(night.engine, run, "done")
    shutil.rmtree(night.folder / "plain")
    night.number = 3
    night.run()
    assert is_kept(opened(night))
    assert since_when(opened(night)) is None
    assert content(opened(night)) == content(from_store(night))
    assert len(list((night.folder / "index").glob("*/changes-*"))) == 1


def of_an_unfinished_pull(connection: Connection) -> None:
    c = schema.listing.c
    change = schema.listing.update().where(c.subject_name == "王小明")
    connection.execute(change.values(subject_name="王大明", changed_in=c.changed_in + 1))


def of_another_history(connection: Connection) -> None:
    c = schema.source_version.c
    last = (c.source == "list") & (c.version == 2)
    connection.execute(schema.source_version.update().where(last).values(pulled_at=FIRST))


@pytest.mark.parametrize("left", [of_an_unfinished_pull, of_another_history])
def test_what_is_not_of_this_store_as_it_stands_is_ignored(
    night: Night, left: Callable[[Connection], None]
) -> None:
    with night.engine.begin() as connection:
        left(connection)
    found = opened(night)
    assert not is_kept(found)
    assert content(found) == content(from_store(night))


def test_a_damaged_file_is_made_again_from_the_store(night: Night) -> None:
    (place,) = (night.folder / "index").glob("*/changes-*")
    (place / "owner.npy").unlink()
    assert content(opened(night)) == content(from_store(night))


NUMBERS = [recognise(number, SubjectKind.PERSON) for number in (*MASKS, *IDS)]
PERSONS = st.builds(
    Subject,
    kind=st.just(SubjectKind.PERSON),
    name=st.sampled_from(["张伟", "王小明", "李 娜"]),
    identifiers=st.lists(st.sampled_from(list(filter(None, NUMBERS))), max_size=1).map(tuple),
)
ORGANISATIONS = st.builds(
    Subject,
    kind=st.just(SubjectKind.ORGANISATION),
    name=st.sampled_from(FIRMS),
    former_names=st.lists(st.sampled_from(FIRMS), max_size=2, unique=True).map(tuple),
    legal_representative=st.sampled_from(["", "张伟"]),
)
LISTINGS = st.dictionaries(
    st.integers(1, 12), st.builds(Listing, subject=PERSONS | ORGANISATIONS, list=st.just("list"))
)


def segment(listings: dict[int, Listing]) -> Segment:
    entries = listed_entries(sorted(listings.items()))
    return segment_of([(entries, np.full(len(entries), FOREVER, np.int32))])


@given(LISTINGS, LISTINGS)
def test_later_changes_take_the_place_of_kept_ones(kept: dict[int, Listing], later: dict[int, Listing]) -> None:
    replaced, expected = segment(kept).replaced(segment(later)), segment(kept | later)
    assert arrays(replaced) == arrays(expected)
    assert set(replaced.shapes) >= set(expected.shapes)
    assert all(
        ours.dtype == theirs.dtype
        for ours, theirs in zip(replaced.columns.values(), expected.columns.values(), strict=True)
    )


def test_an_open_index_sees_every_change_of_an_unfinished_pull(night: Night) -> None:
    """Lists that can only be asked commit by the block, all under one version: another listing, or the same again."""
    open_index, c = OpenIndex(night.folder / "index"), schema.listing.c
    for before, after in (("王小明", "王大明"), ("无名氏的公司", "有名氏的公司"), ("王大明", "王二明")):
        with night.engine.begin() as connection:
            open_index.current(connection)
            values = {"subject_name": after, "version": c.version + 1, "changed_in": 3}
            connection.execute(schema.listing.update().where(c.subject_name == before).values(**values))
        with night.engine.connect() as connection:
            found = open_index.current(connection)
        assert content(found) == content(opened(night))
