import gzip
import io
import json
import tracemalloc
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from pull_world import one_by_one

from credit_sync.errors import SourceError
from credit_sync.settings import FileSource
from credit_sync.sources.connect import open_rows, probe
from credit_sync.sources.files import files
from credit_sync.sources.formats import READERS, Unread, read_table
from credit_sync.sources.formats.json_stream import JsonText
from credit_sync.sources.formats.rows import at_path
from credit_sync.sources.mapping import Layout, Removal, SourceMapping
from credit_sync.sources.rows import BrokenRow, RawRow

NAMES = frozenset(["单位名称", "许可证号", "有效期自", "有效期至"])
PULLED = datetime(2018, 12, 1, 3, 0)
MEGABYTE = 2**20
HEAD = "单位名称,许可证号\n"


def table(path: Path, max_bytes: int = 4 * MEGABYTE, **layout: Any) -> list[Any]:
    return list(read_table(path, NAMES, layout=Layout(**layout), max_bytes=max_bytes))


def values(found: list[Any]) -> list[Any]:
    return [row for _, _, row in found]


def written(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(rows: list[list[Any]], *, more: dict[str, list[list[Any]]] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheets = {"台账": rows} | (more or {})
    book.remove(book.worksheets[0])
    for title, content in sheets.items():
        sheet = book.create_sheet(title)
        for row in content:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


# --- CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_csv(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = '许可台账\n\n"单位\n名称*",许可证号\n"甲""x""\n院",01\n , \n\n乙,\n'.replace(",", delimiter)
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    found = table(written(tmp_path, "a.csv", (mark + text).encode(encoding)))
    assert found == [
        ("a.csv", 5, {"单位名称": '甲"x"\n院', "许可证号": "01"}),
        ("a.csv", 9, {"单位名称": "乙", "许可证号": ""}),
    ]


def test_the_first_chinese_character_may_come_late(tmp_path: Path) -> None:
    mapped = frozenset(["a", "b"])
    content = b"a,b\n" + b"x,y\n" * 600_000 + "甲,乙\n".encode("gb18030")
    *_, last = read_table(written(tmp_path, "a.csv", content), mapped, max_bytes=4 * MEGABYTE)
    assert last == ("a.csv", 600_002, {"a": "甲", "b": "乙"})


def test_one_damaged_row_spoils_only_itself(tmp_path: Path) -> None:
    good = "".join(f"单位{n},{n}\n" for n in range(500))
    for encoding in ("utf-8", "gb18030"):
        content = (HEAD + good).encode(encoding) + b"\xff\x80,7\n" + "末,8\n".encode(encoding)
        found = table(written(tmp_path, "a.csv", content))
        assert len(found) == 502
        assert isinstance(found[500][2], Unread)
        assert "编码损坏" in found[500][2]
        assert found[500][2].text.endswith("\t7")
        assert found[501] == ("a.csv", 503, {"单位名称": "末", "许可证号": "8"})


def test_csv_rows_that_do_not_fit_the_titles(tmp_path: Path) -> None:
    content = '许可证号,单位名称,,备注,备注\n1,甲\n2,乙,x,y,z,,\n3,"丙",,,,丁\n4,"戊"己"\n5,庚,,\n'
    found = table(written(tmp_path, "a.csv", content))
    assert values(found)[:2] == [
        {"许可证号": "1", "单位名称": "甲"},
        {"许可证号": "2", "单位名称": "乙", "列3": "x", "备注": "y", "备注_2": "z"},
    ]
    assert [(row, str(reason)) for _, row, reason in found[2:4]] == [
        (4, "有 6 列，标题只有 5 列"),
        (5, "引号使用有误或内容过长，分不清各列"),
    ]
    assert found[3][2].text == '4,"戊"己"'
    assert found[4][2] == {"许可证号": "5", "单位名称": "庚", "备注": ""}


@pytest.mark.parametrize("rest", ['"甲,1\n乙,2\n', '"甲,1\n"乙",2\n', '甲,"1', '甲,1\n"乙\n' + "x,y\n" * 50_000])
def test_an_open_quote_swallows_no_rows(tmp_path: Path, rest: str) -> None:
    with pytest.raises(SourceError, match="引号没有结束"):
        table(written(tmp_path, "a.csv", HEAD + rest))


def test_titles_only_is_an_empty_list(tmp_path: Path) -> None:
    assert table(written(tmp_path, "a.csv", HEAD)) == []
    assert table(written(tmp_path, "a.xlsx", workbook([["单位名称", "许可证号"]]))) == []
    assert table(written(tmp_path, "a.json", "[]")) == []


# --- Excel


def test_xlsx(tmp_path: Path) -> None:
    rows = [
        ["实验动物生产许可证台账", None, None, None, None],
        [],
        ["单位名称", "许可证号", "有效期", None, "备注"],
        [None, None, "自", "至", None],
        ["甲", 15.0, datetime(2018, 11, 30), date(2023, 11, 29), 1.5],
        [None, " ", None, None, None],
        ["乙", "０１", "2018年1月1日", time(8, 30), True, "多出"],
    ]
    more = {"说明": [["填表说明"]], "字典": [["单位名称"], ["x"]]}
    found = table(written(tmp_path, "a.xlsx", workbook(rows, more=more)), header_rows=2)
    assert found == [
        (
            "a.xlsx#台账",
            5,
            {
                "单位名称": "甲",
                "许可证号": 15,
                "有效期自": datetime(2018, 11, 30),
                "有效期至": datetime(2023, 11, 29),
                "备注": 1.5,
            },
        ),
        (
            "a.xlsx#台账",
            7,
            {
                "单位名称": "乙",
                "许可证号": "０１",
                "有效期自": "2018年1月1日",
                "有效期至": "08:30:00",
                "备注": True,
                "列6": "多出",
            },
        ),
    ]


def test_every_visible_sheet_with_the_titles_or_the_named_one(tmp_path: Path) -> None:
    head = ["单位名称", "许可证号"]
    more = {"2018": [head, ["乙", "2"]], "旧": [head, ["丙", "3"]]}
    book = openpyxl.load_workbook(io.BytesIO(workbook([head, ["甲", "1"]], more=more)))
    book["旧"].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    assert [(place, row["单位名称"]) for place, _, row in table(tmp_path / "a.xlsx")] == [
        ("a.xlsx#台账", "甲"),
        ("a.xlsx#2018", "乙"),
    ]
    assert values(table(tmp_path / "a.xlsx", sheet="旧")) == [{"单位名称": "丙", "许可证号": "3"}]
    with pytest.raises(SourceError, match=r"没有工作表“新”，现有：台账、2018、旧"):
        table(tmp_path / "a.xlsx", sheet="新")


def test_numbers_that_lost_digits(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet("台账")
    for row, cells in enumerate(
        [["许可证号", "单位名称", "电话"], [340100190001040017, "甲", 1], [123456789012345, "乙", 1e17]]
    ):
        sheet.write_row(row, 0, cells)
    sheet.write_formula(3, 0, "=1/0", value="#DIV/0!")
    sheet.write(3, 1, "丙")
    sheet.write(4, 1, "#N/A")
    book.close()
    broken, good, formula, lookup = table(tmp_path / "a.xlsx")
    assert "数字已经丢失" in broken[2]
    assert isinstance(broken[2], Unread)
    assert good == ("a.xlsx#台账", 3, {"许可证号": 123456789012345, "单位名称": "乙", "电话": 1e17})
    assert formula[2] == "许可证号：单元格是公式错误 #DIV/0!"
    assert lookup[2] == "单位名称：单元格是公式错误 #N/A"


@pytest.mark.parametrize("dimension", ['<dimension ref="A1"/>', '<dimension ref="A1:XFD1048576"/>', ""])
def test_wrong_dimension(tmp_path: Path, dimension: str) -> None:
    content = workbook([["单位名称", "许可证号"], ["甲", "1"]])
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/"):
                assert b'<dimension ref="A1:B2" />' in data
                data = data.replace(b'<dimension ref="A1:B2" />', dimension.encode())
            new.writestr(name, data)
    path = written(tmp_path, "a.xlsx", changed.getvalue())
    assert table(path) == [("a.xlsx#台账", 2, {"单位名称": "甲", "许可证号": "1"})]


def xls(folder: Path, name: str = "a.xls") -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("台账")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for row, cells in enumerate(
        [["台账"], ["单位名称", "许可证号", "有效期自"], ["甲", 15, None], [], ["乙", 340100190001040017, None]]
    ):
        for column, cell in enumerate(cells):
            if cell is not None:
                sheet.write(row, column, cell)
    sheet.write(2, 2, date(2018, 11, 30), day)
    sheet.write(2, 3, True)
    path = folder / name
    book.save(str(path))
    return path


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx"])  # people rename them
def test_xls(tmp_path: Path, name: str) -> None:
    first, second = table(xls(tmp_path, name))
    expected = {"单位名称": "甲", "许可证号": 15, "有效期自": datetime(2018, 11, 30), "列4": True}
    assert first == (f"{name}#台账", 3, expected)
    assert second[:2] == (f"{name}#台账", 5)
    assert isinstance(second[2], Unread)


def test_other_things_called_xls(tmp_path: Path) -> None:
    text = "单位名称\t许可证号\n甲\t1\n".encode("gb18030")
    assert values(table(written(tmp_path, "a.xls", text))) == [{"单位名称": "甲", "许可证号": "1"}]
    with pytest.raises(SourceError, match="网页"):
        table(written(tmp_path, "b.xls", "<html><table><tr><td>单位名称</td></tr></table></html>"))
    encrypted = xls(tmp_path).read_bytes() + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(SourceError, match=r"c.xlsx 已加密"):
        table(written(tmp_path, "c.xlsx", encrypted))


# --- JSON, XML


def test_json(tmp_path: Path) -> None:
    content = {"data": {"rows": [{"a": {"b": 1}, "l": [1]}, {}, None, 5, {"t": "\ud800x"}]}}
    path = written(tmp_path, "a.json", json.dumps(content))
    found = table(path, rows="data.rows")
    assert [row for _, row, _ in found] == [1, 4, 5]
    assert values(found)[0] == {"a.b": 1, "l": [1]}
    assert isinstance(values(found)[1], Unread)
    assert values(found)[2] == {"t": "\ufffdx"}


@pytest.mark.parametrize(
    "content",
    [
        '{"data": {"rows": [{"a": 1}]}, "data": {"rows": null}}',
        '{"data": {"rows": [{"a": 1}], "rows": [{"a": 2}]}}',
    ],
)
def test_json_with_two_lists_of_rows(tmp_path: Path, content: str) -> None:
    with pytest.raises(SourceError, match="不止一次"):
        table(written(tmp_path, "a.json", content), rows="data.rows")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "data"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    document=JSON_VALUES, path=st.sampled_from(["", "a", "data.a", "data.b.a"]), indent=st.sampled_from([None, 1])
)
def test_json_is_read_as_if_it_were_read_whole(document: Any, path: str, indent: int | None) -> None:
    walked = JsonText(json.dumps(document, indent=indent), json.JSONDecoder())
    found = list(walked.items(path.split(".") if path else []))
    expected = at_path(document, path)
    assert (walked.found, found) == ((1, expected) if isinstance(expected, list) else (0, []))


def test_a_json_document_is_never_in_memory_as_values(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", '{"data": [' + "[]," * 500_000 + '{"a": 1}], "n": 1}')
    tracemalloc.start()
    try:
        assert values(table(path, rows="data")) == [{"a": 1}]
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 10 * path.stat().st_size


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_json_encodings(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "a.json", '[{"单位名称": "甲"}]'.encode(encoding))
    assert values(table(path)) == [{"单位名称": "甲"}]


def test_json_lines(tmp_path: Path) -> None:
    lines = '{"a": 1}\n\n{"a": \n[1]\n{"a": NaN}\n{"a": 2}'
    found = table(written(tmp_path, "a.jsonl", lines))
    assert [(row, isinstance(value, Unread)) for _, row, value in found] == [
        (1, False),
        (3, True),
        (4, True),
        (6, False),
    ]
    with pytest.raises(SourceError, match="没有一行"):
        table(written(tmp_path, "a.ndjson", "x\ny\n"))


@pytest.mark.parametrize(
    ("rows", "text", "expected"),
    [
        ("", "<list><r><a>1</a></r><r><a>2</a></r></list>", [{"a": "1"}, {"a": "2"}]),
        ("r", "<list><total>1</total><r x='y'/></list>", [{"@x": "y"}]),
        ("d.r", "<l><d><r><a>1</a></r></d><d><r><a>2</a></r></d></l>", [{"a": "1"}, {"a": "2"}]),
        ("d.r", "<l><d/></l>", []),
        ("", "<l/>", []),
        ("d.r", "<l><d>oops</d></l>", None),
        ("d.r", "<l><e/></l>", None),
        ("d.r", "<l><d><s/></d></l>", None),
        ("", "<l><code>5</code><message>no</message></l>", None),
        ("", "<l>no</l>", None),
        ("r", "<l><r><a>1</a></r>", None),
    ],
)
def test_xml(tmp_path: Path, rows: str, text: str, expected: Any) -> None:
    path = written(tmp_path, "a.xml", f"<?xml version='1.0' encoding='GBK'?>{text}<!-- 甲 -->".encode("gbk"))
    if expected is None:
        with pytest.raises(SourceError):
            table(path, rows=rows)
    else:
        assert values(table(path, rows=rows)) == expected


# --- archives


def test_gz_and_zip(tmp_path: Path) -> None:
    csv = (HEAD + "甲,1\n").encode("gb18030")
    row = {"单位名称": "甲", "许可证号": "1"}
    assert table(written(tmp_path, "a.csv.gz", gzip.compress(csv))) == [("a.csv.gz", 2, row)]
    excel = workbook([["单位名称", "许可证号"], ["甲", "1"]])
    assert table(written(tmp_path, "a.xlsx.gz", gzip.compress(excel))) == [("a.xlsx.gz#台账", 2, row)]
    members = {
        "b/2.csv": csv,
        "b/1.xlsx": excel,
        "b/~$1.xlsx": b"lock",
        "__MACOSX/b/2.csv": b"x",
        ".x.csv": b"",
        "读我.docx": b"PK",
        "../../etc/3.csv": csv,
    }
    assert table(written(tmp_path, "a.zip", zipped(members))) == [
        ("a.zip/b/1.xlsx#台账", 2, row),
        ("a.zip/b/2.csv", 2, row),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv.gz", "a.xlsx.gz", "a.zip"]


def test_names_in_gbk(tmp_path: Path) -> None:
    content = zipped({"aa.csv": (HEAD + "甲,1\n").encode()}).replace(b"aa.csv", "甲.csv".encode("gbk"))
    assert [place for place, _, _ in table(written(tmp_path, "a.zip", content))] == ["a.zip/甲.csv"]


def encrypted_zip() -> bytes:
    content = bytearray(zipped({"a.csv": b"x"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def damaged_zip() -> bytes:
    content = bytearray(zipped({"a.csv": (HEAD + "甲,1\n").encode()}))
    content[content.index(b"a.csv") + 9] ^= 0xFF
    return bytes(content)


UNUSABLE: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.csv", b"", "a.csv 是空文件"),
    "unknown": ("a.pdf", b"x", r"a.pdf 的格式不认识.*另存为其中一种"),
    "no titles": (
        "a.csv",
        "说明,甲\n1,2\n".encode(),
        r"找到的标题：说明、甲；应有的标题（至少两个）：[^a-zA-Z]*许可证号",
    ),
    "no titles in any sheet": ("a.xlsx", workbook([["说明"], ["地址", "电话"]]), "地址、电话"),
    "not xlsx": ("a.xlsx", b"PK\x03\x04 and no more", "a.xlsx 已损坏"),
    "other zip": ("a.xlsx", zipped({"a.txt": b"x"}), "a.xlsx 已损坏"),
    "not xls": ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "a.xls 已损坏"),
    "no text": ("a.csv", b"\xff\x00\x81\x80" * 100, "UTF-8"),
    "cut json": ("a.json", b'[{"a": 1}', "JSON"),
    "deep json": ("a.json", b"[" * 100_000, "JSON"),
    "json rows twice": ("a.json", b'[{"a": 1}] [{"a": 2}]', "JSON"),
    "json with text behind": ("a.json", b'[{"a": 1}] x', "JSON"),
    "json without comma": ("a.json", b'[{"a": 1} {"a": 2}]', "JSON"),
    "json number": ("a.json", b"5", "文档含有：单个值"),
    "json table": ("a.json", b'{"error": 1}', "文档含有：error"),
    "entity bomb": ("a.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a><r><n>&b;</n></r></a>", "实体"),
    "cut gz": ("a.csv.gz", gzip.compress(HEAD.encode() * 1000)[:-20], "已损坏"),
    "not gz": ("a.csv.gz", b"x", "a.csv.gz"),
    "gz bomb": ("a.csv.gz", gzip.compress(b"x" * 5 * MEGABYTE), "超过 4 MB"),
    "zip bomb": ("a.zip", zipped({f"{n}.csv": b"x" * MEGABYTE for n in range(5)}), "超过 4 MB"),
    "xlsx bomb": ("a.xlsx", zipped({"xl/workbook.xml": b" " * 5 * MEGABYTE}), "超过 4 MB"),
    "too large": ("a.csv", b"x" * 5 * MEGABYTE, "超过 4 MB"),
    "zip in zip": (
        "a.zip",
        zipped({"b.zip": zipped({"a.csv": HEAD.encode()})}),
        "a.zip/b.zip：压缩包里还有压缩包",
    ),
    "zip in gz": ("a.zip.gz", gzip.compress(zipped({"a.csv": b"x"})), "压缩包里还有压缩包"),
    "no gz suffix": ("a.gz", gzip.compress(HEAD.encode()), "格式不认识"),
    "nothing in zip": ("a.zip", zipped({"a.pdf": b"x"}), "没有可读的数据文件"),
    "empty member": ("a.zip", zipped({"a.csv": b""}), "a.zip/a.csv 是空文件"),
    "encrypted zip": ("a.zip", encrypted_zip(), "已加密"),
    "not zip": ("a.zip", b"x", "a.zip 已损坏"),
    "damaged zip": ("a.zip", damaged_zip(), "a.zip"),
}


@pytest.mark.parametrize(("name", "content", "reason"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_unusable_files(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as error:
        table(written(tmp_path, name, content))
    assert str(tmp_path) not in str(error.value)


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credit_sync.sources.formats.documents.MOST_MEMBERS", 2)
    with pytest.raises(SourceError, match="3 个文件"):
        table(written(tmp_path, "a.zip", zipped({f"{n}.csv": b"x" for n in range(3)})))


# --- a folder


def mapping() -> SourceMapping:
    return SourceMapping.model_validate(
        {
            "title": "许可",
            "record": "licence",
            "key": ["licence_number"],
            "constants": {"decided_on": "2018-11-30"},
            "fields": {"name": "单位名称", "licence_number": "许可证号", "document_number": "许可证号"},
        }
    )


def source(**options: Any) -> FileSource:
    return FileSource.model_validate({"kind": "file", "mapping": "x", "folder": "in", "pattern": "*"} | options)


def test_folder(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "2018").mkdir(parents=True)
    for name in ("b.csv", "2018/a.csv", "~$c.xlsx", ".hidden.csv", "Thumbs.db"):
        written(folder, name, HEAD + f"{name},1\n" + '"x"y,2\n')
    opened = open_rows("licences", source(), mapping(), base=tmp_path, since=None, pulled_at=PULLED)
    rows = list(one_by_one(opened))
    assert [type(row) for row in rows] == [RawRow, BrokenRow]
    assert (rows[1].origin.source, rows[1].origin.place, rows[1].origin.row) == ("licences", "b.csv", 3)
    assert (rows[1].text, rows[1].reason[:4]) == ('"x"y,2', "引号使用")
    deep = source(pattern="**/*.csv")
    found = open_rows("licences", deep, mapping(), base=tmp_path, since=None, pulled_at=PULLED)
    assert [row.origin.place for row in one_by_one(found) if isinstance(row, RawRow)] == ["2018/a.csv", "b.csv"]
    said = "2 个文件（a.csv、b.csv），a.csv 数据从第 2 行开始，对照文件认得其中 2 个字段"
    assert probe("licences", deep, mapping(), base=tmp_path) == said


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"folder": "nowhere"}, "找不到文件夹 nowhere"),
        ({"pattern": "*.xlsx"}, r"没有符合 \*\.xlsx 的文件"),
        ({"pattern": "/etc/*"}, "pattern 写法不对"),
        ({"pattern": ""}, "pattern 写法不对"),
    ],
)
def test_no_file(tmp_path: Path, options: dict[str, str], reason: str) -> None:
    (tmp_path / "in").mkdir()
    written(tmp_path / "in", "a.csv", HEAD)
    with pytest.raises(SourceError, match=f"licences：.*{reason}"):
        list(open_rows("licences", source(**options), mapping(), base=tmp_path, since=None, pulled_at=PULLED))
    with pytest.raises(SourceError, match=reason):
        probe("licences", source(**options), mapping(), base=tmp_path)


@pytest.mark.parametrize("pattern", ["*/*.csv", "**/*.csv"])
def test_a_folder_that_cannot_be_read_is_no_empty_one(powerless_folder: Path, pattern: str) -> None:
    """Its entries would be taken for removed, and whoever is among them would be cleared."""
    for name in ("anqing", "bengbu", "lost+found"):
        (powerless_folder / "in" / name).mkdir(parents=True)
        written(powerless_folder / "in" / name, "a.csv", HEAD + f"{name},1\n")
    found = source(pattern=pattern)
    (powerless_folder / "in/lost+found").chmod(0)
    assert len(files(found, powerless_folder)) == 2
    (powerless_folder / "in/bengbu").chmod(0)
    with pytest.raises(SourceError, match="in/bengbu 读不了：没有权限（检查权限"):
        files(found, powerless_folder)
    assert len(files(source(pattern="anqing/*"), powerless_folder)) == 1  # nothing of it is asked for
    (powerless_folder / "in").chmod(0)
    with pytest.raises(SourceError, match="in 读不了"):
        files(source(), powerless_folder)


@pytest.mark.parametrize(("link", "pattern"), [("a.csv", "*.csv"), ("bengbu", "*/*.csv")])
def test_a_link_to_a_share_that_is_gone_is_no_missing_file(tmp_path: Path, link: str, pattern: str) -> None:
    (tmp_path / "in/anqing").mkdir(parents=True)
    for name in ("b.csv", "anqing/b.csv"):
        written(tmp_path / "in", name, HEAD)
    (tmp_path / "in/notes.csv.old").symlink_to("/nowhere/notes")
    assert len(files(source(pattern="*.csv"), tmp_path)) == 1
    (tmp_path / "in/notes.csv.old").unlink()
    (tmp_path / "in" / link).symlink_to("/nowhere/share")
    with pytest.raises(SourceError, match=f"in/{link} 是链接，它所指的不在（检查共享盘是否已挂载"):
        files(source(pattern=pattern), tmp_path)


def test_a_folder_whose_tables_lack_a_column_that_every_record_needs(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    written(tmp_path / "in", "a.csv", HEAD.replace("单位名称", "单位（全称）") + "甲,1\n")
    told = r"licences：1 个文件.*其中没有 名称（单位名称）"
    with pytest.raises(SourceError, match=told):
        probe("licences", source(), mapping(), base=tmp_path)


def test_a_folder_whose_tables_lack_all_that_tells_records_apart(tmp_path: Path) -> None:
    """Every row would end in quarantine."""
    (tmp_path / "in").mkdir()
    written(tmp_path / "in", "a.csv", "单位名称,文号\n甲,1\n")
    fields = {"name": "单位名称", "document_number": "文号"}
    made = {"title": "许可", "record": "licence", "fields": fields, "constants": {"decided_on": "2018-11-30"}}
    for key in (["licence_number"], ["licence_number", "uscc"]):
        with pytest.raises(SourceError, match=r"其中没有 .*许可编号（对照文件没有写）"):
            probe("licences", source(), SourceMapping.model_validate(made | {"key": key}), base=tmp_path)
    for key in (["licence_number", "document_number"], ["licence_number", "decided_on"]):
        assert "认得其中 2 个" in probe(
            "licences", source(), SourceMapping.model_validate(made | {"key": key}), base=tmp_path
        )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [("说明.docx", b"PK", "说明.docx 的格式不认识.*pattern"), ("z.csv", b"", "z.csv 是空文件")],
)
def test_a_file_that_the_night_would_stumble_over_is_told_beforehand(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    (tmp_path / "in").mkdir()
    written(tmp_path / "in", "a.csv", HEAD + "甲,1\n")
    (tmp_path / "in" / name).write_bytes(content)
    with pytest.raises(SourceError, match=told):
        probe("licences", source(), mapping(), base=tmp_path)


def test_a_delta_of_nothing_but_removals_lacks_no_column(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    written(tmp_path / "in", "a.csv", "许可证号,状态\n1,删除\n2,删除\n")
    gone = mapping().model_copy(update={"removal": Removal.model_validate({"from": "状态", "values": ["删除"]})})
    assert probe("licences", source(), gone, base=tmp_path).endswith("数据从第 2 行开始")


# --- anything

SUFFIXES = [*sorted(READERS), ".zip", ".csv.gz", ".xlsx.gz"]


def only_rows_or_source_error(path: Path, layout: Layout) -> None:
    try:
        for place, row, found in read_table(path, NAMES, layout=layout, max_bytes=MEGABYTE):
            assert place.startswith(path.name)
            assert row > 0
            assert isinstance(found, dict | Unread)
            assert (
                all(isinstance(name, str) for name in found) if isinstance(found, dict) else found.text is not None
            )
    except SourceError as error:
        assert path.name in str(error)


wild = st.binary(max_size=400) | st.text(alphabet='单位名称许可证号,\t;|"\n\r 甲x\ufeff\0', max_size=200).map(
    lambda text: (HEAD + text).encode()
)


@settings(max_examples=300)
@given(st.sampled_from(SUFFIXES), wild, st.sampled_from([Layout(), Layout(rows="a.b"), Layout(header_rows=2)]))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, suffix: str, content: bytes, layout: Layout) -> None:
    path = tmp_path_factory.getbasetemp() / f"wild{suffix}"
    path.write_bytes(content)
    only_rows_or_source_error(path, layout)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Files to damage, made once: their making depends on the clock."""
    return {
        ".xlsx": workbook([["单位名称", "许可证号"], ["甲", 1]]),
        ".xls": xls(tmp_path_factory.mktemp("sound")).read_bytes(),
        ".zip": zipped({"a.csv": HEAD.encode() + b"1,2\n"}),
        ".csv.gz": gzip.compress(HEAD.encode() + b"1,2\n"),
        ".xml": b"<l><r><a>1</a><b x='y'>2</b></r><r/></l>",
        ".json": b'[{"a": {"b": [1, "\\ud800"]}}, {"c": 1e999}]',
    }


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_files(
    sound: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    suffix = data.draw(st.sampled_from(sorted(sound)))
    content = bytearray(sound[suffix])
    last = len(content) - 1
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, last), st.integers(0, 255)), max_size=4)):
        content[place] = byte
    end = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    path = tmp_path_factory.getbasetemp() / f"damaged{suffix}"
    path.write_bytes(bytes(content[:end]))
    only_rows_or_source_error(path, Layout())


cell_text = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=8)


@given(st.lists(st.tuples(cell_text, cell_text), max_size=8), st.sampled_from(["utf-8-sig", "gb18030", "utf-16"]))
def test_csv_returns_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], encoding: str
) -> None:
    quoted = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in rows)
    path = tmp_path_factory.getbasetemp() / "round.csv"
    path.write_bytes((HEAD + quoted).encode(encoding))
    expected = [(number, row) for number, row in enumerate(rows, 2) if "".join(row).strip()]
    found = [(number, tuple(row.values())) for _, number, row in read_table(path, NAMES, max_bytes=MEGABYTE)]
    assert found == expected
