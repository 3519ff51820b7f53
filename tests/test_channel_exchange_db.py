"""Rows in a front-end exchange database, on PostgreSQL and MariaDB: whole, once, and answered."""

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import DateTime, Engine, MetaData, Numeric, String, create_engine, select, text, update
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import URL
from structlog.testing import capture_logs

from credit_sync.channel_settings import ExchangeDbChannel
from credit_sync.errors import CreditSyncError
from credit_sync.interfaces.database import connected
from credit_sync.publishing import publish as stage
from credit_sync.publishing.batches import submitted_in
from credit_sync.publishing.by_hand import send_again
from credit_sync.publishing.channels import open_channel
from credit_sync.publishing.channels.channel import Batch
from credit_sync.publishing.channels.exchange_db.mapping import load_exchange
from credit_sync.publishing.outbox import Action
from credit_sync.publishing.probe import probe
from credit_sync.publishing.publish import publish
from credit_sync.publishing.standard import load_standard
from credit_sync.pulling.leaving import rename
from credit_sync.records import RecordKind
from credit_sync.settings import Settings
from credit_sync.store.counts import Counts
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.orders import Order
from credit_sync.store.schema import batch, submission
from credit_sync.store.versions import PulledSource, add_version
from tests.exchange import Arrives, line_cut_at_commit, make_tables, rows
from tests.publishing import LICENCE, MAPPINGS, ORGANISATION, PENALTY, PERSON, many, settings, store_record
from tests.stores import sqlite_store

FIRST, SECOND, THIRD = (
    Run(n, datetime(2018, 11, 29 + n, 2) if n < 2 else datetime(2018, 12, n, 2)) for n in (1, 2, 3)
)
LICENCES, PENALTIES = "L_KJ_XZXK_2018", "L_KJ_XZCF_2018"


@dataclass
class Site:
    """A department with its store, and the exchange database it reports to."""

    settings: Settings
    store: Engine
    url: URL
    tables: MetaData

    def publish(self, run: Run, url: URL | None = None) -> Any:
        """One night's publishing, over another line if need be."""
        channel = self.settings.channels["anhui"].model_copy(update={"url": str(url or self.url)})
        site = self.settings.model_copy(update={"channels": {"anhui": channel}})
        return publish(self.store, site, run)["anhui"]

    def store_all(self, *records: Any) -> None:
        with writing(self.store) as connection:
            for number, record in enumerate(records, 1):
                store_record(connection, number, record)

    def rows(self, table: str = LICENCES) -> list[dict[str, Any]]:
        return rows(self.url, self.tables.tables[table])

    def execute(self, statement: str) -> None:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def states(self) -> list[tuple[str, str, str]]:
        """State, reason and platform's number of every submission."""
        with self.store.connect() as connection:
            columns = (submission.c.state, submission.c.reason, submission.c.platform_id)
            return [tuple(row) for row in connection.execute(select(*columns).order_by(submission.c.id))]


@pytest.fixture(params=["postgresql_url", "mariadb_url"])
def url(request: pytest.FixtureRequest) -> URL:
    found: URL = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def site(url: URL, tmp_path: Path) -> Iterator[Site]:
    """The 2018 layout, a row for every hand-over."""
    yield from make_site(url, tmp_path)


@pytest.fixture
def site_of_records(url: URL, tmp_path: Path) -> Iterator[Site]:
    """The same, one row per record."""
    yield from make_site(url, tmp_path, ('one_per = "submission"', 'one_per = "record"'))


def make_site(url: URL, folder: Path, *changes: tuple[str, str], **types: Any) -> Iterator[Site]:
    made = configured(url, folder, *changes)
    mappings = made.mappings
    tables = make_tables(url, load_exchange(mappings, "anhui_2018"), load_standard(mappings, "2018"), **types)
    store = sqlite_store(folder)
    yield Site(made, store, url, tables)
    store.dispose()


