"""The flagged-applicants report of a night, for programme officers: a page that stands alone, and a workbook."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from markupsafe import Markup
from sqlalchemy import Engine

from credit_sync.reporting import labels
from credit_sync.reporting.files import in_forms, write_forms
from credit_sync.reporting.flag_views import VERDICT_ORDER
from credit_sync.reporting.flagged_briefly import facet_places, shared_out
from credit_sync.reporting.flagged_changes import changes_by_kind
from credit_sync.reporting.flagged_query import read_flagged
from credit_sync.reporting.flagged_sheets import flagged_workbook
from credit_sync.reporting.flagged_views import ApplicationView, FlaggedReport
from credit_sync.reporting.side_by_side import side_by_side
from credit_sync.reporting.templates import render
from credit_sync.reporting.waterfall import waterfall
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.measures import Measures
from credit_sync.screening.weights import Weights, load_weights
from credit_sync.settings import Settings
from credit_sync.store.ledger import Run
from credit_sync.subjects.identifiers import SubjectKind

_MOST_IN_FULL, _URGENT = 500, 300
"""So many flags are shown with everything that is known of them. Of more, which a browser could not hold, only the most
urgent are; the others get a line each."""
_MOST_CHANGES = 100
"""Changes of one kind listed on the page; the workbook has all."""
_MEANINGS = {
    Verdict.CONFIRMED: "号码吻合",
    Verdict.PROBABLE: "证据很强，须核实",
    Verdict.POSSIBLE: "不能排除，须核实",
}


def flagged_file(settings: Settings, run: Run) -> Path:
    """The workbook of a run's report, which officers may fill in."""
    return settings.path(settings.reports.folder) / f"flagged-{run.as_of:%Y-%m-%d}.xlsx"


def write_flagged_report(engine: Engine, settings: Settings, run: Run, measures: Measures) -> list[Path]:
    """Writes flagged-YYYY-MM-DD into the report folder, in the forms set; a later run of the day replaces them.

    Raises CreditSyncError when the folder cannot be written.
    """
    with engine.connect() as connection:
        report = read_flagged(connection, settings, run, measures)
    weights = load_weights(settings.mappings_folder)
    forms = in_forms(settings.reports.formats, flagged_page(report, weights), partial(flagged_workbook, report))
    workbook = flagged_file(settings, run)
    return write_forms(workbook.parent, workbook.stem, forms)


def flagged_page(report: FlaggedReport, weights: Weights) -> str:
    """The report as HTML; `weights` are for the explanation of the scale."""
    few = len(report.flags) <= _MOST_IN_FULL
    full, brief = (report.applications, None) if few else shared_out(report, _URGENT)
    long = brief is not None or any(len(group) > _MOST_IN_FULL for _, group in report.by_reason)
    return render(
        "flagged.html.j2",
        running_title=f"申报主体信用预警报告 {report.as_of:%Y-%m-%d}",
        scripts=("flagged_briefly.js", "flagged.js") if long else ("flagged.js",),
        sheets=("flagged_briefly.css",) if long else (),
        report=report,
        full=full,
        brief=brief,
        most_in_full=_MOST_IN_FULL,
        places=facet_places(report),
        compared=side_by_side,
        changes=changes_by_kind(report),
        most_changes=_MOST_CHANGES,
        pictures=_pictures(full, weights),
        verdicts=VERDICT_ORDER,
        all_verdicts=tuple(reversed(Verdict)),
        meanings=_MEANINGS,
        explanations=_explanations(weights),
        priors=[(labels.SUBJECT_KINDS[kind], -weights.prior_bits(kind)) for kind in SubjectKind],
    )


def _pictures(applications: Sequence[ApplicationView], weights: Weights) -> dict[int, Markup]:
    """By number: how the evidence of flags that wait for a decision adds up."""
    priors = {labels.SUBJECT_KINDS[kind]: weights.prior_bits(kind) for kind in SubjectKind}
    return {
        f.number: waterfall(
            priors[f.applicant.kind],
            [(e.title, e.bits) for e in f.evidence if e.bits],
            f.probability,
            name=f"sum-{f.number}",
        )
        for application in applications
        for f in application.flags
        if f.review.state.waits
    }


def _explanations(weights: Weights) -> dict[Verdict, str]:
    bands = weights.bands
    return {
        Verdict.CONFIRMED: f"{_at_least(bands.confirmed)}，两边都有证件号码且吻合，没有相反的证据。",
        Verdict.PROBABLE: f"{_at_least(bands.probable)}，但没有号码可以印证，或者有相反的证据。",
        Verdict.POSSIBLE: f"{_at_least(bands.possible)}，不能排除是同一主体。",
    }


def _at_least(probability: float) -> str:
    return f"可能性不低于 {probability * 100:g}%"
