"""The outbox of notices: made from flags and decisions, delivered in order, and what became of each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, and_, bindparam, func, or_, select, update

from credit_sync.interfaces.messages import Answer, Told
from credit_sync.records import Applicant
from credit_sync.reporting import labels
from credit_sync.reporting.shown import shown
from credit_sync.screening.decisions import State as FlagState
from credit_sync.screening.measures import Measures
from credit_sync.screening.reasons import Reasons
from credit_sync.store.applicants import applicants_of
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.schema import applicant, decision, flag, listing, match, notice
from credit_sync.write_back.changes import (
    Change,
    Content,
    DecisionStep,
    FlagNow,
    Known,
    notice_key,
    notices,
    written,
)

_BLOCK = 500
"""Flags looked at together."""


class NoticeState(StrEnum):
    """Where a notice stands."""

    PENDING = "pending"
    SENDING = "sending"
    """It may have arrived."""
    DELIVERED = "delivered"
    REFUSED = "refused"
    """By the system; tried again with every run, and what comes after it of the flag waits."""
    GIVEN_UP = "given_up"
    """A person has decided that it is not sent any more."""


_SETTLED = (NoticeState.DELIVERED, NoticeState.GIVEN_UP)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that the system has not acknowledged."""

    id: int
    flag_id: int
    key: str
    content: Content
    may_have_arrived: bool


@dataclass(frozen=True, slots=True)
class Words:
    """What codes are called: titles of lists, reasons of decisions."""

    measures: Measures
    reasons: Reasons


def make_notices(engine: Engine, run: Run, name: str, system: str, words: Words) -> int:
    """Puts a notice into the outbox for every change that the system called `name` has not been told; how many."""
    with writing(engine) as connection:
        number = connection.scalar(select(func.max(notice.c.id))) or 0
        head = {"system": name, "run_id": run.id, "made_at": run.as_of}
        first = {"state": NoticeState.PENDING, "reason": "", "platform_id": "", "attempts": 0}
        made = 0
        for rows in _blocks(_told_or_open(connection, name, system)):
            news = list(_news(connection, rows, words))
            if news:
                new = [{"id": id_, **head, **first, **row} for id_, row in enumerate(news, number + made + 1)]
                connection.execute(notice.insert(), new)
                made += len(news)
    return made


def waiting(connection: Connection, name: str) -> list[Waiting]:
    """What the system has still to acknowledge, in the order in which it is to be told."""
    c = notice.c
    query = select(notice).where(c.system == name, c.state.not_in(_SETTLED)).order_by(c.id)
    return [
        Waiting(
            id=row["id"],
            flag_id=row["flag_id"],
            key=notice_key(name, row["flag_id"], row["sequence"]),
            content=row["content"],
            may_have_arrived=row["state"] == NoticeState.SENDING,
        )
        for row in connection.execute(query).mappings()
    ]


def begin(engine: Engine, some: Sequence[Waiting]) -> None:
    """Puts on record that these are about to be sent."""
    with writing(engine) as connection:
        begun = update(notice).where(notice.c.id == bindparam("number"))
        begun = begun.values(state=NoticeState.SENDING, attempts=notice.c.attempts + 1)
        connection.execute(begun, [{"number": one.id} for one in some])


def end(engine: Engine, run: Run, some: Iterable[Waiting], told: Mapping[str, Told]) -> None:
    """Takes over what the system said; what it has but has not decided on stays under way."""
    with writing(engine) as connection:
        for one in some:
            word = told.get(one.key)
            if word is None or word.answer is None:
                continue
            accepted = word.answer is Answer.ACCEPTED
            values: dict[str, Any] = {
                "state": NoticeState.DELIVERED if accepted else NoticeState.REFUSED,
                "reason": "" if accepted else shown(word.reason),
                "platform_id": word.platform_id[:128],
                "delivered_at": run.as_of if accepted else None,
            }
            connection.execute(update(notice).where(notice.c.id == one.id).values(**values))


@dataclass(frozen=True, slots=True)
class Listed:
    """A notice as people see it."""

    key: str
    state: NoticeState
    change: Change
    content: Content
    reason: str
    attempts: int
    delivered_at: datetime | None


def listed(connection: Connection, name: str = "", *, settled: bool = False) -> list[Listed]:
    """What systems (or the one called `name`) have still to acknowledge, oldest first; if wanted with all the rest."""
    c = notice.c
    query = select(notice).order_by(c.system, c.id)
    query = query.where(c.system == name) if name else query
    query = query if settled else query.where(c.state.not_in(_SETTLED))
    same = ("content", "reason", "attempts", "delivered_at")
    return [
        Listed(
            key=notice_key(row["system"], row["flag_id"], row["sequence"]),
            state=NoticeState(row["state"]),
            change=Change(row["change"]),
            **{column: row[column] for column in same},
        )
        for row in connection.execute(query).mappings()
    ]


