"""Decisions from night to night: what holds, what opens a flag again and what it then shows, four eyes, undo."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, event, select

from credit_sync import review
from credit_sync.errors import CreditSyncError
from credit_sync.screening.decisions import Conclusion, State, Step
from credit_sync.store import audit
from credit_sync.store.engine import writing
from credit_sync.store.schema import decision
from credit_sync.subjects.identifiers import citizen_id
from tests.review_world import CODE, COMPANY, MAN, NOBODY, NUMBER, TWO, USCC, ReviewWorld, case

UPHOLD, DISMISS = Conclusion.UPHOLD, Conclusion.DISMISS


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> ReviewWorld:
    """A company with a case on the restricting list; its flag is number 1."""
    made = ReviewWorld(engine, tmp_path / "world")
    made.deliver("debtors", NOBODY, case(1))
    assert made.night().flags.opened == 1
    return made


def on(world: ReviewWorld, name: str, *rows: dict[str, str]) -> ReviewWorld:
    world.deliver(name, NOBODY, *rows)
    world.night()
    return world


def test_a_dismissed_flag_stays_dismissed_night_after_night(world: ReviewWorld) -> None:
    assert world.decide(DISMISS, "甲").state is State.DISMISSED
    on(world, "debtors", case(1), case(9, "合肥别的有限公司", ""))
    counts = world.night()
    assert world.standing().state is State.DISMISSED
    assert (counts.flags.open, counts.flags.reopened) == ({}, 0)


def test_what_is_not_compared_reopens_nothing(world: ReviewWorld) -> None:
    world.decide(DISMISS, "甲")
    on(world, "debtors", case(1, 原因="已履行一部分", 发布日期="2026-01-02"))
    assert world.standing().state is State.DISMISSED


def test_a_new_number_reopens_a_dismissed_flag_and_shows_what_changed(world: ReviewWorld) -> None:
    world.deliver("applicants", {**TWO[0], "证件": ""}, TWO[1])
    world.night()
    before = world.decide(DISMISS, "甲")
    world.deliver("applicants", *TWO)
    assert world.night().flags.reopened == 1
    found = world.standing()
    assert (found.state, found.conclusion, found.why_open) == (State.REOPENED, None, "证据有变化")
    with world.engine.connect() as connection:
        *_, last = review.history(connection, 1)
    assert (last.step, last.who) == (Step.REOPEN, "")
    [change] = last.changes
    assert (change.what, change.number) == ("changed", "1")
    assert change.before == before.cases[0].probability < (change.after or 0)
    assert change.gone == ()
    assert change.new == (f"统一社会信用代码完全一致：{USCC}",)


@pytest.mark.parametrize("changed", [case(1, code=CODE), case(1, "安徽谌恺农业科技有限公司")])
def test_a_changed_listing_reopens_a_dismissed_flag(world: ReviewWorld, changed: dict[str, str]) -> None:
    world.decide(DISMISS, "甲")
    on(world, "debtors", changed)
    assert world.standing().state is State.REOPENED
    assert world.decide(DISMISS, "甲").state is State.DISMISSED
    world.night()
    assert world.standing().state is State.DISMISSED


def test_a_reopening_stands_behind_a_decision_made_while_the_night_was_under_way(world: ReviewWorld) -> None:
    """A night is as of its beginning; its re-opening comes at its end, and the history is told in order of time."""
    during = world.now + timedelta(hours=18, minutes=10)
    world.decide(DISMISS, "甲", at=during)
    on(world, "debtors", case(1), case(2))
    assert world.standing().state is State.REOPENED
    with world.engine.connect() as connection:
        told = [(step.step, step.at) for step in review.history(connection, 1)]
    assert told == [(Step.DISMISS, during), (Step.REOPEN, during)]


def test_a_new_case_reopens_and_one_that_leaves_does_not(world: ReviewWorld) -> None:
    world.decide(DISMISS, "甲")
    on(world, "debtors", case(1), case(2))
    assert world.standing().why_open == "出现新的名单条目"
    world.decide(DISMISS, "甲")
    on(world, "debtors", case(1))
    assert world.standing().state is State.DISMISSED
    on(world, "debtors", case(1), case(2))
    assert world.standing().state is State.DISMISSED


def test_a_flag_closes_by_itself_whatever_was_decided_and_says_so(world: ReviewWorld) -> None:
    world.decide(UPHOLD, "甲")
    assert on(world, "debtors").standing().closed.startswith("名单条目 1 已不在 2026-03-03 取得的名单")
    assert world.standing().state is State.UPHELD
    for change in (lambda: world.decide(DISMISS, "乙"), lambda: world.refuse("乙")):
        with pytest.raises(CreditSyncError, match="已关闭"):
            change()
    assert on(world, "debtors", case(1)).standing().closed == ""
    assert world.standing().state is State.UPHELD


def test_what_was_concluded_on_a_flag_that_closed_can_be_undone(world: ReviewWorld) -> None:
    """It holds should the listing come back, and what it has taught of names holds all the time."""
    with pytest.raises(CreditSyncError, match="没有可撤销的结论"):
        on(world, "debtors").undo("乙")
    assert on(world, "debtors", case(1)).standing().state is State.OPEN
    world.decide(UPHOLD, "甲")
    on(world, "debtors").undo("乙")
    assert (world.standing().state, bool(world.standing().closed)) == (State.OPEN, True)
    assert on(world, "debtors", case(1)).standing().state is State.OPEN
    assert world.standing().closed == ""


def test_more_against_an_upheld_subject_asks_nobody_again_less_does(world: ReviewWorld) -> None:
    world.decide(UPHOLD, "甲")
    on(world, "debtors", case(1), case(2))
    assert world.standing().state is State.UPHELD
    world.deliver("applicants", {**TWO[0], "证件": ""}, TWO[1])
    world.night()
    assert world.standing().why_open == "证据减弱，判定降低"


def test_other_weights_reopen_a_dismissal_only_for_a_higher_verdict(world: ReviewWorld) -> None:
    world.deliver("applicants", {**TWO[0], "证件": ""}, TWO[1])
    world.deliver("debtors", NOBODY, case(1, "安徽谌恺农业科技有限公司", ""))
    world.night()
    number = max(world.flags())
    first = world.decide(DISMISS, "甲", number).cases[0]
    assert first.verdict == "probable"
    world.reweigh("organisation_name.form_changed", 0.019)
    world.night()
    now = world.standing(number)
    assert (now.state, now.cases[0].verdict) == (State.DISMISSED, "probable")
    assert now.cases[0].probability < first.probability
    world.undo("甲", number)
    world.reweigh("organisation_name.form_changed", 0.001)
    world.night()
    assert world.decide(DISMISS, "甲", number).cases[0].verdict == "possible"
    world.reweigh("organisation_name.form_changed", 0.02)
    assert world.night().flags.reopened == 1
    assert world.standing(number).why_open == "证据权重调整后，判定提高"


def test_a_forbidding_measure_needs_two(world: ReviewWorld) -> None:
    on(world, "banned", case(5))
    number = max(world.flags())
    proposed = world.decide(UPHOLD, "甲", number)
    assert (proposed.state, proposed.who, proposed.confirmed_by) == (State.PROPOSED, "甲", "")
    for himself in ("甲", " 甲 "):
        with pytest.raises(CreditSyncError, match="本人"):
            world.decide(UPHOLD, himself, number)
        with pytest.raises(CreditSyncError, match="本人"):
            world.refuse(himself, number)
    with pytest.raises(CreditSyncError, match="相反"):
        world.decide(DISMISS, "乙", number)
    found = world.decide(UPHOLD, "乙", number, reason="same_by_inquiry", text="来函核实")
    assert (found.state, found.who, found.confirmed_by) == (State.UPHELD, "甲", "乙")
    assert (found.reason, found.second_reason, found.second_text) == (
        "same_by_number",
        "same_by_inquiry",
        "来函核实",
    )
    with pytest.raises(CreditSyncError, match="甲 已作出结论"):
        world.decide(DISMISS, "丙", number)


def test_the_second_person_may_refuse_and_the_first_may_take_back(world: ReviewWorld) -> None:
    on(world, "banned", case(5))
    number = max(world.flags())
    world.decide(DISMISS, "甲", number)
    assert world.night().flags.open == {"debtors": 1, "banned": 1}
    refused = world.refuse("乙", number)
    assert (refused.state, refused.opened_by, refused.who_opened, refused.why_open) == (
        State.OPEN,
        Step.REFUSE,
        "乙",
        "不同意",
    )
    world.decide(UPHOLD, "乙", number)
    assert world.undo("乙", number).state is State.OPEN
    with pytest.raises(CreditSyncError, match="没有等待"):
        world.refuse("甲", number)


def test_a_measure_that_becomes_forbidding_asks_for_the_second_person(world: ReviewWorld) -> None:
    world.decide(UPHOLD, "甲")
    world.measure("forbid")
    world.night()
    assert world.standing().why_open == "惩戒措施改为禁止，须经两人复核"
    world.decide(UPHOLD, "甲")
    world.decide(UPHOLD, "乙")
    world.night()
    assert world.standing().state is State.UPHELD


def test_other_evidence_reopens_a_proposal(world: ReviewWorld) -> None:
    on(world, "banned", case(5))
    number = max(world.flags())
    world.decide(UPHOLD, "甲", number)
    on(world, "banned", case(5), case(6))
    assert world.standing(number).state is State.REOPENED
    world.decide(UPHOLD, "乙", number)
    assert world.standing(number).state is State.PROPOSED


def test_undo_leaves_a_trace(world: ReviewWorld) -> None:
    world.decide(DISMISS, "甲")
    with pytest.raises(CreditSyncError, match="写明原因"):
        world.undo("乙", text=" ")
    world.undo("乙")
    with world.engine.connect() as connection:
        steps = [(s.step, s.state, s.who, s.text) for s in review.history(connection, 1)]
        entries = [(e.action, e.who, e.target) for e in audit.entries(connection)]
    assert steps == [(Step.DISMISS, State.DISMISSED, "甲", ""), (Step.UNDO, State.OPEN, "乙", "看错了")]
    assert entries == [("dismiss", "甲", "预警 1"), ("undo", "乙", "预警 1")]
    with pytest.raises(CreditSyncError, match="没有可撤销"):
        world.undo("乙")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.decide(UPHOLD, "甲", 99), "没有预警 99"),
        (lambda w: w.decide(UPHOLD, "甲", reason="无此理由"), "没有理由"),
        (lambda w: w.decide(UPHOLD, "甲", reason="other_by_number"), "没有理由"),
        (lambda w: w.decide(UPHOLD, "甲", reason=""), "没有写理由"),
        (lambda w: w.decide(UPHOLD, "甲", reason="same_by_inquiry", text="\u200b 好"), "须写明具体情况"),
        (lambda w: w.decide(UPHOLD, " \u200b"), "没有写明复核人"),
        (lambda w: w.decide(UPHOLD, "甲", text="长" * 2001), "超过 2000 字"),
        (lambda w: w.undo("甲"), "没有可撤销"),
    ],
)
def test_what_will_not_do_changes_nothing(
    world: ReviewWorld, change: Callable[[ReviewWorld], object], message: str
) -> None:
    with pytest.raises(CreditSyncError, match=message):
        change(world)
    with world.engine.connect() as connection:
        assert connection.execute(select(decision)).all() == []
        assert audit.entries(connection) == []
    assert world.standing().state is State.OPEN


def test_who_looked_at_something_else_decides_nothing(world: ReviewWorld) -> None:
    seen = world.standing().token
    on(world, "debtors", case(1), case(2))
    with pytest.raises(CreditSyncError, match="的证据有变化"):
        world.decide(DISMISS, "甲", seen=seen)
    seen = world.standing().token
    world.decide(UPHOLD, "乙")
    world.undo("乙")
    with pytest.raises(CreditSyncError, match="已有人处理"):
        world.decide(DISMISS, "甲", seen=seen)
    assert world.decide(DISMISS, "甲", seen=world.standing().token).state is State.DISMISSED


def test_numbers_of_persons_are_hidden_in_what_is_written(world: ReviewWorld) -> None:
    world.decide(UPHOLD, "甲", text=f"身份证 {NUMBER}\n已核对\x00")
    assert world.standing().text == "身份证 340100********0017 已核对"
    with world.engine.connect() as connection:
        assert NUMBER not in repr(audit.entries(connection))
        assert NUMBER not in repr(connection.execute(select(decision)).all())


def test_a_person_and_a_company_are_decided_apart(world: ReviewWorld) -> None:
    on(world, "debtors", case(1), case(2, MAN, NUMBER))
    world.decide(DISMISS, "甲", 1)
    assert (world.standing(1).state, world.standing(2).state) == (State.DISMISSED, State.OPEN)
    assert world.night().flags.open == {"debtors": 1}


def test_an_applicant_that_comes_back_is_as_it_was_decided(world: ReviewWorld) -> None:
    world.decide(DISMISS, "甲")
    world.deliver("applicants", TWO[1])
    world.night()
    assert world.standing().closed == "申报主体已不在申报系统中"
    world.deliver("applicants", *TWO)
    world.night()
    assert (world.standing().closed, world.standing().state) == ("", State.DISMISSED)


def test_a_decision_waits_for_a_night_that_has_touched_its_flag(world: ReviewWorld, tmp_path: Path) -> None:
    """While the night is not committed nobody decides upon evidence that it has already replaced."""
    if world.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    import threading

    from credit_sync.store.decisions import touched_flags

    done = threading.Event()
    at = datetime(2026, 3, 2, 2, 0)
    with writing(world.engine) as night:
        assert [row["id"] for row in touched_flags(night, at)] == [1]
        thread = threading.Thread(target=lambda: (world.decide(DISMISS, "甲"), done.set()))
        thread.start()
        assert not done.wait(0.3)
    thread.join(10)
    assert done.is_set()
    assert COMPANY in world.standing().cases[0].evidence[1]["sentence"]


def test_the_night_keeps_the_log_only_at_its_end(world: ReviewWorld) -> None:
    """While it does, nobody decides, looks anything up or gets an answer of the gate."""
    world.decide(DISMISS, "甲")
    said: list[str] = []

    @event.listens_for(world.engine, "before_cursor_execute")
    def _(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(" ".join(statement.split()[:3]))

    on(world, "debtors", case(1), case(2))
    assert world.standing().state is State.REOPENED
    assert "UPDATE screening SET" in said[: said.index("INSERT INTO audit")]
    assert "UPDATE screening SET" not in said[said.index("INSERT INTO audit") :]


def test_a_namesake_who_joins_a_list_reopens_nothing(world: ReviewWorld) -> None:
    """How rare a name is moves with every version of a list, and is no evidence on the two."""
    masked, other = "3401001900****0017", "3403021901****3051"
    on(world, "debtors", case(1), case(2, MAN, masked))
    before = world.decide(DISMISS, "甲", 2).cases[0]
    on(world, "debtors", case(1), case(2, MAN, masked), case(3, MAN, other))
    after = world.standing(2)
    assert after.state is State.DISMISSED
    assert after.cases[0].evidence != before.evidence, "the sentence on how many bear the name is another"
    assert after.cases[0].said == before.said


def another(number: str) -> str:
    """Of somebody who was born on another day, with the same visible digits."""
    day = date(1900, 1, 5)
    while True:
        first = f"{number[:6]}{day:%Y%m%d}{number[14:17]}"
        if citizen_id.check_digit(first) == number[17] and first + number[17] != number:
            return first + number[17]
        day += timedelta(days=1)


def test_a_number_whose_hidden_digits_alone_are_others_opens_a_dismissal_again(
    engine: Engine, tmp_path: Path
) -> None:
    """An officer compared the whole number; sentences show what the list shows of it."""
    world = ReviewWorld(engine, tmp_path)
    world.deliver("debtors", case(1, MAN, f"{NUMBER[:10]}****{NUMBER[14:]}"))
    world.night()
    world.decide(DISMISS, "甲")
    world.deliver("applicants", TWO[0], {**TWO[1], "证件": another(NUMBER)})
    world.night()
    assert world.standing().state is State.REOPENED
    assert world.standing().why_open == "证件号码已更正，隐去的几位与作出结论时不同"
    world.decide(DISMISS, "甲")
    world.night()
    assert world.standing().state is State.DISMISSED, "and holds from then on"


def test_of_two_officers_at_once_one_decides(world: ReviewWorld) -> None:
    """Both looked at the same; the second is told that somebody was before him, whatever he concludes."""
    seen, together = world.standing().token, Barrier(2)

    def concludes(conclusion: Conclusion, who: str) -> str:
        together.wait()
        try:
            return world.decide(conclusion, who, seen=seen).who
        except CreditSyncError as error:
            return error.message

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(concludes, (UPHOLD, DISMISS), ("甲", "乙")))
    assert world.standing().who in said
    assert "预警 1 在此期间已有人处理" in said
    with world.engine.connect() as connection:
        assert len(review.history(connection, 1)) == 1
        assert len(audit.entries(connection, target="预警 1")) == 1


def test_of_two_approvers_at_once_one_agrees(world: ReviewWorld) -> None:
    """Whoever comes second finds nothing that waits."""
    on(world, "banned", case(5))
    flag_id = next(number for number, row in world.flags().items() if row["list"] == "banned")
    world.decide(UPHOLD, "甲", flag_id)
    seen, together = world.standing(flag_id).token, Barrier(2)

    def agrees(who: str) -> str:
        together.wait()
        try:
            return world.decide(UPHOLD, who, flag_id, seen=seen).confirmed_by
        except CreditSyncError as error:
            return error.message

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(agrees, ("乙", "丙")))
    assert world.standing(flag_id).confirmed_by in said
    assert f"预警 {flag_id} 在此期间已有人处理" in said
