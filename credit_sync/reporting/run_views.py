"""What the run report shows, as plain typed values, and what is to be done about each problem."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from credit_sync.publishing.deadline_rules import DeadlineRules
from credit_sync.publishing.outbox import State
from credit_sync.publishing.shown import STATES
from credit_sync.pulling.take_over import UNREADABLE
from credit_sync.reporting import labels
from credit_sync.reporting.compliance_views import ComplianceReport
from credit_sync.reporting.left_behind import LeftBehind
from credit_sync.reporting.lists import ListView
from credit_sync.store.ledger import StageName

COUNTS = ("pulled", "added", "changed", "removed", "unchanged", "duplicates", "skipped", "quarantined", "live")
"""The numbers of a pull; see store/counts.py."""

_GAPS = 5
"""Gaps in numbers that a task names; all are in the compliance report."""

_REMEDIES: Mapping[str, str] = {
    "pull": "检查网络、账号和对方接口，然后执行 credit-sync run --source {part} 重新取数；沿用的旧数据到期前仍可使用。",
    "publish": "按提示排除原因；没有报出的下一次运行会接着报，不会重复。",
    "screen": "预警停留在上一次的结论。排除原因后执行 credit-sync run --only screen，再执行 --only report。",
    "write_back": "排除原因后执行 credit-sync write-back retry {part}；下一次运行也会接着回写，每条只写一次。"
    "系统不会再接收的，用 credit-sync write-back give-up 放弃。",
    "report": "排除原因后执行 credit-sync run --only report。",
    "tell": "排除原因后执行 credit-sync tell，已发出的不会重发。",
}


@dataclass(frozen=True, slots=True)
class PartView:
    """One part of a stage, as the ledger has it."""

    stage: str
    name: str
    status: str
    counts: Mapping[str, Any]
    problem: str


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source in this run. `state` is accepted, refused, failed or empty when it was not pulled."""

    name: str
    title: str
    record: str
    state: str
    delivery: str
    version: int | None
    counts: Mapping[str, int]
    reason: str
    asked: str
    """How the questions stand, of a list that can only be asked."""


@dataclass(frozen=True, slots=True)
class ExampleView:
    """One row in quarantine, its value hidden where it may be a personal number."""

    place: str
    row: int
    value: str


@dataclass(frozen=True, slots=True)
class QuarantineView:
    """Rows in quarantine of one source for one reason."""

    source: str
    field: str
    reason: str
    count: int
    new: int
    """Of them, put there by this run."""
    examples: tuple[ExampleView, ...]


