"""Records written by column come out as if each had been decided on by itself."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from conftest import contents
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from stores import sqlite_store

from credit_sync.records import Listing, RecordKind
from credit_sync.store import ledger
from credit_sync.store.columns import to_columns
from credit_sync.store.counts import Counts
from credit_sync.store.engine import writing
from credit_sync.store.items import Gone, Held, Item
from credit_sync.store.known_rows import NOTHING_KNOWN, Learnt
from credit_sync.store.read_records import ReadRecord, ReadRecords, read_record_of
from credit_sync.store.records import RecordWriter
from credit_sync.subjects.subject import Subject, SubjectKind

FIRST_NIGHT = datetime(2026, 11, 1, 1)
SAYS = ("甲", "乙", "丙")


def read(key: str, name: str, row: int) -> ReadRecord:
    listing = Listing(subject=Subject(kind=SubjectKind.PERSON, name=name), list="list")
    said = {**to_columns(listing), "warnings": [], "extra": {}}
    made = read_record_of(RecordKind.LISTING, key, said, "a.csv", row)
    return made._replace(row_digest=made.digest if row % 3 else b"")


def joined(items: Sequence[Item]) -> list[Item]:
    """Records that follow each other as one item."""
    found: list[Item] = []
    for kind, group in groupby(items, type):
        alike: list[Any] = list(group)
        found += [ReadRecords.joined(alike)] if kind is ReadRecords else alike
    return found


def write(engine: Engine, night: int, batches: Sequence[Sequence[Item]]) -> tuple[Counts, list[ReadRecord], bytes]:
    run = ledger.begin(engine, FIRST_NIGHT + timedelta(days=night), {})
    conflicts = []
    with writing(engine) as connection:
        writer = RecordWriter(connection, "source", RecordKind.LISTING, run, lambda _kind, _subject: ())
        for items in batches:
            conflicts += writer.write(items, whole=False)
    ledger.finish(engine, run, "done")
    return writer.counts, conflicts, writer.learnt.known(1).rows.tobytes()


BROUGHT = st.tuples(st.integers(0, 9), st.sampled_from((*SAYS, "gone", "held")))


@settings(max_examples=40, deadline=None)
@given(nights=st.lists(st.lists(BROUGHT, max_size=12), min_size=1, max_size=3))
def test_by_column_and_one_by_one(nights: list[list[tuple[int, str]]]) -> None:
    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        together, apart = sqlite_store(Path(first)), sqlite_store(Path(second))
        for night, brought in enumerate(nights):
            items: list[Item] = []
            for row, (number, says) in enumerate(brought):
                key = str(number)
                plain = ReadRecords.of(read(key, says, row))
                items.append({"gone": Gone(key), "held": Held(key)}.get(says, plain))
            assert write(together, night, [joined(items)]) == write(apart, night, [[item] for item in items])
        assert records(together) == records(apart)
        together.dispose()
        apart.dispose()


def records(engine: Engine) -> dict[str, Any]:
    return {table: rows for table, rows in contents(engine).items() if table in ("listing", "record_history")}


def test_of_many_only_those_met_before_are_looked_at_one_by_one(engine: Engine) -> None:
    write(engine, 0, [[ReadRecords.of(read("7", "甲", 1))]])
    rows = [read(str(number), "甲", number) for number in range(20)]
    many = ReadRecords.joined([ReadRecords.of(row) for row in rows])
    counts, conflicts, _ = write(engine, 1, [[many]])
    assert counts == Counts(added=19, unchanged=1)
    assert conflicts == []


@pytest.mark.parametrize("seed", range(5))
def test_entries_are_taken_apart_into_what_they_were_joined_of(seed: int) -> None:
    chance = random.Random(seed)
    rows = [read(str(n), chance.choice(SAYS), chance.randrange(9)) for n in range(chance.randrange(1, 9))]
    entries = ReadRecords.joined([ReadRecords.of(row) for row in rows])
    assert list(entries.apart()) == rows
    keys = {row.key for row in rows if chance.random() < 0.5}
    parts = list(entries.parts(keys))
    assert [entry for _, part in parts for entry in part.apart()] == rows
    assert all((entry.key in keys) == among for among, part in parts for entry in part.apart())


def test_what_all_say_alike_is_kept_once() -> None:
    same = [ReadRecords.of(read(str(n), "甲", n)) for n in range(3)]
    assert not any(isinstance(column, list) for column in ReadRecords.joined(same).values)
    several = ReadRecords.joined([*same, ReadRecords.of(read("3", "乙", 3))])
    assert [column for column in several.values if isinstance(column, list)] == [["甲", "甲", "甲", "乙"]]


def test_rows_without_a_digest_are_not_known() -> None:
    learnt = Learnt(NOTHING_KNOWN)
    learnt.read_new([b"a" * 16, b"", b"b" * 16], 5)
    assert sorted(learnt.known(1).rows["record"].tolist()) == [5, 7]
