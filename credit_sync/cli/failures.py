"""What a command that failed says, and its exit code. Loaded when something has failed."""

import re

import click
from sqlalchemy.exc import SQLAlchemyError

from credit_sync.cli.chinese import explain_usage
from credit_sync.cli.exit_codes import EXIT_BUSY, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_UNUSABLE
from credit_sync.errors import BusyError, CreditSyncError, SettingsError, StoreError, reason_of
from credit_sync.logs import log
from credit_sync.store.engine import explain
from credit_sync.subjects.identifiers import hide_in_text


def explain_failure(error: BaseException) -> tuple[str, int]:
    """A sentence and an exit code for every error; numbers of persons hidden."""
    scarce = isinstance(error, MemoryError)  # too little to load what writes logs, too
    message, code = ("内存不足，没有做完", EXIT_FAILED) if scarce else _explained(error)
    remedy = "".join(f"（{remedy}）" for said, remedy in _REMEDIES.items() if said.search(message))
    return hide_in_text(message + remedy), code


_FULL = re.compile("No space left on device|disk is full|磁盘已满")
"""What the system, SQLite and PostgreSQL say of a full disk, each in its own words."""
_READ_ONLY = re.compile("readonly database|read-only transaction|permission denied for (table|sequence|schema)")
"""What SQLite and PostgreSQL say to whoever may read only: the first that is to be written is refused, so nothing is done."""
_DAMAGED = re.compile("disk image is malformed|file is not a database")
_BUSY = re.compile("database (table )?is locked|lock timeout")
"""What SQLite and PostgreSQL say to who has waited for another's writing in vain."""
_SCARCE = re.compile("内存不足")
_FILES = re.compile("打开的文件太多")
_CROWDED = re.compile("too many (connections|clients)|remaining connection slots")
_LOST = re.compile(
    "^数据库出错：(?!.*too many).*"
    "(connection failed|server closed the connection|terminating connection|connection is (lost|closed))"
)
_TIMED_OUT = re.compile("statement timeout")
_REMEDIES = {
    _DAMAGED: "数据库文件已损坏，或不是数据库：请停用定时运行和复核台，按 docs/operating.md 的 Backup 一节恢复备份",
    _FULL: "磁盘已满：腾出空间后再运行，做完的不会重做",
    _READ_ONLY: "对数据库只有读的权限，没有执行：请检查 store.url 所指数据库的属主和权限，并以运行本程序的账号运行",
    _TIMED_OUT: "数据库限制了每条语句的时间：请管理员为本程序的账号取消（ALTER ROLE … SET statement_timeout = 0）",
    _BUSY: "数据库正忙，可能正在做夜间运行：请等它结束后再试",
    _CROWDED: "数据库的连接数已用完：请数据库管理员放宽上限（max_connections，或账号的 CONNECTION LIMIT）后再运行",
    _LOST: "与数据库的连接断了：请检查数据库服务和网络，恢复后再运行，做完的不会重做",
    _SCARCE: "腾出内存，或放宽限制（ulimit -v，systemd 的 MemoryMax）后再运行，做完的不会重做",
    _FILES: "放宽限制（ulimit -n，systemd 的 LimitNOFILE）后再运行，做完的不会重做",
}


def _explained(error: BaseException) -> tuple[str, int]:
    match error:
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "credit-sync"
            return f"{explain_usage(error)}\n用 {command} --help 查看说明", EXIT_UNUSABLE
        case click.Abort() | KeyboardInterrupt():
            return "已中断", EXIT_INTERRUPTED
        case BusyError():
            return str(error), EXIT_BUSY
        case SettingsError() | StoreError():
            return str(error), EXIT_UNUSABLE
        case CreditSyncError():
            return str(error), EXIT_FAILED
        case SQLAlchemyError():
            said = explain(error)
            return f"数据库出错：{said}", EXIT_UNUSABLE if _READ_ONLY.search(said) else EXIT_FAILED
        case OSError():
            what = f"{reason_of(error) or error} {error.filename or ''}".rstrip()
            return f"读写文件出错：{what}", EXIT_FAILED
    # A fault of the program: its traceback belongs in the log.
    log.error("内部错误", exc_info=error)
    return f"程序内部错误（{type(error).__name__}），请用 --verbose 再试，把日志交给维护人员", EXIT_FAILED
