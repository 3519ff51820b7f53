"""Whoever is asked about gets one answer, however he is asked about: by the night, at the gate (of the store and at once), in
a look-up, in a spreadsheet, on the clean-bill list.
"""

import csv
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from sqlalchemy import Connection, select

from credit_sync.errors import CreditSyncError
from credit_sync.gate import Gate
from credit_sync.lookup import ground, look_up
from credit_sync.pulling.pull import pull
from credit_sync.records import Applicant
from credit_sync.reporting.clean_bill_query import read_clean_bill
from credit_sync.reporting.clean_bill_views import CLEAN, Selection
from credit_sync.review import Actor
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.decisions import Conclusion
from credit_sync.screening.evidence import Scales
from credit_sync.screening.gate import Cause
from credit_sync.screening.index_files import open_index
from credit_sync.screening.measures import load_measures
from credit_sync.screening.reference import reference
from credit_sync.screening.screen_file import FileCounts, screen_file
from credit_sync.screening.stored_lists import stored_lists
from credit_sync.screening.weights import load_weights
from credit_sync.sources.lists import states_of_lists
from credit_sync.store import ledger, schema
from tests.listed_world import EVERYBODY
from tests.review_world import NOBODY, ReviewWorld
from tests.state_machines import ManyNights, live_through

SHORT = {"瑾瑜生物所": "安徽省瑾瑜生物技术股份有限公司"}
PEOPLE = [EVERYBODY[0], *EVERYBODY[2:4], EVERYBODY[6], ("瑾瑜生物所", "")]
"""One, two namesakes, a firm, and its short form."""
NUMBERS: Mapping[str, Any] = {
    "whole": lambda number: number,
    "none": lambda _: "",
    "masked": lambda number: number and f"{number[:10]}****{number[14:]}",
    "hidden": lambda number: number and number[:4] + "*" * 14,
}
UNREAD = "unread"
LIST, CASES, REMOVED = (
    st.sampled_from(["debtors", "banned"]),
    st.integers(1, 3),
    st.sampled_from(["", "", "2026-03-05"]),
)
WHAT = st.sampled_from([Conclusion.DISMISS, Conclusion.DISMISS, Conclusion.UPHOLD, None])
WHO, HOW = st.sampled_from(PEOPLE), st.sampled_from([*NUMBERS])
DOUBTS = {Cause.NAMESAKES, Cause.UNREAD_ENTRY, Cause.NOT_COMPARABLE}
"""Why somebody is not clear though nothing was found of him."""
TAKEN_FOR_NOTHING = {Cause.NO_NUMBER, Cause.CONSIDER}
"""What the gate alone asks for, and what it tells without effect."""


