"""`compliance`: the monthly report on publishing in time, completely and validly."""

from datetime import datetime
from pathlib import Path

import click

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.report_options import format_option, month_option, out_option
from credit_sync.cli.store import open_store
from credit_sync.publishing.rates import Month
from credit_sync.reporting.compliance import compliance_lines, write_compliance_report
from credit_sync.reporting.compliance_query import read_compliance
from credit_sync.settings import ReportFormat


@click.command("compliance", cls=Command)
@month_option
@out_option
@format_option
@config_option
@click.pass_context
def compliance(
    ctx: click.Context,
    month: Month | None,
    out: Path | None,
    formats: tuple[ReportFormat, ...],
    config: Path | None,
) -> int:
    """双公示合规月报：合规率、及时率、迟报、漏报、退回、承诺时限。

    按那个月月末的情况统计，任何时候重做都一样。本月未完时截至此刻。
    """
    settings = settings_of(ctx, config)
    engine = open_store(settings)
    now = datetime.now().replace(microsecond=0)
    report = read_compliance(engine, settings, month or Month.of(now.date()).earlier(1), now)
    click.echo("\n".join(compliance_lines(report)))
    for path in write_compliance_report(
        report, out or settings.path(settings.reports.folder), formats or settings.reports.formats
    ):
        click.echo(f"报告：{path}")
    return 0


COMMANDS = (compliance,)
