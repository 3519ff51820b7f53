"""Places in names and codes: administrative divisions by name, with and without their suffix."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SUFFIX = re.compile(
    r"(?:维吾尔|壮族|回族|蒙古族?|藏族|彝族|苗族|侗族|土家族|布依族|朝鲜族|哈萨克族?|傣族|白族|哈尼族|羌族|满族|瑶族|黎族|畲族|"
    r"仡佬族|水族|各族|景颇族|傈僳族|纳西族|拉祜族|佤族|布朗族|独龙族|怒族|普米族|达斡尔族|鄂温克族?|鄂伦春|柯尔克孜|塔吉克|锡伯|"
    r"毛南族|仫佬族|撒拉族|保安族|东乡族|裕固族|土族)*(?:特别行政区|自治区|自治州|自治县|自治旗|林区|特区|地区|省|市|县|区|旗|盟|州)$"
)


@dataclass(frozen=True, slots=True)
class Division:
    """A province, city or county: its six-digit code (GB/T 2260) and names."""

    code: str
    name: str
    short: str

    @property
    def level(self) -> int:
        """1 province, 2 city, 3 county."""
        return 1 if self.code.endswith("0000") else 2 if self.code.endswith("00") else 3


def short_name(name: str) -> str:
    """A division's name as people say it.

    >>> short_name("合肥市"), short_name("广西壮族自治区"), short_name("沙县")
    ('合肥', '广西', '沙县')
    """
    short = _SUFFIX.sub("", name)
    return short if len(short) > 1 else name


class Gazetteer:
    """Finds division names at the head of a text."""

    def __init__(self, divisions: Iterable[tuple[str, str]]) -> None:
        """`divisions`: (code, name), former ones too. City districts called 市辖区 or 郊区 are no names."""
        self._by_text: dict[str, list[Division]] = {}
        self._provinces: dict[str, str] = {}
        for code, name in divisions:
            if code.endswith("0000"):
                self._provinces.setdefault(code[:2], name)
            if name in {"市辖区", "郊区", "县", "市", "城区", "东市区", "西市区", "中市区"} or len(name) < 2:
                continue
            division = Division(code, name, short_name(name))
            self._by_text.setdefault(name, []).append(division)
            # A county's bare name is an ordinary word too often (大方, 长安, 新华): only cities may drop 市.
            if division.short != name and (division.level < 3 or name.endswith("市")):
                self._by_text.setdefault(division.short, []).append(division)
        self._longest = max(map(len, self._by_text), default=0)

    def head(self, text: str) -> tuple[str, list[Division]] | None:
        """The longest division name that `text` starts with, and what it may stand for."""
        for length in range(min(self._longest, len(text)), 1, -1):
            found = self._by_text.get(text[:length])
            if found:
                return text[:length], found
        return None

    def provinces_in(self, text: str) -> frozenset[str]:
        """Two-digit province codes that the places at the head of a text may belong to.

        >>> sorted(Gazetteer([("340000", "安徽省"), ("340100", "合肥市")]).provinces_in("合肥市中级人民法院"))
        ['34']
        """
        if re.match(r"\d{6}", text):
            return frozenset({text[:2]})
        found = self.head(text)
        return frozenset(d.code[:2] for d in found[1]) if found else frozenset()

    def province_of(self, text: str) -> str:
        """The name of the one province that the place at the head of a text is in; '' where that is not certain.

        >>> Gazetteer([("340000", "安徽省"), ("340100", "合肥市")]).province_of("合肥市中级人民法院")
        '安徽省'
        """
        codes = self.provinces_in(text)
        return self._provinces.get(next(iter(codes)), "") if len(codes) == 1 else ""
