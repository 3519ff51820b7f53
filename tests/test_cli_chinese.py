"""Help and usage errors in Chinese, whatever click says of itself."""

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from credit_sync.cli import credit_sync
from credit_sync.cli.failures import explain_failure
from credit_sync.daemon import run_every_night
from credit_sync.errors import SettingsError

ENGLISH = re.compile(r"required|default|Usage|OPTIONS|COMMAND|ARGS|Options|Commands|<=|>=|Show this")


def commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield *words, name


@pytest.mark.parametrize("words", list(commands(credit_sync)), ids=" ".join)
def test_the_help_of_every_command_is_in_chinese(words: tuple[str, ...]) -> None:
    helped = CliRunner().invoke(credit_sync, [*words, "--help"])
    assert helped.exit_code == 0
    assert not ENGLISH.search(helped.output), helped.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense",), "没有命令 'nonsense'"),
        (("lists", "diff", "debtors", "1", "2"), "多出了 1 2"),
        (("lists", "diff", "--from"), "选项 --from 后面缺少值"),
        (("lists", "diff", "--json=1", "debtors"), "选项 --json 不带值"),
        (("lists", "diff", "--limt", "3", "debtors"), "没有选项 --limt，是否想写 --limit"),
        (("lists", "rollback", "debtors", "--to", "0", "--reason", "x"), "写一个不小于 1 的整数"),
        (("desk", "--port", "99999"), "写一个从 1 到 65535 的整数"),
        (("lists", "diff"), "缺少 '名单'"),
        (("report", "monthly", "--month", "11月"), "要写成 2018-11 这样"),
        (("run", "--as-of", "昨天"), "写成 2026-11-23 或 2026-11-23T02:00 或 2026-11-23T02:00:00"),
        (("publish", "repair", "文书号", "--on", "2026-11-23T02:00"), "写成 2026-11-23\n"),
    ],
)
def test_a_usage_error_is_in_chinese(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(click.UsageError) as raised:
        credit_sync.main(list(words), standalone_mode=False)
    explained, code = explain_failure(raised.value)
    assert said in explained
    assert code == 2


def test_a_wrong_time_is_told_with_an_example_that_is_one() -> None:
    with pytest.raises(SettingsError, match="25:00 不是时间，要写成 02:00 这样"):
        run_every_night("25:00", lambda: None)


@pytest.mark.parametrize("written", ["2026-11-27T08:00", "2026-11-27 08:00", "2026-11-27T08:00:00"])
@pytest.mark.parametrize("words", [("run", "--as-of"), ("audit", "list", "--since")], ids=" ".join)
def test_a_moment_may_be_written_to_the_minute(words: tuple[str, ...], written: str) -> None:
    with pytest.raises(SettingsError, match="找不到配置文件"):  # so the command line was understood
        credit_sync.main([*words, written, "--config", "none.toml"], standalone_mode=False)


def test_a_usage_error_points_to_the_help_of_its_command() -> None:
    with pytest.raises(click.UsageError) as raised:
        credit_sync.main(["lookup", "安徽大学"], prog_name="credit-sync", standalone_mode=False)
    assert explain_failure(raised.value)[0].endswith("用 credit-sync lookup --help 查看说明")


def test_a_wrong_value_that_a_command_refuses_is_told_with_its_name() -> None:
    refused = click.BadParameter("配置里没有渠道 anhui，有：site", param_hint="渠道")
    assert explain_failure(refused)[0].startswith("渠道 的值不对：配置里没有渠道 anhui")
