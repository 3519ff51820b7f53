"""Delimited text whose rows are given many at once: just what csv alone makes of it, row by row."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credit_sync.errors import SourceError
from credit_sync.sources.formats import MisjudgedError, delimited, explained, read_at_once, read_table, text
from credit_sync.sources.formats.documents import open_documents
from credit_sync.sources.formats.rows import Uneven
from credit_sync.sources.mapping import Layout
from credit_sync.sources.rows import END, TextRows
from credit_sync.store.unread_rows import MOST_TEXTS

NAMES = frozenset(["名", "号"])
MEGABYTE = 2**20
HEAD = "名,号\n"


def by_csv(path: Path) -> Iterator[Any]:
    """Every row by itself, every line read by csv."""
    with explained(path.name):
        for document in open_documents(path, MEGABYTE, frozenset([".csv"])):
            dialect, _ = delimited.recognise(document, NAMES, Layout())
            assert dialect.header is not None
            table = delimited.table_of(document.place, dialect.header, dialect.encoding)
            for number, cells in islice(delimited.records(document, dialect), dialect.header.row + 1, None):
                if (values := table.values(cells)) is not None:
                    yield document.place, number, values


def to_its_end(rows: Callable[[], Iterator[Any]]) -> list[Any]:
    """The rows, and the error that they end with."""
    found: list[Any] = []
    try:
        for place, number, values in rows():
            found.append((place, number, values, getattr(values, "text", "")))
    except SourceError as error:
        found.append(str(error))
    return found


cell = st.text(alphabet='甲x ,"\t;|\n\r\0\x1f\u2028', max_size=5)
line = st.lists(cell, max_size=4).map(",".join) | st.sampled_from(
    ["甲,1", "乙,2", '"丙",3', '"丁\n丁",4', '"戊"己",5']
)
head = st.sampled_from(
    [HEAD, "名,号,\n", "名,号,名\n", "名,名,名_2,号\r\n", '"名","号"\r', "台账\n\n名,号,注\n", "名;号\n"]
)
lines = st.builds(
    lambda top, rows, end: top + end.join(rows),
    head,
    st.lists(line, max_size=9),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
damaged = st.builds(
    lambda text, byte, at: text.encode()[:at] + byte + text.encode()[at:],
    lines.map(lambda text: text + "甲,1\n" * 2000),
    st.sampled_from([b"\xff", b"\x80"]),
    st.integers(20, 60),
)


@given(
    lines.map(str.encode) | lines.map(lambda text: text.encode("gb18030")) | damaged,
    st.integers(1, 9) | st.just(delimited._AT_ONCE),
)
@example(
    (HEAD + "甲," + "长" * 131_072 + "\n乙,2\n" + "丙," + "长" * 131_073 + "\n丁,4").encode(), delimited._AT_ONCE
)
@example((HEAD + "甲,1\n" * 250 + '"乙,2\n').encode(), delimited._AT_ONCE)
@example("名,号\r\n甲,1\r\n乙,2\r\n".encode(), 4)
def test_rows_are_those_of_csv(tmp_path_factory: pytest.TempPathFactory, content: bytes, characters: int) -> None:
    """Wherever the pieces end that the text is read by: a line end of two characters may be torn apart."""
    path = tmp_path_factory.getbasetemp() / "wild.csv"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_AT_ONCE", characters)
        rows = to_its_end(lambda: read_table(path, NAMES, max_bytes=MEGABYTE))
    assert rows == to_its_end(lambda: by_csv(path))


def test_ordinary_rows_come_many_at_once_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + "甲,1\n" * 150 + "乙\n" + '丙,"3"\n' * 2, encoding="utf-8")
    found = [(row, values) for _, row, values in read_at_once(path, NAMES, max_bytes=MEGABYTE)]
    assert [(row, len(values)) for row, values in found if isinstance(values, TextRows)] == [
        (2, 150),
        (153, 2),
    ]
    assert [(row, values) for row, values in found if not isinstance(values, TextRows)] == [(152, {"名": "乙"})]


def chinese(encoding: str, rows: int = 70_000) -> bytes:
    """A text whose beginning tells the encoding, and is not all of it."""
    return (HEAD + "".join(f"单位{n},{n}\n" for n in range(rows))).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_long_text_is_opened_once_where_its_beginning_tells_the_encoding(
    tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(chinese(encoding))
    sure = list(read_at_once(path, NAMES, max_bytes=4 * MEGABYTE))
    monkeypatch.setattr(text, "detect", lambda *_: pytest.fail("read twice"))
    assert list(read_at_once(path, NAMES, max_bytes=4 * MEGABYTE, presume=True)) == sure


@pytest.mark.parametrize(
    "content",
    [
        chinese("utf-8") + b"\xff,7\n",
        chinese("gb18030") + b"\xff,7\n",
        (HEAD + "\u00e9,1\n" + "x,1\n" * 300_000).encode() + "甲,2\n".encode("gb18030") * 2000,
        chinese("utf-8") + chinese("gb18030"),
        chinese("utf-16") + b"\x00",
        chinese("utf-8") + '"甲,1\n'.encode(),
    ],
)
def test_what_cannot_be_read_as_its_beginning_says_is_to_be_read_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(MisjudgedError):
        list(read_at_once(path, NAMES, max_bytes=4 * MEGABYTE, presume=True))


def test_where_the_beginning_tells_nothing_all_is_read_first(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"x,y\n" * 600_000 + "甲,乙\n".encode("gb18030"))
    *_, (_, _, last) = read_at_once(path, frozenset("ab"), max_bytes=4 * MEGABYTE, presume=True)
    assert isinstance(last, TextRows)
    assert last.texts[-1] == END.join("甲乙")


@pytest.mark.parametrize(
    "content",
    [
        "名,号,\n" + "甲,1,\n" * 3,
        "号,名,号\n" + "0,甲,1\n" * 3,
        HEAD + '"甲","1"\n' * 3,
        (HEAD + "甲,1\n" * 3).encode() + b"\xff,2\n" + b" ,\n" * 1000,
    ],
)
def test_rows_that_are_alike_in_the_end_come_at_once(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (_, row, found), *_ = read_at_once(path, NAMES, max_bytes=MEGABYTE)
    assert isinstance(found, TextRows)
    assert (row, len(found)) == (2, 3)


@pytest.mark.parametrize("line", ["甲,1,\n", "甲\n"])
def test_rows_that_are_wider_or_shorter_than_the_titles_come_one_by_one_while_they_are_few(
    tmp_path: Path, line: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + line * (MOST_TEXTS + 2), encoding="utf-8")
    found = [values for _, _, values in read_at_once(path, NAMES, max_bytes=MEGABYTE)]
    assert [type(values) for values in found[:MOST_TEXTS]] == [Uneven] * MOST_TEXTS
    assert not any(isinstance(values, Uneven) for values in found[MOST_TEXTS:])
