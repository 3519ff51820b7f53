"""`screen-file` on what departments really hand over: wrapped JSON, several subjects in a row, half-readable rows."""

import csv
import json
from datetime import datetime
from pathlib import Path

import pytest

from credit_sync.errors import CreditSyncError
from credit_sync.screening.evidence import Scales
from credit_sync.screening.file_rows import write_rows
from credit_sync.screening.reference import reference
from credit_sync.screening.screen_file import FileCounts, OutputRow, lists_from_files, screen_file
from credit_sync.screening.weights import load_weights
from credit_sync.shipped import shipped

ID = "340100190001040017"
AT = datetime(2018, 11, 30)
LISTINGS = f"listing_id,name,identifier\nL1,李建国,{ID[:10]}****{ID[14:]}\nL2,合肥华星商贸有限公司,\n"


def screened(folder: Path, applicants: str, listings: str = LISTINGS, suffix: str = ".csv") -> list[OutputRow]:
    mappings, counts = shipped("mappings"), FileCounts()
    (folder / f"a{suffix}").write_text(applicants, "utf-8")
    (folder / "l.csv").write_text(listings, "utf-8")
    scales = Scales(load_weights(), reference())
    lists = lists_from_files([folder / "l.csv"], mappings, scales, AT, counts)
    return list(screen_file(folder / f"a{suffix}", lists, mappings, AT, counts))


@pytest.mark.parametrize("wrap", ["data", "rows", "申报主体"])
def test_a_json_document_around_the_rows(tmp_path: Path, wrap: str) -> None:
    rows = [{"applicant_id": 1, "name": "李建国", "identifier": ID}, "no object"]
    found = screened(tmp_path, json.dumps({"total": 2, wrap: rows}), suffix=".json")
    assert [(row[0], row[2]) for row in found] == [("1", "confirmed"), ("2", "unverifiable")]


def test_every_subject_of_a_summary_table_is_screened(tmp_path: Path) -> None:
    titles = "项目编号,申报单位,合作单位,项目负责人,负责人身份证号"
    found = screened(tmp_path, f"{titles}\nP1,合肥远帆商贸有限公司,合肥华星商贸有限公司,李建国,{ID}\n")
    assert [row[:3] for row in found] == [("2", "", "clear"), ("2", "L2", "probable"), ("2", "L1", "confirmed")]
    assert [row[4].partition("：")[0] for row in found] == [
        "合肥远帆商贸有限公司",
        "合肥华星商贸有限公司",
        "李建国",
    ]


def test_what_is_unreadable_beside_name_and_number_hides_nobody(tmp_path: Path) -> None:
    found = screened(tmp_path, f"applicant_id,kind,name,identifier,birth_year,sex\n1,?,李建国,{ID},abc,不男不女\n")
    [(_, listing, verdict, _, evidence)] = found
    assert (listing, verdict) == ("L1", "confirmed")
    assert "出生年份不是整数，未使用" in evidence
    listings = f"listing_id,name,identifier,sex,age,published_on\nL1,李建国,{ID},不明,约五十,20189999\n"
    assert screened(tmp_path, f"name,identifier\n李建国,{ID}\n", listings)[0][2] == "confirmed"


def test_whom_a_broken_row_of_the_list_names_is_not_cleared(tmp_path: Path) -> None:
    listings = f"listing_id,name,identifier\nL1,李,建国,{ID}\nL2,,91340100MA2R00000K\nL3,王大锤,\n"
    found = screened(tmp_path, f"name,identifier\n李建国,{ID}\n合肥华星商贸有限公司,\n", listings)
    assert [row[2] for row in found] == ["unverifiable", "clear"]
    assert found[0][4].endswith("写有这个名称或号码，不能排除（l.csv 第 2 行）")


@pytest.mark.parametrize("cut", ["L9,李建", f"L9,李建国,{ID[:12]}"])
def test_whom_the_last_row_of_a_list_begins_to_name_is_not_cleared(tmp_path: Path, cut: str) -> None:
    """The file was cut off on its way: what is left can be read, as the name of somebody else."""
    listings = f"listing_id,name,identifier,organ\nL1,王大锤,,法院\n{cut}"
    found = screened(tmp_path, f"name,identifier\n李建国,{ID}\n合肥华星商贸有限公司,\n", listings)
    assert [row[2] for row in found] == ["unverifiable", "clear"]


def test_a_list_whose_rows_end_with_their_last_value_is_written_so(tmp_path: Path) -> None:
    listings = "listing_id,name,identifier\n" + "".join(f"L{number},李建\n" for number in range(6))
    assert screened(tmp_path, f"name,identifier\n李建国,{ID}\n", listings)[0][2] == "clear"


