"""What a record calls for today, given what was done with it before: add, correct, withdraw, or nothing. Pure.

gone from its source, or no more to be published   a withdrawal, held for a person
its publicity is over                               a withdrawal
taken back by a person                              a withdrawal; what comes later is held for a person
never sent, refused, or withdrawn                   an addition; held for a person where it takes the place of another,
                                                    or was over by a day that no longer stands anywhere
publishes something else than what was sent         a correction
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from credit_sync.interfaces.messages import Answer
from credit_sync.publishing.findings import Finding, has_errors
from credit_sync.publishing.outbox import HANDED_OVER, Action, Decided, Outbox, State
from credit_sync.publishing.publicity import REPAIRED, end_of_publicity
from credit_sync.publishing.rows import is_published, published_row, says_the_same
from credit_sync.publishing.standard import Row
from credit_sync.publishing.validation import validate
from credit_sync.publishing.values import PUBLISHED_KINDS, Published
from credit_sync.records import Licence, RecordKind
from credit_sync.store.columns import from_columns

GONE, NOT_PUBLISHED = "来源中已没有这条记录", "不再属于报送范围"
TAKEN_BACK, AGAIN, DATED = "曾由人工撤回，来源又有变化", "退回后重新报送", "日期已到，状态变化"
PUT_OFF = "公示截止日已更正，重新公示"
SWITCHED = "报送标准已更换"
REPAIR_FORGOTTEN = "曾因信用修复撤回，来源中已没有修复日期"
END_FORGOTTEN = "曾因公示期满撤回，来源中已没有公示截止期"
IN_PLACE = "同一文书号已报送过，来源中原来的那一条已删去"
FOR_A_PERSON = (GONE, NOT_PUBLISHED, TAKEN_BACK, REPAIR_FORGOTTEN, END_FORGOTTEN)
"""Why a submission waits for a person, and the platform for nothing until he has decided."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A record beside the others of the store."""

    findings: tuple[Finding, ...] = ()
    in_place: bool = False
    """It has the document number of a record that the channel has had and that is gone at its source."""


ALONE = Beside()


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A person's withdrawal."""

    version: int
    cause: str
    who: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A withdrawal that nobody asked for."""

    cause: str
    row: Row


@dataclass(frozen=True, slots=True)
class Past:
    """What was done with a record in one channel."""

    steps: int = 0
    """Submissions of the record's present version."""
    public: Row | None = None
    """What the platform has, or will have once it is answered; None when it has nothing."""
    edition: str = ""
    """The standard in which that was sent."""
    left: bool = False
    """Something of it has left the outbox."""
    taken_back: TakenBack | None = None
    resumed: bool = False
    """A person has decided to publish it."""
    refused: bool = False
    """Something was rejected since the platform took a submission last."""
    ended: Ended | None = None
    """It was taken back because its publicity was over, and nobody has decided since to publish it."""

    def held_for(self, *, in_place: bool) -> str:
        """Why an addition waits for a person; '' where it does not. `in_place`: it takes the place of another record."""
        if self.taken_back:
            return TAKEN_BACK
        return IN_PLACE if in_place and not self.left and not self.resumed else ""

    @classmethod
    def of(cls, submissions: Sequence[Any], version: int) -> Self:
        """Of a record's submissions in order, as the store has them."""
        sent = next((n for n in reversed(range(len(submissions))) if submissions[n].state in HANDED_OVER), -1)
        last = submissions[sent] if sent >= 0 else None
        decision = _last_decision(submissions)
        return cls(
            steps=sum(s.record_version == version for s in submissions),
            public=last.row if last is not None and last.action != Action.WITHDRAW else None,
            edition=last.edition if last is not None else "",
            left=any(s.batch is not None for s in submissions),
            taken_back=_taken_back(decision),
            resumed=decision is not None and decision.decision == Decided.RESUME,
            refused=any(s.answer == Answer.REJECTED for s in submissions[sent + 1 :]),
            ended=_ended(last, submissions[sent + 1 :]),
        )


def _last_decision(submissions: Sequence[Any]) -> Any | None:
    """The submission with which a person last decided; to keep things as they are decides nothing for later."""
    lasting = (Decided.WITHDRAW, Decided.RESUME)
    return next((s for s in reversed(submissions) if s.decision in lasting), None)


