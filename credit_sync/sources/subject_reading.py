"""The subject of a row: its kind where the source does not say it, its identifiers, former names, and what
contradicts itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from credit_sync.sources import words
from credit_sync.sources.values import names_of
from credit_sync.subjects.identifiers import (
    Identifier,
    IdentifierKind,
    SubjectKind,
    citizen_id,
    foreign,
    masked,
    organisation_code,
    recognise,
    uscc,
)
from credit_sync.subjects.identifiers.folding import MASK, fold, fold_look_alikes, unify_masks, without_label
from credit_sync.subjects.person_names import in_other_scripts, name_alone, persons_together
from credit_sync.subjects.subject import Sex, Subject
from credit_sync.subjects.writing import OTHER_NAME_WORDS

OWNERS = {
    "uscc": SubjectKind.ORGANISATION,
    "organisation_code": SubjectKind.ORGANISATION,
    "registration_number": SubjectKind.ORGANISATION,
    "citizen_id": SubjectKind.PERSON,
    "identifier": None,
}
"""Whose number a field holds; None: the row's subject's."""

_FORMER = re.compile(
    r"\s*[（(〔\[]\s*(?:原名称?|曾用名称?|更名前|旧名|(?P<just>原))\s*[:：为]?\s*"
    r"(?P<names>(?:[^（）()〔〕\[\]]|[（(][^（）()]*[)）])+)[）)〕\]]"
)
_LEAST_FORMER = 4
"""A name after a mere 原 is at least so long, for （原料） is no former name."""

_SHAPES = words.KIND_BY_NAME
_ORGANISATION_SHAPE = re.compile(
    rf"{'|'.join(_SHAPES.organisation)}|..[局厅厂院所店]$|[一二三四五六七八九十]中$|\b(?:{'|'.join(_SHAPES.organisation_in_english)})\b",
    re.IGNORECASE,
)
_LONGEST_PERSON_NAME = 4
_TRANSLITERATED = re.compile(f"[{_SHAPES.transliterated}]{{5,15}}")
_MONGOLIAN = re.compile(f"[{_SHAPES.mongolian}]{{5,9}}")
_LEFT_OUT = re.compile("[?？*＊□\ufffd]")
_OF_A_PERSON = re.compile(
    r"[（(\[【〔](?:[A-Za-z .,'-]+|[^（）()0-9]{0,99}[0-9][^（）()]{0,99}[0-9*×Xx]{7}"
    r"|[男女](?:.{0,10}|[，,、;；\s][^（）()]{0,99})|.{1,6}(?:居民|籍|族|国|人)"
    rf"|(?:已故|已死亡|已去世|{OTHER_NAME_WORDS}|绰号|外号)[^（）()]{{0,99}})[)）\]】〕]|[0-9]{{4}}[0-9*×●Xx]{{7,40}}$"
)
"""In brackets behind a name: its Latin spelling, a number, sex, where somebody is from, that he died, what else he is called.
Or a number without brackets. Whatever a damaged file makes of a name, it is looked through in time: no two parts of a pattern
take the same characters without end."""
_FIRM_IN_SHORT = re.compile(rf"[\u4e00-\u9fff]{{2}}(?:{'|'.join(_SHAPES.trade)})")
_TWO_SURNAMES = re.compile("|".join(_SHAPES.two_surnames))
"""江淮汽车 is as long as 欧阳建国; no given name is a trade."""
_EASTERN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""Characters in which a name of many is long; in letters (Müller, Иван) every name is."""
_BETWEEN = "、，,;；|\n"
_SEVERAL = re.compile(f"[{_BETWEEN}]+")
_MARK = re.compile(rf"[{_BETWEEN}/／()（）\s]+")
_LEAST_IDENTIFIER = 8
_WHOLE = (15, 18)
"""Places of numbers that are as long as they can be."""
_DOTS = re.compile(r"[·•‧・∙．.]")

_OTHER_DOTS = str.maketrans("", "", "-。")
"""What stands for the dot of a name in characters that spell it (买买提-吐尔逊)."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a row says of its subject: read values by field, and the texts of its identifier fields."""

    values: Mapping[str, Any]
    identifiers: Mapping[str, str]
    on: date
    """The day of the pull: nobody in it is born later."""


@dataclass(frozen=True, slots=True)
class ReadSubject:
    """A subject, what is odd about it (Chinese, ids masked), and its failing identifiers by field."""

    subject: Subject
    warnings: tuple[str, ...]
    failing: tuple[tuple[str, Identifier], ...]
    by_field: Mapping[str, Identifier]


