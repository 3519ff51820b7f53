"""Made-up people. Names are composed from common surnames and given characters; all were born before 1925."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from examples.province import numbers
from examples.province.dice import Dice
from examples.province.places import any_place

_SURNAMES = (
    "王王王王李李李李张张张张刘刘刘陈陈陈杨杨赵赵黄黄周周吴吴徐徐孙孙胡胡朱朱高高林何郭马罗梁宋郑谢韩唐冯于董萧程"
    "曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙"
)
_OF_MEN = (
    "国建文志明德永学玉春海云金平华军强林福生成忠义光辉启立新荣庆祥安良树宏伟兴旺胜利仁贵有顺根宝全山江斌勇刚涛"
)
_OF_WOMEN = "秀玉桂兰英芳珍凤梅莲淑芝香菊霞翠云红素月琴芬爱巧美丽娟慧洁雪艳琳敏静春荣华珠彩金银花青萍惠如兰"


@dataclass(frozen=True)
class Person:
    """Somebody with a name, a full number and what follows from it."""

    name: str
    citizen_id: str

    @property
    def born(self) -> date:
        """The birth date in the number."""
        text = self.citizen_id
        return date(int(text[6:10]), int(text[10:12]), int(text[12:14]))

    @property
    def sex(self) -> str:
        """男 or 女, from the number."""
        return "男" if int(self.citizen_id[16]) % 2 else "女"


def new_name(dice: Dice, *, woman: bool) -> str:
    """A surname and one or two given characters."""
    given = _OF_WOMEN if woman else _OF_MEN
    length = 2 if dice.chance(0.88) else 1
    return dice.pick(_SURNAMES) + "".join(dice.pick(given) for _ in range(length))


def new_person(dice: Dice, avoid: Collection[str] = ()) -> Person:
    """Somebody whose name is none of those to avoid."""
    while True:
        woman = dice.chance(0.35)
        name = new_name(dice, woman=woman)
        if name not in avoid:
            return person(dice, name, woman=woman)


def person(dice: Dice, name: str, *, woman: bool = False, region: str = "") -> Person:
    """Somebody of this name."""
    region = region or any_place(dice).code
    return Person(name, numbers.new_citizen_id(dice, region, numbers.new_birth_date(dice), woman=woman))
