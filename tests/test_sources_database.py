import os
import signal
import socket
import sqlite3
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import empty_postgresql
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL

from credit_sync.errors import SourceError
from credit_sync.settings import DatabaseSource
from credit_sync.shipped import shipped
from credit_sync.sources.connect import open_rows, probe
from credit_sync.sources.mapping import SourceMapping, load_mapping
from credit_sync.sources.plain import plain
from credit_sync.sources.rows import RawRow
from credit_sync.sources.values import UnreadableError, read_date, text_of

PULLED = datetime(2018, 12, 1, 3, 0)
MAPPING = SourceMapping.model_validate(
    {
        "title": "名单",
        "record": "listing",
        "list": "x",
        "key": ["number"],
        "fields": {"name": ["iname", "名称"], "number": "caseCode"},
    }
)
SINCE = datetime(2018, 11, 30, 12, 0)


def source(url: str, query: str, **options: Any) -> DatabaseSource:
    return DatabaseSource.model_validate(
        {"kind": "database", "mapping": "x", "url": url, "query": query} | options
    )


def pull(made: DatabaseSource, base: Path, since: datetime | None = None) -> list[Any]:
    return list(open_rows("debtors", made, MAPPING, base=base, since=since, pulled_at=PULLED))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    connection = sqlite3.connect(tmp_path / "old system.db")
    connection.executescript(
        """
        CREATE TABLE debtors (INAME TEXT, casecode TEXT, amount REAL, scan BLOB, changed TEXT);
        INSERT INTO debtors VALUES ('甲公司', '1', 1.5, x'ffd8ffe0', '2018-11-30 11:59:59');
        INSERT INTO debtors VALUES ('乙公司', '2', NULL, x'e4b999', '2018-11-30 12:00:00');
        INSERT INTO debtors VALUES ('', NULL, NULL, NULL, NULL);
        """
    )
    connection.close()
    return tmp_path


@pytest.fixture
def url(base: Path) -> str:
    return "sqlite:///old system.db"


def test_rows_of_sqlite(base: Path, url: str) -> None:
    first, second = pull(source(url, "SELECT * FROM debtors"), base)
    assert isinstance(first, RawRow)
    assert first.values == {
        "iname": "甲公司",
        "caseCode": "1",
        "amount": 1.5,
        "scan": "（二进制数据，4 字节）",
        "changed": "2018-11-30 11:59:59",
    }
    assert (first.origin.place, first.origin.row, second.origin.row) == ("查询结果", 1, 2)
    assert second.values["scan"] == "乙"


@pytest.mark.parametrize(("since", "expected"), [(None, ["甲公司", "乙公司"]), (SINCE, ["乙公司"])])
def test_since_in_sqlite(base: Path, url: str, since: datetime | None, expected: list[str]) -> None:
    query = "SELECT iname FROM debtors WHERE changed >= :since"
    assert [row.values["iname"] for row in pull(source(url, query), base, since)] == expected


@pytest.mark.parametrize(
    "query", ["DELETE FROM debtors RETURNING iname", "UPDATE debtors SET iname = 'x' RETURNING iname"]
)
def test_sqlite_is_read_only(base: Path, url: str, query: str) -> None:
    before = (base / "old system.db").read_bytes()
    with pytest.raises(SourceError, match="readonly"):
        pull(source(url, query), base)
    assert (base / "old system.db").read_bytes() == before
    assert [path.name for path in base.iterdir()] == ["old system.db"]


@pytest.mark.parametrize(
    ("given_url", "query", "reason"),
    [
        ("sqlite:///none.db", "SELECT 1", "找不到数据库文件 none.db"),
        ("sqlite:///old system.db", "SELECT iname FROM nowhere", "no such table: nowhere"),
        ("sqlite:///old system.db", "SELECT iname FRM debtors x", "syntax error"),
        ("sqlite:///old system.db", "SELECT iname FROM debtors WHERE iname = :who", ":who 没有值"),
        ("sqlite:///old system.db", "SELECT iname AS a, casecode AS b FROM debtors", "a、b"),
        ("sqlite:///broken.db", "SELECT iname FROM debtors", "not a database"),
        ("nosuch://host/db", "SELECT 1", r"没有安装数据库驱动 nosuch.*pip install"),
        ("postgresql+psycopg://tester@127.0.0.1:1/db", "SELECT 1 AS iname", "127.0.0.1/db"),
    ],
)
def test_unusable(base: Path, url: str, given_url: str, query: str, reason: str) -> None:
    (base / "broken.db").write_bytes(b"no database at all" * 100)
    made = source(given_url, query)
    with pytest.raises(SourceError, match=reason):
        pull(made, base)
    with pytest.raises(SourceError, match=reason):
        probe("debtors", made, MAPPING, base=base)
    assert sorted(path.name for path in base.iterdir()) == ["broken.db", "old system.db"]


