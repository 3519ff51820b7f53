"""The three lists of the provincial credit platform, in the layouts their real publishers use."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from examples.province import numbers
from examples.province.dice import Dice
from examples.province.organisations import OTHER_TRADES, Brands, Organisation, new_company
from examples.province.people import Person, new_person
from examples.province.places import Place, any_place

_MISCONDUCT = (
    "有履行能力而拒不履行生效法律文书确定义务",
    "违反财产报告制度",
    "违反限制消费令",
    "违反限制高消费令,其他有履行能力而拒不履行生效法律文书确定义务",
    "其他妨碍、抗拒执行",
    "无正当理由拒不履行执行和解协议",
)
_ABNORMAL = (
    "未依照《企业信息公示暂行条例》第八条规定的期限公示年度报告的",
    "通过登记的住所或者经营场所无法联系的",
    "公示企业信息隐瞒真实情况、弄虚作假的",
    "未在责令的期限内公示有关企业信息的",
)
_SERIOUS = (
    "被列入经营异常名录届满3年仍未履行相关义务的",
    "提交虚假材料或者采取其他欺诈手段隐瞒重要事实，取得公司变更登记被撤销登记的",
    "因不正当竞争行为两年内受到三次以上行政处罚的",
)


@dataclass(frozen=True)
class Debtor:
    """A row of 失信被执行人; organisations have a representative, persons a sex and an age."""

    number: str
    name: str
    card: str
    place: Place
    filed: date
    published: date
    sex: str = ""
    age: int = 0
    representative: str = ""
    representative_card: str = ""
    duty: str = ""
    performance: str = "全部未履行"
    misconduct: str = _MISCONDUCT[0]

    list = "dishonest_debtors"

    def row(self, record: int) -> dict[str, Any]:
        """As the court's list has it; partyTypeName follows nobody's code list."""
        person, card = not self.representative, self.representative_card
        return {
            "id": 70_000_000 + record,
            "iname": self.name,
            "caseCode": self.number,
            "age": self.age,
            "sexy": self.sex,
            "cardNum": self.card,
            "businessEntity": self.representative,
            "courtName": self.place.court,
            "areaName": "安徽",
            "partyTypeName": "0" if person and self.published.year >= 2018 else "580" if person else "581",
            "gistId": self.number.replace("执", "民初"),
            "regDate": f"{self.filed:%Y年%m月%d日}",
            "gistUnit": self.place.court,
            "duty": self.duty,
            "performance": self.performance,
            "performedPart": "暂无",
            "unperformPart": "暂无",
            "disruptTypeName": self.misconduct,
            "publishDate": f"{self.published:%Y年%m月%d日}",
            "qysler": [{"cardNum": card, "corporationtypename": "法定代表人", "iname": self.representative}]
            if card
            else [],
        }


@dataclass(frozen=True)
class Abnormal:
    """A row of 经营异常名录; removed rows stay on the list with the day of removal."""

    number: str
    name: str
    uscc: str
    representative: str
    place: Place
    listed: date
    removed: date | None = None
    reason: str = _ABNORMAL[0]

    list = "abnormal_operations"

    def row(self, _record: int) -> dict[str, Any]:
        """As the national publicity system has it: days in milliseconds since 1970, null for nothing."""
        return {
            "entname": self.name,
            "uniscid": self.uscc,
            "lerep": self.representative,
            "dedocnum": self.number,
            "speCause_CN": self.reason,
            "abntime": _milliseconds(self.listed),
            "decOrg_CN": self.place.authority,
            "remExcpRes_CN": "列入经营异常名录后，已补报年报并公示" if self.removed else None,
            "remDate": _milliseconds(self.removed) if self.removed else None,
            "reDecOrg_CN": self.place.authority if self.removed else None,
        }


@dataclass(frozen=True)
class Serious:
    """A row of 严重违法失信企业名单."""

    number: str
    name: str
    uscc: str
    representative: str
    place: Place
    listed: date
    removed: date | None = None
    reason: str = _SERIOUS[0]

    list = "serious_violations"

    def row(self, record: int) -> dict[str, Any]:
        """As the exchange copy has it."""
        return {
            "illid": f"{record:08d}",
            "entname": self.name,
            "uniscid": self.uscc,
            "lerep": self.representative,
            "dedocnum": self.number,
            "serillrea_cn": self.reason,
            "abntime": f"{self.listed:%Y-%m-%d}",
            "decorg_cn": self.place.authority,
            "remdate": f"{self.removed:%Y-%m-%d}" if self.removed else "",
            "remexcpres_cn": "列入满五年未再发生相关情形" if self.removed else "",
        }


def _milliseconds(day: date) -> int:
    noon_in_china = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    return int(noon_in_china.timestamp()) * 1000


Listed = Debtor | Abnormal | Serious


class Registry:
    """Hands out case and document numbers, each once."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def case(self, dice: Dice, place: Place, year: int) -> str:
        """A case number, in one of the ways courts write it."""
        serial = self._next(f"{place.code}{year}", dice.number(1, 9))
        bracket = dice.pick(["（{}）", "（{}）", "({})"]).format(year)
        return f"{bracket}{place.court_code}执{'恢' if dice.chance(0.1) else ''}{serial}号"

    def document(self, dice: Dice, place: Place, year: int, word: str) -> str:
        """A document number of a market supervision bureau."""
        name = place.county.removesuffix("区").removesuffix("县")
        return f"{name}市监{word}〔{year}〕{self._next(place.code + word + str(year), dice.number(1, 5))}号"

    def _next(self, series: str, step: int) -> int:
        self._last[series] = self._last.get(series, 0) + step
        return self._last[series]


