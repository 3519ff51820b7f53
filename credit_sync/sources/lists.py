"""How current the configured lists are: the store's versions against the guards of the mapping files."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from credit_sync.records import RecordKind
from credit_sync.settings import Settings
from credit_sync.sources.mapping import SourceMapping, load_mappings
from credit_sync.store.lists import ListState, Watched, list_states


def states_of_lists(connection: Connection, settings: Settings, as_of: datetime) -> dict[str, ListState]:
    """Every configured list by name, as it is at `as_of`."""
    return list_states(connection, as_of, watched_lists(load_mappings(settings)))


def watched_lists(mappings: Mapping[str, SourceMapping]) -> dict[str, Watched]:
    """The sources that deliver lists."""
    return {
        source: Watched(mapping.list, mapping.guards.max_age_days)
        for source, mapping in mappings.items()
        if mapping.record is RecordKind.LISTING
    }


def blocking_reason(states: Mapping[str, ListState]) -> str:
    """Why the lists clear nobody; empty when there are some and all are fresh."""
    return "；".join(state.reason for state in states.values() if state.stale) if states else "没有配置任何名单"
