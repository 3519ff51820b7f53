"""Folders and files that cannot be written: who says so, and that the rest of the night is done."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import OperationalError

from credit_sync import folders
from credit_sync.cli.exit_codes import EXIT_FAILED, EXIT_UNUSABLE
from credit_sync.cli.failures import explain_failure
from credit_sync.errors import CreditSyncError
from credit_sync.pulling.pull import pull
from credit_sync.pulling.quarantine import export_quarantine
from credit_sync.reporting.files import write_report
from credit_sync.screening.index_files import build_index, fresh_folder
from credit_sync.settings import Settings
from credit_sync.sources.formats import explained
from credit_sync.store.engine import connect, writing
from credit_sync.store.probe import probe_store
from tests.night import ROOT, Night
from tests.pull_world import World, entry

SOURCES = {"debtors": {"kind": "file", "mapping": "dishonest_debtors", "folder": "in"}}
CREDIT_SYNC = "from credit_sync.cli import main; main()"
NEXT = "2026-11-24T02:00:00"


@contextmanager
def _room_for(size: int) -> Iterator[None]:
    """Of no file more than so many bytes can be written."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)


def test_an_index_that_cannot_be_written_ends_the_screening_and_nothing_else(
    first_night: Night, tmp_path: Path
) -> None:
    night = first_night.copy(tmp_path / "night")
    index = night.folder / "var/index"
    shutil.rmtree(index)
    index.write_text("no folder")
    ended = night.call("run", "--as-of", NEXT)
    assert ended.returncode == EXIT_FAILED
    assert (
        f"比对：失败，写不了名单索引 {index}：路径中有一段不是文件夹（请检查 store.index 的权限和磁盘空间）"
        in ended.stdout
    )
    assert (night.folder / "reports/flagged-2026-11-24.html").exists()
    checked = night.call("check")
    assert checked.returncode == EXIT_FAILED
    assert f"名单索引：失败，不能写入文件夹 {index}" in checked.stdout


def test_an_index_lets_go_of_no_folder_that_is_not_its_own(engine: Engine, tmp_path: Path) -> None:
    """`index = "var"` is soon written, and there lie the outbox, the reports and the site."""
    kept, killed = tmp_path / "outbox", tmp_path / "new-1"
    for folder in (kept, killed):
        folder.mkdir()
        (folder / "file").write_text("")
    build_index(engine, tmp_path)
    assert (kept / "file").exists()
    assert not killed.exists()


def test_a_disk_that_is_full_leaves_no_half_of_an_index(tmp_path: Path) -> None:
    """numpy says of it only how many numbers it has written."""
    with (
        _room_for(5000),
        pytest.raises(CreditSyncError, match=r"写不了名单索引 .*：没有写完（请检查"),
        fresh_folder(tmp_path) as fresh,
    ):
        np.save(fresh / "numbers.npy", np.zeros(2000, np.int64))
    assert list(tmp_path.iterdir()) == []


def test_no_room_to_set_down_what_a_source_delivers(engine: Engine, tmp_path: Path) -> None:
    """It is the source's failure, with what to do about it, and no fault of the program."""
    world = World(engine, tmp_path / "world")
    world.deliver("a", *(entry(number, 原因="注" * 1000) for number in range(2000)))
    run = world.begin()
    with _room_for(4_000_000):
        (pulled,) = pull(world.engine, world.settings, run, only_source="a")
    assert pulled.state == "failed"
    assert pulled.problem.startswith("暂存取到的数据时出错：")
    assert "请检查临时文件夹 TMPDIR 的磁盘空间" in pulled.problem


