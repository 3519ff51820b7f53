"""The key of a record within its source: how it is joined of what its fields say, and taken apart again."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from typing import Any

from credit_sync.subjects.identifiers import Identifier

LONGEST_KEY = 500
_CUT = 33
"""What stands in the place of the end of a longer key: a mark and a digest."""
_PART = re.compile(r"((?:[^|\\]|\\.)*)(\||\\?\Z)", re.DOTALL)
"""A part and what ends it; a key that was cut may end within a part."""


def key_part(value: Any) -> str:
    """One spelling for what a source may write differently from pull to pull: width and blanks."""
    if not value:
        return ""
    if isinstance(value, Identifier):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return "".join(unicodedata.normalize("NFKC", str(value)).split())


def key_parts(column: Sequence[str]) -> Sequence[str]:
    """`key_part` each text of a column, of which all are printable."""
    joined = "\n".join(column)
    folded = unicodedata.normalize("NFKC", joined)
    if " " in folded:
        return list(map(key_part, column))
    return column if folded == joined else folded.split("\n")


def join_key(parts: Sequence[str]) -> str:
    """The key made of its parts: unambiguous, and not too long for a database to index."""
    key = "|".join(parts)
    if "\\" in key or key.count("|") >= len(parts):
        key = "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY - _CUT]}#{blake2b(key.encode(), digest_size=16).hexdigest()}"


def join_keys(columns: Sequence[Sequence[str]]) -> list[str]:
    """`join_key` each row of the columns; '' for one of which all parts are empty."""
    keys = list(map("|".join, zip(*columns, strict=True)))
    between, joined = "|" * (len(columns) - 1), "".join(keys)
    plain = "\\" not in joined and joined.count("|") == len(between) * len(keys)
    if not plain or max(map(len, keys), default=0) > LONGEST_KEY:
        keys = list(map(join_key, zip(*columns, strict=True)))
    return ["" if key == between else key for key in keys] if between in keys else keys


def parts_of(key: str) -> list[str]:
    """The parts of a key as they stand in it; of one that was too long those that are whole.

    >>> parts_of("1号|张三|")
    ['1号', '张三', '']
    """
    cut = len(key) == LONGEST_KEY and key[-_CUT] == "#"
    found = _PART.findall(key[:-_CUT] if cut else f"{key}|")
    return [part for part, end in found if end == "|"]
