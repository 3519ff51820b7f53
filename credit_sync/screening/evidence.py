"""Evidence: the table of comparators, and what one comparison says.

Each comparator looks at one attribute of an applicant and a listing and returns at most one piece of evidence:
its level, what it is worth in bits (log2 of m/u, Fellegi & Sunter 1969) and a Chinese sentence. What is absent
on either side is no evidence at all, neither for nor against.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self

from credit_sync.records import Listing
from credit_sync.screening.reference import Reference
from credit_sync.screening.weights import Weights
from credit_sync.subjects.subject import Subject, SubjectKind


class Bearing(StrEnum):
    """What evidence may do beside adding its bits."""

    SUPPORTS = "supports"
    IDENTIFIES = "identifies"
    """Identifier evidence strong enough for `confirmed`."""
    WEAKENS = "weakens"
    """Speaks against, and keeps the verdict from `confirmed`."""
    EXCLUDES = "excludes"
    """No match, whatever else agrees."""


class Evidence(NamedTuple):
    """One comparison of one attribute."""

    attribute: str
    level: str
    bits: float
    sentence: str
    bearing: Bearing = Bearing.SUPPORTS
    rarity: str = ""
    """The part of the sentence that says how rare such an agreement is: it moves with weights and lists."""

    def stored(self) -> dict[str, Any]:
        """As it is kept with the match and shown in reports."""
        return {
            "attribute": self.attribute,
            "level": self.level,
            "bits": round(self.bits, 2),
            "sentence": self.sentence,
            **({"rarity": self.rarity} if self.rarity else {}),
        }


_PRIOR_SAMPLE = 1_000_000


@dataclass(frozen=True, slots=True)
class Scales:
    """What comparators weigh with: the weights and the reference tables."""

    weights: Weights
    reference: Reference
    listed: int = 0
    """How many entries the lists have together; 0 where that is not known."""
    namesakes: Mapping[str, int] = field(default_factory=dict)
    """Listed subjects of each folded name, as far as they are candidates."""
    compared: dict[tuple[str, str], Evidence | None] = field(default_factory=dict, init=False, compare=False)
    """What two names of persons came to with these namesakes: many listed persons bear one name."""
    _bits: dict[tuple[str, str], float] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What levels are worth whose u is fixed, and the priors: a few dozen, asked for with every pair."""

    def beside(self, namesakes: Mapping[str, int]) -> Self:
        """The same scales for an applicant whose name so many listed subjects bear."""
        own = type(self)(self.weights, self.reference, self.listed, namesakes)
        object.__setattr__(own, "_bits", self._bits)
        return own

    def prior_bits(self, kind: SubjectKind) -> float:
        """What the weights say before anything is compared."""
        bits = self._bits.get(("prior", kind))
        if bits is None:
            bits = self._bits["prior", kind] = self.weights.prior_bits(kind)
        return bits

    def name_share(self, name: str) -> float:
        """The share of people who bear a folded name: the published model, corrected by the lists themselves.

        What the lists show beyond the one entry that is compared counts like a sample against a prior of a million.
        """
        modelled = self.reference.persons.share(name)
        others = max(self.namesakes.get(name, 1) - 1, 0)
        return max(modelled, (others + _PRIOR_SAMPLE * modelled) / (self.listed + _PRIOR_SAMPLE))

    def evidence(  # noqa: PLR0913 - what evidence is made of
        self,
        attribute: str,
        level: str,
        sentence: str,
        bearing: Bearing = Bearing.SUPPORTS,
        u: float | None = None,
        *,
        rarity: str = "",
    ) -> Evidence:
        """A piece of evidence worth what the weights say of this level; `rarity` ends the sentence."""
        bits = self._bits.get((attribute, level)) if u is None else None
        if bits is None:
            bits = self.weights.bits(attribute, level, u)
            if u is None:
                self._bits[attribute, level] = bits
        return Evidence(attribute, level, bits, sentence + rarity, bearing, rarity)


Comparator = Callable[[Subject, Listing, Scales], Evidence | None]
