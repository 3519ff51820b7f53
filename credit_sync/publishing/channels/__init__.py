"""Channels, one module each: the kind of a channel's settings says which.

Each module has the channel (channel.py says what it must do) and `probe`, which tries it without changing anything.
"""

from sqlalchemy import Engine

from credit_sync.channel_settings import ApiChannel, ExchangeDbChannel, WorkbookChannel
from credit_sync.errors import SettingsError
from credit_sync.publishing.channels import api, channel, exchange_db, website, workbook
from credit_sync.publishing.channels.api_mapping import ApiMapping, load_api_mapping
from credit_sync.publishing.standard import load_standard
from credit_sync.settings import Settings


def open_channel(engine: Engine, settings: Settings, name: str) -> channel.Channel:
    """The channel of this name. Raises CreditSyncError when its settings or mapping are unusable."""
    found = settings.channels[name]
    if isinstance(found, WorkbookChannel):
        return workbook.Workbooks(engine, settings, settings.path(found.folder))
    if isinstance(found, ExchangeDbChannel):
        return exchange_db.ExchangeDb(engine, settings, name, found)
    if isinstance(found, ApiChannel):
        return api.Api(name, found, _api_mapping(settings, found))
    return website.Website(engine, settings, name, found)


def probe_channel(settings: Settings, name: str) -> str:
    """One line in Chinese on where the channel leads. Raises CreditSyncError when it leads nowhere."""
    found = settings.channels[name]
    if isinstance(found, WorkbookChannel):
        return workbook.probe(settings, settings.path(found.folder))
    if isinstance(found, ExchangeDbChannel):
        return exchange_db.probe(settings, found)
    if isinstance(found, ApiChannel):
        return api.probe(found, _api_mapping(settings, found), name)
    return website.probe(settings, found)


def _api_mapping(settings: Settings, found: ApiChannel) -> ApiMapping:
    """The interface's mapping. Raises SettingsError for an unusable one, and where it renames fields that are none."""
    folder = settings.mappings_folder
    mapping, standard = load_api_mapping(folder, found.mapping), load_standard(folder, found.standard)
    codes = {*standard.licence.by_code, *standard.penalty.by_code}
    if wrong := [code for code in mapping.names if code not in codes]:
        problems = [f"names.{code}: {standard.title}没有这个字段" for code in wrong]
        raise SettingsError(f"mappings/channels/{found.mapping}.toml", problems)
    return mapping
