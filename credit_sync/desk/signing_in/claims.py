"""What a provider or proxy says about somebody, as a user of the desk."""

import unicodedata
from collections.abc import Sequence

from credit_sync.desk.rights import ALL_DEPARTMENTS, User
from credit_sync.desk_settings import OidcSignIn, ProxySignIn
from credit_sync.errors import CreditSyncError
from credit_sync.subjects.identifiers import hide_in_text

_LONGEST = 128


def user_from(
    name: str,
    title: str,
    said_roles: Sequence[str],
    said_departments: Sequence[str],
    meaning: OidcSignIn | ProxySignIn,
) -> User:
    """`meaning.roles` and `.departments` say what the words of the provider mean here. An unknown role is none.

    Where `departments` is empty the provider's words are the departments' names, else an unknown one is none; only the
    mapping can give all departments. Raises CreditSyncError for a name that cannot go on record.
    """
    name = " ".join(name.split())  # as it goes on record: one name, one count of look-ups
    if not name or len(name) > _LONGEST or any(unicodedata.category(c)[0] == "C" for c in name):
        raise CreditSyncError(
            "登录平台没有给出可用的账号", remedy="请运维人员核对 [desk] 的 user_claim 或 user_header"
        )
    if hide_in_text(name) != name:  # it goes on record, and no identity number does
        raise CreditSyncError(
            "登录平台以证件号码作账号，不能采用", remedy="请运维人员换一个 user_claim 或 user_header"
        )
    known = frozenset(meaning.roles[word] for word in said_roles if word in meaning.roles)
    if departments := meaning.departments:
        own = frozenset(departments[word] for word in said_departments if word in departments)
    else:
        own = frozenset(word for word in said_departments if word and word != ALL_DEPARTMENTS)
    shown = hide_in_text("".join(c for c in title.strip() if unicodedata.category(c)[0] != "C"))
    return User(name, shown[:_LONGEST] or name, known, own)


def word(value: object) -> str:
    """A claim as one word: a text or a number; of a claim with parts nobody knows which one is meant.

    >>> word("u-0815"), word(815), word(["a"]), word(True), word(None)
    ('u-0815', '815', '', '', '')
    """
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def words(value: object) -> list[str]:
    """A claim as a list of words: a list, or a text with commas.

    >>> words(["a", 3]), words("a, b,"), words(None)
    (['a', '3'], ['a', 'b'], [])
    """
    if isinstance(value, list | tuple):
        return [str(item) for item in value if isinstance(item, str | int)]
    return [word for part in value.split(",") if (word := part.strip())] if isinstance(value, str) else []
