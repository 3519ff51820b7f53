"""Applications: projects of the science-management system, nominations of the award system, projects outside both.

Nobody here shares a name with anybody on a list, except in planted cases.
"""

from dataclasses import dataclass, field
from datetime import date

from examples.province import numbers
from examples.province.cases import Applied, Case
from examples.province.dice import Dice
from examples.province.organisations import (
    SCIENCE_TRADES,
    UNIVERSITIES,
    Brands,
    Organisation,
    new_company,
    new_institute,
)
from examples.province.people import Person, new_person
from examples.province.places import place

PROJECT_SYSTEM = "安徽省科技管理信息系统"
AWARD_SYSTEM = "安徽省科学技术奖励网上申报评审系统"

_CATEGORIES = [
    ("08085", "省自然科学基金", "基础研究处"),
    ("04a07", "重点研究与开发计划（农业）", "农村科技处"),
    ("04a09", "重点研究与开发计划（高新）", "高新技术处"),
    ("04h08", "重点研究与开发计划（社会发展）", "社会发展科技处"),
    ("030901", "科技重大专项", "重大专项处"),
    ("04b06", "对外科技合作计划", "国际合作处"),
]
_AWARDS = [("Z", "自然科学奖"), ("F", "技术发明奖"), ("J", "科学技术进步奖"), ("J", "科学技术进步奖")]
_STAGES = [("形式审查", 0.4), ("评审", 0.3), ("公示", 0.2), ("立项", 0.1)]
_METHODS = (  # noqa: SIM905
    "深度学习 高通量测序 物联网 多源遥感 激光熔覆 微流控芯片 机器视觉 分子标记 纳米复合 数值仿真 代谢组学 光纤传感"
).split()
_OBJECTS = (  # noqa: SIM905
    "水稻病虫害预警 巢湖蓝藻监测 新能源汽车电池管理 实验小鼠疾病模型 茶叶品质检测 煤矿瓦斯抽采 铜基材料制备 "
    "中药材质量控制 桥梁结构健康监测 量子密钥分发 工业机器人减速器 生活污水处理 小麦赤霉病防控 智能语音交互 "
    "动物疫病诊断 显示面板缺陷检测 秸秆综合利用 肿瘤早期筛查"
).split()


@dataclass(frozen=True)
class Participant:
    """An applicant with its place in the application."""

    applied: Applied
    rank: int
    born: date | None = None
    employer: str = ""


@dataclass
class Application:
    """One project or nomination."""

    number: str
    title: str
    category: str
    department: str
    stage: str
    participants: list[Participant] = field(default_factory=list)

    @property
    def units(self) -> list[Participant]:
        """The organisations."""
        return [p for p in self.participants if not p.applied.is_person]

    @property
    def people(self) -> list[Participant]:
        """The persons."""
        return [p for p in self.participants if p.applied.is_person]


class Applicants:
    """The people and organisations that apply."""

    def __init__(self, dice: Dice, brands: Brands, avoid: set[str]) -> None:
        self._dice, self._avoid, self.brands = dice, avoid, brands
        self.universities = [
            Organisation(
                name, numbers.new_uscc(dice, region, numbers.PUBLIC_INSTITUTION), place(region), self.person().name
            )
            for name, region in UNIVERSITIES
        ]
        self.companies = [
            new_company(dice, brands.common(), self.person().name, SCIENCE_TRADES) for _ in range(130)
        ]
        self.institutes = [new_institute(dice, brands.common(), self.person().name) for _ in range(12)]

    def person(self) -> Person:
        """Somebody on no list."""
        return new_person(self._dice, self._avoid)

    def unit(self) -> Organisation:
        """An organisation on no list."""
        group = self._dice.weighted([(self.universities, 0.4), (self.companies, 0.5), (self.institutes, 0.1)])
        return self._dice.pick(group)

    def units(self, count: int) -> list[Organisation]:
        """Different organisations."""
        found: list[Organisation] = []
        while len(found) < count:
            unit = self.unit()
            if unit not in found:
                found.append(unit)
        return found


def _title(dice: Dice) -> str:
    return f"基于{dice.pick(_METHODS)}的{dice.pick(_OBJECTS)}{dice.pick(['技术研究', '关键技术及应用', '技术集成与示范'])}"