def configured(url: URL, folder: Path, *changes: tuple[str, str]) -> Settings:
    """A channel to the database, by the 2018 layout with changes."""
    mappings = folder / "mappings"
    shutil.copytree(MAPPINGS / "credit_anhui", mappings / "credit_anhui")
    (mappings / "exchange").mkdir()
    layout = (MAPPINGS / "exchange" / "anhui_2018.toml").read_text("utf-8")
    for old, new in changes:
        assert old in layout
        layout = layout.replace(old, new)
    (mappings / "exchange" / "anhui_2018.toml").write_text(layout, "utf-8")
    channel = ExchangeDbChannel(
        kind="exchange_db", url=str(url), mapping="anhui_2018", standard="2018", timeout_seconds=2
    )
    return settings(folder, anhui=channel).model_copy(update={"mappings": mappings})


# --- what is written ----------------------------------------------------------------------------------------


def test_rows_arrive_whole_and_typed(site: Site) -> None:
    person = replace(
        LICENCE, subject=PERSON, document_number="皖科动许〔2018〕2号", licence_number="SYXK(皖)2018-002"
    )
    site.store_all(LICENCE, PENALTY, person)
    assert site.publish(FIRST).sent == 3
    first, second = site.rows()
    assert first["XK_XDR_MC"] == "合肥青檀实验动物有限公司"
    assert first["XK_JDRQ"] == date(2018, 11, 26)
    assert (first["CHANGE_FLAG"], first["XYPTBATCHNO"], first["XYPTSTATE"]) == ("1", 1, "0")
    assert (first["XYPT_TIME_DXP"], first["IFLYTEK_JHSJ"]) == (FIRST.as_of, "20181130020000")
    assert first["XK_XDR_SWDJ"] is None
    assert first["XYPTBATCHGUID"] == second["XYPTBATCHGUID"] and first["XYPTGUID"] != second["XYPTGUID"]
    assert second["XK_XDR_ZJHM"] == PERSON.identifiers[0].value
    (penalty,) = site.rows(PENALTIES)
    assert (penalty["CF_NR_FK"], penalty["CF_NR_WFFF"]) == (Decimal("0.4"), Decimal("0.2"))


def test_every_hand_over_is_a_row_of_its_own(site: Site) -> None:
    corrected_and_withdrawn(site)
    found = [(row["XK_NR"], row["CHANGE_FLAG"], row["XYPTBATCHNO"]) for row in site.rows()]
    assert found == [(LICENCE.content, "1", 1), ("普通环境（兔）", "2", 2), ("普通环境（兔）", "3", 3)]
    assert len({row["XYPTGUID"] for row in site.rows()}) == 3


def test_or_overwrites_the_row_of_its_record(site_of_records: Site) -> None:
    site = site_of_records
    corrected_and_withdrawn(site)
    (row,) = site.rows()
    assert (row["XK_NR"], row["CHANGE_FLAG"], row["XYPTBATCHNO"]) == ("普通环境（兔）", "3", 3)
    assert row["XYPT_TIME_DXP"] == THIRD.as_of


def corrected_and_withdrawn(site: Site) -> None:
    site.store_all(LICENCE)
    site.publish(FIRST)
    site.store_all(replace(LICENCE, content="普通环境（兔）"))
    site.publish(SECOND)
    with writing(site.store) as connection:
        store_record(connection, 1, replace(LICENCE, content="普通环境（兔）"), removed_at=THIRD.as_of)
    site.publish(THIRD)
    with writing(site.store) as connection:  # a person lets the withdrawal go
        connection.execute(submission.update().where(submission.c.state == "held").values(state="pending"))
    site.publish(Run(4, THIRD.as_of))


