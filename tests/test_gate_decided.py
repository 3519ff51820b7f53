"""The gate after real nights and real decisions, and with a list that can only be asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from servers import Server, serve
from sqlalchemy import Engine

from credit_sync.gate import Gate, GateAnswer
from credit_sync.pulling.pull import pull
from credit_sync.screening.decisions import Conclusion
from credit_sync.screening.gate import Cause, Passage
from credit_sync.store import ledger
from tests.asked_world import LI, ZHANG, AskedWorld, nothing
from tests.review_world import NOBODY, USCC, ReviewWorld, case
from tests.stores import sqlite_store

UPHOLD, DISMISS = Conclusion.UPHOLD, Conclusion.DISMISS


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = sqlite_store(tmp_path)
    yield made
    made.dispose()


def ask(engine: Engine, gate: Gate, system: str, application: str, at: datetime) -> GateAnswer:
    with engine.connect() as connection:
        return gate.stored(connection, system, application, at)


def test_from_the_hit_to_the_end(engine: Engine, tmp_path: Path) -> None:
    world = ReviewWorld(engine, tmp_path)
    world.night()
    gate = Gate(world.settings)

    def gate_says() -> tuple[Passage, set[Cause]]:
        answer = ask(engine, gate, "kj", "1", world.now)
        return answer.passage, {reason.cause for reason in answer.reasons}

    assert gate_says() == (Passage.CLEAR, set())
    world.deliver("banned", case(7))
    world.night()
    assert gate_says() == (Passage.HOLD, {Cause.FLAG_OPEN})
    world.decide(UPHOLD, "甲")
    assert gate_says() == (Passage.HOLD, {Cause.FLAG_PROPOSED})
    world.decide(UPHOLD, "乙")
    assert gate_says() == (Passage.BLOCKED, {Cause.FORBIDDEN})
    world.undo("乙")
    assert gate_says() == (Passage.HOLD, {Cause.FLAG_OPEN})
    world.decide(DISMISS, "甲")
    world.decide(DISMISS, "乙")
    assert gate_says() == (Passage.CLEAR, set())
    world.deliver("banned", case(7), case(8))
    world.night()
    assert gate_says() == (Passage.HOLD, {Cause.FLAG_REOPENED})
    world.deliver("banned", NOBODY)
    world.night()
    assert gate_says() == (Passage.CLEAR, set())


def test_other_weights_may_open_what_was_dismissed(engine: Engine, tmp_path: Path) -> None:
    world = ReviewWorld(engine, tmp_path)
    world.deliver("debtors", case(7, code=""))
    world.night()
    world.decide(DISMISS, "甲")
    gate = Gate(world.settings)
    assert ask(engine, gate, "kj", "1", world.now).passage is Passage.CLEAR
    world.reweigh("organisation_name.same", 0.9)
    answer = ask(engine, gate, "kj", "1", world.now)
    assert (answer.passage, [reason.cause for reason in answer.reasons]) == (Passage.UNKNOWN, [Cause.NOT_SCREENED])
    world.night()
    assert ask(engine, gate, "kj", "1", world.now).passage is Passage.CLEAR


def test_a_pull_without_a_screening_clears_nobody(engine: Engine, tmp_path: Path) -> None:
    """As after a night that was killed between the two."""
    world = ReviewWorld(engine, tmp_path)
    world.night()
    gate = Gate(world.settings)
    world.deliver("debtors", case(9, "别的公司", ""))
    run = ledger.begin(engine, world.now, {})
    pull(engine, world.settings, run, accept_shrink=True)
    answer = ask(engine, gate, "kj", "1", world.now)
    assert (answer.passage, [reason.cause for reason in answer.reasons]) == (
        Passage.UNKNOWN,
        [Cause.LISTS_CHANGED],
    )
    ledger.finish(engine, run, "failed")
    world.deliver("debtors", case(9, code=USCC))
    later = world.now + timedelta(hours=1)
    run = ledger.begin(engine, later, {})
    pull(engine, world.settings, run, accept_shrink=True)
    hit = ask(engine, gate, "kj", "1", later)
    assert (hit.passage, [reason.cause for reason in hit.reasons]) == (
        Passage.HOLD,
        [Cause.HIT, Cause.LISTS_CHANGED],
    )


def test_an_asked_list_that_has_not_answered(engine: Engine, tmp_path: Path) -> None:
    with serve(lambda _: nothing()) as server:
        world = _asked(engine, tmp_path, server)
        world.apply(ZHANG)
        world.run()
        gate = Gate(world.settings)
        assert ask(engine, gate, "测试", "P0", world.as_of).passage is Passage.CLEAR
        with engine.connect() as connection:
            (number,) = ask(engine, gate, "测试", "P0", world.as_of).applicants.values()
            assert gate.at_once(connection, [number], world.as_of).passage is Passage.CLEAR
        world.apply(ZHANG, LI)
        world.options["url"] = "http://127.0.0.1:9/"
        world.run()
        answer = ask(engine, Gate(world.settings), "测试", "P1", world.as_of)
    assert answer.passage is Passage.UNKNOWN
    assert Cause.NO_ANSWER in {reason.cause for reason in answer.reasons}


def _asked(engine: Engine, folder: Path, server: Server) -> AskedWorld:
    return AskedWorld(engine, folder, server.url)
