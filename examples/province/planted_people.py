"""Planted cases about persons."""

from collections.abc import Callable

from examples.province import numbers
from examples.province.cases import HIT, LIKELY, NO_HIT, UNVERIFIABLE, Workshop, by_person
from examples.province.numbers import (
    fifteen,
    full_width,
    hide_birth_date,
    hide_in_fifteen,
    hide_month_and_day,
)
from examples.province.people import Person, person

LEADER, MEMBER, CONTRIBUTOR = "项目负责人", "项目组成员", "主要完成人"


def plant_people(workshop: Workshop) -> None:
    """All cases about persons."""
    _plant_masks(workshop)
    _plant_full_numbers(workshop)
    _plant_writing(workshop)
    _plant_namesakes(workshop)


def _someone(workshop: Workshop, name: str, *, woman: bool = False, check: str = "") -> Person:
    """Somebody, with a certain check digit if need be."""
    while True:
        found = person(workshop.dice, name, woman=woman)
        if not check or found.citizen_id[-1] == check:
            return found


def _plant_masks(workshop: Workshop) -> None:
    add, lists = workshop.add, workshop.lists
    shapes: list[tuple[str, str, str, Callable[[str], str], str]] = [
        ("mask-10-4", "屈怀瑾", "列表隐去月日（前十后四），姓名相同", hide_month_and_day, LEADER),
        ("mask-6-4", "臧济川", "列表隐去出生日期（前六后四），姓名相同", hide_birth_date, MEMBER),
        ("mask-xxxx", "褚维桢", "隐去处写作 XXXX", lambda n: hide_month_and_day(n, "X"), LEADER),
        ("mask-times", "冉闻笙", "隐去处写作 ××××", lambda n: hide_month_and_day(n, "×"), CONTRIBUTOR),
        ("mask-blanks", "阚寄松", "隐去处是四个空格", lambda n: hide_month_and_day(n, " "), MEMBER),
        ("mask-full-width", "车敬亭", "号码和星号都是全角", lambda n: full_width(hide_month_and_day(n)), LEADER),
        ("mask-of-15", "麻仲勋", "十五位旧号码隐去月日", hide_in_fifteen, CONTRIBUTOR),
    ]
    for name, who, why, hide, role in shapes:
        found = _someone(workshop, who)
        add(name, why, LIKELY, by_person(found, role), lists.person(found, hide(found.citizen_id)))
    ends_in_x = _someone(workshop, "郎月棠", woman=True, check="X")
    card = hide_month_and_day(ends_in_x.citizen_id).lower()
    add(
        "mask-small-x", "末位校验码写作小写 x", LIKELY, by_person(ends_in_x, LEADER), lists.person(ends_in_x, card)
    )


def _plant_full_numbers(workshop: Workshop) -> None:
    add, lists = workshop.add, workshop.lists
    whole = _someone(workshop, "敖元培")
    add("id-full", "身份证号码完整且相同", HIT, by_person(whole, LEADER), lists.person(whole, whole.citizen_id))
    old = _someone(workshop, "谷承志")
    listed = lists.person(old, fifteen(old.citizen_id))
    add("id-15-listed", "名单是十五位旧号码，申报系统是十八位", HIT, by_person(old, CONTRIBUTOR), listed)
    masked = _someone(workshop, "逄汝霖")
    applied = by_person(masked, MEMBER, fifteen(masked.citizen_id))
    add("id-15-applied", "申报系统是十五位旧号码，名单是隐码的十八位", LIKELY, applied, lists.person(masked))
    several = _someone(workshop, "郗绍祖")
    for number in (1, 2, 3):
        why = f"同一人第 {number} 个案件，三案应合为一条预警"
        add(f"several-cases-{number}", why, LIKELY, by_person(several, LEADER), lists.person(several))


def _plant_writing(workshop: Workshop) -> None:
    add, lists = workshop.add, workshop.lists
    typed = _someone(workshop, "尹鹤鸣")
    listed = lists.person(typed, typed.citizen_id, name="尹贺鸣")
    add("typing-error-full-id", "名单姓名错一字（同音），号码完整且相同", LIKELY, by_person(typed, LEADER), listed)
    masked = _someone(workshop, "戚雪樵")
    listed = lists.person(masked, name="戚雪憔")
    add(
        "typing-error-mask",
        "名单姓名错一字（形近），隐码吻合",
        ("probable", "possible"),
        by_person(masked, MEMBER),
        listed,
    )
    traditional = _someone(workshop, "岳际飞")
    listed = lists.person(traditional, name="岳際飛")
    add("traditional-name", "名单姓名用繁体字，隐码吻合", LIKELY, by_person(traditional, CONTRIBUTOR), listed)
    dotted = _someone(workshop, "艾力亚尔·吐尔洪")
    listed = lists.person(dotted, name="艾力亚尔•吐尔洪")
    add("dotted-name", "少数民族姓名的间隔号不同，隐码吻合", LIKELY, by_person(dotted, LEADER), listed)
    dirty = _someone(workshop, "仇时雨")
    card = f" {hide_month_and_day(dirty.citizen_id)}\u00a0\r\n"
    listed = lists.person(dirty, card, name="仇 时\u3000雨\u200b")
    add("dirty-row", "名单姓名夹有空格和零宽字符，号码带换行", LIKELY, by_person(dirty, LEADER), listed)


def _plant_namesakes(workshop: Workshop) -> None:
    add, lists = workshop.add, workshop.lists
    zhang = _someone(workshop, "张伟")
    for number in (1, 2, 3, 4, 5):
        other = _someone(workshop, "张伟")
        why = "常见姓名，隐码与申报人号码矛盾"
        add(f"namesake-{number}", why, NO_HIT, by_person(zhang, LEADER), lists.person(other))
    li = _someone(workshop, "李娜", woman=True)
    add("no-id-applied", "常见姓名，申报人没有证件号码", UNVERIFIABLE, by_person(li, MEMBER, ""), lists.person(li))
    wang = _someone(workshop, "王芳", woman=True)
    add("no-id-listed", "常见姓名，名单没有号码", UNVERIFIABLE, by_person(wang, MEMBER), lists.person(wang, "无"))
    year = _someone(workshop, "刘洋")
    other = _other_with(workshop, year, 6)
    add(
        "same-region-other-year",
        "同名同地区，出生年份不同",
        NO_HIT,
        by_person(year, CONTRIBUTOR),
        lists.person(other),
    )
    tail = _someone(workshop, "陈静", woman=True)
    other = _other_with(workshop, tail, 10)
    add(
        "same-ten-other-four", "同名，前十位相同，后四位不同", NO_HIT, by_person(tail, LEADER), lists.person(other)
    )
    sound = _someone(workshop, "赵建国")
    other = _someone(workshop, "赵健国")
    add("homophone", "同音不同字，号码矛盾", NO_HIT, by_person(sound, MEMBER), lists.person(other))


def _other_with(workshop: Workshop, found: Person, same: int) -> Person:
    """A namesake whose number begins alike and then differs, birth year included when six places are the same."""
    woman = found.sex == "女"
    while True:
        born = numbers.new_birth_date(workshop.dice)
        if (born.year == found.born.year) != (same == 10):
            continue
        number = numbers.new_citizen_id(workshop.dice, found.citizen_id[:6], born, woman=woman)
        if number[-4:] != found.citizen_id[-4:]:
            return Person(found.name, number)