class Lists:
    """Makes entries, for the background and for planted cases alike."""

    def __init__(self, dice: Dice, registry: Registry) -> None:
        self._dice, self._registry = dice, registry

    def _case(self, name: str, card: str, place: Place) -> Debtor:
        """A debtor's case; what only persons or only organisations have is still missing."""
        dice = self._dice
        published = dice.day(date(2015, 3, 1), date(2018, 11, 23))
        filed = published - timedelta(days=dice.number(30, 400))
        return Debtor(
            number=self._registry.case(dice, place, filed.year),
            name=name,
            card=card,
            place=place,
            filed=filed,
            published=published,
            duty=_duty(dice),
            performance=dice.weighted([("全部未履行", 0.85), ("部分未履行", 0.15)]),
            misconduct=dice.pick(_MISCONDUCT),
        )

    def person(self, person: Person, card: str | None = None, name: str = "") -> Debtor:
        """A person, by default under the court's mask."""
        shown = numbers.hide_month_and_day(person.citizen_id) if card is None else card
        case = self._case(name or person.name, shown, any_place(self._dice))
        sex = f"{person.sex}性" if case.published.year >= 2018 else person.sex
        return replace(case, sex=sex, age=case.published.year - person.born.year)

    def organisation(
        self, found: Organisation, card: str, name: str = "", representative: Person | None = None
    ) -> Debtor:
        """An organisation; `card` is its code in whatever form, or nothing; `representative`: named with his number."""
        case = self._case(name or found.name, card, found.place)
        shown = numbers.hide_month_and_day(representative.citizen_id) if representative else ""
        return replace(case, representative=found.legal_representative, representative_card=shown)

    def abnormal(self, found: Organisation, *, name: str = "", removed: bool = False) -> Abnormal:
        """An entry of the abnormal list."""
        dice, day = self._dice, self._dice.day(date(2015, 7, 1), date(2018, 7, 31))
        return Abnormal(
            self._registry.document(dice, found.place, day.year, "异列"),
            name or found.name,
            found.uscc,
            found.legal_representative,
            found.place,
            day,
            day + timedelta(days=dice.number(20, 110)) if removed else None,
            dice.pick(_ABNORMAL),
        )

    def serious(self, found: Organisation, *, removed: bool = False) -> Serious:
        """An entry of the list of serious violations."""
        dice, day = self._dice, self._dice.day(date(2016, 1, 1), date(2018, 7, 31))
        return Serious(
            self._registry.document(dice, found.place, day.year, "严列"),
            found.name,
            found.uscc,
            found.legal_representative,
            found.place,
            day,
            day + timedelta(days=dice.number(20, 110)) if removed else None,
            dice.pick(_SERIOUS),
        )


def _duty(dice: Dice) -> str:
    amount = dice.number(8, 9_000) * 100
    return dice.pick(
        [
            f"被执行人偿还申请执行人借款本金{amount}元及利息",
            f"给付货款{amount}元，\r\n并承担案件受理费{dice.number(50, 5000)}元。",
            f"支付工程款{amount}元及逾期付款利息",
            "详见生效法律文书",
            f"连带清偿借款{amount / 10000:.2f}万元",
        ]
    )


def background_debtors(lists: Lists, dice: Dice, brands: Brands, avoid: set[str], rows: int) -> list[Debtor]:
    """Debtors nobody in the applications has to do with; six in seven are persons, some have several cases."""
    found: list[Debtor] = []
    while len(found) < rows:
        cases = dice.weighted([(1, 0.8), (2, 0.13), (4, 0.07)])
        if dice.chance(0.86):
            person = new_person(dice, avoid)
            card = _masked(dice, person.citizen_id)
            found += [lists.person(person, card) for _ in range(cases)]
        else:
            company = new_company(dice, brands.common(), new_person(dice, avoid).name, OTHER_TRADES)
            card = _organisation_card(dice, company)
            found += [lists.organisation(company, card) for _ in range(cases)]
    return found[:rows]


def _masked(dice: Dice, full: str) -> str:
    if dice.chance(0.88):
        return numbers.hide_month_and_day(full)
    return dice.pick(
        [
            numbers.hide_birth_date(full),
            numbers.hide_month_and_day(full, "X"),
            numbers.hide_month_and_day(full, "×"),
            numbers.hide_in_fifteen(full),
            numbers.full_width(numbers.hide_month_and_day(full)),
        ]
    )


def _organisation_card(dice: Dice, company: Organisation) -> str:
    code = company.organisation_code
    return dice.weighted(
        [
            (company.uscc, 0.55),
            (code, 0.25),
            (numbers.hyphenated(code), 0.15),
            (numbers.full_width(company.uscc), 0.05),
        ]
    )


def background_firms(dice: Dice, brands: Brands, avoid: set[str], rows: int) -> Iterable[Organisation]:
    """Companies for the two lists of the market supervision bureaus."""
    return [new_company(dice, brands.common(), new_person(dice, avoid).name, OTHER_TRADES) for _ in range(rows)]