def read_subject(given: Given) -> ReadSubject:
    """Puts the subject together (with an empty name where the row has none)."""
    values = given.values
    name, former = split_former_names(values.get("name", ""))
    kind = values.get("kind") or derive_kind(name, given)
    found = list(_identifiers(given, kind))
    failing = tuple((field, i) for field, i in found if not i.valid)
    of_person = [i for _, i in found if i.kind is IdentifierKind.CITIZEN_ID and i.valid and not i.masked]
    own_id = of_person[0].value if of_person and kind is SubjectKind.PERSON else ""
    subject = Subject(
        kind=kind,
        name=name,
        identifiers=tuple(dict.fromkeys(i for _, i in found)),
        former_names=tuple(n for n in dict.fromkeys((*former, *values.get("former_names", ()))) if n != name),
        legal_representative=values.get("legal_representative", ""),
        sex=values.get("sex") or (Sex(citizen_id.sex(own_id)) if own_id else None),
        birth_year=birth_year(values, own_id),
        region=values.get("region", ""),
        employer=values.get("employer", ""),
    )
    warnings = (*(f"{i.title} {i.display()} 校验不通过" for _, i in failing), *contradictions(values, own_id))
    return ReadSubject(subject, warnings, failing, dict(reversed(found)))


def split_former_names(text: str) -> tuple[str, tuple[str, ...]]:
    """A name without the former names in brackets behind it.

    >>> split_former_names("合肥甲科技有限公司（原合肥乙(集团)公司）")
    ('合肥甲科技有限公司', ('合肥乙(集团)公司',))
    >>> split_former_names("安徽甲（原料）厂")
    ('安徽甲（原料）厂', ())
    """
    if not ("原" in text or "名" in text):
        return text, ()
    former: list[str] = []

    def take(found: re.Match[str]) -> str:
        names = names_of(found["names"])
        if found["just"] and any(len(name) < _LEAST_FORMER for name in names):
            return found.group()
        former.extend(names)
        return ""

    name = _FORMER.sub(take, text).strip()
    return (name, tuple(former)) if name else (text, ())


def is_number(name: str) -> bool:
    """Whether what stands for a name is a number, as where two columns were mixed up: nobody would be compared with it.

    >>> is_number("340100190001040017"), is_number("3401001900****0017"), is_number("58同城"), is_number("360")
    (True, True, False, False)
    >>> is_number("91340000MA2R00000K")
    True
    """
    number = fold(name)
    if sum(map(str.isdigit, number)) < _LEAST_IDENTIFIER:
        return False
    return not any(map(str.isalpha, number.removesuffix("X"))) or uscc.has_shape(number)


def derive_kind(name: str, given: Given) -> SubjectKind:
    """Person or organisation, from whatever tells: sex, age, representative, the numbers, the name's shape."""
    values, numbers = given.values, given.identifiers
    if values.get("sex") or values.get("age") or values.get("birth_date") or values.get("birth_year"):
        return SubjectKind.PERSON
    if values.get("legal_representative"):
        return SubjectKind.ORGANISATION
    for field, number in numbers.items():
        by_number = _kind_by_number(number, name)
        if by_number is not None and by_number in (OWNERS[field] or by_number, SubjectKind.PERSON):
            return by_number
    for field, number in numbers.items():
        owner = OWNERS[field]
        if owner is not None and recognise(number, owner, on=given.on):
            return owner
    return kinds_by_name(name)[0]


def _kind_by_number(text: str, name: str) -> SubjectKind | None:
    """What a number alone proves; one in thirty citizen ids also passes the check of a USCC, so both prove none.

    Nine places may be an organisation's, and a passport's or a travel permit's as well.
    """
    number = fold(without_label(text))
    if masked.is_pattern(pattern := unify_masks(number)):
        if pattern[:1] in "12345678" and pattern[:6].isdigit():
            return _kind_by_pattern(pattern, name)
        if len(pattern) == _WHOLE[-1] and any(map(str.isalpha, fold_look_alikes(pattern).removesuffix("X"))):
            return SubjectKind.ORGANISATION  # no person's number of so many places has letters
    person = citizen_id.is_valid(number)
    organisation = uscc.is_valid(number) or (len(number) == _NINE and not _may_be_travellers(number, name))
    if person == organisation:
        return None
    return SubjectKind.PERSON if person else SubjectKind.ORGANISATION


def _kind_by_pattern(pattern: str, name: str) -> SubjectKind:
    """A masked number that begins with digits: where a citizen id has the century, a USCC ends its division.

    So 123400004850****** is a university's, 340100199001****** a person's; where that is hidden the name tells.
    """
    century = pattern[_CENTURY]
    if len(pattern) == _WHOLE[-1] and century in _CENTURIES:
        return SubjectKind.PERSON
    if len(pattern) == _WHOLE[-1] and MASK not in century and pattern[2:4] in _PROVINCES:
        return SubjectKind.ORGANISATION
    of_organisation = kinds_by_name(name) == (SubjectKind.ORGANISATION,)
    return SubjectKind.ORGANISATION if of_organisation else SubjectKind.PERSON


