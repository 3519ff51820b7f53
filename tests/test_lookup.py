"""Looking one subject up: what is not comparable as it was asked clears nobody."""

from datetime import date

import pytest

from credit_sync.desk.subject_answer import answer_view
from credit_sync.lookup import Answer, ground, look_up, subject_asked_for
from credit_sync.records import RecordKind
from credit_sync.reporting.answer import answer_text
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index_files import open_index
from credit_sync.screening.measures import load_measures
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from tests.report_night import FIRST, Night, case, empty_night, organisation, person, person_number, zxgk

SCALES = Scales(load_weights(), reference())
NUMBER, OTHER = person_number("340103", "19040312", 117), person_number("340221", "19110705", 226)
DOTTED, UNIVERSITY = "艾力亚尔·吐尔洪", "中国科学技术大学"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    night = empty_night(tmp_path_factory.mktemp("lookup"))
    night.begin(FIRST)
    listed = [person("屈怀瑾", zxgk(NUMBER)), person(DOTTED, zxgk(OTHER)), organisation(UNIVERSITY, 71)]
    night.add(FIRST, [case(subject, f"（2018）皖01执{n}号") for n, subject in enumerate(listed)])
    night.version(FIRST, "debtors", 1, pulled=3, added=3, live=3)
    night.version(FIRST, "abnormal", 1, pulled=1, added=1, live=1)
    night.screen(FIRST)
    return night


def answer(night: Night, name: str = "", code: str = "", number: str = "") -> Answer:
    subject = subject_asked_for(name, code, number, date(2018, 12, 3))
    with night.engine.connect() as connection:
        index = open_index(connection, night.settings.path(night.settings.store.index))
        return look_up(connection, subject, ground(connection, night.settings, FIRST.as_of, index))


def listed(found: Answer) -> list[str]:
    return [f.record.subject.name for f in found.found if f.kind is RecordKind.LISTING]


def test_a_number_alone_finds_the_entry_that_hides_a_part_of_it(night: Night) -> None:
    found = answer(night, number=NUMBER)
    assert (found.verdict, listed(found)) == (Verdict.UNVERIFIABLE, ["屈怀瑾"])
    assert "可能就是所写的这个" in found.reason
    assert answer(night, "屈怀瑾", number=NUMBER).verdict is Verdict.CONFIRMED
    assert listed(answer(night, number=OTHER)) == [DOTTED]


@pytest.mark.parametrize(
    "number", [person_number("340103", "19040313", 117), zxgk(NUMBER), NUMBER[:-1] + "A", "12345"]
)
def test_a_number_alone_clears_nobody(night: Night, number: str) -> None:
    found = answer(night, number=number)
    assert (found.verdict, "连同名称或姓名" in found.reason) == (Verdict.UNVERIFIABLE, True)


@pytest.mark.parametrize(
    ("name", "code", "number", "told"),
    [
        ("欧阳无此人", "", f"{NUMBER[:-1]}9", True),
        ("欧阳无此人", "", NUMBER[:-2], True),
        ("合肥无此有限公司", "ABC", "", True),
        ("欧阳无此人", "", NUMBER, False),
        ("欧阳无此人", "", zxgk(NUMBER), False),
        ("欧阳无此人", "", "", False),
    ],
)
def test_a_number_that_is_none_is_told_for_it_finds_nothing(
    night: Night, name: str, code: str, number: str, told: bool
) -> None:
    found = answer(night, name, code=code, number=number)
    assert found.verdict is Verdict.CLEAR
    text = answer_text(found, load_measures(), date(2018, 12, 3))
    view = answer_view(found, load_measures(), date(2018, 12, 3))
    assert ("注意：" in text, len(view.doubts)) == (told, int(told))
    assert not number or number == zxgk(NUMBER) or number not in text + str(view)


@pytest.mark.parametrize("name", ["屈怀*", "屈某某", "屈", "***有限公司", "—", "屈怀瑾13912345678"])
def test_a_name_that_meets_nothing_clears_nobody(night: Night, name: str) -> None:
    found = answer(night, name)
    assert (found.verdict, listed(found)) == (Verdict.UNVERIFIABLE, [])
    assert found.reason


def test_what_is_pasted_is_read_as_a_source_writes_it(night: Night) -> None:
    assert listed(answer(night, "&#23624;怀瑾")) == ["屈怀瑾"]
    found = answer(night, "屈怀瑾", number=f"E12345678/{NUMBER}")
    assert (found.verdict, len(found.subject.identifiers)) == (Verdict.CONFIRMED, 2)


def test_a_name_that_may_be_of_either_kind_is_asked_as_both(night: Night) -> None:
    assert listed(answer(night, DOTTED.replace("·", ""))) == [DOTTED]
    assert listed(answer(night, "中科大")) == [UNIVERSITY]
    assert listed(answer(night, UNIVERSITY, number=NUMBER)) == [UNIVERSITY], "the number in the wrong field"


def test_a_whole_name_that_nobody_listed_bears_is_clear(night: Night) -> None:
    for name in ("无名氏", "合肥瀚云精密传动有限公司", "李生"):
        assert (answer(night, name).verdict, answer(night, name).reason) == (Verdict.CLEAR, "")
