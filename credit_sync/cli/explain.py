"""`explain`: the evidence on one applicant and one listing, and why not more."""

from datetime import datetime
from pathlib import Path

import click

from credit_sync.cli.chinese import Command
from credit_sync.cli.config import config_option, settings_of
from credit_sync.cli.store import open_store
from credit_sync.cli.system_user import system_user
from credit_sync.errors import CreditSyncError
from credit_sync.reporting.explanation import explanation_text
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.evidence import Scales
from credit_sync.screening.explain import explain
from credit_sync.screening.index_files import open_index
from credit_sync.screening.other_names import known_other_names
from credit_sync.screening.weights import load_weights
from credit_sync.store.audit import Action, note
from credit_sync.store.candidates import find_applicants, find_listings
from credit_sync.store.engine import writing


@click.command("explain", cls=Command)
@click.argument("applicant", metavar="申报主体")
@click.argument("listing", metavar="名单条目")
@click.option("--reason", default="", metavar="事由", help="查询事由（必填，将连同查询人一起留痕）")
@config_option
@click.pass_context
def explain_command(ctx: click.Context, applicant: str, listing: str, reason: str, config: Path | None) -> int:
    """说明一个申报主体与一条名单为什么判为同一主体，或为什么不判。

    申报主体写作“申报编号/名称”，名单条目写案号、文号或条目编号；也可以写库中的序号。
    """
    if not reason.strip():
        raise click.UsageError('查询要写明事由，例如 --reason "复核预警"', ctx)
    settings = settings_of(ctx, config)
    now = datetime.now().replace(microsecond=0)
    engine = open_store(settings)
    texts: list[str] = []
    with engine.connect() as connection:
        applicants, listings = find_applicants(connection, applicant), find_listings(connection, listing)
        if not applicants or not listings:
            missing = f"申报主体 {applicant}" if not applicants else f"名单条目 {listing}"
            raise CreditSyncError(
                f"库中没有{missing}", remedy="申报主体写作“申报编号/名称”，名单条目写案号或条目编号"
            )
        mappings = settings.mappings_folder
        names = known_other_names(connection, mappings)
        scales = Scales(load_weights(mappings), names.reference)
        candidates = StoredCandidates(connection, open_index(connection, settings.path(settings.store.index)))
        for found in applicants.values():
            subject = names.of(found.subject)
            ids = candidates.listings({0: subject})[0]
            counted = candidates.scales_for(subject, scales, now)
            for number, entry in listings.items():
                explanation = explain(subject, entry, number in ids, counted)
                texts.append(explanation_text(found, entry, explanation))
    with writing(engine) as connection:
        pair, shown = f"{applicant} ~ {listing}", {"found": len(texts), "reason": reason}
        note(connection, at=now, who=system_user(), action=Action.EXPLAIN, target=pair, detail=shown)
    click.echo("\n\n".join(texts))
    return 0


COMMANDS = (explain_command,)
