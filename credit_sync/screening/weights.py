"""Weights of evidence from mappings/screening/weights.toml: what agreeing and disagreeing is worth, in bits."""

import math
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Self

from pydantic import Field

from credit_sync.shipped import shipped
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.toml_files import Strict, load


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

    confirmed: float
    probable: float
    possible: float
    identifying_bits: float


class Places(Strict):
    """What visible places of masked numbers are worth."""

    citizen_id: tuple[float, ...] = Field(min_length=18, max_length=18)
    code: float


class Weights(Strict):
    """The whole file. `stamp` names this very content; it is stored with every match."""

    version: str
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

    def prior_bits(self, kind: SubjectKind) -> float:
        """The prior as log2 odds."""
        share = self.prior.person if kind is SubjectKind.PERSON else self.prior.organisation
        return math.log2(share / (1 - share))

    def completed(self, others: Self) -> Self:
        """The same with the levels of others that this file does not know: it is from before they were thought of."""
        missing = {
            name: {**table, **own} for name, table, own in self._tables(others) if table.keys() - own.keys()
        }
        return self.model_copy(update=missing) if missing else self

    def _tables(self, others: Self) -> Iterator[tuple[str, dict[str, Level], dict[str, Level]]]:
        for name in type(self).model_fields:
            own = getattr(self, name)
            if isinstance(own, dict):
                yield name, getattr(others, name), own

    @property
    def stamp(self) -> str:
        """Version and digest of the content."""
        return f"{self.version}-{blake2b(self.model_dump_json().encode(), digest_size=4).hexdigest()}"


def load_weights(folder: Path | None = None) -> Weights:
    """The weights in `folder/screening/weights.toml`; the shipped ones by default, and for levels that are not there."""
    return _load(folder).completed(_shipped()) if folder else _shipped()


def _load(folder: Path) -> Weights:
    return load(folder / "screening" / "weights.toml", Weights)


@cache
def _shipped() -> Weights:
    return _load(shipped("mappings"))
