"""Names folded to one way of writing: what is skipped where a name shows nothing to fold changes nothing."""

import re

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_sync.subjects.person_names import fold_person_name, sound, syllables
from credit_sync.subjects.writing import folded, folded_by_rule, is_folded

IN_WORDS = ["瞭解", "破釜沈舟", "答覆", "英哩", "藉口", "衹得", "土坏", "復甦", "么麼", "明瞭"]
ALONE = ["沈陽", "顛覆", "慰藉", "壞", "甦"]
CHARACTERS = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)


def converted(text: str) -> str:
    return str(opencc.OpenCC("t2s").convert(text)).replace("乾", "干")


@pytest.mark.parametrize("word", [*IN_WORDS, *ALONE])
def test_characters_that_opencc_changes_in_some_words_only(word: str) -> None:
    assert folded(f"合肥{word}商贸") == converted(f"合肥{word}商贸")


@given(st.text(CHARACTERS, min_size=1, max_size=6))
def test_any_name_is_simplified_as_opencc_does(name: str) -> None:
    assert folded(name) == converted(name)


@given(
    st.text(
        CHARACTERS | st.sampled_from("A9a 乾·（Ａé\u0301한\u1100\u1161\ue000\U00020000") | st.characters(),
        max_size=6,
    )
)
def test_a_name_that_is_left_alone_has_nothing_to_fold(name: str) -> None:
    assert folded(name) == folded_by_rule(name)
    if is_folded(name):
        alone = fold_person_name(name)
        assert alone == fold_person_name(f"{name}·")
        assert alone == name or re.search("[A-Z]", name)  # letters among characters stand for one


def test_a_name_longer_than_names_are_is_cut() -> None:
    assert folded("合" * 201) == fold_person_name("合" * 201) == "合" * 200


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("买买提・吐尔逊", "买买提吐尔逊"),
        ("张□", "张?"),
        ("王●喆", "王○喆"),
        ("张●●", "张○○"),
        ("欧阳●竹", "欧阳○竹"),
        ("买买提●吐尔逊", "买买提吐尔逊"),
        ("●张伟", "张伟"),
        ("張偉", "张伟"),
        ("O'Neil", "ONEIL"),
        ("张伟【原名张卫】", "张伟"),
        ("张XX", "张**"),
        ("张（龙天）远", "张?远"),
        ("刘（女洁）", "刘?"),
        ("刘（男）", "刘"),
        ("王??喆", "王?喆"),
        ("1.屈怀瑾", "屈怀瑾"),
        ("①屈怀瑾；", "屈怀瑾"),
        ("原审被告人屈怀瑾", "屈怀瑾"),
        ("屈怀瑾，3401001900****0017", "屈怀瑾"),
        ("Prof. Qu Huaijin", "QUHUAIJIN"),
        ("合肥（安徽）实验动物", "合肥实验动物"),
    ],
)
def test_a_persons_name_loses_its_marks(written: str, name: str) -> None:
    assert fold_person_name(written) == name


def test_what_has_no_reading_stands_for_itself() -> None:
    assert syllables("张A?") == ["zhang", "A", "?"]
    assert sound("张伟") == sound("章卫")
