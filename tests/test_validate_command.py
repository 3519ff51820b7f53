"""`credit-sync validate` on what departments really hand over: any layout of titles, damaged and hostile workbooks."""

import csv
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_sync.cli import credit_sync
from credit_sync.publishing import file_check
from credit_sync.publishing.file_check import check_file
from credit_sync.publishing.recognition import recognise
from credit_sync.publishing.rows import published_row
from credit_sync.records import RecordKind
from tests.publishing import (
    EDITION_2016,
    EDITION_2018,
    EDITION_2018_SFZH,
    LICENCE,
    PENALTY,
    PERSON,
    REPORTING,
    TODAY,
)
from tests.rule_cases import (
    CODE,
    CODES,
    GOOD,
    ID,
    PERSON_PENALTY,
    SHEETS,
    TITLES,
    Sheet,
    SheetCase,
    sheet,
    without,
)

STANDARDS = [EDITION_2018, EDITION_2018_SFZH, EDITION_2016]
DAY = ("--date", TODAY.isoformat())


def save(path: Path, *sheets: Sheet, names: tuple[str, ...] = ("Sheet1", "Sheet2", "Sheet3")) -> Path:
    book = openpyxl.Workbook()
    for number, (rows, name) in enumerate(zip(sheets, names, strict=False)):
        page = book.active if number == 0 else book.create_sheet()
        assert page is not None
        page.title = name
        for row in rows:
            page.append(row)
    book.save(path)
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(credit_sync, ["validate", *map(str, arguments)], standalone_mode=False)


def findings(path: Path, *arguments: str) -> list[dict[str, Any]]:
    result = run(path, "--json", *DAY, *arguments)
    assert result.return_value in (0, 1), result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def brief(path: Path) -> list[tuple[str, str, int]]:
    return [(f["rule"], f["field"], f["row"]) for f in findings(path)]


# --- findings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", SHEETS, ids=str)
def test_a_sheet_that_breaks_a_rule_and_one_that_just_does_not(tmp_path: Path, case: SheetCase) -> None:
    assert brief(save(tmp_path / "bad.xlsx", case.bad)) == [(case.rule, case.field, case.row)]
    assert case.rule not in {rule for rule, _, _ in brief(save(tmp_path / "near.xlsx", case.near))}


def test_one_finding_a_line_for_programs(tmp_path: Path) -> None:
    path = save(tmp_path / "许可.xlsx", [["标题"], *sheet({}, {"XK_ZT": "0"})], names=("行政许可",))
    result = run(path, "--json", *DAY)
    assert result.return_value == 1
    (line,) = result.stdout.splitlines()
    assert json.loads(line) == {
        "file": "许可.xlsx",
        "sheet": "行政许可",
        "row": 4,
        "field": "XK_ZT",
        "rule": "list",
        "severity": "error",
        "message": "当前状态“0”不在允许的取值内，请改为：1（有效）、2（无效）",
    }
    assert "双公示 2018 版" in result.stderr


def test_exit_codes(tmp_path: Path) -> None:
    good = save(tmp_path / "good.xlsx", sheet({}))
    assert run(good, *DAY).return_value == 0
    warned = save(tmp_path / "warned.xlsx", sheet({"BZ": "无"}))
    assert run(warned, *DAY).return_value == 0
    assert run(save(tmp_path / "bad.xlsx", sheet({"XK_NR": ""})), *DAY).return_value == 1
    assert run(good, "--date", "2018-11-25").return_value == 1  # decided on the 26th
    assert run(save(tmp_path / "other.xlsx", [["姓名", "电话"], ["甲", "1"]])).return_value == 2


def test_the_summary_names_standard_rule_and_place(tmp_path: Path) -> None:
    result = run(save(tmp_path / "a.xlsx", sheet({"XK_NR": ""}, {})), *DAY)
    assert "双公示 2018 版·行政许可" in result.stdout
    assert "标题在第 1 行，标准的 28 个字段认出 28 个（按字段代码 28 个）" in result.stdout
    assert "2 行数据：错误 1 处（1 行），提示 0 处" in result.stdout
    assert "第 2 行 XK_NR 错误：许可内容没有填写" in result.stdout
    assert "结论：有 1 处错误" in result.stdout


