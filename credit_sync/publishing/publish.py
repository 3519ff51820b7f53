"""The publish stage: every channel gets what it has not had yet. Channels do not hinder each other."""

import structlog
from sqlalchemy import Engine

from credit_sync.errors import CreditSyncError
from credit_sync.publishing.batches import make_batches, mark_sent, open_batches, rows_of
from credit_sync.publishing.channels.workbook import write_batch
from credit_sync.publishing.counts import PublishCounts, count
from credit_sync.publishing.outbox import Outbox, queue
from credit_sync.publishing.standard import load_standard
from credit_sync.publishing.values import PUBLISHED_KINDS, Reporting
from credit_sync.settings import Channel, Settings
from credit_sync.store import ledger
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run

log = structlog.get_logger()


def publish(engine: Engine, settings: Settings, run: Run) -> dict[str, PublishCounts]:
    """Queues, sends and records every channel; a channel that this run has finished is only counted again.

    A failing channel is in the result and in the ledger with its problem; the others go on.
    """
    with engine.connect() as connection:
        finished = ledger.finished_parts(connection, run, "publish")
    return {
        name: _publish(engine, settings, run, name, finished=name in finished)
        for name in sorted(settings.channels)
    }


def _publish(engine: Engine, settings: Settings, run: Run, name: str, *, finished: bool) -> PublishCounts:
    channel = settings.channels[name]
    folder = settings.path(channel.folder)
    try:
        outboxes = _outboxes(settings, run, name, channel)
        if not finished:
            _send(engine, settings, run, outboxes, channel)
        with writing(engine) as connection:
            counts = count(connection, outboxes, run, folder)
            if not finished:
                ledger.stage_done(connection, run, "publish", name, counts.stored())
    except CreditSyncError as error:
        log.error("渠道失败", channel=name, problem=str(error))
        with writing(engine) as connection:
            ledger.stage_failed(connection, run, "publish", name, str(error))
        return PublishCounts(problem=str(error))
    return counts


def _outboxes(settings: Settings, run: Run, name: str, channel: Channel) -> list[Outbox]:
    standard = load_standard(settings.path(settings.mappings), channel.standard)
    reporting = Reporting(settings.department, run.as_of.date())
    return [Outbox(name, kind, standard, reporting) for kind in PUBLISHED_KINDS if channel.carries(kind)]


def _send(engine: Engine, settings: Settings, run: Run, outboxes: list[Outbox], channel: Channel) -> None:
    for outbox in outboxes:
        queue(engine, outbox, run)
        make_batches(engine, outbox, run)
    for batch in open_batches(engine, outboxes[0].channel):
        standard = load_standard(settings.path(settings.mappings), batch.standard)
        rows = rows_of(engine, batch.id)
        mark_sent(
            engine, batch, write_batch(batch, standard.table(batch.kind), rows, settings.path(channel.folder)), run
        )