def test_the_layout_of_2016_with_the_columns_of_anhui(url: URL, tmp_path: Path) -> None:
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    edition = tmp_path / "mappings" / "credit_anhui" / "2016.toml"
    edition.write_text(edition.read_text("utf-8").replace('constant = ""', 'constant = "340000-1"'), "utf-8")
    layout = load_exchange(tmp_path / "mappings", "anhui")
    tables = make_tables(url, layout, load_standard(tmp_path / "mappings", "2016"))
    channel = ExchangeDbChannel(kind="exchange_db", url=str(url), mapping="anhui", standard="2016")
    made = settings(tmp_path, anhui=channel).model_copy(update={"mappings": tmp_path / "mappings"})
    store = sqlite_store(tmp_path)
    site = Site(made, store, url, tables)
    site.store_all(LICENCE)
    assert site.publish(FIRST).sent == 1
    (row,) = site.rows("L_KJ_XZXKXX")
    assert row["XK_NR"] == row["XK_NR_AH"] == LICENCE.content
    assert row["XK_XMMC_AH"] == "实验动物使用许可证"
    assert (row["DATA_STATE"], row["XYPTBATCHNO"], row["XYPT_TIME_DXP"]) == ("1", 1, "2018-11-30 02:00:00")
    store.dispose()


def test_a_store_that_was_lost_names_the_same_rows(site_of_records: Site) -> None:
    site = site_of_records
    other = replace(LICENCE, document_number="皖科动许〔2018〕2号")
    site.store_all(LICENCE, other)
    site.publish(FIRST)
    before = {row["XK_WSH"]: row["XYPTGUID"] for row in site.rows()}
    site.store.dispose()
    (site.settings.base / "store.db").unlink()
    site.store = sqlite_store(site.settings.base)
    with writing(site.store) as connection:  # read again in another order
        store_record(connection, 1, other, key="2")
        store_record(connection, 2, LICENCE, key="1")
    assert site.publish(SECOND).sent == 2
    assert {row["XK_WSH"]: row["XYPTGUID"] for row in site.rows()} == before
    assert [row["XYPTBATCHNO"] for row in site.rows()] == [2, 2]


def test_a_renamed_source_names_the_same_rows(site_of_records: Site) -> None:
    site = site_of_records
    second = replace(LICENCE, document_number="皖科动许〔2018〕2号", licence_number="SYXK(皖)2018-002")
    site.store_all(LICENCE)
    site.publish(FIRST)
    with writing(site.store) as connection:  # one more came under the new name before anybody said that it is one
        store_record(connection, 2, second, source="licences")
        came = PulledSource("register", RecordKind.LICENCE, "", "full")
        add_version(connection, came, FIRST, Counts(live=1))
    site.publish(SECOND)
    before = {row["XK_WSH"]: row["XYPTGUID"] for row in site.rows()}
    register = site.settings.sources["register"]
    renamed = site.settings.model_copy(update={"sources": {"licences": register}, "mappings": MAPPINGS})
    rename(site.store, SECOND, renamed, Order("王工", "改名"), former="register", name="licences")
    with writing(site.store) as connection:
        for number, record in enumerate((LICENCE, second), 1):
            store_record(connection, number, replace(record, content="普通环境"), source="licences")
    assert site.publish(THIRD).sent == 2
    assert {row["XK_WSH"]: row["XYPTGUID"] for row in site.rows()} == before
    assert {row["CHANGE_FLAG"] for row in site.rows()} == {"2"}


# --- exactly once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arrives", ["at once", "later", "never"])
@pytest.mark.parametrize("layout", ["site", "site_of_records"])
def test_a_line_cut_during_the_commit(
    request: pytest.FixtureRequest, url: URL, layout: str, arrives: Arrives
) -> None:
    site: Site = request.getfixturevalue(layout)
    site.store_all(*many(30))
    with line_cut_at_commit(site.url, arrives) as line:
        problem = site.publish(FIRST, line).problem
    assert "连不上或连接中断" in problem and "已写入的不会重复" in problem
    counts = site.publish(FIRST)
    assert not counts.problem
    found = [*site.rows(), *site.rows(PENALTIES)]
    numbers = [row.get("XK_WSH") or row.get("CF_WSH") for row in found]
    expected = [record.document_number for n, record in enumerate(many(30)) if n % 7 != 6]
    assert sorted(numbers) == sorted(expected)
    assert {(row["CHANGE_FLAG"], row["XYPTBATCHNO"]) for row in found} == {("1", 1)}


