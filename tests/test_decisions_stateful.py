"""Random nights with changing evidence, decisions by several people, refusals and undo: what always holds.

What has to reopen a flag is told here from what the lists deliver, not from stored evidence, so that the two are
independent of each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import select

from credit_sync import review
from credit_sync.errors import CreditSyncError
from credit_sync.review import Standing
from credit_sync.screening.decisions import Conclusion, State, Step
from credit_sync.store import audit, schema
from tests.review_world import COMPANY, NOBODY, TWO, ReviewWorld, case
from tests.state_machines import ManyNights, live_through

PEOPLE = st.sampled_from(["甲", "乙", "丙"])
NAMES = st.sampled_from([COMPANY, "安徽谌恺农业科技有限公司"])
CONTENT = st.fixed_dictionaries({"姓名": NAMES, "原因": st.sampled_from(["未履行", "部分履行"])})
LISTS, NUMBERS, WHICH = st.sampled_from(["debtors", "banned"]), st.sampled_from("12"), st.integers(0, 1)
CHANGES = st.one_of(
    st.tuples(st.just("bring"), LISTS, NUMBERS, CONTENT),
    st.tuples(st.just("take_away"), LISTS, NUMBERS),
    st.just(("give_or_withhold_the_number",)),
    st.just(("change_the_measure",)),
)
"""What may be other in a night: a method of `Office` and its arguments."""
SAYS_SOMETHING = ("姓名", "证件")
"""What of a case is compared; 原因 is not."""
STANDING = (State.UPHELD, State.DISMISSED, State.PROPOSED)


@dataclass(frozen=True)
class Basis:
    """What a conclusion was drawn upon: the cases as delivered, and the applicant's number."""

    cases: Mapping[str, tuple[str, ...]]
    number: str


class Office(ManyNights):
    """Three officers, one company that applies, two lists."""

    @initialize()
    def open(self) -> None:
        self.engine, folder = self.empty_store()
        self.world = ReviewWorld(self.engine, folder)
        self.cases: dict[str, dict[str, dict[str, str]]] = {"debtors": {}, "banned": {}}
        self.number = TWO[0]["证件"]
        self.bases: dict[int, Basis] = {}
        self.steps = 0
        self.forbidden = False
        self.bring("debtors", "1", {"姓名": COMPANY, "原因": "未履行"})
        self.bring("banned", "1", {"姓名": COMPANY, "原因": "未履行"})
        self.night()

    @rule(changes=st.lists(CHANGES, max_size=2))
    def night(self, changes: Sequence[tuple[Any, ...]] = ()) -> None:
        for what, *how in changes:
            getattr(self, what)(*how)
        before = {number: self.world.standing(number) for number in self.world.flags()}
        for name, cases in self.cases.items():
            rows = (
                case(number, content["姓名"], 原因=content["原因"]) for number, content in sorted(cases.items())
            )
            self.world.deliver(name, NOBODY, *rows)
        self.world.deliver("applicants", {**TWO[0], "证件": self.number}, TWO[1])
        self.world.night()
        for number, was in before.items():
            self.check_after_night(was, self.world.standing(number))

    def bring(self, name: str, number: str, content: dict[str, str]) -> None:
        self.cases[name][number] = content

    def take_away(self, name: str, number: str) -> None:
        self.cases[name].pop(number, None)

    def give_or_withhold_the_number(self) -> None:
        self.number = "" if self.number else TWO[0]["证件"]

    def change_the_measure(self) -> None:
        self.forbidden = not self.forbidden
        self.world.measure("forbid" if self.forbidden else "restrict")

    def check_after_night(self, was: Standing, now: Standing) -> None:
        if was.state not in STANDING or now.closed:
            assert now.state is was.state
        elif now.effect == "forbid" and was.state is not State.PROPOSED and not was.confirmed_by:
            assert now.state is State.REOPENED
        elif was.state is State.UPHELD:
            assert now.state is State.UPHELD or self.is_other(now.flag_id)
        else:
            assert now.state is (State.REOPENED if self.is_other(now.flag_id) else was.state)

    def is_other(self, flag_id: int) -> bool:
        """Whether the flag's cases, as the lists deliver them, are not all those that were concluded upon."""
        then, now = self.bases[flag_id], self.basis(flag_id)
        return then.number != now.number or any(then.cases.get(key) != said for key, said in now.cases.items())

    def basis(self, flag_id: int) -> Basis:
        flag, match, listing = schema.flag.c, schema.match.c, schema.listing.c
        query = select(flag.list, listing.number).where(flag.id == flag_id, match.flag_id == flag.id)
        with self.engine.connect() as connection:
            rows = connection.execute(query.where(match.closed_at.is_(None), listing.id == match.listing_id)).all()
        listed = {name: {row["案号"]: row for row in self.world.listed[name]} for name in self.cases}
        cases = {n: tuple(str(listed[name][n].get(title)) for title in SAYS_SOMETHING) for name, n in rows}
        return Basis(cases, str(self.world.listed["applicants"][0]["证件"]))

    @rule(which=WHICH, who=PEOPLE, conclusion=st.sampled_from(Conclusion))
    def decide(self, which: int, who: str, conclusion: Conclusion) -> None:
        if flag_id := self.flag(which):
            was = self.world.standing(flag_id)
            try:
                now = self.world.decide(conclusion, who, flag_id)
            except CreditSyncError:
                assert was.closed or was.state in STANDING
                assert self.world.standing(flag_id) == was
                return
            self.steps += 1
            self.bases[flag_id] = self.basis(flag_id)
            assert now.conclusion is conclusion
            if was.state is State.PROPOSED:
                assert (now.who, now.confirmed_by) == (was.who, who)
            assert (now.state is State.PROPOSED) is (was.state is not State.PROPOSED and was.effect == "forbid")

    @rule(which=WHICH, who=PEOPLE, refuses=st.booleans())
    def take_back(self, which: int, who: str, refuses: bool) -> None:
        how = self.world.refuse if refuses else self.world.undo
        if flag_id := self.flag(which):
            was = self.world.standing(flag_id)
            try:
                assert how(who, flag_id).state is State.OPEN
            except CreditSyncError:
                assert self.world.standing(flag_id) == was
                return
            self.steps += 1

    def flag(self, which: int) -> int:
        """One of the flags there are, or 0."""
        flags = sorted(self.world.flags())
        return flags[which % len(flags)] if flags else 0

    def teardown(self) -> None:
        self.engine.dispose()

    @invariant()
    def nobody_agrees_with_himself_and_what_forbids_has_two(self) -> None:
        for number, row in self.world.flags().items():
            found = self.world.standing(number)
            assert not found.confirmed_by or found.confirmed_by != found.who
            concluded = found.state in (State.UPHELD, State.DISMISSED)
            if concluded and not found.closed and row["measure"]["effect"] == "forbid":
                assert found.confirmed_by

    @invariant()
    def everything_is_on_record(self) -> None:
        with self.engine.connect() as connection:
            entries = audit.entries(connection)
            assert audit.verify(connection).problems == ()
            steps = [step for n in self.world.flags() for step in review.history(connection, n)]
        by_people = [step for step in steps if step.step is not Step.REOPEN]
        assert len(by_people) == self.steps == sum(entry.who != audit.PROGRAM for entry in entries)
        reopened = [step.id for step in steps if step.step is Step.REOPEN]
        assert len(reopened) == sum(len(e.detail["flags"]) for e in entries if e.action == audit.Action.REOPEN)


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_an_office_over_many_nights(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("postgresql_url") if backend == "postgresql" else None
    live_through(Office, tmp_path, examples=3 if server else 8, steps=40, server=server)
