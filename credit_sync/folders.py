"""Whether a folder can be written to, told without writing: for `credit-sync check`."""

import os
from pathlib import Path

from credit_sync.errors import CreditSyncError


def refuse_unwritable(folder: Path) -> None:
    """Raises CreditSyncError where files can't be made in the folder; one that is not there yet will be made."""
    nearest = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not os.path.isdir(nearest) or not os.access(nearest, os.W_OK | os.X_OK):  # noqa: PTH112 - of Path, EACCES is raised
        raise CreditSyncError(f"不能写入文件夹 {folder}", remedy="请检查路径和权限")
