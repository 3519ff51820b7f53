"""`standard`: the published standard, as the program has it."""

from pathlib import Path

import click

from credit_sync.cli.chinese import Command, Group
from credit_sync.cli.config import config_option, settings_of
from credit_sync.publishing.rules import rules
from credit_sync.publishing.standard import load_standard, standard_names
from credit_sync.reporting.standard_text import rule_lines, standard_lines
from credit_sync.shipped import shipped


@click.group("standard", cls=Group)
def standard_group() -> None:
    """双公示标准：有哪些版本，各有哪些字段，按哪些规则校验。"""


@standard_group.command("show", cls=Command)
@click.argument("name", required=False, metavar="[标准]")
@click.option("--rules", "show_rules", is_flag=True, help="列出校验规则：代码、级别、含义、依据")
@config_option
@click.pass_context
def show(ctx: click.Context, name: str | None, show_rules: bool, config: Path | None) -> int:
    """显示一个标准的全部字段；不写标准则列出有哪些。"""
    settings = settings_of(ctx, config) if config or ctx.obj else None
    mappings = settings.mappings_folder if settings else shipped("mappings")
    if show_rules:
        lines = list(rule_lines(rules()))
    elif name:
        lines = list(standard_lines(load_standard(mappings, name)))
    else:
        known = [load_standard(mappings, found) for found in standard_names(mappings)]
        lines = [
            f"{found.name}　{found.title}：行政许可 {len(found.licence.fields)} 个字段，"
            f"行政处罚 {len(found.penalty.fields)} 个字段"
            for found in known
        ]
    click.echo("\n".join(lines))
    return 0


COMMANDS = (standard_group,)
