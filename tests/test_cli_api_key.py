"""`credit-sync api-key` as an operator meets it: which systems a key may be made for."""

import subprocess
from pathlib import Path

import pytest

from tests.commands import Command
from tests.night import ROOT

SYSTEM = "安徽省科学技术奖励网上申报评审系统"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """One source of applicants, all of one system."""
    mappings = tmp_path / "mappings"
    mappings.symlink_to(ROOT / "mappings")
    return configured(tmp_path, "award_applicants")


def configured(site: Path, mapping: str) -> Path:
    (site / "in").mkdir(exist_ok=True)
    source = f'[sources.applications]\nkind = "file"\nmapping = "{mapping}"\nfolder = "in"\n'
    (site / "config.toml").write_text(f'[store]\nurl = "sqlite:///store.db"\n{source}', "utf-8")
    assert call(site, "db", "upgrade").returncode == 0
    return site


def call(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return Command(*arguments, folder=site).ended()


def add(site: Path, *systems: str) -> subprocess.CompletedProcess[str]:
    named = [word for system in systems for word in ("--system", system)]
    return call(site, "api-key", "add", "award", "--scope", "gate", *named)


@pytest.mark.parametrize("systems", [("奖励系统",), (SYSTEM, "奖励系统")])
def test_no_key_for_a_system_that_no_source_knows(site: Path, systems: tuple[str, ...]) -> None:
    refused = add(site, *systems)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "没有数据源取申报系统“奖励系统”的申报" in refused.stderr
    assert f"现有：{SYSTEM}" in refused.stderr
    assert "共 0 把密钥" in call(site, "api-key", "list").stdout


def test_what_may_have_been_meant(site: Path) -> None:
    assert f"是否想写 {SYSTEM}" in add(site, SYSTEM.replace("网上", "")).stderr


@pytest.mark.parametrize("systems", [(SYSTEM,), (f" {SYSTEM}\N{ZERO WIDTH SPACE}",), ("*",), ()])
def test_a_key_for_systems_that_are_known_or_for_all_or_none(site: Path, systems: tuple[str, ...]) -> None:
    made = add(site, *systems)
    assert made.returncode == 0, made.stderr


def test_any_system_may_come_where_rows_name_their_own(site: Path) -> None:
    (site / "mappings").unlink()
    (site / "mappings" / "sources").mkdir(parents=True)
    written = (ROOT / "mappings" / "sources" / "offline_projects.toml").read_text("utf-8")
    assert written.count('\nsystem = "推荐项目汇总表"\n') == 1
    own = written.replace('\nsystem = "推荐项目汇总表"\n', "\n").replace(
        "[fields]\n", '[fields]\nsystem = "系统"\n'
    )
    (site / "mappings" / "sources" / "own.toml").write_text(own, "utf-8")
    configured(site, "own")
    assert add(site, "奖励系统").returncode == 0