def _taken_back(last: Any | None) -> TakenBack | None:
    if last is None or last.decision != Decided.WITHDRAW:
        return None
    return TakenBack(last.record_version, last.cause, last.who)


def _ended(last: Any | None, later: Sequence[Any]) -> Ended | None:
    """`last`: the last that was handed over; `later`: what came after it."""
    if last is None or last.action != Action.WITHDRAW or last.decision:
        return None
    return None if any(s.decision == Decided.RESUME for s in later) else Ended(last.cause, last.row)


def called_for(
    found: Mapping[str, Any],
    past: Past,
    outbox: Outbox,
    repaired_on: date | None,
    beside: Beside,
) -> dict[str, Any] | None:
    """The submission that a record (a row of its table) calls for, as columns; None for none at all.

    `repaired_on`: what a person has put on record about a penalty's credit repair.
    """
    head = {"record_id": found["id"], "record_version": found["version"], "step": past.steps, "findings": []}
    record = from_columns(PUBLISHED_KINDS[outbox.kind], found)
    table = outbox.table
    end = end_of_publicity(record, table.publicity, repaired_on)
    if end is not None and end.day <= outbox.reporting.on:
        return head | _withdrawal(record, past, outbox, State.PENDING, end.cause) if past.public else None
    if past.taken_back and past.public:
        by_hand = {"who": past.taken_back.who, "decision": Decided.WITHDRAW}
        return head | _withdrawal(record, past, outbox, State.PENDING, past.taken_back.cause) | by_hand
    if found["removed_at"] is not None:
        return head | _withdrawal(record, past, outbox, State.HELD, GONE) if past.public else None
    if not is_published(record, outbox.standard):
        return head | _withdrawal(record, past, outbox, State.HELD, NOT_PUBLISHED) if past.public else None
    if past.taken_back and past.taken_back.version == found["version"]:
        return None
    row = published_row(record, outbox.standard, outbox.reporting)
    values = head | _row(row, past, outbox, beside)
    forgotten = _forgotten_end(record, past.ended, outbox, repaired_on)
    return values | {"state": State.HELD, "cause": forgotten} if forgotten else values


def judged(row: Row, outbox: Outbox, beside: Beside) -> dict[str, Any]:
    """A row with its findings and the state that they put it in."""
    findings = [*validate(row, outbox.kind, outbox.standard, outbox.reporting.on), *beside.findings]
    state = State.INVALID if has_errors(findings) else State.PENDING
    return {"row": row, "findings": [finding.stored() for finding in findings], "state": state}


def withdrawn_row(record: Published, past: Past, outbox: Outbox) -> Row | None:
    """The row that takes back what is public: the same, in the channel's present standard; None when nothing is."""
    if past.public is None or past.edition == outbox.standard.name:
        return past.public
    return published_row(record, outbox.standard, outbox.reporting)


def _forgotten_end(record: Published, ended: Ended | None, outbox: Outbox, repaired_on: date | None) -> str:
    """Why what was over does not come back in public by itself: the day by which it was stands nowhere any more."""
    if ended is None or isinstance(record, Licence):
        return ""
    if ended.cause == REPAIRED:
        return "" if record.repaired_on or repaired_on else REPAIR_FORGOTTEN
    named = any(ended.row.get(field.code) for field in outbox.table.fields if "public_until" in field.from_)
    return END_FORGOTTEN if named and record.public_until is None else ""


def _withdrawal(record: Published, past: Past, outbox: Outbox, state: State, cause: str) -> dict[str, Any]:
    row = withdrawn_row(record, past, outbox)
    return {"action": Action.WITHDRAW, "state": state, "row": row, "cause": cause, "who": "", "decision": ""}


def _row(row: Row, past: Past, outbox: Outbox, beside: Beside) -> dict[str, Any]:
    dated = PUT_OFF if outbox.kind is RecordKind.PENALTY else DATED
    switched = past.public is not None and past.edition != outbox.standard.name
    cause = AGAIN if past.refused else SWITCHED if switched else dated if past.steps else ""
    values = judged(row, outbox, beside) | {"cause": cause, "who": "", "decision": ""}
    if past.public is not None:
        same = not switched and says_the_same(row, past.public, outbox.standard, outbox.kind)
        return values | {"action": Action.CORRECT} | ({"state": State.UNCHANGED} if same else {})
    why = past.held_for(in_place=beside.in_place)
    return values | {"action": Action.ADD} | ({"state": State.HELD, "cause": why} if why else {})
