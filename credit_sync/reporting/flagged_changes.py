"""The changes since the last report, as the flagged-applicants report lists them: one row a flag and kind of change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from credit_sync.reporting.flag_views import FlagView
from credit_sync.reporting.flagged_views import ApplicationHead, FlaggedReport

KINDS = ("新增", "有变化", "重新打开", "复核进展", "已关闭")


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change."""

    kind: str
    number: int
    head: ApplicationHead
    applicant: str
    role: str
    list_title: str
    said: tuple[str, ...]
    at: datetime | None
    """None of what is told of the night of the report."""
    here: bool
    """Whether the report has the flag in full."""
    represented: bool
    """Whether the flag reaches the applicant through a legal representative: the list does not name him."""


def changes_by_kind(report: FlaggedReport) -> dict[str, tuple[ChangeView, ...]]:
    """Every kind, in its order; nothing at all before the second report."""
    found = tuple(_changes(report)) if report.previous else ()
    return {kind: tuple(change for change in found if change.kind == kind) for kind in KINDS}


def _changes(report: FlaggedReport) -> Iterator[ChangeView]:
    full = {flag.number for flag in report.flags}
    for application in report.applications:
        for flag in application.flags:
            if flag.news:
                yield _of_flag(application.head, flag)
    for done in report.decided:
        here = done.number in full
        yield ChangeView(
            "复核进展",
            done.number,
            done.head,
            done.applicant,
            done.role,
            done.list_title,
            done.said,
            done.at,
            here,
            done.represented,
        )
    for gone in report.closed:
        said = (gone.reason,)
        yield ChangeView(
            "已关闭",
            gone.number,
            gone.head,
            gone.applicant,
            gone.role,
            gone.list_title,
            said,
            gone.closed_at,
            False,
            gone.represented,
        )


def _of_flag(head: ApplicationHead, flag: FlagView) -> ChangeView:
    said = (*flag.changes, *(f"已不计入：{sentence}" for sentence in flag.left))
    return ChangeView(
        kind=flag.news,
        number=flag.number,
        head=head,
        applicant=flag.applicant.name,
        role=flag.role,
        list_title=flag.list_title,
        said=said,
        at=None,
        here=True,
        represented=flag.representative is not None,
    )
