"""What a person orders the program to do with what is stored or published: who, and why. It goes on record with what is done."""

from dataclasses import dataclass
from typing import Self

from credit_sync.errors import CreditSyncError
from credit_sync.subjects.identifiers import hide_in_text

_LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class Order:
    """Who gives it, and why."""

    who: str
    reason: str

    @classmethod
    def of(cls, who: str, reason: str) -> Self:
        """As it may be kept. Raises CreditSyncError where either is missing."""
        if not reason.strip():
            raise CreditSyncError("没有写明事由", remedy="用 --reason 写明为什么")
        if not who.strip():
            raise CreditSyncError("没有写明操作人", remedy="用 --who 写明姓名")
        return cls(hide_in_text(who.strip())[:_LONGEST_NAME], hide_in_text(reason.strip()))
