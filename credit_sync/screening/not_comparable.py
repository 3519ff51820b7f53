"""Who is written so that no comparison says anything about him: found nowhere, he is not cleared."""

import re

from credit_sync.records import Applicant
from credit_sync.screening.reference import reference
from credit_sync.subjects.person_names import LOST, as_far_as_shown, fold_person_name
from credit_sync.subjects.subject import Subject, SubjectKind
from credit_sync.subjects.writing import LONGEST, organisations_together

_SEVERAL = re.compile(r"[\u4e00-\u9fff]{2,4}([、，,;；/／]\s?[\u4e00-\u9fff]{2,4})+")
"""Names of several people, short as they are here."""
_AND_OTHERS = re.compile(r"[\u4e00-\u9fff]{3,4}等")
_HIDDEN = re.compile(r"[*＊×○■]|(?<=.)某")
_TELLING = re.compile("[某等XxＸｘ]")
_LEFT_OUT = re.compile("[某*＊×●■?？□\ufffd〓\ue000-\uf8ff\U000f0000-\U0010fffd]")
"""The same, and what was lost, in the name of an organisation, where ○ is a numeral and 某 no surname."""
_SHORT = 13
"""Characters of an organisation's name up to which it may be a place or a form and nothing else: 合肥, 安徽省合肥市蜀山区有限公司."""


def why_not_comparable(applicant: Applicant) -> str:
    """Why no comparison says anything about an applicant as he is written, in Chinese; '' where one does.

    An organisation that is taken for a person (or a cell with two people for an organisation) meets none of its listings.
    """
    subject, role = applicant.subject, applicant.role
    if (subject.kind is SubjectKind.PERSON) is not role.of_person:
        given, meant = ("单位", "个人") if role.of_person else ("个人", "单位")
        return f"填报的是{given}，这一角色应是{meant}；核对主体类别，一格只写一个"
    return why_name_not_comparable(subject)


def why_name_not_comparable(subject: Subject) -> str:
    """Why a name meets no listing, in Chinese, '' where it may: one that is hidden in part is nobody's, and several are not one."""
    name, of_person = subject.name, subject.kind is SubjectKind.PERSON
    if len(name) > LONGEST:
        return f"名称超过 {LONGEST} 字，无法比对；名称栏只写名称"
    if name.isalpha() and not _TELLING.search(name) and len(name) > (1 if of_person else _SHORT):
        return ""  # as nearly all are: nothing between, behind or hidden
    if _SEVERAL.fullmatch(name) or (of_person and _are_people(name)):
        return "一格里像是写了几个人，无法比对；一格只写一个"
    why = _why_person_not_comparable(name) if of_person else _why_organisation_not_comparable(name)
    return why or ("" if any(map(str.isalpha, name)) else "没有可以比对的名称")


def _why_person_not_comparable(name: str) -> str:
    if any(map(str.isdigit, name)):
        return "姓名里有数字，无法比对；姓名栏只写姓名"
    folded = fold_person_name(name)
    incomplete = _HIDDEN.search(name) or LOST in as_far_as_shown(folded) or len(folded) < 2
    return "姓名不完整，无法比对；须提供完整姓名" if incomplete else ""


def _why_organisation_not_comparable(name: str) -> str:
    if len(name) <= _SHORT and reference().organisations.parse(name).empty:
        return "没有可以比对的名称"
    if organisations_together(name):
        return "一格里像是写了几家单位，不能逐一认定；一格只写一个"
    return "名称不完整，无法比对；须提供完整名称" if _LEFT_OUT.search(name) else ""


def _are_people(name: str) -> bool:
    """张伟 王芳, 屈怀瑾等: not 欧阳 修文 and 买买提 吐尔逊, who write a blank within a name."""
    if _AND_OTHERS.fullmatch(name):
        return True
    parts, surnames = name.split(), reference().persons.surnames
    if len(parts) < 2 or parts[0] in surnames:
        return False
    return all(
        1 < len(part) < 5 and part.isalpha() and (part[0] in surnames or part[:2] in surnames) for part in parts
    )
