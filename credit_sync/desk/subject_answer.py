"""A look-up's answer as the page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from credit_sync.lookup import Answer, Found, in_force
from credit_sync.records import Applicant, Inspection, Licence, Listing, Penalty, RecordKind
from credit_sync.reporting import labels
from credit_sync.reporting.answer import TITLES, doubted_numbers
from credit_sync.reporting.flag_views import EvidenceView
from credit_sync.reporting.shown import shown, shown_numbers
from credit_sync.screening.comparison import RELATED
from credit_sync.screening.faces import Via
from credit_sync.screening.measures import Measures

_KINDS = (
    RecordKind.LISTING,
    RecordKind.APPLICANT,
    RecordKind.PENALTY,
    RecordKind.LICENCE,
    RecordKind.INSPECTION,
)
"""In the order of the page: what is against somebody first."""


@dataclass(frozen=True, slots=True)
class FoundView:
    """One record."""

    name: str
    numbers: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    """(title, what it says)."""
    verdict: str
    probability: float
    link: str
    """Why it is thought to be the same subject, in one word."""
    related: str
    """Why it is told though it is another subject; else empty."""
    gone: bool
    evidence: tuple[EvidenceView, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class StateView:
    """One list that was looked through."""

    title: str
    live: int
    pulled: str
    warning: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """Everything found."""

    name: str
    numbers: tuple[str, ...]
    doubts: tuple[str, ...]
    """What is wrong with the numbers."""
    verdict: str
    reason: str
    lists: tuple[StateView, ...]
    sections: tuple[tuple[str, tuple[FoundView, ...]], ...]


def answer_view(answer: Answer, measures: Measures, today: date) -> AnswerView:
    """Every text of it is fit to be shown."""
    by_kind: Mapping[RecordKind, list[FoundView]] = {kind: [] for kind in _KINDS}
    for found in answer.found:
        by_kind[found.kind].append(_found(found, measures, today))
    return AnswerView(
        name=shown(answer.subject.name),
        numbers=shown_numbers(answer.subject),
        doubts=tuple(doubted_numbers(answer.subject)),
        verdict=answer.verdict.value,
        reason=shown(answer.reason),
        lists=tuple(
            StateView(
                measures.list_title(name),
                state.live,
                f"{state.pulled_at:%Y-%m-%d %H:%M} 取数" if state.pulled_at else "从未取数",
                state.reason if state.stale else "",
            )
            for name, state in answer.lists.items()
        ),
        sections=tuple((TITLES[kind], tuple(views)) for kind, views in by_kind.items()),
    )


def _found(found: Found, measures: Measures, today: date) -> FoundView:
    comparison, record = found.comparison, found.record
    related = comparison.related if comparison.related and not comparison.verdict.flags else ""
    return FoundView(
        name=shown(record.subject.name),
        numbers=shown_numbers(record.subject),
        facts=tuple((title, shown(text)) for title, text in _facts(record, measures) if text),
        verdict=comparison.verdict.value,
        probability=comparison.probability,
        link="同一主体" if comparison.via is Via.SUBJECT else "名单单位的法定代表人为同一人",
        related=f"{RELATED}：{shown(related)}" if related else "",
        gone=not in_force(found, today),
        evidence=tuple(
            EvidenceView(labels.label(labels.ATTRIBUTES, e.attribute), shown(e.sentence), e.bits)
            for e in comparison.evidence
        ),
        origin=shown(f"{found.source} · {found.place} · 第 {found.row} 行"),
    )


def _facts(record: object, measures: Measures) -> list[tuple[str, str]]:
    match record:
        case Licence():
            return [
                ("许可", f"{record.licence_name} {record.licence_number}".strip()),
                ("文号", record.document_number),
                ("决定日期", _day(record.decided_on)),
                ("有效期至", _day(record.valid_to)),
            ]
        case Penalty():
            return [
                ("文号", record.document_number),
                ("性质", record.nature),
                ("决定日期", _day(record.decided_on)),
                ("内容", record.content),
            ]
        case Listing():
            return [
                ("名单", measures.list_title(record.list)),
                ("案号 / 文号", record.number),
                ("机关", record.organ),
                ("立案 / 列入", _day(record.listed_on)),
                ("发布", _day(record.published_on)),
                ("原因", record.reason),
                ("履行情况", record.performance),
            ]
        case Applicant():
            return [
                ("申报", f"{record.application} {record.title}".strip()),
                ("角色", labels.label(labels.ROLES, record.role)),
                ("处室", record.department or labels.NO_DEPARTMENT),
                ("阶段", record.stage),
            ]
        case Inspection():
            return [
                ("检查", f"{record.form} {record.number}".strip()),
                ("日期", _day(record.inspected_on)),
                ("结果", record.result),
            ]
    raise TypeError(record)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
