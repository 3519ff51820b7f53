"""Reports as PDF: the text is there and selectable, numbers are hidden, the same bytes every time, and clear without the extra."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from credit_sync.errors import CreditSyncError
from credit_sync.publishing.rates import Month
from credit_sync.reporting.clean_bill import issue_clean_bill, signature_of
from credit_sync.reporting.clean_bill_views import Selection
from credit_sync.reporting.compliance import write_compliance_report
from credit_sync.reporting.compliance_query import read_compliance
from credit_sync.reporting.flagged import write_flagged_report
from credit_sync.reporting.monthly import write_monthly_summary
from credit_sync.reporting.monthly_query import read_monthly
from credit_sync.reporting.pdf import pdf
from credit_sync.review import Actor
from credit_sync.screening.measures import load_measures
from tests.report_night import FULL_NUMBERS, SCIENCE, SECOND, Night, two_nights
from tests.stores import sqlite_store

NOW = datetime(2019, 1, 5, 9)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("night")
    engine = sqlite_store(folder)
    made = two_nights(folder, engine)
    reports = made.settings.reports.model_copy(update={"formats": ("html", "xlsx", "pdf")})
    return replace(made, settings=made.settings.model_copy(update={"reports": reports}))


@pytest.fixture(scope="module")
def written(night: Night) -> dict[str, Path]:
    """Every report as PDF, by what it is."""
    settings, engine = night.settings, night.engine
    folder, month = settings.path(settings.reports.folder), Month(2018, 12)
    selection, signer = Selection(SCIENCE, 2018, ""), Actor("周签发", SECOND.as_of + timedelta(hours=7))
    paths = {
        "flagged": write_flagged_report(engine, settings, SECOND, load_measures()),
        "bill": issue_clean_bill(engine, settings, selection, signer, formats=("pdf",), folder=folder)[1],
        "monthly": write_monthly_summary(read_monthly(engine, settings, month, NOW), folder, ("pdf",)),
        "compliance": write_compliance_report(read_compliance(engine, settings, month, NOW), folder, ("pdf",)),
    }
    return {name: found[-1] for name, found in paths.items()}


def text_of(path: Path) -> str:
    """The text as a reader would copy it, without breaks."""
    found = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return found.stdout


SAID = [
    pytest.param(
        "flagged",
        ["申报主体信用预警报告", "仰宗岱", "自上份报告（2018-12-03）以来的变化", "证据如何相加"],
        id="flagged",
    ),
    pytest.param("bill", ["无预警名单", "8 个申报主体全部有结果", "周签发", "不能出具"], id="bill"),
    pytest.param("monthly", ["联合惩戒月报", "逾期未复核", "失信被执行人名单"], id="monthly"),
    pytest.param("compliance", ["双公示合规月报", "合规与及时", "近十二个月"], id="compliance"),
]


@pytest.mark.parametrize(("report", "wanted"), SAID)
def test_says_what_the_page_says_and_no_full_number(
    written: dict[str, Path], report: str, wanted: list[str]
) -> None:
    path = written[report]
    assert path.suffix == ".pdf"
    text = text_of(path)
    plain = re.sub(r"\s+", "", text)
    assert [words for words in wanted if words.replace(" ", "") not in plain] == []
    assert [number for number in FULL_NUMBERS if number in plain] == []
    pages = text.count("\f")
    assert f"第1页，共{pages}页" in plain
    assert f"第{pages}页，共{pages}页" in plain
    fonts = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout
    assert all("yes" in line.split()[-5:-2] for line in fonts.splitlines()[2:])  # embedded


def test_the_same_page_gives_the_same_bytes(written: dict[str, Path]) -> None:
    page = "<html lang=zh-CN><head><title>题</title><style></style></head><body><h1>安徽</h1></body></html>"
    assert pdf(page) == pdf(page)
    for path in (written["monthly"], written["compliance"]):
        assert b"/CreationDate" not in path.read_bytes()


def test_a_report_is_the_same_when_it_is_written_again(
    night: Night, written: dict[str, Path], tmp_path: Path
) -> None:
    found = read_monthly(night.engine, night.settings, Month(2018, 12), NOW)
    (again,) = write_monthly_summary(found, tmp_path, ("pdf",))
    assert again.read_bytes() == written["monthly"].read_bytes()


def test_the_signed_pdf_is_proved(night: Night, written: dict[str, Path]) -> None:
    with night.engine.connect() as connection:
        assert signature_of(connection, written["bill"]).who == "周签发"


def test_pictures_have_their_colours(night: Night, written: dict[str, Path], tmp_path: Path) -> None:
    """A rule of the page does not reach into a picture: without its own it would be black."""
    page = '<html><head><style></style></head><body><svg class="bar" viewBox="0 0 9 9"><rect class="for" width="9" height="9"/></svg>'
    (tmp_path / "a.pdf").write_bytes(pdf(page))
    options = ["-r", "20", "-png", "-singlefile"]
    subprocess.run(["pdftoppm", *options, tmp_path / "a.pdf", tmp_path / "a"], check=True)
    black = tmp_path / "b.pdf"
    black.write_bytes(pdf(page.replace('class="for"', "")))
    subprocess.run(["pdftoppm", *options, black, tmp_path / "b"], check=True)
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "b.png").read_bytes()


def test_nothing_is_fetched() -> None:
    assert pdf('<html><body><img src="http://127.0.0.1:1/x.png"><p>甲</p></body></html>').startswith(b"%PDF")


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(CreditSyncError, match=r"缺少 WeasyPrint.*credit-sync\[pdf\]"):
        pdf("<html></html>")