def test_probe(base: Path, url: str) -> None:
    made = source(url, "SELECT iname, casecode FROM debtors WHERE changed > :since ORDER BY iname;")
    assert probe("debtors", made, MAPPING, base=base) == "数据库可以连接，查询有 2 列，对照文件认得其中 2 个字段"


@pytest.mark.parametrize(
    ("columns", "told"),
    [("'甲' AS 单位, '李四' AS 法定代表人", "其中没有 名称（"), ("'甲' AS 单位名称", "认得其中 4 个字段")],
)
def test_a_column_that_only_another_part_of_the_row_has_is_missing(base: Path, columns: str, told: str) -> None:
    """The legal representative is an applicant of his own, but only where the row gives his number."""
    parts = load_mapping(shipped("mappings"), "science_management_applicants")
    made = source(
        "sqlite:///old system.db", f"SELECT '1' AS 项目编号, 'x' AS 项目名称, '申报单位' AS 角色, {columns}"
    )
    try:
        said = probe("management", made, parts, base=base)
    except SourceError as error:
        said = str(error)
    assert told in said


def test_no_password_in_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P", "geheim-4711")
    made = source("postgresql+psycopg://tester@127.0.0.1:1/db", "SELECT 1", password_env="P")
    with pytest.raises(SourceError) as error:
        pull(made, tmp_path)
    assert "geheim" not in str(error.value)
    monkeypatch.delenv("P")
    with pytest.raises(SourceError, match="缺少密钥 P"):
        pull(made, tmp_path)