def test_killed_between_the_commit_and_our_own_record_of_it(site: Site) -> None:
    site.store_all(*many(10))
    site.store.dispose()
    child = os.fork()
    if child == 0:
        stage.mark_sent = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        site.publish(FIRST)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    first = [*site.rows(), *site.rows(PENALTIES)]
    assert first
    assert site.publish(FIRST).sent == 9
    found = [*site.rows(), *site.rows(PENALTIES)]
    assert len(found) == 9
    assert [row for row in found if row in first] == first


def test_a_batch_on_its_way_is_not_written_into_the_table_of_another_standard(url: URL, tmp_path: Path) -> None:
    for site in make_site(url, tmp_path):
        site.store_all(LICENCE)
        assert site.publish(FIRST, site.url.set(port=1)).problem
        shutil.copy(MAPPINGS / "exchange" / "anhui.toml", tmp_path / "mappings" / "exchange")
        old = load_standard(tmp_path / "mappings", "2016")
        make_tables(url, load_exchange(tmp_path / "mappings", "anhui"), old)
        channel = site.settings.channels["anhui"].model_copy(update={"mapping": "anhui", "standard": "2016"})
        switched = site.settings.model_copy(update={"channels": {"anhui": channel}})
        problem = publish(site.store, switched, SECOND)["anhui"].problem
        assert "按标准 2018 编成的第 1 批还没有送完" in problem
        assert len(site.states()) == 1
        make_tables(url, load_exchange(tmp_path / "mappings", "anhui_2018"), load_standard(MAPPINGS, "2018"))
        assert site.publish(THIRD).sent == 1


def test_the_same_batch_again_changes_nothing(site: Site) -> None:
    site.store_all(*many(10))
    site.publish(FIRST)
    before = site.rows()
    channel = open_channel(site.store, site.settings, "anhui")
    again = Batch(1, "anhui", RecordKind.LICENCE, Action.ADD, "2018", 5, FIRST.as_of)
    handover = channel.send(again, load_standard(MAPPINGS, "2018").licence, submitted_in(site.store, 1))
    assert not handover.receipts
    assert site.rows() == before


def test_a_hand_over_that_never_ends_is_not_waited_for_for_ever(site: Site) -> None:
    site.store_all(LICENCE)
    engine = create_engine(site.url)
    with engine.connect() as other:
        if site.url.get_backend_name() == "mysql":
            other.exec_driver_sql(f"INSERT INTO {LICENCES} (XYPTGUID) VALUES ('another')")
        else:
            other.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('credit_sync.anhui'))")
        problem = site.publish(FIRST).problem
        assert "等不到回应" in problem and "下次运行会先查表再续传" in problem
    engine.dispose()
    assert site.publish(FIRST).sent == 1
    assert len(site.rows()) == 1


def test_a_database_that_is_frozen_is_not_waited_for_for_ever(postgresql_url: URL, tmp_path: Path) -> None:
    channel = configured(postgresql_url, tmp_path).channels["anhui"]
    assert isinstance(channel, ExchangeDbChannel)
    with pytest.raises(CreditSyncError, match="等不到回应"), connected(channel, tmp_path) as connection:
        server = connection.scalar(text("SELECT pg_backend_pid()"))
        os.kill(server, signal.SIGSTOP)
        try:
            connection.execute(text("SELECT 1"))
        finally:
            os.kill(server, signal.SIGCONT)


# --- what the database refuses ------------------------------------------------------------------------------