@dataclass(frozen=True, slots=True)
class DoubtView:
    """Records of one source that were read with a doubt; some of them, as sentences."""

    source: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublicationView:
    """A record that a channel has still to publish, correct or withdraw."""

    record: str
    number: str
    subject: str
    state: str
    deadline: date | None
    certain: bool
    """False when the deadline was counted by weekends, without the yearly holiday notice."""
    late: bool
    errors: tuple[str, ...]
    """Why it waits: what the platform, validation or the source says."""
    origin: str


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel: what this run did, and what is still due, the most urgent first."""

    name: str
    counts: Mapping[str, Any]
    problem: str
    waiting: tuple[PublicationView, ...]

    @property
    def late(self) -> int:
        """How many are past their deadline."""
        return sum(item.late for item in self.waiting)

    def in_state(self, state: State) -> int:
        """How many wait in a state."""
        return sum(item.state == STATES[state] for item in self.waiting)


@dataclass(frozen=True, slots=True)
class TaskView:
    """Something an operator has to do; `urgent` when it keeps the night from being right."""

    urgent: bool
    what: str
    why: str
    how: str


@dataclass(frozen=True)
class RunReport:
    """The whole report."""

    department: str
    number: int
    as_of: datetime
    parts: tuple[PartView, ...]
    sources: tuple[SourceView, ...]
    lists: tuple[ListView, ...]
    quarantine: tuple[QuarantineView, ...]
    doubts: tuple[DoubtView, ...]
    channels: tuple[ChannelView, ...]
    deadlines: DeadlineRules
    compliance: ComplianceReport | None
    """The month so far."""
    left_behind: tuple[LeftBehind, ...]
    audit_head: str
    """The digest of the last entry of the audit log, kept here against cutting its end off."""

    @cached_property
    def tasks(self) -> tuple[TaskView, ...]:
        """What is to be done, urgent things first."""
        found = (
            *self._failures(),
            *self._lists(),
            *self._publications(),
            *self._left_behind(),
            *self._missing_numbers(),
            *self._holidays(),
            *self._quarantine(),
            *self._held(),
        )
        return tuple(sorted(found, key=lambda task: not task.urgent))

    @property
    def failed(self) -> bool:
        """Whether a part of this run failed."""
        return any(part.status == "failed" for part in self.parts)

    def source_title(self, name: str) -> str:
        """What a source is called; one no longer configured by its name."""
        return next((source.title for source in self.sources if source.name == name), name)

    def stage(self, name: StageName) -> tuple[PartView, ...]:
        """The parts of one stage."""
        return tuple(part for part in self.parts if part.stage == name)

    def _failures(self) -> Iterator[TaskView]:
        refused = {source.name: source for source in self.sources if source.state == "refused"}
        for source in refused.values():
            confirmed = f"数据确实如此，再执行 credit-sync run --source {source.name} --accept-shrink。"
            how = f"先向提供方核实。{'' if UNREADABLE in source.reason else confirmed}"
            yield TaskView(True, f"数据源 {source.name} 的本次数据没有采用", source.reason, how)
        for part in self.parts:
            if part.status == "failed" and not (part.stage == "pull" and part.name in refused):
                what = f"{labels.STAGES[part.stage]} {part.name} 失败".replace("  ", " ")
                yield TaskView(True, what, part.problem, _REMEDIES[part.stage].format(part=part.name))

    def _lists(self) -> Iterator[TaskView]:
        for found in self.lists:
            if found.warning:
                how = "取到新数据之前，没有预警的申报主体一律是“无法核实”。修复数据源后重新运行。"
                yield TaskView(True, f"{found.title}不能据此放行任何人", found.warning, how)

    def _publications(self) -> Iterator[TaskView]:
        for channel in self.channels:
            if channel.late:
                how = "逐条排除下表所列的问题；说明逾期原因。"
                why = f"{self.deadlines.told}。"
                yield TaskView(True, f"渠道 {channel.name} 有 {channel.late} 条已超过报送期限", why, how)
            if invalid := channel.in_state(State.INVALID):
                how = "按下表所列的字段在来源里更正，下一次运行会重新校验并报出。"
                yield TaskView(False, f"渠道 {channel.name} 有 {invalid} 条校验未通过，没有报出", "", how)
            if rejected := channel.in_state(State.REJECTED):
                how = (
                    "按平台说明的原因在来源里更正，下一次运行会重新报出；不用更正的，"
                    f"执行 credit-sync publish retry {channel.name}。"
                )
                yield TaskView(True, f"渠道 {channel.name} 有 {rejected} 条被平台退回", "", how)
            if held := channel.in_state(State.HELD):
                how = (
                    f"核实后执行 credit-sync publish withdraw {channel.name} 文书号 --reason 事由，"
                    "或 publish keep、publish resume。"
                )
                why = "已公示的记录在来源里消失，不会自动撤回；曾由人工撤回的，不会自动恢复。"
                yield TaskView(False, f"渠道 {channel.name} 有 {held} 条等待人工决定", why, how)

    def _left_behind(self) -> Iterator[TaskView]:
        for left in self.left_behind:
            yield TaskView(False, left.what, "", f"{left.how}。")

    def _missing_numbers(self) -> Iterator[TaskView]:
        if self.compliance and self.compliance.missing:
            gaps = [gap.text for one in self.compliance.series if one.counts for gap in one.missing]
            why = "、".join(gaps[:_GAPS]) + (f" 等 {len(gaps)} 处" if len(gaps) > _GAPS else "")
            how = "请承办处室核实是漏登了决定，还是作废的号；补登后下一次运行会报送。"
            yield TaskView(False, f"文号不连续，缺 {self.compliance.missing} 个", why, how)

    def _holidays(self) -> Iterator[TaskView]:
        if self.compliance and self.compliance.uncertain:
            why = "当年的放假安排尚未公布，或尚未更新到本系统。"
            how = "放假安排一般在十一月公布；公布后更新程序所用的 chinesecalendar 程序包。"
            yield TaskView(False, f"本月 {self.compliance.uncertain} 条的报送期限按周末推算", why, how)

    def _held(self) -> Iterator[TaskView]:
        for source in self.sources:
            if source.state == "accepted" and source.delivery == "full" and source.reason:
                how = (
                    "把未能读取的行交提供方更正；其中的说明、合计写进对照文件的 skip。核实没有读到的记录确已不在，"
                    f"再执行 credit-sync run --source {source.name} --accept-shrink。"
                )
                yield TaskView(False, f"数据源 {source.name} 有记录没有读到，照旧保留", source.reason, how)

    def _quarantine(self) -> Iterator[TaskView]:
        if not self.quarantine:
            return
        count, new = sum(g.count for g in self.quarantine), sum(g.new for g in self.quarantine)
        by_source: dict[str, int] = {}
        for group in self.quarantine:
            by_source[group.source] = by_source.get(group.source, 0) + group.count
        why = "、".join(f"{self.source_title(source)} {rows} 行" for source, rows in by_source.items())
        how = (
            "执行 credit-sync quarantine export 隔离区.xlsx 导出，交提供方更正；若是对照文件没有写全，"
            "改好后执行 credit-sync quarantine retry。"
        )
        yield TaskView(False, f"隔离区有 {count} 行未能读取（本次 {new} 行）", why, how)
