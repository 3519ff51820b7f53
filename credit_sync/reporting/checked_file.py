"""What `credit-sync validate` prints about a file: for each sheet the standard, the counts and the findings."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from credit_sync.publishing.file_check import CheckedRow, CheckedSheet
from credit_sync.publishing.findings import Finding
from credit_sync.publishing.rules import Severity, rules

SHOWN, SHOWN_OF_A_RULE = 50, 10
"""Findings printed one by one for each sheet, and of each rule."""
LEVELS = {Severity.ERROR: "错误", Severity.WARNING: "提示"}


@dataclass(slots=True)
class SheetSummary:
    """One sheet, counted while it is read."""

    sheet: CheckedSheet
    rows: int = 0
    wrong_rows: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    first: list[tuple[int, Finding]] = field(default_factory=list)

    def add(self, row: CheckedRow) -> None:
        """Counts a row."""
        self.rows += row.is_data
        self.wrong_rows += row.is_data and any(
            placed.finding.severity is Severity.ERROR for placed in row.findings
        )
        for placed in row.findings:
            self.by_rule[placed.finding.rule] += 1
            if len(self.first) < SHOWN and self.by_rule[placed.finding.rule] <= SHOWN_OF_A_RULE:
                self.first.append((row.number, placed.finding))

    def count(self, severity: Severity) -> int:
        """Findings of a severity."""
        return sum(n for rule, n in self.by_rule.items() if rules()[rule].severity == severity)

    def lines(self) -> Iterator[str]:
        """The sheet for people."""
        name = f"{self.sheet.file}　工作表“{self.sheet.name}”" if self.sheet.name else self.sheet.file
        if self.sheet.recognised is None:
            yield f"{name}：未校验（{self.sheet.reason}）"
            return
        yield f"{name}：{self.sheet.recognised.title}"
        yield f"  {self.sheet.reason}"
        errors, warnings = self.count(Severity.ERROR), self.count(Severity.WARNING)
        yield f"  {self.rows} 行数据：错误 {errors} 处（{self.wrong_rows} 行），提示 {warnings} 处"
        for code, rule in rules().items():
            if self.by_rule[code]:
                yield f"  {LEVELS[rule.severity]} {rule.title} {self.by_rule[code]} 处"
        for number, found in self.first:
            code = f" {found.field}" if found.field else ""
            yield f"    第 {number} 行{code} {LEVELS[found.severity]}：{found.message}"
        left = self.by_rule.total() - len(self.first)
        if left:
            yield f"    ……另有 {left} 处，用 --findings 或 --json 看全部"


def conclusion(sheets: list[SheetSummary]) -> str:
    """The last line."""
    errors = sum(sheet.count(Severity.ERROR) for sheet in sheets)
    warnings = sum(sheet.count(Severity.WARNING) for sheet in sheets)
    if errors:
        return f"结论：有 {errors} 处错误，改正后再报送"
    return f"结论：没有错误，有 {warnings} 处提示请核对" if warnings else "结论：没有问题"
