"""Opening the store, its transactions, and the lock of a run."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from credit_sync.cli.exit_codes import EXIT_FAILED
from credit_sync.cli.failures import explain_failure
from credit_sync.errors import BusyError, CreditSyncError, StoreError
from credit_sync.settings import Settings
from credit_sync.store import ledger, schema
from credit_sync.store.audit import note, verify
from credit_sync.store.engine import connect, explain, open_engine, rehearsing, writing
from credit_sync.store.lock import run_lock
from credit_sync.store.probe import probe_store
from tests.stores import postgresql_store

NIGHT = datetime(2018, 11, 30, 2, 0)


def test_open_engine_makes_the_folder(tmp_path: Path) -> None:
    content = {
        "store": {"url": "sqlite:///var/deep/store.db"},
        "sources": {"a": {"kind": "file", "mapping": "m", "folder": "."}},
    }
    settings = Settings.model_validate(content).model_copy(update={"base": tmp_path})
    engine = open_engine(settings)
    with engine.connect() as connection:
        names = ("journal_mode", "foreign_keys", "page_size")
        pragmas = [connection.scalar(text(f"PRAGMA {name}")) for name in names]
    assert pragmas == ["wal", 1, 8192]
    assert (tmp_path / "var" / "deep" / "store.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hidden-word@127.0.0.1:1/credit",
        "postgresql+psycopg://user:hidden-word@host.invalid/credit",
        "mysql://user:hidden-word@127.0.0.1/credit",
    ],
)
def test_an_unreachable_store_is_explained_without_password(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        connect(make_url(url))
    assert "hidden-word" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("这不是数据库" * 100, encoding="utf-8")
    with pytest.raises(StoreError, match="连不上数据库"):
        connect(URL.create("sqlite", database=str(tmp_path / "note.txt")))
    with pytest.raises(StoreError, match="建不了数据库文件夹"):
        connect(URL.create("sqlite", database=str(tmp_path / "note.txt" / "x.db")))


def test_database_errors_do_not_show_values(engine: Engine) -> None:
    values = {"id": 1, "as_of": NIGHT, "status": "340100190001040017", "options": {}, "attempts": 1}
    with pytest.raises(DBAPIError) as caught, engine.begin() as connection:  # started_at is missing
        connection.execute(schema.run.insert().values(**values))
    assert "340100190001040017" not in explain(caught.value)
    assert "340100190001040017" not in str(caught.value).split("DETAIL")[0]


def test_writing_rolls_back_everything_even_tables(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:
        connection.execute(text("CREATE TABLE extra (id INTEGER)"))
        connection.execute(schema.question_listing.insert().values(source="s", digest="d", listing_id=1))
        raise ZeroDivisionError
    with engine.connect() as connection:
        assert connection.scalars(select(schema.question_listing.c.source)).all() == []
        with pytest.raises(Exception, match="extra"):
            connection.execute(text("SELECT * FROM extra"))


def test_readers_see_the_committed_state_while_another_writes(engine: Engine) -> None:
    with writing(engine) as writer:
        writer.execute(schema.question_listing.insert().values(source="s", digest="d", listing_id=1))
        with engine.connect() as reader:
            assert reader.scalars(select(schema.question_listing.c.source)).all() == []
    with engine.connect() as reader:
        assert reader.scalars(select(schema.question_listing.c.source)).all() == ["s"]


def test_a_reader_sees_one_moment(engine: Engine) -> None:
    """A night that commits between two queries of a page does not give it half of before and half of after."""
    with engine.connect() as reader:
        assert reader.scalars(select(schema.question_listing.c.source)).all() == []
        with writing(engine) as writer:
            writer.execute(schema.question_listing.insert().values(source="s", digest="d", listing_id=1))
        assert reader.scalars(select(schema.question_listing.c.source)).all() == []
    with writing(engine) as writer:
        assert writer.scalars(select(schema.question_listing.c.source)).all() == ["s"]


def test_who_writes_goes_on_with_what_was_written_while_he_waited(engine: Engine) -> None:
    """Officers at the log and at one flag: the second one works upon what the first one has committed."""

    def add(what: str) -> None:
        with writing(engine) as connection:
            note(connection, at=NIGHT, who="a", action="lookup", target=what, detail={})

    with ThreadPoolExecutor(4) as officers:
        list(officers.map(add, map(str, range(40))))
    with engine.connect() as reader:
        assert verify(reader).entries == 40
        assert verify(reader).problems == ()


def test_of_a_rehearsal_nothing_is_kept(engine: Engine) -> None:
    with rehearsing(engine) as connection:
        note(connection, at=NIGHT, who="a", action="lookup", target="b", detail={})
        assert verify(connection).entries == 1
    with engine.connect() as reader:
        assert verify(reader).entries == 0


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "EUC_CN", "LATIN1"])
def test_a_database_that_lacks_characters_is_refused(postgresql_url: URL, encoding: str) -> None:
    """Python would take bytes for texts, or find out with the first name of a night."""
    made = f"CREATE DATABASE lacking ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    _as_administrator(postgresql_url, "DROP DATABASE IF EXISTS lacking", made)
    with pytest.raises(StoreError, match=f"字符集是 {encoding}") as raised:
        connect(postgresql_url.set(database="lacking"))
    assert "ENCODING 'UTF8'" in raised.value.remedy


def test_another_encoding_of_the_account_changes_nothing(store: Engine, postgresql_url: URL) -> None:
    """Documents go as UTF-8 whatever is set: of 张三 the server would make three other characters."""
    _as_administrator(postgresql_url, "ALTER DATABASE store SET client_encoding = 'GB18030'")
    other = connect(store.url)
    ledger.begin(other, NIGHT, {"only": "张三"})
    with other.connect() as connection:
        assert connection.scalar(select(schema.run.c.options)) == {"only": "张三"}
    with store.connect() as connection:
        assert connection.scalar(select(schema.run.c.options)) == {"only": "张三"}
    other.dispose()


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "in use"])
def test_check_says_before_the_night_that_it_may_not_write(postgresql_url: URL, filled: bool) -> None:
    """An account that may only read, a standby: and what was tried is not there afterwards."""
    postgresql_store(postgresql_url).dispose()
    template = "store" if filled else "template0"
    _as_administrator(
        postgresql_url,
        "DROP DATABASE IF EXISTS tried",
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN",
        f"CREATE DATABASE tried TEMPLATE {template}",
    )
    owners = postgresql_url.set(drivername="postgresql", database="tried")
    rights = "REVOKE CREATE ON SCHEMA public FROM PUBLIC", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"
    _as_administrator(owners.set(drivername="postgresql+psycopg"), *rights)
    with pytest.raises(StoreError, match="写不进数据库：permission denied for"):
        probe_store(_settings_of(owners.set(username="reader")))
    assert "可用" in probe_store(_settings_of(owners))
    if filled:  # as after a backup was restored as somebody else: most tables are the account's, one is not
        right = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO reader"
        besides = ("REVOKE INSERT ON match FROM reader", "REVOKE ALL ON submission FROM reader")
        _as_administrator(owners.set(drivername="postgresql+psycopg"), right, *besides)
        with pytest.raises(StoreError, match="没有读写权限的表：match、submission"):
            probe_store(_settings_of(owners.set(username="reader")))
    assert "可用" in probe_store(_settings_of(owners))
    _as_administrator(postgresql_url, "ALTER DATABASE tried SET default_transaction_read_only = on")
    with pytest.raises(StoreError, match=r"写不进数据库：cannot execute .* in a read-only transaction"):
        probe_store(_settings_of(owners))


def _settings_of(url: URL) -> Settings:
    sources = {"a": {"kind": "file", "mapping": "m", "folder": "."}}
    return Settings.model_validate({"sources": sources, "store": {"url": url.render_as_string()}})


def _as_administrator(server: URL, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


HOLDER = """
import sys, time
from sqlalchemy.engine import make_url
from credit_sync.store.engine import connect
from credit_sync.store.lock import run_lock
from credit_sync.store.probe import probe_store
from tests.stores import postgresql_store