def test_rows_are_compared_with_each_other(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", sheet({"XK_WSH": "1号"}, {}, {"XK_WSH": "1号", "XK_NR": "另写"}))
    (found,) = findings(path)
    assert (found["rule"], found["row"]) == ("document_conflict", 4)
    assert "第 2 行" in found["message"]


# --- recognition --------------------------------------------------------------------------------------------


def _penalties(standard: Any) -> list[str]:
    return [field.code for field in standard.penalty.fields]


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.name)
@pytest.mark.parametrize("record", [LICENCE, PENALTY], ids=["licence", "penalty"])
@pytest.mark.parametrize("by", ["code", "title"])
@pytest.mark.parametrize("backwards", [False, True])
def test_every_table_is_known_by_its_codes_and_by_its_titles_in_any_order(
    standard: Any, record: Any, by: str, backwards: bool
) -> None:
    kind = RecordKind.LICENCE if record is LICENCE else RecordKind.PENALTY
    fields = standard.table(kind).fields[:: -1 if backwards else 1]
    rows: list[list[Any]] = [["安徽省科学技术厅双公示信息"], [], [getattr(field, by) for field in fields]]
    rows.append(list(published_row(record, standard, REPORTING).values())[:: -1 if backwards else 1])
    found = recognise(rows, STANDARDS).found
    assert found is not None
    assert (found.standard.name, found.kind, found.header) == (standard.name, kind, 2)
    assert list(found.columns) == [field.code for field in fields]


@pytest.mark.parametrize(
    "head",
    [
        [TITLES, CODES],
        [CODES, TITLES],
        [TITLES, [code.lower() for code in CODES]],
        [["填报单位：科技厅"], [], TITLES],
        [[f"{title}\n（必填）" for title in TITLES]],
        [[f"*{title}" for title in TITLES], ["必填"] * len(TITLES)],
        [["说明"]] * 30 + [CODES],
        [[""] * len(CODES)] * 150 + [TITLES, CODES],
    ],
    ids=["titles-codes", "codes-titles", "lower-case", "below-remarks", "marked", "duties", "row-31", "row-151"],
)
def test_titles_wherever_they_are(tmp_path: Path, head: list[list[str]]) -> None:
    path = save(tmp_path / "a.xlsx", [*head, *sheet({}, {"XK_NR": ""})[1:]])
    assert brief(path) == [("required", "XK_NR", len(head) + 2)]


def test_merged_titles_over_two_rows(tmp_path: Path) -> None:
    upper = [t.partition("(")[0] if "代码_" in t else t for t in TITLES]
    upper = ["有效期" if t.startswith("有效期") else t for t in upper]
    lower = ["自" if t == "有效期自" else "至" if t == "有效期至" else "" for t in TITLES]
    second = upper.index("有效期") + 1
    upper[second] = ""
    path = save(tmp_path / "a.xlsx", [["双公示"], upper, lower, *sheet({"XK_YXQZI": ""})[1:]])
    assert brief(path) == [("required", "XK_YXQZI", 4)]


def test_the_first_row_of_data_is_never_taken_for_titles(tmp_path: Path) -> None:
    blank = dict.fromkeys(CODES, "")
    path = save(
        tmp_path / "a.xlsx", [[*row, note] for row, note in zip(sheet(blank, {}), ("序", "1", "2"), strict=True)]
    )
    assert ("required", "XK_NR", 2) in brief(path)


def test_an_ambiguous_title_means_what_the_whole_header_says(tmp_path: Path) -> None:
    for standard, second, value in (
        (EDITION_2018, "XK_XDR_GSZC", "工商注册号"),
        (EDITION_2016, "XK_XDR_ZDM", "组织机构代码"),
    ):
        titles = [re.sub(r"(代码_\d).*", r"\1", field.title) for field in standard.licence.fields]
        look = recognise([titles], STANDARDS)
        assert look.found is not None
        assert look.found.standard.name == standard.name
        assert look.found.columns[titles.index("行政相对人代码_2")] == second
        assert f"“行政相对人代码_2”按该版是{value}" in look.reason
    # With the name in brackets the number does not matter.
    swapped = [t.replace("代码_2(工商注册号)", "代码_2(组织机构代码)") for t in TITLES if "代码_3" not in t]
    found = recognise([swapped], STANDARDS).found
    assert found is not None
    assert found.columns[swapped.index("行政相对人代码_2(组织机构代码)")] == "XK_XDR_ZZJG"


def test_columns_may_be_missing_mixed_up_or_too_many(tmp_path: Path) -> None:
    mixed = [c.replace("CF_FR_ZJHM", "CF_FR_SFZH") for c in _penalties(EDITION_2018)]
    found = recognise([mixed], STANDARDS).found
    assert found is not None
    assert found.standard.name == "2018"
    assert "CF_FR_ZJHM" in found.columns
    path = save(tmp_path / "a.xlsx", sheet({}, {}, titles=without("XK_XKJGDM", "XK_XKZS")))
    assert brief(path) == [("column_missing_optional", "XK_XKZS", 1), ("column_missing", "XK_XKJGDM", 1)]
    assert "2 行数据：错误 1 处（0 行），提示 1 处" in run(path, *DAY).stdout, "titles are no row"