def as_unit(found: Organisation, role: str) -> Applied:
    """An organisation as an applicant."""
    representative = found.legal_representative
    return Applied(found.name, found.uscc, role, legal_representative=representative, region=found.place.city)


def as_person(found: Person, role: str, dice: Dice) -> Applied:
    """A person as an applicant, typed with the carelessness of web forms."""
    number = found.citizen_id
    if dice.chance(0.03):
        number = numbers.full_width(number)
    elif dice.chance(0.03):
        number = f" {number.lower()}"
    return Applied(f"{found.name} " if dice.chance(0.03) else found.name, number, role, found.sex)


def projects(dice: Dice, applicants: Applicants, count: int) -> list[Application]:
    """Background projects: an applying unit, up to two others, a leader, some members."""
    found = []
    for serial in range(1, count + 1):
        code, category, department = dice.pick(_CATEGORIES)
        stage = dice.weighted(_STAGES)
        project = Application(f"18{code}{serial:05d}", _title(dice), category, department, stage)
        units = applicants.units(1 + dice.weighted([(0, 0.6), (1, 0.3), (2, 0.1)]))
        for rank, unit in enumerate(units, 1):
            project.participants.append(Participant(as_unit(unit, "申报单位" if rank == 1 else "合作单位"), rank))
        for rank in range(1, dice.number(2, 4)):
            somebody = applicants.person()
            role = "项目负责人" if rank == 1 else "项目组成员"
            applied = as_person(somebody, role, dice)
            project.participants.append(Participant(applied, rank, somebody.born, units[0].name))
        found.append(project)
    return found


def awards(dice: Dice, applicants: Applicants, count: int) -> list[Application]:
    """Background nominations: ranked units and people."""
    found = []
    for serial in range(1, count + 1):
        letter, category = dice.pick(_AWARDS)
        stage = dice.weighted([("形式审查", 0.5), ("评审", 0.4), ("公示", 0.1)])
        award = Application(f"2018-{letter}-{serial:03d}", _title(dice), category, "科技奖励办公室", stage)
        units = applicants.units(dice.number(1, 3))
        for rank, unit in enumerate(units, 1):
            award.participants.append(Participant(as_unit(unit, "主要完成单位"), rank))
        for rank in range(1, dice.number(3, 6)):
            somebody = applicants.person()
            applied = as_person(somebody, "主要完成人", dice)
            award.participants.append(Participant(applied, rank, somebody.born, dice.pick(units).name))
        found.append(award)
    return found


def plant(
    cases: list[Case], found_projects: list[Application], found_awards: list[Application]
) -> dict[str, Application]:
    """Puts the applicants of the cases into applications; returns which, by case id."""
    where: dict[str, Application] = {}
    planted: dict[Applied, Application] = {}
    next_project, next_award = iter(found_projects[2::2]), iter(found_awards[1:])
    for case in cases:
        applied = case.applied
        if applied not in planted:
            is_award = applied.role.startswith("主要完成")
            application = next(next_award if is_award else next_project)
            _put(application, applied)
            planted[applied] = application
        where[case.id] = planted[applied]
    return where


def _put(application: Application, applied: Applied) -> None:
    """In place of whoever leads there, otherwise as one more."""
    same_role = [p for p in application.participants if p.applied.role == applied.role]
    if applied.role in ("申报单位", "项目负责人"):
        place_of = application.participants.index(same_role[0])
        application.participants[place_of] = Participant(applied, 1, None, same_role[0].employer)
        return
    employer = application.units[0].applied.name if applied.is_person else ""
    group = application.people if applied.is_person else application.units
    application.participants.append(Participant(applied, len(group) + 1, None, employer))


def offline(dice: Dice, applicants: Applicants, count: int) -> list[Application]:
    """Projects that cities recommend in a spreadsheet."""
    found = []
    for serial in range(1, count + 1):
        project = Application(f"TJ2018-{serial:03d}", _title(dice), "", "战略规划处", "推荐")
        units = applicants.units(1 + dice.number(0, 1))
        for rank, unit in enumerate(units, 1):
            project.participants.append(Participant(as_unit(unit, "申报单位" if rank == 1 else "合作单位"), rank))
        somebody = applicants.person()
        applied = as_person(somebody, "项目负责人", dice)
        project.participants.append(Participant(applied, 1, somebody.born, units[0].name))
        found.append(project)
    return found
