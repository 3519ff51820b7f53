"""Checks of one filled field by itself: characters, length, list, date, amount. Pure.

The rules are those that receiving platforms apply to 双公示 uploads (Suzhou, Jiangsu, Hubei); numbers and their check
digits are in `numbers.py`.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from credit_sync.publishing.field_table import PublishedField
from credit_sync.publishing.findings import Finding, finding, shown
from credit_sync.publishing.numbers import DAMAGED, check_code
from credit_sync.publishing.standard import Standard

_AMOUNT = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_AMOUNT_IN_WORDS = re.compile(r"([0-9][0-9,，]*(?:\.[0-9]+)?)\s*(万元|万|元)")
_WAN = Decimal(10_000)
_JUNK = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\uf8ff\ufeff\ufffd-\uffff"
    "\U000f0000-\U0010ffff\u25a1]|&(?:#x?[0-9A-Fa-f]{2,6}|[a-z]{2,6});"
)
"""Control, invisible and private-use characters, failed conversions (U+FFFD, □), character references."""
_JUNK_NAMES = {"\n": "换行", "\r": "换行", "\t": "制表符", "\u25a1": "□", "\ufffd": "�"}
_QUESTION = re.compile(r"[?？]")
_TIME = r"(?:[T ]*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?)?"
_DAY = re.compile(rf"(?P<y>[0-9]{{4}})[-/.年](?P<m>[0-9]{{1,2}})[-/.月](?P<d>[0-9]{{1,2}})日?{_TIME}")
_COMPACT_DAY = re.compile(r"(?P<y>[12][0-9]{3})(?P<m>[0-9]{2})(?P<d>[0-9]{2})")
_SERIAL_DAY = re.compile(r"[2-7][0-9]{4}")
_EXCEL_ZERO = date(1899, 12, 30)


def check_value(field: PublishedField, value: str, standard: Standard, on: date) -> Iterator[Finding]:
    """Everything that is wrong with a filled field by itself. `on` is the day of the report."""
    if _may_be_junk(value) and (junk := _JUNK.search(value)):
        yield finding(
            field,
            "forbidden_character",
            f"含有平台不接受的字符 {_name(junk.group())}，请在来源表中删除或改正",
        )
    elif value != value.strip():
        yield finding(field, "surrounding_blanks", "前后有空格，请删除")
    if field.type == "date":
        yield from _check_date(field, value.strip(), standard, on)
    elif field.type == "amount":
        yield from _check_amount(field, value.strip())
    elif field.check and value.isprintable() and (wrong := check_code(field, value.strip())):
        yield wrong
    else:
        yield from _check_text(field, value, standard)


@lru_cache(maxsize=20_000)
def read_day(text: str, date_format: str) -> tuple[date | None, bool]:
    """The day that a published text stands for, and whether it is written as the standard wants it.

    Other notations that platforms take (Suzhou): 2018-11-30, 2018.11.30, 20181130, 2018年11月30日, single digits, and a
    time of day behind it.

    >>> read_day("2018/11/06", "%Y/%m/%d"), read_day("2018-11-6", "%Y/%m/%d"), read_day("43410", "%Y/%m/%d")
    ((datetime.date(2018, 11, 6), True), (datetime.date(2018, 11, 6), False), (None, False))
    """
    day = _strptime(text, date_format)
    if day is not None and day.strftime(date_format) == text:
        return day, True
    found = _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text)
    try:
        return (date(int(found["y"]), int(found["m"]), int(found["d"])), False) if found else (None, False)
    except ValueError:
        return None, False


def _strptime(text: str, date_format: str) -> date | None:
    try:
        return datetime.strptime(text, date_format).date()
    except ValueError:
        return None


def _may_be_junk(value: str) -> bool:
    """Cheaper than the search, for the nearly always clean values."""
    return not value.isprintable() or "&" in value or "\u25a1" in value or "\ufffd" in value


def _check_text(field: PublishedField, value: str, standard: Standard) -> Iterator[Finding]:
    if len(value) > field.length:
        yield finding(field, "length", f"有 {len(value)} 个字，超过 {field.length} 个字的上限，请缩短")
    if field.values:
        known = standard.lists[field.values]
        for part in known.parts(value.strip()):
            if not known.allows(part):
                yield finding(field, "list", f"“{shown(part)}”不在允许的取值内，请改为：{known.describe()}")
    if field.plain:
        found = "".join(dict.fromkeys(c for c in value if c in standard.forbidden_in_names))
        if found:
            yield finding(field, "forbidden_character", f"含有特殊字符 {found}，请在来源表中删除")
        if _QUESTION.search(value):
            yield finding(field, "question_mark", "含有问号，可能是生僻字转换失败，请核对原名")


def _check_date(field: PublishedField, value: str, standard: Standard, on: date) -> Iterator[Finding]:
    long_term = standard.long_term.strftime(standard.date_format)
    if value in standard.long_term_words:
        yield finding(field, "long_term", f"写的是“{value}”，长期请写 {long_term}")
        return
    day, as_it_should = read_day(value, standard.date_format)
    if day is None:
        yield finding(field, "date_format", _how_to_write(value, standard.date_format))
    elif day > standard.long_term:
        yield finding(field, "long_term", f" {value} 超出范围，长期请写 {long_term}")
    elif not as_it_should:
        text = f"“{shown(value)}”的写法不标准，请写成 {day.strftime(standard.date_format)}"
        yield finding(field, "date_notation", text)
    if day and field.not_future and day > on:
        yield finding(field, "date_future", f" {value} 晚于报送日 {on.strftime(standard.date_format)}，请核对")
    if day and field.not_before and day < field.not_before:
        law = field.not_before.strftime(standard.date_format)
        yield finding(field, "date_too_early", f" {value} 早于法律施行日 {law}，请核对")


def _how_to_write(value: str, date_format: str) -> str:
    if _SERIAL_DAY.fullmatch(value):
        day = _EXCEL_ZERO + timedelta(days=int(value))
        return f" {value} 是表格软件里日期的序号，请写成 {day.strftime(date_format)}"
    example = date(2018, 11, 30).strftime(date_format)
    return f"“{shown(value)}”不是日期或没有这一天，请写成 {example} 的样子"


def _check_amount(field: PublishedField, value: str) -> Iterator[Finding]:
    found = _AMOUNT.fullmatch(value)
    if not found:
        if DAMAGED.fullmatch(value):
            yield finding(field, "amount", f" {value} 太大，单位是万元，请核对")
        else:
            yield finding(field, "amount", f"“{shown(value)}”不是数字，{_amount_meant(value)}")
        return
    sign, whole, decimals = found[1], found[2], found[3] or ""
    if sign:
        yield finding(field, "amount", f" {shown(value)} 是负数，请核对")
    elif len(whole) > 12:
        yield finding(field, "amount", f" {shown(value)} 太大，单位是万元，请核对")
    elif len(decimals) > 6:
        yield finding(field, "amount", f" {shown(value)} 超过六位小数（一分钱以下），单位是万元，请核对")
    elif not (whole + decimals).strip("0"):
        yield finding(field, "amount_zero", "是 0，请核对；没有金额的请留空")


def _amount_meant(value: str) -> str:
    found = _AMOUNT_IN_WORDS.fullmatch(value)
    if not found or len(found[1]) > 20:
        return "请填以万元为单位的数字"
    number = Decimal(found[1].replace(",", "").replace("，", ""))
    return f"请填 {in_wan(number) if found[2] == '元' else format(number, 'f')}（单位万元）"


def in_wan(yuan: Decimal) -> str:
    """An amount in 元, in 万元 without trailing zeros.

    >>> in_wan(Decimal(18500)), in_wan(Decimal(20000))
    ('1.85', '2')
    """
    return format((yuan / _WAN).normalize(), "f")


def _name(junk: str) -> str:
    return junk if junk.startswith("&") else _JUNK_NAMES.get(junk, f"U+{ord(junk):04X}")
