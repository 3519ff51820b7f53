"""The monthly summary of joint punishment, read from the store as it stood at the month's end.

Flags by their stories, applicants by their history, screenings by the ledger, lists by their versions: all of these are
only added to, so a past month comes out the same whenever it is asked for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, Engine, select

from credit_sync.publishing.compliance_facts import read_timelines
from credit_sync.publishing.deadline_rules import ReviewTerm, load_deadline_rules
from credit_sync.publishing.deadlines import CHINA, working_days_late
from credit_sync.publishing.rates import Month
from credit_sync.publishing.timeline import Timeline
from credit_sync.records import RecordKind
from credit_sync.reporting import labels
from credit_sync.reporting.compliance_query import A_YEAR, told_since
from credit_sync.reporting.monthly_views import (
    ListMonth,
    MeasureLine,
    MonthFlags,
    MonthlyReport,
    OverdueLine,
    ReasonLine,
    Screenings,
    TallyLine,
)
from credit_sync.reporting.shown import shown
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.decisions import Conclusion, State
from credit_sync.screening.flag_stories import Concluded, FlagStory, Stood, read_stories
from credit_sync.screening.measures import Effect, Measures, load_measures
from credit_sync.screening.reasons import Reasons, load_reasons
from credit_sync.settings import Settings
from credit_sync.store.schema import run, source_version, stage

_FIELDS = ("application", "system", "department", "role")


@dataclass(frozen=True, slots=True)
class _Told:
    """Everything that is known of flags and their applicants."""

    stories: Sequence[FlagStory]
    applicants: dict[int, Timeline]
    term: ReviewTerm | None

    def said(self, story: FlagStory, at: datetime) -> dict[str, str]:
        """What the applicant's record said before a time."""
        found = self.applicants[story.applicant_id].before(at)
        content = found.content if found else {}
        return {name: str(content.get(name) or "") for name in (*_FIELDS, "subject_name")}


def read_monthly(engine: Engine, settings: Settings, month: Month, now: datetime) -> MonthlyReport:
    """A month as it stood at its end, or as it stands when it is not over.

    Raises CreditSyncError for a month that has not begun, or that was over before the program was first run.
    """
    folder = settings.mappings_folder
    measures, reasons = load_measures(folder), load_reasons(folder)
    term, at = load_deadline_rules(folder).review, min(month.end, now)
    with engine.connect() as connection:
        began = told_since(connection, month, now)
        timelines = read_timelines(connection, RecordKind.APPLICANT, _FIELDS)
        told = _Told(read_stories(connection), {t.record_id: t for t in timelines}, term)
        screenings = {m: _screenings(connection, m, at) for m in (month.earlier(1), month) if m.end > began}
        lists = tuple(_lists(connection, month, at, measures))
    trend = tuple(
        (m, _figures(told.stories, term, m, min(m.end, at)) if m.end > began else None)
        for m in (month.earlier(back) for back in reversed(range(A_YEAR)))
    )
    return MonthlyReport(
        organ=settings.department.name,
        month=month,
        at=at,
        term=term,
        flags=trend[-1][1] or MonthFlags(),
        before=trend[-2][1],
        screenings=screenings[month],
        screenings_before=screenings.get(month.earlier(1)),
        trend=trend,
        tallies=_tallies(told, month, at, measures),
        reasons=tuple(_reasons(told.stories, month, at, reasons)),
        measures=tuple(_measures(told.stories, month, at, measures)),
        lists=lists,
        overdue=tuple(sorted(_overdue(told, at, measures), key=lambda line: (line.deadline, line.number))),
    )


# Flags


def _figures(stories: Iterable[FlagStory], term: ReviewTerm | None, month: Month, at: datetime) -> MonthFlags:
    counts: dict[str, int] = defaultdict(int)
    begin = _begin(month)
    for story in stories:
        for change in ("opened", "changed", "closed"):
            counts[change] += story.count(change, begin, at)
        counts["reopened"] += story.reopened(begin, at)
        for done in _concluded(story, begin, at):
            counts[f"newly_{_DONE[done.conclusion]}"] += 1
            counts["in_time"] += term is None or done.at.date() <= term.deadline(done.waited_from.date()).day
        if (standing := story.standing(at)) is not None:
            counts["standing"] += 1
            counts["waiting" if standing.state.waits else standing.state.value] += 1
            counts["overdue"] += _days_late(standing, term, at) > 0
    return MonthFlags(**counts)


_DONE = {Conclusion.UPHOLD: "upheld", Conclusion.DISMISS: "dismissed"}


def _begin(month: Month) -> datetime:
    return month.earlier(1).end


def _concluded(story: FlagStory, begin: datetime, at: datetime) -> Iterator[Concluded]:
    return (done for done in story.concluded() if begin <= done.at < at)


def _days_late(standing: Stood, term: ReviewTerm | None, at: datetime) -> int:
    """How many working days a flag has waited beyond the term; 0 for one that is decided or in time."""
    if term is None or not standing.state.waits:
        return 0
    return working_days_late(term.deadline(standing.waits_from.date()).day, _last_moment(at), CHINA)


def _last_moment(at: datetime) -> Any:
    """The day that a time before which things count falls on: of midnight the day before."""
    return (at - at.resolution).date()


