"""A quiet night: who is judged again when little has changed, and that the result is that of judging everybody."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pull_world import MAPPING
from sqlalchemy import Engine, select

from credit_sync.pulling.pull import pull
from credit_sync.screening import renewal
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.screen import ScreenCounts, screen
from credit_sync.settings import Settings
from credit_sync.shipped import shipped
from credit_sync.store import ledger, schema
from credit_sync.subjects.identifiers import citizen_id

FIRST = datetime(2026, 3, 1, 2, 0)
APPLICANTS = """
title = "测试申报"
record = "applicant"
key = ["number"]
[constants]
system = "测试"
role = "申报单位"
[fields]
application = "编号"
number = "编号"
name = "姓名"
identifier = "证件"
legal_representative = "法人"
employer = "单位"
"""
NOBODY = [{"案号": "(2016)皖01执0号", "姓名": "无名氏的公司"}]


class Night:
    """A list and applicants, pulled and screened night after night in one store."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder, self.number = engine, folder, 0
        (folder / "mappings" / "sources").mkdir(parents=True)
        for shared in ("measures.toml", "screening"):
            (folder / "mappings" / shared).symlink_to(shipped("mappings") / shared)
        guarded = MAPPING.replace("max_shrink = 0.5", "max_shrink = 1.0")
        legal = guarded.replace('reason = "原因"', 'reason = "原因"\nlegal_representative = "法人"')
        applicants = APPLICANTS.replace('key = ["number"]', 'key = ["application"]').replace(
            'number = "编号"\n', ""
        )
        for name, text in (("list", legal), ("applicants", applicants)):
            (folder / "mappings" / "sources" / f"{name}.toml").write_text(text, encoding="utf-8")
            (folder / name).mkdir()
        sources = {n: {"kind": "file", "mapping": n, "folder": n} for n in ("list", "applicants")}
        plain = Settings.model_validate({"sources": sources, "store": {"index": folder / "index"}})
        self.settings = plain.model_copy(update={"base": folder})

    def deliver(self, name: str, rows: list[dict[str, Any]]) -> None:
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (self.folder / name / "rows.jsonl").write_text(lines, encoding="utf-8")

    def run(self) -> ScreenCounts:
        """One night; checks that judging everybody would change nothing."""
        self.number += 1
        run = ledger.begin(self.engine, FIRST + timedelta(days=self.number), {})
        results = pull(self.engine, self.settings, run, accept_shrink=True)
        assert [r.problem for r in results if r.state != "accepted"] == []
        counts = screen(self.engine, self.settings, run)
        found = self.results()
        screen(self.engine, self.settings, run, everybody=True)
        assert self.results() == found
        ledger.finish(self.engine, run, "done")
        return counts

    def results(self) -> list[Any]:
        with self.engine.connect() as connection:
            return [
                connection.execute(select(table).order_by(*table.primary_key)).all()
                for table in (schema.screening, schema.match, schema.flag)
            ]

    def empty(self) -> None:
        with self.engine.begin() as connection:
            for table in reversed(schema.metadata.sorted_tables):
                connection.execute(table.delete())


@pytest.fixture
def night(engine: Engine, tmp_path: Path) -> Night:
    return Night(engine, tmp_path / "night")


def number(serial: int) -> str:
    first = f"3401001900010{serial % 9 + 1}{serial:03}"
    return first + citizen_id.check_digit(first)


PERSONS = ["张伟", "欧阳修竹", "张 偉", "王小明", "王□明", "欧阳某竹"]
FIRMS = ["合肥华星商贸有限公司", "合肥市华星商贸公司", "合肥华兴商贸有限公司", "芜湖华星商贸有限公司", "华星商贸"]
BRANCH = "合肥华星商贸有限公司芜湖分公司"
IDS = [number(n) for n in (1, 2, 13)]
MASKS = [f"{i[:10]}****{i[14:]}" for i in IDS] + [f"{i[:6]}********{i[14:]}" for i in IDS]
DAYS = [(FIRST + timedelta(days=n)).date().isoformat() for n in (2, 3, 4, 9)]

