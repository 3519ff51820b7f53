"""The commands: parse, call, print, exit code; no logic.

A command's module is loaded when the command is called, and no other: a look-up does not wait for what only a night
needs. Exit codes: 0 all well, 1 done with something failed, 2 unusable configuration or command line, 75 another run is
under way; of `gate` alone 10 hold, 11 blocked, 12 unknown.
"""

import gc
import io
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from credit_sync import logs
from credit_sync.cli.chinese import Group

_COLLECT_AFTER = 10_000
"""New objects after which Python looks for cycles among them; after its usual 700 it did so 240 times while modules load."""

_COMMANDS = {
    "run": ("night", "夜间运行：取数、报送、比对、回写申报系统、生成报告、发送通知。"),
    "check": ("check", "检查配置、对照文件、数据库、每个数据源和报送渠道，不改动任何东西。"),
    "status": ("status", "现状：最近几次运行、各名单新旧、隔离区、待报送。"),
    "compliance": ("compliance", "双公示合规月报：合规率、及时率、迟报、漏报、退回、承诺时限。"),
    "report": ("report", "报告：预警报告、无预警名单、联合惩戒月报（HTML、XLSX、PDF），核对签发的文件。"),
    "lookup": ("lookup", "查询一个主体：许可、处罚、名单条目及证据、申报、检查。"),
    "explain": ("explain", "说明一个申报主体与一条名单为什么判为同一主体，或为什么不判。"),
    "review": ("review", "复核：列出预警，作结论，第二人复核，撤销；导出工作簿填写后导入。"),
    "calibrate": ("calibrate", "用本单位的数据估计证据权重，与使用中的并列，并说明换用后的影响；不作任何改动。"),
    "screen-file": ("screen_file", "比对一张表：每个主体都有结论，没有相近条目的记为未发现（clear）。"),
    "validate": ("validate", "按双公示标准校验一份工作簿（xlsx、xls、csv），像平台那样，在上传之前。"),
    "standard": ("standard", "双公示标准：有哪些版本，各有哪些字段，按哪些规则校验。"),
    "quarantine": ("quarantine", "隔离区：未能读取的行，连同原因。"),
    "lists": ("lists", "名单：各版本、两版之间的差别、回退到早先的版本。"),
    "sources": ("sources", "数据源：在配置里改了名，或不再使用之后，它的记录怎么办。"),
    "publish": ("publish", "报送：等待处理的、平台退回的，以及需要人决定的撤回和恢复。"),
    "receipts": ("receipts", "回执：平台以文件给出的答复。"),
    "write-back": ("write_back", "回写：把预警的每次变化送回申报系统；哪些还没有送达。"),
    "tell": ("tell", "发出最近一次运行还没有发出的邮件：各处室的每日摘要、给运维人员的失败通知。"),
    "desk": ("desk", "复核台：在浏览器里处理预警、查询、看名单和报送。"),
    "gate": ("gate", "一个申报可否继续。退出码：0 可以，10 暂缓，11 不得继续，12 不能确定；其他都是出错。"),
    "api-key": ("api_key", "接口密钥：申报系统凭它查询关口、主体和许可处罚信息。"),
    "audit": ("audit", "留痕：谁在何时查询、查看、复核、导出了什么；核对记录有没有被改动。"),
    "daemon": ("night", "常驻运行，每天定时做夜间运行（没有 cron 或 systemd 时用）。"),
    "db": ("db", "数据库结构。"),
}
"""In which module a command is, and the first sentence of its help; in the order in which a newcomer needs them."""


class _Commands(Group):
    """Lists the commands without loading any, and loads the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"credit_sync.cli.{_COMMANDS[cmd_name][0]}")
        gc.freeze()  # what modules hold stays to the end: not even then need Python look for cycles among it
        commands: tuple[click.Command, ...] = module.COMMANDS
        return next(command for command in commands if command.name == cmd_name)

    def rows(self, ctx: click.Context) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(name, sentence) for name, (_, sentence) in _COMMANDS.items()]


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path),
    metavar="文件",
    help="配置文件，默认为当前文件夹的 config.toml",
)
@click.option("--verbose", is_flag=True, help="在终端上也显示每一步的日志")
@click.version_option(package_name="credit-sync", message="%(version)s", help="显示版本号")
@click.pass_context
def credit_sync(ctx: click.Context, config: Path | None, verbose: bool) -> None:
    """双公示报送与联合惩戒比对。

    每晚取数、报送、比对、生成报告；随时查询单个主体；比对任意表格。
    """
    logs.configure(verbose=verbose)
    ctx.obj = config


def _start_cheaply() -> None:
    """What a process spends on itself before it does anything, a tenth of a look-up and of a helper's start."""
    gc.set_threshold(_COLLECT_AFTER)
    # NumPy would start a thread per core for algebra that we have none of; helpers inherit the setting.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main() -> None:
    """The entry point: every error as a sentence and an exit code, never a traceback."""
    _start_cheaply()
    sys.unraisablehook = logs.of_letting_go
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal in GBK lacks some characters of names and signs
    try:
        sys.exit(credit_sync.main(standalone_mode=False) or 0)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (Exception, KeyboardInterrupt) as error:
        from credit_sync.cli.failures import explain_failure  # loads what only failures need

        message, code = explain_failure(error)
        click.echo(message, err=True)
        sys.exit(code)