def counts(connection: Connection, name: str) -> dict[str, int]:
    """Notices of a system by state."""
    c = notice.c
    found = connection.execute(select(c.state, func.count()).where(c.system == name).group_by(c.state))
    return {state.value: 0 for state in NoticeState} | {row[0]: row[1] for row in found}


# What there is to tell


def _told_or_open(connection: Connection, name: str, system: str) -> list[RowMapping]:
    """The flags of a system that are open, or that it does not know to be closed, with what it was told last."""
    last = select(notice.c.flag_id, func.max(notice.c.sequence).label("sequence"))
    last_of = last.where(notice.c.system == name).group_by(notice.c.flag_id).subquery()
    told = (
        flag.join(applicant, applicant.c.id == flag.c.applicant_id)
        .outerjoin(last_of, last_of.c.flag_id == flag.c.id)
        .outerjoin(
            notice,
            and_(notice.c.system == name, notice.c.flag_id == flag.c.id, notice.c.sequence == last_of.c.sequence),
        )
    )
    known = (notice.c.sequence, notice.c.content, notice.c.decision_id.label("told_decision_id"))
    to_look_at = or_(flag.c.closed_at.is_(None), notice.c.change != Change.CLOSED)
    query = select(flag, *known).select_from(told).where(applicant.c.system == system, to_look_at)
    return list(connection.execute(query.order_by(flag.c.id)).mappings())


def _news(connection: Connection, rows: Sequence[RowMapping], words: Words) -> Iterator[dict[str, Any]]:
    """Of some flags, the notices' columns that say what is told."""
    ids = [row["id"] for row in rows]
    applicants = applicants_of(connection, sorted({row["applicant_id"] for row in rows}))
    cases, steps = _cases(connection, ids), _steps(connection, ids, words.reasons)
    for row in rows:
        known = None
        if row["sequence"] is not None:
            known = Known(row["sequence"], row["told_decision_id"], row["content"])
        now = FlagNow(
            id=row["id"],
            changed_at=row["changed_at"],
            facts=_facts(row, applicants[row["applicant_id"]], cases.get(row["id"], ()), words.measures),
            close_reason=shown(row["close_reason"]),
        )
        new = [step for step in steps.get(row["id"], ()) if step.id > (known.decision_id if known else 0)]
        for made in notices(now, new, known, labels.STATES):
            told = {"change": made.change, "sequence": made.sequence, "decision_id": made.decision_id}
            yield {"flag_id": row["id"], "content": dict(made.content), **told}


def _facts(row: RowMapping, of: Applicant, cases: Sequence[str], measures: Measures) -> Content:
    measure = row["measure"]
    return {
        "flag": str(row["id"]),
        "system": shown(of.system),
        "application": shown(of.application),
        "title": shown(of.title),
        "department": shown(of.department),
        "role": of.role.value,
        "role_title": labels.label(labels.ROLES, of.role),
        "applicant": shown(of.subject.name),
        "identifier": "、".join(shown(found.display()) for found in of.subject.identifiers),
        "list": row["list"],
        "list_title": measures.list_title(row["list"]),
        "verdict": row["verdict"],
        "verdict_title": labels.label(labels.VERDICTS, row["verdict"]),
        "effect": measure["effect"],
        "effect_title": labels.EFFECTS[measure["effect"]],
        "measure": shown(measure["title"]),
        "basis": shown(measure["basis"]),
        "cases": "、".join(cases),
        "opened_at": written(row["opened_at"]),
        "closed_at": written(row["closed_at"]),
    }


def _cases(connection: Connection, flags: Sequence[int]) -> dict[int, list[str]]:
    """The numbers of the listings that hang on each flag now."""
    query = select(match.c.flag_id, listing.c.number).join(listing, listing.c.id == match.c.listing_id)
    query = query.where(match.c.flag_id.in_(flags), match.c.closed_at.is_(None))
    found: dict[int, list[str]] = defaultdict(list)
    for flag_id, number in connection.execute(query.order_by(match.c.listing_id)):
        found[flag_id].append(shown(number))
    return found


def _steps(connection: Connection, flags: Sequence[int], reasons: Reasons) -> dict[int, list[DecisionStep]]:
    query = select(decision).where(decision.c.flag_id.in_(flags)).order_by(decision.c.id)
    found: dict[int, list[DecisionStep]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        why = "：".join(filter(None, (reasons.title(row["reason"]) if row["reason"] else "", row["text"])))
        found[row["flag_id"]].append(DecisionStep(row["id"], FlagState(row["state"]), row["at"], shown(why)))
    return found


def _blocks(rows: Sequence[RowMapping]) -> Iterator[Sequence[RowMapping]]:
    return (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
