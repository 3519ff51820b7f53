"""The command line among hostile files, terminals and stores: a sentence, an exit code, no number and no traceback."""

import hashlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from credit_sync.cli.failures import explain_failure
from credit_sync.store import ledger, quarantine
from credit_sync.store.engine import connect, writing
from credit_sync.subjects.identifiers import hide
from tests.commands import Command
from tests.night import ROOT
from tests.stores import sqlite_store

NUMBER = "340100190001040017"
GOOD = "姓名,案号\n王某,（2018）皖01执1号\n"
BAD = f"姓名,案号,发布日期\n,（2018）皖01执2号,{NUMBER}\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A configuration with one list in a folder of files."""
    (tmp_path / "in").mkdir()
    (tmp_path / "config.toml").write_text(
        f'mappings = "{ROOT / "mappings"}"\n[store]\nurl = "sqlite:///store.db"\n'
        '[sources.debtors]\nkind = "file"\nmapping = "dishonest_debtors"\nfolder = "in"\n',
        "utf-8",
    )
    (tmp_path / "in" / "a.csv").write_text(GOOD, "utf-8")
    return tmp_path


def call(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return Command(*arguments, folder=site).ended()


def start(site: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """In a Python of its own, whose terminal and clock are what the environment says."""
    return subprocess.run(
        [sys.executable, "-m", "credit_sync", *arguments],
        cwd=site,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        encoding=environment.get("PYTHONIOENCODING", "utf-8"),
        capture_output=True,
        check=False,
    )


def hashes(folder: Path) -> dict[str, str]:
    """Of every file but SQLite's shared memory, which is no content."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith("-shm"))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def test_numbers_and_odd_bytes_in_file_names(site: Path) -> None:
    (site / "in" / f"{NUMBER}.csv").write_text(BAD, "utf-8")
    Path(os.fsdecode(os.fsencode(site / "in") + b"/\xc3\xfb\xb5\xa5.csv")).write_text(GOOD, "utf-8")
    ran = call(site, "run", "--only", "pull", "--as-of", "2018-11-30")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    listed = call(site, "quarantine", "list")
    assert f"{hide(NUMBER)}.csv 第 2 行" in listed.stdout
    shown = ran.stdout + ran.stderr + listed.stdout + call(site, "check").stdout
    assert NUMBER not in shown


def test_a_file_name_gives_the_terminal_no_commands(site: Path) -> None:
    """Others may put files there: what a name says must not set titles, hide lines, or look like another message."""
    (site / "in" / "\x1b]0;hit\x07.csv").write_text("", "utf-8")
    (site / "in" / "b\n数据源 debtors：可用.csv").write_text(GOOD, "utf-8")
    for arguments in (
        ("run", "--only", "pull", "--as-of", "2018-11-30"),
        ("status",),
        ("check",),
        ("quarantine", "list"),
    ):
        done = call(site, *arguments)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\n数据源 debtors：可用" not in done.stdout


def test_a_terminal_that_lacks_characters(site: Path) -> None:
    gbk = {"PYTHONIOENCODING": "gbk"}
    assert start(site, "run", "--only", "pull", "--as-of", "2018-11-30", **gbk).returncode == 0
    told = start(site, "status", **gbk)
    assert (told.returncode, told.stderr) == (0, "")


def test_check_touches_nothing_not_even_what_a_killed_run_left(site: Path) -> None:
    sqlite_store(site)
    kill = "import sqlite3, os; c = sqlite3.connect('store.db'); c.execute('CREATE TABLE t(a)'); c.commit(); os._exit(9)"
    subprocess.run([sys.executable, "-c", kill], cwd=site, check=False)
    before = hashes(site)
    assert "store.db-wal" in before
    checked = call(site, "check")
    assert checked.returncode == 0, checked.stdout
    assert hashes(site) == before


def test_check_tells_of_a_clock_that_is_not_chinas(site: Path) -> None:
    assert start(site, "check", TZ="Asia/Shanghai").stdout.splitlines()[-1].endswith("，北京时间")
    elsewhere = start(site, "check", TZ="UTC").stdout.splitlines()[-1]
    assert elsewhere.startswith("时钟：") and "TZ=Asia/Shanghai" in elsewhere


def test_check_tells_of_a_list_that_no_measure_knows(site: Path) -> None:
    """A slip in its code name makes another list of it."""
    assert "名单 " not in call(site, "check").stdout
    shutil.copytree(ROOT / "mappings", site / "own")
    mapping = site / "own" / "sources" / "dishonest_debtors.toml"
    mapping.write_text(mapping.read_text("utf-8").replace('list = "dis', 'list = "dys'), "utf-8")
    config = site / "config.toml"
    config.write_text(config.read_text("utf-8").replace(str(ROOT / "mappings"), "own"), "utf-8")
    checked = call(site, "check")
    assert (
        "名单 dyshonest_debtors：注意，own/measures.toml 的 [lists] 里没有它，是否想写 dishonest_debtors"
        in checked.stdout
    )
    assert checked.returncode == 0


def test_check_leaves_a_strangers_database_alone(site: Path) -> None:
    stranger = sqlite3.connect(site / "store.db")
    stranger.execute("CREATE TABLE their_table (a)")
    stranger.close()
    before = hashes(site)
    assert call(site, "check").returncode == 0
    assert hashes(site) == before


def test_check_fails_where_a_run_would(site: Path) -> None:
    engine = sqlite_store(site)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    checked, ran = call(site, "check"), call(site, "run")
    assert (checked.returncode, ran.returncode) == (1, 2)
    assert "更新的版本" in checked.stdout
    (site / "store.db").write_bytes(b"no database" * 500)
    checked = call(site, "check")
    assert checked.returncode == 1
    assert "连不上数据库" in checked.stdout
    assert "数据源 debtors：1 个文件" in checked.stdout


def connect_to(site: Path) -> Engine:
    return connect(make_url(f"sqlite:///{site / 'store.db'}"))


@pytest.mark.parametrize(
    "breakage",
    ['constants = { kind = "nonsense" }', "constants = [", 'key = ["nonsense"]'],
    ids=["value", "TOML", "name"],
)
def test_an_unusable_mapping_is_found_by_check_and_leaves_no_run(site: Path, breakage: str) -> None:
    assert call(site, "run", "--only", "pull", "--as-of", "2018-11-30").returncode == 0
    shutil.copytree(ROOT / "mappings", site / "mappings")
    mapping = site / "mappings" / "sources" / "dishonest_debtors.toml"
    key = 'key = ["number", "name", "identifier", "citizen_id", "organisation_code", "uscc"]'
    text = mapping.read_text("utf-8")
    assert key in text
    mapping.write_text(text.replace(key, breakage if "key" in breakage else f"{key}\n{breakage}"), "utf-8")
    config = site / "config.toml"
    config.write_text(config.read_text("utf-8").replace(str(ROOT / "mappings"), "mappings"), "utf-8")
    for command in (("check",), ("run",), ("quarantine", "retry")):
        refused = call(site, *command)
        assert refused.returncode == 2, (command, refused.stdout)
        assert "Traceback" not in refused.stderr
    with sqlite3.connect(site / "store.db") as connection:
        assert connection.execute("SELECT id, status FROM run").fetchall() == [(1, "done")]


def test_an_unusable_table_of_the_gate_is_found_by_check(site: Path) -> None:
    shutil.copytree(ROOT / "mappings", site / "mappings")
    (site / "mappings" / "gate.toml").write_text("requires_number = [", "utf-8")
    config = site / "config.toml"
    config.write_text(config.read_text("utf-8").replace(str(ROOT / "mappings"), "mappings"), "utf-8")
    refused = call(site, "check")
    assert refused.returncode == 2
    assert "gate.toml" in refused.stderr


_NOWHERE = "--source 的值不对：配置里没有数据源 nowhere，有：debtors"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--source", "nowhere"), _NOWHERE),
        (("retry", "--source", "nowhere"), _NOWHERE),
        (("export", "rows.txt"), "只能导出为 .xlsx：rows.txt"),
    ],
)
def test_the_quarantine_refuses_what_it_does_not_know(site: Path, arguments: tuple[str, ...], said: str) -> None:
    sqlite_store(site)
    refused = call(site, "quarantine", *arguments)
    assert refused.returncode == 2
    assert refused.stderr.startswith(said)


def test_the_quarantine_shows_what_came_from_a_source_that_is_no_longer_configured(site: Path) -> None:
    store = sqlite_store(site)
    run = ledger.begin(store, datetime(2018, 12, 1), {})
    bad = quarantine.BadRow("f", "rows.csv", 2, "name", "", "缺少名称", {})
    with writing(store) as connection:
        quarantine.put(connection, "former", run, [bad])
    listed = call(site, "quarantine", "list", "--source", "former")
    assert (listed.returncode, listed.stdout.splitlines()) == (
        0,
        ["1  former rows.csv 第 2 行  名称：缺少名称", "共 1 行"],
    )


def test_the_desk_gives_no_link_where_it_cannot_have_the_port(site: Path) -> None:
    """It would lead into another desk, or nowhere."""
    sqlite_store(site)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = call(site, "desk", "--port", str(taken.getsockname()[1]))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "端口已被占用" in refused.stderr


def test_a_full_disk_is_called_one_and_has_a_remedy(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'full.db'}")
    with engine.connect() as connection, pytest.raises(OperationalError) as full:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        connection.exec_driver_sql("CREATE TABLE t (x)")
    with pytest.raises(OSError, match="No space left") as no_space, open("/dev/full", "w") as device:  # noqa: PTH123
        device.write("x")
    for error in (full.value, no_space.value):
        message, code = explain_failure(error)
        assert "磁盘已满：腾出空间后再运行" in message
        assert code == 1
