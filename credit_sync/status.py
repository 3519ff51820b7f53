"""How things stand, as text for a terminal: runs, lists, quarantine, publications."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from credit_sync.publishing.due import due
from credit_sync.reporting.compliance import compliance_lines, this_month
from credit_sync.reporting.labels import NOTICE_STATES, RECORDS, STAGES, STATUSES, label, questions
from credit_sync.reporting.left_behind import left_behind
from credit_sync.reporting.list_versions import pulled
from credit_sync.reporting.shown import shown
from credit_sync.screening.measures import load_measures
from credit_sync.settings import Settings
from credit_sync.sources.asked_lists import asked_lists
from credit_sync.sources.lists import states_of_lists
from credit_sync.store.doubts import count_doubtful
from credit_sync.store.quarantine import waiting
from credit_sync.store.questions import standings
from credit_sync.store.schema import run, stage
from credit_sync.write_back.outbox import counts

_RUNS = 7
_PUBLICATIONS = 20
_OR_BROKEN_OFF = "（若已没有进程在运行，就是中断了，再运行一次即接着做完）"
"""Who holds the lock a command that only reads does not try: a night that began just then would be turned away."""


def status_text(engine: Engine, settings: Settings, now: datetime) -> str:
    """The last runs, the age of each list, what waits in quarantine, what no source brings any more, what is due."""
    with engine.connect() as connection:
        lines = [*_runs(connection), "", *_lists(connection, settings, now), "", *_quarantine(connection)]
        if left := left_behind(connection, settings):
            lines += ["", *(one.line for one in left)]
        lines += ["", *_notices(connection, settings)] if settings.systems else []
    return "\n".join([*lines, "", *_publications(engine, settings, now), *_compliance(engine, settings, now)])


def _runs(connection: Connection) -> Iterator[str]:
    yield "最近的运行："
    for found in connection.execute(select(run).order_by(run.c.id.desc()).limit(_RUNS)):
        failed = select(stage.c.name, stage.c.part).where(stage.c.run_id == found.id, stage.c.status == "failed")
        parts = "、".join(f"{label(STAGES, name)} {part}".strip() for name, part in connection.execute(failed))
        unsure = _OR_BROKEN_OFF if found.status == "running" else ""
        attempts = f"，中断过 {found.attempts - 1} 次" if found.attempts > 1 else ""
        problem = f"，未完成：{parts}" if parts else ""
        yield f"  第 {found.id} 次  {found.as_of:%Y-%m-%d %H:%M}  {label(STATUSES, found.status)}{unsure}{attempts}{problem}"


def _lists(connection: Connection, settings: Settings, now: datetime) -> Iterator[str]:
    measures = load_measures(settings.mappings_folder)
    yield "名单："
    for name, state in states_of_lists(connection, settings, now).items():
        warning = f"  ⚠ {shown(state.reason)}，比对不能据此认定无失信" if state.stale else ""
        yield f"  {measures.list_title(name)}  {state.live} 条  {pulled(state)}{warning}"
    for asked in asked_lists(settings):
        standing = standings(connection, asked.name, now)
        asked_counts: dict[str, int] = {"questions": sum(standing.values())} | {
            str(k): n for k, n in standing.items()
        }
        yield f"  {asked.mapping.title}（{asked.name}）  {questions(asked_counts)}"


def _quarantine(connection: Connection) -> Iterator[str]:
    rows = waiting(connection)
    yield f"隔离区：{sum(rows.values())} 行"
    for source, count in rows.items():
        yield f"  {source}  {count} 行"
    doubts = count_doubtful(connection)
    if doubts:
        yield f"读入但有疑点：{sum(doubts.values())} 条（{'、'.join(f'{s} {n}' for s, n in doubts.items())}），见运行报告"


def _notices(connection: Connection, settings: Settings) -> Iterator[str]:
    yield "回写："
    for name in sorted(settings.systems):
        found = counts(connection, name)
        problem = select(stage.c.problem).where(stage.c.name == "write_back", stage.c.part == name)
        last = connection.scalar(problem.order_by(stage.c.run_id.desc()).limit(1))
        states = "、".join(f"{title} {found[state]}" for state, title in NOTICE_STATES.items())
        yield f"  {name}  {states}" + (f"  ⚠ {shown(last)}" if last else "")


def _publications(engine: Engine, settings: Settings, now: datetime) -> Iterator[str]:
    found = due(engine, settings, now.date())
    late = sum(item.late for item in found)
    yield f"待报送：{len(found)} 条，其中已逾期 {late} 条"
    for item in found[:_PUBLICATIONS]:
        deadline = f"，{item.by_when}" if item.by_when else ""
        overdue = "，已逾期" if item.late else ""
        reason = item.errors[0].message if item.errors else item.reason
        why = f"：{shown(reason)}" if reason else ""
        what = shown(f"{RECORDS[item.kind]} {item.document_number}（{item.subject}）")
        yield f"  {item.channel}  {what}  {item.state_title}{deadline}{overdue}{why}"
    if len(found) > _PUBLICATIONS:
        yield f"  …… 还有 {len(found) - _PUBLICATIONS} 条，见 credit-sync publish list"


def _compliance(engine: Engine, settings: Settings, now: datetime) -> Iterator[str]:
    found = this_month(engine, settings, now)
    if found is not None:
        yield ""
        yield from compliance_lines(found)
