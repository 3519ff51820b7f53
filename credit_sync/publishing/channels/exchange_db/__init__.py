"""The exchange_db channel: rows in the tables of a platform's front-end exchange database (前置库)."""

from credit_sync.publishing.channels.exchange_db.exchange import ExchangeDb
from credit_sync.publishing.channels.exchange_db.probe import probe

__all__ = ["ExchangeDb", "probe"]
