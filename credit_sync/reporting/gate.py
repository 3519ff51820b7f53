"""The gate's answer as programs and people read it; numbers of persons hidden."""

from collections.abc import Mapping
from typing import Any

from credit_sync.gate import GateAnswer, GateFlag
from credit_sync.records import Applicant
from credit_sync.reporting import labels
from credit_sync.reporting.shown import shown, shown_numbers
from credit_sync.screening.gate import Passage, Reason
from credit_sync.screening.measures import Measures
from credit_sync.times import with_offset

PASSAGE_TITLES: Mapping[str, str] = {
    Passage.CLEAR: "可以继续",
    Passage.UNKNOWN: "不能确定",
    Passage.HOLD: "暂缓，待处理",
    Passage.BLOCKED: "不得继续",
}


def gate_json(answer: GateAnswer, measures: Measures) -> dict[str, Any]:
    """All of it as JSON-able data. Applicants are numbered from 1 in their order."""
    places = {number: place for place, number in enumerate(answer.applicants, 1)}
    return {
        "verdict": answer.passage.value,
        "title": PASSAGE_TITLES[answer.passage],
        "reasons": [
            {
                "cause": reason.cause.value,
                "verdict": reason.passage.value,
                "applicant": None if reason.applicant is None else places[reason.applicant],
                "text": reason_text(reason, answer),
            }
            for reason in answer.reasons
        ],
        "applicants": [_applicant(places[number], found) for number, found in answer.applicants.items()],
        "flags": [_flag(flag, places, measures) for flag in answer.flags],
        "lists": [
            {
                "list": name,
                "title": measures.list_title(name),
                "versions": dict(state.versions),
                "pulled_at": with_offset(state.pulled_at),
                "entries": state.live,
                "stale": state.stale,
            }
            for name, state in answer.lists.items()
        ],
        "weights": answer.weights,
        "at": with_offset(answer.at),
        "screened_at": with_offset(answer.screened_at),
    }


def reason_text(reason: Reason, answer: GateAnswer) -> str:
    """A reason with whom it is about."""
    if reason.applicant is None:
        return shown(reason.text)
    found = answer.applicants[reason.applicant]
    return shown(f"{labels.label(labels.ROLES, found.role)} {found.subject.name}：{reason.text}")


def gate_text(answer: GateAnswer, measures: Measures) -> str:
    """For a terminal."""
    lines = [f"{PASSAGE_TITLES[answer.passage]}（{answer.passage.value}）"]
    lines += [f"  {reason_text(reason, answer)}" for reason in answer.reasons]
    for name, state in answer.lists.items():
        when = f"{state.pulled_at:%Y-%m-%d %H:%M} 取数" if state.pulled_at else "从未取数"
        lines.append(f"  名单：{measures.list_title(name)}，{state.live} 条，{when}")
    screened = f"{answer.screened_at:%Y-%m-%d %H:%M}" if answer.screened_at else "没有"
    return "\n".join([*lines, f"  最近比对：{screened}"])


def _applicant(place: int, found: Applicant) -> dict[str, Any]:
    return {
        "number": place,
        "role": found.role.value,
        "name": shown(found.subject.name),
        "identifiers": list(shown_numbers(found.subject)),
    }


def _flag(flag: GateFlag, places: dict[int, int], measures: Measures) -> dict[str, Any]:
    return {
        "flag": flag.number,
        "applicant": places[flag.applicant],
        "list": flag.list,
        "list_title": measures.list_title(flag.list),
        "via": flag.via.value,
        "state": flag.state.value if flag.state else None,
        "match": flag.verdict.value,
        "probability": flag.probability,
        "measure": dict(flag.measure),
        "cases": [shown(case) for case in flag.cases],
    }
