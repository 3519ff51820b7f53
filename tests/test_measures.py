"""Which measure a hit means: every condition alone can exclude a rule, and its first and last day belong to it."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from credit_sync.records import Applicant, ApplicationKind, Role
from credit_sync.screening.faces import Via
from credit_sync.screening.measures import ListDescription, Measure, Measures
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.subjects.subject import Subject

FROM, TO, DAY = date(2026, 3, 1), date(2026, 3, 31), timedelta(days=1)
LEADER = Applicant(
    subject=Subject(kind=SubjectKind.PERSON, name="张伟"),
    system="s",
    application="1",
    role=Role.LEADER,
    application_kind=ApplicationKind.PROJECT,
    stage="立项",
)


def rule(**conditions: Any) -> Measure:
    said = {"effect": "restrict", "title": "限制", "basis": "依据", "text": "说明"}
    return Measure.model_validate({**said, **conditions})


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, True),
        ({"lists": ("debtors",)}, True),
        ({"lists": ("others",)}, False),
        ({"roles": (Role.MEMBER, Role.LEADER)}, True),
        ({"roles": (Role.MEMBER,)}, False),
        ({"application_kinds": (ApplicationKind.PROJECT,)}, True),
        ({"application_kinds": (ApplicationKind.AWARD,)}, False),
        ({"stages": ("立项",)}, True),
        ({"stages": ("验收",)}, False),
        ({"via": Via.LEGAL_REPRESENTATIVE}, False),
        ({"lists": ("debtors",), "roles": (Role.MEMBER,)}, False),
    ],
)
def test_every_condition_must_fit(conditions: dict[str, Any], fits: bool) -> None:
    measure = rule(**conditions)
    assert measure.fits("debtors", LEADER, FROM) is fits
    chosen = Measures(lists={n: ListDescription(title=n) for n in ("debtors", "others")}, measure=(measure,))
    assert (chosen.for_applicant("debtors", LEADER, FROM) is measure) is fits
    assert chosen.for_applicant("debtors", LEADER, FROM).effect == ("restrict" if fits else "hold")


def test_the_first_and_the_last_day_belong_to_a_rule() -> None:
    measures = Measures(measure=(rule(**{"from": FROM, "to": TO}),))
    days = {FROM - DAY: False, FROM: True, TO: True, TO + DAY: False}
    for on, in_force in days.items():
        assert measures.measure[0].fits("debtors", LEADER, on) is in_force
    stamps = [measures.stamp(on) for on in days]
    assert stamps[0] == stamps[3] != stamps[1] == stamps[2], "a night on which a rule begins or ends judges anew"
    assert rule(**{"from": FROM, "to": FROM}).fits("debtors", LEADER, FROM)
    with pytest.raises(ValidationError, match="没有一天有效"):
        rule(**{"from": TO, "to": FROM})


def test_through_a_representative_nothing_is_forbidden() -> None:
    with pytest.raises(ValidationError, match="不得写"):
        rule(via=Via.LEGAL_REPRESENTATIVE, effect="forbid")
    found = Measures().for_applicant("debtors", LEADER, FROM, Via.LEGAL_REPRESENTATIVE)
    assert (found.effect, found.title) == ("consider", "审慎参考")
    reached = rule(via=Via.LEGAL_REPRESENTATIVE)
    assert Measures(measure=(reached,)).for_applicant("x", LEADER, FROM, Via.LEGAL_REPRESENTATIVE) is reached
