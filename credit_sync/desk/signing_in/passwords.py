"""Passwords of local accounts: argon2id (RFC 9106), at most two at a time, for each takes 64 MiB."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from credit_sync.errors import CreditSyncError

SHORTEST, LONGEST = 12, 256
_hasher = PasswordHasher()
_at_once = BoundedSemaphore(2)
_NOBODYS = _hasher.hash("")
"""Checked for names that have no account, so that the time taken tells nothing."""


def hashed(password: str, name: str) -> str:
    """The hash to keep. Raises CreditSyncError for a password that is too easily guessed."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise CreditSyncError(f"密码要有 {SHORTEST} 到 {LONGEST} 个字符", remedy="可以用几个互不相干的词连成一句")
    if name.casefold() in password.casefold() or len(set(password)) < 5:
        raise CreditSyncError("密码太容易猜到", remedy="不要包含账号名，不要重复同几个字符")
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is the one of the hash; `None`: there is no account, which takes as long to say."""
    with _at_once:
        try:
            return _hasher.verify(stored or _NOBODYS, password[: LONGEST + 1]) and stored is not None
        except (VerificationError, InvalidHashError):
            return False
