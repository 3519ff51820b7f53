"""EM on made-up pairs whose m, u and prior are known, and what it must not do."""

from datetime import date

import numpy as np
import pytest

from credit_sync.screening.calibrated_weights import LevelChange, calibrate_weights
from credit_sync.screening.calibration import (
    ABSENT,
    Attribute,
    Estimate,
    Pairs,
    estimate,
    share_of_unmatched,
    shrunk_m,
)
from credit_sync.screening.calibration_pairs import attributes_of
from credit_sync.screening.weights import load_weights
from credit_sync.subjects.subject import SubjectKind

TRUE_M = ([0.9, 0.08, 0.02], [0.97, 0.03], [0.8, 0.2])
TRUE_U = ([0.001, 0.01, 0.989], [0.002, 0.998], [0.5, 0.5])
ATTRIBUTES = (
    Attribute("name", ("same", "near", "different"), (0.7, 0.2, 0.1), (0.01, 0.05, 0.94)),
    Attribute("number", ("same", "different"), (0.8, 0.2), (0.1, 0.9)),
    Attribute("region", ("same", "different"), (0.6, 0.4), (0.3, 0.7)),
)
PRIOR = 0.03


def pairs_of(levels: np.ndarray, known: np.ndarray | None = None, stands_for: np.ndarray | None = None) -> Pairs:
    log_u = np.zeros(levels.shape)
    for column, attribute in enumerate(ATTRIBUTES):
        log_u[:, column] = np.log(np.array(attribute.u, dtype=float))[levels[:, column]]
    count = len(levels)
    return Pairs(
        levels=levels.astype(np.int16),
        log_u=log_u,
        stands_for=np.ones(count) if stands_for is None else stands_for,
        share=np.ones(count),
        known=np.full(count, np.nan) if known is None else known,
    )


