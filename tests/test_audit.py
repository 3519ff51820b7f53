"""The audit log: what is chained, what tampering is found, who may write at once, and that nobody's number is in it."""

import multiprocessing
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, MetaData, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from credit_sync.errors import CreditSyncError
from credit_sync.store import audit, migrate
from credit_sync.store.audit import Action
from credit_sync.store.engine import connect, writing
from credit_sync.store.schema import audit as table
from tests.conftest import empty_postgresql
from tests.publishing import person_number

AT = datetime(2026, 3, 2, 9, 30)
ENTRIES = 5


def note(connection: Connection, number: int = 0, **values: Any) -> audit.Entry:
    given = {
        "at": AT + timedelta(minutes=number),
        "who": "甲",
        "action": Action.LOOKUP,
        "target": f"对象 {number}",
    }
    return audit.note(connection, **{**given, "detail": {"reason": "核查", "found": number}, **values})


@pytest.fixture
def filled(engine: Engine) -> Engine:
    with writing(engine) as connection:
        for number in range(ENTRIES):
            note(connection, number)
    return engine


@pytest.fixture
def unguarded(filled: Engine) -> Engine:
    """As for somebody who may change the database itself."""
    with writing(filled) as connection:
        if filled.dialect.name == "sqlite":
            for name in ("audit_no_update", "audit_no_delete"):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
    return filled


def found(engine: Engine, *heads: str) -> list[int]:
    """The entries at which something is wrong."""
    with engine.connect() as connection:
        return [problem.entry for problem in audit.verify(connection, heads).problems]


def heads(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(table.c.digest).order_by(table.c.id)))


def test_a_whole_log_verifies_and_every_earlier_head_is_in_it(filled: Engine) -> None:
    with filled.connect() as connection:
        whole = audit.verify(connection, heads(filled))
        assert (whole.entries, whole.problems) == (ENTRIES, ())
        assert whole.head == audit.head(connection) == heads(filled)[-1]
        assert len(set(heads(filled))) == ENTRIES


def test_an_empty_log_verifies(engine: Engine) -> None:
    assert found(engine) == []
    assert found(engine, "0" * 64) == [0]


TAMPERED: dict[str, Any] = {
    "at": "2026-03-02T09:30:59",
    "who": "乙",
    "action": "undo",
    "target": "对象",
    "detail": '{"found": 99, "reason": "核查"}',
    "digest": "0" * 64,
}


def after(engine: Engine, *changes: Any, kept: str = "") -> list[int]:
    """The entries at which something is wrong after changes that are then taken back."""
    with engine.connect() as connection, connection.begin() as transaction:
        for change in changes:
            connection.execute(change)
        problems = audit.verify(connection, [kept] if kept else ()).problems
        transaction.rollback()
    return [problem.entry for problem in problems]


def test_any_change_of_any_column_of_any_row_is_found(unguarded: Engine) -> None:
    kept = heads(unguarded)[-1]
    for row in range(1, ENTRIES + 1):
        for column, value in TAMPERED.items():
            change = table.update().where(table.c.id == row).values({column: value})
            assert after(unguarded, change)[0] == row, (row, column)
    assert found(unguarded, kept) == []


@pytest.mark.parametrize("column", ["at", "detail"])
def test_what_is_no_longer_readable_is_found_and_ends_in_a_sentence(unguarded: Engine, column: str) -> None:
    with writing(unguarded) as connection:
        connection.execute(table.update().where(table.c.id == 3).values({column: "破坏"}))
    assert found(unguarded) == [3]
    with unguarded.connect() as connection, pytest.raises(CreditSyncError, match="第 3 条已读不出来"):
        audit.entries(connection)


def test_a_deletion_is_found(unguarded: Engine) -> None:
    for row in range(1, ENTRIES):
        assert after(unguarded, table.delete().where(table.c.id == row)) == [row + 1]


def test_closing_the_gap_by_new_numbers_is_found(unguarded: Engine) -> None:
    for row in range(1, ENTRIES):
        moved = [table.update().where(table.c.id == n).values(id=n - 1) for n in range(row + 1, ENTRIES + 1)]
        assert after(unguarded, table.delete().where(table.c.id == row), *moved)[0] == row


def test_two_entries_that_changed_places_are_found(unguarded: Engine) -> None:
    for row in range(1, ENTRIES):
        moves = ((row, 99), (row + 1, row), (99, row + 1))
        swap = [table.update().where(table.c.id == old).values(id=new) for old, new in moves]
        assert after(unguarded, *swap)[0] == row


def test_an_entry_put_before_the_first_is_found(unguarded: Engine) -> None:
    with unguarded.connect() as connection:
        row = dict(connection.execute(select(table).where(table.c.id == 1)).mappings().one())
    assert after(unguarded, table.insert().values(**row | {"id": 0}))[0] == 0


def test_an_end_that_was_cut_off_is_found_by_a_head_kept_elsewhere_and_only_so(unguarded: Engine) -> None:
    kept = heads(unguarded)[-1]
    for left in range(ENTRIES):
        cut = table.delete().where(table.c.id > left)
        assert after(unguarded, cut) == []
        assert after(unguarded, cut, kept=kept) == [0]
    with writing(unguarded) as connection:
        connection.execute(table.delete().where(table.c.id > 2))
        for number in range(ENTRIES):
            note(connection, number)
    assert found(unguarded) == []
    assert found(unguarded, kept) == [0]


