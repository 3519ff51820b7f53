"""When a conclusion no longer holds, as a pure rule: one case of many is enough, and nothing else is."""

from dataclasses import replace

import pytest

from credit_sync.errors import CreditSyncError
from credit_sync.screening.decisions import (
    Case,
    Change,
    Concluded,
    Conclusion,
    State,
    Step,
    after_conclusion,
    after_refusal,
    after_undo,
    changes,
    why_reopened,
)

UPHOLD, DISMISS = Conclusion.UPHOLD, Conclusion.DISMISS
UPHELD, DISMISSED, PROPOSED = State.UPHELD, State.DISMISSED, State.PROPOSED


def said(sentence: str, level: str = "same") -> dict[str, object]:
    return {"attribute": "person_name", "level": level, "bits": 12.1, "sentence": sentence}


FIRST = Case(1, "案1", "subject", "probable", 0.95, "w1", (said("姓名相同：张伟"),), "d1")
SECOND = Case(2, "案2", "subject", "possible", 0.5, "w1", (said("姓名相同：张伟"),), "d2")
BOTH = (FIRST, SECOND)
ALONE, TOGETHER = Concluded(DISMISS, "甲", two=False), Concluded(DISMISS, "甲", two=True)


def why(state: State, *now: Case, effect: str = "restrict", before: Concluded = ALONE) -> str:
    return why_reopened(state, before, BOTH, now, effect)


@pytest.mark.parametrize("place", [0, 1])
def test_other_evidence_on_any_one_case_reopens_what_was_dismissed_or_proposed(place: int) -> None:
    def with_one(**other: object) -> tuple[Case, ...]:
        return tuple(replace(c, **other) if n == place else c for n, c in enumerate(BOTH))  # type: ignore[arg-type]

    for state in (DISMISSED, PROPOSED):
        assert why(state, *BOTH) == ""
        assert why(state, BOTH[place]) == ""  # the other has left its list
        assert why(state, *with_one(evidence=(said("姓名同音不同字", "sound"),))) == "证据有变化"
        assert why(state, *with_one(digest="other")).startswith("证件号码已更正")
        assert why(state, *with_one(listing_id=3)) == "出现新的名单条目"
        assert why(state, *with_one(verdict="confirmed", weights="w2")) == "证据权重调整后，判定提高"
        for unmoved in (
            with_one(digest=""),
            with_one(verdict="confirmed"),  # how common a name is moves with every list
            with_one(weights="w2"),
            with_one(weights="w2", verdict="unverifiable"),
            with_one(probability=0.99),
        ):
            assert why(state, *unmoved) == ""


def test_a_case_of_which_no_digest_was_kept_is_judged_by_what_is_said() -> None:
    then = tuple(replace(case, digest="") for case in BOTH)
    assert why_reopened(DISMISSED, ALONE, then, BOTH, "restrict") == ""


def test_an_upheld_flag_reopens_only_where_its_highest_verdict_falls_by_evidence_or_weights() -> None:
    weaker = replace(FIRST, verdict="possible", weights="w2")
    assert why(UPHELD, weaker, SECOND) == "证据减弱，判定降低"
    assert why(UPHELD, replace(FIRST, verdict="possible", evidence=()), SECOND) == "证据减弱，判定降低"
    assert why(UPHELD, replace(FIRST, verdict="possible"), SECOND) == ""  # the name has become more common
    assert why(UPHELD, FIRST, replace(SECOND, verdict="clear", weights="w2")) == ""  # the highest is as it was
    assert why(UPHELD, FIRST, replace(SECOND, listing_id=3)) == ""
    assert why(UPHELD, replace(FIRST, verdict="confirmed", digest="other"), SECOND) == ""


@pytest.mark.parametrize("state", [UPHELD, DISMISSED])
def test_a_measure_that_forbids_needs_two(state: State) -> None:
    assert why(state, *BOTH, effect="forbid") == "惩戒措施改为禁止，须经两人复核"
    assert why(state, *BOTH, effect="forbid", before=TOGETHER) == ""
    assert why(PROPOSED, *BOTH, effect="forbid") == ""  # the second is still to come


def test_only_a_proposal_is_refused_and_by_somebody_else() -> None:
    assert after_refusal(PROPOSED, ALONE, "乙") is State.OPEN
    for state, before, who in (
        (State.OPEN, None, "乙"),
        (State.OPEN, ALONE, "乙"),
        (UPHELD, ALONE, "乙"),
        (DISMISSED, TOGETHER, "乙"),
        (PROPOSED, None, "乙"),
        (PROPOSED, ALONE, "甲"),
        (PROPOSED, ALONE, " 甲 "),
    ):
        with pytest.raises(CreditSyncError):
            after_refusal(state, before, who)


def test_two_people_conclude_what_forbids() -> None:
    assert after_conclusion(State.OPEN, None, UPHOLD, "甲", "forbid") == (Step.UPHOLD, PROPOSED)
    assert after_conclusion(State.OPEN, None, DISMISS, "甲", "forbid") == (Step.DISMISS, PROPOSED)
    assert after_conclusion(State.OPEN, None, DISMISS, "甲", "restrict") == (Step.DISMISS, DISMISSED)
    assert after_conclusion(PROPOSED, ALONE, DISMISS, "乙", "forbid") == (Step.CONFIRM, DISMISSED)
    for state, conclusion, who in (
        (PROPOSED, DISMISS, "甲"),
        (PROPOSED, UPHOLD, "乙"),
        (DISMISSED, DISMISS, "乙"),
    ):
        with pytest.raises(CreditSyncError):
            after_conclusion(state, ALONE, conclusion, who, "forbid")


def test_undone_is_only_what_was_concluded() -> None:
    assert after_undo(ALONE) is State.OPEN
    with pytest.raises(CreditSyncError):
        after_undo(None)


def test_what_came_went_and_changed_is_told_by_listing() -> None:
    third = replace(FIRST, listing_id=3, number="案3")
    other = replace(SECOND, evidence=(said("姓名同音不同字", "sound"),), probability=0.2)
    assert changes((SECOND, FIRST), (third, other)) == (
        Change(1, "案1", "went", 0.95, None, gone=("姓名相同：张伟",)),
        Change(2, "案2", "changed", 0.5, 0.2, ("姓名相同：张伟",), ("姓名同音不同字",)),
        Change(3, "案3", "came", None, 0.95, new=("姓名相同：张伟",)),
    )
    assert changes(BOTH, BOTH) == ()
    assert changes(BOTH, (replace(FIRST, probability=0.96), SECOND)) == (Change(1, "案1", "changed", 0.95, 0.96),)