def test_what_a_column_cannot_hold_is_refused_and_the_rest_goes(url: URL, tmp_path: Path) -> None:
    for site in make_site(url, tmp_path, XK_NR=String(22)):
        site.store_all(LICENCE, replace(LICENCE, content="屏障环境" * 6, document_number="皖科动许〔2018〕2号"))
        site.publish(FIRST)
        assert [row["XK_WSH"] for row in site.rows()] == [LICENCE.document_number]
        states = site.states()
        assert states[1][:2] == ("rejected", "许可内容（XK_NR）有 24 个字，对方数据库的列只容 22 个")


def test_an_amount_is_never_rounded_by_a_column_with_fewer_decimals(url: URL, tmp_path: Path) -> None:
    for site in make_site(url, tmp_path, CF_NR_FK=Numeric(18, 2)):
        odd = replace(
            PENALTY, fine=Decimal("0.0123"), content="罚款 123 元", document_number="皖知罚字〔2018〕2号"
        )
        site.store_all(PENALTY, odd)
        site.publish(FIRST)
        assert [row["CF_NR_FK"] for row in site.rows(PENALTIES)] == [Decimal("0.40")]
        reason = "罚款金额（万元）（CF_NR_FK） 0.0123 的小数位数超过对方数据库的列（2 位），会被四舍五入"
        assert site.states()[1][:2] == ("rejected", reason)


def test_characters_that_a_gbk_database_cannot_write(mariadb_url: URL, tmp_path: Path) -> None:
    for site in make_site(mariadb_url, tmp_path, XK_XDR_MC=mysql.VARCHAR(200, charset="gbk")):
        rare = replace(LICENCE, subject=replace(ORGANISATION, name="合肥𬭎科技有限公司"), document_number="2")
        site.store_all(LICENCE, rare)
        site.publish(FIRST)
        assert [row["XK_XDR_MC"] for row in site.rows()] == [ORGANISATION.name]
        reason = site.states()[1][1]
        assert (
            reason == "行政相对人名称（XK_XDR_MC）里的“𬭎”（U+2CB4E）对方数据库的字符集 gbk 写不出，请换用通行的字"
        )


