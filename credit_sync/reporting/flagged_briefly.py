"""The less urgent flags of a page with more than a browser can hold in full: a line each, by application.

A line has both sides, all cases and the weight of all evidence. What recurs in thousands of lines is written once and
numbered: measures and the reasons of entries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from credit_sync.reporting.flag_views import MeasureView
from credit_sync.reporting.flagged_views import ApplicationView, FlaggedReport

_APPLICATIONS = 50
"""Of one table: a browser lays out only those tables that are in sight."""


@dataclass(frozen=True, slots=True)
class InBrief:
    """The flags that get a line each, in the order of the report."""

    tables: tuple[tuple[ApplicationView, ...], ...]
    count: int
    measures: Mapping[MeasureView, int]
    """What the lists mean for them, numbered."""
    reasons: Mapping[str, int]
    """Why entries are listed, numbered."""


def shared_out(report: FlaggedReport, most: int) -> tuple[tuple[ApplicationView, ...], InBrief | None]:
    """The applications whose flags are shown in full, and the other flags; None where all are shown in full.

    In full are the most urgent by the flag that waits, whole applications until they have `most` flags.
    """
    full: set[tuple[str, str]] = set()
    count = 0
    for application in sorted(report.applications, key=_urgency):
        if count >= most:
            break
        full.add(_key(application))
        count += len(application.flags)
    others = [a for a in report.applications if _key(a) not in full]
    if not others:
        return report.applications, None
    return tuple(a for a in report.applications if _key(a) in full), _in_brief(others)


def _urgency(application: ApplicationView) -> tuple[bool, tuple[int, int, float]]:
    return min((not flag.review.state.waits, flag.order[:3]) for flag in application.flags)


def _key(application: ApplicationView) -> tuple[str, str]:
    return application.head.system, application.head.number


def _in_brief(applications: Sequence[ApplicationView]) -> InBrief:
    flags = [flag for application in applications for flag in application.flags]
    measures = dict.fromkeys(flag.measure for flag in flags)
    reasons = dict.fromkeys(entry.reason for flag in flags for entry in flag.entries if entry.reason)
    starts = range(0, len(applications), _APPLICATIONS)
    return InBrief(
        tables=tuple(tuple(applications[start : start + _APPLICATIONS]) for start in starts),
        count=len(flags),
        measures={measure: number for number, measure in enumerate(measures, 1)},
        reasons={reason: number for number, reason in enumerate(reasons, 1)},
    )


def facet_places(report: FlaggedReport) -> dict[str, dict[str, int]]:
    """Of `system`, `department` and `stage`: which of the choices of the filter a value is, for lines to say it briefly."""
    facets = ("system", "department", "stage")
    return {name: {value: place for place, value in enumerate(report.choices(name))} for name in facets}