LISTED = st.dictionaries(
    st.integers(0, 7),
    st.one_of(
        st.builds(
            lambda name, number, day: {"姓名": name, "证件": number, "移出日期": day},
            st.sampled_from(PERSONS),
            st.sampled_from(["", *MASKS]),
            st.sampled_from(["", "", *DAYS]),
        ),
        st.builds(
            lambda name, person: {"姓名": name, "法人": person},
            st.sampled_from([*FIRMS, BRANCH]),
            st.sampled_from(["", *PERSONS]),
        ),
    ),
)
APPLYING = st.dictionaries(
    st.integers(0, 5),
    st.one_of(
        st.builds(
            lambda name, number, firm: {"姓名": name, "证件": number, "单位": firm},
            st.sampled_from(PERSONS),
            st.sampled_from(["", *IDS]),
            st.sampled_from(["", *FIRMS]),
        ),
        st.builds(
            lambda name, person: {"姓名": name, "法人": person},
            st.sampled_from([*FIRMS, BRANCH]),
            st.sampled_from(["", *PERSONS]),
        ),
    ),
    min_size=1,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=st.lists(st.tuples(LISTED, APPLYING), min_size=2, max_size=5))
def test_whatever_changes_the_matches_are_those_of_judging_everybody(
    night: Night, nights: list[tuple[dict[int, Any], dict[int, Any]]]
) -> None:
    night.empty()
    night.number = 0
    for listed, applying in nights:
        rows = [{"案号": f"(2016)皖01执{n + 1}号", **row} for n, row in sorted(listed.items())]
        night.deliver("list", [*NOBODY, *rows])
        night.deliver("applicants", [{"编号": str(n), **row} for n, row in sorted(applying.items())])
        night.run()


def test_only_those_are_judged_for_whom_something_changed(night: Night) -> None:
    applicants = [{"编号": str(n), "姓名": name, "证件": IDS[n]} for n, name in enumerate(PERSONS[:2])]
    applicants.append({"编号": "9", "姓名": FIRMS[0]})
    night.deliver("applicants", applicants)
    night.deliver("list", NOBODY)
    assert night.run().judged == 3
    assert night.run().judged == 0
    night.deliver("list", [*NOBODY, {"案号": "(2016)皖01执1号", "姓名": "张伟", "证件": MASKS[0]}])
    assert night.run().judged == 1
    night.deliver("list", NOBODY)
    assert night.run().judged == 1
    night.deliver("applicants", [*applicants[:2], {"编号": "9", "姓名": FIRMS[1]}])
    assert night.run().judged == 1
    assert night.run().judged == 0


