"""The quarantine for people: the workbook, and reading again with a better mapping."""

from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from pull_world import FIRST_NIGHT, MAPPING, World, entry
from sqlalchemy import Engine

from credit_sync.errors import CreditSyncError
from credit_sync.pulling.quarantine import Retried, export_quarantine, retry
from credit_sync.sources.lists import watched_lists
from credit_sync.store import schema
from credit_sync.store.lists import list_states
from credit_sync.store.quarantine import list_quarantined

MAN = "340100190001040017"
STRICT = MAPPING.replace('key = ["number"]', 'key = ["number"]\nrequired = ["published_on"]')
"""A date that a list may do without is left out; one that it must have sends its row to quarantine."""
DAY = {"发布日期": "2018-11-01"}
BETTER = STRICT.replace(
    'published_on = "发布日期"', 'published_on = { from = "发布日期", dates = ["%d.%m.%Y", "%Y-%m-%d"] }'
)
PARTS = """
title = "项目"
record = "applicant"
key = ["application", "role"]
constants = { system = "kj" }
fields = { application = "编号" }
[[parts]]
constants = { role = "applying_unit" }
fields = { name = "单位" }
[[parts]]
constants = { role = "leader" }
fields = { name = "负责人", birth_date = "生日" }
"""


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    made = World(engine, tmp_path / "world")
    made.map(STRICT)
    return made


def resolutions(world: World) -> list[tuple[str, str]]:
    with world.engine.connect() as connection:
        return [(row.field, row.resolution) for row in list_quarantined(connection, resolved=True)]


def test_rows_that_read_with_a_better_mapping_become_records(world: World) -> None:
    world.pull("a", entry(1, **DAY), entry(2, 发布日期="30.11.2018", 备注="x"), entry(3, 发布日期="昨天"), "{坏")
    assert retry(world.engine, world.settings, world.begin()) == [Retried("a", read_again=0, still_bad=3)]
    world.map(BETTER)
    assert retry(world.engine, world.settings, world.begin()) == [Retried("a", read_again=1, still_bad=2)]
    rows = world.rows(schema.listing, "key", "place", "row", "extra")
    assert rows == [("1", "rows.jsonl", 1, {}), ("2", "rows.jsonl", 2, {"备注": "x"})]
    assert resolutions(world) == [("published_on", "按现行对照文件重新读取成功"), ("published_on", ""), ("", "")]
    versions = world.rows(schema.source_version, "version", "delivery", "added", "live")
    assert versions == [(1, "full", 1, 1), (2, "retry", 1, 2)]
    night = world.pull("a", entry(1, **DAY), entry(2, 发布日期="30.11.2018", 备注="x"), "{坏")
    assert (night.counts.unchanged, night.counts.quarantined, night.counts.live) == (2, 1, 2)


def test_a_title_that_the_mapping_did_not_know_is_read_by_a_retry(world: World) -> None:
    """Such titles are stored tidied up (brackets narrow, blanks gone), which is not how a mapping writes them."""
    world.pull_text("a", "案号,被执行人（自然人/法人）,发布 日期", "1,张三,2018-11-30", "2,李四,2018-11-30")
    world.map(STRICT.replace('"姓名"', '"被执行人（自然人/法人）"'))
    assert retry(world.engine, world.settings, world.begin()) == [Retried("a", read_again=2, still_bad=0)]
    assert world.rows(schema.listing, "key", "subject_name") == [("1", "张三"), ("2", "李四")]


def test_a_retry_makes_no_list_younger(world: World) -> None:
    world.pull("a", entry(1, **DAY), entry(2, 发布日期="30.11.2018"))
    world.pull("b", entry(3, **DAY))
    world.map(BETTER)
    retry(world.engine, world.settings, world.begin())
    with world.engine.connect() as connection:
        state = list_states(connection, FIRST_NIGHT + timedelta(days=2), watched_lists(world.mappings()))[
            "debtors"
        ]
    assert (state.pulled_at, dict(state.versions), state.live) == (FIRST_NIGHT, {"a": 2, "b": 1}, 3)


def test_one_trouble_may_hide_another(world: World) -> None:
    world.pull("a", entry(1, **DAY), entry(2, 发布日期="30.11.2018", 证件="1" * 300))
    world.map(BETTER.replace("[removal]", 'age = "年龄"\n[removal]'))
    assert retry(world.engine, world.settings, world.begin()) == [Retried("a", read_again=0, still_bad=1)]
    assert [r for _, r in resolutions(world)].count("") == 1


def test_a_retry_leaves_newer_records_of_other_rows_alone(world: World) -> None:
    world.map(PARTS)
    world.pull("b", {"编号": "18-1", "单位": "甲公司", "负责人": "张三", "生日": "1.2.1901"})
    world.pull("b", {"编号": "18-1", "单位": "甲公司（集团）"})
    world.map(PARTS.replace('birth_date = "生日"', 'birth_date = { from = "生日", dates = ["%d.%m.%Y"] }'))
    assert retry(world.engine, world.settings, world.begin()) == [Retried("b", read_again=1, still_bad=0)]
    names = world.rows(schema.applicant, "role", "subject_name", "version")
    assert names == [("applying_unit", "甲公司（集团）", 2), ("leader", "张三", 1)]


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_retry_does_not_replace_what_came_beside_its_row(world: World, name: str) -> None:
    """The row stays in quarantine and says so: under too short a key it may be somebody else."""
    world.pull(
        name, entry(1, "新名", **DAY), entry(1, "旧名", 发布日期="30.11.2018"), entry(2, 发布日期="1.11.2018")
    )
    world.map(BETTER)
    assert retry(world.engine, world.settings, world.begin()) == [Retried(name, read_again=1, still_bad=1)]
    assert world.rows(schema.listing, "key", "subject_name", "version") == [("1", "新名", 1), ("2", "张三", 1)]
    with world.engine.connect() as connection:
        (row,) = list_quarantined(connection)
    assert row.reason.endswith("不是可识别的日期；该记录已由同一次取数的另一行读入，重试时不采用此行")


def test_a_row_that_came_beside_its_record_is_read_again_once_it_comes_alone(world: World) -> None:
    bad = entry(1, "旧名", 发布日期="30.11.2018")
    world.pull("a", entry(1, "新名", **DAY), bad, entry(2, **DAY))
    world.pull("a", bad, entry(2, **DAY))
    world.map(BETTER)
    assert retry(world.engine, world.settings, world.begin()) == [Retried("a", read_again=1, still_bad=0)]
    assert world.rows(schema.listing, "key", "subject_name", "version") == [("1", "旧名", 2), ("2", "张三", 1)]


def test_the_workbook_shows_reasons_and_no_numbers(world: World, tmp_path: Path) -> None:
    world.pull(
        "a", entry(1, **DAY), entry(2, 发布日期=f"=1+1 {MAN}"), entry(MAN, "", 发布日期="昨天"), f'{{"{MAN}"'
    )
    path = tmp_path / "隔离区.xlsx"
    assert export_quarantine(world.engine, path) == 3
    rows = list(openpyxl.load_workbook(path).active.values)  # type: ignore[union-attr]
    assert rows[0][:4] == ("编号", "数据源", "位置", "行号")
    assert rows[1][1:7] == (
        *("a", "rows.jsonl", "2", "发布日期", "=1+1 340100********0017", "发布日期不是可识别的日期"),
    )
    assert MAN not in repr(rows)
    assert len(rows) == 4
    with pytest.raises(CreditSyncError, match="写不了"):
        export_quarantine(world.engine, tmp_path / "nowhere" / "x.xlsx")
