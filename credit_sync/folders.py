"""Whether a folder can be written to, told without writing: for `credit-sync check`."""

import os
import shutil
from pathlib import Path

from credit_sync.errors import CreditSyncError

LEAST_ROOM = 64 * 2**20
"""Bytes below which a disk is as good as full: the night of a small department writes as much."""


def refuse_unwritable(folder: Path) -> None:
    """Raises CreditSyncError where files can't be made in the folder, or have no room; one that is not there yet will be
    made.
    """
    nearest = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not os.path.isdir(nearest) or not os.access(nearest, os.W_OK | os.X_OK):  # noqa: PTH112 - of Path, EACCES is raised
        raise CreditSyncError(f"不能写入文件夹 {folder}", remedy="请检查路径和权限")
    if (room := shutil.disk_usage(nearest).free) < LEAST_ROOM:
        raise CreditSyncError(f"文件夹 {folder} 所在的磁盘只剩 {room // 2**20} MB", remedy="请腾出空间")
