"""Review: officers uphold or dismiss flags, a second person agrees or refuses, and everything stays on record.

One way for the command line, the workbook and the desk. Every function that changes something notes it in the audit
log within the same transaction; it needs a connection of `store.engine.writing`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from credit_sync.errors import CreditSyncError
from credit_sync.screening.decisions import (
    Case,
    Change,
    Concluded,
    Conclusion,
    State,
    Step,
    after_conclusion,
    after_refusal,
    after_undo,
    changes,
    evidence_digest,
    same_person,
)
from credit_sync.screening.reasons import Reasons
from credit_sync.store import audit, decisions
from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.subjects.writing import plain

_LONGEST = 2000
"""Characters of an explanation."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a flag stands."""

    flag_id: int
    state: State
    closed: str
    """Why it is closed: its listing or its applicant is gone. The conclusion stays, should they come back. '' if not."""
    effect: str
    """Of the measure."""
    conclusion: Conclusion | None
    """What was concluded or proposed; None while it is open."""
    who: str
    """Who concluded or proposed."""
    confirmed_by: str
    """The second person; '' while there is none."""
    reason: str
    """The code of the reason."""
    text: str
    at: datetime | None
    """Of the last step."""
    step: int
    """The id of the last step; 0 where there is none."""
    second_reason: str
    second_text: str
    """What the second person gave as a reason."""
    evidence: str
    """Digest of the evidence as it is now."""
    cases: tuple[Case, ...]
    opened_by: Step | None
    """The step that opened the flag again (re-opened, undone, refused); None where none did."""
    who_opened: str
    """Who did; '' for the night."""
    why_open: str

    @property
    def token(self) -> str:
        """What a person looks at who decides: pass it as `seen`, and nothing is decided upon what is other by then."""
        return f"{self.flag_id}.{self.step}.{self.evidence}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who decides something, or signs it, and when."""

    who: str
    at: datetime
    origin: str = ""
    """Where the request came from (a user of the system, an address, a file), for the audit log."""
    seen: str = ""
    """The token of the standing that the person looked at: another one now is an error. '' for a command."""


@dataclass(frozen=True, slots=True)
class Said:
    """Why somebody concludes as he does: the reason's code, and what he adds in his own words."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One line of a flag's history."""

    id: int
    step: Step
    state: State
    who: str
    """'' for the night."""
    at: datetime
    reason: str
    text: str
    effect: str
    changes: tuple[Change, ...] = ()
    """Of a re-opening: what is other than when it was decided."""


def standing(connection: Connection, flag_id: int) -> Standing:
    """Where a flag stands. Raises CreditSyncError where there is none of that number."""
    return _standing(connection, _found(decisions.flag_row(connection, flag_id), flag_id))


def standings(connection: Connection, flags: Iterable[Mapping[str, Any]]) -> dict[int, Standing]:
    """Where many flags stand, by their rows, in three queries."""
    rows = {row["id"]: row for row in flags}
    cases = decisions.open_cases(connection, rows)
    last = decisions.steps_by_id(connection, (row["decision_id"] for row in rows.values() if row["decision_id"]))
    first = decisions.steps_by_id(connection, (step["rests_on"] for step in last.values() if step["rests_on"]))
    return {
        number: _made(row, cases.get(number, []), last.get(row["decision_id"]), first)
        for number, row in rows.items()
    }


def decide(  # noqa: PLR0913, PLR0917 - what a decision is made of
    connection: Connection, flag_id: int, conclusion: Conclusion, said: Said, reasons: Reasons, by: Actor
) -> Standing:
    """Concludes, proposes (where a measure forbids), or agrees with another's proposal, for one of `reasons`. Raises
    CreditSyncError.
    """
    before = _to_change(connection, flag_id, said.text, by)
    reasons.check(conclusion, said.reason, said.text)
    step, state = after_conclusion(before.state, _concluded(before), conclusion, by.who, before.effect)
    return _take(connection, before, (step, state), said, by)


def refuse(connection: Connection, flag_id: int, text: str, by: Actor) -> Standing:
    """The second person does not agree: the flag is open again. Raises CreditSyncError."""
    before = _to_change(connection, flag_id, text, by)
    state = after_refusal(before.state, _concluded(before), by.who)
    return _take(connection, before, (Step.REFUSE, state), _explained(text), by)


def undo(connection: Connection, flag_id: int, text: str, by: Actor) -> Standing:
    """Takes a conclusion or a proposal back: the flag is open again, and the history says so. Raises CreditSyncError.

    Also of a closed flag, for what was concluded holds: should the listing come back, and of the names that it taught.
    """
    before = _to_change(connection, flag_id, text, by, even_closed=True)
    return _take(connection, before, (Step.UNDO, after_undo(_concluded(before))), _explained(text), by)