def test_another_program_judges_everybody(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may find what an older one found nothing against, though keys, lists and weights are as they were."""
    night.deliver(
        "applicants", [{"编号": "1", "姓名": PERSONS[0], "证件": IDS[0]}, {"编号": "2", "姓名": FIRMS[0]}]
    )
    night.deliver("list", NOBODY)
    with monkeypatch.context() as older:
        older.setattr(renewal, "program", lambda: "0older00", raising=False)
        assert night.run().judged == 2
    assert night.run().judged == 2
    assert night.run().judged == 0


def test_a_name_that_lost_a_character_concerns_whoever_may_bear_it(night: Night) -> None:
    """The first of its shape on any list, and then none: nobody asked for it when he was last taken apart."""
    night.deliver(
        "applicants", [{"编号": str(n), "姓名": name} for n, name in enumerate(["王小明", "李雷", "王小"])]
    )
    damaged = {"案号": "(2016)皖01执1号", "姓名": "王□明"}
    for listed, judged, namesakes in (
        (NOBODY, 3, 0),
        ([*NOBODY, damaged], 1, 1),
        ([*NOBODY, damaged], 0, 1),
        ([*NOBODY, {**damaged, "姓名": "王大雷"}], 1, 0),
        ([*NOBODY, damaged], 1, 1),
        (NOBODY, 1, 0),
    ):
        night.deliver("list", listed)
        assert night.run().judged == judged
        with night.engine.connect() as connection:
            reasons = connection.scalars(select(schema.screening.c.reason)).all()
        assert sum("1 条同名" in reason for reason in reasons) == namesakes


def test_what_a_killed_pull_has_left_is_found_before_its_version_is_accepted(night: Night) -> None:
    """Lists that can only be asked commit by the block: an answer that is in the store never clears by its absence."""
    night.deliver("applicants", [{"编号": "1", "姓名": "张伟", "证件": IDS[0]}])
    night.deliver("list", [*NOBODY, {"案号": "(2016)皖01执1号", "姓名": "李雷", "证件": MASKS[1]}])
    night.run()
    c = schema.listing.c
    number = ["citizen_id", MASKS[0], True]
    with night.engine.begin() as connection:
        change = schema.listing.update().where(c.subject_name == "李雷")
        values = {"subject_name": "张伟", "subject_identifiers": [number], "changed_in": c.changed_in + 1}
        connection.execute(change.values(**values))
    run = ledger.begin(night.engine, FIRST + timedelta(days=2), {"only": "screen"})
    assert screen(night.engine, night.settings, run).verdicts["confirmed"] == 1


def test_nobody_is_cleared_as_whom_he_is_not_written_as(night: Night) -> None:
    """A person in an organisation's role, a name that is hidden in part: no comparison says anything about them."""
    applicants = [{"编号": "1", "姓名": "王小明", "证件": IDS[0]}, {"编号": "2", "姓名": FIRMS[0]}]
    night.deliver("applicants", [*applicants, {"编号": "3", "姓名": "芜湖***公司"}])
    night.deliver("list", NOBODY)
    assert night.run().verdicts == {v.value: 0 for v in Verdict} | {"unverifiable": 2, "clear": 1}
    with night.engine.connect() as connection:
        reasons = connection.scalars(
            select(schema.screening.c.reason).order_by(schema.screening.c.applicant_id)
        ).all()
    assert reasons == [
        "填报的是个人，这一角色应是单位；核对主体类别，一格只写一个",
        "",
        "没有可以比对的名称",
    ]
    assert night.run().judged == 0


def test_a_list_whose_last_delivery_was_refused_clears_nobody(night: Night) -> None:
    """What came was another list than the one in force: nobody knows whom it would have named."""
    mapping = night.folder / "mappings" / "sources" / "list.toml"
    mapping.write_text(mapping.read_text("utf-8").replace("max_shrink = 1.0", "max_shrink = 0.5"), "utf-8")
    whole = [*NOBODY, *({"案号": f"(2016)皖01执{n}号", "姓名": f"{n}的公司"} for n in range(1, 10))]
    night.deliver("applicants", [{"编号": "1", "姓名": FIRMS[0]}, {"编号": "2", "姓名": "无名氏的公司"}])
    night.deliver("list", whole)
    before = night.run().verdicts
    assert before["clear"] == 1
    night.deliver("list", NOBODY)
    night.number += 1
    run = ledger.begin(night.engine, FIRST + timedelta(days=night.number), {})
    assert "refused" in {pulled.state for pulled in pull(night.engine, night.settings, run)}
    assert screen(night.engine, night.settings, run).verdicts == before | {"clear": 0, "unverifiable": 1}
    ledger.finish(night.engine, run, "done")
    with night.engine.connect() as connection:
        assert "没有采用" in " ".join(connection.scalars(select(schema.screening.c.reason)))
    night.deliver("list", whole)
    assert night.run().verdicts == before


def test_whose_entry_ended_by_a_clock_that_was_ahead_is_found_again(night: Night) -> None:
    """The clock is set right, and the entry's last day has not come yet."""
    night.deliver("list", [*NOBODY, {"案号": "1", "姓名": "张伟", "证件": MASKS[0], "移出日期": DAYS[3]}])
    night.deliver("applicants", [{"编号": "1", "姓名": "张伟", "证件": IDS[0]}])
    night.run()
    night.number = 20
    assert night.run().verdicts["confirmed"] == 0
    night.number = 2
    assert night.run().verdicts["confirmed"] == 1


def test_a_namesake_who_joins_a_list_changes_what_a_name_is_worth(night: Night) -> None:
    """The one way in which a listing bears on pairs that it is no part of."""
    listed = [{"案号": "(2016)皖01执1号", "姓名": "欧阳修竹"}]
    night.deliver("applicants", [{"编号": "1", "姓名": "欧阳修竹"}])
    night.deliver("list", listed)
    night.run()
    night.deliver("list", [*listed, {"案号": "(2016)皖01执2号", "姓名": "欧阳修竹", "证件": MASKS[1]}])
    assert night.run().judged == 1
