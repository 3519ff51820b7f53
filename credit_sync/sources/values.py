"""From what a source wrote to a value: dates, amounts, numbers, words. Pure; a value that cannot be read is an
`UnreadableError` with a reason in Chinese.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, TypeVar

import orjson

from credit_sync.sources import words
from credit_sync.sources.target_fields import FieldType

LONGEST = 10_000
"""Characters of a text that are kept."""
OTHER_DATES = ("excel", "epoch_ms", "epoch_s")
"""Formats of dates that strptime has no notation for."""
LONG_TERM = date(2099, 12, 31)
"""长期, as the 双公示 templates of Ningbo and Suzhou define it."""

_CHINA = timezone(timedelta(hours=8))
_EARLIEST, _LATEST = date(1850, 1, 1), date(2199, 12, 31)
_NO_DATE = frozenset([date(1, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1)])
"""What databases and spreadsheets show for an empty date."""
_EXCEL_ZERO = date(1899, 12, 30)
_EXCEL_SERIAL = re.compile(r"([2-7][0-9]{4}|80000)(?:\.[0-9]*)?")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{4}|[0-9]{6})?")
_WRITTEN = re.compile(r"([0-9]{4})\s*([-/.年])\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?(.*)", re.DOTALL)
_TIME_OF_DAY = re.compile(
    r"[T\s]*[0-9]{1,2}\s*[:时点]\s*[0-9]{1,2}(?:\s*[:分]\s*[0-9]{0,2}(?:\.[0-9]+)?\s*秒?)?分?"
)
_ZONED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+\s*(?:Z|[+-][0-9]{2}:?[0-9]{2})")
_ZERO_DATE = re.compile(r"0000[-/.]?0{1,2}[-/.]?0{1,2}.*|1900-01-00.*")
_INTEGER = re.compile(r"([+-]?[0-9]{1,9})(?:\.0+)?\s*(?:岁|周岁|人|年|个|名|位)?")
_AMOUNT = re.compile(r"(?:人民币|RMB|CNY|[¥￥])?\s*([+-]?[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(亿元|万元|万|元|亿)?整?")
_IN_WAN = {
    "亿元": Decimal(10_000),
    "亿": Decimal(10_000),
    "万元": Decimal(1),
    "万": Decimal(1),
    "元": Decimal("1e-4"),
}
_MOST_WAN = Decimal(10) ** 12
_ESCAPED = re.compile("_x00[01][0-9A-F]_")
_REFERENCE = re.compile(f"&(?:#|[A-Za-z]{{2,8}};)|{_ESCAPED.pattern}")
"""What a web page, or a workbook's cell, writes for a character."""


def has_reference(text: str) -> bool:
    """Whether a character in a text is written otherwise."""
    return ("&" in text or "_x00" in text) and bool(_REFERENCE.search(text))


_SEPARATORS = re.compile(r"[、，,;；|\n]+|\s/\s")

Value = TypeVar("Value")


class UnreadableError(Exception):
    """The value cannot be read; the reason is Chinese and does not repeat the value."""


_LONGEST_EMPTY = max(map(len, words.EMPTY))
_LINE_ENDS = re.compile(r"\r\n?")


def clean(text: str) -> str:
    """Trimmed, without control characters, formatting characters and lone surrogates; otherwise as written."""
    if text.isprintable():
        return text.strip()
    text = _LINE_ENDS.sub("\n", text)
    odd = {c for c in set(text) if not c.isprintable() and c not in "\n\t"}
    unwanted = {ord(c): None for c in odd if unicodedata.category(c) in {"Cc", "Cf", "Cs"}}
    return (text.translate(unwanted) if unwanted else text).strip()


def text_of(value: Any) -> str:
    """A plain value as cleaned text; '' where the source says nothing (暂无, /, null ...)."""
    if isinstance(value, str):
        text = value.strip() if value.isprintable() else clean(value)
        if len(text) > _LONGEST_EMPTY:
            return text
    elif value is None:
        return ""
    elif isinstance(value, bool):
        return "true" if value else "false"
    elif isinstance(value, float):
        text = str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    elif isinstance(value, int):
        return str(value)
    elif isinstance(value, list):
        text = "、".join(part for part in map(text_of, value) if part)
    else:
        text = orjson.dumps(value).decode()
    return "" if len(text) <= _LONGEST_EMPTY and text.lower() in words.EMPTY else text


def texts_of(column: Sequence[str], joined: str) -> list[str]:
    """`text_of` each text of a column, of which all are printable; `joined` is all of them in one."""
    texts = list(map(str.strip, column)) if " " in joined else list(column)
    short = {text for text in texts if 0 < len(text) <= _LONGEST_EMPTY}
    empty = {text for text in short if text.lower() in words.EMPTY}
    return ["" if text in empty else text for text in texts] if empty else texts


def name_of(text: str) -> str:
    """A name on one line, character references (&#183;, &middot;) and a workbook's escapes (_x000D_) resolved.

    >>> name_of("屈怀瑾_x000D_"), name_of("买买提&#183;吐尔逊")
    ('屈怀瑾', '买买提·吐尔逊')
    """
    if has_reference(text):
        text = clean(_ESCAPED.sub("\n", html.unescape(text)))
    if text.isprintable():
        return text
    return " ".join(text.split()) if "\n" in text or "\t" in text else text


