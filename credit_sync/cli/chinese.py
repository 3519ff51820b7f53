"""Click in Chinese: headings, help option and usage errors as a government operator reads them."""

import re
from typing import Any

import click


class _Chinese:
    """Headings and the help option in Chinese, for commands and groups alike."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = [p.replace("[OPTIONS]", "[选项]") for p in self.collect_usage_pieces(ctx)]  # type: ignore[attr-defined]
        pieces = [p.replace("COMMAND [ARGS]...", "命令 [参数]…") for p in pieces]
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


def _in_chinese(record: tuple[str, str]) -> tuple[str, str]:
    name, text = record
    text = text.replace("[required]", "[必填]").replace("[default: ", "[默认：")
    return name, re.sub(r"; x>=(\d+)\]", r"；不小于 \1]", text)


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
            name = error.param.get_error_hint(error.ctx) if error.param and error.ctx else ""
            return f"缺少 {name}"
        case click.BadParameter():
            name = error.param.get_error_hint(error.ctx) if error.param and error.ctx else ""
            return f"{name} 的值不对：{_reason(error)}"
    return (
        str(error.message)
        .replace("No such command", "没有命令")
        .replace("Missing command", "缺少命令")
        .rstrip(".")
    )


def _reason(error: click.BadParameter) -> str:
    kind: Any = error.param.type if error.param else None
    if isinstance(kind, click.Choice):
        return "只能是 " + "、".join(str(choice) for choice in kind.choices)
    if isinstance(kind, click.IntRange):
        return f"写一个不小于 {kind.min} 的整数"
    if isinstance(kind, click.Path):
        return "文件不存在或读不了"
    if isinstance(kind, click.DateTime):
        return "写成 2026-11-23 或 2026-11-23T02:00:00"
    return error.message
