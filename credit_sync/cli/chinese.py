"""Click in Chinese: headings, help option and usage errors as a government operator reads them."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click


class _Chinese:
    """Headings and the help option in Chinese, for commands and groups alike."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = [p.replace("[OPTIONS]", "[选项]") for p in self.collect_usage_pieces(ctx)]  # type: ignore[attr-defined]
        pieces = [p.replace("COMMAND", "命令").replace("[ARGS]...", "[参数]…") for p in pieces]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="用法：")

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option: click.Option | None = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "显示这份说明"
        return option

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]  # type: ignore[attr-defined]
        records = [_in_chinese(found) for p in options if (found := p.get_help_record(ctx))]
        if records:
            with formatter.section("选项"):
                formatter.write_dl(records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


_EXAMPLE = datetime(2026, 11, 23, 2)
_NOTE = re.compile(r" {2}\[([^\[]*)\]$")
"""What click adds to the help of an option: [default: 20; x>=1; required]."""
_NOTES = (
    (re.compile(r"required"), "必填"),
    (re.compile(r"default: (.*)"), r"默认：\1"),
    (re.compile(r"(\d+)<=x<=(\d+)"), r"\1 到 \2"),
    (re.compile(r"x>=(\d+)"), r"不小于 \1"),
)
_MESSAGES = (
    (re.compile(r"No such command (.*?)\.?"), r"没有命令 \1"),
    (re.compile(r"Missing command\.?"), "缺少命令"),
    (re.compile(r"Got unexpected extra arguments? \((.*)\)"), r"多出了 \1"),
    (re.compile(r"Option '(.*)' requires an argument\."), r"选项 \1 后面缺少值"),
    (re.compile(r"Option '(.*)' does not take a value\."), r"选项 \1 不带值"),
)
"""What click says, and the same in Chinese."""


def _in_chinese(record: tuple[str, str]) -> tuple[str, str]:
    name, text = record
    note = _NOTE.search(text)
    if note is None:
        return name, text
    said = "；".join(_said(part, _NOTES) for part in note[1].split("; "))
    return name, f"{text[: note.start()]}  [{said}]"


def _said(text: str, table: Iterable[tuple[re.Pattern[str], str]]) -> str:
    """A text by the first pattern of a table that it fits as a whole; as it is where it fits none."""
    return next((found.expand(said) for pattern, said in table if (found := pattern.fullmatch(text))), text)


class Command(_Chinese, click.Command):
    """A command with a Chinese help page."""


class Group(_Chinese, click.Group):
    """A group of commands with a Chinese help page."""

    command_class = Command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, each with its first sentence."""
        with formatter.section("命令"):
            formatter.write_dl(self.rows(ctx))

    def rows(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Each command with its first sentence."""
        return [
            (name, command.get_short_help_str(limit=80))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        ]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        """In the order in which they were added: the order in which a newcomer needs them."""
        return list(self.commands)


Group.group_class = Group


def explain_usage(error: click.UsageError) -> str:
    """What is wrong with the command line, in Chinese."""
    match error:
        case click.NoSuchOption():
            close = f"，是否想写 {'、'.join(error.possibilities)}" if error.possibilities else ""
            return f"没有选项 {error.option_name}{close}"
        case click.MissingParameter():
            return f"缺少 {_name(error)}"
        case click.BadParameter():
            return f"{_name(error)} 的值不对：{_reason(error)}"
    return _said(error.message, _MESSAGES)


def _name(error: click.BadParameter) -> str:
    """The option or argument; where a command itself refuses a value, it names it."""
    if error.param is None or error.ctx is None:
        return str(error.param_hint or "")
    return error.param.get_error_hint(error.ctx)


def _reason(error: click.BadParameter) -> str:
    kind: Any = error.param.type if error.param else None
    if isinstance(kind, click.Choice):
        return "只能是 " + "、".join(str(choice) for choice in kind.choices)
    if isinstance(kind, click.IntRange):
        limits = f"不小于 {kind.min}" if kind.max is None else f"从 {kind.min} 到 {kind.max}"
        return f"写一个{limits} 的整数"
    if isinstance(kind, click.Path):
        return "文件不存在或读不了"
    if isinstance(kind, click.DateTime):
        return "写成 " + " 或 ".join(_EXAMPLE.strftime(form) for form in kind.formats if " " not in form)
    return error.message
