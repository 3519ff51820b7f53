"""What is wrong with the titles and rows of one recognised sheet: the rules of a row, those over several rows, and
those about cells and columns that only a workbook can break.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from credit_sync.publishing.across_rows import Numbers, Organs
from credit_sync.publishing.cells import is_error, is_formula, is_number
from credit_sync.publishing.findings import Finding, finding, sheet_finding, shown
from credit_sync.publishing.recognition import Recognised
from credit_sync.publishing.validation import validate
from credit_sync.sources.formats.sheets import Merged

_DUTIES = {"必填", "选填", "条件必填", "必填项", "选填项", "非必填"}
_TYPES = {"字符", "字符型", "日期", "日期型", "数值", "数值型"}
_UNDER_TITLES = frozenset(_DUTIES | _TYPES)
"""What some templates have in a row below the titles."""
_NOTE = 3
"""A row with fewer filled fields, below the words 表格说明 or beginning with them, is part of the notes."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding and its column, counted from 0; None where it is about no cell."""

    column: int | None
    finding: Finding


class SheetJudge:
    """Judges the rows of a sheet, one after the other."""

    def __init__(self, recognised: Recognised, on: date, merged: Sequence[Merged]) -> None:
        self._recognised = recognised
        self._on = on
        self._standard, self._kind = recognised.standard, recognised.kind
        self._table = self._standard.table(self._kind)
        self._place = recognised.place
        self._missing = {field.code for field in recognised.missing}
        self._numbers_seen, self._organs_seen = Numbers(self._standard, self._kind), Organs(self._table)
        self._merged = _by_row(merged, recognised.header)
        self._numbers = {f.code for f in self._table.fields if f.check} | set(self._table.id_type_fields)
        self._in_notes, self._at_top = False, True

    def titles(self) -> list[Placed]:
        """What is wrong with the columns."""
        found = [
            Placed(
                None,
                finding(
                    field,
                    "column_missing" if field.required else "column_missing_optional",
                    "这一列没有，请按模板补上",
                ),
            )
            for field in self._recognised.missing
        ]
        for number, (code, title) in enumerate(
            zip(self._recognised.columns, self._recognised.titles, strict=True)
        ):
            if number in self._recognised.repeated:
                field = self._table.field(code)
                found.append(
                    Placed(number, finding(field, "column_repeated", "有两列，只校验了第一列，请删除多余的"))
                )
            elif title and not code:
                text = f"“{shown(title)}”不是标准中的字段，没有校验，平台可能拒收，请删除这一列"
                found.append(Placed(number, sheet_finding("column_unknown", text)))
        return found

    def is_note(self, texts: Sequence[str]) -> bool:
        """Whether a row below the titles is no data: 必填 and the like at the top, 表格说明 at the end."""
        filled = [text.strip() for text in texts if text.strip()]
        self._at_top = self._at_top and set(filled) <= _UNDER_TITLES
        if self._at_top:
            return True
        fields = sum(1 for column in self._place.values() if column < len(texts) and texts[column].strip())
        begins = filled[0].startswith(self._standard.footers)
        self._in_notes = fields < _NOTE and (begins or self._in_notes)
        return self._in_notes

    def unreadable(self, reason: str) -> Placed:
        """A row whose cells cannot be told apart."""
        return Placed(None, sheet_finding("unreadable", f"这一行{reason}，请核对后重新导出"))

    def row(
        self, number: int, cells: Sequence[Any], texts: Sequence[str], formulas: Sequence[Any]
    ) -> list[Placed]:
        """What is wrong with a row of data. `formulas` are its cells as formulas, as far as the sheet has any."""
        width = len(texts)
        row = {code: texts[column] if column < width else "" for code, column in self._place.items()}
        own = list(self._cells(cells, texts, formulas)) + list(self._merges(number))
        spoilt = {wrong.field for wrong in own if wrong.rule == "formula"}
        found = [
            wrong
            for wrong in validate(row, self._kind, self._standard, self._on)
            if wrong.field not in spoilt and not (wrong.rule == "required" and wrong.field in self._missing)
        ]
        place = f"第 {number} 行"
        found += [*self._numbers_seen.check(row, place), *self._organs_seen.check(row, place)]
        return [Placed(self._place.get(wrong.field), wrong) for wrong in own + found]

    def _cells(self, cells: Sequence[Any], texts: Sequence[str], formulas: Sequence[Any]) -> Iterator[Finding]:
        for code, column in self._place.items():
            if column >= len(cells):
                continue
            value = cells[column]
            if column < len(formulas) and is_formula(formulas[column], value):
                text = "是公式，平台读不到结果，请复制后“粘贴为数值”"
                yield finding(self._table.field(code), "formula", text)
            elif is_error(texts[column]):
                text = f"是公式错误 {texts[column]}，请改为真实内容"
                yield finding(self._table.field(code), "formula", text)
            elif code in self._numbers and is_number(value):
                yield finding(
                    self._table.field(code),
                    "stored_as_number",
                    "存成了数字，开头的 0 会丢失，请把该列设为文本并核对",
                )

    def _merges(self, number: int) -> Iterator[Finding]:
        for merged in self._merged.get(number, ()):
            columns = range(merged.first_column, merged.last_column + 1)
            within = [(place, code) for code, place in self._place.items() if place in columns]
            if within:
                _, code = min(within)
                text = "与别的单元格合并了，除左上角外都是空的，请取消合并并逐行填写"
                yield finding(self._table.field(code), "merged", text)


def _by_row(merged: Sequence[Merged], header: int) -> Mapping[int, list[Merged]]:
    """Merged cells below the titles, by the number of their first row there."""
    found: dict[int, list[Merged]] = {}
    for area in merged:
        if area.last_row > header:
            found.setdefault(max(area.first_row, header + 1) + 1, []).append(area)
    return found