def test_too_little_memory_is_no_fault_of_the_program_nor_of_the_file(engine: Engine, tmp_path: Path) -> None:
    world = World(engine, tmp_path / "world")
    world.deliver("a", entry(1))
    run = world.begin()
    (pulled,) = pull(world.engine, world.settings, run, only_source="a", progress=_use_all_memory)
    assert pulled.problem == "内存不足，没有读完（请腾出内存或放宽限制，再运行一次）"
    with pytest.raises(MemoryError) as scarce, explained("rows.xlsx"):
        _use_all_memory()
    message, code = explain_failure(scarce.value)
    assert message.startswith("内存不足，没有做完（腾出内存，或放宽限制（ulimit -v")
    assert code == EXIT_FAILED


def _use_all_memory(*_: object) -> None:
    bytearray(1 << 62)


def test_too_many_open_files_are_told_with_what_to_do() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, most[1]))
    try:
        with pytest.raises(OSError) as refused:
            Path("/dev/null").open().close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, most)
    message, code = explain_failure(refused.value)
    assert message.startswith("读写文件出错：打开的文件太多 /dev/null（放宽限制（ulimit -n")
    assert code == EXIT_FAILED


def test_a_store_that_cannot_be_written_is_said_before_the_night(powerless_folder: Path) -> None:
    path = powerless_folder / "var/store.db"
    settings = Settings.model_validate({"sources": SOURCES, "store": {"url": f"sqlite:///{path}"}})
    assert "还不存在" in probe_store(settings)
    engine = connect(settings.store.full_url(settings.base))
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE run (id INTEGER)")
    engine.dispose()
    path.parent.chmod(0o500)
    with pytest.raises(CreditSyncError, match=f"不能写入文件夹 {path.parent}"):
        probe_store(settings)
    path.parent.chmod(0o700)
    lock = path.with_name("store.db.lock")
    lock.touch(0o400)
    with pytest.raises(CreditSyncError, match=f"不能读写数据库文件 {lock}（它属于另一个账号"):
        probe_store(settings)
    lock.unlink()
    path.chmod(0o400)
    with pytest.raises(CreditSyncError, match=f"不能读写数据库文件 {path}（它属于另一个账号"):
        probe_store(settings)
    engine = connect(settings.store.full_url(settings.base))
    with pytest.raises(Exception, match="readonly") as refused, writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM run")
    message, code = explain_failure(refused.value)
    assert code == EXIT_UNUSABLE  # nothing was done
    assert "对数据库只有读的权限，没有执行" in message
    engine.dispose()


def test_a_disk_without_room_is_said_before_the_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rights to write are there all the same."""
    folders.refuse_unwritable(tmp_path / "not there yet")
    monkeypatch.setattr(folders, "LEAST_ROOM", 1 << 62)
    with pytest.raises(CreditSyncError, match=r"所在的磁盘只剩 \d+ MB（请腾出空间）"):
        folders.refuse_unwritable(tmp_path / "not there yet")


def test_sqlite_that_finds_no_room_beside_its_file_is_told_as_that(tmp_path: Path) -> None:
    """It does not say what it lacks: of a full disk where its shared memory should lie, only "disk I/O error"."""
    path = tmp_path / "store.db"
    url = make_url(f"sqlite:///{path}")
    connect(url).dispose()
    with _room_for(0), pytest.raises(CreditSyncError, match="disk I/O error") as refused:
        connect(url)
    message, code = explain_failure(refused.value)
    assert code == EXIT_UNUSABLE
    assert "请检查 store.url、权限和磁盘空间" in message


def test_a_store_that_somebody_else_is_writing_to_is_told_as_that(tmp_path: Path) -> None:
    engine = connect(make_url(f"sqlite:///{tmp_path / 'store.db'}"))
    with writing(engine), engine.connect() as other:
        other.exec_driver_sql("PRAGMA busy_timeout = 0")
        with pytest.raises(OperationalError) as refused:
            other.exec_driver_sql("CREATE TABLE run (id INTEGER)")
    message, code = explain_failure(refused.value)
    assert code == EXIT_FAILED
    assert "数据库正忙，可能正在做夜间运行：请等它结束后再试" in message
    engine.dispose()


@pytest.mark.parametrize(
    ("error", "is_told"), [("OSError(28, 'No space left on device')", False), ("ValueError()", True)]
)
def test_of_a_file_that_is_let_go_of_python_says_nothing(error: str, is_told: bool) -> None:
    """A workbook that a full disk did not take tries once more when it is let go of; faults of the program are told."""
    code = f"""
