"""Folders and files that cannot be written: who says so, and that the rest of the night is done."""

import resource
import shutil
from pathlib import Path

import numpy as np
import pytest

from credit_sync.cli import EXIT_FAILED, EXIT_UNUSABLE
from credit_sync.cli.failures import explain_failure
from credit_sync.errors import CreditSyncError
from credit_sync.screening.index_files import fresh_folder
from credit_sync.settings import Settings
from credit_sync.store.engine import connect, writing
from credit_sync.store.probe import probe_store
from tests.night import Night

SOURCES = {"debtors": {"kind": "file", "mapping": "dishonest_debtors", "folder": "in"}}
NEXT = "2026-11-24T02:00:00"


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
        f"比对：失败，写不了名单索引 {index}：Not a directory（请检查 store.index 的权限和磁盘空间）"
        in ended.stdout
    )
    assert (night.folder / "reports/flagged-2026-11-24.html").exists()
    checked = night.call("check")
    assert checked.returncode == EXIT_FAILED
    assert f"名单索引：失败，不能写入文件夹 {index}" in checked.stdout


def test_a_disk_that_is_full_leaves_no_half_of_an_index(tmp_path: Path) -> None:
    """numpy says of it only how many numbers it has written."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, most[1]))
    try:
        with (
            pytest.raises(CreditSyncError, match=r"写不了名单索引 .*：没有写完（请检查"),
            fresh_folder(tmp_path) as fresh,
        ):
            np.save(fresh / "numbers.npy", np.zeros(2000, np.int64))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert list(tmp_path.iterdir()) == []


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
