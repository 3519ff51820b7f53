"""The index of the lists kept open by a process that answers many questions, and opened anew when the lists change."""

from pathlib import Path
from threading import Lock

from sqlalchemy import Connection

from credit_sync.screening.index_files import CurrentIndex, open_index
from credit_sync.store.listing_rows import Touched, touched


class OpenIndex:
    """One index for all threads. Raises what opening it raises, and keeps none that may be out of date."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._found: tuple[tuple[str, Touched], CurrentIndex] | None = None

    @property
    def is_saved(self) -> bool:
        """Whether there is one in its folder."""
        return bool(self._pointer())

    def current(self, connection: Connection) -> CurrentIndex:
        """The index as it stands with the store as this connection sees it."""
        stands = (self._pointer(), touched(connection))
        with self._lock:
            if self._found is None or self._found[0] != stands:
                self._found = (stands, open_index(connection, self._folder))
            return self._found[1]

    def _pointer(self) -> str:
        try:
            return (self._folder / "current").read_text(encoding="ascii")
        except (OSError, ValueError):
            return ""