def test_a_log_written_anew_from_the_beginning_is_found_by_any_head_kept_elsewhere(unguarded: Engine) -> None:
    kept = heads(unguarded)[0]
    with writing(unguarded) as connection:
        connection.execute(table.delete())
        for number in range(ENTRIES):
            note(connection, number, who="乙")
    assert found(unguarded) == []
    assert found(unguarded, kept) == [0]


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x' WHERE id = 2", "DELETE FROM audit"])
def test_the_database_itself_refuses_changes(filled: Engine, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), writing(filled) as connection:
        connection.execute(text(statement))
    assert found(filled) == []


def test_postgresql_refuses_to_empty_the_table(filled: Engine) -> None:
    if filled.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DBAPIError, match="append-only"), writing(filled) as connection:
        connection.execute(text("TRUNCATE audit"))


def _write(url: Any, who: str, entries: int) -> None:
    engine = connect(url)
    for number in range(entries):
        with writing(engine) as connection:
            note(connection, number, who=who)
    engine.dispose()


def test_processes_that_write_at_once_make_one_chain(engine: Engine) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(engine.url, f"写手 {n}", 15)) for n in range(2)]
    for process in writers:
        process.start()
    for process in writers:
        process.join(60)
    assert [process.exitcode for process in writers] == [0, 0]
    with engine.connect() as connection:
        assert audit.verify(connection) == audit.Verification(30, audit.head(connection), ())
        assert len(audit.entries(connection, who="写手 1")) == 15


def test_who_writes_waits_for_an_entry_that_is_not_committed_yet(engine: Engine) -> None:
    written = threading.Event()

    def write() -> None:
        with writing(engine) as connection:
            note(connection, 2)
        written.set()

    with writing(engine) as connection:
        note(connection, 1)
        thread = threading.Thread(target=write)
        thread.start()
        assert not written.wait(0.2)
    thread.join(10)
    assert written.is_set()
    assert found(engine) == []


def test_an_entry_that_is_rolled_back_leaves_no_gap(filled: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(filled) as connection:
        note(connection, 9)
        raise ZeroDivisionError
    with writing(filled) as connection:
        assert note(connection, 10).id == ENTRIES + 1
    assert found(filled) == []


def test_numbers_of_persons_are_hidden_at_any_depth(engine: Engine) -> None:
    number = person_number("34010019000104001").value
    with writing(engine) as connection:
        made = note(
            connection,
            who=f"甲{number}",
            target=f"查 {number}",
            detail={
                "reason": [f"因{number}", {number: (number,)}],
                "found": 1,
                "at": AT.date(),
                "\x00": "a\x00\ud800b",
            },
        )
        [kept] = audit.entries(connection)
        raw = connection.execute(select(table)).one()
    assert number not in repr(raw)
    assert kept == made
    assert kept.detail["at"] == "2026-03-02"
    assert found(engine) == []


def test_entries_are_filtered(engine: Engine) -> None:
    with writing(engine) as connection:
        for number in range(4):
            note(connection, number)
        note(connection, 4, who="乙", action=Action.UPHOLD, target="预警 12_")

    def listed(**filters: Any) -> list[int]:
        with engine.connect() as connection:
            return [entry.id for entry in audit.entries(connection, **filters)]

    assert listed() == [1, 2, 3, 4, 5]
    assert listed(limit=2) == [4, 5]
    assert listed(who="甲", limit=1) == [4]
    assert listed(action="uphold") == [5]
    assert listed(target="预警 12") == [5]
    assert listed(target="_") == [5]
    assert listed(target="%") == []
    assert listed(since=AT + timedelta(minutes=3)) == [4, 5]
    assert listed(since=AT + timedelta(minutes=1), until=AT + timedelta(minutes=3)) == [2, 3]


@pytest.fixture
def before_audit(engine: Engine, tmp_path: Path) -> Iterator[Engine]:
    """A store of the version before, with two look-ups on record."""
    if engine.dialect.name == "postgresql":
        empty_postgresql(engine)
    else:
        engine = connect(URL.create("sqlite", database=str(tmp_path / "before.db")))
    with writing(engine) as connection:
        config = migrate.configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
    lookups = MetaData()
    lookups.reflect(engine, only=["lookup_record"])
    with writing(engine) as connection:
        for number, who in enumerate(("甲", "乙"), 1):
            values = {"id": number, "at": AT, "who": who, "query": "张三", "reason": "核查", "found": number}
            connection.execute(lookups.tables["lookup_record"].insert().values(**values, by_service=False))
    yield engine
    engine.dispose()


def test_look_ups_of_earlier_versions_begin_the_log(before_audit: Engine) -> None:
    migrate.upgrade(before_audit)
    with writing(before_audit) as connection:
        note(connection)
        kept = audit.entries(connection)
    assert [(e.id, e.at, e.who, e.action, e.target, e.detail) for e in kept[:2]] == [
        (1, AT, "甲", "lookup", "张三", {"found": 1, "reason": "核查"}),
        (2, AT, "乙", "lookup", "张三", {"found": 2, "reason": "核查"}),
    ]
    assert found(before_audit) == []
