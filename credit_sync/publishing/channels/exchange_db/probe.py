"""Trying an exchange database without changing a row of it: reach, tables, columns, and the right to read and write."""

from sqlalchemy import Connection, insert, literal, select, update

from credit_sync.channel_settings import ExchangeDbChannel
from credit_sync.interfaces.database import address, connected
from credit_sync.publishing.channels.exchange_db.answers import unexplained_states
from credit_sync.publishing.channels.exchange_db.exchange import mapping_of, open_table
from credit_sync.publishing.channels.exchange_db.table import ExchangeTable
from credit_sync.publishing.values import PUBLISHED_KINDS
from credit_sync.settings import Settings


def probe(settings: Settings, channel: ExchangeDbChannel) -> str:
    """One line in Chinese on a database that can take batches. Raises CreditSyncError for one that cannot."""
    mapping = mapping_of(settings, channel)
    tables, notes = [], []
    with connected(channel, settings.base) as connection:
        for kind in PUBLISHED_KINDS:
            if channel.carries(kind):
                target = open_table(connection, settings, channel, mapping, kind)
                _try_rights(connection, target)
                tables.append(target.table.name)
                notes += target.short_columns()
                states = unexplained_states(connection, target).items()
                notes += [f"{count} 行的状态“{state}”对照文件没有写明含义" for state, count in states]
        connection.rollback()
    line = f"前置库 {address(channel.full_url(settings.base))} 可以读写表 {'、'.join(tables)}"
    return line + (f"；注意：{'；'.join(notes)}" if notes else "")


def _try_rights(connection: Connection, target: ExchangeTable) -> None:
    """Statements of no rows: the database checks the right and does nothing."""
    key, nobody = target.column(target.mapping.row.key), literal(1) == literal(0)
    connection.execute(select(key).where(nobody))
    connection.execute(insert(target.table).from_select([key], select(key).where(nobody)))
    connection.execute(update(target.table).where(nobody).values({key: key}))