class Asking(ManyNights):
    @initialize()
    def open(self) -> None:
        engine, folder = self.empty_store()
        self.world = ReviewWorld(engine, folder)
        names = folder / "mappings" / "names"
        names.mkdir()
        shorts = "".join(f'"{short}" = "{name}"\n' for short, name in SHORT.items())
        (names / "aliases.toml").write_text(f"[aliases]\n{shorts}", encoding="utf-8")
        self.listed: dict[tuple[str, int], dict[str, str]] = {}
        self.applying: dict[int, dict[str, str]] = {0: _applying(0, PEOPLE[0], "whole")}
        self.night()

    def teardown(self) -> None:
        self.world.engine.dispose()
        shutil.rmtree(self.world.folder)

    @rule(
        listed=st.lists(st.tuples(LIST, CASES, WHO, HOW | st.just(UNREAD), REMOVED), max_size=3),
        applying=st.lists(st.tuples(st.integers(0, 2), WHO, HOW), max_size=1),
        decided=st.lists(st.tuples(st.integers(0, 3), WHAT, st.sampled_from("甲乙")), max_size=3),
        by_day=st.booleans(),
    )
    def day_and_night(self, listed: list[Any], applying: list[Any], decided: list[Any], by_day: bool) -> None:
        for which, what, who in decided:
            self.decide(which, what, who)
        self.compare(screened=True)
        for of, case, who, how, removed in listed:
            said = {"备注": SHORT.get(who[0], who[0])} if how == UNREAD else _named(who, how)
            self.listed[of, case] = {"案号": f"{of}{case}", "移出日期": removed} | said
        self.applying |= {number: _applying(number, who, how) for number, who, how in applying}
        self.night(by_day=by_day)

    @rule(of=LIST, case=CASES)
    def take_off(self, of: str, case: int) -> None:
        self.listed.pop((of, case), None)

    @rule(effect=st.sampled_from(["hold", "consider", "restrict", "forbid"]))
    def measure(self, effect: str) -> None:
        self.world.measure(effect)

    @rule()
    def wait(self) -> None:
        """Till the lists are too old."""
        self.compare(screened=False, at=self.world.now + timedelta(days=30))

    def decide(self, which: int, what: Conclusion | None, who: str) -> None:
        open_flags = [number for number, row in self.world.flags().items() if row["closed_at"] is None]
        if not open_flags:
            return
        number = open_flags[which % len(open_flags)]
        with suppress(CreditSyncError):  # it is decided, or asks for another person
            if what is None:
                self.world.undo(who, number)
            else:
                self.world.decide(what, who, number)

    def night(self, *, by_day: bool = False) -> None:
        """`by_day`: it is pulled the day before, and asked about before it is screened."""
        for of in ("debtors", "banned"):
            self.world.deliver(of, NOBODY, *(row for (name, _), row in sorted(self.listed.items()) if name == of))
        self.world.deliver("applicants", *self.applying.values())
        if by_day:
            run = ledger.begin(self.world.engine, self.world.now, {"only": "pull"})
            pull(self.world.engine, self.world.settings, run, accept_shrink=True)
            ledger.finish(self.world.engine, run, "done")
            self.compare(screened=False)
        self.world.night()
        self.compare(screened=True)

    # --- asking ---

    def compare(self, *, screened: bool, at: datetime | None = None) -> None:
        world, at = self.world, at or self.world.now
        gate = Gate(world.settings)
        measures = load_measures(world.folder / "mappings")
        with world.engine.connect() as connection:
            bill = read_clean_bill(
                connection, world.settings, Selection("kj", None, ""), measures, Actor("甲", at)
            )
            clean = {line.application for line in bill.lines if line.outcome in CLEAN}
            concluded = _concluded(connection)
            unfit = {state.stale for state in states_of_lists(connection, world.settings, at).values()} != {False}
            for number in self.applying:
                answer = gate.stored(connection, "kj", str(number), at)
                [(key, found)] = answer.applicants.items() or [(0, None)]
                if found is None:
                    assert str(number) not in concluded, "the night knows it"
                    continue
                causes = {reason.cause for reason in answer.reasons}
                at_once = gate.at_once(connection, [found], at)
                assert causes & DOUBTS == {reason.cause for reason in at_once.reasons} & DOUBTS
                hits = {(flag.list, flag.via, flag.cases) for flag in answer.flags if flag.cases}
                assert hits == {(flag.list, flag.via, flag.cases) for flag in at_once.flags}
                verdict = self.looked_up(connection, found, at)
                by_file = self.in_a_file(found, at)
                if causes & DOUBTS or unfit or hits:
                    assert Verdict.CLEAR not in (verdict, by_file), (number, causes)
                if str(number) in clean:
                    assert causes <= TAKEN_FOR_NOTHING, (number, causes)
                elif causes <= TAKEN_FOR_NOTHING:
                    assert Cause.CONSIDER in causes, (number, causes)
                if screened:
                    expected = concluded[str(number)]
                    assert {flag.number is None or not flag.cases for flag in answer.flags} <= {False}
                    assert (verdict, by_file) == (expected, expected)
                    assert (expected is Verdict.UNVERIFIABLE) == (bool(causes & DOUBTS) and not hits)
                    assert expected.flags == bool(hits)
                assert key in answer.applicants

    def looked_up(self, connection: Connection, of: Applicant, at: datetime) -> Verdict:
        settings = self.world.settings
        index = open_index(connection, settings.path(settings.store.index))
        rests_on = ground(connection, settings, at, index)
        return look_up(connection, of.subject, rests_on).verdict

    def in_a_file(self, of: Applicant, at: datetime) -> Verdict:
        path, folder = self.world.folder / "asked.csv", self.world.folder / "mappings"
        with path.open("w", encoding="utf-8", newline="") as file:
            number = of.subject.identifiers[0].value if of.subject.identifiers else ""
            rows = [("kind", "name", "identifier"), (of.subject.kind, of.subject.name, number)]
            csv.writer(file).writerows(rows)
        url = self.world.engine.url.render_as_string(hide_password=False)
        store = self.world.settings.store.model_copy(update={"url": url})
        stored = self.world.settings.model_copy(update={"store": store})
        lists = stored_lists(stored, Scales(load_weights(folder), reference()), at)
        found = screen_file(path, lists, folder, at, FileCounts())
        return max((Verdict(row[2]) for row in found), key=lambda verdict: verdict.rank)


def _named(who: tuple[str, str], how: str) -> dict[str, str]:
    return {"姓名": who[0], "证件": NUMBERS[how](who[1])}


def _applying(number: int, who: tuple[str, str], how: str) -> dict[str, str]:
    role = "项目负责人" if len(who[0]) < 5 or "·" in who[0] else "申报单位"
    return {"编号": str(number), "名称": who[0], "证件": NUMBERS[how](who[1]), "角色": role, "处室": "高新处"}


def _concluded(connection: Connection) -> dict[str, Verdict]:
    """What the last night has concluded, by application."""
    c = schema.applicant.c
    query = select(c.application, schema.screening.c.verdict).join(
        schema.screening, schema.screening.c.applicant_id == c.id
    )
    return {row[0]: Verdict(row[1]) for row in connection.execute(query.where(c.removed_at.is_(None)))}


def test_one_answer_however_one_asks(tmp_path: Path) -> None:
    live_through(Asking, tmp_path, examples=8, steps=12)
