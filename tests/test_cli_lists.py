"""`credit-sync lists` as an operator meets it: what it shows, what it refuses, and no full number in any of it."""

import json
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from credit_sync.store.engine import connect
from credit_sync.store.schema import run, source_version
from credit_sync.subjects.identifiers import hide
from tests.commands import Command
from tests.night import ROOT

NUMBER = "340100190001040017"
TITLES = "姓名,案号,证件号码,执行法院,履行情况,发布日期\n"
FIRST = f"屈怀瑾,（2018）皖01执1号,{NUMBER},合肥市蜀山区人民法院,全部未履行,2018-10-01\n"
SECOND = "安徽谌恺农业公司,（2018）皖01执2号,91340321MA2U7G6H7D,怀远县人民法院,全部未履行,2018-02-30\n"
THIRD = f"身份证{NUMBER},（2018）皖01执3号,,北京市海淀区人民法院,全部未履行,\n"
SOURCE = '[sources.{name}]\nkind = "file"\nmapping = "dishonest_debtors"\nfolder = "in"\npattern = "{name}.csv"\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A list from two sources, pulled twice."""
    (tmp_path / "in").mkdir()
    sources = "".join(SOURCE.format(name=name) for name in ("courts", "copies"))
    (tmp_path / "config.toml").write_text(
        f'mappings = "{ROOT / "mappings"}"\n[store]\nurl = "sqlite:///store.db"\n{sources}', "utf-8"
    )
    (tmp_path / "in" / "copies.csv").write_text(TITLES + FIRST.replace("执1号", "执9号"), "utf-8")
    nights = ((FIRST + SECOND, 23), (FIRST.replace("全部未", "部分未") + SECOND + THIRD, 24))
    for rows, day in nights:
        (tmp_path / "in" / "courts.csv").write_text(TITLES + rows, "utf-8")
        done = call(tmp_path, "run", "--only", "pull", "--as-of", f"2018-11-{day}T02:00:00")
        assert done.returncode == 0, done.stderr
    return tmp_path


