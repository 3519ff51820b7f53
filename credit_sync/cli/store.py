"""The configured store, for commands that need it as it is: none is made, and one of another version is refused."""

from pathlib import Path

import click
from sqlalchemy import Engine

from credit_sync.cli.config import settings_of
from credit_sync.settings import Settings
from credit_sync.store.engine import open_engine
from credit_sync.store.migrate import require_current


def opened(ctx: click.Context, config: Path | None) -> tuple[Settings, Engine]:
    """The settings that a command works with, and their store. Raises SettingsError and StoreError."""
    settings = settings_of(ctx, config)
    return settings, open_store(settings)


def open_store(settings: Settings) -> Engine:
    """The store of some settings. Raises StoreError."""
    engine = open_engine(settings)
    require_current(engine)
    return engine
