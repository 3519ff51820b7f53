"""The ledger of runs and stages: what has been done, so that a killed run goes on where it stopped.

A stage's completion is recorded in the transaction that commits the stage's data. All times are the run's
`as_of`, except those that say when work really happened (`run.started_at`, `run.finished_at`, `run.attempts`,
`stage.finished_at`): they are the only ones that differ between a killed and an undisturbed run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Engine, func, select, update

from credit_sync.errors import StoreError
from credit_sync.store import schema
from credit_sync.store.engine import writing

StageName = Literal["pull", "publish", "screen", "write_back", "report", "tell"]
STAGES: tuple[StageName, ...] = get_args(StageName)
ByHand = Literal["rename", "start"]
"""What is no stage of a night but done by a person: credit_sync.store.renames, publishing.left_channels."""
Finish = Literal["done", "failed"]

_ONE_ZONE = timedelta(days=1)
"""By so much the same hour may be another day, where one command has TZ and the other has not."""
_LONGEST_PAUSE = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `as_of` (naive local time) is the time of everything it stores."""

    id: int
    as_of: datetime


def begin(engine: Engine, as_of: datetime, options: Mapping[str, Any]) -> Run:
    """Goes on with an unfinished run of the same day and options, or starts the next one.

    An unfinished run of another day or with other options is marked `abandoned`: what it committed stays.
    """
    now = datetime.now()
    with writing(engine) as connection:
        unfinished = connection.execute(select(schema.run).where(schema.run.c.status == "running")).all()
        for found in unfinished:
            if found.as_of.date() == as_of.date() and found.options == dict(options):
                again = update(schema.run).where(schema.run.c.id == found.id)
                connection.execute(again.values(attempts=found.attempts + 1, started_at=now))
                return Run(found.id, found.as_of)
            abandon = update(schema.run).where(schema.run.c.id == found.id)
            connection.execute(abandon.values(status="abandoned", finished_at=now))
        next_id = (connection.scalar(select(func.max(schema.run.c.id))) or 0) + 1
        values = {"id": next_id, "as_of": as_of, "options": dict(options), "started_at": now}
        connection.execute(schema.run.insert().values(**values, status="running", attempts=1))
    return Run(next_id, as_of)


def refuse_doubtful_clock(engine: Engine, now: datetime) -> None:
    """Days decide what is sent, withdrawn and in force: a clock that lost its battery would send and withdraw what is not due.

    Raises StoreError where it says a day before the last run's, or months after it.
    """
    with engine.connect() as connection:
        last = latest(connection)
    if last is None or last.as_of.date() - _ONE_ZONE <= now.date() <= last.as_of.date() + _LONGEST_PAUSE:
        return
    days = (now.date() - last.as_of.date()).days
    raise StoreError(
        f"这台机器的时钟是 {now:%Y-%m-%d %H:%M}，比上次运行的时间（{last.as_of:%Y-%m-%d %H:%M}）"
        f"{'早' if days < 0 else '晚'} {abs(days)} 天，没有运行",
        remedy=f"请核对系统时间；时间没有错，请执行一次 credit-sync run --as-of {now:%Y-%m-%dT%H:%M:%S}，以后照常",
    )


def latest(connection: Connection) -> Run | None:
    """The last run; None before the first."""
    c = schema.run.c
    row = connection.execute(select(c.id, c.as_of).order_by(c.id.desc()).limit(1)).first()
    return Run(row.id, row.as_of) if row else None


def run_of(connection: Connection, number: int) -> Run | None:
    """The run with that number."""
    c = schema.run.c
    row = connection.execute(select(c.id, c.as_of).where(c.id == number)).first()
    return Run(row.id, row.as_of) if row else None


def finish(engine: Engine, run: Run, status: Finish) -> None:
    """The run is over: `done` when every stage is, else `failed`."""
    with writing(engine) as connection:
        ended = update(schema.run).where(schema.run.c.id == run.id)
        connection.execute(ended.values(status=status, finished_at=datetime.now()))


def stage_done(
    connection: Connection, run: Run, name: StageName | ByHand, part: str, counts: Mapping[str, Any]
) -> None:
    """One part of a stage is complete. Call it in the transaction that commits the part's data."""
    _record(connection, run, name, part, status="done", counts=dict(counts), problem="")


def stage_failed(  # noqa: PLR0913 - the columns of one entry
    connection: Connection,
    run: Run,
    name: StageName,
    part: str,
    problem: str,
    *,
    counts: Mapping[str, Any] | None = None,
) -> None:
    """One part of a stage failed; `problem` (Chinese) goes into the run report. A resumed run tries it again.

    `counts`: what it did all the same, where it commits its progress.
    """
    _record(connection, run, name, part, status="failed", counts=dict(counts or {}), problem=problem)


def counts_of(connection: Connection, run: Run, name: StageName, part: str) -> dict[str, Any]:
    """What this run's entry of a part counts so far; empty where there is none."""
    stage = schema.stage
    here = (stage.c.run_id == run.id, stage.c.name == name, stage.c.part == part)
    return dict(connection.scalar(select(stage.c.counts).where(*here)) or {})


def finished_parts(connection: Connection, run: Run, name: StageName) -> frozenset[str]:
    """The parts of a stage that this run has completed."""
    stage = schema.stage
    done = select(stage.c.part).where(stage.c.run_id == run.id, stage.c.name == name, stage.c.status == "done")
    return frozenset(connection.scalars(done))


def _record(connection: Connection, run: Run, name: str, part: str, **values: Any) -> None:
    stage = schema.stage
    here = (stage.c.run_id == run.id, stage.c.name == name, stage.c.part == part)
    connection.execute(stage.delete().where(*here))
    values |= {"run_id": run.id, "name": name, "part": part, "finished_at": datetime.now()}
    connection.execute(stage.insert().values(**values))
