"""A source that is no longer configured: renamed, it goes on as it was; given up, nothing of it is withdrawn by itself."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from credit_sync.errors import CreditSyncError
from credit_sync.publishing import by_hand
from credit_sync.publishing.channels.channel import Submitted
from credit_sync.publishing.channels.exchange_db.identity import identities
from credit_sync.publishing.outbox import Action, outboxes_of
from credit_sync.publishing.publish import publish
from credit_sync.pulling.leaving import give_up, rename, renamed
from credit_sync.pulling.pull import pull
from credit_sync.pulling.quarantine import retry
from credit_sync.records import RecordKind
from credit_sync.reporting.left_behind import by_source, left_behind
from credit_sync.reporting.left_sources import forgetting_lines, renaming_lines
from credit_sync.reporting.run_query import read_run
from credit_sync.reporting.run_report import run_page
from credit_sync.reporting.summary import summarise
from credit_sync.screening.measures import load_measures
from credit_sync.settings import FileSource, Settings
from credit_sync.sources.lists import states_of_lists
from credit_sync.sources.mapping import configured_kinds
from credit_sync.store import audit, ledger
from credit_sync.store.engine import writing
from credit_sync.store.left_sources import left_sources
from credit_sync.store.orders import Order
from credit_sync.store.records import live_records
from credit_sync.store.schema import licence, quarantine, question, source_version, submission
from credit_sync.store.versions import pull_in_force
from tests.compliance_world import Row, World, document
from tests.conftest import contents
from tests.publishing import MAPPINGS
from tests.pull_world import FIRST_NIGHT, MAPPING, entry
from tests.pull_world import World as Lists

ORDER = Order("王工", "按新的命名规则改名")


@dataclass
class Site(World):
    """A register of licences, whatever its source is called."""

    source: str = "register"
    delivery: str = "full"

    @property
    def settings(self) -> Settings:
        register = FileSource(
            kind="file", mapping="animal_use_licence", folder=self.folder / "in", delivery=self.delivery
        )
        return super().settings.model_copy(update={"sources": {self.source: register}})

    def rename(self, former: str, name: str) -> int:
        run = ledger.begin(self.engine, datetime(2018, 11, 20, 12), {"command": "sources rename"})
        removed = rename(self.engine, run, self.settings, ORDER, former=former, name=name)
        ledger.finish(self.engine, run, "done")
        return removed

    def give_up(self, source: str) -> None:
        run = ledger.begin(self.engine, datetime(2018, 11, 20, 12), {"command": "sources forget"})
        with writing(self.engine) as connection:
            give_up(connection, run, self.settings, source, ORDER)
        ledger.finish(self.engine, run, "done")

    def keep_public(self, source: str) -> int:
        """Gives a source up, and lets what it has published stay; how many publications."""
        run = ledger.begin(self.engine, datetime(2018, 11, 20, 12), {"command": "sources forget"})
        with writing(self.engine) as connection:
            give_up(connection, run, self.settings, source, ORDER)
            outboxes = outboxes_of(self.settings, "anhui", run.as_of.date())
            decided = Order.of("王工", "改由市场监管部门负责")
            kept = by_hand.keep_gone(connection, outboxes, source, decided, run)
        ledger.finish(self.engine, run, "done")
        return kept

    def resume(self, number: int) -> None:
        """An officer lets a record be published that waits, and it is."""
        run = ledger.begin(self.engine, datetime(2018, 11, 21, 9), {"command": "publish resume"})
        outboxes = outboxes_of(self.settings, "anhui", run.as_of.date())
        with writing(self.engine) as connection:
            found = by_hand.find(connection, outboxes, by_hand.resume, document(number), "")
            by_hand.resume(connection, found, Order.of("李科", "文书仍然有效"), run)
        publish(self.engine, self.settings, run)
        ledger.finish(self.engine, run, "done")

    def live(self) -> dict[str, list[int]]:
        """Ids of the live licences by source."""
        found: dict[str, list[int]] = {}
        for source, number in self.all(
            select(licence.c.source, licence.c.id).where(licence.c.removed_at.is_(None))
        ):
            found.setdefault(source, []).append(number)
        return {source: sorted(ids) for source, ids in found.items()}

    def submissions(self, *states: str) -> list[tuple[str, str]]:
        """Document and action of the submissions in some states, in order."""
        c = submission.c
        rows = self.all(select(c.row, c.action).where(c.state.in_(states)).order_by(c.id))
        return [(row["XK_WSH"], action) for row, action in rows]

    def all(self, query: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(query))


def row(number: int, **more: str) -> Row:
    return Row(number, "2018-11-01", "2018-10-22", **more)


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    """A register with two licences that were handed over, and a third that cannot be."""
    made = Site(engine, tmp_path, {})
    made.enter(row(1), row(2), row(3, representative=""), Row(4, "", "2018-10-22"))
    made.night(date(2018, 11, 19))
    assert made.submissions("sent") == [(document(1), "add"), (document(2), "add")]
    assert made.submissions("invalid") == [(document(3), "add")]
    return made


def test_a_source_renamed_before_it_came_anew_goes_on_as_it_was(site: Site) -> None:
    before = contents(site.engine)
    site.source = "licences"
    assert site.rename("register", "licences") == 0
    after = contents(site.engine)
    assert {name for name in before if before[name] != after[name]} == {
        *("licence", "source_version", "quarantine", "known_rows", "run", "stage", "audit")
    }
    site.change(1, licence="")
    site.change(2, representative="方以智")
    site.enter(row(5))
    site.night(date(2018, 11, 21))
    assert site.live() == {"licences": [1, 2, 3, 4]}
    assert site.submissions("sent") == [
        *((document(n), "add") for n in (1, 2)),
        (document(2), "correct"),
        (document(5), "add"),
    ]
    assert site.all(select(quarantine.c.source).where(quarantine.c.resolved_at.is_(None))) == [("licences",)]


def test_the_run_of_a_rename_is_shown_like_any_other(site: Site) -> None:
    site.source = "licences"
    site.rename("register", "licences")
    with site.engine.connect() as connection:
        last = ledger.latest(connection)
    assert last is not None
    assert [part.title for part in summarise(site.engine, site.settings, last).parts] == ["数据源改名 licences"]
    report = read_run(site.engine, site.settings, last, load_measures(MAPPINGS), last.as_of)
    assert [(part.stage, part.name) for part in report.parts] == [("rename", "licences")]
    assert f"第 {last.id} 次运行" in run_page(report)


def test_a_source_renamed_after_it_came_anew_is_one_again(site: Site) -> None:
    site.source = "licences"
    site.enter(row(5))
    site.night(date(2018, 11, 20))
    assert site.live() == {"licences": [4, 5, 6, 7], "register": [1, 2, 3]}
    assert [number for number, _ in site.submissions("invalid")] == [document(n) for n in (3, 1, 2, 3)]
    with site.engine.connect() as connection:
        left = renamed(connection, site.settings, "register", "licences")
        said = "\n".join(renaming_lines(connection, left, "licences"))
    assert "在册 3 条改归 licences" in said
    assert "渠道 anhui：已报出的 2 条仍是同一条报送，不重报，不撤回" in said
    assert "其中 3 条在 licences 名下又取到一份：重复的一份移出" in said
    assert "渠道 anhui：重复的有 3 条尚未报出，不再报送" in said
    assert "只在 licences 名下的 1 条不变" in said
    assert site.rename("register", "licences") == 3
    assert site.live() == {"licences": [1, 2, 3, 7]}
    site.change(5, representative="方以智")
    site.night(date(2018, 11, 21))
    assert site.live() == {"licences": [1, 2, 3, 7]}
    public = [(document(n), "add") for n in (1, 2, 5)]
    assert site.submissions("sent") == [*public, (document(5), "correct")]
    assert site.submissions("invalid") == [(document(3), "add")]
    assert site.submissions("held", "pending", "withdrawn") == []
    with site.engine.connect() as connection:
        assert left_sources(connection, configured_kinds(site.settings)) == []
        (noted,) = audit.entries(connection, action="rename")
    assert (noted.target, noted.who, noted.detail["doubles"]) == ("register → licences", "王工", 3)
    with pytest.raises(CreditSyncError, match="没有留下在册的记录"):
        site.rename("register", "licences")


def test_a_renamed_delta_goes_on_from_where_it_was(site: Site) -> None:
    site.source, site.delivery = "licences", "delta"
    site.night(date(2018, 11, 20))
    site.rename("register", "licences")
    with site.engine.connect() as connection:
        assert pull_in_force(connection, "licences") == datetime(2018, 11, 19, 2)
        assert pull_in_force(connection, "register") is None
    assert [tuple(v) for v in site.all(_versions("licences"))] == [(1, "full")]
    assert [tuple(v) for v in site.all(_versions("register"))] == [(1, "delta"), (2, "end")]


def test_what_a_delta_said_under_the_new_name_is_not_lost(site: Site) -> None:
    """It does not come again: one record was changed, and one that had gone is there again."""
    del site.rows[1]
    site.night(date(2018, 11, 20))
    site.source, site.delivery = "licences", "delta"
    site.rows = {n: row(n) for n in (1, 2)}
    site.change(2, representative="方以智")
    site.night(date(2018, 11, 21))
    with site.engine.connect() as connection:
        said = "\n".join(
            renaming_lines(connection, renamed(connection, site.settings, "register", "licences"), "licences")
        )
    assert "其中 2 条在 licences 名下又有变化（含移出）：以后来的为准" in said
    assert site.rename("register", "licences") == 2
    assert site.live() == {"licences": [1, 2, 3]}
    site.rows = {5: row(5)}
    site.night(date(2018, 11, 22))
    c = licence.c
    live = select(c.document_number, c.subject_legal_representative).where(c.removed_at.is_(None)).order_by(c.id)
    assert site.all(live) == [
        *((document(n), who) for n, who in ((1, "程砚秋"), (2, "方以智"), (3, ""), (5, "程砚秋"))),
    ]
    assert (document(2), "correct") in site.submissions("sent")
    assert [tuple(v) for v in site.all(_versions("licences"))] == [
        *((n, "full") for n in (1, 2)),
        (3, "rename"),
        (4, "delta"),
    ]


def test_what_has_gone_under_the_new_name_is_gone(site: Site) -> None:
    site.source = "licences"
    site.night(date(2018, 11, 20))
    del site.rows[2]
    site.night(date(2018, 11, 21))
    site.rename("register", "licences")
    assert site.live() == {"licences": [1, 3]}
    site.night(date(2018, 11, 22))
    assert site.live() == {"licences": [1, 3]}
    assert site.submissions("held") == [(document(2), "withdraw")]


def test_what_came_under_the_new_name_long_ago_is_not_taken_for_news(site: Site) -> None:
    site.source = "licences"
    site.night(date(2018, 11, 20))
    site.source = "register"
    site.change(2, representative="方以智")
    site.night(date(2018, 11, 21))
    site.source = "licences"
    site.rename("register", "licences")
    c = licence.c
    assert site.all(select(c.subject_legal_representative).where(c.id == 2)) == [("方以智",)]
    assert [tuple(v) for v in site.all(_versions("licences"))] == [(1, "full"), (2, "full")]


def test_rows_that_cannot_be_read_stay_open(site: Site) -> None:
    """Settled under the former name, they have come again under the present one."""
    bad = site.rows.pop(4)
    site.night(date(2018, 11, 20))
    site.source = "licences"
    site.enter(bad)
    site.night(date(2018, 11, 21))
    site.rename("register", "licences")
    c = quarantine.c
    assert site.all(select(c.source).where(c.resolved_at.is_(None))) == [("licences",)]


def test_what_a_double_has_published_waits_for_a_person(site: Site) -> None:
    kept = site.rows.pop(2)
    site.night(date(2018, 11, 20))
    site.source = "licences"
    site.enter(kept)
    site.night(date(2018, 11, 21))
    site.resume(2)
    assert [number for number, _ in site.submissions("sent")] == [document(n) for n in (1, 2, 2)]
    with site.engine.connect() as connection:
        left = renamed(connection, site.settings, "register", "licences")
        said = "\n".join(renaming_lines(connection, left, "licences"))
    assert "渠道 anhui：重复的也报出了 1 条，不会自动撤回" in said
    site.rename("register", "licences")
    site.night(date(2018, 11, 22))
    assert site.submissions("held") == [(document(2), "withdraw")]
    assert site.submissions("withdrawn", "pending") == []
    assert [number for number, _ in site.submissions("sent")] == [document(n) for n in (1, 2, 2)]


def test_giving_a_source_up_withdraws_nothing(site: Site) -> None:
    site.source = "others"
    site.rows = {9: row(9)}
    site.night(date(2018, 11, 20))
    with site.engine.connect() as connection:
        (left,) = left_sources(connection, configured_kinds(site.settings))
        said = "\n".join(forgetting_lines(connection, left))
    assert by_source(left).line.startswith("⚠ 数据源 register（行政许可）已不在配置中，在册 3 条，隔离区 1 行。")
    assert "渠道 anhui：已报出的 2 条不会自动撤回，下一次报送起列为待人工决定" in said
    assert "渠道 anhui：尚未报出的 1 条不再报送" in said
    site.give_up("register")
    site.night(date(2018, 11, 21))
    assert site.live() == {"others": [4]}
    assert site.submissions("held") == [(document(1), "withdraw"), (document(2), "withdraw")]
    assert site.submissions("invalid", "pending", "withdrawn") == []
    assert site.all(select(quarantine.c.source).where(quarantine.c.resolved_at.is_(None))) == []


def test_what_is_to_stay_public_need_not_be_decided_one_by_one(site: Site) -> None:
    site.source, site.rows = "others", {9: row(9)}
    site.night(date(2018, 11, 20))
    assert site.keep_public("register") == 2
    for day in (21, 22):
        site.night(date(2018, 11, day))
        assert site.submissions("held", "pending", "withdrawn", "invalid") == []
    assert [number for number, _ in site.submissions("sent")] == [document(n) for n in (1, 2, 9)]
    with site.engine.connect() as connection:
        kept = [entry.target for entry in audit.entries(connection, action="keep")]
    assert kept == [f"anhui {document(1)}", f"anhui {document(2)}"]


def test_a_source_given_up_by_mistake_comes_back(site: Site) -> None:
    settings = site.settings
    site.source = "others"
    site.rows, kept = {9: row(9)}, site.rows
    site.give_up("register")
    site.night(date(2018, 11, 20))
    site.source, site.rows = "register", kept
    site.night(date(2018, 11, 21))
    assert settings.sources.keys() == site.settings.sources.keys()
    assert site.live()["register"] == [1, 2, 3]
    assert site.submissions("held", "withdrawn", "pending") == []
    assert [number for number, _ in site.submissions("sent")] == [document(n) for n in (1, 2, 9)]


def test_what_is_no_rename_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(CreditSyncError, match=r"register 还在配置中（先在 config.toml 里把 \[sources.register\]"):
        site.rename("register", "licences")
    site.source = "licences"
    with pytest.raises(CreditSyncError, match="配置里没有数据源 elsewhere"):
        site.rename("register", "elsewhere")
    with pytest.raises(CreditSyncError, match="没有留下在册的记录"):
        site.rename("nothing", "licences")
    penalties = FileSource(kind="file", mapping="patent_penalty", folder=tmp_path)
    other = site.settings.model_copy(update={"sources": {"licences": penalties}})
    with site.engine.connect() as connection, pytest.raises(CreditSyncError, match="不是改名"):
        renamed(connection, other, "register", "licences")


def test_a_rename_that_fails_changes_nothing(site: Site) -> None:
    site.source = "licences"
    site.night(date(2018, 11, 20))
    with site.engine.begin() as connection:
        connection.execute(text(_REFUSE[connection.dialect.name]))
    before = contents(site.engine)
    with pytest.raises(DBAPIError):
        site.rename("register", "licences")
    after = contents(site.engine)
    assert {name for name in before if before[name] != after[name]} == {"run"}


_REFUSE = {
    "sqlite": "CREATE TRIGGER no_rename BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END",
    "postgresql": "ALTER TABLE audit ADD CONSTRAINT no_rename CHECK (action <> 'rename')",
}


def test_a_renamed_list_keeps_what_is_known_and_is_not_merged(engine: Engine, tmp_path: Path) -> None:
    lists = Lists(engine, tmp_path)
    lists.pull("a", entry(1), entry(2))
    lists.pull("b", entry(3))
    kept = lists.settings.sources

    def called(name: str) -> Settings:
        return lists.settings.model_copy(update={"sources": {name: kept["a"], "b": kept["b"]}})

    with (
        engine.connect() as connection,
        pytest.raises(CreditSyncError, match="b 只取到过增量，先取一次全量"),
    ):
        renamed(connection, lists.settings.model_copy(update={"sources": {"b": kept["b"]}}), "a", "b")
    states = {"subject": "s", "state": "none", "reason": "", "run_id": 1, "digest": "d"}
    with writing(engine) as connection:
        for source in ("a", "c"):  # asked under both names: what was known before holds
            connection.execute(question.insert().values(source=source, **states | {"reason": source}))
    rename(engine, lists.begin(), called("c"), ORDER, former="a", name="c")
    assert lists.rows(question, "source", "reason") == [("c", "a")]
    (tmp_path / "c").symlink_to(tmp_path / "a")
    done, _ = pull(engine, called("c"), lists.begin())
    assert (done.source, done.counts.unchanged, done.counts.added, done.counts.live) == ("c", 2, 0, 2)


def _versions(source: str) -> Any:
    c = source_version.c
    return select(c.version, c.delivery).where(c.source == source).order_by(c.version)


def test_two_records_are_never_one_row_of_an_exchange_database(site: Site) -> None:
    """One that came first under the new name alone, and one of another source that has the former name by now."""
    register = dict(site.rows)
    site.source = "licences"
    site.enter(row(5))
    site.night(date(2018, 11, 20))
    before = _uuids(site)
    site.rename("register", "licences")
    assert _uuids(site) == before
    site.rows = register
    site.night(date(2018, 11, 21))
    site.source, site.rows = "register", {5: row(5)}
    site.night(date(2018, 11, 22))
    site.resume(5)
    known = _uuids(site)
    assert known.items() >= before.items()
    assert len(set(known.values())) == len(known) == 4


def _uuids(site: Site) -> dict[int, str]:
    """The UUIDs of the records that were handed over, by their ids."""
    kind = RecordKind.LICENCE
    c = submission.c
    numbers = site.all(select(c.id, c.record_id).where(c.batch.is_not(None)).order_by(c.id))
    submitted = [Submitted(n, kind, Action.ADD, {}, "") for n, _ in numbers]
    found = identities(site.engine, "department", submitted)
    return {record: found[n].record for n, record in numbers}


def test_a_list_renamed_after_its_delivery_was_refused_clears_nobody(engine: Engine, tmp_path: Path) -> None:
    lists = Lists(engine, tmp_path)
    lists.pull("a", entry(1), entry(2))
    kept = lists.settings.sources["a"].model_copy(update={"folder": Path("c")})
    settings = lists.settings.model_copy(update={"sources": {"c": kept}})
    (tmp_path / "c").mkdir()
    lists.deliver("c")
    run = lists.begin()
    (refused,) = pull(engine, settings, run)
    ledger.finish(engine, run, "done")
    assert refused.state == "refused"
    rename(engine, lists.begin(), settings, ORDER, former="a", name="c")
    with engine.connect() as connection:
        assert "最近一次取到的名单没有采用" in states_of_lists(connection, settings, run.as_of)["debtors"].reason
        assert left_sources(connection, configured_kinds(settings)) == []
    assert [tuple(v) for v in lists.rows(source_version, "source", "version", "state")] == [
        ("c", 1, "accepted"),
        ("c", 2, "refused"),
    ]
    lists.deliver("c", entry(1), entry(2))
    (done,) = pull(engine, settings, lists.begin())
    assert (done.state, done.counts.unchanged) == ("accepted", 2)
    with engine.connect() as connection:
        assert states_of_lists(connection, settings, run.as_of + timedelta(days=2))["debtors"].reason == ""


APPLICANTS = """
title = "申报主体"
record = "applicant"
key = ["application"]
constants = { system = "系统", role = "leader", kind = "person", application_kind = "project" }
[fields]
name = "姓名"
application = "案号"
"""


@pytest.fixture
def lists(engine: Engine, tmp_path: Path) -> Lists:
    return Lists(engine, tmp_path / "lists")


@pytest.mark.parametrize("then", ["listing", "applicant"])
def test_a_name_is_not_used_again_for_another_kind_while_records_of_the_first_are_there(
    lists: Lists, then: str
) -> None:
    """They would stay as they are for ever: nobody delivers them any more, and nobody says that they are gone."""
    kinds = {"listing": MAPPING, "applicant": APPLICANTS}
    (first,) = kinds.keys() - {then}
    lists.map(kinds[first])
    assert lists.pull("a", entry(1), entry(2), entry("", 姓名="王芳")).state == "accepted"
    lists.map(kinds[then].replace("案号", "姓名"))
    refused = lists.pull("a", entry(3), accept_shrink=True)
    assert refused.state == "failed"
    assert "a 原来取的是另一种数据，还有记录在册，没有取数" in refused.problem
    assert "credit-sync sources forget a" in refused.problem
    assert retry(lists.engine, lists.settings, lists.begin()) == []
    assert live(lists) == {first: 2}
    with lists.engine.connect() as connection:
        if then == "listing":
            assert "从未成功取数" in states_of_lists(connection, lists.settings, FIRST_NIGHT)["debtors"].reason
        (left,) = left_behind(connection, lists.settings)
    title = {"listing": "名单条目", "applicant": "申报主体"}[first]
    assert left.what == f"数据源 a 原来取的{title}还有 2 条在册，配置里现在取的是别的，没有取数"
    run = lists.begin()
    with writing(lists.engine) as connection:
        give_up(connection, run, lists.settings, "a", ORDER)
    assert lists.pull("a", entry(3)).state == "accepted"
    assert live(lists) == {then: 1}
    with lists.engine.connect() as connection:
        assert left_behind(connection, lists.settings) == []


def test_a_name_may_be_used_again_for_the_same_kind(lists: Lists) -> None:
    lists.pull("a", entry(1), entry(2))
    lists.map(MAPPING.replace('title = "测试名单"', 'title = "另一份名单"'))
    assert lists.pull("a", entry(2), entry(3)).state == "accepted"
    run = lists.begin()
    with pytest.raises(CreditSyncError, match="还在配置中"), writing(lists.engine) as connection:
        give_up(connection, run, lists.settings, "a", ORDER)


def live(lists: Lists) -> dict[str, int]:
    with lists.engine.connect() as connection:
        found = {kind.value: live_records(connection, kind, "a") for kind in RecordKind}
    return {kind: count for kind, count in found.items() if count}


def test_what_a_person_has_decided_to_withdraw_is_not_kept_public_with_the_rest(site: Site) -> None:
    run = ledger.begin(site.engine, datetime(2018, 11, 20, 9), {"command": "publish withdraw"})
    outboxes = outboxes_of(site.settings, "anhui", run.as_of.date())
    with writing(site.engine) as connection:
        found = by_hand.find(connection, outboxes, by_hand.withdraw, document(2), "")
        by_hand.withdraw(connection, found, Order.of("李科", "许可已撤销"), run)
    ledger.finish(site.engine, run, "done")
    assert site.submissions("pending") == [(document(2), "withdraw")]
    site.source, site.rows = "others", {9: row(9)}
    with site.engine.connect() as connection:
        (left,) = left_sources(connection, configured_kinds(site.settings))
        said = "\n".join(forgetting_lines(connection, left, keep_public=True))
    assert "渠道 anhui：已报出的 1 条保持公示" in said
    assert site.keep_public("register") == 1
    site.night(date(2018, 11, 21))
    assert (document(2), "withdraw") in site.submissions("sent")
    assert site.submissions("held", "pending", "unchanged") == [(document(1), "withdraw")]


def test_what_was_gone_before_its_source_is_kept_public_with_the_rest(site: Site) -> None:
    del site.rows[2]
    site.night(date(2018, 11, 20))
    assert site.submissions("held") == [(document(2), "withdraw")]
    site.source, site.rows = "others", {9: row(9)}
    with site.engine.connect() as connection:
        (left,) = left_sources(connection, configured_kinds(site.settings))
        said = "\n".join(forgetting_lines(connection, left, keep_public=True))
    assert "渠道 anhui：已报出的 2 条保持公示" in said
    assert site.keep_public("register") == 2
    for day in (21, 22):
        site.night(date(2018, 11, day))
        assert site.submissions("held", "pending", "withdrawn", "invalid") == []
