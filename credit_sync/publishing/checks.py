"""Checks of one filled field: length, list, date, amount, code, characters. Pure; each returns a finding or None.

The rules are those that receiving platforms apply to 双公示 uploads (Suzhou, Jiangsu, Hubei), with check digits
by GB 32100-2015, GB 11714-1997, GS 15-2006 and GB 11643-1999 on top, because most platforms look at shapes only.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import lru_cache

from credit_sync.publishing.findings import Finding, Severity, shown, shown_number
from credit_sync.publishing.standard import PublishedField, Standard
from credit_sync.subjects.identifiers import citizen_id, organisation_code, registration_number, uscc
from credit_sync.subjects.identifiers.folding import MASK

_AMOUNT = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_JUNK = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\uf8ff\ufeff\ufffd-\uffff"
    "\U000f0000-\U0010ffff\u25a1]|&(?:#x?[0-9A-Fa-f]{2,6}|[a-z]{2,6});"
)
"""Control, invisible and private-use characters, failed conversions (U+FFFD, □), character references."""
_QUESTION = re.compile(r"[?？]")


def check_field(field: PublishedField, value: str, standard: Standard, on: date) -> Iterator[Finding]:
    """Everything that is wrong with a filled field by itself. `on` is the day of the report."""
    if junk := _JUNK.search(value):
        yield error(
            field, "forbidden_character", f"含有平台不接受的字符 {_name(junk.group())}，请在来源表中删除或改正"
        )
    if field.type == "date":
        yield from _check_date(field, value, standard, on)
    elif field.type == "amount":
        yield from _check_amount(field, value)
    else:
        yield from _check_text(field, value, standard)


def check_code(field: PublishedField, value: str) -> Finding | None:
    """The check digit of a code."""
    if field.check and MASK in value:
        return error(field, "masked", f"{shown(value)} 有隐去的位，不能报送，请补全")
    check = _CODES.get(field.check)
    return check(field, value) if check else None


def check_id(field: PublishedField, number: str, id_type: str, standard: Standard) -> Finding | None:
    """The number of an identity document, by its type ('' where none is given)."""
    if MASK in number:
        return error(field, "masked", f"{shown_number(number)} 有隐去的位，不能报送，请补全")
    known = next((found for found in standard.id_types if found.value == id_type), None)
    if known is None:
        return None
    if not re.fullmatch(known.pattern, number):
        return error(field, "id_type", f"{shown_number(number)} 与证件类型“{id_type}”不符，请核对类型和号码")
    if known.check == "citizen_id" and not citizen_id.is_valid(number):
        return error(
            field, "id_number", f"{shown_number(number)} 校验不通过（出生日期或末位不对），请核对证件后更正"
        )
    return None


def error(field: PublishedField, rule: str, text: str) -> Finding:
    """A finding that keeps the row back."""
    return Finding(rule, Severity.ERROR, field.code, f"{field.title}{text}")


def warning(field: PublishedField, rule: str, text: str) -> Finding:
    """A finding that does not."""
    return Finding(rule, Severity.WARNING, field.code, f"{field.title}{text}")


@lru_cache(maxsize=20_000)
def parse_date(text: str, date_format: str) -> date | None:
    """A published date, None where it is written otherwise."""
    try:
        day = datetime.strptime(text, date_format).date()
    except ValueError:
        return None
    return day if day.strftime(date_format) == text else None


def _check_text(field: PublishedField, value: str, standard: Standard) -> Iterator[Finding]:
    if len(value) > field.length:
        yield error(field, "length", f"有 {len(value)} 个字，超过 {field.length} 个字的上限，请缩短")
    if field.values:
        known = standard.lists[field.values]
        for part in known.parts(value):
            if not known.allows(part):
                yield error(field, "list", f"“{shown(part)}”不在允许的取值内，请改为：{known.describe()}")
    if field.plain:
        found = "".join(dict.fromkeys(c for c in value if c in standard.forbidden_in_names))
        if found:
            yield error(field, "forbidden_character", f"含有特殊字符 {found}，请在来源表中删除")
        if _QUESTION.search(value):
            yield warning(field, "question_mark", "含有问号，可能是生僻字转换失败，请核对原名")


def _check_date(field: PublishedField, value: str, standard: Standard, on: date) -> Iterator[Finding]:
    day = parse_date(value, standard.date_format)
    if day is None:
        example = date(2018, 11, 30).strftime(standard.date_format)
        yield error(field, "date_format", f"“{shown(value)}”不是标准的日期写法，请写成 {example} 的样子")
        return
    if field.not_future and day > on:
        yield error(field, "date_future", f"{value} 晚于报送日 {on.strftime(standard.date_format)}，请核对")
    if field.not_before and day < field.not_before:
        law = field.not_before.strftime(standard.date_format)
        yield error(field, "date_too_early", f"{value} 早于法律施行日 {law}，请核对")
    if day > standard.long_term:
        long_term = standard.long_term.strftime(standard.date_format)
        yield error(field, "long_term", f"{value} 超出范围，长期请写 {long_term}")


def _check_amount(field: PublishedField, value: str) -> Iterator[Finding]:
    found = _AMOUNT.fullmatch(value)
    if not found:
        yield error(field, "amount", f"“{shown(value)}”不是数字，请填以万元为单位的数字")
        return
    sign, whole, decimals = found[1], found[2], found[3] or ""
    if sign:
        yield error(field, "amount", f"{shown(value)} 是负数，请核对")
    elif len(whole) > 12:
        yield error(field, "amount", f"{shown(value)} 太大，单位是万元，请核对")
    elif len(decimals) > 6:
        yield error(field, "amount", f"{shown(value)} 超过六位小数（一分钱以下），单位是万元，请核对")
    elif not (whole + decimals).strip("0"):
        yield warning(field, "amount_zero", "是 0，请核对；没有金额的请留空")


_is_uscc = lru_cache(maxsize=20_000)(uscc.is_valid)
"""The same few authorities stand in every row."""


def _check_uscc(field: PublishedField, value: str) -> Finding | None:
    if _is_uscc(value):
        return None
    wrong = "校验位不对" if uscc.has_shape(value) else "不是 18 位统一社会信用代码"
    return error(field, "uscc", f"{shown(value)} {wrong}，请对照登记证书更正")


def _check_organisation_code(field: PublishedField, value: str) -> Finding | None:
    if organisation_code.is_valid(value):
        return None
    return warning(field, "organisation_code", f"{shown(value)} 校验不通过，请核对，没有的请留空")


def _check_registration_number(field: PublishedField, value: str) -> Finding | None:
    if registration_number.is_valid(value):
        return None
    return warning(field, "registration_number", f"{shown(value)} 校验不通过，请核对，没有的请留空")


def _check_citizen_id(field: PublishedField, value: str) -> Finding | None:
    """For editions without document types: foreigners' passports stand in the same column."""
    if not citizen_id.has_shape(value) or citizen_id.is_valid(value):
        return None
    return error(field, "id_number", f"{shown_number(value)} 校验不通过（末位不对），请核对证件后更正")


_CODES: dict[str, Callable[[PublishedField, str], Finding | None]] = {
    "uscc": _check_uscc,
    "organisation_code": _check_organisation_code,
    "registration_number": _check_registration_number,
    "citizen_id": _check_citizen_id,
}


def _name(junk: str) -> str:
    return junk if junk.startswith("&") else f"U+{ord(junk):04X}"
