"""Places in names and codes: administrative divisions by name, with and without their suffix."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

_KIND = r"(?:特别行政区|自治区|自治州|自治县|自治旗|林区|特区|地区|省|市|县|区|旗|盟|州)$"
_SUFFIX = re.compile(
    r"(?:维吾尔|壮族|回族|蒙古族?|藏族|彝族|苗族|侗族|土家族|布依族|朝鲜族|哈萨克族?|傣族|白族|哈尼族|羌族|满族|瑶族|黎族|畲族|"
    r"仡佬族|水族|各族|景颇族|傈僳族|纳西族|拉祜族|佤族|布朗族|独龙族|怒族|普米族|达斡尔族|鄂温克族?|鄂伦春|柯尔克孜|塔吉克|锡伯|"
    r"毛南族|仫佬族|撒拉族|保安族|东乡族|裕固族|土族)*" + _KIND
)

_NO_NAMES = frozenset(("市辖区", "郊区", "县", "市", "城区", "东市区", "西市区", "中市区"))
_LONGEST = 40
"""Characters in which a place, or a court's name, has told where it is."""


@dataclass(frozen=True, slots=True)
class Division:
    """A province, city or county: its six-digit code (GB/T 2260) and names."""

    code: str
    name: str
    short: str
    became: str = ""
    """The code of the one division of today that it became or was merged into."""

    @property
    def level(self) -> int:
        """1 province, 2 city, 3 county."""
        return 1 if self.code.endswith("0000") else 2 if self.code.endswith("00") else 3

    @property
    def city(self) -> str:
        """The code of the city that it is in, or is."""
        return f"{self.code[:4]}00"

    def became_the(self, other: Self) -> bool:
        """Whether one of the two is what the other became: 狮子山区 and 铜官区, 六安's 寿县 and 淮南's; not two merged into one."""
        return self.became == other.code or other.became == self.code


def short_name(name: str) -> str:
    """A division's name as people say it.

    >>> short_name("合肥市"), short_name("广西壮族自治区"), short_name("内蒙古自治区"), short_name("沙县")
    ('合肥', '广西', '内蒙古', '沙县')
    """
    shorts = (_SUFFIX.sub("", name), re.sub(_KIND, "", name))
    return next((short for short in shorts if len(short) > 1), name)


class Gazetteer:
    """Finds division names at the head of a text."""

    def __init__(self, divisions: Iterable[tuple[str, ...]]) -> None:
        """`divisions`: (code, name), former ones too, with the code of what they became. Districts called 市辖区 or 郊区 are
        no names.
        """
        self.areas_in = lru_cache(maxsize=20_000)(self._areas_in)
        self._by_text: dict[str, list[Division]] = {}
        self._provinces: dict[str, str] = {}
        self._bare_counties: dict[str, list[Division]] = {}
        for code, written, *became in divisions:
            name = written.replace("乾", "干")  # as `writing.folded` writes it
            if code.endswith("0000"):
                self._provinces.setdefault(code[:2], name)
            if name in _NO_NAMES or len(name) < 2:
                continue
            division = Division(code, name, short_name(name), *became)
            self._by_text.setdefault(name, []).append(division)
            # A county's bare name is an ordinary word too often (大方, 长安, 新华): only cities may drop 市.
            if division.short != name and (division.level < 3 or name.endswith("市")):
                self._by_text.setdefault(division.short, []).append(division)
            elif division.short != name:
                self._bare_counties.setdefault(division.short, []).append(division)
        lengths: dict[str, set[int]] = {}
        for name in self._by_text:
            lengths.setdefault(name[:2], set()).add(len(name))
        self._lengths = {head: sorted(found, reverse=True) for head, found in lengths.items()}
        """How long names that begin with two characters are, longest first."""
        self._ends = frozenset(name[-2:] for name in (*self._by_text, *self._bare_counties))
        """The last two characters of every name."""

    def head(self, text: str) -> tuple[str, list[Division]] | None:
        """The longest division name that `text` starts with, and what it may stand for."""
        for length in self._lengths.get(text[:2], ()):
            found = self._by_text.get(text[:length])
            if found:
                return text[:length], found
        return None

    def named(self, text: str) -> list[Division]:
        """The divisions of exactly this name; counties may lack their suffix."""
        return self._by_text.get(text) or self._bare_counties.get(text, [])

    def is_place(self, text: str) -> bool:
        """Whether a text is places and nothing else; counties may lack their suffix here.

        >>> hefei = Gazetteer([("340100", "合肥市"), ("340123", "肥西县")])
        >>> hefei.is_place("合肥市肥西"), hefei.is_place("肥西县"), hefei.is_place("肥"), hefei.is_place("")
        (True, True, False, False)
        """
        if text in self._by_text or text in self._bare_counties:
            return True
        if text[-2:] not in self._ends and len(text) <= _LONGEST:
            return False  # as nearly everything that is asked: what no place ends like is none, wherever it begins
        found = self.head(text)
        return found is not None and self.is_place(text[len(found[0]) : _LONGEST])

    def innermost(self, place: str) -> frozenset[str]:
        """The codes that the last of the places in a text may mean; counties may lack their suffix.

        >>> hefei = Gazetteer([("340000", "安徽省"), ("340100", "合肥市"), ("340123", "肥西县")])
        >>> hefei.innermost("安徽肥西") == hefei.innermost("合肥市肥西县") == {"340123"}
        True
        """
        named, found = self.named(place), self.head(place)
        if named or found is None:
            return frozenset(division.code for division in named)
        return self.innermost(place[len(found[0]) :])

    def _areas_in(self, text: str) -> frozenset[str]:
        """Codes of the places that the head of a text may mean: two digits for provinces, four for cities and below.

        >>> hefei = Gazetteer([("340000", "安徽省"), ("340100", "合肥市"), ("340104", "蜀山区")])
        >>> sorted(hefei.areas_in("合肥市蜀山区人民法院")), sorted(hefei.areas_in("安徽省高级人民法院"))
        (['3401'], ['34'])
        """
        if not text:
            return frozenset()
        if re.match(r"\d{6}", text):
            return frozenset({text[:2] if text[2:4] == "00" else text[:4]})
        found = self.head(text)
        if found is None:
            return frozenset()
        inner = self._areas_in(text[len(found[0]) : _LONGEST]) if len(found[0]) < len(text) else frozenset()
        outer = frozenset(d.code[:2] if d.level == 1 else d.code[:4] for d in found[1])
        within = frozenset(i for i in inner for o in outer if i.startswith(o))
        return within or outer

    def province_of(self, text: str) -> str:
        """The name of the one province that the place at the head of a text is in; '' where that is not certain.

        >>> Gazetteer([("340000", "安徽省"), ("340100", "合肥市")]).province_of("合肥市中级人民法院")
        '安徽省'
        """
        codes = {area[:2] for area in self.areas_in(text)}
        return self._provinces.get(next(iter(codes)), "") if len(codes) == 1 else ""