def call(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = Command(*arguments, folder=site).ended()
    assert NUMBER not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_show_tells_versions_facts_and_refusals(site: Path) -> None:
    (site / "in" / "courts.csv").write_text(TITLES, "utf-8")
    call(site, "run", "--only", "pull", "--source", "courts", "--as-of", "2018-11-25T02:00:00")
    told = call(site, "lists", "show", "dishonest_debtors").stdout
    lines = told.splitlines()
    assert lines[0].startswith("失信被执行人名单（dishonest_debtors）：4 条，")
    assert "⚠ 数据源 courts 上次成功取数是 2018-11-24 02:00，已超过 3 天" in lines[1]
    assert "    第 3 版  2018-11-25 02:00  全量  未采用：取到 0 行" in told
    assert "      本次取数没有读到任何记录，而上次有 3 条；未采用，沿用上次的数据" in told
    assert (
        "    第 2 版  2018-11-24 02:00  全量  已采用：取到 3 行，新增 1、变更 1、移出 0、重复 0、隔离 0；在册 3"
        in told
    )
    assert "填写率 证件号码 66.7%、案号或文号 100.0%；省份 安徽省 66.7%、北京市 33.3%；最新发布 2018-10-01" in told
    assert told.count("第 1 版") == 2
    assert "第 1 版" not in call(site, "lists", "show", "--limit", "1", "courts").stdout.partition("copies")[0]


PROJECTS = """[sources.projects]
kind = "file"
mapping = "offline_projects"
folder = "in"
pattern = "projects.csv"
"""


def test_a_stray_comma_closes_no_flag_and_what_stays_is_told(site: Path) -> None:
    config = site / "config.toml"
    config.write_text(config.read_text("utf-8") + PROJECTS, "utf-8")
    (site / "in" / "projects.csv").write_text(
        f"项目编号,项目名称,项目负责人,负责人身份证号\n甲1,甲,屈怀瑾,{NUMBER}\n", "utf-8"
    )
    (site / "in" / "copies.csv").write_text(TITLES + THIRD, "utf-8")
    call(site, "run", "--as-of", "2018-11-25T02:00:00", "--accept-shrink")
    (flag,) = json.loads(call(site, "review", "list", "--json").stdout)
    damaged = FIRST.replace("合肥市蜀山区", "合肥市,蜀山区")
    others = "".join(f"张{name},（2019）皖01执{name}号,,合肥市,,\n" for name in range(4))
    (site / "in" / "courts.csv").write_text(TITLES + damaged + SECOND + others, "utf-8")
    done = call(site, "run", "--as-of", "2018-11-26T02:00:00", "--accept-shrink")
    assert "移出 1、未变 1，隔离 1；在册 6（其中 1 条可能在未能读取的行里，照旧保留）" in done.stdout
    assert json.loads(call(site, "review", "list", "--json").stdout)[0]["flag"] == flag["flag"]
    note = "有 1 行未能读取（其中 1 行看不出是哪条记录），没有读到的记录中有 1 条可能就是这些行，照旧保留"
    assert f"      {note}" in call(site, "lists", "show", "courts").stdout
    assert f"有 7 列，标题只有 6 列，看不出是哪条记录；{note}" in call(site, "quarantine", "list").stdout
    (page,) = (site / "var" / "reports").glob("run-*2018-11-26*.html")
    assert "数据源 courts 有记录没有读到，照旧保留" in page.read_text("utf-8")


def test_diff_tells_what_came_and_what_changed_in_which_field(site: Path) -> None:
    told = call(site, "lists", "diff", "courts").stdout
    assert told.splitlines()[0] == (
        "失信被执行人名单　数据源 courts：第 1 版（2018-11-23 02:00，2 条）→ 第 2 版（2018-11-24 02:00，3 条）"
    )
    assert "新增 1 条、移出 0 条、变更 1 条" in told
    assert f"  + 身份证{hide(NUMBER)}　（2018）皖01执3号　北京市海淀区人民法院" in told
    assert (
        f"  ~ 屈怀瑾　{hide(NUMBER)}　（2018）皖01执1号　合肥市蜀山区人民法院：履行情况 全部未履行 → 部分未履行"
        in told
    )
    both = call(site, "lists", "diff", "失信被执行人名单").stdout
    assert "数据源 copies：第 1 版" in both
    assert "…… 另有 1 条新增" in call(site, "lists", "diff", "courts", "--limit", "0").stdout


def test_diff_as_json(site: Path) -> None:
    (found,) = json.loads(call(site, "lists", "diff", "courts", "--from", "1", "--to", "2", "--json").stdout)
    assert {name: found[name] for name in ("source", "from", "to", "came", "went", "changed")} == {
        **{"source": "courts", "from": 1, "to": 2},
        **{"came": 1, "went": 0, "changed": 1},
    }
    changed = next(entry for entry in found["entries"] if entry["what"] == "changed")
    assert changed == {
        "what": "changed",
        "name": "屈怀瑾",
        "identifiers": hide(NUMBER),
        "number": "（2018）皖01执1号",
        "fields": {"performance": ["全部未履行", "部分未履行"]},
    }


def test_rollback_is_done_once_and_on_record(site: Path) -> None:
    reason = f"平台送错了，见{NUMBER}"
    done = call(site, "lists", "rollback", "courts", "--to", "1", "--reason", reason)
    assert "记为第 3 版：恢复 0 条、改回 1 条、移出 1 条；在册 2 条" in done.stdout
    engine = connect(make_url(f"sqlite:///{site / 'store.db'}"))
    with engine.connect() as connection:
        version = connection.execute(select(source_version).where(source_version.c.version == 3)).one()
        options = connection.scalar(select(run.c.options).where(run.c.id == version.run_id))
    engine.dispose()
    assert (version.delivery, version.back_to, version.who != "") == ("rollback", 1, True)
    assert version.reason == f"平台送错了，见{hide(NUMBER)}"
    assert options == {"command": "lists rollback", "source": "courts"}
    shown = call(site, "lists", "show", "courts").stdout
    assert "回退到第 1 版  已采用" in shown
    assert f"{version.who}：平台送错了" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("show", "x"), 1, "没有名单 x（可用：dishonest_debtors）"),
        (("diff", "dishonest_debtors", "--from", "1"), 1, "版本号各是各的（写明数据源：courts、copies）"),
        (("diff", "courts", "--from", "2", "--to", "2"), 1, "第 2 版不早于第 2 版"),
        (("diff", "courts", "--from", "9"), 1, "数据源 courts 没有已采用的第 9 版（已采用的版本：2、1）"),
        (("diff", "courts", "--to", "1"), 1, "数据源 courts 在第 1 版之前没有已采用的版本（已采用的版本：2、1）"),
        (("diff", "courts", "--to", "9"), 1, "数据源 courts 没有已采用的第 9 版（已采用的版本：2、1）"),
        (("diff", "courts", "--to", "0"), 2, "--to"),
        (("rollback", "courts", "--to", "2", "--reason", "r"), 1, "数据源 courts 现在就是第 2 版"),
        (("rollback", "courts", "--to", "7", "--reason", "r"), 1, "可以回退的版本：1"),
        (("rollback", "x", "--to", "1", "--reason", "r"), 1, "没有名为 x 的名单数据源"),
        (("rollback", "courts", "--to", "1"), 2, "--reason"),
        (("rollback", "courts", "--to", "1", "--reason", " "), 1, "没有写明事由"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_no_run(
    site: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    leaves_no_run(site, ("lists", *arguments), code, message)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("forget", "courts", "--reason", "r"), 1, "数据源 courts 还在配置中"),
        (("forget", "x", "--reason", "r"), 1, "数据源 x 没有留下在册的记录"),
        (("forget", "courts"), 2, "--reason"),
        (("rename", "courts", "copies", "--reason", "r"), 1, "数据源 courts 还在配置中"),
        (("rename", "x", "courts", "--reason", "r"), 1, "数据源 x 没有留下在册的记录"),
        (
            ("rename", "x", "y", "--reason", "r"),
            1,
            "配置里没有数据源 y（先在 config.toml 里把 [sources.x] 改为 [sources.y]）",
        ),
    ],
)
def test_a_source_that_may_not_be_given_up_or_renamed_leaves_no_run(
    site: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    leaves_no_run(site, ("sources", *arguments), code, message)


def leaves_no_run(site: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    refused = call(site, *arguments)
    assert refused.returncode == code
    assert message in refused.stderr
    assert "第 3 次" not in call(site, "status").stdout


def test_a_source_taken_out_of_the_configuration(site: Path) -> None:
    config = site / "config.toml"
    config.write_text(config.read_text("utf-8").replace(SOURCE.format(name="copies"), ""), "utf-8")
    told = call(site, "status").stdout
    assert "数据源 copies 已不在配置中，其 1 条名单条目不再更新，比对不能据此认定无失信" in told
    shown = call(site, "lists", "show").stdout
    assert "数据源 copies（已不在配置中）" in shown
    assert "停用请执行 credit-sync sources forget copies" in shown
    done = call(site, "sources", "forget", "copies", "--reason", "改由法院提供")
    assert "数据源 copies 已停用，记为第 3 版：移出 1 条" in done.stdout
    assert "copies" not in call(site, "status").stdout
