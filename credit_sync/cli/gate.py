"""`gate`: may an application go on, with the answer as exit code."""

import json
from datetime import datetime
from pathlib import Path

import click

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.store import open_store
from credit_sync.cli.system_user import system_user
from credit_sync.gate import Gate
from credit_sync.reporting.gate import gate_json, gate_text
from credit_sync.screening.gate import Passage
from credit_sync.store import audit
from credit_sync.store.engine import writing

EXIT_CODES = {Passage.CLEAR: 0, Passage.HOLD: 10, Passage.BLOCKED: 11, Passage.UNKNOWN: 12}
"""Apart from those of all commands (1, 2, 75): whatever else ends with is no leave to go on either."""


@click.command("gate", cls=Command)
@click.argument("system", metavar="系统")
@click.argument("application", metavar="申报编号")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出，与接口的回答相同")
@config_option
@click.pass_context
def gate(ctx: click.Context, system: str, application: str, as_json: bool, config: Path | None) -> int:
    """一个申报可否继续。退出码：0 可以，10 暂缓，11 不得继续，12 不能确定；其他都是出错。"""
    settings = settings_of(ctx, config)
    now = datetime.now().replace(microsecond=0)
    asked = Gate(settings)
    engine = open_store(settings)
    with engine.connect() as connection:
        answer = asked.stored(connection, system, application, now)
    with writing(engine) as connection:
        target, detail = f"{system} {application}", {"verdict": answer.passage.value}
        audit.note(connection, at=now, who=system_user(), action=audit.Action.GATE, target=target, detail=detail)
    if as_json:
        click.echo(json.dumps(gate_json(answer, asked.measures), ensure_ascii=False, indent=2))
    else:
        click.echo(gate_text(answer, asked.measures))
    return EXIT_CODES[answer.passage]


COMMANDS = (gate,)