@pytest.mark.parametrize("sign", "，；")
def test_wide_signs_between_columns_are_named(tmp_path: Path, sign: str) -> None:
    """Titles are shown folded: they looked as they should."""
    with pytest.raises(CreditSyncError, match=f"各栏之间是全角的“{sign}”，请改成半角逗号"):
        screened(tmp_path, f"姓名{sign}身份证号码{sign}出生年份\n李建国{sign}{ID}{sign}1900\n")
    with pytest.raises(CreditSyncError, match="补上新标题"):
        screened(tmp_path, "姓甚名谁，全称,证号\n李建国,1\n")


def test_numbers_used_as_names_of_rows_are_hidden(tmp_path: Path) -> None:
    [row] = screened(tmp_path, f"applicant_id,name\n{ID},李建国\n", f"listing_id,name\n{ID},李建国\n")
    assert row[1]
    assert ID not in "".join(map(str, row))


def test_the_output_names_some_of_many_namesakes(tmp_path: Path) -> None:
    many = "".join(f"L{number},张伟,3401001{number:03d}********\n" for number in range(900, 999))
    [(_, listings, verdict, _, evidence)] = screened(
        tmp_path, "name\n张伟\n", f"listing_id,name,identifier\n{many}"
    )
    assert verdict == "unverifiable"
    assert len(listings.split(";")) == 20
    assert "名单中有 99 条同名" in evidence


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".json"])
def test_what_cannot_go_on_record_is_not_handed_out(tmp_path: Path, suffix: str) -> None:
    output = tmp_path / f"out{suffix}"
    output.write_text("of yesterday", "utf-8")

    def broken() -> None:
        raise CreditSyncError("数据库正忙")

    row = ("1", "", "clear", 0.0, "")
    with pytest.raises(CreditSyncError):
        write_rows(output, [row], byte_order_mark=False, put_on_record=broken)
    assert [path.name for path in tmp_path.iterdir()] == [output.name]
    assert output.read_text("utf-8") == "of yesterday"
    write_rows(output, [row], byte_order_mark=False, put_on_record=lambda: None)
    assert output.read_bytes() != b"of yesterday"


def test_a_name_that_looks_like_a_formula_stays_text_in_wide_signs_too(tmp_path: Path) -> None:
    row = ("＝cmd|1", "\r=1", "clear", 0.0, "")
    write_rows(tmp_path / "out.csv", [row], byte_order_mark=False, put_on_record=lambda: None)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1][:2] == ["'＝cmd|1", "'\r=1"]


@pytest.mark.parametrize("name", ["李某某", "李建*", "李"])
def test_a_name_that_is_hidden_in_part_clears_nobody(tmp_path: Path, name: str) -> None:
    [row] = screened(tmp_path, f"applicant_id,name\n1,{name}\n")
    assert row[2] == "unverifiable"
    assert "姓名不完整" in row[4]


@pytest.mark.parametrize("number", [ID, "3401001900****0017", "13912345678"])
def test_a_name_with_a_number_glued_to_it_is_a_persons_and_clears_nobody(tmp_path: Path, number: str) -> None:
    (row,) = screened(tmp_path, f"applicant_id,name\n1,屈怀瑾{number}\n")
    assert (row[2], row[4]) == ("unverifiable", "姓名里有数字，无法比对；姓名栏只写姓名")


def test_a_list_that_lost_characters_clears_nobody_whom_it_may_mean(tmp_path: Path) -> None:
    listed = "listing_id,name\nL1,王□喆\nL2,合肥华□商贸有限公司\n"
    found = screened(tmp_path, "applicant_id,name\n1,王小喆\n2,李建国\n3,合肥华星商贸有限公司\n", listed)
    assert [(row[1], row[2]) for row in found] == [("L1", "unverifiable"), ("", "clear"), ("L2", "possible")]


def test_a_name_that_may_be_of_either_kind_is_compared_as_both(tmp_path: Path) -> None:
    listed = f"listing_id,name,identifier\nL1,艾力亚尔·吐尔洪,{ID[:10]}****{ID[14:]}\nL2,中国科学技术大学,\n"
    found = screened(tmp_path, "applicant_id,name\n1,艾力亚尔吐尔洪\n2,中科大\n3,李建国\n", listed)
    assert [(row[1], row[2]) for row in found] == [("L1", "possible"), ("L2", "probable"), ("", "clear")]


def test_why_nobody_is_cleared_is_told_of_whichever_kind_says_nothing(tmp_path: Path) -> None:
    [row] = screened(tmp_path, "applicant_id,kind,name\n1,organisation,华\n")
    assert (row[2], row[4]) == ("unverifiable", "没有可以比对的名称")
    [row] = screened(tmp_path, "applicant_id,kind,name\n1,organisation,王建国等\n")
    assert (row[2], row[4]) == ("unverifiable", "一格里像是写了几个人，无法比对；一格只写一个")