def history(connection: Connection, flag_id: int) -> tuple[HistoryStep, ...]:
    """Everything that was decided on a flag, oldest first."""
    found: list[HistoryStep] = []
    decided_on: tuple[Case, ...] = ()
    for row in decisions.steps(connection, flag_id):
        step, cases = Step(row["step"]), tuple(map(Case.of, row["cases"]))
        news = changes(decided_on, cases) if step is Step.REOPEN else ()
        decided_on = cases
        names = ("id", "who", "at", "reason", "text", "effect")
        found.append(HistoryStep(step=step, state=State(row["state"]), changes=news, **{n: row[n] for n in names}))
    return tuple(found)


def refuse_outdated(found: Standing, by: Actor) -> None:
    """Raises CreditSyncError where a flag is not any more as it was seen."""
    if by.seen == found.token:
        return
    if found.closed:
        what = f"已关闭（{found.closed}）"
    elif not by.seen.endswith(found.evidence):
        what = "的证据有变化"
    elif same_person(found.who_opened or found.confirmed_by or found.who, by.who):
        what = "已由您本人处理"
    else:
        what = "已有人处理"
    raise CreditSyncError(f"预警 {found.flag_id} 在此期间{what}", remedy="看过现在的状态和证据后再作结论")


def _to_change(
    connection: Connection, flag_id: int, text: str, by: Actor, *, even_closed: bool = False
) -> Standing:
    """The flag's standing, held until the transaction ends. Raises CreditSyncError where nothing may be changed."""
    if not plain(by.who):
        raise CreditSyncError("没有写明复核人", remedy="用 --who 写明姓名或账号")
    if len(text) > _LONGEST:
        raise CreditSyncError(f"说明超过 {_LONGEST} 字", remedy="写要点，材料另存")
    found = _standing(connection, _found(decisions.lock_flag(connection, flag_id), flag_id))
    if found.closed and not even_closed:
        raise CreditSyncError(f"预警 {flag_id} 已关闭（{found.closed}），不再需要结论")
    if by.seen:
        refuse_outdated(found, by)
    return found


def _take(connection: Connection, before: Standing, taken: tuple[Step, State], said: Said, by: Actor) -> Standing:
    """`taken`: the step, and the state that it leads to."""
    step, state = taken
    who, text = plain(by.who), hide_in_text(plain(said.text))
    values = {"state": state.value, "reason": said.reason, "text": text, "effect": before.effect}
    row = {
        "flag_id": before.flag_id,
        "step": step.value,
        "who": who,
        "at": by.at,
        "cases": [case.stored() for case in before.cases],
        "rests_on": before.step if step is Step.CONFIRM else None,
        **values,
    }
    decisions.add_steps(connection, [row])
    detail = {**values, "evidence": before.evidence, **({"origin": by.origin} if by.origin else {})}
    audit.note(connection, at=by.at, who=who, action=step.value, target=f"预警 {before.flag_id}", detail=detail)
    return standing(connection, before.flag_id)


def _found(row: Mapping[str, Any] | None, flag_id: int) -> Mapping[str, Any]:
    if row is None:
        raise CreditSyncError(f"库中没有预警 {flag_id}", remedy="用 credit-sync review list 查看编号")
    return row


def _standing(connection: Connection, row: Mapping[str, Any]) -> Standing:
    return standings(connection, [row])[row["id"]]


def _made(
    row: Mapping[str, Any],
    cases: Iterable[Mapping[str, Any]],
    last: Mapping[str, Any] | None,
    first: Mapping[int, Mapping[str, Any]],
) -> Standing:
    """`last`: the flag's last step; `first`: the proposals that confirming steps rest on."""
    state = State(row["state"])
    open_again = state in (State.OPEN, State.REOPENED)
    proposal = None if last is None or open_again else first.get(last["rests_on"], last)
    second = last if proposal is not last and not open_again else None
    now = tuple(Case.of(case) for case in cases)
    return Standing(
        flag_id=row["id"],
        state=state,
        closed=row["close_reason"] if row["closed_at"] else "",
        effect=row["measure"]["effect"],
        conclusion=Conclusion(proposal["step"]) if proposal else None,
        who=proposal["who"] if proposal else "",
        confirmed_by=second["who"] if second else "",
        second_reason=second["reason"] if second else "",
        second_text=second["text"] if second else "",
        reason=proposal["reason"] if proposal else "",
        text=proposal["text"] if proposal else "",
        at=last["at"] if last else None,
        step=last["id"] if last else 0,
        evidence=evidence_digest(now),
        cases=now,
        opened_by=Step(last["step"]) if last and not proposal else None,
        who_opened=last["who"] if last and not proposal else "",
        why_open=last["text"] if last and not proposal else "",
    )


def _concluded(found: Standing) -> Concluded | None:
    if found.conclusion is None:
        return None
    return Concluded(found.conclusion, found.who, two=bool(found.confirmed_by))


def _explained(text: str) -> Said:
    if not plain(text):
        raise CreditSyncError("须写明原因", remedy="用 --text 写明")
    return Said("", text)
