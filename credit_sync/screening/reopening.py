"""Decisions in the night: they hold while the evidence is that which was decided on, and are re-opened when it is not."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from credit_sync.screening.decisions import DECIDED, Case, Concluded, Conclusion, State, Step, why_reopened
from credit_sync.store import audit, decisions
from credit_sync.store.schema import flag


def reopen_changed(connection: Connection, as_of: datetime) -> int:
    """Re-opens the flags whose decision no longer holds after this night's judgements; how many.

    The flags that the night has touched are held until it is committed: who decides on one of them meanwhile waits, and
    then sees the new evidence. To be called last of all that changes flags.
    """
    touched = decisions.touched_flags(connection, as_of)
    concluded = {row["id"]: row for row in touched if State(row["state"]) in (*DECIDED, State.PROPOSED)}
    cases = decisions.open_cases(connection, concluded)
    last = decisions.steps_by_id(connection, (row["decision_id"] for row in concluded.values()))
    first = decisions.steps_by_id(connection, (step["rests_on"] for step in last.values() if step["rests_on"]))
    rows = []
    for number, row in concluded.items():
        step = last[row["decision_id"]]
        proposal = first.get(step["rests_on"], step)
        before = Concluded(Conclusion(proposal["step"]), proposal["who"], two=step is not proposal)
        then, now = (tuple(map(Case.of, found)) for found in (step["cases"], cases.get(number, [])))
        effect = row["measure"]["effect"]
        if why := why_reopened(State(row["state"]), before, then, now, effect):
            at = max(as_of, step["at"])  # who decided while the night was under way decided before it re-opened
            known = {"flag_id": number, "step": Step.REOPEN.value, "state": State.REOPENED.value, "at": at}
            said = {"who": "", "reason": "", "text": why, "effect": effect, "rests_on": None}
            rows.append(known | said | {"cases": [case.stored() for case in now]})
    decisions.add_steps(connection, rows)
    if rows:
        flags = [row["flag_id"] for row in rows]
        decisions.mark_changed(connection, flags, as_of)
        detail = {"flags": flags, "why": sorted({row["text"] for row in rows})}
        target = f"预警 {len(flags)} 条"
        audit.note(
            connection, at=as_of, who=audit.PROGRAM, action=audit.Action.REOPEN, target=target, detail=detail
        )
    return len(rows)


def waiting_by_list(connection: Connection) -> dict[str, int]:
    """How many open flags wait for a decision, by list."""
    c = flag.c
    decided = [state.value for state in DECIDED]
    waiting = (c.closed_at.is_(None), c.state.not_in(decided))
    counted = select(c.list, func.count()).where(*waiting).group_by(c.list).order_by(c.list)
    return {row[0]: row[1] for row in connection.execute(counted)}
