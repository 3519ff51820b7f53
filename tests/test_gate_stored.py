"""The gate over a real store, on SQLite and PostgreSQL: every state, fail closed, and both ways of asking agree."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Engine, select, update

from credit_sync.gate import Gate, GateAnswer
from credit_sync.records import Applicant
from credit_sync.screening.gate import Cause, Passage
from credit_sync.screening.measures import Effect, Measure
from credit_sync.store import schema
from credit_sync.store.gate import applicants_on
from credit_sync.store.quarantine import BadRow, put, resolve
from tests.gate_world import AT, CLEAN, gate_night, gate_of, put_first, set_flag
from tests.report_night import AWARD, SCIENCE, SECOND, THIRD, Night, applicants, case, organisation

UNIT = "黄山云岫茶业机械有限公司"


def ask(night: Night, gate: Gate, application: str = CLEAN, at: datetime = AT, **more: Any) -> GateAnswer:
    with night.engine.connect() as connection:
        return gate.stored(connection, AWARD if application.startswith("J") else SCIENCE, application, at, **more)


def causes(answer: GateAnswer) -> list[Cause]:
    return [reason.cause for reason in answer.reasons]


@pytest.fixture
def night(tmp_path: Path, engine: Engine) -> Night:
    return gate_night(tmp_path, engine)


@pytest.fixture
def sqlite_night(tmp_path: Path) -> Night:
    return gate_night(tmp_path)


def flag_on(night: Night) -> int:
    """The clean unit gets listed, and the night flags it."""
    night.add(SECOND, [case(organisation(UNIT, 77, "蔚从周"), "（2018）皖1002执9号")])
    night.screen(SECOND)
    with night.engine.connect() as connection:
        query = select(schema.flag.c.id).join(
            schema.applicant, schema.applicant.c.id == schema.flag.c.applicant_id
        )
        return int(connection.scalars(query.where(schema.applicant.c.subject_name == UNIT)).one())


def test_every_answer(night: Night) -> None:
    gate = gate_of(night)
    clear = ask(night, gate)
    assert (clear.passage, clear.reasons, clear.flags) == (Passage.CLEAR, (), ())
    assert clear.screened_at == SECOND.as_of
    assert {name: dict(state.versions) for name, state in clear.lists.items()} == {
        "abnormal_operations": {"abnormal": 2},
        "dishonest_debtors": {"debtors": 2},
    }
    number = flag_on(night)  # the same gate: its index is opened anew
    for state, effect, expected, cause in (
        ("open", "hold", Passage.HOLD, Cause.FLAG_OPEN),
        ("proposed", "forbid", Passage.HOLD, Cause.FLAG_PROPOSED),
        ("reopened", "consider", Passage.HOLD, Cause.FLAG_REOPENED),
        ("upheld", "forbid", Passage.BLOCKED, Cause.FORBIDDEN),
        ("upheld", "restrict", Passage.HOLD, Cause.UPHELD),
        ("upheld", "consider", Passage.CLEAR, Cause.CONSIDER),
    ):
        answer = ask(night, set_flag(night, number, state, cast("Effect", effect)))
        assert (answer.passage, causes(answer)) == (expected, [cause])
        assert (answer.flags[0].number, answer.flags[0].measure["basis"]) == (number, "某条")
        assert answer.flags[0].cases == ("（2018）皖1002执9号",)
    dismissed = ask(night, set_flag(night, number, "dismissed", "forbid"))
    assert (dismissed.passage, causes(dismissed)) == (Passage.CLEAR, [])
    with night.engine.begin() as connection:
        connection.execute(update(schema.flag).values(closed_at=AT))
    assert causes(ask(night, gate)) == [Cause.HIT]  # closed, and hit all the same


def test_a_decision_does_not_clear_what_else_is_unknown(night: Night) -> None:
    """Two at once: all reasons are told, the strictest decides."""
    number = flag_on(night)
    late = AT + timedelta(days=400)
    answer = ask(night, set_flag(night, number, "upheld", "forbid"), at=late)
    assert answer.passage is Passage.BLOCKED
    assert causes(answer) == [Cause.FORBIDDEN, Cause.LISTS_UNFIT, Cause.LISTS_UNFIT, Cause.SOURCE_UNFIT]
    assert ask(night, set_flag(night, number, "open", "forbid"), at=late).passage is Passage.HOLD
    assert ask(night, set_flag(night, number, "dismissed", "forbid"), at=late).passage is Passage.UNKNOWN


@pytest.mark.parametrize("state", ["upheld", "dismissed"])
def test_a_measure_that_has_become_stricter_since_clears_nobody(night: Night, state: str) -> None:
    """What was upheld to be considered, or dismissed by one person, is looked at again by the next night."""
    number = flag_on(night)
    gate = set_flag(night, number, state, "consider")
    assert ask(night, gate).passage is Passage.CLEAR
    tomorrow = (AT + timedelta(days=1)).date().isoformat()
    forbid = {"effect": "forbid", "title": "不予立项", "basis": "某条", "text": "照办", "from": tomorrow}
    put_first(night.settings.store.index.parent / "mappings", Measure.model_validate(forbid))
    assert ask(night, gate).passage is Passage.CLEAR
    answer = ask(night, gate, at=AT + timedelta(days=1))
    assert answer.passage is Passage.UNKNOWN
    (told,) = (reason.text for reason in answer.reasons if reason.cause is Cause.NOT_SCREENED)
    assert told == f"失信被执行人名单（预警 {number}）的措施由“某措施”变为“不予立项”，其后还没有比对过"


def test_not_known(sqlite_night: Night) -> None:
    gate = gate_of(sqlite_night)
    with sqlite_night.engine.connect() as connection:
        for system, application in ((SCIENCE, "nothing"), (AWARD, CLEAN), ("", ""), (SCIENCE, CLEAN + "%")):
            answer = gate.stored(connection, system, application, AT)
            assert (answer.passage, causes(answer)) == (Passage.UNKNOWN, [Cause.NOT_KNOWN])
    with sqlite_night.engine.begin() as connection:
        connection.execute(update(schema.applicant).values(removed_at=AT))
    assert causes(ask(sqlite_night, gate)) == [Cause.NOT_KNOWN]


def test_changed_or_never_screened(sqlite_night: Night) -> None:
    gate, applicant = gate_of(sqlite_night), schema.applicant
    with sqlite_night.engine.begin() as connection:
        connection.execute(
            update(applicant).where(applicant.c.subject_name == UNIT).values(version=applicant.c.version + 1)
        )
    assert causes(ask(sqlite_night, gate)) == [Cause.CHANGED]
    with sqlite_night.engine.begin() as connection:
        connection.execute(schema.screening.delete())
    answer = ask(sqlite_night, gate)
    assert (causes(answer), answer.passage, answer.screened_at) == (
        [Cause.NOT_SCREENED, Cause.NOT_SCREENED],
        Passage.UNKNOWN,
        None,
    )


def test_what_an_older_program_has_screened_is_not_clear(sqlite_night: Night) -> None:
    with sqlite_night.engine.begin() as connection:
        connection.execute(update(schema.screening).values(basis="of an older program"))
    answer = ask(sqlite_night, gate_of(sqlite_night))
    assert (answer.passage, causes(answer)) == (Passage.UNKNOWN, [Cause.NOT_SCREENED])
    sqlite_night.screen(SECOND)
    assert ask(sqlite_night, gate_of(sqlite_night)).passage is Passage.CLEAR


def test_changed_in_its_system_since(sqlite_night: Night) -> None:
    gate = gate_of(sqlite_night)
    before, after = SECOND.as_of - timedelta(minutes=1), SECOND.as_of + timedelta(minutes=1)
    assert ask(sqlite_night, gate, changed_at=before).passage is Passage.CLEAR
    answer = ask(sqlite_night, gate, changed_at=after)
    assert (answer.passage, causes(answer)) == (Passage.UNKNOWN, [Cause.CHANGED])


def test_a_list_that_is_stale_missing_refused_or_newer(sqlite_night: Night) -> None:
    night, gate, version = sqlite_night, gate_of(sqlite_night), schema.source_version
    stale = ask(night, gate, at=AT + timedelta(days=60))
    assert (stale.passage, set(causes(stale))) == (Passage.UNKNOWN, {Cause.LISTS_UNFIT, Cause.SOURCE_UNFIT})
    night.version(THIRD, "debtors", 3, state="refused", reason="少了 6213 条")
    later = THIRD.as_of + timedelta(hours=6)
    refused = ask(night, gate, at=later)
    assert (refused.passage, causes(refused)) == (Passage.UNKNOWN, [Cause.LISTS_UNFIT])
    assert "少了 6213 条" in refused.reasons[0].text
    night.version(THIRD, "debtors", 4, delivery="retry")  # rows read anew are no delivery
    assert set(causes(ask(night, gate, at=later))) == {Cause.LISTS_UNFIT, Cause.LISTS_CHANGED}
    night.version(THIRD, "debtors", 5)
    assert causes(ask(night, gate, at=later)) == [Cause.LISTS_CHANGED]
    with night.engine.begin() as connection:
        connection.execute(version.delete().where(version.c.source == "abnormal"))
    assert set(causes(ask(night, gate, at=later))) == {Cause.LISTS_UNFIT, Cause.LISTS_CHANGED}


def test_what_was_pulled_later_than_now_is_as_old_as_nobody_knows(sqlite_night: Night) -> None:
    """The clock was ahead when it was pulled, or has been set back since."""
    answer = ask(sqlite_night, gate_of(sqlite_night), at=SECOND.as_of - timedelta(hours=3))
    assert answer.passage is Passage.UNKNOWN
    assert {Cause.LISTS_UNFIT, Cause.SOURCE_UNFIT} <= set(causes(answer))
    texts = [reason.text for reason in answer.reasons if "晚于现在" in reason.text]
    assert len(texts) == 3
    assert all("请核对服务器时钟" in text for text in texts)


def test_a_change_that_no_pull_has_brought(sqlite_night: Night) -> None:
    """The applications could not be fetched in the third night; it screened them all the same, as they were."""
    night, gate = sqlite_night, gate_of(sqlite_night)
    night.begin(THIRD)
    night.screen(THIRD)
    changed_at, at = SECOND.as_of + timedelta(hours=13), THIRD.as_of + timedelta(hours=6)
    answer = ask(night, gate, at=at, changed_at=changed_at)
    assert (answer.passage, causes(answer)) == (Passage.UNKNOWN, [Cause.CHANGED])
    night.version(THIRD, "science", 2, record="applicant")
    assert ask(night, gate, at=at, changed_at=changed_at).passage is Passage.CLEAR


def test_applications_that_are_old_refused_or_not_fetched_any_more(sqlite_night: Night) -> None:
    night, gate, version = sqlite_night, gate_of(sqlite_night), schema.source_version
    late = ask(night, gate, at=SECOND.as_of + timedelta(days=3, minutes=1))
    assert (late.passage, Cause.SOURCE_UNFIT in causes(late)) == (Passage.UNKNOWN, True)
    night.version(THIRD, "science", 2, record="applicant", state="refused", reason="少了 7 条")
    refused = ask(night, gate)
    assert (refused.passage, causes(refused)) == (Passage.UNKNOWN, [Cause.SOURCE_UNFIT])
    assert "少了 7 条" in refused.reasons[0].text
    sources = {name: source for name, source in night.settings.sources.items() if name != "science"}
    given_up = ask(night, Gate(night.settings.model_copy(update={"sources": sources})))
    assert (given_up.passage, causes(given_up)) == (Passage.UNKNOWN, [Cause.SOURCE_UNFIT])
    with night.engine.begin() as connection:
        connection.execute(version.delete().where(version.c.source == "science"))
    assert causes(ask(night, gate)) == [Cause.SOURCE_UNFIT]


def test_a_second_source_of_the_system_that_never_delivered(sqlite_night: Night) -> None:
    """The people of every application, say: nothing in the store tells of them."""
    night = sqlite_night
    sources = night.settings.sources | {"people": night.settings.sources["science"]}
    answer = ask(night, Gate(night.settings.model_copy(update={"sources": sources})))
    assert (answer.passage, causes(answer)) == (Passage.UNKNOWN, [Cause.SOURCE_UNFIT])


def test_rows_of_the_application_that_could_not_be_read(night: Night) -> None:
    gate = gate_of(night)
    another = BadRow("a", "x.xlsx", 3, "role", "组长", "对照表里没有这个角色", {"项目编号": f"{CLEAN}1"})
    own = BadRow("b", "x.xlsx", 4, "role", "组长", "对照表里没有这个角色", {"行": [{"项目编号": f" {CLEAN}"}]})
    broken = BadRow("c", "x.jsonl", 5, "", "", "不是 JSON", f'{{"项目编号": "{CLEAN}", ', readable=False)
    for bad, expected in ((another, []), (own, [Cause.UNREAD]), (broken, [Cause.UNREAD])):
        with night.engine.begin() as connection:
            connection.execute(schema.quarantine.delete())
            put(connection, "science", SECOND, [bad])
        assert causes(ask(night, gate)) == expected
    with night.engine.begin() as connection:
        resolve(connection, SECOND, [1], "已读入")
    assert ask(night, gate).passage is Passage.CLEAR


def test_whoever_needs_a_number_and_namesakes(sqlite_night: Night) -> None:
    gate = gate_of(sqlite_night)
    answer = ask(sqlite_night, gate, "1804a07020052")  # 王伟, a member without a number
    assert (answer.passage, causes(answer)) == (Passage.UNKNOWN, [Cause.NAMESAKES])
    lacking = ask(sqlite_night, gate, "J2018-0043")  # 中国科学技术大学 without its code
    assert Cause.NO_NUMBER in causes(lacking)


@pytest.mark.parametrize("application", sorted({found.application for found in applicants()} | {CLEAN}))
def test_asking_at_once_agrees_with_the_store(sqlite_night: Night, application: str) -> None:
    """But for decisions: what is an open flag in the store is a hit at once."""
    night, gate = sqlite_night, gate_of(sqlite_night)
    stored = ask(night, gate, application)
    system = AWARD if application.startswith("J") else SCIENCE
    with night.engine.connect() as connection:
        same = [found.applicant for found in applicants_on(connection, system, application).values()]
        at_once = gate.at_once(connection, same, AT)
    assert at_once.passage is stored.passage
    assert [(f.list, f.via, f.verdict, f.probability, f.measure, f.cases) for f in at_once.flags] == [
        (f.list, f.via, f.verdict, f.probability, f.measure, f.cases) for f in stored.flags
    ]
    as_hits = [Cause.HIT if cause is Cause.FLAG_OPEN else cause for cause in causes(stored)]
    assert causes(at_once) == as_hits


def test_at_once_finds_what_came_a_moment_ago(sqlite_night: Night) -> None:
    night, gate = sqlite_night, gate_of(sqlite_night)
    unit = organisation("亳州青囊中药饮片有限公司", 91, "华无咎")
    asked = replace(_clean(night), subject=unit)
    with night.engine.connect() as connection:
        assert gate.at_once(connection, [asked], AT).passage is Passage.CLEAR
    night.add(SECOND, [case(unit, "（2018）皖1602执5号")])
    with night.engine.connect() as connection:
        found = gate.at_once(connection, [asked], AT)
    assert (found.passage, causes(found), found.flags[0].number) == (Passage.HOLD, [Cause.HIT], None)


def _clean(night: Night) -> Applicant:
    with night.engine.connect() as connection:
        return next(iter(applicants_on(connection, SCIENCE, CLEAN).values())).applicant
