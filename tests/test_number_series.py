"""Gaps in consecutive document numbers."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_sync.errors import SettingsError
from credit_sync.publishing.number_series import Gap, Numbered, Series, gaps_in, load_series, series_years
from tests.publishing import MAPPINGS

ORGAN = "安徽省科学技术厅"
SHIPPED = {series.title: series for series in load_series(MAPPINGS)}
USE = SHIPPED["实验动物使用许可决定书"]
CASES = SHIPPED["专利行政执法决定书"]
PERMITS = SHIPPED["实验动物使用许可证号"]


@given(st.sets(st.integers(0, 300), min_size=1), st.integers(0, 300), st.integers(0, 300))
def test_gaps_and_known_numbers_make_up_the_whole(known: set[int], one: int, other: int) -> None:
    first, last = sorted((one, other))
    found = gaps_in(known, first, last)
    missing = [n for gap in found for n in range(gap.first, gap.last + 1)]
    assert sorted([*missing, *(known & set(range(first, last + 1)))]) == list(range(first, last + 1))
    assert all(a.last + 1 < b.first for a, b in pairwise(found))  # ranges do not touch
    assert sum(gap.count for gap in found) == len(missing)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("皖科动许用〔2018〕12号", (2018, 12)),
        ("皖科动许用［２０１８］ 012 号", (2018, 12)),
        (" 皖科动许用(2018)12号\n", (2018, 12)),
        ("皖科动许用【2018】12号", (2018, 12)),
        ("皖科动许产〔2018〕12号", None),
        ("皖科动许用〔2018〕12号附件", None),
        ("皖科动许用〔2018〕12345678901号", None),
        ("", None),
    ],
)
def test_how_a_number_is_read(text: str, expected: tuple[int, int] | None) -> None:
    assert USE.read(text) == expected


@given(st.text(max_size=40))
def test_any_text_is_read_or_is_none(text: str) -> None:
    for series in SHIPPED.values():
        series.read(text)
        series.read(series.written(2018, 7).replace("7", text, 1))


def numbered(*texts: str, organ: str = ORGAN, year: int = 2018) -> list[Numbered]:
    return [Numbered(organ, year, text, text) for text in texts]


def test_a_number_of_another_kind_of_decision_is_not_missing() -> None:
    found = numbered("皖知法处字〔2018〕1号", "皖知纠处字〔2018〕2号", "皖知法处字〔2018〕4号")
    (year,) = series_years([CASES], found)
    assert (year.first, year.last, year.gaps, year.missing_rate.value) == (1, 4, (Gap(3, 3),), 0.25)


def test_years_and_organs_are_counted_apart() -> None:
    found = [
        *numbered("皖科动许用〔2018〕2号", "皖科动许用〔2018〕3号"),
        *numbered("皖科动许用〔2017〕5号", year=2017),
        *numbered("皖科动许用〔2018〕2号", organ="合肥市科学技术局"),
    ]
    by_organ = {(one.organ, one.year): one.gaps for one in series_years([USE], found)}
    assert by_organ == {
        ("合肥市科学技术局", 2018): (Gap(1, 1),),
        (ORGAN, 2017): (Gap(1, 4),),
        (ORGAN, 2018): (Gap(1, 1),),
    }


def test_without_a_known_beginning_the_lowest_number_is_it() -> None:
    (year,) = series_years([PERMITS], numbered("SYXK(皖)2018-007", "SYXK（皖）2018-010"))
    assert (year.first, year.gaps, PERMITS.written(2018, 8)) == (7, (Gap(8, 9),), "SYXK(皖)2018-008")


def test_a_change_to_an_older_licence_tells_nothing_about_its_year() -> None:
    found = [*numbered("SYXK(皖)2018-001", "SYXK(皖)2018-003"), *numbered("SYXK(皖)2015-090")]
    assert [year.year for year in series_years([PERMITS], found)] == [2018]
    changed = [*found, *numbered("SYXK(皖)2018-002", year=2019)]  # but the number is in use
    assert [year.gaps for year in series_years([PERMITS], changed)] == [()]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"pattern": "("}, "正则表达式有误（第 1 个字符处）"),
        ({"pattern": r"皖(?P<year>\d+)"}, "要有"),
        ({"write": "{month}"}, "只能用"),
        ({"field": "note"}, "只能是"),
    ],
)
def test_unusable_series_are_named(tmp_path: Path, changes: dict[str, str], complaint: str) -> None:
    content = {
        "title": "甲",
        "field": "document_number",
        "pattern": r"(?P<year>\d+)-(?P<number>\d+)",
        "write": "{year}",
    }
    lines = "\n".join(f"{key} = '{value}'" for key, value in (content | changes).items())
    (tmp_path / "credit_anhui").mkdir()
    (tmp_path / "credit_anhui" / "series.toml").write_text(f"[[series]]\n{lines}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=complaint):
        load_series(tmp_path)


def test_a_pattern_that_finds_no_digits_reads_nothing() -> None:
    odd = Series(title="甲", field="document_number", pattern="(?P<year>.)?(?P<number>.*)", write="{number}")
    assert odd.read("") is None
    assert odd.read("字号") is None
