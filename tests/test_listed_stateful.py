"""Whatever a platform sends and however nights end: who is known to be listed is not cleared, and a stranger not accused.

Who is known is told here from what the machine writes into the file, with all that is wrong with it. Of the product it
asks one thing: whether a delivery was taken over.
"""

import shutil
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from credit_sync.screening.gate import Passage
from tests.listed_world import DAMAGES, EVERYBODY, LISTABLE, ListedWorld, entry
from tests.state_machines import ManyNights, live_through

FAULTS = {
    "": lambda b: b,
    "cut in half": lambda b: b[: len(b) // 2],
    "cut at the end of a line": lambda b: b[: b.rfind(b"\n", 0, len(b) * 3 // 4) + 1],
    "without its last bytes": lambda b: b[:-30],
    "empty": lambda _: b"",
    "titles alone": lambda b: b[: b.find(b"\n") + 1],
    "no titles": lambda b: b[b.find(b"\n") + 1 :],
    "name under another title": lambda b: b.replace(b"iname", b"inome", 1),
    "number under another title": lambda b: b.replace(b"cardNum", b"cardNr", 1),
    "a page": lambda _: "<html><body>系统维护中</body></html>".encode(),
    "twice": lambda b: b + b,
    "a line before": lambda b: "失信被执行人名单\n".encode() + b,
    "zeros behind": lambda b: b + b"\0" * 64,
    "a title more": lambda b: b.replace(b"caseCode", b"id,caseCode", 1),
}
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"])
WHO, CASES, HOW = st.integers(0, len(LISTABLE) - 1), st.integers(1, 9), st.sampled_from([*DAMAGES])


class Platform(ManyNights):
    @initialize()
    def open(self) -> None:
        self.world = ListedWorld(*self.empty_store())
        self.rows: dict[int, tuple[int, str]] = {}
        self.fault, self.encoding = "", "utf-8"
        self.known: set[int] = set()
        self.run()

    def teardown(self) -> None:
        self.world.engine.dispose()
        shutil.rmtree(self.world.folder)

    # --- there ---

    @rule(case=CASES, who=WHO, damage=st.just("") | HOW)
    def list_somebody(self, case: int, who: int, damage: str) -> None:
        self.rows[case] = (who, damage)

    @rule(case=CASES, damage=HOW)
    def damage(self, case: int, damage: str) -> None:
        if case in self.rows:
            self.rows[case] = (self.rows[case][0], damage)

    @rule(case=CASES)
    def take_off(self, case: int) -> None:
        self.rows.pop(case, None)

    @rule(encoding=ENCODINGS)
    def write_otherwise(self, encoding: str) -> None:
        self.encoding = encoding

    # --- here ---

    @rule()
    def lose_the_index(self) -> None:
        shutil.rmtree(self.world.folder / "index", ignore_errors=True)

    @rule()
    def roll_back(self) -> None:
        if self.world.roll_back():
            self.known = set()  # a person has said so; what comes next is known again

    # --- nights ---

    @rule(
        fault=st.sampled_from(["", "", *FAULTS]),
        dies_at=st.sampled_from([0, 0, 0, *range(1, 30)]),
        only=st.sampled_from(["", "", "pull", "screen"]),
        news=st.lists(st.tuples(CASES, WHO, HOW), max_size=2),
    )
    def night(self, fault: str, dies_at: int, only: str, news: list[tuple[int, int, str]]) -> None:
        self.rows |= {case: (who, damage) for case, who, damage in news}
        self.run(fault, dies_at, only)

    @rule()
    def settle(self) -> None:
        """All comes in good order: who is listed is flagged, nobody else is, and everybody else is clear."""
        self.rows = {case: (who, "") for case, (who, _) in self.rows.items()}
        self.run(accept_shrink=True)
        listed = {who for who, _ in self.rows.values()}
        assert self.known == self.world.flagged() == listed
        clear = {n for n in range(len(EVERYBODY)) if self.world.answer(n).passage is Passage.CLEAR}
        assert clear == set(range(len(EVERYBODY))) - listed

    def run(self, fault: str = "", dies_at: int = 0, only: str = "", *, accept_shrink: bool = False) -> None:
        self.deliver(fault)
        pulled = self.world.night(dies_at=dies_at, only=only, accept_shrink=accept_shrink)
        meant = {who for who, _ in self.rows.values()}
        if pulled is None:  # it may have been taken over
            self.known &= meant
        elif pulled.state == "accepted":
            self.known = self.known & meant if fault else meant
        for who in sorted(self.known):
            assert self.world.answer(who).passage is not Passage.CLEAR, (EVERYBODY[who][0], self.rows, fault)
        assert self.world.flagged() <= set(range(len(LISTABLE)))

    def deliver(self, fault: str) -> None:
        rows = sorted(self.rows.items())
        self.world.deliver(*(entry(f"(2016)皖01执{c}号", *LISTABLE[who], how) for c, (who, how) in rows))
        path = self.world.folder / "debtors" / "rows.csv"
        content = path.read_bytes()
        if self.encoding != "utf-8":
            content = content.decode("utf-8", "replace").encode(self.encoding)
        path.write_bytes(FAULTS[fault](content))


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_a_platform_over_many_nights(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("postgresql_url") if backend == "postgresql" else None
    live_through(Platform, tmp_path, examples=2 if server else 8, steps=30, server=server)
