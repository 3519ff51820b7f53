"""The errors a person reads: what is wrong, where, why, and what to do about it.

Whatever bad input, a failing upstream or a wrong setting may cause ends as one of these; the command
line prints them without a traceback. Messages are Chinese, because operators and officers read them,
and never hold a natural person's full identity number.
"""

import errno


class CreditSyncError(Exception):
    """Something a person has to know about; `remedy` says what to do."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}（{self.remedy}）" if self.remedy else self.message


class SettingsError(CreditSyncError):
    """The configuration or a mapping file is unusable; `problems` has one line per wrong key."""

    def __init__(self, path: str, problems: list[str]) -> None:
        super().__init__(f"{path} 有 {len(problems)} 处错误：\n  " + "\n  ".join(problems))
        self.path = path
        self.problems = problems


class SourceError(CreditSyncError):
    """A source could not be read to its end: nothing of this pull is taken over."""


class StoreError(CreditSyncError):
    """The database cannot be reached, its schema is not the one this version needs, or its last run is not of the clock's days."""


class BusyError(CreditSyncError):
    """Another run holds the store; the command exits with 75 (EX_TEMPFAIL)."""


_REASONS = {
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.ENOSPC: "磁盘已满",
    errno.ENOMEM: "内存不足",
    errno.EMFILE: "打开的文件太多",
    errno.ENFILE: "打开的文件太多",
    errno.EDQUOT: "超出磁盘配额",
    errno.EFBIG: "文件太大，超出限额或文件系统的上限",
    errno.EROFS: "文件系统是只读的",
    errno.EIO: "磁盘或共享盘读写出错",
    errno.ESTALE: "共享盘已断开",
    errno.ENAMETOOLONG: "名称太长",
    errno.ECONNREFUSED: "对方没有在这个端口提供服务",
    errno.ECONNRESET: "连接被对方断开",
    errno.ETIMEDOUT: "等待超时",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
    errno.EHOSTUNREACH: "网络不通",
    errno.ENETUNREACH: "网络不通",
}


def reason_of(error: BaseException) -> str:
    """Why the operating system refused, which says so in English; '' where it does not say."""
    if not isinstance(error, OSError):
        inner = next(iter(error.args), None)  # XlsxWriter hands on what it was refused
        return reason_of(inner) if isinstance(inner, OSError) else str(error)
    own = type(error).__module__ == "builtins"  # TLS and name servers have numbers of their own
    return (_REASONS.get(error.errno or 0) if own else None) or error.strerror or ""
