"""A look-up's answer as text for a terminal."""

from datetime import date

from credit_sync.lookup import Answer, Found, in_force
from credit_sync.records import Applicant, Inspection, Licence, Listing, Penalty, RecordKind
from credit_sync.reporting.labels import RECORDS, ROLES, VERDICTS, percent
from credit_sync.reporting.shown import shown
from credit_sync.screening.comparison import RELATED
from credit_sync.screening.faces import Via
from credit_sync.screening.measures import Measures
from credit_sync.subjects.identifiers import IdentifierKind
from credit_sync.subjects.subject import Subject

TITLES = {**RECORDS, RecordKind.APPLICANT: "申报"}
"""Of what is found, by kind of record."""


def answer_text(answer: Answer, measures: Measures, today: date) -> str:
    """Everything found, by kind of record, each with why it is thought to be the same subject."""
    subject = answer.subject
    lines = [f"查询对象：{shown(subject.name) or '（未写名称）'}　{subject.displayed_identifiers()}".rstrip()]
    lines += [f"  注意：{doubt}" for doubt in doubted_numbers(subject)]
    lines.append(
        f"名单比对结论：{VERDICTS[answer.verdict.value]}" + (f"（{answer.reason}）" if answer.reason else "")
    )
    for name, state in answer.lists.items():
        when = f"{state.pulled_at:%Y-%m-%d %H:%M} 取数" if state.pulled_at else "从未取数"
        stale = f"，{state.reason}" if state.stale else ""
        lines.append(f"  名单：{measures.list_title(name)}，{state.live} 条，{when}{stale}")
    for kind, title in TITLES.items():
        of_kind = [f for f in answer.found if f.kind is kind]
        lines.append(f"\n{title}：{len(of_kind)} 条")
        for found in of_kind:
            lines += _record_lines(found, measures, today)
    return "\n".join(lines)


def doubted_numbers(subject: Subject) -> list[str]:
    """What is to be said of numbers that are none as they were typed: by a slip nothing is found, as of an honest subject."""
    wrong = (n for n in subject.identifiers if not n.valid or n.kind is IdentifierKind.OTHER)
    return [f"{n.display()} 校验不通过或位数不对，请核对是否写错；凭写错的号码查不到记录" for n in wrong]


def _record_lines(found: Found, measures: Measures, today: date) -> list[str]:
    comparison = found.comparison
    gone = "" if in_force(found, today) else "〔已移出或已不在来源中〕"
    head = f"  · {gone}{shown(_describe(found, measures))}"
    if comparison.related and not comparison.verdict.flags:
        return [
            head,
            f"    {RELATED}：{shown(comparison.related)}",
            f"    来源：{found.source} {found.place} 第 {found.row} 行",
        ]
    is_it = "同一主体" if comparison.via is Via.SUBJECT else "经名单单位的法定代表人，同一人"
    same = f"    {is_it}：{VERDICTS[comparison.verdict.value]}（{percent(comparison.probability)}）"
    evidence = [f"      {e.bits:+6.1f} 比特　{shown(e.sentence)}" for e in comparison.evidence]
    return [head, same, *evidence, f"    来源：{found.source} {found.place} 第 {found.row} 行"]


def _describe(found: Found, measures: Measures) -> str:
    record = found.record
    who = f"{record.subject.name}　{record.subject.displayed_identifiers()}".rstrip()
    match record:
        case Licence():
            valid = f"，有效期至 {record.valid_to}" if record.valid_to else ""
            return f"{who}：{record.licence_name} {record.licence_number}，{record.document_number}，{record.decided_on}{valid}"
        case Penalty():
            return f"{who}：{record.nature} {record.document_number}，{record.decided_on}，{record.content}"
        case Listing():
            when = record.published_on or record.listed_on or ""
            return (
                f"{who}：{measures.list_title(record.list)} {record.number} {record.organ} {when} {record.reason}"
            )
        case Applicant():
            return f"{who}：{record.application} {record.title}（{ROLES[record.role.value]}，{record.stage}）"
        case Inspection():
            return f"{who}：{record.form} {record.number} {record.inspected_on or ''} {record.result}"
