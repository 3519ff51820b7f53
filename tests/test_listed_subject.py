"""Whose entries are one listed subject: a conclusion on one of its cases holds for the others, so nobody else's may join."""

import pytest

from credit_sync.screening.listed_subject import listed_numbers, listed_subject
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind
from credit_sync.subjects.subject import Subject

PERSON, ORGANISATION = SubjectKind.PERSON, SubjectKind.ORGANISATION
ID, OTHER_ID = "340100190001040017", "340100190001040033"
SHOWN = "3401001900****0017"
USCC, CODE = "91340000123456788F", "123456788"
CITIZEN, PASSPORT = IdentifierKind.CITIZEN_ID, IdentifierKind.PASSPORT


def person(name: str, *numbers: str, kind: IdentifierKind = CITIZEN, valid: bool = True) -> Subject:
    return Subject(kind=PERSON, name=name, identifiers=tuple(Identifier(kind, value, valid) for value in numbers))


def firm(
    name: str, number: str = "", kind: IdentifierKind = IdentifierKind.USCC, *, valid: bool = True
) -> Subject:
    found = (Identifier(kind, number, valid),) if number else ()
    return Subject(kind=ORGANISATION, name=name, identifiers=found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # a full and valid number of its own decides, however the name is written
        (person("屈怀瑾", ID), person("屈槐瑾", ID)),
        (person("屈怀瑾", ID, OTHER_ID), person("屈怀瑾", OTHER_ID, ID)),
        (person("屈怀瑾", ID, SHOWN), person("屈怀瑾", ID)),
        (firm("合肥华星商贸有限公司", USCC), firm("合肥华星", CODE, IdentifierKind.ORGANISATION_CODE)),
        # without one name and numbers do together
        (person("屈懷瑾", SHOWN), person("屈怀瑾", SHOWN)),
        (person("买买提·吐尔逊", SHOWN), person("买买提•吐尔逊", SHOWN)),
        (person("屈怀瑾"), person("屈 怀瑾")),
        (firm("合肥華星商貿有限公司"), firm("合肥华星商贸有限公司")),
    ],
)
def test_one_subject_however_it_is_written(one: Subject, other: Subject) -> None:
    assert listed_subject(one) == listed_subject(other)
    assert len(set(listed_numbers([one, other]).tolist())) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person("屈怀瑾", ID), person("屈怀瑾", OTHER_ID)),
        (firm("合肥华星商贸有限公司", USCC), firm("合肥华星商贸有限公司", "91340000223456788F")),
        # a mask, a wrong number and a document that changes with the book say too little without the name
        (person("屈怀瑾", SHOWN), person("张伟", SHOWN)),
        (person("屈怀瑾", ID[:-1] + "8", valid=False), person("张伟", ID[:-1] + "8", valid=False)),
        (person("屈怀瑾", "E12345678", kind=PASSPORT), person("张伟", "E12345678", kind=PASSPORT)),
        (firm("合肥华星商贸有限公司", "9134000012****788F"), firm("芜湖天一农业有限公司", "9134000012****788F")),
        (
            firm("合肥华星商贸有限公司", "110108000000016", IdentifierKind.REGISTRATION_NUMBER),
            firm("芜湖天一农业有限公司", "110108000000016", IdentifierKind.REGISTRATION_NUMBER),
        ),
        # the name alone says too little beside other numbers
        (person("屈怀瑾", SHOWN), person("屈怀瑾", "3401001901****0017")),
        (person("屈怀瑾", SHOWN), person("屈怀瑾")),
        # two traders of one owner, and the owner
        (firm("舒城县老张烧烤店", ID, CITIZEN), firm("舒城县老张粮油店", ID, CITIZEN)),
        (firm("屈怀瑾", ID, CITIZEN), person("屈怀瑾", ID)),
        (firm("屈怀瑾"), person("屈怀瑾")),
    ],
)
def test_two_subjects_stay_two(one: Subject, other: Subject) -> None:
    assert listed_subject(one) != listed_subject(other)
    assert len(set(listed_numbers([one, other]).tolist())) == 2
