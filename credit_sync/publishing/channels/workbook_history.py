"""Workbooks that the store knows nothing of: it was set back to a backup, or is another one.

Nobody can ask the platform what was uploaded; what lies in the folder tells that something may have been.
"""

from datetime import date
from pathlib import Path

import orjson
from sqlalchemy import Connection, select

from credit_sync.errors import CreditSyncError
from credit_sync.publishing.channels.workbook_files import MANIFEST
from credit_sync.store.schema import batch


def refuse_other_history(connection: Connection, folder: Path, today: date) -> None:
    """Raises CreditSyncError where a manifest of an earlier day is of a batch that the store does not have.

    One of today's may be what a power cut took from the store: the same batch is made again, to the same bytes.
    """
    known = {
        (one.id, f"{one.made_at:%Y-%m-%d}") for one in connection.execute(select(batch.c.id, batch.c.made_at))
    }
    for path in sorted(folder.glob(f"*{MANIFEST}")):
        number, day = _batch_of(path)
        if day < today.isoformat() and (number, day) not in known:
            raise CreditSyncError(
                f"{path} 说的这一批，数据库里没有：数据库恢复过备份，或换了数据库，再报可能重复",
                remedy="请查清这一批是否已上传；已上传的先告知平台（会再报一次），再把它的文件移出文件夹后运行",
            )


def _batch_of(path: Path) -> tuple[int, str]:
    """Number and day of a manifest's batch; a file that is none of ours is of no day that counts."""
    try:
        content = orjson.loads(path.read_bytes())
        return int(content["batch"]), date.fromisoformat(content["date"]).isoformat()
    except (OSError, ValueError, TypeError, KeyError):
        return 0, date.max.isoformat()
