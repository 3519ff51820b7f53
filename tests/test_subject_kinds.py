"""What tells a person from an organisation where a source does not say it: whoever is mistaken meets none of his listings."""

from datetime import date
from typing import Any

import pytest

from credit_sync.sources.subject_reading import Given, derive_kind, is_number, kinds_by_name, read_subject, several
from credit_sync.subjects.identifiers import IdentifierKind, SubjectKind

PERSON, ORGANISATION = SubjectKind.PERSON, SubjectKind.ORGANISATION
ID, USCC = "340100190001040017", "91340000123456788F"


def given(name: str = "", numbers: dict[str, str] | None = None, **values: Any) -> Given:
    return Given({"name": name, **values}, numbers or {}, date(2026, 11, 1))


@pytest.mark.parametrize(
    "said",
    [{"sex": "male"}, {"age": 40}, {"birth_date": date(1904, 3, 12)}, {"birth_year": 1904}],
)
def test_only_a_person_has_sex_age_and_birth(said: dict[str, Any]) -> None:
    assert derive_kind("艾力亚尔吐尔洪江阿不都拉", given(**said)) is PERSON
    assert derive_kind("合肥华星商贸有限公司", given(**said)) is PERSON


def test_only_an_organisation_has_a_representative() -> None:
    assert derive_kind("华星", given(legal_representative="张伟")) is ORGANISATION


@pytest.mark.parametrize(
    ("name", "field", "number", "kind"),
    [
        # what the number alone proves
        ("华星", "identifier", USCC, ORGANISATION),
        ("上海大众", "identifier", "9134000012****788F", ORGANISATION),
        ("华星农业", "identifier", "123400001234******", ORGANISATION),
        ("合肥华星", "identifier", ID, PERSON),
        ("欧阳上官司马", "identifier", "3401001900****0017", PERSON),
        ("欧阳上官司马", "identifier", "3401001800****0017", PERSON),
        ("欧阳上官司马", "identifier", "3401002000****0017", PERSON),
        ("欧阳上官司马", "identifier", "3401001900****OO17", PERSON),  # O for 0
        ("屈怀瑾", "identifier", "34O1001900****001X", PERSON),
        ("欧阳上官司马", "uscc", ID, PERSON),  # a person's number in the column for codes
        # nine places: an organisation's, but for a traveller's
        ("华星", "identifier", "123456788", ORGANISATION),
        ("华星", "identifier", "123456789", ORGANISATION),
        ("JOHN SMITH", "identifier", "123456789", PERSON),
        ("JOHN SMITH", "identifier", "123456788", ORGANISATION),
        ("华星", "identifier", "E12345678", PERSON),
        ("华星", "identifier", "E1234****", PERSON),
        ("华星", "identifier", "H12345678", PERSON),
        # where the number leaves it open the column tells, and then the name
        ("华星", "registration_number", "110108000000016", ORGANISATION),
        ("合肥华星农业", "citizen_id", "军字第1234567号", PERSON),
        ("华星", "identifier", "340100********0017", PERSON),
        ("合肥华星公司", "identifier", "340100********0017", ORGANISATION),
        ("合肥华星公司", "identifier", "", ORGANISATION),
        ("华星", "uscc", "无", PERSON),
    ],
)
def test_a_number_tells_whose_it_is(name: str, field: str, number: str, kind: SubjectKind) -> None:
    assert derive_kind(name, given(name, {field: number})) is kind


def test_a_persons_number_in_the_column_for_codes_is_his() -> None:
    found = read_subject(given("屈怀瑾", {"uscc": ID}, sex="male")).subject
    assert [number.kind for number in found.identifiers] == [IdentifierKind.CITIZEN_ID]
    found = read_subject(given("合肥华星商贸有限公司", {"uscc": USCC})).subject
    assert [number.kind for number in found.identifiers] == [IdentifierKind.USCC]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (ID, True),
        ("34010019000104001X", True),
        ("１２３４５６７８", True),
        ("3401001900****0017", True),
        ("1234567", False),
        ("合肥第12345678号公司", False),
        ("E123456789012", False),
    ],
)
def test_a_number_in_the_place_of_a_name(name: str, number: bool) -> None:
    assert is_number(name) is number


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        (f"{ID}、{USCC}", [ID, USCC]),
        (f"{ID} {USCC}", [ID, USCC]),
        (f"{ID}（{USCC}）", [ID, USCC]),
        ("340100 19000104 0017", ["340100 19000104 0017"]),
        ("12345678，87654321", ["12345678", "87654321"]),
        ("12345678/87654321", ["12345678/87654321"]),  # neither is whole
        (f"{ID}、无", [f"{ID}、无"]),
    ],
)
def test_several_numbers_in_a_cell(cell: str, numbers: list[str]) -> None:
    assert several(cell) == numbers


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("屈怀瑾（已故）", PERSON),
        ("屈煜珩（又名屈怀瑾）", PERSON),
        ("屈怀瑾（男，汉族，1901年1月4日出生）", PERSON),
        ("阚文远 屈怀瑾", PERSON),
        ("阚文远(夫)屈怀瑾(妻)", PERSON),
        ("买买提-吐尔逊", PERSON),
        ("买买提。吐尔逊", PERSON),
        ("宏晟（男装）批发城", ORGANISATION),
        ("宏晟（合肥）科技", ORGANISATION),
        ("江淮汽车", ORGANISATION),
        ("海螺水泥", ORGANISATION),
        ("欧阳建设", PERSON),
        ("欧阳能源", PERSON),  # a trade is no given name, but two surnames are
        ("陈刘思远", PERSON),
    ],
)
def test_a_list_without_a_column_for_the_kind_leaves_it_to_the_name(name: str, kind: SubjectKind) -> None:
    assert derive_kind(name, given(name)) is kind


@pytest.mark.parametrize("name", ["屈（" + "1" * 100_000, "屈" + "[1" * 50_000, "屈" + "[" * 100_000])
def test_a_name_that_a_damaged_file_has_run_on_is_looked_through_in_time(name: str) -> None:
    """An open quote makes one cell of thousands of rows; the night would not end before it is read."""
    assert kinds_by_name(name) == (ORGANISATION, PERSON)