def test_characters_that_a_gb2312_database_cannot_write(postgresql_url: URL, tmp_path: Path) -> None:
    engine = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS gb2312")
        connection.exec_driver_sql(
            "CREATE DATABASE gb2312 ENCODING 'EUC_CN' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
    engine.dispose()
    for site in make_site(postgresql_url.set(database="gb2312"), tmp_path):
        site.store_all(LICENCE, replace(LICENCE, content="普通环境", document_number="2"))
        site.publish(FIRST)
        assert [row["XK_WSH"] for row in site.rows()] == ["2"]
        assert "“㎡”（U+33A1）对方数据库的字符集 euc_cn 写不出" in site.states()[0][1]


def test_a_row_that_the_database_itself_refuses(site: Site) -> None:
    site.execute(f"CREATE UNIQUE INDEX once ON {quoted(site, LICENCES)} ({quoted(site, 'XK_WSH')})")
    site.store_all(*(replace(LICENCE, document_number=number) for number in ("1", "2", "3")))
    site.publish(FIRST)
    site.store_all(
        LICENCE, replace(LICENCE, document_number="2", content="改"), replace(LICENCE, document_number="4")
    )
    site.publish(SECOND)
    assert len(site.rows()) == 5
    refused = [reason for state, reason, _ in site.states() if state == "rejected"]
    assert len(refused) == 1 and refused[0].startswith("对方数据库不接受：表里已有同样编号的行")


def test_dates_beyond_a_timestamp(mariadb_url: URL, tmp_path: Path) -> None:
    for site in make_site(mariadb_url, tmp_path, XK_YXQZI=mysql.TIMESTAMP(), XK_JDRQ=DateTime()):
        site.store_all(LICENCE, replace(LICENCE, valid_to=date(2099, 12, 31), document_number="2"))
        site.publish(FIRST)
        assert [row["XK_JDRQ"] for row in site.rows()] == [datetime(2018, 11, 26)]
        assert site.states()[1][1].startswith("对方数据库不接受：日期超出列的范围")


def quoted(site: Site, name: str) -> str:
    return f"`{name}`" if site.url.get_backend_name() == "mysql" else f'"{name}"'


# --- receipts -----------------------------------------------------------------------------------------------


def answer(site: Site, number: str, **columns: str) -> None:
    changes = ", ".join(f"{quoted(site, name)} = '{value}'" for name, value in columns.items())
    site.execute(f"UPDATE {quoted(site, LICENCES)} SET {changes} WHERE {quoted(site, 'XK_WSH')} = '{number}'")


def test_receipts_are_read_back(site: Site) -> None:
    site.store_all(*(replace(LICENCE, document_number=number) for number in "1234"))
    site.publish(FIRST)
    own = PERSON.identifiers[0].value
    answer(site, "1", XYPTSTATE="1", XYPTID="7001")
    answer(site, "2", XYPTSTATE="2", XYPTERROR=f"证件号码 {own} 校验不通过")
    answer(site, "3", XYPTSTATE="7")
    assert "1 行的状态“7”对照文件没有写明含义" in probe(site.settings, "anhui")
    with capture_logs() as told:
        site.publish(SECOND)
    accepted, rejected, unknown, waiting = site.states()
    assert accepted == ("accepted", "", "7001")
    assert rejected[0] == "rejected" and own not in rejected[1] and "校验不通过" in rejected[1]
    assert unknown[0] == waiting[0] == "sent"
    assert "按等待处理" in str(told)


def test_copies_of_a_row_with_contradictory_answers_are_no_answer(site: Site) -> None:
    site.store_all(LICENCE, replace(LICENCE, document_number="2"))
    site.publish(FIRST)
    answer(site, "2", XYPTSTATE="1")
    site.execute(f"CREATE TABLE copies AS SELECT * FROM {quoted(site, LICENCES)}")
    answer(site, LICENCE.document_number, XYPTSTATE="1")
    answer(site, "2", XYPTSTATE="2", XYPTERROR="许可内容不完整")
    site.execute(f"INSERT INTO {quoted(site, LICENCES)} SELECT * FROM copies")
    with capture_logs() as told:
        site.publish(SECOND)
    assert [state for state, *_ in site.states()] == ["accepted", "sent"]
    assert [(event["log_level"], event["rows"]) for event in told if "互相矛盾" in event["event"]] == [
        ("warning", 1)
    ]


def test_an_answer_to_an_earlier_hand_over_is_no_answer(site_of_records: Site) -> None:
    site = site_of_records
    site.store_all(LICENCE)
    site.publish(FIRST)
    answer(site, LICENCE.document_number, XYPTSTATE="1", XYPTBATCHGUID="another")
    site.publish(SECOND)
    assert [state for state, *_ in site.states()] == ["sent"]


def test_a_correction_waits_for_an_answer_of_its_own(site_of_records: Site) -> None:
    site = site_of_records
    site.store_all(LICENCE)
    site.publish(FIRST)
    answer(site, LICENCE.document_number, XYPTSTATE="2", XYPTERROR="许可内容不完整")
    site.store_all(replace(LICENCE, content="普通环境（兔）"))
    site.publish(SECOND)
    (row,) = site.rows()
    assert (row["XYPTSTATE"], row["XYPTERROR"], row["XYPTBATCHNO"]) == ("0", None, 2)
    answer(site, LICENCE.document_number, XYPTSTATE="1")
    site.publish(THIRD)
    assert site.states()[-1][0] == "accepted"


# --- what does not fit --------------------------------------------------------------------------------------


def test_check_names_what_is_wrong(site: Site) -> None:
    assert f"可以读写表 {LICENCES}、{PENALTIES}" in probe(site.settings, "anhui")
    site.execute(
        f"ALTER TABLE {quoted(site, LICENCES)} RENAME COLUMN {quoted(site, 'XK_NR')} TO {quoted(site, 'XK_NRR')}"
    )
    problem = refused(site.settings)
    assert f"对方数据库的表 {LICENCES} 没有列 XK_NR（是否想写 XK_NRR）" in problem
    assert site.publish(FIRST).problem == ""  # nothing to send, nothing to find
    site.execute(f"DROP TABLE {quoted(site, LICENCES)}")
    assert f"对方数据库里没有表 {LICENCES}（是否想写 {PENALTIES}）" in refused(site.settings)
    down = site.settings.channels["anhui"].model_copy(update={"url": str(site.url.set(port=1))})
    assert "连不上" in refused(site.settings.model_copy(update={"channels": {"anhui": down}}))


@pytest.mark.parametrize("column", ["XYPTGUID", "XYPTBATCHGUID"])
def test_a_column_that_cannot_hold_a_uuid(url: URL, tmp_path: Path, column: str) -> None:
    for site in make_site(url, tmp_path, **{column: String(32)}):
        assert f"{column}有 36 个字，对方数据库的列只容 32 个" in refused(site.settings)
        site.store_all(LICENCE)
        assert f"{column}有 36 个字，对方数据库的列只容 32 个" in site.publish(FIRST).problem
        assert site.states() == [("sending", "", "")]


def test_a_column_that_nobody_fills(site: Site) -> None:
    site.execute(f"ALTER TABLE {quoted(site, LICENCES)} ADD COLUMN {quoted(site, 'AREA')} varchar(6) NOT NULL")
    assert f"对方数据库的表 {LICENCES} 的列 AREA 必填，对照文件没有写它" in refused(site.settings)


def test_an_account_that_may_only_read(site: Site) -> None:
    if site.url.get_backend_name() == "mysql":
        site.execute("CREATE OR REPLACE USER reader@'127.0.0.1'")
        site.execute("GRANT SELECT ON exchange.* TO reader@'127.0.0.1'")
    else:
        site.execute("DROP ROLE IF EXISTS reader")
        site.execute("CREATE ROLE reader LOGIN")
        site.execute("GRANT USAGE ON SCHEMA public TO reader")
        site.execute(f'GRANT SELECT ON "{LICENCES}", "{PENALTIES}" TO reader')
    reader = site.url.set(username="reader")
    channel = site.settings.channels["anhui"].model_copy(update={"url": str(reader)})
    problem = refused(site.settings.model_copy(update={"channels": {"anhui": channel}}))
    assert "没有权限" in problem and "请对方数据库的管理员授予 SELECT、INSERT、UPDATE" in problem
    site.store_all(LICENCE)
    assert "没有权限" in site.publish(FIRST, reader).problem
    if site.url.get_backend_name() != "mysql":
        site.execute("DROP OWNED BY reader")


def test_a_table_without_transactions(mariadb_url: URL, tmp_path: Path) -> None:
    for site in make_site(mariadb_url, tmp_path):
        site.execute(f"ALTER TABLE {LICENCES} ENGINE=MyISAM")
        assert "存储引擎 MyISAM 没有事务" in refused(site.settings)


def test_a_key_that_stands_in_the_table_twice_holds_its_record_alone(site_of_records: Site) -> None:
    site, changed = site_of_records, "普通环境（兔）"
    first = LICENCE
    second = replace(LICENCE, document_number="皖科动许〔2018〕2号", licence_number="SYXK(皖)2018-002")
    site.store_all(first, second)
    site.publish(FIRST)
    table, key = quoted(site, LICENCES), quoted(site, "XYPTGUID")
    (twice,) = (row["XYPTGUID"] for row in site.rows() if row["XK_WSH"] == first.document_number)
    site.execute(f"INSERT INTO {table} SELECT * FROM {table} WHERE {key} = '{twice}'")
    site.store_all(*(replace(record, content=changed) for record in (first, second)))
    assert site.publish(SECOND).problem == ""
    assert sorted((row["XK_WSH"], row["XK_NR"] == changed) for row in site.rows()) == [
        (first.document_number, False),
        (first.document_number, False),
        (second.document_number, True),
    ]
    states = [(state, "不止一行，没有写入；请前置库管理员清理成一行" in why) for state, why, _ in site.states()]
    assert states[2:] == [("rejected", True), ("sent", False)]
    site.execute(f"DELETE FROM {table} WHERE {key} = '{twice}'")
    with writing(site.store) as connection:
        assert send_again(connection, "anhui", "") == 1
    site.publish(THIRD)
    assert (first.document_number, changed) in [(row["XK_WSH"], row["XK_NR"]) for row in site.rows()]


@pytest.mark.parametrize("stands", ["三", "1.5", "nan"])
def test_a_counter_that_is_no_number_holds_its_record_alone(url: URL, tmp_path: Path, stands: str) -> None:
    second = replace(LICENCE, document_number="皖科动许〔2018〕2号", licence_number="SYXK(皖)2018-002")
    per_record = ('one_per = "submission"', 'one_per = "record"')
    for site in make_site(url, tmp_path, per_record, XYPTBATCHNO=String(8)):
        site.store_all(LICENCE, second)
        site.publish(FIRST)
        answer(site, LICENCE.document_number, XYPTBATCHNO=stands)
        site.store_all(*(replace(record, content="普通环境（兔）") for record in (LICENCE, second)))
        assert site.publish(SECOND).problem == ""
        (refused_, why, _), (sent, *_) = site.states()[2:]
        assert (refused_, sent) == ("rejected", "sent")
        assert f"XYPTBATCHNO 是“{stands}”，不是整数，没有写入；请前置库管理员改正" in why
        answer(site, LICENCE.document_number, XYPTBATCHNO="7")
        with writing(site.store) as connection:
            assert send_again(connection, "anhui", "") == 1
        site.publish(THIRD)
        assert [row["XYPTBATCHNO"] for row in site.rows()] == ["8", "2"]


def test_a_row_that_has_arrived_is_not_refused_because_somebody_has_copied_it(site_of_records: Site) -> None:
    """A night that died before it knew would else hold for refused what the platform takes."""
    site = site_of_records
    site.store_all(LICENCE)
    site.publish(FIRST)
    with writing(site.store) as connection:
        connection.execute(update(submission).values(state="sending", sent_at=None))
        connection.execute(update(batch).values(sent_at=None))
    site.execute(f"INSERT INTO {quoted(site, LICENCES)} SELECT * FROM {quoted(site, LICENCES)}")
    assert site.publish(SECOND).problem == ""
    assert [state for state, *_ in site.states()] == ["sent"]


def refused(made: Settings) -> str:
    with pytest.raises(CreditSyncError) as error:
        probe(made, "anhui")
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (', withdraw = "3"', "", "actions 缺少 withdraw"),
        ('rejected = ["2"]', 'rejected = ["1"]', "状态“1”写了不止一种含义"),
        ('standard = "2018"', 'standard = "2016"', "对照文件 anhui_2018 用于标准 2016，渠道的标准是 2018"),
        ("[receipt]", "[receipts]", "是否想写 receipt"),
        ("[licence]", '[licence]\ncolumns = { XK_NRR = "X" }', "licence.columns.XK_NRR: 标准 2018 没有这个字段"),
        ('table = "L_KJ_XZXK_2018"', 'table = ""', "不能为空"),
    ],
)
def test_mistakes_in_a_mapping_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "exchange.db"))
    with pytest.raises(CreditSyncError, match=problem):
        open_channel(create_engine(url), configured(url, tmp_path, (old, new)), "anhui")