with run_lock(connect(make_url(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_run_at_a_time_until_its_holder_dies(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError), run_lock(engine):
            pass
        holder.kill()
        holder.wait()
    _acquire_within_a_minute(engine)
    with run_lock(engine):
        pass


def _acquire_within_a_minute(engine: Engine) -> None:
    """The server needs a moment to notice that its client has died."""
    for _ in range(600):
        try:
            with run_lock(engine):
                return
        except BusyError:
            subprocess.run(["sleep", "0.1"], check=True)
    pytest.fail("the lock outlived its holder")


@pytest.fixture
def store(postgresql_url: URL) -> Iterator[Engine]:
    made = postgresql_store(postgresql_url)
    yield made
    made.dispose()


def _cut_the_lock(server: URL) -> None:
    """As a firewall does that forgets connections on which nothing is said, or an administrator."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    held = "FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory' AND datname = 'store'"
    with engine.connect() as administrator:
        assert administrator.scalar(text(f"SELECT count(*) {held}")) == 1
        assert administrator.scalar(text(f"SELECT pg_terminate_backend(pid, 60000) {held}"))
    engine.dispose()


def test_a_run_ends_well_though_the_connection_of_its_lock_was_cut(store: Engine, postgresql_url: URL) -> None:
    with run_lock(store):
        run = ledger.begin(store, NIGHT, {})
        ledger.finish(store, run, "done")
        _cut_the_lock(postgresql_url)
    with run_lock(store):
        pass


def test_a_lock_that_was_cut_is_taken_again_before_anything_is_written(store: Engine, postgresql_url: URL) -> None:
    other = connect(store.url)
    with run_lock(store):
        run = ledger.begin(store, NIGHT, {})
        note_stage(store, run)
        _cut_the_lock(postgresql_url)
        note_stage(store, run)
        with pytest.raises(BusyError), run_lock(other):
            pass
    other.dispose()


def test_a_connection_that_is_cut_is_told_with_what_to_do(store: Engine, postgresql_url: URL) -> None:
    administrator = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with store.connect() as connection, administrator.connect() as other:
        number = connection.scalar(text("SELECT pg_backend_pid()"))
        assert other.scalar(text("SELECT pg_terminate_backend(:number, 60000)"), {"number": number})
        with pytest.raises(DBAPIError) as cut:
            connection.scalar(text("SELECT 1"))
    message, code = explain_failure(cut.value)
    assert "（与数据库的连接断了：请检查数据库服务和网络，恢复后再运行，做完的不会重做）" in message
    assert code == EXIT_FAILED
    administrator.dispose()


def test_connections_that_are_all_taken_are_told_with_what_to_do(store: Engine, postgresql_url: URL) -> None:
    with store.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP ROLE IF EXISTS crowded"))
        connection.execute(text("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0"))
    try:
        with pytest.raises(StoreError) as refused:
            connect(postgresql_url.set(username="crowded"))
        failed = create_engine(postgresql_url.set(username="crowded"))
        with pytest.raises(DBAPIError) as later:
            failed.connect()
    finally:
        with store.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("DROP ROLE crowded"))
    for error in (refused.value, later.value):
        message, _ = explain_failure(error)
        assert message.endswith(
            "（数据库的连接数已用完：请数据库管理员放宽上限（max_connections，或账号的 CONNECTION LIMIT）后再运行）"
        )


@pytest.mark.parametrize("still", [True, False], ids=["still at work", "over"])
def test_beside_another_run_nothing_is_written_after_the_lock_was_cut(
    store: Engine, postgresql_url: URL, still: bool
) -> None:
    other = connect(store.url)
    with run_lock(store), ExitStack() as at_work:
        run = ledger.begin(store, NIGHT, {})
        note_stage(store, run)
        _cut_the_lock(postgresql_url)
        at_work.enter_context(run_lock(other))
        assert ledger.begin(other, NIGHT, {}) == run
        if not still:
            at_work.close()
        for _ in range(2):
            with pytest.raises(CreditSyncError, match="失去了运行锁"):
                note_stage(store, run)
    with run_lock(other):
        pass
    other.dispose()


def note_stage(engine: Engine, run: ledger.Run) -> None:
    with writing(engine) as connection:
        ledger.stage_done(connection, run, "report", "", {})


def test_an_unfinished_run_goes_on_the_same_day(engine: Engine) -> None:
    first = ledger.begin(engine, NIGHT, {"only": None})
    with writing(engine) as connection:
        ledger.stage_failed(connection, first, "pull", "b", "连不上")
        ledger.stage_done(connection, first, "pull", "a", {"pulled": 3})
    again = ledger.begin(engine, NIGHT.replace(hour=9), {"only": None})
    assert again == first
    with engine.connect() as connection:
        assert ledger.finished_parts(connection, again, "pull") == {"a"}
        assert ledger.finished_parts(connection, again, "screen") == frozenset()
        assert connection.scalar(select(schema.run.c.attempts)) == 2
    ledger.finish(engine, again, "done")
    assert ledger.begin(engine, NIGHT.replace(hour=10), {"only": None}).id == 2


@pytest.mark.parametrize(("as_of", "options"), [(NIGHT.replace(day=29), {}), (NIGHT, {"only": "pull"})])
def test_another_day_or_other_options_start_a_new_run(
    engine: Engine, as_of: datetime, options: dict[str, str]
) -> None:
    ledger.begin(engine, NIGHT, {})
    assert ledger.begin(engine, as_of, options) == ledger.Run(2, as_of)
    with engine.connect() as connection:
        states = connection.scalars(select(schema.run.c.status).order_by(schema.run.c.id)).all()
    assert states == ["abandoned", "running"]


def test_a_failed_part_that_succeeds_later_is_done(engine: Engine) -> None:
    run = ledger.begin(engine, NIGHT, {})
    with writing(engine) as connection:
        ledger.stage_failed(connection, run, "pull", "a", "连不上")
    with writing(engine) as connection:
        ledger.stage_done(connection, run, "pull", "a", {"pulled": 1})
        row = connection.execute(select(schema.stage)).one()
    assert (row.status, row.problem, row.counts) == ("done", "", {"pulled": 1})
