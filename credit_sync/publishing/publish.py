"""The publish stage: every channel gets what it has not had yet. Channels do not hinder each other."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Engine

from credit_sync.errors import CreditSyncError
from credit_sync.logs import log
from credit_sync.publishing.batches import (
    begin_attempt,
    make_batches,
    mark_sent,
    open_batches,
    submitted_in,
    waiting_for_receipts,
)
from credit_sync.publishing.channels import open_channel
from credit_sync.publishing.channels.channel import Channel
from credit_sync.publishing.counts import PublishCounts, count
from credit_sync.publishing.left_channels import refuse_other_name
from credit_sync.publishing.outbox import Outbox, outboxes_of
from credit_sync.publishing.persons import Desensitised, load_persons
from credit_sync.publishing.queueing import queue
from credit_sync.publishing.receipts import take_over
from credit_sync.publishing.standard import load_standard
from credit_sync.settings import Settings
from credit_sync.store import ledger
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run


def publish(
    engine: Engine, settings: Settings, run: Run, channels: Iterable[str] | None = None
) -> dict[str, PublishCounts]:
    """Queues, sends and records every channel, or those named; one that this run has finished is only counted again.

    A failing channel is in the result and in the ledger with its problem; the others go on.
    """
    with engine.connect() as connection:
        finished = ledger.finished_parts(connection, run, "publish")
    return {
        name: _publish(engine, settings, run, name, finished=name in finished)
        for name in sorted(settings.channels if channels is None else channels)
    }


def _publish(engine: Engine, settings: Settings, run: Run, name: str, *, finished: bool) -> PublishCounts:
    try:
        outboxes = outboxes_of(settings, name, run.as_of.date())
        if not finished:
            _send(engine, settings, run, outboxes)
        with writing(engine) as connection:
            counts = count(connection, outboxes, run)
            if not finished:
                ledger.stage_done(connection, run, "publish", name, counts.stored())
    except CreditSyncError as error:
        log.error("渠道失败", channel=name, problem=str(error))
        with writing(engine) as connection:
            ledger.stage_failed(connection, run, "publish", name, str(error))
        return PublishCounts(problem=str(error))
    return counts


def _send(engine: Engine, settings: Settings, run: Run, outboxes: list[Outbox]) -> None:
    name = outboxes[0].channel
    with engine.connect() as connection:
        refuse_other_name(connection, settings, name)
    channel = open_channel(engine, settings, name)
    unasked = _collect(engine, channel, name, run)
    for outbox in outboxes:
        queue(engine, outbox, run)
        make_batches(engine, outbox, run)
    if unasked:
        raise unasked
    mappings = settings.mappings_folder
    persons = load_persons(mappings)
    for opened in open_batches(engine, name):
        standard = load_standard(mappings, opened.standard)
        table = standard.table(opened.kind)
        fit = Desensitised(persons, settings.channels[name].kind, standard, table)
        begun = begin_attempt(engine, opened)
        rows = (replace(submitted, row=fit(submitted.row)) for submitted in submitted_in(engine, begun.id))
        handover = channel.send(begun, table, rows)
        mark_sent(engine, begun, handover, run)


def _collect(engine: Engine, channel: Channel, name: str, run: Run) -> CreditSyncError | None:
    """Answers to what was sent earlier, before anything new is made of them; the error where nobody can be asked."""
    try:
        take_over(engine, name, channel.receipts(waiting_for_receipts(engine, name)), run.as_of)
    except CreditSyncError as error:
        return error
    return None
