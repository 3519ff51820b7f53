"""Subjects in bulk, as they truly are: people and organisations with full numbers, before any list damages them."""

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.made_input.numbers import Ints, Texts, citizen_ids, codes
from benchmarks.made_input.words import Weighted, Words

HOME = 34
"""The province that asks: this share of the applicants is at home there."""
HOME_SHARE = 0.6
_FORMS = Weighted.of(
    {
        "有限公司": 70,
        "有限责任公司": 10,
        "股份有限公司": 3,
        "集团有限公司": 2,
        "厂": 4,
        "经营部": 4,
        "专业合作社": 7,
    }
)


def people(rng: Generator, words: Words, count: int, *, at_home: float = 0.0) -> pl.DataFrame:
    """name, identifier, region (a province's name), sex, birth_year."""
    regions = _regions(rng, words, count, at_home)
    ids = citizen_ids(rng, regions)
    return pl.DataFrame({"name": person_names(rng, words, count), "identifier": ids}).with_columns(
        region=_provinces(words, regions),
        sex=pl.when(pl.col("identifier").str.slice(16, 1).cast(pl.Int8) % 2 == 1)
        .then(pl.lit("男"))
        .otherwise(pl.lit("女")),
        birth_year=pl.col("identifier").str.slice(6, 4).cast(pl.Int32),
    )


def person_names(rng: Generator, words: Words, count: int) -> Texts:
    """A surname and one given character (15 %) or two."""
    surnames = _pick(rng, words.surnames, count)
    second = np.where(rng.random(count) < 0.15, "", _pick(rng, words.given, count))
    return np.char.add(np.char.add(surnames, _pick(rng, words.given, count)), second)


def firms(rng: Generator, words: Words, names: list[str], *, at_home: float = 0.0) -> pl.DataFrame:
    """name, identifier, region, legal_representative: made-up codes and people for given names.

    The region is that of the name's place where one can be read off its beginning.
    """
    provinces = _read_provinces(words, names)
    regions = _regions(rng, words, len(names), at_home)
    inside = rng.integers(1, 4, len(names)) * 100 + rng.integers(1, 9, len(names))
    regions = np.where(provinces > 0, provinces * 10000 + inside, regions)
    return pl.DataFrame({"name": names, "identifier": codes(rng, regions)}).with_columns(
        region=_provinces(words, regions),
        legal_representative=pl.Series(person_names(rng, words, len(names))),
    )


def made_firm_names(rng: Generator, words: Words, count: int) -> Texts:
    """Place, brand, trade and form; the brand from the folder's words or of two or three characters."""
    places = np.array([name for code, name in words.divisions.items() if code % 10000])
    place = rng.choice(places, count)
    bare = np.where(np.char.str_len(place) > 2, np.char.rstrip(place, "市县区"), place)
    place = np.where(rng.random(count) < 0.5, place, bare)
    brand = _brands(rng, words, count)
    head = np.char.add(np.char.add(place, brand), rng.choice(words.trades, count))
    return np.char.add(head, _pick(rng, _FORMS, count))


def _brands(rng: Generator, words: Words, count: int) -> Texts:
    if len(words.brands):
        return rng.choice(words.brands, count)
    third = np.where(rng.random(count) < 0.6, "", _pick(rng, words.given, count))
    return np.char.add(np.char.add(_pick(rng, words.given, count), _pick(rng, words.given, count)), third)


def _pick(rng: Generator, words: Weighted, count: int) -> Texts:
    return words.words[rng.choice(len(words.words), count, p=words.shares)]


def _regions(rng: Generator, words: Words, count: int, at_home: float) -> Ints:
    counties = np.array([code for code in words.divisions if code % 100])
    home = counties[counties // 10000 == HOME]
    return np.where(rng.random(count) < at_home, rng.choice(home, count), rng.choice(counties, count))


def _provinces(words: Words, regions: Ints) -> pl.Series:
    names = np.full(100, "", dtype="U12")
    for code, name in words.provinces.items():
        names[code] = name
    return pl.Series(names[regions // 10000])


def _read_provinces(words: Words, names: list[str]) -> NDArray[np.int64]:
    by_place: dict[str, int] = {}
    for code, name in sorted(words.divisions.items(), key=lambda item: item[0] % 100 > 0):
        for text in (name, name.rstrip("省市县区") if len(name) > 2 else name):
            by_place.setdefault(text, code // 10000)
    longest = max(map(len, by_place))

    def province(name: str) -> int:
        starts = (name[:length] for length in range(min(longest, len(name)), 1, -1))
        return next((by_place[start] for start in starts if start in by_place), 0)

    return np.array([province(name) for name in names], dtype=np.int64)
