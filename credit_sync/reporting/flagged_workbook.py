"""The flagged-applicants report as a workbook: one sheet per part."""

from credit_sync.reporting.flagged_sheets import flagged_sheets
from credit_sync.reporting.flagged_views import FlaggedReport
from credit_sync.reporting.sheets import workbook


def flagged_workbook(report: FlaggedReport) -> bytes:
    """The report as XLSX; officers fill in the columns of conclusions, `review import` reads them."""
    return workbook(
        f"申报主体信用预警报告 {report.as_of:%Y-%m-%d}",
        company=report.department,
        created=report.as_of,
        sheets=flagged_sheets(report),
        footer=f"{report.as_of:%Y-%m-%d}",
    )