def test_postgresql(postgresql_url: URL, tmp_path: Path) -> None:
    engine = create_engine(postgresql_url)
    empty_postgresql(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE SEQUENCE counter"))
        connection.execute(
            text('CREATE TABLE debtors ("名称" text, amount numeric(9, 2), day date, changed timestamp)')
        )
        connection.execute(
            text(
                "INSERT INTO debtors SELECT '公司' || n, 1.50, date '2018-11-30', timestamp '2018-11-30 11:00' + "
                "n * interval '1 hour' FROM generate_series(1, 2500) AS n"
            )
        )
    url = postgresql_url.render_as_string()
    query = 'SELECT "名称", amount, day::date FROM debtors'
    identified = query.replace("amount", 'amount AS "caseCode"')
    rows = pull(source(url, query), tmp_path)
    assert len(rows) == 2500
    assert rows[0].values == {"名称": "公司1", "amount": Decimal("1.50"), "day": date(2018, 11, 30)}
    assert (
        len(pull(source(url, f"{query} WHERE changed >= :since"), tmp_path, datetime(2018, 12, 1, 0, 0))) == 2488
    )
    assert len(pull(source(url, f"{query} WHERE changed >= :since"), tmp_path)) == 2500
    assert "3 列" in probe("debtors", source(url, identified), MAPPING, base=tmp_path)
    with pytest.raises(SourceError, match="read-only"):
        pull(source(url, "SELECT nextval('counter') AS iname"), tmp_path)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT is_called FROM counter")).scalar() is False
    engine.dispose()


def test_a_day_that_postgresql_alone_has_is_the_rows_fault(postgresql_url: URL, tmp_path: Path) -> None:
    days = "('甲', 'infinity'), ('乙', '2018-11-30'), ('丙', '0044-03-15 BC'), ('丁', '-infinity')"
    query = (
        "SELECT iname, day::date, day::timestamp AS at, day::timestamptz AS moment "
        f"FROM (VALUES {days}) AS v(iname, day)"
    )
    made = source(postgresql_url.render_as_string(), query)
    rows = [row.values for row in pull(made, tmp_path)]
    assert [row["iname"] for row in rows] == ["甲", "乙", "丙", "丁"]
    assert (rows[0]["day"], rows[0]["at"], rows[0]["moment"]) == ("infinity",) * 3
    assert (rows[1]["day"], rows[1]["at"]) == (date(2018, 11, 30), datetime(2018, 11, 30))
    assert (rows[2]["day"], rows[3]["at"]) == ("0044-03-15 BC", "-infinity")
    for odd in ("infinity", "0044-03-15 BC", "-infinity"):
        with pytest.raises(UnreadableError, match="日期"):
            read_date(odd)


def test_a_query_that_takes_longer_than_the_server_allows(postgresql_url: URL, tmp_path: Path) -> None:
    limited = postgresql_url.update_query_dict({"options": "-c statement_timeout=50"}).render_as_string()
    told = "没有在时限内给出数据.*并请对方放宽本账号的时限"
    with pytest.raises(SourceError, match=told):
        pull(source(limited, "SELECT pg_sleep(5)::text AS iname"), tmp_path)


@pytest.mark.parametrize("server", ["postgresql_url", "mariadb_url"])
def test_moments_are_those_of_china_wherever_the_server_thinks_it_is(
    server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """`:since` is, and so are days: what changed in the first hours after the last pull would otherwise never come."""
    url: URL = request.getfixturevalue(server)
    postgresql = url.get_backend_name() == "postgresql"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS moments"))
        connection.execute(text("SET TIME ZONE 'Asia/Shanghai'" if postgresql else "SET time_zone = '+08:00'"))
        moment = "timestamptz" if postgresql else "timestamp"
        connection.execute(text(f"CREATE TABLE moments (iname varchar(9), changed {moment} NOT NULL)"))
        rows = "('甲', '2018-11-30 11:59:59'), ('乙', '2018-11-30 12:00:00'), ('丙', '2018-12-01 00:00:00')"
        connection.execute(text(f"INSERT INTO moments VALUES {rows}"))
    elsewhere = [
        "ALTER DATABASE postgres SET timezone = 'America/New_York'",
        "ALTER DATABASE postgres RESET timezone",
    ]
    if not postgresql:
        elsewhere = ["SET GLOBAL time_zone = '-05:00'", "SET GLOBAL time_zone = 'SYSTEM'"]
    _execute(engine, elsewhere[0])
    try:
        made = source(
            url.render_as_string(), "SELECT iname, changed FROM moments WHERE changed >= :since ORDER BY 2"
        )
        found = pull(made, tmp_path, SINCE)
    finally:
        _execute(engine, elsewhere[1])
        engine.dispose()
    assert [row.values["iname"] for row in found] == ["乙", "丙"]
    assert read_date(text_of(plain(found[1].values["changed"]))) == date(2018, 12, 1)


@pytest.mark.parametrize("server", ["postgresql_url", "mariadb_url"])
def test_a_table_that_somebody_holds_is_not_waited_for_without_end(
    server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The night would never come to screening, and the next one would not begin."""
    url: URL = request.getfixturevalue(server)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS held"))
        connection.execute(text("CREATE TABLE held (iname varchar(9))"))
    with engine.begin() as holder:
        postgresql = url.get_backend_name() == "postgresql"
        holder.execute(text("LOCK TABLE held" if postgresql else "LOCK TABLES held WRITE"))
        with pytest.raises(
            SourceError, match=r"没有在时限内给出数据（timeout_seconds 为 1 秒.*表可能正被占用，请对方检查"
        ):
            pull(source(url.render_as_string(), "SELECT iname FROM held", timeout_seconds=1), tmp_path)
        if not postgresql:
            holder.execute(text("UNLOCK TABLES"))
    assert pull(source(url.render_as_string(), "SELECT iname FROM held", timeout_seconds=1), tmp_path) == []
    engine.dispose()


def test_a_server_that_says_nothing_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mysql+pymysql://tester@127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(SourceError, match="没有在时限内给出数据"):
            pull(source(url, "SELECT 1 AS iname", timeout_seconds=1), tmp_path)


def test_a_server_that_is_frozen_is_not_waited_for_without_end(postgresql_url: URL, tmp_path: Path) -> None:
    """Its own limit is frozen with it, and its machine says that the connection is well."""
    query = "SELECT pg_backend_pid() AS iname FROM generate_series(1, 3000)"
    made = source(postgresql_url.render_as_string(), query, timeout_seconds=1)
    rows = open_rows("debtors", made, MAPPING, base=tmp_path, since=None, pulled_at=PULLED)
    server = int(next(rows).values["iname"])  # type: ignore[union-attr]
    os.kill(server, signal.SIGSTOP)
    try:
        with pytest.raises(SourceError, match="没有在时限内给出数据"):
            list(rows)
    finally:
        os.kill(server, signal.SIGCONT)


def test_of_a_database_without_an_encoding_somebody_has_to_say_how_it_is_written(
    postgresql_url: URL, tmp_path: Path
) -> None:
    engine = create_engine(postgresql_url)
    _execute(engine, "DROP DATABASE IF EXISTS bytes_only")
    _execute(
        engine, "CREATE DATABASE bytes_only ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    engine.dispose()
    url = postgresql_url.set(database="bytes_only")
    query = f"SELECT convert_from(decode('{'屈怀瑾'.encode('gb18030').hex()}', 'hex'), 'SQL_ASCII') AS iname"
    with pytest.raises(SourceError, match="没有字符集") as error:
        pull(source(url.render_as_string(), query), tmp_path)
    assert "?client_encoding=gb18030" in str(error.value)
    written = url.update_query_dict({"client_encoding": "gb18030"}).render_as_string()
    assert [row.values["iname"] for row in pull(source(written, query), tmp_path)] == ["屈怀瑾"]


def _execute(engine: Engine, statement: str) -> None:
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(statement))