_CENTURY, _CENTURIES = slice(6, 8), ("18", "19", "20")
_PROVINCES = frozenset(
    map(str, (10, *range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66)))
)
"""In a USCC behind authority and kind: the first digits of the division (10: nationwide)."""
_NINE = 9


def _may_be_travellers(number: str, name: str) -> bool:
    """A passport begins with a letter, American ones are digits alone; of an organisation's those pass the check."""
    if number.isdigit():
        foreign_name = not _EASTERN.search(name) or bool(_DOTS.search(name))
        return foreign_name and not organisation_code.is_valid(number)
    # of nine places the permits that begin with a letter, too
    return foreign.is_passport(number.replace(MASK, "0"))


def kinds_by_name(name: str) -> tuple[SubjectKind, ...]:
    """What a name may be the name of, the likelier first: a long one without dots may be a person's, too.

    >>> [[kind.value for kind in kinds_by_name(name)] for name in ("艾力亚尔吐尔洪", "欧阳上官司马")]
    [['person', 'organisation'], ['organisation', 'person']]
    """
    if _ORGANISATION_SHAPE.search(name):
        return (SubjectKind.ORGANISATION,)
    compact = "".join(_OF_A_PERSON.sub("", name_alone(name)).split())
    if len(compact) == _LONGEST_PERSON_NAME and _FIRM_IN_SHORT.fullmatch(compact):
        of_firm = not _TWO_SURNAMES.match(compact)
        return (SubjectKind.ORGANISATION, SubjectKind.PERSON)[:: 1 if of_firm else -1]
    if (
        len(compact) <= _LONGEST_PERSON_NAME
        or not _EASTERN.search(compact)
        or _DOTS.search(compact.rstrip(".．"))
        or persons_together(name)
        or in_other_scripts(name)
    ):
        return (SubjectKind.PERSON,)
    kinds = SubjectKind.ORGANISATION, SubjectKind.PERSON
    whole = _LEFT_OUT.sub("", compact.translate(_OTHER_DOTS))
    return kinds[::-1] if _TRANSLITERATED.fullmatch(whole) or _MONGOLIAN.fullmatch(whole) else kinds


def _identifiers(given: Given, kind: SubjectKind) -> Iterator[tuple[str, Identifier]]:
    for field, number in given.identifiers.items():
        owner = OWNERS[field] or kind
        for text in several(number):
            if owner is not kind and _kind_by_number(text, "") is kind:
                owner = kind  # a person's number in the column for codes
            if (found := recognise(text, owner, on=given.on)) is not None:
                yield field, found


def several(text: str) -> list[str]:
    """The numbers in one cell.

    A blank, a stroke or a bracket may stand within a number: they part two of which one is whole.

    >>> several("340100190001040017/E12345678"), several("3401001900 ****0017")
    (['340100190001040017', 'E12345678'], ['3401001900 ****0017'])
    """
    if not _MARK.search(text):
        return [text]
    for marks in (_SEVERAL, _MARK):
        parts = [part.strip() for part in marks.split(text) if part.strip()]
        if len(parts) > 1 and all(len(part) >= _LEAST_IDENTIFIER for part in parts):
            return parts if marks is _SEVERAL or any(_is_whole(part) for part in parts) else [text]
    return [text]


def _is_whole(part: str) -> bool:
    number = unify_masks(without_label(part))
    return len(number) in _WHOLE and number.replace(MASK, "").isalnum()


def with_several(column: Sequence[str]) -> set[int]:
    """The rows of a column whose cell holds several numbers."""
    if not _MARK.search("".join(column)):
        return set()
    return {row for row, text in enumerate(column) if several(text) != [text]}


def birth_year(values: Mapping[str, Any], own_id: str) -> int | None:
    """The birth year that is said, or that a person's own valid number holds ('' where there is none)."""
    if values.get("birth_year"):
        return int(values["birth_year"])
    if values.get("birth_date"):
        return int(values["birth_date"].year)
    return int(own_id[6:10]) if own_id else None


def contradictions(values: Mapping[str, Any], own_id: str) -> Iterator[str]:
    """In what the values say otherwise than a person's own valid number."""
    if not own_id:
        return
    born = citizen_id.birth_date(own_id)
    if values.get("sex") and values["sex"] != citizen_id.sex(own_id):
        yield "身份证号码所示性别与所填性别不一致"
    if born and values.get("birth_date") and values["birth_date"] != born:
        yield "身份证号码所示出生日期与所填出生日期不一致"
    elif born and values.get("birth_year") and values["birth_year"] != born.year:
        yield "身份证号码所示出生年份与所填出生年份不一致"
