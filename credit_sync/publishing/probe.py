"""Trying a channel without changing anything, for `credit-sync check`."""

import os

from credit_sync.errors import CreditSyncError
from credit_sync.publishing.standard import load_standard
from credit_sync.settings import Settings
from credit_sync.subjects.identifiers import uscc


def probe(settings: Settings, name: str) -> str:
    """One line in Chinese on a channel that works. Raises CreditSyncError for one that does not."""
    channel = settings.channels[name]
    standard = load_standard(settings.path(settings.mappings), channel.standard)
    if not uscc.is_valid(settings.department.uscc):
        raise CreditSyncError(
            "department.uscc 没有填写或校验不通过", remedy="请填写本部门的统一社会信用代码，报送时必填"
        )
    folder = settings.path(channel.folder)
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise CreditSyncError(f"不能写入文件夹 {folder}", remedy="请检查路径和权限")
    missing = "" if folder.exists() else "（尚不存在，首次报送时建立）"
    return f"{standard.title}，工作簿写入 {folder}{missing}"
