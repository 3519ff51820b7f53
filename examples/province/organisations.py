"""Made-up organisations in the shapes of real ones, and public universities by name. All codes are invented."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from examples.province import numbers
from examples.province.dice import Dice
from examples.province.places import Place, any_place

_COMMON, _RESERVED = (
    " ".join(line for line in part.splitlines() if not line.startswith("#")).split()
    for part in (Path(__file__).with_name("brands.txt")).read_text(encoding="utf-8").split("--------")
)

SCIENCE_TRADES = (  # noqa: SIM905
    "生物科技 环保科技 智能装备 信息技术 新材料科技 农业科技 医药科技 机械制造 电子科技 自动化工程 光电科技 软件 "
    "新能源科技 精密模具 医疗器械 种业 水处理工程 传感技术"
).split()
OTHER_TRADES = (  # noqa: SIM905
    "商贸 建筑工程 房地产开发 物流 纺织 服饰 食品 餐饮管理 装饰工程 汽车销售 担保 投资管理 劳务 建材 家具 包装 "
    "园林绿化 养殖 置业 机电设备 彩印 运输 矿业"
).split()
_FORMS = (("有限公司", 0.8), ("有限责任公司", 0.12), ("股份有限公司", 0.08))

UNIVERSITIES = [
    ("安徽大学", "340104"), ("合肥工业大学", "340111"), ("安徽农业大学", "340104"), ("安徽医科大学", "340104"),
    ("安徽师范大学", "340203"), ("安徽工业大学", "340503"), ("安徽理工大学", "340403"), ("安徽工程大学", "340207"),
    ("安徽中医药大学", "340103"), ("安徽建筑大学", "340104"), ("安徽财经大学", "340302"), ("蚌埠医学院", "340302"),
    ("皖南医学院", "340203"), ("淮北师范大学", "340603"), ("阜阳师范学院", "341202"), ("安庆师范大学", "340803"),
    ("皖西学院", "341502"), ("滁州学院", "341102"), ("宿州学院", "341302"), ("巢湖学院", "340124"),
    ("黄山学院", "341002"), ("铜陵学院", "340705"), ("池州学院", "341702"), ("安徽科技学院", "341126"),
]  # fmt: skip


@dataclass(frozen=True)
class Organisation:
    """An organisation with its code and legal representative."""

    name: str
    uscc: str
    place: Place
    legal_representative: str
    former_name: str = ""

    @property
    def organisation_code(self) -> str:
        """Characters 9 to 17 of the USCC."""
        return self.uscc[8:17]


class Brands:
    """Brand words, each given out once, so that no two organisations are alike by chance."""

    def __init__(self) -> None:
        self._common: Iterator[str] = iter(_COMMON)
        self._reserved: Iterator[str] = iter(_RESERVED)

    def common(self) -> str:
        """The next brand for anybody with a code."""
        return next(self._common)

    def reserved(self) -> str:
        """The next brand that shares no character with common ones."""
        return next(self._reserved)


def company_name(dice: Dice, place: Place, brand: str, trades: list[str]) -> str:
    """Place, brand, trade and legal form, in the two usual orders."""
    trade, form = dice.pick(trades), dice.weighted(_FORMS)
    city = place.city.removesuffix("市")
    if form == "有限公司" and dice.chance(0.12):
        return f"{brand}（{city}）{trade}{form}"
    if dice.chance(0.3):
        return f"安徽{brand}{trade}{form}"
    if not place.county.endswith("区") and dice.chance(0.4):
        return f"{place.county}{brand}{trade}{form}"
    return f"{city}{'市' if dice.chance(0.4) else ''}{brand}{trade}{form}"


def new_company(dice: Dice, brand: str, representative: str, trades: list[str]) -> Organisation:
    """A company, now and then a farmers' co-operative."""
    place = any_place(dice)
    if trades is OTHER_TRADES and dice.chance(0.06):
        name = f"{place.county}{brand}{dice.pick(['种植', '养殖', '茶叶'])}专业合作社"
        return Organisation(name, numbers.new_uscc(dice, place.code, numbers.CO_OPERATIVE), place, representative)
    name = company_name(dice, place, brand, trades)
    return Organisation(name, numbers.new_uscc(dice, place.code), place, representative)


def new_institute(dice: Dice, brand: str, representative: str) -> Organisation:
    """A private research institute."""
    place = any_place(dice)
    name = f"{place.city.removesuffix('市')}{brand}{dice.pick(['新材料', '生物医药', '智能制造'])}研究院"
    return Organisation(name, numbers.new_uscc(dice, place.code, numbers.PRIVATE_INSTITUTE), place, representative)
