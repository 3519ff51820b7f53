"""Validation of a published row as the receiving platform does it, before anything is sent. Pure.

A row stands by itself: it may come from a record or from anybody's workbook. The rules, by their codes:

required, required_when, must_be_blank, identifier_missing   what must be filled, and what must not
placeholder                                                   无, / and the like instead of nothing
length, list, forbidden_character, question_mark              texts
date_format, date_future, date_too_early, date_order, long_term   dates
amount, amount_zero                                           amounts in 万元
uscc, organisation_code, registration_number, id_type, id_number, masked   numbers and their check digits
swapped                                                       name and code in each other's column
"""

from collections.abc import Iterator, Mapping
from datetime import date

from credit_sync.publishing.checks import check_code, check_field, check_id, error, parse_date, warning
from credit_sync.publishing.findings import Finding
from credit_sync.publishing.standard import FieldTable, PublishedField, Standard
from credit_sync.records import RecordKind
from credit_sync.subjects.identifiers import uscc
from credit_sync.subjects.identifiers.folding import fold


def validate(row: Mapping[str, str], kind: RecordKind, standard: Standard, on: date) -> list[Finding]:
    """Everything that is wrong with a row, in the order of its fields. `on` is the day of the report."""
    table = standard.table(kind)
    found = [finding for field in table.fields for finding in _check(field, row, kind, standard, on)]
    found += _missing_groups(row, table)
    found += _wrong_order(row, table, standard)
    swapped = list(_swapped(row, table))
    codes = {finding.field for finding in swapped}
    kept = [finding for finding in found if not (finding.field in codes and finding.rule in ("uscc", "length"))]
    place = {field.code: number for number, field in enumerate(table.fields)}
    return sorted(swapped + kept, key=lambda finding: place[finding.field])


def _check(
    field: PublishedField, row: Mapping[str, str], kind: RecordKind, standard: Standard, on: date
) -> Iterator[Finding]:
    value = row.get(field.code, "").strip()
    if not value:
        yield from _missing(field, row, kind, standard)
    elif value in standard.placeholders:
        yield _placeholder(field, value, row, kind, standard)
    elif field.blank_when and standard.holds(field.blank_when, kind, row):
        reason = _reason(field.blank_when, row, kind, standard)
        yield error(field, "must_be_blank", f"：{reason}时应当留空，请删除")
    else:
        yield from check_field(field, row[field.code], standard, on)
        yield from _numbers(field, value, row, kind, standard)


def _missing(
    field: PublishedField, row: Mapping[str, str], kind: RecordKind, standard: Standard
) -> Iterator[Finding]:
    if field.required:
        yield error(field, "required", "没有填写，请在来源表（或配置）中补上")
    elif standard.holds(field.required_when, kind, row):
        yield error(
            field, "required_when", f"没有填写：{_reason(field.required_when, row, kind, standard)}时必填，请补上"
        )


def _placeholder(
    field: PublishedField, value: str, row: Mapping[str, str], kind: RecordKind, standard: Standard
) -> Finding:
    if field.required or standard.holds(field.required_when, kind, row):
        return error(field, "placeholder", f"只写了“{value}”，这一项必填，请补上真实内容")
    return warning(field, "placeholder", f"写了“{value}”，没有内容请留空")


def _numbers(
    field: PublishedField, value: str, row: Mapping[str, str], kind: RecordKind, standard: Standard
) -> Iterator[Finding]:
    id_type = standard.table(kind).id_type_fields.get(field.code)
    if id_type:
        finding = check_id(field, value, row.get(id_type, "").strip(), standard)
    elif value == uscc.PLACEHOLDER and standard.holds(field.placeholder_when, kind, row):
        finding = None
    else:
        finding = check_code(field, value)
    if finding:
        yield finding


def _missing_groups(row: Mapping[str, str], table: FieldTable) -> Iterator[Finding]:
    for group in table.any_of:
        if not any(row.get(code, "").strip() for code in group):
            titles = "、".join(table.field(code).title for code in group)
            yield error(table.field(group[0]), "identifier_missing", f"：{titles}至少要填一项，请补上")


def _wrong_order(row: Mapping[str, str], table: FieldTable, standard: Standard) -> Iterator[Finding]:
    for earlier, later in table.order:
        first = parse_date(row.get(earlier, ""), standard.date_format)
        second = parse_date(row.get(later, ""), standard.date_format)
        if first and second and second < first:
            title = table.field(earlier).title
            yield error(table.field(later), "date_order", f" {row[later]} 早于{title} {row[earlier]}，请核对")


def _swapped(row: Mapping[str, str], table: FieldTable) -> Iterator[Finding]:
    for name, code in table.pairs:
        written_name, written_code = fold(row.get(name, "")), fold(row.get(code, ""))
        if uscc.has_shape(written_name) and not uscc.has_shape(written_code) and written_code:
            title = table.field(name).title
            yield error(table.field(code), "swapped", f"与{title}填反了（名称在代码栏、代码在名称栏），请对调")


def _reason(name: str, row: Mapping[str, str], kind: RecordKind, standard: Standard) -> str:
    """Why a condition holds, in the words of the row: `处罚类别为“罚款”`."""
    table = standard.table(kind)
    condition = table.conditions[name]
    filled = [table.field(code).title for code in condition.filled if row.get(code)]
    if filled:
        return f"填了{filled[0]}"
    field = table.field(condition.field)
    parts = [part for part in standard.parts(field, row[field.code]) if part in condition.values]
    return f"{field.title}为“{parts[0]}”"
