"""The gate's rules: what each reason allows, and that the strictest decides."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_sync.records import Applicant, Role
from credit_sync.screening.decisions import State
from credit_sync.screening.gate import (
    PASSAGES,
    Cause,
    Passage,
    Reason,
    cause_of_flag,
    load_gate_rules,
    passage,
)
from credit_sync.screening.not_comparable import why_not_comparable
from credit_sync.subjects.identifiers import Identifier, IdentifierKind
from credit_sync.subjects.subject import Subject, SubjectKind
from tests.gate_world import clean_application, with_bad_number, without_number

EFFECTS: tuple[Any, ...] = ("forbid", "restrict", "hold", "consider")
MATRIX: dict[State | None, tuple[Passage, Passage, Passage, Passage]] = {
    # effect:        forbid           restrict       hold           consider
    None: (Passage.HOLD, Passage.HOLD, Passage.HOLD, Passage.HOLD),
    State.OPEN: (Passage.HOLD, Passage.HOLD, Passage.HOLD, Passage.HOLD),
    State.PROPOSED: (Passage.HOLD, Passage.HOLD, Passage.HOLD, Passage.HOLD),
    State.REOPENED: (Passage.HOLD, Passage.HOLD, Passage.HOLD, Passage.HOLD),
    State.UPHELD: (Passage.BLOCKED, Passage.HOLD, Passage.HOLD, Passage.CLEAR),
    State.DISMISSED: (Passage.CLEAR, Passage.CLEAR, Passage.CLEAR, Passage.CLEAR),
}


def test_the_matrix_has_every_state() -> None:
    assert set(MATRIX) == {None, *State}
    assert set(PASSAGES) == set(Cause)


@pytest.mark.parametrize(("state", "effect"), list(product(MATRIX, EFFECTS)))
def test_what_a_flag_means(state: State | None, effect: Any) -> None:
    cause = cause_of_flag(state, effect)
    found = Passage.CLEAR if cause is None else Reason(cause, "").passage
    assert found is MATRIX[state][EFFECTS.index(effect)]
    assert (cause is None) == (state is State.DISMISSED)


@pytest.mark.parametrize(("one", "other"), list(product(Cause, Cause)))
def test_the_stricter_of_two_decides(one: Cause, other: Cause) -> None:
    order = [Passage.CLEAR, Passage.UNKNOWN, Passage.HOLD, Passage.BLOCKED]
    expected = max(PASSAGES[one], PASSAGES[other], key=order.index)
    assert passage([Reason(one, ""), Reason(other, "")]) is expected


@given(st.lists(st.sampled_from(Cause)))
def test_clear_only_when_nothing_speaks_against_it(causes: list[Cause]) -> None:
    found = passage([Reason(cause, "") for cause in causes])
    assert (found is Passage.CLEAR) == all(cause is Cause.CONSIDER for cause in causes)


def test_who_needs_a_number() -> None:
    rules = load_gate_rules()
    unit, leader = clean_application()
    for found in (unit, leader):
        assert not rules.lacks_number(found)
        assert rules.lacks_number(without_number(found))
        assert rules.lacks_number(with_bad_number(found))
    assert not rules.lacks_number(without_number(replace(leader, role=Role.MEMBER))), (
        "asked of leaders and units only"
    )


@pytest.mark.parametrize(
    ("number", "enough"),
    [
        (Identifier(IdentifierKind.OTHER, "123"), False),  # of no known kind: nothing was checked
        (Identifier(IdentifierKind.USCC, "91340321MA2U7G6H7D"), False),  # the unit's, not its leader's
        (Identifier(IdentifierKind.PASSPORT, "E12345678"), True),
        (
            Identifier(IdentifierKind.CITIZEN_ID, "34010019000104001*"),
            False,
        ),  # with its check digit hidden, nothing is sure
        (Identifier(IdentifierKind.CITIZEN_ID, "340100********0017"), False),
        (Identifier(IdentifierKind.PASSPORT, "E1234***8"), False),
        (Identifier(IdentifierKind.CITIZEN_ID, "340100190001040017"), True),
    ],
)
def test_which_number_is_enough_for_a_leader(number: Identifier, enough: bool) -> None:
    _, leader = clean_application()
    written = replace(leader, subject=replace(leader.subject, identifiers=(number,)))
    assert load_gate_rules().lacks_number(written) is not enough


@pytest.mark.parametrize(
    ("name", "kind", "role", "comparable"),
    [
        ("蔚从周", "person", "leader", True),
        ("John Smith", "person", "member", True),
        ("安徽启岩机械有限公司", "organisation", "cooperating_unit", True),
        ("安徽某某科技有限公司", "organisation", "cooperating_unit", False),
        ("蚌埠某研究所", "organisation", "cooperating_unit", False),
        ("某莫", "person", "member", True),
        ("蔚从周、计春", "organisation", "member", False),  # two people in one cell are taken for a firm
        ("启岩机械", "person", "cooperating_unit", False),
        ("蔚某某", "person", "member", False),
        ("蔚*", "person", "contributor", False),
        ("蔚", "person", "member", False),
        ("芜湖***公司", "organisation", "cooperating_unit", False),
        ("芜湖××公司", "organisation", "cooperating_unit", False),
        ("芜湖＊＊公司", "organisation", "cooperating_unit", False),
        ("芜湖●●公司", "organisation", "cooperating_unit", False),
        ("七一○所", "organisation", "cooperating_unit", True),
        ("—", "person", "member", False),
        ("123", "organisation", "nominating_unit", False),
    ],
)
def test_who_can_be_compared(name: str, kind: str, role: str, comparable: bool) -> None:
    subject = Subject(kind=SubjectKind(kind), name=name)
    found = Applicant(subject=subject, system="s", application="1", role=Role(role))
    why = why_not_comparable(found)
    assert (why == "") is comparable
    if found.role.of_person is not (subject.kind is SubjectKind.PERSON):
        told = ("单位", "个人") if found.role.of_person else ("个人", "单位")
        assert why.startswith("填报的是{}，这一角色应是{}；".format(*told))
