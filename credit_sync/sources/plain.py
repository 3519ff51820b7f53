"""Raw values as plain data that every database and JSON can hold, and that reads the same when read again.

Rows are read in this form, and kept in quarantine in this form: so a retry sees what the first reading saw.
"""

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

LONGEST = 100_000
"""Characters of one value that are kept; a cell that holds more holds no value but a mistake."""
_DEEPEST = 12
_LARGEST = 2**63


def plain_row(values: Mapping[str, Any]) -> dict[str, Any]:
    """A row's values as JSON can hold them: `plain_row(plain_row(x)) == plain_row(x)`."""
    if _is_plain(values):
        return dict(values)
    return {plain_text(str(name)): plain(value) for name, value in values.items()}


def _is_plain(values: Mapping[str, Any]) -> bool:
    """Nothing but text that stays as it is, which is nearly every row of a file: asked of all its texts at once."""
    try:
        names, texts = "".join(values), "".join(values.values())
    except TypeError:
        return False
    return names.isprintable() and texts.isprintable() and len(names) <= LONGEST and len(texts) <= LONGEST


def plain(value: Any, depth: int = 0) -> Any:
    """One value: text without NUL and lone surrogates, dates in ISO form, decimals written out."""
    if isinstance(value, str):
        return value if value.isprintable() and len(value) <= LONGEST else plain_text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_LARGEST <= value < _LARGEST else plain_text(_digits(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= _DEEPEST:
        return plain_text(str(value))
    if isinstance(value, Mapping):
        return {plain_text(str(name)): plain(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    return plain_text(_written(value))


def plain_text(text: str) -> str:
    """Text that every database takes: no NUL, no half of a surrogate pair, not endless."""
    if text.isprintable() and len(text) <= LONGEST:  # nearly always, and neither NUL nor surrogates are printable
        return text
    text = text[:LONGEST]
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    return text.replace("\0", "")


def _digits(value: int) -> str:
    """Written out; beyond what Python writes in decimal, in hexadecimal."""
    try:
        return str(value)
    except ValueError:
        return hex(value)


def _written(value: Any) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() and abs(value.adjusted()) < 100 else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)
