"""Validation of a published row as the receiving platform does it, before anything is sent. Pure.

A row stands by itself: it may come from a record or from anybody's workbook. What the rules are called, how bad each
is and where it comes from is in `mappings/publishing_rules.toml`; rules over several rows are in `across_rows.py`.

A standard's table is compiled once into a tuple of checks, one per field and one per relation between fields. What a
short value is worth by itself is remembered: authorities, categories and dates come again in every row.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial

from credit_sync.publishing.checks import check_value, in_wan, read_day
from credit_sync.publishing.field_table import FieldTable, PublishedField
from credit_sync.publishing.findings import Finding, finding
from credit_sync.publishing.numbers import check_id
from credit_sync.publishing.standard import Standard
from credit_sync.records import RecordKind
from credit_sync.subjects.identifiers import organisation_code, uscc
from credit_sync.subjects.identifiers.folding import fold

RowCheck = Callable[[Mapping[str, str]], Iterator[Finding] | tuple[Finding, ...]]

_REMEMBERED, _LONGEST_REMEMBERED = 2000, 60
_MANY_DIGITS = re.compile(r"(?:[0-9０-９][^0-9０-９]{0,4}){8}")
_JOINED = re.compile(r"[\u3400-\u9fff]{2}\s*[、；，]\s*[\u3400-\u9fff]{2}")
_BRACKETED = re.compile(r"[（(][^（）()]*[)）]")
_STATED = re.compile(r"(?<![0-9.,])([0-9]{1,12}(?:,[0-9]{3})*(?:\.[0-9]{1,6})?)\s*([万元])")


def validate(row: Mapping[str, str], kind: RecordKind, standard: Standard, on: date) -> list[Finding]:
    """Everything that is wrong with a row, in the order of its fields. `on` is the day of the report."""
    checks, place = _compiled(standard, kind, on)
    found = [wrong for check in checks for wrong in check(row)]
    if len(found) < 2:
        return found
    swapped = {wrong.field for wrong in found if wrong.rule == "swapped"}
    kept = [wrong for wrong in found if not (wrong.field in swapped and wrong.rule in ("uscc", "length"))]
    return sorted(kept, key=lambda wrong: place[wrong.field])


@lru_cache(maxsize=32)
def _compiled(standard: Standard, kind: RecordKind, on: date) -> tuple[tuple[RowCheck, ...], Mapping[str, int]]:
    """The checks of a table, and the places of its fields."""
    table = standard.table(kind)
    checks: list[RowCheck] = [_field_check(field, kind, standard, on) for field in table.fields]
    checks += [partial(_group, group=group, table=table) for group in table.any_of]
    if table.order:
        checks.append(partial(_order, table=table, date_format=standard.date_format))
    checks += [partial(_pair, name=table.field(n), code=table.field(c)) for n, c in table.pairs]
    if table.subject:
        checks.append(partial(_several, name=table.field(table.subject[0])))
    checks += [partial(_same, code=code, inner=table.field(inner)) for code, inner in table.same]
    codes = [code for code in table.subject if table.field(code).check == "uscc"]
    if codes and table.organs:
        checks.append(partial(_organs, table=table, subject=table.field(codes[0])))
    checks += [partial(_unit, field=field, table=table) for field in table.fields if field.type == "amount"]
    return tuple(checks), {field.code: number for number, field in enumerate(table.fields)}


def _field_check(field: PublishedField, kind: RecordKind, standard: Standard, on: date) -> RowCheck:
    code, required = field.code, field.required
    required_when = standard.condition(kind, field.required_when) if field.required_when else None
    blank_when = standard.condition(kind, field.blank_when) if field.blank_when else None
    placeholder_when = standard.condition(kind, field.placeholder_when) if field.placeholder_when else None
    table = standard.table(kind)
    placeholders = frozenset(standard.placeholders)
    if code == table.document:
        placeholders -= {table.without_document}
    judge = _judge(field, standard, on)
    id_type = table.id_type_fields.get(code, "")
    judge_id = lru_cache(_REMEMBERED)(partial(check_id, field, types=standard.id_types, on=on))

    def check(row: Mapping[str, str]) -> tuple[Finding, ...]:
        written = row.get(code, "")
        value = written.strip()
        if not value or value in placeholders:
            needed = required or (required_when is not None and required_when(row))
            return _empty(field, value, row, kind, standard) if needed or value else ()
        if blank_when is not None and blank_when(row):
            reason = _reason(field.blank_when, row, kind, standard)
            return (finding(field, "must_be_blank", f"：{reason}时应当留空，请删除"),)
        if value == uscc.PLACEHOLDER and placeholder_when is not None and placeholder_when(row):
            return ()
        found = judge(written)
        if id_type and (wrong := judge_id(value, row.get(id_type, "").strip())):
            return (*found, wrong)
        return found

    return check


def _judge(field: PublishedField, standard: Standard, on: date) -> Callable[[str], tuple[Finding, ...]]:
    """What is wrong with a value by itself."""

    def check(value: str) -> tuple[Finding, ...]:
        return tuple(check_value(field, value, standard, on))

    remembered = lru_cache(_REMEMBERED)(check)
    return lambda value: remembered(value) if len(value) <= _LONGEST_REMEMBERED else check(value)


def _empty(
    field: PublishedField, value: str, row: Mapping[str, str], kind: RecordKind, standard: Standard
) -> tuple[Finding, ...]:
    """A field that is not filled, or with 无 and the like."""
    if value:
        if field.required or standard.holds(field.required_when, kind, row):
            return (finding(field, "placeholder", f"只写了“{value}”，这一项必填，请补上真实内容"),)
        return (finding(field, "placeholder_optional", f"写了“{value}”，没有内容请留空"),)
    if field.required:
        return (finding(field, "required", "没有填写，请在来源表（或配置）中补上"),)
    why = _reason(field.required_when, row, kind, standard)
    return (finding(field, "required_when", f"没有填写：{why}时必填，请补上"),)


def _group(row: Mapping[str, str], group: tuple[str, ...], table: FieldTable) -> Iterator[Finding]:
    if not any(row.get(code, "").strip() for code in group):
        titles = "、".join(table.field(code).title for code in group)
        yield finding(table.field(group[0]), "identifier_missing", f"：{titles}至少要填一项，请补上")


def _order(row: Mapping[str, str], table: FieldTable, date_format: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for earlier, later in table.order:
        first, second = row.get(earlier, ""), row.get(later, "")
        if second and first and later not in seen and second != first:
            begin, end = read_day(first.strip(), date_format)[0], read_day(second.strip(), date_format)[0]
            if begin and end and end < begin:
                seen.add(later)
                title = table.field(earlier).title
                yield finding(table.field(later), "date_order", f" {second} 早于{title} {first}，请核对")


def _pair(row: Mapping[str, str], name: PublishedField, code: PublishedField) -> Iterator[Finding]:
    written_name = row.get(name.code, "")
    if not _MANY_DIGITS.search(written_name):
        return
    written_code = fold(row.get(code.code, ""))
    if written_code and uscc.has_shape(fold(written_name)) and not uscc.has_shape(written_code):
        yield finding(code, "swapped", f"与{name.title}填反了（名称在代码栏、代码在名称栏），请对调")


def _several(row: Mapping[str, str], name: PublishedField) -> Iterator[Finding]:
    """No registered name has such marks; what stands in brackets is part of one."""
    if _JOINED.search(_BRACKETED.sub("", row.get(name.code, ""))):
        text = "里写了几个相对人，请每个相对人写一行（文书号可以相同），各写自己的代码或证件号码"
        yield finding(name, "several_subjects", text)


def _same(row: Mapping[str, str], code: str, inner: PublishedField) -> Iterator[Finding]:
    written = row.get(inner.code, "")
    if not written:
        return
    whole, part = fold(row.get(code, "")), fold(written)
    valid = uscc.is_valid(whole) and organisation_code.is_valid(part)
    if valid and uscc.organisation_code(whole) != part:
        yield finding(
            inner, "codes_disagree", f" {part} 与统一社会信用代码的第 9 至 17 位不同，请核对哪一个写错了"
        )


def _organs(row: Mapping[str, str], table: FieldTable, subject: PublishedField) -> Iterator[Finding]:
    own = row.get(subject.code, "")
    if not own or own == uscc.PLACEHOLDER:
        return
    for _, code in table.organs:
        if row.get(code, "") == own:
            text = "填的是行政相对人的代码，请填写机关自己的统一社会信用代码"
            yield finding(table.field(code), "organ_is_subject", text)


def _unit(row: Mapping[str, str], field: PublishedField, table: FieldTable) -> Iterator[Finding]:
    """Whether an amount in 万元 was written in 元."""
    written = row.get(field.code, "").strip()
    if not written:
        return
    try:
        amount = Decimal(written)
    except InvalidOperation:
        return
    if not amount.is_finite() or amount <= 0 or amount.adjusted() >= 12:
        return
    if field.stated_in and _states_yuan(row.get(field.stated_in, ""), amount):
        title = table.field(field.stated_in).title
        text = f" {written}：{title}里写的是 {written} 元，这一栏单位是万元，请填 {in_wan(amount)}"
        yield finding(field, "amount_in_yuan", text)
    elif field.unlikely_from is not None and amount >= field.unlikely_from:
        yield finding(
            field,
            "amount_unlikely",
            f" {written} 万元大得少见，像是按元填的，请核对单位（{written} 元应填 {in_wan(amount)}）",
        )


def _states_yuan(text: str, amount: Decimal) -> bool:
    """The text has the number as 元, and nowhere the amount that it would be in 万元: a price beside it is no mistake."""
    stated = {
        Decimal(number.replace(",", "")) * (10_000 if unit == "万" else 1)
        for number, unit in _STATED.findall(text)
    }
    return amount in stated and amount * 10_000 not in stated


def _reason(name: str, row: Mapping[str, str], kind: RecordKind, standard: Standard) -> str:
    """Why a condition holds, in the words of the row: `处罚类别为“罚款”`."""
    table = standard.table(kind)
    condition = table.conditions[name]
    if condition.field:
        field = table.field(condition.field)
        parts = [part for part in standard.parts(field, row.get(field.code, "")) if part in condition.values]
        return f"{field.title}为“{parts[0]}”"
    filled = [table.field(code).title for code in condition.filled if row.get(code)]
    return f"填了{filled[0]}" if filled else "没有填其他代码"