def test_a_named_standard_overrides(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", sheet({}))
    result = run(path, "--standard", "2018_sfzh", "--json", *DAY)
    assert "双公示 2018 版（无行政相对人类别" in result.stderr
    assert {json.loads(line)["rule"] for line in result.stdout.splitlines()} == {
        "column_unknown",
        "column_missing_optional",
    }
    unknown = subprocess.run(
        [sys.executable, "-m", "credit_sync", "validate", str(path), "--standard", "2030"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert unknown.returncode == 2
    assert "Traceback" not in unknown.stderr


def test_several_sheets_and_hidden_ones(tmp_path: Path) -> None:
    penalties: Sheet = [
        _penalties(EDITION_2018),
        list(published_row(PERSON_PENALTY, EDITION_2018, REPORTING).values()),
    ]
    path = save(
        tmp_path / "a.xlsx",
        [["填表说明"], ["一行一条"]],
        sheet({"XK_NR": ""}),
        penalties,
        names=("说明", "许可", "处罚"),
    )
    book = openpyxl.load_workbook(path)
    book.create_sheet("草稿").sheet_state = "hidden"
    book.save(path)
    assert [(f["sheet"], f["rule"]) for f in findings(path)] == [("许可", "required")]
    output = run(path, *DAY).stdout
    assert "工作表“说明”：未校验" in output
    assert "工作表“草稿”：未校验（隐藏的工作表）" in output
    assert "双公示 2018 版·行政处罚" in output


def test_notes_below_the_rows_are_no_rows(tmp_path: Path) -> None:
    notes = [["表格说明：", "本表一式两份"], ["1.行政相对人名称：填写全称"], ["2.日期写作 2018/11/30", "见附件"]]
    path = save(tmp_path / "a.xlsx", [*sheet({}), [], *notes])
    assert brief(path) == []
    assert "1 行数据" in run(path, *DAY).stdout
    again = save(tmp_path / "b.xlsx", [*sheet({}), *notes, *sheet({}, {"XK_NR": ""})[2:]])
    assert brief(again) == [("required", "XK_NR", 6)]


# --- formats and damage -------------------------------------------------------------------------------------


def test_csv_in_the_encodings_and_with_the_delimiters_of_windows(tmp_path: Path) -> None:
    rows = sheet({"XK_NR": '"甲",\n乙'}, {"XK_NR": ""})
    for encoding, delimiter in (("gb18030", ","), ("utf-8-sig", "\t"), ("utf-16", ";")):
        path = tmp_path / f"{encoding}.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(rows)
        assert brief(path) == [("forbidden_character", "XK_NR", 2), ("required", "XK_NR", 3)]


def test_a_line_of_csv_that_cannot_be_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(sheet({}, {}, {}))
    lines = path.read_text("utf-8").splitlines(keepends=True)
    lines[2] = '"甲"乙' + lines[2]
    lines[3] = "多," + lines[3].rstrip() + "余\n"
    path.write_text("".join(lines), "utf-8")
    assert brief(path) == [("unreadable", "", 3), ("unreadable", "", 4)]


def test_xls_with_merged_cells_and_numbers(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    page = book.add_sheet("许可")
    for number, row in enumerate(sheet({"XK_XDR_SHXYM": 913401000000000000.0}, {})):
        for column, value in enumerate(row):
            page.write(number, column, value)
    dates = xlwt.easyxf(num_format_str="YYYY/MM/DD")
    page.write(3, 0, "")
    for column, code in enumerate(CODES):
        page.write(
            4,
            column,
            datetime(2018, 11, 26) if code == "XK_JDRQ" else GOOD[code] if code != "XK_WSH" else "9",
            dates,
        )
    column = CODES.index("XK_NR")
    page.write_merge(5, 6, column, column, "合并", xlwt.Style.default_style)
    book.save(str(tmp_path / "a.xls"))
    found = brief(tmp_path / "a.xls")
    assert ("number_damaged", "XK_XDR_SHXYM", 2) in found
    assert ("merged", "XK_NR", 6) in found
    assert not [f for f in found if f[2] in (3, 5)]


def test_merged_cells_formulas_and_dates_of_xlsx(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    page = book.add_worksheet()
    for number, row in enumerate(sheet({"XK_JDRQ": date(2018, 11, 26)}, {}, {})):
        for column, value in enumerate(row):
            page.write(number, column, value)
    name, wsh, zt = (CODES.index(code) for code in ("XK_XDR_MC", "XK_WSH", "XK_ZT"))
    page.merge_range(2, name, 3, name, "合肥青檀实验动物有限公司", book.add_format({"num_format": "@"}))
    page.write_formula(1, wsh, '="皖科"&"1号"', None, "皖科1号")
    page.write_formula(2, zt, "=1", None, 1)
    page.merge_range(3, wsh, 3, wsh + 1, "皖科2号", book.add_format({"num_format": "@"}))
    book.close()
    assert brief(path) == [
        ("formula", "XK_WSH", 2),
        ("formula", "XK_ZT", 3),
        ("merged", "XK_XDR_MC", 3),
        ("merged", "XK_WSH", 4),
        ("required", "XK_XDR_MC", 4),
        ("required", "XK_XKLB", 4),
    ]


def test_a_row_of_formulas_that_nobody_has_calculated_is_a_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in sheet({}):
        book.active.append(row)
    book.active.append([f"=A{n}" for n in range(1, len(CODES) + 1)])
    book.save(tmp_path / "a.xlsx")
    found = brief(tmp_path / "a.xlsx")
    assert [rule for rule, _, _ in found] == ["formula"] * len(CODES)
    assert {row for _, _, row in found} == {3}


def test_more_rows_than_a_platform_takes(tmp_path: Path) -> None:
    few = EDITION_2018.model_copy(update={"max_rows": 2})
    for rows, expected in (({}, {}, {}), ["too_many_rows"]), (({}, {}), []):
        sheets = check_file(save(tmp_path / "a.xlsx", sheet(*rows)), [few], TODAY)
        assert [p.finding.rule for only in sheets for row in only.rows() for p in row.findings] == expected


def _damaged(path: Path) -> None:
    whole = save(path, sheet({})).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _encrypted(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"))


def _bomb(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(3):
            part.write(b" " * (1 << 20))


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("a.xlsx", lambda path: path.write_bytes(b""), "空文件"),
        ("a.xlsx", _damaged, "已损坏"),
        ("a.xlsx", _encrypted, "已加密"),
        ("a.xlsx", lambda path: path.write_text("<html><table></table></html>"), "网页"),
        ("a.xlsx", _bomb, "超过 2 MB"),
        ("a.csv", lambda path: path.write_bytes(bytes(range(256)) * 50), "a.csv"),
        ("a.docx", lambda path: path.write_bytes(b"x"), "格式不认识"),
        ("a.xlsx", lambda path: save(path, []), "没有认出标准"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, make: Callable[[Path], object], message: str
) -> None:
    monkeypatch.setattr(file_check, "MOST_BYTES", 2 << 20)
    make(tmp_path / name)
    result = run(tmp_path / name, "--findings", tmp_path / "out.xlsx")
    assert result.return_value == 2
    assert message in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


# --- the findings workbook ----------------------------------------------------------------------------------


def test_the_findings_workbook_marks_and_comments_the_wrong_cells(tmp_path: Path) -> None:
    rows = [["双公示"], *sheet({}, {"XK_NR": "", "BZ": "暂无"}), ["表格说明"]]
    path, out = save(tmp_path / "a.xlsx", rows, names=("行政许可",)), tmp_path / "new" / "out.xlsx"
    assert run(path, "--findings", out, *DAY).return_value == 1
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["行政许可", "校验结果"]
    page = book["行政许可"]
    assert page["A1"].value == "双公示"
    assert page["A5"].value == "表格说明"
    wrong = page.cell(4, CODES.index("XK_NR") + 1)
    noted = page.cell(4, CODES.index("BZ") + 1)
    assert (wrong.fill.fgColor.rgb, noted.fill.fgColor.rgb) == ("FFFFC7CE", "FFFFEB9C")
    assert wrong.comment is not None
    assert "没有填写" in wrong.comment.text
    assert [cell.coordinate for row in page.iter_rows() for cell in row if cell.comment] == [
        wrong.coordinate,
        noted.coordinate,
    ]
    listed = list(book["校验结果"].iter_rows(min_row=2, values_only=True))
    assert [row[:7] for row in listed] == [
        ("行政许可", "4", wrong.coordinate, "XK_NR", "许可内容", "错误", "必填项未填"),
        ("行政许可", "4", noted.coordinate, "BZ", "备注", "提示", "选填项写了“无”"),
    ]


def test_nothing_in_the_findings_workbook_is_ever_a_formula_or_a_citizen_id(tmp_path: Path) -> None:
    hostile = [
        '=HYPERLINK("http://x")',
        "+1+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "{=1}",
        "http://example.org",
        f"号{ID}号",
        "\x01\x02",
    ]
    changes = [{"XK_NR": text, "BZ": text, "XK_WSH": text} for text in hostile[:-1]]
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(sheet(*changes, {"XK_NR": hostile[-1]}))
    out = tmp_path / "out.xlsx"
    assert run(path, "--findings", out, *DAY).return_value == 1
    with zipfile.ZipFile(out) as package:
        content = {name: package.read(name).decode("utf-8", "replace") for name in package.namelist()}
    assert not [name for name, text in content.items() if re.search(r"<f[ >]", text) or ID in text]
    assert not [name for name, text in content.items() if 'TargetMode="External"' in text]
    book = openpyxl.load_workbook(out)
    for page in book:
        assert {cell.number_format for row in page.iter_rows() for cell in row if cell.value is not None} == {"@"}


def test_the_checked_file_is_never_written_to(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", sheet({}))
    before = path.read_bytes()
    for output in ("a.xlsx", "a.csv"):
        with pytest.raises(Exception, match="--findings"):
            raise run(path, "--findings", tmp_path / output).exception or AssertionError
    assert path.read_bytes() == before


def test_the_same_file_gives_the_same_findings_workbook(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", sheet({"XK_NR": ""}))
    for name in ("1.xlsx", "2.xlsx"):
        run(path, "--findings", tmp_path / name, *DAY)
    assert (tmp_path / "1.xlsx").read_bytes() == (tmp_path / "2.xlsx").read_bytes()


# --- arbitrary cells ----------------------------------------------------------------------------------------

WILD = (
    st.text(max_size=40)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.none()
    | st.datetimes(datetime(1900, 3, 1), datetime(9999, 1, 1))
    | st.dates(date(1900, 3, 1))
    | st.sampled_from(
        [
            ID,
            f"公民{ID}号",
            f"x{ID}",
            ID[:6] + " " + ID[6:],
            int(ID[:17]),
            CODE,
            "=1+1",
            "长期",
            "无",
            *CODES,
            *TITLES,
        ]
    )
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_cell_is_too_strange(tmp_path: Path, data: st.DataObject) -> None:
    titles = data.draw(st.permutations(CODES if data.draw(st.booleans()) else TITLES))
    columns = st.integers(0, len(titles) - 1)
    good = dict(zip(TITLES + CODES, 2 * list(GOOD.values()), strict=True))
    rows: Sheet = [list(titles)]
    for _ in range(data.draw(st.integers(1, 3))):
        row: list[Any] = [good[title] for title in titles]
        for column, value in data.draw(st.dictionaries(columns, WILD, max_size=8)).items():
            row[column] = value
        rows.append(row)
    if data.draw(st.booleans()):
        rows.insert(data.draw(st.integers(0, len(rows))), data.draw(st.lists(WILD, max_size=4)))
    path, out = tmp_path / "wild.xlsx", tmp_path / "out.xlsx"
    book = xlsxwriter.Workbook(str(path), {"nan_inf_to_errors": True, "strings_to_urls": False})
    page, day = book.add_worksheet(), book.add_format({"num_format": "yyyy/mm/dd"})
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(
                    number,
                    column,
                    value.encode(errors="replace").decode().replace("\ufffe", "").replace("\uffff", ""),
                )
            elif isinstance(value, date):
                page.write_datetime(number, column, value, day)
            else:
                page.write(number, column, value)
    book.close()
    result = run(path, "--json", "--findings", out, *DAY)
    assert result.exception is None, result.exception
    assert result.return_value in (0, 1, 2)
    assert ID not in result.output
    if result.return_value < 2:
        with zipfile.ZipFile(out) as package:
            assert not [name for name in package.namelist() if ID.encode() in package.read(name)]
        openpyxl.load_workbook(out)


def test_persons_and_replaced_subjects_validate_as_published(tmp_path: Path) -> None:
    rows: Sheet = [_penalties(EDITION_2018)]
    rows += [
        list(
            published_row(
                replace(PENALTY, subject=PERSON, document_number=f"{n}"), EDITION_2018, REPORTING
            ).values()
        )
        for n in range(3)
    ]
    assert brief(save(tmp_path / "a.xlsx", rows)) == []
