"""Rows written in bulk are in the table as they were given, however many there are and whatever they have in common."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from credit_sync.store.brought_keys import BroughtKeys
from credit_sync.store.bulk import BulkInsert
from credit_sync.store.engine import writing
from credit_sync.store.schema import subject_key

COLUMNS = ("record", "key", "record_id")


def written(engine: Engine, *rows: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """What the emptied table holds after them."""
    with writing(engine) as connection:
        connection.execute(subject_key.delete())
        BulkInsert(connection, subject_key, COLUMNS)(len(rows), list(zip(*rows, strict=True)))
        c = subject_key.c
        return [tuple(row) for row in connection.execute(select(c.record, c.key, c.record_id).order_by(c.key))]


@pytest.mark.parametrize("count", [1, 2, 332, 333, 334, 498, 499, 998, 999, 5000])
@pytest.mark.parametrize("alike", [0, 1, 2])
def test_any_number_of_rows(engine: Engine, count: int, alike: int) -> None:
    rows = [("listing" if alike > 0 or n % 2 else "applicant", n, 7 if alike > 1 else n + 1) for n in range(count)]
    assert written(engine, *rows) == rows


WILD = ("listing", "a'b", "1", "", "名?1", "\\N", "\\", "\t", "a\nb\r", "\\.")
ROW = st.tuples(st.sampled_from(WILD), st.integers(0, 9), st.integers(0, 2))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=8, unique_by=lambda row: row[1]))
def test_any_rows(engine: Engine, rows: list[tuple[Any, ...]]) -> None:
    assert written(engine, *rows) == sorted(rows, key=lambda row: row[1])


def test_a_refused_row_undoes_all(engine: Engine) -> None:
    kept = [("listing", 1, 1)]
    written(engine, *kept)
    with pytest.raises(DBAPIError), writing(engine) as connection:
        rows = [("listing", n, 1) for n in (5, 4, 3, 2, 1)]
        BulkInsert(connection, subject_key, COLUMNS)(len(rows), list(zip(*rows, strict=True)))
    with engine.connect() as connection:
        c = subject_key.c
        assert [tuple(row) for row in connection.execute(select(c.record, c.key, c.record_id))] == kept


@given(batches=st.lists(st.sets(st.text(max_size=3), max_size=20), max_size=8))
def test_every_key_that_came_before_is_told(batches: list[set[str]]) -> None:
    brought, came = BroughtKeys(), set[str]()
    for keys in batches:
        assert keys & came <= set(brought.maybe(keys)) <= keys
        came |= keys


def test_few_keys_are_told_for_nothing() -> None:
    brought = BroughtKeys()
    brought.maybe([str(n) for n in range(10_000)])
    assert len(brought.maybe([str(n) for n in range(10_000, 20_000)])) < 100
    assert brought.maybe(["7", "8"]) == ["7", "8"]
