"""Checks of numbers in a published field: codes of organisations and identity documents.

Check digits by GB 32100-2015, GB 11714-1997, GS 15-2006 and GB 11643-1999: most platforms look at shapes only. Pure;
each check returns the one finding that matters most, or None.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from credit_sync.publishing.field_table import IdType, PublishedField
from credit_sync.publishing.findings import Finding, finding, shown, shown_number
from credit_sync.subjects.identifiers import citizen_id, organisation_code, registration_number, uscc
from credit_sync.subjects.identifiers.folding import MASK, fold

DAMAGED = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+[0-9]{1,2}")
"""A long number as spreadsheets show it once they have taken it for a quantity: 9.13401E+17."""
_OF_ORGANS = "1"
"""The registering authority of organs and public institutions is 机构编制 (GB 32100-2015, 4.2)."""

NumberCheck = Callable[[PublishedField, str], Finding | None]


def check_code(field: PublishedField, value: str) -> Finding | None:
    """The code in a field that has a `check`."""
    if MASK in value:
        return finding(field, "masked", f" {shown(value)} 有隐去的位，不能报送，请补全")
    return _written(field, value, _IS_VALID[field.check]) or _CODES[field.check](field, value)


def check_id(
    field: PublishedField, number: str, id_type: str, types: tuple[IdType, ...], on: date
) -> Finding | None:
    """The number of an identity document, by its type ('' where none is given). `on`: nobody is born later."""
    if MASK in number:
        return finding(field, "masked", f" {shown_number(number)} 有隐去的位，不能报送，请补全")
    known = next((found for found in types if found.value == id_type), None)
    if known is None:
        return _written(field, number, lambda _: False)
    shape = re.compile(known.pattern)
    if found := _written(field, number, lambda folded: bool(shape.fullmatch(folded))):
        return found
    if known.check == "citizen_id" and citizen_id.from_fifteen(number):
        return finding(field, "id_number", f" {shown_number(number)} 是 15 位的旧号码，请填写 18 位号码")
    if not shape.fullmatch(number):
        return finding(field, "id_type", f" {shown_number(number)} 与证件类型“{id_type}”不符，请核对类型和号码")
    if known.check == "citizen_id" and not citizen_id.is_valid(number, on=on):
        return _wrong_citizen_id(field, number)
    return None


def _written(field: PublishedField, value: str, is_valid: Callable[[str], bool]) -> Finding | None:
    """A number that a spreadsheet has damaged, or that is right but for its width, case or blanks."""
    if DAMAGED.fullmatch(value):
        return finding(
            field, "number_damaged", f" {value} 被表格软件改成了数字，后几位已经丢失，请把该列设为文本后重新填写"
        )
    folded = fold(value)
    if folded == value or not is_valid(folded):
        return None
    right = "" if field.check in ("", "citizen_id") else f" {folded}"
    return finding(field, "code_writing", f"的写法不对（全角、小写、空格或横线），请改写为半角大写{right}")


def _check_uscc(field: PublishedField, value: str) -> Finding | None:
    if _is_uscc(value):
        return None
    wrong = "校验位不对" if uscc.has_shape(value) else "不是 18 位统一社会信用代码"
    return finding(field, "uscc", f" {shown(value)} {wrong}，请对照登记证书更正")


def _check_organ(field: PublishedField, value: str) -> Finding | None:
    if wrong := _check_uscc(field, value):
        return wrong
    if not value.startswith(_OF_ORGANS):
        return finding(field, "organ_code", f" {value} 不像机关的代码（机关的代码以 1 开头），请核对")
    return None


def _check_organisation_code(field: PublishedField, value: str) -> Finding | None:
    if organisation_code.is_valid(value):
        return None
    return finding(field, "organisation_code", f" {shown(value)} 校验不通过，请核对，没有的请留空")


def _check_registration_number(field: PublishedField, value: str) -> Finding | None:
    if registration_number.is_valid(value):
        return None
    return finding(field, "registration_number", f" {shown(value)} 校验不通过，请核对，没有的请留空")


def _check_citizen_id(field: PublishedField, value: str) -> Finding | None:
    """For editions without document types: foreigners' passports stand in the same column."""
    if not re.fullmatch("[1-8][0-9]{16}[0-9X]", value) or citizen_id.is_valid(value):
        return None
    return _wrong_citizen_id(field, value)


def _wrong_citizen_id(field: PublishedField, value: str) -> Finding:
    return finding(
        field, "id_number", f" {shown_number(value)} 校验不通过（出生日期或末位不对），请核对证件后更正"
    )


_is_uscc = lru_cache(maxsize=20_000)(uscc.is_valid)
"""The same few authorities stand in every row."""

_IS_VALID: dict[str, Callable[[str], bool]] = {
    "uscc": _is_uscc,
    "organ_uscc": _is_uscc,
    "organisation_code": organisation_code.is_valid,
    "registration_number": registration_number.is_valid,
    "citizen_id": citizen_id.is_valid,
}
_CODES: dict[str, NumberCheck] = {
    "uscc": _check_uscc,
    "organ_uscc": _check_organ,
    "organisation_code": _check_organisation_code,
    "registration_number": _check_registration_number,
    "citizen_id": _check_citizen_id,
}
