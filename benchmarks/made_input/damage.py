"""One kind of damage to a name or a number each: what lists, registers and typists do to them."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import opencc
from numpy.random import Generator

from benchmarks.made_input.words import Words, common_characters
from credit_sync.shipped import shipped
from credit_sync.subjects.person_names import syllables

_LOOK_ALIKE_LETTERS = {"0": "O", "1": "I"}
_FORMS = ("股份有限公司", "有限责任公司", "有限公司")


@dataclass(frozen=True)
class Parts:
    """A name of the shape place + core + form."""

    place: str
    core: str
    form: str

    @property
    def name(self) -> str:
        return self.place + self.core + self.form


def parts(name: str, words: Words) -> Parts | None:
    """None where the name has another shape, or too short a core to be damaged and still be told."""
    form = next((f for f in _FORMS if name.endswith(f)), "")
    place = _place(name, _places(frozenset(words.divisions.values())))
    core = name[len(place) : len(name) - len(form)]
    plain = all("一" <= c <= "龥" for c in core)
    return Parts(place, core, form) if form and place and plain and 4 <= len(core) <= 12 else None


@cache
def _places(names: frozenset[str]) -> frozenset[str]:
    return names | {n.rstrip("省市县区") for n in names if len(n) > 2}


def _place(name: str, places: frozenset[str]) -> str:
    """The leading place: further ones only with their suffix, for brands are called like places (安徽新安酒店)."""
    start = _longest(name, places)
    if start and name[len(start) : len(start) + 1] in tuple("省市县区"):
        start = name[: len(start) + 1]  # a place that has become a city since
    while start and (found := _longest(name[len(start) :], places)) and found[-1] in "市县区":
        start += found
    return start


def _longest(text: str, places: frozenset[str]) -> str:
    return next((text[:length] for length in range(8, 1, -1) if text[:length] in places), "")


def full_width(text: str) -> str:
    """ASCII as full-width characters."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def look_alike_letters(text: str) -> str:
    """Zeros as O and ones as I, as read off a scan."""
    return "".join(_LOOK_ALIKE_LETTERS.get(c, c) for c in text)


def traditional(text: str) -> str:
    """In traditional characters."""
    return str(_to_traditional().convert(text))


def latin(name: str) -> str:
    """Pinyin, surname first, ü as V."""
    read = [unicodedata.normalize("NFC", syllable).replace("ü", "v") for syllable in syllables(name)]
    return f"{read[0]} {''.join(read[1:])}".title()


def by_sound(c: str, rng: Generator) -> str:
    """Another character of the same toneless reading; the same one where there is none."""
    return _other(c, _homophones().get(unicodedata.normalize("NFC", syllables(c)[0]), []), rng)


def by_shape(c: str, rng: Generator) -> str:
    """Another character that is taken for it."""
    return _other(c, _look_alikes().get(c, []), rng)


def unlike(c: str, rng: Generator) -> str:
    """A character of neither its sound nor its shape."""
    alike = {c, *_homophones().get(syllables(c)[0], []), *_look_alikes().get(c, [])}
    others = common_characters()
    while (found := others[rng.integers(len(others))]) in alike:
        pass
    return found


def one_character(text: str, change: Callable[[str, Generator], str], rng: Generator, avoid: int = -1) -> str:
    """The text with one character changed: a place at random where the change does something."""
    for place in rng.permutation(len(text)):
        if place != avoid and (new := change(text[place], rng)) != text[place]:
            return text[:place] + new + text[place + 1 :]
    return text


def missing(text: str, rng: Generator) -> str:
    place = int(rng.integers(len(text)))
    return text[:place] + text[place + 1 :]


def doubled(text: str, rng: Generator) -> str:
    place = int(rng.integers(len(text)))
    return text[:place] + text[place] + text[place:]


def swapped(text: str, rng: Generator) -> str:
    """Two neighbours exchanged, such that it shows."""
    for place in rng.permutation(len(text) - 1):
        if text[place] != text[place + 1]:
            return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text


def _other(c: str, group: list[str], rng: Generator) -> str:
    others = [o for o in group if o != c]
    return others[rng.integers(len(others))] if others else c


@cache
def _homophones() -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for character in common_characters():
        groups[syllables(character)[0]].append(character)
    return groups


@cache
def _look_alikes() -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    text = (shipped("mappings") / "names" / "look_alikes.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            for character in line:
                groups[character] += line
    return groups


@cache
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")
