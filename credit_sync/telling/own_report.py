"""A department's own flags: counted for the digest, and as the report that goes with it. Nobody else's are read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, true

from credit_sync.reporting import labels
from credit_sync.reporting.flagged import flagged_page
from credit_sync.reporting.flagged_query import read_flagged
from credit_sync.reporting.flagged_sheets import flagged_workbook
from credit_sync.reporting.shown import shown
from credit_sync.screening.decisions import DECIDED, State
from credit_sync.screening.measures import load_measures
from credit_sync.screening.weights import load_weights
from credit_sync.settings import Settings
from credit_sync.store.applicants import departments
from credit_sync.store.ledger import Run
from credit_sync.store.schema import applicant, decision, flag
from credit_sync.tell_settings import EVERY
from credit_sync.telling.mail import XLSX, Attachment


@dataclass(frozen=True, slots=True)
class DigestCounts:
    """How a department's flags stand."""

    new: int
    """Without those that are back with the conclusion that they had."""
    reopened: int
    waiting: int
    closed: int
    by_list: tuple[tuple[str, int], ...]
    """Of those that wait: (title of the list, how many)."""


def own(department: str) -> ColumnElement[bool]:
    """The applicants that are a department's; 未填处室 has those that name none."""
    if department == EVERY:
        return true()
    return applicant.c.department == ("" if department == labels.NO_DEPARTMENT else department)


def digest_counts(
    connection: Connection, settings: Settings, department: str, since: datetime | None
) -> DigestCounts:
    """What is new is counted since a time, from the beginning where there is none."""
    measures = load_measures(settings.mappings_folder)
    open_, later = flag.c.closed_at.is_(None), datetime.min if since is None else since
    waits = and_(open_, flag.c.state.not_in([state.value for state in DECIDED]))
    earlier = (decision.c.id == flag.c.decision_id, decision.c.at < flag.c.opened_at)
    back_decided = and_(~waits, exists().where(*earlier))

    def count(*conditions: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(flag.join(applicant, applicant.c.id == flag.c.applicant_id))
        return int(connection.scalar(query.where(own(department), *conditions)) or 0)

    lists = select(flag.c.list, func.count()).join(applicant, applicant.c.id == flag.c.applicant_id)
    by_list = connection.execute(lists.where(own(department), waits).group_by(flag.c.list).order_by(flag.c.list))
    return DigestCounts(
        new=count(open_, flag.c.opened_at > later, ~back_decided),
        reopened=count(open_, flag.c.state == State.REOPENED.value, flag.c.changed_at > later),
        waiting=count(waits),
        closed=count(flag.c.closed_at > later),
        by_list=tuple((measures.list_title(name), number) for name, number in by_list),
    )


def astray(connection: Connection, settings: Settings) -> list[str]:
    """Departments that the settings and the applications do not have in common: a name written otherwise reaches nobody."""
    told = settings.tell.departments
    there = {name or labels.NO_DEPARTMENT for name in departments(connection)}
    unknown = sorted(told.keys() - there - {EVERY})
    unheard = sorted(there - told.keys()) if told and EVERY not in told else []
    lines = [f"处室 {shown(name)} 现在没有申报，请核对名称" for name in unknown]
    return lines + [f"处室 {shown(name)} 没有收件人" for name in unheard]


def own_report(connection: Connection, settings: Settings, run: Run, department: str) -> Attachment | None:
    """The department's report as the settings want it; None where they want none."""
    wanted = settings.tell.attachment
    if wanted == "none":
        return None
    mappings = settings.mappings_folder
    report = read_flagged(connection, settings, run, load_measures(mappings), own(department))
    name = f"预警报告-{run.as_of:%Y-%m-%d}.{wanted}"
    if wanted == "xlsx":
        return Attachment(name, XLSX, flagged_workbook(report))
    page = flagged_page(report, load_weights(mappings))
    return Attachment(name, "text/html", page.encode("utf-8"))