def world(seed: int, count: int = 20_000, absent: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Pairs from the true m and u: their levels, and which are matches."""
    dice = np.random.default_rng(seed)
    matches = dice.random(count) < PRIOR
    columns = []
    for m, u in zip(TRUE_M, TRUE_U, strict=True):
        levels = np.where(matches, dice.choice(len(m), count, p=m), dice.choice(len(u), count, p=u))
        columns.append(np.where(dice.random(count) < absent, ABSENT, levels))
    return np.column_stack(columns), matches


def assert_recovered(found: Estimate) -> None:
    assert found.settled
    assert found.prior == pytest.approx(PRIOR, rel=0.25)
    for attribute, tally, m, u in zip(ATTRIBUTES, found.tallies, TRUE_M, TRUE_U, strict=True):
        assert shrunk_m(attribute, tally.matched) == pytest.approx(m, abs=0.08), attribute.name
        assert share_of_unmatched(tally.unmatched) == pytest.approx(u, abs=0.01), attribute.name


@pytest.mark.parametrize("seed", range(4))
def test_what_made_the_pairs_is_found_again(seed: int) -> None:
    levels, _ = world(seed)
    assert_recovered(estimate(ATTRIBUTES, pairs_of(levels), 0.001, 10))


def test_candidates_and_a_sample_of_the_others_are_as_good_as_all_pairs() -> None:
    levels, _ = world(5, 100_000, absent=0)
    candidate = (levels[:, 0] == 0) | (levels[:, 1] == 0)
    others = np.flatnonzero(~candidate)
    drawn = np.random.default_rng(6).choice(others, 5000, replace=False)
    chosen = np.concatenate([np.flatnonzero(candidate), drawn])
    weight = np.where(candidate, 1.0, len(others) / len(drawn))[chosen]
    known = np.where(candidate, np.nan, 0.0)[chosen]
    found = estimate(ATTRIBUTES, pairs_of(levels[chosen], known, weight), 0.001, 10)
    assert found.pairs == pytest.approx(len(levels))
    assert_recovered(found)


def test_the_same_pairs_give_the_same_estimate_in_any_order() -> None:
    levels, _ = world(7, 5000)
    one, two = (estimate(ATTRIBUTES, pairs_of(levels), 0.001, 10) for _ in range(2))
    assert np.array_equal(one.probabilities, two.probabilities)
    other_way = estimate(ATTRIBUTES, pairs_of(levels[::-1]), 0.001, 10)
    assert other_way.probabilities[::-1] == pytest.approx(one.probabilities, abs=1e-9)


def test_officers_have_the_last_word() -> None:
    levels, matches = world(8, 5000)
    known = np.full(len(levels), np.nan)
    likeliest = int(np.argmax(estimate(ATTRIBUTES, pairs_of(levels), 0.001, 10).probabilities))
    stranger = int(np.flatnonzero(~matches & (levels[:, 0] == 2) & (levels[:, 1] == 1))[0])
    known[likeliest], known[stranger] = 0.0, 1.0
    found = estimate(ATTRIBUTES, pairs_of(levels, known), 0.001, 10)
    assert (found.probabilities[likeliest], found.probabilities[stranger]) == (0.0, 1.0)


def test_decisions_teach_what_the_pairs_alone_do_not_show() -> None:
    """Matches whose regions differ, each upheld by an officer: then a different region speaks less against."""
    levels, _ = world(9, 20_000)
    untaught = estimate(ATTRIBUTES, pairs_of(levels), 0.001, 10)
    upheld = np.repeat([[0, ABSENT, 1]], 200, axis=0)
    taught_levels = np.concatenate([levels, upheld])
    known = np.concatenate([np.full(len(levels), np.nan), np.ones(200)])
    taught = estimate(ATTRIBUTES, pairs_of(taught_levels, known), 0.001, 10)
    before, after = (shrunk_m(ATTRIBUTES[2], e.tallies[2].matched)[1] for e in (untaught, taught))
    assert before < 0.3 < after


def test_what_is_absent_says_nothing() -> None:
    levels, _ = world(10, 3000)
    without = estimate(ATTRIBUTES[:2], pairs_of_two(levels[:, :2]), 0.001, 10)
    silent = np.column_stack([levels[:, :2], np.full(len(levels), ABSENT)])
    with_silence = estimate(ATTRIBUTES, pairs_of(silent), 0.001, 10)
    assert np.array_equal(without.probabilities, with_silence.probabilities)
    assert shrunk_m(ATTRIBUTES[2], with_silence.tallies[2].matched) == pytest.approx(ATTRIBUTES[2].m)


def pairs_of_two(levels: np.ndarray) -> Pairs:
    made = pairs_of(np.column_stack([levels, np.full(len(levels), ABSENT)]))
    return Pairs(made.levels[:, :2], made.log_u[:, :2], made.stands_for, made.share, made.known)


def test_a_pair_without_evidence_is_as_probable_as_the_prior() -> None:
    levels, _ = world(11, 3000)
    levels[0] = ABSENT
    found = estimate(ATTRIBUTES, pairs_of(levels), 0.001, 10)
    assert found.probabilities[0] == pytest.approx(found.prior, rel=1e-3)


@pytest.mark.filterwarnings("error")
def test_a_store_of_one_pair_that_is_a_match() -> None:
    found = estimate(ATTRIBUTES, pairs_of(np.array([[0, 0, 0]]), np.ones(1)), 1e-6, 10)
    assert found.settled
    assert found.probabilities.tolist() == [1.0]
    assert 0 < found.prior < 1


def test_u_that_few_pairs_show_stays() -> None:
    """A level seen in one sampled pair that stands for ten thousand rests on one pair, not on ten thousand."""
    levels = np.array([[2, 1, 0]] * 999 + [[1, 1, 0]])
    weight = np.full(1000, 10_000.0)
    found = estimate(ATTRIBUTES, pairs_of(levels, np.zeros(1000), weight), 1e-6, 10)
    assert found.tallies[0].rests_on == pytest.approx([0, 1, 999])


def test_many_cases_of_one_subject_count_once() -> None:
    levels = np.array([[0, 0, 0]] * 30 + [[2, 1, 1]] * 1000)
    pairs = pairs_of(levels, np.array([1.0] * 30 + [0.0] * 1000))
    once = Pairs(pairs.levels, pairs.log_u, pairs.stands_for, np.array([1 / 30] * 30 + [1.0] * 1000), pairs.known)
    found = estimate(ATTRIBUTES, once, 0.001, 10)
    assert found.matched == pytest.approx(1)
    assert found.tallies[0].matched == pytest.approx([1, 0, 0])


def test_agreement_under_different_circumstances_is_one_agreement() -> None:
    """That a third of all numbers comes masked does not make an unmasked one disagree."""
    numbers = Attribute(
        "identifier",
        ("same", "masked", "error"),
        (0.97, 0.97, 0.01),
        (1e-9, None, 1e-6),
        frozenset({"same", "masked"}),
    )
    m = shrunk_m(numbers, np.array([60.0, 30.0, 10.0]))
    assert m[0] == m[1] == pytest.approx(0.9, abs=0.01)
    assert m[2] == pytest.approx(0.1, abs=0.01)


def test_u_that_depends_on_the_value_is_never_estimated() -> None:
    """Bearers of a common name are told from those of a rare one by the u that stands with each pair."""
    name = (Attribute("name", ("same",), (0.95,), (None,)),)
    pairs = Pairs(
        levels=np.array([[0]] * 105 + [[ABSENT]], dtype=np.int16),
        log_u=np.log(np.array([[1e-2]] * 100 + [[1e-7]] * 5 + [[1.0]])),
        stands_for=np.array([1.0] * 105 + [10_000.0]),
        share=np.ones(106),
        known=np.array([np.nan] * 105 + [0.0]),
    )
    found = estimate(name, pairs, 1e-4, 10)
    assert found.probabilities[:100].max() < 0.25
    assert found.probabilities[100:105].min() > 0.99


SHIPPED = load_weights()


def calibrated(*groups: tuple[int, float, dict[str, str]]) -> dict[str, LevelChange]:
    """The shipped weights after so many pairs, known to be matches (1) none (0) or either (NaN), of these levels."""
    attributes = attributes_of(SHIPPED)
    rows = [
        [a.levels.index(levels[a.name]) if a.name in levels else ABSENT for a in attributes]
        for _, _, levels in groups
    ]
    counts = [count for count, _, _ in groups]
    shown = np.repeat(np.array(rows, dtype=np.int16), counts, axis=0)
    log_u = np.zeros(shown.shape)
    for column, attribute in enumerate(attributes):
        there = shown[:, column] != ABSENT
        log_u[there, column] = np.log([u or 1e-4 for u in attribute.u])[shown[there, column]]
    known = np.repeat([known for _, known, _ in groups], counts)
    pairs = Pairs(shown, log_u, np.ones(len(shown)), np.ones(len(shown)), known)
    found = estimate(attributes, pairs, 1e-3, 10)
    changes = calibrate_weights(SHIPPED, {SubjectKind.ORGANISATION: found}, 10, date(2018, 12, 1)).levels
    return {f"{change.attribute}.{change.level}": change for change in changes}


def test_what_is_left_of_sure_matches_is_no_sample_of_strangers() -> None:
    """A hundred companies found by their names: how many strangers bear one name is not learnt from them."""
    found = calibrated(
        (100, np.nan, {"organisation_name": "same"}),
        (20_000, 0.0, {"organisation_name": "different"}),
    )
    name = found["organisation_name.same"]
    assert name.estimated == ("m",)
    assert name.new.u == name.old.u
    assert name.strangers < 1
    assert name.matches > 99


def test_a_branch_does_not_come_to_speak_for_its_parent_because_it_is_rare_among_all_pairs() -> None:
    found = calibrated(
        (40, 1.0, {"organisation_name": "same"}),
        (30, 0.0, {"organisation_name": "parent_branch"}),
        (20_000, 0.0, {"organisation_name": "different"}),
    )
    assert found["organisation_name.same"].estimated == ("m",)
    branch = found["organisation_name.parent_branch"]
    assert (branch.new, branch.estimated, branch.kept) == (branch.old, (), "held")


def test_em_weighs_levels_that_are_held_as_they_are_judged() -> None:
    """Companies and their branches, one representative: the rarity of such pairs must not make matches of them."""
    found = calibrated(
        (40, 1.0, {"organisation_name": "same", "legal_representative": "same"}),
        (30, np.nan, {"organisation_name": "parent_branch", "legal_representative": "same"}),
        (20_000, 0.0, {"organisation_name": "different"}),
    )
    assert found["organisation_name.parent_branch"].matches < 3


def test_another_province_does_not_come_to_speak_for_because_few_are_from_there() -> None:
    found = calibrated(
        (40, 1.0, {"region": "same"}),
        (19_600, 0.0, {"region": "same"}),
        (400, 0.0, {"region": "different"}),
    )
    other = found["region.different"]
    assert (other.new, other.estimated, other.kept) == (other.old, (), "turns")
    learnt = calibrated(
        (25, 1.0, {"region": "same"}),
        (15, 1.0, {"region": "different"}),
        (19_600, 0.0, {"region": "same"}),
        (400, 0.0, {"region": "different"}),
    )["region.different"]
    assert learnt.estimated == ("m", "u"), "fifteen matches show it"


def test_matches_that_should_show_a_level_and_do_not_tell_its_m() -> None:
    """Three of twenty matches from one city: m is a fifth, and no longer the judged half."""
    found = calibrated(
        (3, 1.0, {"region": "same_city"}),
        (17, 1.0, {"region": "same"}),
        (1000, 0.0, {"region": "same_city"}),
        (19_000, 0.0, {"region": "same"}),
    )
    city, province = found["region.same_city"], found["region.same"]
    assert city.estimated == province.estimated == ("m", "u")
    assert city.new.m == pytest.approx((3 + 5 * 0.55) / 25, abs=1e-3)
    assert city.new.origin.startswith("calibrated on 2018-12-01: m from 3 of 20 matches")
    assert found["region.different"].estimated == ()
