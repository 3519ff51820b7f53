"""Secrets come from the environment: a setting names one and never holds it."""

import os
from pathlib import Path

from credit_sync.errors import CreditSyncError, reason_of


def secret(name: str) -> str:
    """The secret called `name`: the environment variable, or the content of the file in NAME_FILE."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            content = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise CreditSyncError(f"{name}_FILE 指向的文件读不了：{reason_of(error)}") from None
        except ValueError:
            raise CreditSyncError(f"{name}_FILE 指向的文件不是 UTF-8 文本") from None
        if not content:
            raise CreditSyncError(f"{name}_FILE 指向的文件是空的")
        return content
    value = os.environ.get(name)
    if not value:
        raise CreditSyncError(f"缺少密钥 {name}", remedy=f"设置环境变量 {name}，或用 {name}_FILE 指明存放它的文件")
    return value
