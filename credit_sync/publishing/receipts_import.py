"""Taking over a feedback workbook: once read, twice read, the outcome is the same.

The ledger knows a file by its content. One that was imported before is about what had been sent by then, and says
nothing about what went out since, not even a corrected version of a row that it refuses.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from hashlib import file_digest
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from credit_sync.channel_settings import WorkbookChannel
from credit_sync.errors import CreditSyncError, SourceError, reason_of
from credit_sync.publishing.feedback import load_feedback_mapping, read_feedback
from credit_sync.publishing.receipts import record_receipts
from credit_sync.publishing.receipts_workbook import Understood, sent_through, understand
from credit_sync.publishing.standard import load_standard
from credit_sync.settings import Settings
from credit_sync.store import ledger, schema
from credit_sync.store.engine import rehearsing, writing


@dataclass(frozen=True, slots=True)
class FeedbackFile:
    """A file that has been read, for one channel."""

    channel: str
    digest: str
    understood: Understood
    before: datetime | None
    """When the same file was imported first."""

    @property
    def options(self) -> dict[str, str]:
        """By what the ledger knows its import."""
        return _options(self.channel, self.digest)


def read_file(engine: Engine, settings: Settings, channel: str, path: Path) -> FeedbackFile:
    """Reads a feedback workbook and finds out which submissions it is about; changes nothing.

    Raises CreditSyncError for a channel whose answers do not come as files, SourceError for an unreadable file.
    """
    found = settings.channels[channel]
    if not isinstance(found, WorkbookChannel):
        raise CreditSyncError(f"渠道 {channel} 的回执由程序自动取回，不用导入")
    mappings = settings.mappings_folder
    mapping = load_feedback_mapping(mappings, found.receipts)
    standards = lru_cache(partial(load_standard, mappings))
    digest = _digest(path)
    with engine.connect() as connection:
        before = _imported_at(connection, _options(channel, digest))
        sent = sent_through(connection, channel, standards, before)
    return FeedbackFile(channel, digest, understand(read_feedback(path, mapping), sent), before)


def take_over(engine: Engine, file: FeedbackFile, at: datetime) -> int:
    """Records the receipts in one transaction, as a run of its own; returns how many say something new."""
    run = ledger.begin(engine, at, file.options)
    with writing(engine) as connection:
        new = record_receipts(connection, file.channel, file.understood.receipts, run.as_of)
    ledger.finish(engine, run, "done")
    return new


def rehearse(engine: Engine, file: FeedbackFile, at: datetime) -> int:
    """How many receipts would say something new; nothing is kept."""
    with rehearsing(engine) as connection:
        return record_receipts(connection, file.channel, file.understood.receipts, at)


def _options(channel: str, digest: str) -> dict[str, str]:
    return {"command": "receipts import", "channel": channel, "sha256": digest}


def _imported_at(connection: Connection, options: dict[str, str]) -> datetime | None:
    runs = connection.execute(select(schema.run.c.as_of, schema.run.c.options).order_by(schema.run.c.id))
    return next((run.as_of for run in runs if run.options == options), None)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"{path.name} 读不了：{reason_of(error)}") from None
