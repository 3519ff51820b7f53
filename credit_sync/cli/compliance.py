"""`compliance`: the monthly report on publishing in time, completely and validly."""

import re
from datetime import datetime
from pathlib import Path

import click

from credit_sync.cli import config_option, settings_of
from credit_sync.cli.chinese import Command
from credit_sync.publishing.rates import Month
from credit_sync.reporting.compliance import compliance_lines, write_compliance_report
from credit_sync.reporting.compliance_query import read_compliance
from credit_sync.store.engine import open_engine
from credit_sync.store.migrate import require_current


def _month(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Month | None:
    if value is None:
        return None
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", value, re.ASCII)
    if found is None:
        raise click.BadParameter("写成 2018-11", ctx, param_hint="--month")
    return Month(int(found[1]), int(found[2]))


@click.command("compliance", cls=Command)
@click.option("--month", callback=_month, metavar="年-月", help="哪个月，默认为上个月")
@click.option("--out", type=click.Path(path_type=Path), metavar="文件夹", help="写到哪里，默认为报告文件夹")
@config_option
@click.pass_context
def compliance(ctx: click.Context, month: Month | None, out: Path | None, config: Path | None) -> int:
    """双公示合规月报：合规率、及时率、迟报、漏报、退回、承诺时限（HTML 和 XLSX）。

    按那个月月末的情况统计，任何时候重做都一样。本月未完时截至此刻。
    """
    settings = settings_of(ctx, config)
    engine = open_engine(settings)
    require_current(engine)
    now = datetime.now().replace(microsecond=0)
    report = read_compliance(engine, settings, month or Month.of(now.date()).earlier(1), now)
    click.echo("\n".join(compliance_lines(report)))
    for path in write_compliance_report(report, out or settings.path(settings.reports.folder)):
        click.echo(f"报告：{path}")
    return 0


COMMANDS = (compliance,)
