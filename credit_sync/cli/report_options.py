"""Options that the commands of reports have in common."""

import re
from pathlib import Path

import click

from credit_sync.publishing.rates import Month
from credit_sync.settings import REPORT_FORMATS


def _month(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Month | None:
    if value is None:
        return None
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", value, re.ASCII)
    if found is None:
        raise click.BadParameter("要写成 2018-11 这样", ctx, param_hint="--month")
    return Month(int(found[1]), int(found[2]))


month_option = click.option("--month", callback=_month, metavar="年-月", help="哪个月，默认为上个月")
out_option = click.option(
    "--out", type=click.Path(path_type=Path), metavar="文件夹", help="写到哪里，默认为报告文件夹"
)
format_option = click.option(
    "--format",
    "formats",
    type=click.Choice(REPORT_FORMATS),
    multiple=True,
    help="写成什么，可写多次；默认按配置（reports.formats）",
)
