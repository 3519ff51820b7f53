"""An edition of the standard and the table of rules, as `credit-sync standard show` prints them."""

from collections.abc import Iterator, Mapping

from credit_sync.publishing.field_table import Condition, FieldTable, PublishedField, ValueList
from credit_sync.publishing.rules import Rule, Severity
from credit_sync.publishing.standard import Standard
from credit_sync.publishing.values import DERIVED
from credit_sync.records import RecordKind
from credit_sync.sources.target_fields import TARGET_FIELDS

_TYPES = {"text": "文字", "date": "日期", "amount": "金额（万元，六位小数）"}
_CHECKS = {
    "uscc": "统一社会信用代码校验位",
    "organ_uscc": "统一社会信用代码校验位，机关的代码",
    "organisation_code": "组织机构代码校验位",
    "registration_number": "工商注册号校验位",
    "citizen_id": "身份证号码校验位",
}
_KEYS = {
    "length": "长度",
    "required": "必填",
    "required_when": "必填条件",
    "placeholder_when": "占位代码",
    "values": "取值",
    "type": "类型",
    "title": "标题",
    "code": "代码",
}
_SCOPES = {"cell": "单元格", "row": "一行之内", "rows": "多行之间", "sheet": "工作表"}
_LEVELS = {Severity.ERROR: "错误", Severity.WARNING: "提示"}


def standard_lines(standard: Standard) -> Iterator[str]:
    """The whole edition: where it comes from, its tables field by field, its value lists."""
    example = standard.long_term.strftime(standard.date_format)
    yield f"{standard.title}（{standard.name}）"
    yield f"日期写法 {standard.date_format}，长期写作 {example}，一个文件最多 {standard.max_rows} 行"
    yield "出处："
    yield from (f"  {line}" for line in standard.provenance.strip().splitlines())
    for kind, table in standard.tables.items():
        yield ""
        yield f"{table.title}：{len(table.fields)} 个字段"
        if table.only:
            yield f"  只报送 {_our_title(table.only.field, kind)} 为 {'、'.join(table.only.values)} 的记录"
        for number, field in enumerate(table.fields, 1):
            yield from _field_lines(number, field, standard, kind)
        yield from _relation_lines(table)


def rule_lines(rules: Mapping[str, Rule]) -> Iterator[str]:
    """The table of rules."""
    for code, rule in rules.items():
        yield f"{code}　{rule.title}（{_LEVELS[rule.severity]}，{_SCOPES[rule.scope]}）"
        yield f"  {rule.means}"
        yield f"  依据：{rule.source}"


def _field_lines(number: int, field: PublishedField, standard: Standard, kind: RecordKind) -> Iterator[str]:
    length = f"，{field.length} 个字符以内" if field.type == "text" else ""
    yield f"  {number:>2} {field.code}　{field.title}"
    yield f"     {_TYPES[field.type]}{length}；{_required(field, standard.table(kind))}"
    if field.values:
        yield f"     取值：{_list_text(standard.lists[field.values])}"
    if field.check:
        yield f"     校验：{_CHECKS[field.check]}"
    yield f"     来自：{_sources(field, kind)}"
    unsure = "、".join(_KEYS.get(key, key) for key in field.unconfirmed)
    note = f"；{field.note}" if field.note else ""
    yield f"     依据：{f'公开的实现，但{unsure}未经证实' if unsure else '公开的实现'}{note}"


def _required(field: PublishedField, table: FieldTable) -> str:
    if field.required:
        return "必填"
    parts = []
    if field.required_when:
        parts.append(f"{_condition(table.conditions[field.required_when], table)}时必填")
    if field.blank_when:
        parts.append(f"{_condition(table.conditions[field.blank_when], table)}时留空")
    return "，".join(parts) if field.required_when else "，".join(["选填", *parts])


def _condition(condition: Condition, table: FieldTable) -> str:
    parts = []
    if condition.field:
        parts.append(f"{table.field(condition.field).title}为{'、'.join(condition.values)}")
    if condition.filled:
        parts.append(f"填了{' 或 '.join(table.field(code).title for code in condition.filled)}")
    if condition.blank:
        parts.append(f"没有填{'、'.join(table.field(code).title for code in condition.blank)}")
    return "且".join(parts)


def _sources(field: PublishedField, kind: RecordKind) -> str:
    if field.id_type_of:
        return f"按 {field.id_type_of} 的号码形式判断"
    names = [_our_title(name, kind) for name in field.from_]
    if field.constant:
        names.append(f"固定值 {field.constant}")
    return "，没有时用".join(names) or "本程序不填（需要时在标准文件里写 from 或 constant）"


def _our_title(name: str, kind: RecordKind) -> str:
    return DERIVED[name].title if name in DERIVED else TARGET_FIELDS[kind][name].title


def _relation_lines(table: FieldTable) -> Iterator[str]:
    for earlier, later in table.order:
        yield f"  {table.field(later).title}不早于{table.field(earlier).title}"
    for group in table.any_of:
        yield f"  至少填一项：{'、'.join(table.field(code).title for code in group)}"
    if table.document:
        yield f"  不得重复：{table.field(table.document).title}"
    for unique in table.unique:
        yield f"  同一{table.field(unique.per).title}不得重复（除非同一相对人）：{table.field(unique.field).title}"


def _list_text(known: ValueList) -> str:
    several = f"；可以有几个，用“{known.separator}”分开" if known.separator else ""
    return known.describe() + several
