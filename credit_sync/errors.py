"""The errors a person reads: what is wrong, where, why, and what to do about it.

Whatever bad input, a failing upstream or a wrong setting may cause ends as one of these; the command
line prints them without a traceback. Messages are Chinese, because operators and officers read them,
and never hold a natural person's full identity number.
"""


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
    """The database cannot be reached, or its schema is not the one this version needs."""


class BusyError(CreditSyncError):
    """Another run holds the store; the command exits with 75 (EX_TEMPFAIL)."""
