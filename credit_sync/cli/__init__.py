"""The commands: parse, call, print, exit code; no logic.

Exit codes: 0 all well, 1 done with something failed, 2 unusable configuration or command line, 75 another run is
under way; of `gate` alone 10 hold, 11 blocked, 12 unknown.
"""

import io
import sys
from importlib import import_module
from pathlib import Path

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from credit_sync import logs
from credit_sync.cli.chinese import Group, explain_usage
from credit_sync.errors import BusyError, CreditSyncError, SettingsError, StoreError
from credit_sync.settings import Settings, load_settings
from credit_sync.store.engine import explain
from credit_sync.subjects.identifiers import hide_in_text

EXIT_FAILED, EXIT_UNUSABLE, EXIT_BUSY = 1, 2, 75


_MODULES = {
    "run": "night",
    "check": "check",
    "status": "status",
    "compliance": "compliance",
    "report": "report",
    "lookup": "lookup",
    "explain": "explain",
    "review": "review",
    "calibrate": "calibrate",
    "screen-file": "screen_file",
    "validate": "validate",
    "standard": "standard",
    "quarantine": "quarantine",
    "lists": "lists",
    "publish": "publish",
    "receipts": "receipts",
    "desk": "desk",
    "gate": "gate",
    "api-key": "api_key",
    "audit": "audit",
    "daemon": "night",
    "db": "db",
}
"""Which module has a command, in the order in which a newcomer needs them."""


class _Commands(Group):
    """Loads a command when it is asked for: a look-up does not wait for what only a night needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _MODULES:
            return None
        module = import_module(f"credit_sync.cli.{_MODULES[cmd_name]}")
        commands: tuple[click.Command, ...] = module.COMMANDS
        return next(command for command in commands if command.name == cmd_name)


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

    每晚取数、报送、比对、出报告；随时查询单个主体；比对任意表格。
    """
    logs.configure(verbose=verbose)
    ctx.obj = config


def settings_of(ctx: click.Context, config: Path | None) -> Settings:
    """The settings a command works with: its own --config, the group's, or config.toml here."""
    return load_settings(config or ctx.obj or Path("config.toml"))


config_option = click.option("--config", "-c", type=click.Path(path_type=Path), metavar="文件", help="配置文件")
"""Every command also takes --config itself, because that is where people write it."""


def main() -> None:
    """The entry point: every error as a sentence and an exit code, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal in GBK lacks some characters of names and signs
    try:
        sys.exit(credit_sync.main(standalone_mode=False) or 0)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.UsageError as error:
        _fail(f"{explain_usage(error)}\n用 credit-sync --help 查看说明", EXIT_UNUSABLE)
    except (click.Abort, KeyboardInterrupt):
        _fail("已中断", 130)
    except BusyError as error:
        _fail(str(error), EXIT_BUSY)
    except (SettingsError, StoreError) as error:
        _fail(str(error), EXIT_UNUSABLE)
    except CreditSyncError as error:
        _fail(str(error), EXIT_FAILED)
    except SQLAlchemyError as error:
        _fail(f"数据库出错：{explain(error)}", EXIT_FAILED)
    except OSError as error:
        _fail(
            f"读写文件出错：{error.strerror or type(error).__name__} {error.filename or ''}".rstrip(), EXIT_FAILED
        )
    except Exception as error:  # a fault of the program: its traceback belongs in the log
        structlog.get_logger().exception("内部错误")
        _fail(f"程序内部错误（{type(error).__name__}），请用 --verbose 再试，把日志交给维护人员", EXIT_FAILED)


def _fail(message: str, code: int) -> None:
    click.echo(hide_in_text(message), err=True)
    sys.exit(code)
