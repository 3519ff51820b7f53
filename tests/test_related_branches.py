"""A branch applies and its parent is listed: told in the report, by look-up and in a spreadsheet, and no flag anywhere."""

from datetime import date, datetime
from pathlib import Path

import pytest

from credit_sync.lookup import Ground, look_up
from credit_sync.records import Role
from credit_sync.reporting.answer import answer_text
from credit_sync.reporting.flagged import write_flagged_report
from credit_sync.reporting.flagged_query import read_flagged
from credit_sync.screening.comparison import RELATED, Verdict
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index_files import open_index
from credit_sync.screening.measures import load_measures
from credit_sync.screening.other_names import OtherNames
from credit_sync.screening.reference import reference
from credit_sync.screening.screen_file import FileCounts, lists_from_files, screen_file
from credit_sync.screening.weights import load_weights
from credit_sync.shipped import shipped
from tests.report_night import SECOND, Night, case, entry, organisation, two_nights

PARENT, BRANCH = "合肥骏腾盛商贸有限公司", "合肥骏腾盛商贸有限公司芜湖分公司"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    night = two_nights(tmp_path_factory.mktemp("related"))
    night.add(SECOND, [entry("1804a0909", "分公司申报", organisation(BRANCH, 71), Role.APPLYING_UNIT)])
    night.add(SECOND, [case(organisation(PARENT, 72), "（2018）皖0104执71号")])
    night.screen(SECOND)
    return night


def test_the_report_tells_it_outside_the_flags(night: Night) -> None:
    with night.engine.connect() as connection:
        report = read_flagged(connection, night.settings, SECOND, load_measures())
    assert [related.applicant for related in report.related] == [BRANCH]
    assert not any(application.head.number == "1804a0909" for application in report.applications)
    page, _ = write_flagged_report(night.engine, night.settings, SECOND, load_measures())
    assert "分支机构不是独立法人" in page.read_text(encoding="utf-8")


def test_look_up_shows_the_parents_entry_as_related(night: Night) -> None:
    with night.engine.connect() as connection:
        index = night.settings.path(night.settings.store.index)
        ground = Ground(
            at=datetime(2018, 11, 30),
            states={},
            index=open_index(connection, index),
            names=OtherNames(()),
            weights=load_weights(),
        )
        answer = look_up(connection, organisation(BRANCH, 71), ground)
    listed = [found for found in answer.found if found.comparison.related]
    assert [found.comparison.verdict for found in listed] == [Verdict.CLEAR]
    assert answer.verdict is not Verdict.PROBABLE
    assert RELATED in answer_text(answer, load_measures(), date(2018, 11, 30))


def test_a_spreadsheet_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"name\n{BRANCH}\n", "utf-8")
    (tmp_path / "l.csv").write_text(f"listing_id,name\nL1,{PARENT}\n", "utf-8")
    mappings, counts, at = shipped("mappings"), FileCounts(), datetime(2018, 11, 30)
    lists = lists_from_files([tmp_path / "l.csv"], mappings, Scales(load_weights(), reference()), at, counts)
    [(_, _, verdict, _, evidence)] = screen_file(tmp_path / "a.csv", lists, mappings, at, counts)
    assert verdict == "clear"
    assert RELATED in evidence
