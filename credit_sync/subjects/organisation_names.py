"""Names of organisations taken apart: place, core (brand and trade), legal form, branch, brackets.

企业名称登记管理规定: 行政区划 + 字号 + 行业或经营特点 + 组织形式. The parser rests on tables of words
(mappings/names/), reads from both ends, and keeps what it does not understand in the core.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from credit_sync.subjects.places import Division, Gazetteer
from credit_sync.subjects.writing import folded

_BRACKETS = str.maketrans(dict.fromkeys("[{〔【〈《「『（", "(") | dict.fromkeys("]}〕】〉》」』）", ")"))
_PUNCTUATION = re.compile(r"[\s\"'“”‘’`·•.,，。、;；:：—\-_－―/\\|*#&~!?！？<>]+")
_FORMER_NAME = re.compile(r"\((?:(?:原名|曾用名|现名|更名前|又名|别名)[^()]*|原[^()]{4,})\)")
_NUMBERS = str.maketrans("０１２３４５６７８９", "0123456789")
_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
_AFFILIATE_ORDER = re.compile(r"(第[一二三四五六七八九十]+)附属")
"""第一附属医院 and 附属第一医院 are one way of counting."""


@dataclass(frozen=True, slots=True)
class OrganisationWords:
    """The tables of words: legal forms that may be dropped, branch words, trades."""

    droppable_forms: tuple[str, ...]
    misspelt_form: str
    """A regular expression for 有限公司 with one typing error."""
    branches: tuple[str, ...]
    trades: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrganisationName:
    """The parts of one name. Empty where a name does not have the part."""

    full: str
    """Folded, brackets and punctuation removed: equal for names that differ in writing only."""
    bare: str
    """`full` without company forms and without the suffix of places."""
    core: str
    """`bare` without the leading place: brand, trade and whatever else tells subjects apart."""
    brand: str
    trade: str
    form: str
    places: tuple[str, ...]
    """The leading place names as written, from large to small."""
    divisions: tuple[tuple[Division, ...], ...]
    """What each of `places` may stand for."""
    codes: frozenset[str]
    """The codes of all of `divisions`."""
    branch: str
    """What follows the legal person's name, such as 芜湖分公司, without company forms."""
    branch_as_written: str
    branch_known: bool
    """It ends with a word for branches."""
    bracketed_places: tuple[str, ...]
    parent: str
    """The legal person that a branch belongs to, folded; empty for names that are no branch's."""

    @property
    def empty(self) -> bool:
        """Nothing but a place, a form, punctuation or pictures: matches nothing."""
        return (len(self.core) < 2 and not self.branch) or not any(map(str.isalpha, self.full))


class OrganisationParser:
    """Takes names apart with one set of tables. `parse` is pure and remembers recent names."""

    def __init__(self, words: OrganisationWords, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        forms = sorted(map(re.escape, words.droppable_forms), key=len, reverse=True)
        long, short = [f for f in forms if len(f) > 2], [f for f in forms if len(f) <= 2]
        self._form = re.compile("|".join((*long, words.misspelt_form, *short)))
        self._branch = re.compile(
            f"(?:{'|'.join(sorted(map(re.escape, words.branches), key=len, reverse=True))})$"
        )
        self._trades = frozenset(words.trades)
        self._longest_trade = max(map(len, words.trades), default=0)
        self.parse = lru_cache(maxsize=200_000)(self._parse)

    def _parse(self, name: str) -> OrganisationName:
        text = _FORMER_NAME.sub("", folded(name).translate(_BRACKETS))
        text = _AFFILIATE_ORDER.sub(r"附属\1", text)
        bracketed = self._bracketed_places(text)
        full = _PUNCTUATION.sub("", text).replace("(", "").replace(")", "").translate(_NUMBERS)
        without_bracketed = text
        for place in bracketed:
            without_bracketed = without_bracketed.replace(f"({place})", "")
        plain = _PUNCTUATION.sub("", without_bracketed).replace("(", "").replace(")", "")
        legal_person, branch = self._split_branch(plain)
        form = next(iter(self._form.findall(legal_person)[-1:]), "")
        without_form = self._form.sub("", legal_person)
        places, divisions, core = self._split_places(without_form)
        shorts = [candidates[0].short for candidates in divisions]
        brand, trade = self._split_trade(core)
        tail = self._form.sub("", branch).translate(_DIGITS)
        return OrganisationName(
            full=full,
            bare="".join((*shorts, core, tail)),
            core=core + tail,
            brand=brand,
            trade=trade,
            form=form,
            places=places,
            divisions=divisions,
            codes=frozenset(d.code for candidates in divisions for d in candidates),
            branch=tail,
            branch_as_written=branch,
            branch_known=bool(self._branch.search(branch)),
            bracketed_places=bracketed,
            parent=legal_person if branch else "",
        )

    def _bracketed_places(self, text: str) -> tuple[str, ...]:
        inside = re.findall(r"\(([^()]*)\)", text)
        return tuple(part for part in inside if self._gazetteer.named(part))

    def _split_branch(self, text: str) -> tuple[str, str]:
        """The legal person's name, and what stands behind its company form."""
        for found in reversed(list(self._form.finditer(text))):
            head, tail = text[: found.end()], text[found.end() :]
            if not tail or len(found.group()) < 2 or found.group() == "有限":
                continue
            plainly_behind = (
                len(found.group()) > 3
                and head.endswith("公司")
                and len(tail) > 1
                and not self._form.fullmatch(tail)
            )
            if (plainly_behind or self._branch.search(tail)) and len(head) > len(found.group()) + 1:
                return head, tail
        return text, ""

    def _split_places(self, text: str) -> tuple[tuple[str, ...], tuple[tuple[Division, ...], ...], str]:
        places: list[str] = []
        divisions: list[tuple[Division, ...]] = []
        rest = text
        while len(places) < 3 and (found := self._gazetteer.head(rest)):
            name, candidates = found
            deeper = [d for d in candidates if not divisions or _within(d, divisions[-1])]
            if not deeper or len(rest) - len(name) == 1:
                break
            places.append(name)
            divisions.append(tuple(deeper))
            rest = rest[len(name) :]
        return tuple(places), tuple(divisions), rest

    def _split_trade(self, core: str) -> tuple[str, str]:
        """Brand and trade: the longest trade word at the end that leaves a brand of two characters or more, or none."""
        if core in self._trades:
            return "", core
        for length in range(min(self._longest_trade, len(core) - 2), 1, -1):
            if core[-length:] in self._trades:
                return core[:-length], core[-length:]
        return core, ""


def _within(inner: Division, outer: tuple[Division, ...]) -> bool:
    return any(inner.code[: 2 * d.level] == d.code[: 2 * d.level] and inner.level > d.level for d in outer)