import sys
from credit_sync.cli import main
class Held:
    def __del__(self):
        raise {error}
sys.argv = ["credit-sync", "standard", "show"]
try:
    main()
finally:
    Held()
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 0
    assert ("Traceback" in ended.stderr) is is_told
    assert ("收尾时出错" in ended.stderr) is not is_told


def test_a_workbook_that_a_full_disk_does_not_take_is_no_fault_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("姓名,案号\n屈怀瑾,1\n", "utf-8")
    (tmp_path / "applicants.csv").write_text("姓名,申报编号\n屈怀瑾,1\n", "utf-8")
    code = f"import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (4000, r.RLIM_INFINITY)); {CREDIT_SYNC}"
    command = ["screen-file", "applicants.csv", "--list", "list.csv", "-o", "result.xlsx"]
    ended = subprocess.run(
        [sys.executable, "-c", code, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)},
    )
    assert (ended.returncode, ended.stdout) == (EXIT_FAILED, "")
    assert "写不了 result.xlsx：文件太大，超出限额或文件系统的上限（请检查权限和磁盘空间）" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["applicants.csv", "list.csv"]


def test_rows_in_quarantine_leave_an_earlier_workbook_where_they_cannot_be_written(
    first_night: Night, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.xlsx"
    kept.write_bytes(b"of yesterday")
    engine = connect(make_url(first_night.url))
    with engine.connect() as opened:  # SQLite's shared memory, too, is a file
        opened.exec_driver_sql("SELECT id FROM run")
        with (
            _room_for(4000),
            pytest.raises(CreditSyncError, match=f"写不了 {kept}：.*文件太大，超出限额或文件系统的上限"),
        ):
            export_quarantine(engine, kept)
    engine.dispose()
    assert kept.read_bytes() == b"of yesterday"
    assert list(tmp_path.iterdir()) == [kept]


def test_a_log_that_the_disk_does_not_take_ends_no_night() -> None:
    """What it would have said is in the ledger, the summary and the reports as well."""
    code = """
from credit_sync.logs import configure, log
configure()
log.info("开始")
log.error("取数失败")
print("done")
"""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", code]
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, text=True, check=False, cwd=ROOT)
    assert (ended.returncode, ended.stdout) == (0, "done\n")


def test_half_a_report_does_not_stay(tmp_path: Path) -> None:
    with _room_for(4000), pytest.raises(CreditSyncError, match=r"写不了报告 .*文件太大，超出限额或文件系统的上限"):
        write_report(tmp_path / "flagged.html", b"x" * 5000)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_store_is_told_with_what_to_do(first_night: Night, tmp_path: Path) -> None:
    """As a backup becomes that is copied over the file while another time's write-ahead log lies beside it."""
    night = first_night.copy(tmp_path / "night")
    store = Path(make_url(night.url).database or "")
    content = bytearray(store.read_bytes())
    content[8192 * 10 :: 64] = bytes(len(content[8192 * 10 :: 64]))
    store.write_bytes(content)
    ended = night.call("review", "list")
    assert ended.returncode == EXIT_UNUSABLE
    assert "（数据库文件已损坏，或不是数据库：请停用定时运行和复核台，按" in ended.stderr


def test_check_reads_the_sites_own_aliases(first_night: Night, tmp_path: Path) -> None:
    night = first_night.copy(tmp_path / "night")
    aliases = night.folder / "mappings/names/aliases.toml"
    aliases.write_text(aliases.read_text("utf-8") + '\n"中科大" = 3\n', "utf-8")
    ended = night.call("check")
    assert ended.returncode == EXIT_UNUSABLE
    assert f"{aliases} 有 1 处错误" in ended.stderr
