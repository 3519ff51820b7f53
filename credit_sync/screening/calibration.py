"""Estimating what evidence is worth: m, u and the prior of Fellegi & Sunter (1969) from pairs, by EM. Pure maths.

The pairs are all that could be formed of one kind's applicants and listings: candidates one by one, the others by a
sample of which each stands for many. So u is what it says, a share of pairs taken at random (as splink estimates
it), the prior is the share of matches among all pairs, and a name that candidates share because that made them
candidates is not taken for common. Evidence that is absent says nothing either way.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Levels = NDArray[np.int16]

ABSENT = -1
"""In place of a level: the pair has no evidence on this attribute."""
_SMOOTHING = 5.0
"""Pairs that the old m counts for: a level seen a few times moves a little."""
_ROUNDS = 2000
_SETTLED = 1e-5
"""EM ends when no pair's probability moves further than this."""
_LEAST_SHARE = 1e-12


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute's levels with the values to start from."""

    name: str
    levels: tuple[str, ...]
    m: tuple[float, ...]
    u: tuple[float | None, ...]
    """None: u depends on what is compared, stands with every pair and is not estimated."""
    agreeing: frozenset[str] = frozenset()
    """Levels that mean the same agreement under different circumstances (numbers full or masked): they share one m,
    the share of matches that agree at all, because their circumstances are nobody's agreement."""
    held: frozenset[str] = frozenset()
    """Levels judged among pairs that have something in common already (a branch beside its parent): their u is no share
    of all pairs, and neither m nor u is estimated."""

    @property
    def free(self) -> NDArray[np.bool_]:
        """Which levels are not held."""
        return np.array([level not in self.held for level in self.levels])


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of one kind, one a row; columns are attributes."""

    levels: Levels
    log_u: Floats
    """Natural logarithm of the u that each evidence was weighed with; anything where it is absent."""
    stands_for: Floats
    """How many of all pairs a row stands for: 1 for a candidate."""
    share: Floats
    """What a row counts towards m: a third for each of three cases of one listed subject."""
    known: Floats
    """1 for a match that is known, 0 for a pair known to be none, NaN where that is to be estimated."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was seen of one attribute, level by level."""

    matched: Floats
    """Expected matches at each level."""
    unmatched: Floats
    """Pairs at each level, out of all that are no matches."""
    rests_on: Floats
    """How many equally weighted pairs `unmatched` is worth: Kish's effective sample size, and no more than there are:
    what little is left of each of a hundred sure matches is not a hundred pairs."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What EM came to for one kind."""

    tallies: tuple[Tally, ...]
    matched: float
    """Expected matches, many cases of one listed subject counted once."""
    prior: float
    """Share of matches among all pairs."""
    pairs: float
    """All pairs that could be formed."""
    probabilities: Floats
    rounds: int
    settled: bool


def estimate(attributes: tuple[Attribute, ...], pairs: Pairs, prior: float, minimum: float) -> Estimate:
    """EM from the attributes' m, u and `prior`; the same input gives the same estimate.

    A level's u is estimated where the pairs that show it are worth at least `minimum`; elsewhere it stays: of a
    level that is seen in one pair of a billion no sample knows how common it is.
    """
    m = [np.array(a.m) for a in attributes]
    log_shift = [np.zeros(len(a.levels)) for a in attributes]
    probabilities = _probabilities(pairs, m, log_shift, prior)
    free = [
        _estimable(a, t, minimum)
        for a, t in zip(attributes, _tallies(attributes, pairs, probabilities), strict=True)
    ]
    settled, rounds = False, 0
    while not settled and rounds < _ROUNDS:
        rounds += 1
        tallies = _tallies(attributes, pairs, probabilities)
        m = [shrunk_m(a, tally.matched) for a, tally in zip(attributes, tallies, strict=True)]
        log_shift = [_log_shift(a, t, f) for a, t, f in zip(attributes, tallies, free, strict=True)]
        share = float(probabilities @ pairs.stands_for / pairs.stands_for.sum())
        prior = min(max(share, _LEAST_SHARE), 1 - _LEAST_SHARE)
        before, probabilities = probabilities, _probabilities(pairs, m, log_shift, prior)
        settled = bool(np.abs(probabilities - before).max(initial=0) < _SETTLED)
    return Estimate(
        tallies=_tallies(attributes, pairs, probabilities),
        matched=float(probabilities @ pairs.share),
        prior=prior,
        pairs=float(pairs.stands_for.sum()),
        probabilities=probabilities,
        rounds=rounds,
        settled=settled,
    )


def shrunk_m(attribute: Attribute, matched: Floats) -> Floats:
    """Each level's share of the matches, drawn towards the old m as if that were a few more pairs."""
    agreeing = np.array([level in attribute.agreeing for level in attribute.levels])
    counts = np.where(agreeing, matched[agreeing].sum(), matched)
    shares: Floats = (counts + _SMOOTHING * np.array(attribute.m)) / (matched.sum() + _SMOOTHING)
    return np.where(attribute.free, np.clip(shares, _LEAST_SHARE, 1), attribute.m)


def share_of_unmatched(unmatched: Floats) -> Floats:
    """Each level's u: its share of the pairs that are no matches."""
    total = unmatched.sum()
    return np.clip(unmatched / total, _LEAST_SHARE, 1) if total else np.ones_like(unmatched)


def _probabilities(pairs: Pairs, m: list[Floats], log_shift: list[Floats], prior: float) -> Floats:
    """How probable it is for each pair to be a match."""
    log_odds = np.full(len(pairs.known), np.log(prior) - np.log1p(-prior))
    for column, (shares, shift) in enumerate(zip(m, log_shift, strict=True)):
        levels = pairs.levels[:, column]
        worth = np.log(shares)[levels] - pairs.log_u[:, column] - shift[levels]
        log_odds += np.where(levels == ABSENT, 0.0, worth)
    estimated = 1 / (1 + np.exp(-np.clip(log_odds, -700, 700)))
    return np.where(np.isnan(pairs.known), estimated, pairs.known)


def _tallies(attributes: tuple[Attribute, ...], pairs: Pairs, probabilities: Floats) -> tuple[Tally, ...]:
    matched, unmatched = probabilities * pairs.share, (1 - probabilities) * pairs.stands_for
    return tuple(
        _tally(pairs.levels[:, column], len(attribute.levels), matched, unmatched)
        for column, attribute in enumerate(attributes)
    )


def _tally(levels: Levels, count: int, matched: Floats, unmatched: Floats) -> Tally:
    shown = levels != ABSENT

    def per_level(weights: Floats) -> Floats:
        return np.bincount(levels[shown], weights=weights[shown], minlength=count).astype(np.float64)

    total, squares = per_level(unmatched), per_level(unmatched**2)
    equally = np.divide(total**2, squares, out=np.zeros(count), where=squares > 0)
    return Tally(per_level(matched), total, np.minimum(equally, total))


def _estimable(attribute: Attribute, tally: Tally, minimum: float) -> NDArray[np.bool_]:
    """Decided once, before the first round: a level that came and went would keep EM from settling."""
    constant = np.array([u is not None for u in attribute.u])
    found: NDArray[np.bool_] = attribute.free & constant & (tally.rests_on >= minimum)
    return found


def _log_shift(attribute: Attribute, tally: Tally, free: NDArray[np.bool_]) -> Floats:
    """What the new u of each level adds to the logarithm of the old one."""
    old = np.array([1.0 if u is None else u for u in attribute.u])
    return np.where(free, np.log(share_of_unmatched(tally.unmatched)) - np.log(old), 0.0)
