"""`credit-sync sources` on the example province: sources of every kind get other names, before a night and after one."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from credit_sync.store.lock import run_lock
from tests.night import Night


class Office:
    """An operator at the command line, and the nights."""

    def __init__(self, night: Night) -> None:
        self.place, self._day = night, 23

    def __call__(self, *arguments: str) -> str:
        ended = self.place.call(*arguments)
        assert ended.returncode == 0, f"{' '.join(arguments)}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def refused(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        ended = self.place.call(*arguments)
        assert ended.returncode, ended.stdout
        return ended

    def night(self) -> str:
        self._day += 1
        return self("run", "--as-of", f"2026-11-{self._day}T02:00:00")

    def flags(self) -> list[dict[str, Any]]:
        """Those that somebody is to decide on."""
        found: list[dict[str, Any]] = json.loads(self("review", "list", "--json"))
        return found

    def configure(self, before: str, after: str) -> None:
        """Renames a source in config.toml."""
        text = self.place.config.read_text("utf-8")
        old = f"[sources.{before}"
        assert old in text
        self.place.config.write_text(text.replace(old, f"[sources.{after}"), "utf-8")

    def without(self, source: str) -> None:
        """Takes a source out of config.toml."""
        text = self.place.config.read_text("utf-8")
        begin = text.index(f"\n[sources.{source}]")
        end = text.index("\n[sources.", begin + 1)
        self.place.config.write_text(text[:begin] + text[end:], "utf-8")


@pytest.fixture
def office(first_night: Night, tmp_path: Path) -> Office:
    return Office(first_night.copy(tmp_path / "office"))


def rename(former: str, name: str) -> tuple[str, ...]:
    return "sources", "rename", former, name, "--reason", "按新的命名规则改名"


def test_renamed_before_the_night_nothing_is_other_than_before(office: Office) -> None:
    waiting = office.flags()
    names = {
        "production_licences": "producers",
        "science_management": "projects",
        "serious_violations": "violations",
    }
    for former, name in names.items():
        office.configure(former, name)
    checked = office("check")
    assert "⚠ 数据源 production_licences（行政许可）已不在配置中，在册 40 条，隔离区 2 行。改了名请执行" in checked
    assert "⚠ 数据源 science_management（申报主体）已不在配置中" in office("status")
    for former, name in names.items():
        told = office(*rename(former, name))
        assert f"数据源 {former} 已改名为 {name}，已留痕（" in told
    assert "已不在配置中" not in office("status")
    assert "没有变化" in office.night()
    assert office.flags() == waiting
    assert office("publish", "list") == "共 0 条\n"
    assert "没有变化" in office.night()


def test_renamed_after_a_night_what_came_twice_is_one_again(office: Office) -> None:
    waiting = office.flags()
    mine = next(flag for flag in waiting if flag["system"] == "安徽省科技管理信息系统")
    office("review", "uphold", str(mine["flag"]), "--reason", "same_by_number")
    kept = [flag for flag in waiting if flag is not mine]
    for former, name in (("production_licences", "producers"), ("science_management", "projects")):
        office.configure(former, name)
    office.night()
    assert len(office.flags()) > len(waiting)
    assert office("publish", "list") != "共 0 条\n"

    before = office.place.tables()
    shown = office(*rename("production_licences", "producers"), "--dry-run")
    assert "  其中 40 条在 producers 名下又取到一份：重复的一份移出\n" in shown
    assert "  渠道 site：已报出的 40 条仍是同一条报送，不重报，不撤回\n" in shown
    assert "以上只是预览，没有改动任何东西" in shown
    assert office.place.tables() == before

    office(*rename("production_licences", "producers"))
    told = office(*rename("science_management", "projects"))
    assert "重复的申报主体名下的预警 " in told
    assert "已留痕" in told
    office.night()
    assert office.flags() == kept
    assert str(mine["flag"]) in office("review", "list", "--state", "upheld")
    assert office("publish", "list") == "共 0 条\n"
    assert "没有变化" in office.night()
    assert "已不在配置中" not in office("status")
    assert "没有留下在册的记录" in office.refused(*rename("science_management", "projects")).stderr
    assert "production_licences → producers（理由 按新的命名规则改名）" in office(
        "audit", "list", "--action", "rename"
    )
    assert "完好" in office("audit", "verify")


def test_penalties_that_another_office_is_responsible_for_stay_public(office: Office) -> None:
    office.without("patent_decisions")
    forget = ("sources", "forget", "patent_decisions", "--reason", "改由市场监管部门负责")
    shown = office(*forget, "--dry-run")
    assert "渠道 site：已报出的 31 条不会自动撤回，下一次报送起列为待人工决定（credit-sync publish keep" in shown
    assert "  渠道 site：已报出的 31 条保持公示\n" in office(*forget, "--keep-public", "--dry-run")
    done = office(*forget, "--keep-public")
    assert "已停用，记为第 2 版：移出 " in done
    assert "，保持公示 62 条，已留痕（" in done
    public = office.place.folder / "site" / "public"
    office.night()
    assert office("publish", "list") == "共 0 条\n"
    assert office("publish", "list", "--state", "withdrawn") == "共 0 条\n"
    assert "皖知法处字〔2018〕39号" in "".join(page.read_text("utf-8") for page in public.rglob("*.html"))
    assert "完好" in office("audit", "verify")


def test_a_source_is_not_given_up_where_its_publications_cannot_be_kept(office: Office) -> None:
    office.without("patent_decisions")
    forget = ("sources", "forget", "patent_decisions", "--reason", "改由市场监管部门负责", "--keep-public")
    store = create_engine(office.place.url)
    with store.begin() as connection:
        fails = "WHEN NEW.action = 'keep' BEGIN SELECT RAISE(ABORT, 'no'); END"
        connection.execute(text(f"CREATE TRIGGER no_keep BEFORE INSERT ON audit {fails}"))
    office.refused(*forget)
    with store.begin() as connection:
        connection.execute(text("DROP TRIGGER no_keep"))
    store.dispose()
    assert "，保持公示 62 条，已留痕（" in office(*forget)


def test_nothing_is_done_while_a_night_is_under_way_or_without_a_reason(office: Office) -> None:
    office.configure("production_licences", "producers")
    assert "没有写明事由" in office.refused("sources", "forget", "production_licences", "--reason", " ").stderr
    store = create_engine(office.place.url)
    with run_lock(store):  # as a night holds it
        busy = office.place.call(*rename("production_licences", "producers"))
    store.dispose()
    assert busy.returncode == 75
    office(*rename("production_licences", "producers"))
