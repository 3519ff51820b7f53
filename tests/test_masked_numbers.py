"""Readings of masked numbers: what is remembered of a shape says of every number what the rule says of it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credit_sync.screening.numbers import numbers_of, numbers_of_all, patterns, readings_by_rule
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind, masked
from credit_sync.subjects.subject import Subject

KINDS = st.sampled_from(IdentifierKind)
ORDINARY = st.text("0123456789X*", min_size=6, max_size=20)
ONE_RUN = st.builds(
    lambda first, hidden, last: first + "*" * hidden + last,
    st.text("019AX", max_size=15),
    st.integers(1, 12),
    st.text("019AX", max_size=9),
)
ANY = st.text(st.sampled_from("09AZaé张*?\U00020000") | st.characters(), max_size=45)


@pytest.mark.parametrize(
    ("kind", "written", "readings"),
    [
        # whole as it stands; its one run shortened or lengthened, of a new number or an old one, which the new one
        # repeats around the century; two runs are left alone
        (IdentifierKind.CITIZEN_ID, "3401001900****0017", {"3401001900****0017"}),
        (IdentifierKind.CITIZEN_ID, "340100********0017", {"340100********0017"}),
        (
            IdentifierKind.CITIZEN_ID,
            "340100**4001",
            {"340100********4001", "340100*****4001", "340100*******4001*"},
        ),
        (
            IdentifierKind.CITIZEN_ID,
            "340100**********4001",
            {"340100********4001", "340100*****4001", "340100*******4001*"},
        ),
        (IdentifierKind.CITIZEN_ID, "340100190001**017", {"340100190001***017"}),  # too much for an old one
        (IdentifierKind.CITIZEN_ID, "34**00**0017", set()),
        # fifteen places: an old number, the new one with century and check digit around it, or a shortened new one
        (
            IdentifierKind.CITIZEN_ID,
            "340100*****4001",
            {"340100*****4001", "340100*******4001*", "340100********4001"},
        ),
        (IdentifierKind.FOREIGNER_ID, "911840********0017", {"911840********0017"}),
        (IdentifierKind.FOREIGNER_ID, "USA34010001****", {"USA34010001****"}),  # whole, as they were until 2023
        # of a USCC the organisation code inside as well, where four places of it show
        (IdentifierKind.USCC, "91340100MA2M******", {"91340100MA2M******", "MA2M*****"}),
        (IdentifierKind.USCC, "91340100MA2*******", {"91340100MA2*******"}),
        (IdentifierKind.USCC, "*1340100*********8", {"*1340100*********8"}),
        # shortened, or of as many places as an organisation code: one of either kind
        (IdentifierKind.USCC, "913401**88", {"913401**********88", "913401*88"}),
        (IdentifierKind.USCC, "91340100**8K", {"91340100********8K"}),
        (IdentifierKind.ORGANISATION_CODE, "1234****8", {"1234****8", "1234*************8"}),
        (IdentifierKind.ORGANISATION_CODE, "12*4*6**8", {"12*4*6**8"}),
        (IdentifierKind.REGISTRATION_NUMBER, "1101**0016", {"1101*******0016"}),
        (IdentifierKind.PASSPORT, "E123****8", {"E123****8"}),
        (IdentifierKind.TRAVEL_PERMIT, "H1234****", {"H1234****"}),
    ],
)
def test_a_masked_number_may_be_any_whole_one_that_it_shortens(
    kind: IdentifierKind, written: str, readings: set[str]
) -> None:
    assert set(readings_by_rule(kind, written)) == readings
    assert set(patterns(Identifier(kind, written))) == readings


@given(KINDS, ORDINARY | ONE_RUN | ANY)
def test_every_masked_number_is_read_as_the_rule_says(kind: IdentifierKind, value: str) -> None:
    assert patterns(Identifier(kind, value)) == readings_by_rule(kind, value)


@example(IdentifierKind.CITIZEN_ID, "3401111111***11", SubjectKind.PERSON)  # other places, the same digits
@given(KINDS, ORDINARY | ONE_RUN | ANY.map(lambda text: text + "*"), st.sampled_from(SubjectKind))
def test_what_a_masked_number_comes_to(kind: IdentifierKind, value: str, owner: SubjectKind) -> None:
    readings = readings_by_rule(kind, value) if "*" in value else []
    found = numbers_of(Subject(kind=owner, name="张伟", identifiers=(Identifier(kind, value),)))
    assert found.shapes == [masked.shape_of(reading) for reading in readings]
    if readings:
        assert found.keys == [f"masked:{reading}" for reading in readings]
    whole = [reading for reading in readings if len(reading) == 18]
    if owner is SubjectKind.PERSON and kind is IdentifierKind.CITIZEN_ID and whole:
        same = [place[0] if len(set(place)) == 1 else "*" for place in zip(*whole, strict=True)]
        assert found.only == "".join(same).encode()


def test_of_several_numbers_none_is_the_only_one() -> None:
    numbers = (Identifier(IdentifierKind.CITIZEN_ID, "3401001900****0017"),) * 2
    assert numbers_of(Subject(kind=SubjectKind.PERSON, name="张伟", identifiers=numbers)).only == b""
    assert numbers_of(Subject(kind=SubjectKind.PERSON, name="张伟", identifiers=numbers[:1])).only != b""


IDENTIFIERS = st.builds(Identifier, KINDS, ORDINARY | ONE_RUN | ANY | st.just("3401001900****0017"), st.booleans())
SUBJECTS = st.builds(
    Subject,
    kind=st.sampled_from(SubjectKind),
    name=st.just("张伟"),
    identifiers=st.lists(IDENTIFIERS, max_size=3).map(tuple),
)


TOO_LONG = Subject(
    kind=SubjectKind.PERSON,
    name="张伟",
    identifiers=(Identifier(IdentifierKind.CITIZEN_ID, "34010119000101***1234"),),
)


@example([TOO_LONG, TOO_LONG])
@given(st.lists(SUBJECTS, max_size=8))
def test_numbers_of_many_subjects_are_those_of_each(subjects: list[Subject]) -> None:
    found, expected = numbers_of_all(subjects), list(map(numbers_of, subjects))
    keys: list[set[str]] = [set() for _ in subjects]
    for key, place in zip(found.keys, found.whose, strict=True):
        keys[place].add(key)
    assert keys == [set(of_one.keys) for of_one in expected]
    assert found.shapes == {shape for of_one in expected for shape in of_one.shapes}
    assert list(map(tuple, found.whole)) == [tuple(of_one.whole) for of_one in expected]
    assert found.only == [of_one.only for of_one in expected]
