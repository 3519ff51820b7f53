"""The other flags on the same two: whoever applies for three projects raises three flags, and what was found of one helps
to decide the next. It decides nothing by itself.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, select

from credit_sync.records import Applicant
from credit_sync.reporting import labels
from credit_sync.reporting.flag_query import applicants, application_head
from credit_sync.reporting.flagged_views import OtherFlag, OtherFlags
from credit_sync.reporting.people import names_on_record
from credit_sync.reporting.review_views import review_view
from credit_sync.review import Standing, standings
from credit_sync.screening.decisions import State
from credit_sync.screening.listed_subject import listed_subject
from credit_sync.screening.measures import Measures
from credit_sync.screening.reasons import Reasons
from credit_sync.store.schema import flag

_MOST_TOLD = 5
"""Flags that are told one by one: a university may have hundreds alike."""


def other_flags(
    connection: Connection,
    number: int,
    measures: Measures,
    reasons: Reasons,
    *,
    visible: Callable[[Applicant], bool] = lambda _: True,
) -> OtherFlags:
    """Flags that hold the same subject for the same listed subject, in the same way, whatever the application, role or list.

    Closed ones count where they were concluded. Who the applicants are is told as who is listed is: by a full and valid
    number, or else by name and numbers together.
    """
    c, of_it = flag.c, flag.alias()
    alike = (of_it.c.id == number, c.listed_subject == of_it.c.listed_subject, c.via == of_it.c.via)
    rows = {row.id: row for row in connection.execute(select(flag).where(*alike).order_by(c.id))}
    known = applicants(connection, {row.applicant_id for row in rows.values()})
    who = listed_subject(known[rows.pop(number).applicant_id].subject)
    same = {
        other: row
        for other, row in rows.items()
        if listed_subject(known[row.applicant_id].subject) == who and visible(known[row.applicant_id])
    }
    stand = standings(connection, (dict(row._mapping) for row in same.values()))
    there = [s for s in stand.values() if not (s.closed and s.state.waits)]
    name_of = names_on_record(connection)
    told = [
        OtherFlag(
            number=s.flag_id,
            head=application_head(known[same[s.flag_id].applicant_id]),
            role=labels.label(labels.ROLES, known[same[s.flag_id].applicant_id].role),
            list_title=measures.list_title(same[s.flag_id].list),
            closed=bool(s.closed),
            review=review_view(s, reasons, name_of),
        )
        for s in sorted(there, key=_latest_conclusions_first)[:_MOST_TOLD]
    ]
    states = [s.state for s in there]
    by_state = tuple((labels.STATES[state], states.count(state)) for state in State if state in states)
    return OtherFlags(by_state, tuple(told))


def _latest_conclusions_first(found: Standing) -> tuple[bool, float, int]:
    at = found.at or datetime.min
    return found.state.waits, -(at - datetime.min).total_seconds(), found.flag_id
