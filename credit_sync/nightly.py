"""One night: pull, publish, screen, write back, report, tell.

Each stage commits its own progress together with its entry in the ledger. A run killed at any point goes on
where it stopped: begin() finds the unfinished run of the day, and finished parts are skipped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine

from credit_sync.configuration import note_configuration
from credit_sync.errors import BusyError, CreditSyncError
from credit_sync.logs import log
from credit_sync.publishing.outbox import outboxes_of
from credit_sync.publishing.publish import publish
from credit_sync.pulling.pull import Progress, make_readers, pull
from credit_sync.reporting.compliance import write_monthly_report
from credit_sync.reporting.flagged import flagged_file, write_flagged_report
from credit_sync.reporting.run_report import write_run_report
from credit_sync.reporting.summary import Summary, summarise
from credit_sync.review_import import keep_filled_in
from credit_sync.screening.measures import load_measures
from credit_sync.screening.reasons import load_reasons
from credit_sync.screening.screen import screen
from credit_sync.screening.stored_keys import renew_stored_keys
from credit_sync.settings import Settings
from credit_sync.store import audit, ledger, migrate
from credit_sync.store.copy import copy_store
from credit_sync.store.engine import open_engine, writing
from credit_sync.store.ledger import Run
from credit_sync.store.lock import run_lock
from credit_sync.tell_settings import Tell
from credit_sync.telling.monitoring import ping, write_metrics
from credit_sync.telling.tell import tell, tell_of_breakdown
from credit_sync.write_back.write_back import write_back

_NOBODY_TOLD = {"systems": {}, "tell": Tell()}


@dataclass(frozen=True, slots=True)
class NightOptions:
    """What an operator may ask of one run."""

    as_of: datetime
    only: str = ""
    source: str = ""
    accept_shrink: bool = False
    by_clock: bool = False
    """`as_of` is what the clock says; nobody has looked at it."""

    def stored(self) -> dict[str, Any]:
        """As kept in the ledger: a killed run is only continued with the same options."""
        return {"only": self.only, "source": self.source, "accept_shrink": self.accept_shrink}


@dataclass(frozen=True, slots=True)
class NightResult:
    """What a run came to: the summary, and the reports it wrote."""

    summary: Summary
    reports: tuple[Path, ...]

    @property
    def failed(self) -> bool:
        """Something did not work; the rest was done."""
        return bool(self.summary.problems)


def run_night(settings: Settings, options: NightOptions, progress: Progress) -> NightResult:
    """Runs the night. Raises BusyError when another run is under way, StoreError when the store is unusable."""
    try:
        engine = open_engine(settings)
        with run_lock(engine):
            migrate.prepare(engine)
            return _stages(engine, settings, options, progress)
    except BusyError:
        raise
    except Exception as error:  # a fault of the program, too: nobody sits at the terminal at night
        tell_of_breakdown(settings, options.as_of, error)
        raise


def dry_run_night(settings: Settings, options: NightOptions, progress: Progress) -> NightResult:
    """The same on a throw-away copy of the store, writing its files to a folder that is then removed; nobody is told."""
    with TemporaryDirectory(prefix="credit-sync-") as name:
        folder = Path(name)
        channels = {channel: found.rehearsal(folder / channel) for channel, found in settings.channels.items()}
        reports = settings.reports.model_copy(update={"folder": folder / "reports"})
        store = settings.store.model_copy(update={"index": folder / "index"})
        elsewhere = settings.model_copy(
            update={"channels": channels, "reports": reports, "store": store, **_NOBODY_TOLD}
        )
        copy = copy_store(settings, folder)
        try:
            result = _stages(copy, elsewhere, options, progress)
        finally:
            copy.dispose()
    return NightResult(result.summary, ())


def _stages(engine: Engine, settings: Settings, options: NightOptions, progress: Progress) -> NightResult:
    make_readers(settings)  # an unusable mapping or standard ends the run before it goes on record
    for channel in settings.channels:
        outboxes_of(settings, channel, options.as_of.date())
    if options.by_clock:
        ledger.refuse_doubtful_clock(engine, options.as_of)
    run = ledger.begin(engine, options.as_of, options.stored())
    note_configuration(engine, settings, run)
    log.info("开始", run=run.id, as_of=run.as_of.isoformat(sep=" ", timespec="seconds"))
    renew_stored_keys(engine)
    wanted = (options.only,) if options.only else ledger.STAGES
    reports: list[Path] = []
    if "pull" in wanted:
        only, shrink = options.source or None, options.accept_shrink
        pull(engine, settings, run, only_source=only, accept_shrink=shrink, progress=progress)
    if "publish" in wanted:
        publish(engine, settings, run)
    if "screen" in wanted and not _is_finished(engine, run, "screen"):
        with _recorded(engine, run, "screen"):
            screen(engine, settings, run, progress=lambda done: progress("screen", done))
    if "write_back" in wanted:
        write_back(engine, settings, run)
    if "report" in wanted:
        with _recorded(engine, run, "report"):
            for path in write_reports(engine, settings, run):
                reports.append(path)
    if "tell" in wanted:
        tell(engine, settings, run, summarise(engine, settings, run))
    summary = summarise(engine, settings, run)
    ledger.finish(engine, run, "failed" if summary.problems else "done")
    write_metrics(engine, settings, run)
    if "tell" in wanted:
        ping(settings.tell, failed=bool(summary.problems))
    with engine.connect() as connection:
        log.info("结束", run=run.id, problems=len(summary.problems), audit=audit.head(connection))
    return NightResult(summary, tuple(reports))


def write_reports(engine: Engine, settings: Settings, run: Run) -> Iterator[Path]:
    """The reports of a run, each once it is written: one that fails hides none of those before it."""
    written = []
    for path in _reports(engine, settings, run):
        written.append(path)
        yield path
    with writing(engine) as connection:
        ledger.stage_done(connection, run, "report", "", {"files": len(written)})


def _reports(engine: Engine, settings: Settings, run: Run) -> Iterator[Path]:
    """The officers' and the operators'; the first run of a month also reports on the month before."""
    mappings = settings.mappings_folder
    keep_filled_in(engine, flagged_file(settings, run), load_reasons(mappings))
    yield from write_flagged_report(engine, settings, run, load_measures(mappings))
    yield from write_run_report(engine, settings, run)
    yield from write_monthly_report(engine, settings, run)


def _is_finished(engine: Engine, run: Run, stage: ledger.StageName) -> bool:
    with engine.connect() as connection:
        return "" in ledger.finished_parts(connection, run, stage)


@contextmanager
def _recorded(engine: Engine, run: Run, stage: ledger.StageName) -> Iterator[None]:
    """A stage whose failure is recorded and does not stop those after it."""
    try:
        yield
    except CreditSyncError as error:
        log.error("环节失败", stage=stage, problem=str(error))
        with writing(engine) as connection:
            ledger.stage_failed(connection, run, stage, "", str(error))
