"""What came and went between the last two versions of each list, worked out once for all who look.

Tens of thousands of listings change in a night, and a rollback may touch them all: read anew for every page, they would hold
up everybody at the desk for seconds. Two accepted versions never differ otherwise later on.
"""

from threading import Lock

from sqlalchemy import Connection

from credit_sync.errors import CreditSyncError
from credit_sync.reporting.list_diff import Difference, Wanted, compared_versions, difference
from credit_sync.screening.measures import Measures
from credit_sync.settings import Settings
from credit_sync.store.list_history import Version

_ENTRIES = 30
_LAST_TWO = Wanted(None, None, _ENTRIES)


class ListMoves:
    """For all threads; of each list the last that was asked for is kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, tuple[list[tuple[Version, Version]], list[Difference]]] = {}

    def of(self, connection: Connection, settings: Settings, measures: Measures, name: str) -> list[Difference]:
        """By source, with the first entries of each kind; none where there is no second version yet."""
        try:
            pairs = compared_versions(connection, settings, measures, name, _LAST_TWO)
        except CreditSyncError:
            return []
        with self._lock:
            if name not in self._kept or self._kept[name][0] != pairs:
                found = [difference(connection, *pair, _ENTRIES) for pair in pairs]
                self._kept[name] = (pairs, found)
            return self._kept[name][1]
