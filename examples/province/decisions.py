"""What the department itself decides and finds: licences, patent decisions, inspections. All of 2018 and before."""

from dataclasses import dataclass
from datetime import date, timedelta

from examples.province.dice import Dice
from examples.province.organisations import Organisation
from examples.province.people import Person

_ANIMALS = ["SPF级小鼠", "SPF级大鼠", "普通级兔", "普通级豚鼠", "普通级犬"]
_CLAUSES = ["《专利法》第六十三条", "《专利法实施细则》第八十四条第一款"]
_PRODUCTS = [
    "电热水壶",
    "保温杯",
    "除草剂",
    "太阳能路灯",
    "儿童推车",
    "净水滤芯",
    "防盗门锁",
    "理疗仪",
    "数据线",
    "榨汁机",
]


@dataclass(frozen=True)
class LicenceDecision:
    """One decision on a laboratory-animal licence."""

    document: str
    licence: str
    holder: Organisation
    event: str
    scope: str
    accepted: date
    decided: date
    valid_from: date
    valid_to: date
    state: str


@dataclass(frozen=True)
class PatentDecision:
    """A penalty for counterfeiting, or a ruling on an infringement dispute."""

    document: str
    party: Organisation | Person
    nature: str
    violation: str
    facts: str
    basis: str
    category: str
    content: str
    fine: int
    """元."""
    confiscated: int
    decided: date


@dataclass(frozen=True)
class InspectionResult:
    """One visit or one sample."""

    number: str
    unit: Organisation
    day: date
    subject: str
    result: str


def licence_decisions(
    dice: Dice, holders: list[Organisation], letter: str, count: int, year: int = 2018
) -> list[LicenceDecision]:
    """`letter` is S for production (SCXK) and Y for use (SYXK).

    New licences and renewals take the numbers of the year one after the other; what is changed or cancelled was
    granted in the years before. Every ninth decision takes longer.
    """
    found = []
    day = date(year, 1, 8)
    issued = 0
    for serial in range(1, count + 1):
        day = min(day + timedelta(days=dice.number(1, 600 // count)), date(year, 11, 23))
        event = dice.weighted([("新领", 0.5), ("换证", 0.25), ("变更", 0.2), ("注销", 0.05)])
        new = event in ("新领", "换证")
        valid_from = day if new else min(day - timedelta(days=dice.number(100, 900)), date(year - 1, 12, 28))
        kind = "SCXK" if letter == "S" else "SYXK"
        issued += new
        number = issued if new else serial
        found.append(
            LicenceDecision(
                document=f"皖科动许{'产' if letter == 'S' else '用'}〔{year}〕{serial}号",
                licence=f"{kind}(皖){valid_from.year}-{number:03d}",
                holder=dice.pick(holders),
                event=event,
                scope=_scope(dice),
                accepted=day - timedelta(days=dice.number(5, 18) + (28 if serial % 9 == 0 else 0)),
                decided=day,
                valid_from=valid_from,
                valid_to=_five_years(valid_from),
                state="注销" if event == "注销" else "有效",
            )
        )
    return found


def _five_years(first: date) -> date:
    """The last day of a term of five years."""
    day = min(first.day, 28) if first.month == 2 else first.day
    return date(first.year + 5, first.month, day) - timedelta(days=1)


def _scope(dice: Dice) -> str:
    area = dice.number(8, 120) * 10
    kinds = "、".join(dict.fromkeys(dice.pick(_ANIMALS[:2]) for _ in range(2)))
    barrier = f"屏障环境({kinds},设施面积{area}㎡,其中辅助用房{area // 5}㎡)"
    if dice.chance(0.4):
        return f"普通环境({dice.pick(_ANIMALS[2:])},设施面积{dice.number(5, 60) * 10}㎡);{barrier}"
    return barrier


def patent_decisions(
    dice: Dice, parties: list[Organisation], people: list[Person], count: int
) -> list[PatentDecision]:
    """Three in four are penalties; every fifth party is a person."""
    found = []
    day = date(2018, 1, 10)
    for serial in range(1, count + 1):
        day = min(day + timedelta(days=dice.number(1, 600 // count)), date(2018, 11, 23))
        party: Organisation | Person = dice.pick(people) if serial % 5 == 0 else dice.pick(parties)
        made = _penalty(dice, serial, day, party) if dice.chance(0.75) else _ruling(dice, serial, day, party)
        found.append(made)
    return found


def _patent(dice: Dice) -> str:
    return f"ZL2014{dice.number(1, 3)}0{dice.number(100000, 999999)}.{dice.number(0, 9)}"


def _penalty(dice: Dice, serial: int, day: date, party: Organisation | Person) -> PatentDecision:
    gain = dice.weighted([(0, 0.5), (dice.number(2, 90) * 100, 0.5)])
    fine = dice.number(2, 40) * 500
    category = "罚款;没收违法所得、没收非法财物" if gain else "罚款"
    taken = f"没收违法所得{gain}元，" if gain else ""
    return PatentDecision(
        document=f"皖知法处字〔2018〕{serial}号",
        party=party,
        nature="行政处罚",
        violation="假冒专利",
        facts=f"在其销售的{dice.pick(_PRODUCTS)}包装上标注已终止的专利号{_patent(dice)}，构成假冒专利行为。",
        basis="、".join(_CLAUSES),
        category=category,
        content=f"责令停止假冒专利行为，{taken}罚款{fine}元。",
        fine=fine,
        confiscated=gain,
        decided=day,
    )


def _ruling(dice: Dice, serial: int, day: date, party: Organisation | Person) -> PatentDecision:
    return PatentDecision(
        document=f"皖知纠处字〔2018〕{serial}号",
        party=party,
        nature="行政裁决",
        violation="专利侵权纠纷",
        facts=f"请求人认为被请求人制造、销售的{dice.pick(_PRODUCTS)}落入专利{_patent(dice)}的保护范围。",
        basis="《专利法》第六十条",
        category="",
        content="责令被请求人停止制造、销售侵权产品。",
        fine=0,
        confiscated=0,
        decided=day,
    )


def inspections(
    dice: Dice, units: list[Organisation], prefix: str, subjects: list[str], count: int
) -> list[InspectionResult]:
    """Visits or samples, most without findings."""
    results = [("合格", 0.8), ("基本合格，限期整改", 0.15), ("不合格", 0.05)]
    return [
        InspectionResult(
            f"{prefix}2018-{serial:03d}",
            dice.pick(units),
            dice.day(date(2018, 3, 1), date(2018, 10, 31)),
            dice.pick(subjects),
            dice.weighted(results),
        )
        for serial in range(1, count + 1)
    ]
