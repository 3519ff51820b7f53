"""The example year, its last weeks: the report is as the documentation shows it, and finds what was planted."""

from datetime import date, datetime
from pathlib import Path

import pytest

from credit_sync.publishing.rates import Month
from credit_sync.publishing.standing import Standing
from credit_sync.reporting.compliance import compliance_lines
from credit_sync.reporting.compliance_query import read_compliance
from credit_sync.reporting.compliance_views import ComplianceReport
from credit_sync.settings import load_settings
from credit_sync.store.engine import open_engine
from examples.year import PLANTED, play
from tests.markdown import blocks
from tests.night import ROOT


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> ComplianceReport:
    folder: Path = tmp_path_factory.mktemp("year") / "2018"
    play(folder, first=date(2018, 10, 26))
    settings = load_settings(folder / "config.toml")
    return read_compliance(open_engine(settings), settings, Month(2018, 11), datetime(2018, 12, 1))


def test_the_report_is_as_shown(report: ComplianceReport) -> None:
    page = (ROOT / "docs/publishing.md").read_text(encoding="utf-8")
    (shown,) = [block.text for block in blocks(page) if block.text.startswith("双公示合规 2018-11")]
    assert list(compliance_lines(report)) == shown.splitlines()


def test_what_was_planted_is_found(report: ComplianceReport) -> None:
    late = {item.number: item.standing for item in report.late}
    missing = {gap.text: gap.quarantined for one in report.series if one.counts for gap in one.missing}
    for number, plant in PLANTED.items():
        if plant.never_entered or plant.code_wrong:
            assert missing.pop(number) == plant.code_wrong, plant.why
        elif not plant.unanswered:
            refused = plant.refused and not plant.corrected_on
            expected = Standing.REJECTED if refused else Standing.ACCEPTED
            assert late.pop(number) == (Standing.UNSENT if plant.no_representative else expected), plant.why
    assert (late, missing) == ({}, {})
    assert [item.reason for item in report.rejected] == ["行政相对人名称与统一社会信用代码不符"]
