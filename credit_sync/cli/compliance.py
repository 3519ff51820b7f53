"""`compliance`: the monthly report on publishing in time, completely and validly."""

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


@click.command("compliance", cls=Command)
@click.option("--month", type=click.DateTime(["%Y-%m"]), metavar="年-月", help="哪个月，默认为上个月")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="文件夹", help="写到哪里，默认为报告文件夹"
)
@config_option
@click.pass_context
def compliance(ctx: click.Context, month: datetime | None, out: Path | None, config: Path | None) -> int:
    """双公示合规月报：合规率、及时率、迟报、漏报、退回、承诺时限（HTML 和 XLSX）。

    按那个月月末的情况统计，任何时候重做都一样。本月未完时截至此刻。
    """
    settings = settings_of(ctx, config)
    engine = open_engine(settings)
    require_current(engine)
    now = datetime.now().replace(microsecond=0)
    wanted = Month.of(month.date()) if month else Month.of(now.date()).earlier(1)
    report = read_compliance(engine, settings, wanted, now)
    click.echo("\n".join(compliance_lines(report)))
    for path in write_compliance_report(report, out or settings.path(settings.reports.folder)):
        click.echo(f"报告：{path}")
    return 0


COMMANDS = (compliance,)
