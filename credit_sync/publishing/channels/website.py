"""The website channel: a static site for the public, with the records of this channel that are public now.

A site is no file per batch but a picture of the whole outbox: the first open batch of a run brings the others along, and
they find the site as it must be. So sending again changes nothing, and additions, corrections and withdrawals are
the same to it: the site is built from what each record's last submission says. How it is built: publishing/site/.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select
from xlsxwriter.exceptions import XlsxWriterException

from credit_sync.channel_settings import WebsiteChannel
from credit_sync.errors import CreditSyncError, reason_of
from credit_sync.folders import refuse_unwritable
from credit_sync.interfaces.messages import Answer
from credit_sync.publishing.channels.channel import Batch, Handover, Receipt, Submitted
from credit_sync.publishing.persons import load_persons
from credit_sync.publishing.site.build import PUBLIC, build_site
from credit_sync.publishing.site.content import Site
from credit_sync.publishing.site.open_data import SUMS
from credit_sync.publishing.site.public import public_table
from credit_sync.publishing.standard import FieldTable, load_standard
from credit_sync.publishing.values import PUBLISHED_KINDS
from credit_sync.settings import Settings
from credit_sync.store import schema


class Website:
    """A site in a folder, made from the store."""

    def __init__(self, engine: Engine, settings: Settings, name: str, channel: WebsiteChannel) -> None:
        self._engine, self._settings, self._name, self._channel = engine, settings, name, channel
        self._folder = settings.path(channel.folder)

    def send(self, batch: Batch, table: FieldTable, rows: Iterable[Submitted]) -> Handover:  # noqa: ARG002
        """Brings the site up to date; what it shows is accepted. Raises CreditSyncError when it cannot be written."""
        files = self._bring_up_to_date()
        return Handover(files, tuple(Receipt(row.id, Answer.ACCEPTED) for row in rows))

    def receipts(self, waiting: Iterable[Submitted]) -> Iterable[Receipt]:
        """None come later. Asked for every night, which is when changed texts, or a folder that is gone, are seen to."""
        self._bring_up_to_date()
        return [Receipt(row.id, Answer.ACCEPTED) for row in waiting]

    def _bring_up_to_date(self) -> dict[str, str]:
        """The site as the store has it; the files that stand for it, with their SHA-256 (none before the first batch)."""
        try:
            with self._engine.connect() as connection:
                site = self._site(connection)
                if site is None:
                    return {}
                public = build_site(connection, site, self._folder)
            return {name: _digest(public / name) for name in ("index.html", f"data/{SUMS}")}
        except (OSError, XlsxWriterException) as error:
            raise CreditSyncError(
                f"写不了网站 {self._folder}：{reason_of(error)}",
                remedy="请检查文件夹的权限和磁盘空间，下次运行会继续",
            ) from None

    def _site(self, connection: Connection) -> Site | None:
        mine = select(func.max(schema.batch.c.made_at)).where(schema.batch.c.channel == self._name)
        updated = connection.scalar(mine)
        if updated is None:
            return None
        mappings = self._settings.mappings_folder
        standard = load_standard(mappings, self._channel.standard)
        kinds = [kind for kind in PUBLISHED_KINDS if self._channel.carries(kind)]
        return Site(
            channel=self._channel,
            organ=self._settings.department.name,
            standard=standard,
            persons=load_persons(mappings),
            updated=updated,
            tables=[public_table(connection, self._name, kind, standard, updated.date()) for kind in kinds],
        )


def probe(settings: Settings, channel: WebsiteChannel) -> str:
    """Where the site will stand. Raises CreditSyncError for a folder or a table of persons that cannot be used."""
    load_persons(settings.mappings_folder)
    folder = settings.path(channel.folder)
    refuse_unwritable(folder)
    return f"网站写入 {folder / PUBLIC}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