def _tallies(told: _Told, month: Month, at: datetime, measures: Measures) -> dict[str, tuple[TallyLine, ...]]:
    def applicant(name: str, empty: str) -> Callable[[FlagStory], str]:
        return lambda story: shown(told.said(story, at)[name]) or empty

    by: dict[str, Callable[[FlagStory], str]] = {
        "名单": lambda story: measures.list_title(story.list),
        "判定": lambda story: labels.VERDICTS[_verdict(story, at)],
        "角色": lambda story: labels.label(labels.ROLES, told.said(story, at)["role"]),
        "系统": applicant("system", "—"),
        "处室": applicant("department", labels.NO_DEPARTMENT),
    }
    return {name: tuple(_tally(told, key, month, at)) for name, key in by.items()}


def _tally(told: _Told, key: Callable[[FlagStory], str], month: Month, at: datetime) -> Iterator[TallyLine]:
    groups: dict[str, list[FlagStory]] = {}
    for story in told.stories:
        if story.events and story.events[0].at < at:
            groups.setdefault(key(story), []).append(story)
    lines = [TallyLine(title, _figures(stories, told.term, month, at)) for title, stories in groups.items()]
    lines.sort(key=lambda line: (-line.flags.standing, -line.flags.opened, line.title))
    yield from (line for line in lines if line.flags != MonthFlags())


def _verdict(story: FlagStory, at: datetime) -> Verdict:
    """The last one before a time."""
    return [event.verdict for event in story.events if event.at < at][-1]


def _reasons(stories: Iterable[FlagStory], month: Month, at: datetime, reasons: Reasons) -> Iterator[ReasonLine]:
    days: dict[tuple[Conclusion, str], list[float]] = {}
    for story in stories:
        for done in _concluded(story, _begin(month), at):
            waited = (done.at - done.waited_from).total_seconds() / 86400
            days.setdefault((done.conclusion, done.reason), []).append(waited)
    order = list(Conclusion)
    for (conclusion, reason), found in sorted(
        days.items(), key=lambda item: (order.index(item[0][0]), item[0][1])
    ):
        yield ReasonLine(conclusion, shown(reasons.title(reason)), len(found), median(found), max(found))


def _measures(
    stories: Iterable[FlagStory], month: Month, at: datetime, measures: Measures
) -> Iterator[MeasureLine]:
    newly: dict[tuple[Effect, str], int] = defaultdict(int)
    in_force: dict[tuple[Effect, str], int] = defaultdict(int)
    for story in stories:
        for done in _concluded(story, _begin(month), at):
            newly[done.effect, story.list] += done.conclusion is Conclusion.UPHOLD
        standing = story.standing(at)
        if standing is not None and standing.state is State.UPHELD:
            in_force[standing.effect, story.list] += 1
    order = list(labels.EFFECTS)
    for key in sorted(newly.keys() | in_force.keys(), key=lambda key: (order.index(key[0]), key[1])):
        if newly[key] or in_force[key]:
            yield MeasureLine(key[0], measures.list_title(key[1]), newly[key], in_force[key])


def _overdue(told: _Told, at: datetime, measures: Measures) -> Iterator[OverdueLine]:
    for story in told.stories:
        standing = story.standing(at)
        if told.term is None or standing is None or not (late := _days_late(standing, told.term, at)):
            continue
        said = told.said(story, at)
        yield OverdueLine(
            number=story.flag_id,
            applicant=shown(said["subject_name"]),
            application=shown(said["application"]),
            department=shown(said["department"]) or labels.NO_DEPARTMENT,
            list_title=measures.list_title(story.list),
            waits_from=standing.waits_from,
            deadline=told.term.deadline(standing.waits_from.date()).day,
            days_late=late,
        )


# Screenings and lists


def _screenings(connection: Connection, month: Month, at: datetime) -> Screenings:
    until = min(month.end, at)
    done = (stage.c.name == "screen", stage.c.status == "done", run.c.as_of < until)
    query = select(run.c.as_of, stage.c.counts).join(stage, stage.c.run_id == run.c.id).where(*done)
    rows = connection.execute(query.order_by(run.c.as_of, run.c.id)).all()
    last = rows[-1] if rows else None
    counts = last.counts if last else {}
    return Screenings(
        count=sum(row.as_of >= _begin(month) for row in rows),
        last=last.as_of if last else None,
        applicants=counts.get("applicants", 0),
        verdicts={verdict.value: counts.get(verdict.value, 0) for verdict in reversed(Verdict)},
    )


def _lists(connection: Connection, month: Month, at: datetime, measures: Measures) -> Iterator[ListMonth]:
    c = source_version.c
    of_lists = (c.record == RecordKind.LISTING.value, c.pulled_at < at)
    rows = connection.execute(select(source_version).where(*of_lists).order_by(c.source, c.version)).all()
    by_source: dict[str, list[Any]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row)
    for source, versions in by_source.items():
        here = [row for row in versions if row.pulled_at >= _begin(month)]
        taken = [row for row in versions if row.state == "accepted"]
        earlier = [row for row in taken if row.pulled_at < _begin(month)]
        accepted = [row for row in here if row.state == "accepted"]
        yield ListMonth(
            title=measures.list_title(versions[-1].list),
            source=source,
            accepted=len(accepted),
            refused=sum(row.state == "refused" for row in here),
            last_version=taken[-1].version if taken else None,
            pulled_at=taken[-1].pulled_at if taken else None,
            before=earlier[-1].live if earlier else 0,
            live=taken[-1].live if taken else 0,
            came=sum(row.added for row in accepted),
            went=sum(row.removed for row in accepted),
        )
