"""Channels, one module each: the kind of a channel's settings says which.

Each module has the channel (channel.py says what it must do) and `probe`, which tries it without changing anything.
"""

from sqlalchemy import Engine

from credit_sync.channel_settings import ApiChannel, WorkbookChannel
from credit_sync.errors import CreditSyncError
from credit_sync.publishing.channels import api, channel, workbook
from credit_sync.publishing.channels.api_mapping import load_api_mapping
from credit_sync.settings import Settings


def open_channel(engine: Engine, settings: Settings, name: str) -> channel.Channel:  # noqa: ARG001
    """The channel of this name. Raises CreditSyncError when its settings or mapping are unusable."""
    found = settings.channels[name]
    if isinstance(found, WorkbookChannel):
        return workbook.Workbooks(settings.path(found.folder))
    if isinstance(found, ApiChannel):
        return api.Api(name, found, load_api_mapping(settings.path(settings.mappings), found.mapping))
    raise CreditSyncError(f"还没有 kind = {found.kind!r} 的渠道")


def probe_channel(settings: Settings, name: str) -> str:
    """One line in Chinese on where the channel leads. Raises CreditSyncError when it leads nowhere."""
    found = settings.channels[name]
    if isinstance(found, WorkbookChannel):
        return workbook.probe(settings.path(found.folder))
    if isinstance(found, ApiChannel):
        return api.probe(found, load_api_mapping(settings.path(settings.mappings), found.mapping), name)
    raise CreditSyncError(f"还没有 kind = {found.kind!r} 的渠道")
