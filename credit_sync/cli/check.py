"""`check`: tries everything a night needs, and changes nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import click

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.exit_codes import EXIT_FAILED
from credit_sync.desk_settings import OidcSignIn
from credit_sync.errors import CreditSyncError
from credit_sync.exposure import open_to_all
from credit_sync.folders import refuse_unwritable
from credit_sync.http_settings import QuerySource
from credit_sync.publishing.deadline_rules import load_deadline_rules
from credit_sync.publishing.number_series import load_series
from credit_sync.publishing.probe import probe as probe_channel
from credit_sync.pulling.pull import make_readers
from credit_sync.reporting.left_behind import LeftBehind, left_behind
from credit_sync.reporting.pdf import probe_pdf
from credit_sync.screening.gate import load_gate_rules
from credit_sync.screening.measures import load_measures
from credit_sync.screening.other_names import load_aliases
from credit_sync.screening.reasons import load_reasons
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from credit_sync.settings import Settings
from credit_sync.sources.applications import known_systems
from credit_sync.sources.connect import probe as probe_source
from credit_sync.sources.mapping import load_mappings
from credit_sync.sources.platform import probe as probe_platform
from credit_sync.sources.questions import Questions
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import Origin
from credit_sync.store.probe import probe_store, readable_store
from credit_sync.telling.mail import probe as probe_mail
from credit_sync.toml_files import nearest
from credit_sync.write_back.receiver import open_receiver


@click.command("check", cls=Command)
@config_option
@click.pass_context
def check(ctx: click.Context, config: Path | None) -> int:
    """检查配置、对照文件、数据库、每个数据源和报送渠道，不改动任何东西。"""
    settings = settings_of(ctx, config)
    readers = make_readers(settings)
    folder = settings.mappings_folder
    load_weights(folder)
    measures = load_measures(folder)
    load_deadline_rules(folder)
    load_series(folder)
    load_reasons(folder)
    load_gate_rules(folder)
    load_aliases(folder)
    reference()
    click.echo(f"配置和对照文件：可用（{len(readers)} 个数据源，{len(settings.channels)} 个报送渠道）")
    for name in sorted({reader.mapping.list for reader in readers.values()} - {"", *measures.lists}):
        why = f"{folder.name}/measures.toml 的 [lists] 里没有它{nearest(name, measures.lists)}"
        click.echo(f"名单 {name}：注意，{why}；报告里只能写代号，命中的一律按没有写明措施办理")
    passed = [_try("数据库", "", partial(probe_store, settings))]
    for left in _left_behind(settings) if passed[0] else ():
        click.echo(left.line)
    for name, reader in readers.items():
        passed.append(_try("数据源", name, partial(_probe_source, settings, name, reader)))
    for name in settings.channels:
        passed.append(_try("渠道", name, partial(probe_channel, settings, name)))
    for what, written in (("报告", settings.reports.folder), ("名单索引", settings.store.index)):
        passed.append(_try(what, "", partial(_probe_folder, settings.path(written))))
    if exposed := open_to_all(settings):
        click.echo(
            f"权限：注意，本机任何账号都能读取 {'、'.join(exposed)}，内有个人信息或密钥；"
            "请收回其他账号的权限（chmod -R o-rwx），并以 umask 027 运行"
        )
    if "pdf" in settings.reports.formats:
        passed.append(_try("报告", "PDF", probe_pdf))
    for name in settings.systems:
        passed.append(_try("系统", name, partial(_probe_system, settings, name)))
    if settings.tell.mail is not None:
        passed.append(_try("邮件", "", partial(probe_mail, settings)))
    if settings.desk.oidc is not None:
        passed.append(_try("登录平台", "", partial(_probe_provider, settings.desk.oidc)))
    click.echo(f"时钟：{_clock()}")
    return 0 if all(passed) else EXIT_FAILED


def _left_behind(settings: Settings) -> list[LeftBehind]:
    with readable_store(settings) as connection:
        return [] if connection is None else left_behind(connection, settings)


def _clock() -> str:
    """Days are those of the machine: where it is not China's time, a night judges deadlines by the day before."""
    now = datetime.now().astimezone()
    said = f"{now:%Y-%m-%d %H:%M}"
    if now.utcoffset() == timedelta(hours=8):
        return f"{said}，北京时间"
    return f"{said}（UTC{now:%z}），注意：不是北京时间，期限和公示截止会按另一天算；请设环境变量 TZ=Asia/Shanghai"


def _probe_source(settings: Settings, name: str, reader: Reader) -> str:
    source = settings.sources[name]
    if isinstance(source, QuerySource):
        origin = Origin(name, "试查", 0, datetime.now())
        return probe_platform(Questions(name, source, reader.mapping), reader, origin)
    return probe_source(name, source, reader.mapping, base=settings.base)


def _probe_provider(settings: OidcSignIn) -> str:
    try:
        from credit_sync.desk.signing_in.oidc import probe  # an extra
    except ImportError:
        raise CreditSyncError(
            "没有安装复核台需要的程序包",
            remedy="请在程序所在文件夹执行 .venv/bin/pip install -c requirements.lock -e '.[desk]'",
        ) from None
    return probe(settings)


def _probe_folder(folder: Path) -> str:
    refuse_unwritable(folder)
    return f"写入 {folder}"


def _probe_system(settings: Settings, name: str) -> str:
    """Also whether any source delivers its applicants: a name written otherwise would be told of nothing."""
    line = open_receiver(settings, name).probe()
    known, system = known_systems(load_mappings(settings)), settings.systems[name].system
    if known is None or system in known:
        return line
    return f"{line}；注意：没有数据源的 system 是“{system}”，有：{'、'.join(known)}"


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