def names_of(text: str, split: str = "") -> tuple[str, ...]:
    """Several names in one text, in order, each once."""
    parts = re.split(split, text) if split else _SEPARATORS.split(text)
    names = (name_of(clean(part or "")) for part in parts)
    return tuple(dict.fromkeys(name for name in names if name and name.lower() not in words.EMPTY))


@lru_cache(maxsize=20_000)
def read_date(text: str, formats: tuple[str, ...] = ()) -> date | None:
    """A day, None where the text stands for none. `formats` replace the usual ways of writing.

    Usual: 2018-11-30, 2018/11/30, 2018.11.30, 20181130, 2018年11月30日, each with a time of day or not, ISO with a
    zone (as the day in China), Excel's serial days 20000 to 80000, 长期.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if text in words.LONG_TERM:
        return LONG_TERM
    if not text or _ZERO_DATE.fullmatch(text):
        return None
    try:
        day = _day_in(text, formats) if formats else _usual_day(text)
    except (ValueError, OverflowError, OSError):
        day = None
    if day is None:
        raise UnreadableError("不是可识别的日期")
    if day in _NO_DATE:
        return None
    if day.year == 9999:
        return LONG_TERM
    if not _EARLIEST <= day <= _LATEST:
        raise UnreadableError("日期超出合理范围（1850 年至 2199 年）")
    return day


def _usual_day(text: str) -> date | None:
    if found := _COMPACT.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if _ZONED.fullmatch(text):
        return datetime.fromisoformat(text).astimezone(_CHINA).date()
    if found := _WRITTEN.fullmatch(text):
        rest = found[5].strip()
        if rest and not _TIME_OF_DAY.fullmatch(rest):
            return None
        return date(int(found[1]), int(found[3]), int(found[4]))
    return _excel_day(text)


def _excel_day(text: str) -> date | None:
    found = _EXCEL_SERIAL.fullmatch(text)
    return _EXCEL_ZERO + timedelta(days=int(found[1])) if found else None


def _day_in(text: str, formats: tuple[str, ...]) -> date | None:
    for pattern in formats:
        if pattern == "excel":
            day = _excel_day(text)
        elif pattern in ("epoch_ms", "epoch_s"):
            seconds = float(text) / (1000 if pattern == "epoch_ms" else 1)
            day = datetime.fromtimestamp(seconds, _CHINA).date() if seconds else date(1900, 1, 1)
        else:
            day = _strptime(text, pattern)
        if day is not None:
            return day
    return None


def _strptime(text: str, pattern: str) -> date | None:
    try:
        return datetime.strptime(text, pattern).date()
    except ValueError:
        return None


def read_integer(text: str) -> int:
    """A whole number of at most nine digits: 45, 45岁, 1,200, 45.0."""
    found = _INTEGER.fullmatch(unicodedata.normalize("NFKC", text).replace(",", ""))
    if found is None:
        raise UnreadableError("不是整数")
    return int(found[1])


def read_amount(text: str, unit: str = "万元") -> Decimal:
    """An amount in 万元, exact to the 分; `unit` is the field's where the text names none."""
    found = _AMOUNT.fullmatch(unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", ""))
    if found is None:
        raise UnreadableError("不是可识别的金额")
    if len(found[1]) > 40:
        raise UnreadableError("金额过大或位数过多")
    amount = Decimal(found[1]) * _IN_WAN[found[2] or unit]
    if amount < 0:
        raise UnreadableError("金额不能为负数")
    if amount >= _MOST_WAN:
        raise UnreadableError("金额过大")
    exact = amount.quantize(Decimal("1e-6"))
    if abs(exact - amount) > Decimal("1e-9"):  # spreadsheets write 0.30000000000000004
        raise UnreadableError("金额精确到分即可，小数位过多")
    return exact.normalize() if exact else Decimal(0)


def read_word(text: str, known: Mapping[str, Value]) -> Value:
    """One of the known words of a field."""
    word = unicodedata.normalize("NFKC", text).strip().lower()
    if word not in known:
        raise UnreadableError("不是认得的写法，请在对照文件的 [values] 中写明")
    return known[word]


def _remembered(known: Mapping[str, Value]) -> Callable[[str], Value]:
    """`read_word` for one field; there are few words and many rows."""
    return lru_cache(maxsize=1000)(partial(read_word, known=known))


READERS: dict[FieldType, Callable[[str], Any]] = {
    FieldType.INTEGER: lru_cache(maxsize=20_000)(read_integer),
    FieldType.AMOUNT: read_amount,
    FieldType.AMOUNT_YUAN: partial(read_amount, unit="元"),
    FieldType.SUBJECT_KIND: _remembered(words.SUBJECT_KINDS),
    FieldType.SEX: _remembered(words.SEXES),
    FieldType.ROLE: _remembered(words.ROLES),
    FieldType.STATE: _remembered(words.LICENCE_STATES),
    FieldType.APPLICATION_KIND: _remembered(words.APPLICATION_KINDS),
}
"""How the field types are read that need nothing but the text."""
