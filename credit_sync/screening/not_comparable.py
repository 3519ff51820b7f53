"""Who is written so that no comparison says anything about him: found nowhere, he is not cleared."""

import re

from credit_sync.records import Applicant
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Subject, SubjectKind

_SEVERAL = re.compile(r"[\u4e00-\u9fff]{2,4}([、，,;；/／]\s?[\u4e00-\u9fff]{2,4})+")
"""Names of several people, short as they are here."""
_HIDDEN = re.compile(r"[*＊×○●■]|(?<=.)某")


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
    if _SEVERAL.fullmatch(subject.name):
        return "一格里像是写了几个人，无法比对；一格只写一个"
    of_person = subject.kind is SubjectKind.PERSON
    if of_person and (_HIDDEN.search(subject.name) or len(fold_person_name(subject.name)) < 2):
        return "姓名不完整，无法比对；须提供完整姓名"
    if not any(character.isalpha() for character in subject.name) or "*" in subject.name:
        return "没有可以比对的名称"
    return ""
