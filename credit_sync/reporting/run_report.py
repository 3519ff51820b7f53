"""The run report, for operators: what each part did, what went wrong, and what to do about it."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from credit_sync.reporting.files import write_report
from credit_sync.reporting.run_query import read_run
from credit_sync.reporting.run_views import RunReport
from credit_sync.reporting.templates import render
from credit_sync.screening.measures import load_measures
from credit_sync.settings import Settings
from credit_sync.store.ledger import Run

_MOST = 300
"""Publications listed for a channel; the rest is counted."""


def write_run_report(engine: Engine, settings: Settings, run: Run) -> list[Path]:
    """Writes run-YYYY-MM-DD.html into the report folder; a later run of the day replaces it.

    Raises CreditSyncError when the folder cannot be written.
    """
    measures = load_measures(settings.mappings_folder)
    report = read_run(engine, settings, run, measures, run.as_of)
    others = tuple(part for part in report.parts if part.stage != "report")  # an earlier try at this one is over
    page = run_page(replace(report, parts=others))
    folder = settings.path(settings.reports.folder)
    return [write_report(folder / f"run-{run.as_of:%Y-%m-%d}.html", page.encode("utf-8"))]


def run_page(report: RunReport) -> str:
    """The report as HTML."""
    title = f"运行报告 {report.as_of:%Y-%m-%d}"
    return render("run.html.j2", running_title=title, report=report, most=_MOST)
