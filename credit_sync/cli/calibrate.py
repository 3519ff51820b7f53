"""`calibrate`: what evidence is worth on this site's own data, beside what the weights file says."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import Connection

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.store import open_store
from credit_sync.errors import CreditSyncError
from credit_sync.reporting.calibration import CalibrationReport, calibration_json, calibration_text
from credit_sync.screening.calibrated_weights import calibrate_weights
from credit_sync.screening.calibration import estimate
from credit_sync.screening.calibration_decisions import read_decisions, stored_decisions
from credit_sync.screening.calibration_effect import effect
from credit_sync.screening.calibration_pairs import Sampling, as_pairs, collect
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index_files import open_index
from credit_sync.screening.other_names import known_other_names
from credit_sync.screening.reasons import load_reasons
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from credit_sync.screening.weights_file import refuse_existing, write_weights
from credit_sync.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("calibrate", cls=Command)
@click.option(
    "--decisions",
    type=_FILE,
    metavar="文件",
    help="复核结论另用文件（CSV 或 XLSX）：申报主体、名单条目、结论（维持或排除）；默认用库中的",
)
@click.option(
    "--minimum",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="对数",
    help="一个数值至少要有多少对作依据，不足则保留原值",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1000),
    default=20000,
    show_default=True,
    metavar="对数",
    help="候选之外随机抽取的对数（个人、单位各抽）",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, metavar="数", help="抽样的种子")
@click.option("--write", type=click.Path(path_type=Path), metavar="文件", help="把新权重写成一个新文件，供核对")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
@config_option
@click.pass_context
def calibrate(
    ctx: click.Context,
    decisions: Path | None,
    minimum: int,
    sample: int,
    seed: int,
    write: Path | None,
    as_json: bool,
    config: Path | None,
) -> int:
    """用本单位的数据估计证据权重，与使用中的并列，并说明换用后的影响；不作任何改动。"""
    settings = settings_of(ctx, config)
    in_use = settings.mappings_folder / "screening" / "weights.toml"
    if write:
        refuse_existing(write, in_use)  # before minutes of estimating
    with open_store(settings).connect() as connection:
        report = _estimated(connection, settings, decisions, minimum, Sampling(seed, sample))
    if write:
        write_weights(write, in_use, report.calibration, report.as_of.date())
    if as_json:
        click.echo(json.dumps(calibration_json(report), ensure_ascii=False, indent=2))
    else:
        click.echo(calibration_text(report))
        if write:
            click.echo(f"新权重：{write}")
    return 0


def _estimated(
    connection: Connection, settings: Settings, decisions: Path | None, minimum: int, sampling: Sampling
) -> CalibrationReport:
    now, folder = datetime.now().replace(microsecond=0), settings.mappings_folder
    weights = load_weights(folder)
    if decisions:
        decided = read_decisions(decisions, connection)
    else:
        decided = stored_decisions(connection, load_reasons(folder))
    current = open_index(connection, settings.path(settings.store.index))
    finder = StoredCandidates(connection, current)
    scales = Scales(weights, reference(), listed=current.stamp.entries)
    collected = collect(connection, finder, scales, now, decided.known, sampling)
    estimates = {
        kind: estimate(found.attributes, as_pairs(found), getattr(weights.prior, kind.value), minimum)
        for kind, found in collected.items()
        if found.known
    }
    if not estimates:
        raise CreditSyncError("库中没有可比的申报主体和名单条目，无从估计", remedy="先运行 credit-sync run")
    calibration = calibrate_weights(weights, estimates, minimum, now.date())
    names = known_other_names(connection, folder)
    old = replace(scales, reference=names.reference)
    changes = effect(connection, finder, names, now, old, replace(old, weights=calibration.new))
    unused = len(decided.known) - sum(found.upheld + found.dismissed for found in collected.values())
    return CalibrationReport(now, minimum, decided.undecided, unused, collected, calibration, changes)


COMMANDS = (calibrate,)
