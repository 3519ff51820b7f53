"""From what EM estimated to weights: which levels get new numbers, which keep theirs, and why."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np

from credit_sync.screening.calibration import Attribute, Estimate, Tally, share_of_unmatched, shrunk_m
from credit_sync.screening.calibration_pairs import attributes_of
from credit_sync.screening.weights import Level, Weights
from credit_sync.subjects.subject import SubjectKind

Kept = Literal["few", "held", "turns"]
"""Too few pairs; a level that is never estimated; or it would speak for though it spoke against."""


@dataclass(frozen=True, slots=True)
class LevelChange:
    """One level's old and new numbers."""

    attribute: str
    level: str
    old: Level
    new: Level
    matches: float
    """Expected matches at this level."""
    strangers: float
    """Pairs at this level that are no matches: what the new u rests on, as so many equally weighted pairs."""
    estimated: tuple[str, ...]
    """Which of "m" and "u" enough pairs show to be estimated; the others stay."""
    kept: Kept = "few"
    """Why what stays does."""

    @property
    def shift(self) -> float:
        """Bits that the level is worth more than before, also where u depends on what is compared."""
        return math.log2(self.new.m / self.old.m) - math.log2((self.new.u or 1) / (self.old.u or 1))

    def worth(self, level: Level) -> float | None:
        """Bits of the old or the new level; None where u depends on what is compared."""
        return None if level.u is None else math.log2(level.m / level.u)


@dataclass(frozen=True, slots=True)
class PriorChange:
    """The prior of one kind, old and estimated."""

    kind: SubjectKind
    old: float
    new: float
    """The old one where fewer than the minimum of matches were found."""
    estimate: Estimate
    estimated: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything that was estimated, and the weights that it makes."""

    levels: tuple[LevelChange, ...]
    priors: tuple[PriorChange, ...]
    old: Weights
    new: Weights


def calibrate_weights(
    weights: Weights, estimates: Mapping[SubjectKind, Estimate], minimum: int, on: date
) -> Calibration:
    """New numbers for every level that at least `minimum` pairs show; attributes of both kinds pool their pairs.

    Matches that are not there tell, too: m is also estimated where by the old one `minimum` matches should show the level.
    But rarity alone makes nobody the same: what spoke against speaks for only where matches show it.
    """
    levels = tuple(
        change
        for number, attribute in enumerate(attributes_of(weights))
        for change in _changes(weights, attribute, [e.tallies[number] for e in estimates.values()], (minimum, on))
    )
    priors = tuple(_prior_change(weights, kind, found, minimum) for kind, found in estimates.items())
    return Calibration(levels, priors, weights, _weights(weights, levels, priors))


def _changes(
    weights: Weights, attribute: Attribute, tallies: list[Tally], rule: tuple[int, date]
) -> Iterable[LevelChange]:
    minimum, on = rule
    matched = np.sum([tally.matched for tally in tallies], axis=0)
    unmatched = np.sum([tally.unmatched for tally in tallies], axis=0)
    rests_on = np.sum([tally.rests_on for tally in tallies], axis=0)
    m, u = shrunk_m(attribute, matched), share_of_unmatched(unmatched)
    for i, level in enumerate(attribute.levels):
        old: Level = getattr(weights, attribute.name)[level]
        kept: Kept = "held" if level in attribute.held else "few"
        expected = 0.0 if level in attribute.agreeing else matched.sum() * old.m
        changed: dict[str, Any] = {}
        origin = []
        if kept != "held" and max(matched[i], expected) >= minimum:
            changed["m"] = _rounded(m[i])
            origin.append(f"m from {matched[i]:.0f} of {matched.sum():.0f} matches")
        if kept != "held" and old.u is not None and rests_on[i] >= minimum:
            changed["u"] = _rounded(u[i])
            origin.append(f"u from {rests_on[i]:.0f} pairs")
        if matched[i] < minimum and _turns(old, old.model_copy(update=changed)):
            kept, changed = "turns", {}
        estimated = tuple(changed)
        if changed:
            before = old.origin.split("; before: ")[-1]
            rest = "" if len(changed) == 2 else f"; before: {before}"
            changed["origin"] = f"calibrated on {on}: {', '.join(origin)}{rest}"
        new = old.model_copy(update=changed)
        yield LevelChange(attribute.name, level, old, new, float(matched[i]), float(rests_on[i]), estimated, kept)


def _turns(old: Level, new: Level) -> bool:
    """Whether a level that spoke against would speak for."""
    return old.u is not None and new.u is not None and old.m < old.u and new.m > new.u


def _prior_change(weights: Weights, kind: SubjectKind, found: Estimate, minimum: int) -> PriorChange:
    old = float(getattr(weights.prior, kind.value))
    enough = found.matched >= minimum
    return PriorChange(kind, old, min(_rounded(found.prior), 0.5) if enough else old, found, enough)


def _weights(old: Weights, levels: Iterable[LevelChange], priors: Iterable[PriorChange]) -> Weights:
    tables: dict[str, dict[str, Level]] = {}
    for change in levels:
        tables.setdefault(change.attribute, {})[change.level] = change.new
    prior = old.prior.model_copy(update={change.kind.value: change.new for change in priors})
    return old.model_copy(update={"version": next_version(old.version), "prior": prior, **tables})


def next_version(version: str) -> str:
    """The version after this one.

    >>> next_version("1"), next_version("2018-9"), next_version("ours")
    ('2', '2018-10', 'ours.1')
    """
    head = version.rstrip("0123456789")
    number = version[len(head) :]
    return f"{head}{int(number) + 1}" if number else f"{version}.1"


def _rounded(share: float) -> float:
    """Four digits: the fifth of a share estimated from pairs means nothing."""
    return float(f"{share:.4g}")
