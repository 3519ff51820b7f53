"""`check`: tries everything a night needs, and changes nothing."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from credit_sync.cli import EXIT_FAILED, config_option, settings_of
from credit_sync.cli.chinese import Command
from credit_sync.errors import CreditSyncError
from credit_sync.http_settings import QuerySource
from credit_sync.publishing.deadline_rules import load_deadline_rules
from credit_sync.publishing.number_series import load_series
from credit_sync.publishing.probe import probe as probe_channel
from credit_sync.reporting.pdf import probe_pdf
from credit_sync.screening.measures import load_measures
from credit_sync.screening.reasons import load_reasons
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from credit_sync.sources.connect import probe as probe_source
from credit_sync.sources.platform import probe as probe_platform
from credit_sync.sources.pull import make_readers
from credit_sync.sources.questions import Questions
from credit_sync.sources.rows import Origin
from credit_sync.store.probe import probe_store


@click.command("check", cls=Command)
@config_option
@click.pass_context
def check(ctx: click.Context, config: Path | None) -> int:
    """检查配置、对照文件、数据库、每个数据源和报送渠道，不改动任何东西。"""
    settings = settings_of(ctx, config)
    readers = make_readers(settings)
    folder = settings.path(settings.mappings)
    load_weights(folder)
    load_measures(folder)
    load_deadline_rules(folder)
    load_series(folder)
    load_reasons(folder)
    reference()
    click.echo(f"配置和对照文件：可用（{len(readers)} 个数据源，{len(settings.channels)} 个报送渠道）")
    passed = [_try("数据库", "", partial(probe_store, settings))]
    for name, source in settings.sources.items():
        reader = readers[name]
        if isinstance(source, QuerySource):
            origin = Origin(name, "试查", 0, datetime.now())
            probe = partial(probe_platform, Questions(name, source, reader.mapping), reader, origin)
        else:
            probe = partial(probe_source, name, source, reader.mapping, base=settings.base)
        passed.append(_try("数据源", name, probe))
    for name in settings.channels:
        passed.append(_try("渠道", name, partial(probe_channel, settings, name)))
    if "pdf" in settings.reports.formats:
        passed.append(_try("报告", "PDF", probe_pdf))
    return 0 if all(passed) else EXIT_FAILED


def _try(kind: str, name: str, probe: Callable[[], str]) -> bool:
    """One line about one part; the probes of sources name it themselves when they fail."""
    what = f"{kind} {name}".strip()
    try:
        click.echo(f"{what}：{probe()}")
    except CreditSyncError as error:
        click.echo(f"{what}：失败，{str(error).removeprefix(f'{name}：')}")
        return False
    return True


COMMANDS = (check,)
