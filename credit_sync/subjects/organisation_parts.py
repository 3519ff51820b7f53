"""Parts of bodies that have no company form: colleges, laboratories, wards, campuses, sub-bureaus, sections of a society; and
the operator that the name of a trader's business tells.

Like a firm's branches they are no legal persons of their own.
"""

import re
from collections.abc import Set

_CAMPUS = re.compile(r"(.+(?:医院|保健院|大学|学院|学校|中学|小学))(.{1,8}(?:院区|校区)|[东南西北新老总]区)")
"""A part of a hospital or a school in another place: no body of its own."""
_PART = re.compile(
    r"(.+?(?:大学(?![城生])|(?<![科分])学院|医院|保健院|研究院))(?!附属|附设|直属)"
    r"(.*(?:(?<![附直]属)学院|[^医]院|系|研究所|实验室|中心|研究室|教研室|工作站|基地|工会|团委|办公室|图书馆|[处科]))"
    r"|(.+(?:[学协]会))(.{2,15}(?:分会|专业委员会))|(.+(?:律所|会计师事务所))(.{2,6}分所)|(.+中心)(.{2,6}分中心)"
    r"|(.+局)(.{2,10}(?:分局|[支大中]队|派出所|监管所|管理所))"
)
"""What has no name of its own but its body's before it: colleges, laboratories, wards, sub-bureaus, sections of a society."""
PART_ENDS = tuple("院系所室心站地会委馆处科局队区")
"""How names end that may be a part's."""
_LABORATORY = re.compile(
    r"([^()]+(?:实验室|研究中心|工程中心|技术中心|创新中心|工作站))\(([^()]+(?:大学|学院|公司|研究院|医院))\)"
)
"""A laboratory with its body in a bracket behind it."""
_SUB_BUREAU = re.compile(r"(.+市)(.{1,4}[区县])(生态环境|自然资源和规划|自然资源|公安|交警)分局")
"""合肥市包河区生态环境分局, a bureau of the city's in its district."""


def without_part(name: str, regions: Set[str]) -> tuple[str, str]:
    """The body that a name says, and the part of it, if any. 安徽大学江淮学院 is none: a college with a name of its own.

    >>> without_part("安徽大学化学化工学院", {"江淮"}), without_part("安徽大学江淮学院", {"江淮"})
    (('安徽大学', '化学化工学院'), ('安徽大学江淮学院', ''))
    >>> without_part("合肥市包河区生态环境分局", set())
    ('合肥市生态环境局', '包河区分局')
    """
    if name.endswith("区") and (campus := _CAMPUS.fullmatch(name)):
        return campus[1], campus[2]
    if bureau := _SUB_BUREAU.fullmatch(name):
        return f"{bureau[1]}{bureau[3]}局", f"{bureau[2]}分局"
    found = _PART.fullmatch(name)
    body, part = filter(None, found.groups()) if found else (name, "")
    return (name, "") if part.removesuffix("学院") in regions else (body, part)


def body_first(name: str) -> str:
    """A laboratory that has its body in a bracket behind it, as if written behind its body.

    >>> body_first("火灾科学国家重点实验室(中国科学技术大学)"), body_first("宏晟(合肥)商贸")
    ('中国科学技术大学火灾科学国家重点实验室', '宏晟(合肥)商贸')
    """
    found = _LABORATORY.fullmatch(name) if name.endswith(")") else None
    return f"{found[2]}{found[1]}" if found else name


_OPERATOR = re.compile(
    r"(?:经营者|业主[:：]|投资人[:：])[:：为]?\s*([\u4e00-\u9fff·]{2,12})(?=[)）\]】〕,，;；\s]|$)"
)


def operator_in(name: str) -> str:
    """Who runs a trader's business, where its name says it: he answers for it with all he has (民法典 art. 56). '' elsewhere.

    >>> operator_in("汤池镇万民超市（经营者：屈怀瑾）"), operator_in("万民超市 业主:屈怀瑾"), operator_in("万民小区业主委员会")
    ('屈怀瑾', '屈怀瑾', '')
    """
    if len(name) < SHORTEST_WITH_OPERATOR or not ("经营者" in name or "业主" in name or "投资人" in name):
        return ""  # as nearly all
    found = _OPERATOR.search(name)
    return found[1] if found else ""


SHORTEST_WITH_OPERATOR = 7
