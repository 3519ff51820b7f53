"""Weights of evidence from mappings/screening/weights.toml: what agreeing and disagreeing is worth, in bits."""

import math
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from credit_sync.errors import SettingsError
from credit_sync.shipped import shipped
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.toml_files import Strict, load, nearest

MOST_CERTAIN = 0.9999
"""No probability is shown as certainty; above this more evidence changes nothing for anybody."""


class Level(Strict):
    """One way in which two values can agree or differ."""

    m: float = Field(gt=0, le=1)
    u: float | None = Field(default=None, gt=0, le=1)
    origin: str


class Prior(Strict):
    """Probability that an applicant and a listing taken at random are one subject."""

    person: float = Field(gt=0, lt=1)
    organisation: float = Field(gt=0, lt=1)


class Bands(Strict):
    """From probability to verdict."""

    confirmed: float = Field(gt=0, le=MOST_CERTAIN)
    probable: float = Field(gt=0, le=MOST_CERTAIN)
    possible: float = Field(gt=0, le=MOST_CERTAIN)
    identifying_bits: float = Field(gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.possible <= self.probable <= self.confirmed:
            raise ValueError("possible、probable、confirmed 必须从小到大")
        return self


class Places(Strict):
    """What visible places of masked numbers are worth."""

    citizen_id: tuple[float, ...] = Field(min_length=18, max_length=18)
    code: float = Field(ge=0)

    @model_validator(mode="after")
    def _none_against(self) -> Self:
        if min(self.citizen_id) < 0:
            raise ValueError("citizen_id 的每一项都不能小于 0")
        return self


class Weights(Strict):
    """The whole file. `stamp` names this very content; it is stored with every match."""

    version: str = Field(min_length=1)
    prior: Prior
    bands: Bands
    places: Places
    identifier: dict[str, Level]
    person_name: dict[str, Level]
    organisation_name: dict[str, Level]
    legal_representative: dict[str, Level]
    sex: dict[str, Level]
    birth_year: dict[str, Level]
    region: dict[str, Level]
    employer: dict[str, Level]

    def bits(self, attribute: str, level: str, u: float | None = None) -> float:
        """log2(m / u) of a level; `u` where it depends on the value compared."""
        found: Level = getattr(self, attribute)[level]
        return math.log2(found.m / (u if u is not None else found.u or 1.0))

    def levels(self) -> dict[str, Mapping[str, Level]]:
        """Every attribute's levels, in the order of the file."""
        tables = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: levels for name, levels in tables.items() if isinstance(levels, dict)}

    def prior_bits(self, kind: SubjectKind) -> float:
        """The prior as log2 odds."""
        share = self.prior.person if kind is SubjectKind.PERSON else self.prior.organisation
        return math.log2(share / (1 - share))

    def completed(self, others: Self) -> Self:
        """The same with the levels of others that this file does not know: it is from before they were thought of."""
        own = self.levels()
        missing = {
            name: {**table, **own[name]} for name, table in others.levels().items() if table.keys() - own[name]
        }
        return self.model_copy(update=missing) if missing else self

    @property
    def stamp(self) -> str:
        """Version and digest of the content."""
        return f"{self.version}-{blake2b(self.model_dump_json().encode(), digest_size=4).hexdigest()}"


def load_weights(folder: Path | None = None) -> Weights:
    """The weights in `folder/screening/weights.toml`; the shipped ones by default, and for levels that are not there, since
    the file may be from before they were thought of. Raises SettingsError.
    """
    if folder is None:
        return _shipped()
    path = folder / _FILE
    found = load(path, Weights)
    if problems := [problem for name in found.levels() for problem in _problems(name, found, _shipped())]:
        raise SettingsError(str(path), problems)
    return found.completed(_shipped())


_FILE = Path("screening") / "weights.toml"


@cache
def _shipped() -> Weights:
    """The file that the comparators were written with: it has every level, and u wherever it is not computed."""
    return load(shipped("mappings") / _FILE, Weights)


def _problems(attribute: str, weights: Weights, known: Weights) -> Iterator[str]:
    """What is wrong with one attribute's levels. A level without its u would be worth nothing, and clear whom it should flag."""
    levels, expected = weights.levels()[attribute], known.levels()[attribute]
    for name, level in levels.items():
        if name not in expected:
            yield f"{attribute}.{name}: 没有这一级{nearest(name, expected)}"
        elif expected[name].u is None and level.u is not None:
            yield f"{attribute}.{name}.u: 由所比的值算出，不能写"
        elif expected[name].u is not None and level.u is None:
            yield f"{attribute}.{name}.u: 缺少这一项"
