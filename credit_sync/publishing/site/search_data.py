"""The search's data: what it looks at of each record, in files of some thousand records that the page loads in turn.

Each file is a script that calls one function, because a page opened from a disk may load scripts and nothing else.
It carries the number of its build: a page that is older than its data says so instead of showing wrong places.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from credit_sync.publishing.site.content import RECORDS_PER_SEARCH_FILE
from credit_sync.publishing.site.views import RecordView


class SearchData:
    """Writes `search/KIND-1.js`, `-2.js` ... into a folder."""

    def __init__(self, folder: Path, kind: str, build: str) -> None:
        self._folder, self._kind, self._build = folder / "search", kind, build
        self._rows: list[tuple[str | tuple[str, ...], ...]] = []
        self.files = 0

    def __enter__(self) -> Self:
        self._folder.mkdir(exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rows:
            self._write()

    def add(self, view: RecordView) -> None:
        """The next record."""
        self._rows.append(view.searched())
        if len(self._rows) == RECORDS_PER_SEARCH_FILE:
            self._write()

    def _write(self) -> None:
        self.files += 1
        head = orjson.dumps([self._kind, self.files, self._build]).decode()[1:-1]
        body = b",\n".join(orjson.dumps(row) for row in self._rows)
        path = self._folder / f"{self._kind}-{self.files}.js"
        path.write_bytes(f"creditSiteData({head},[\n".encode() + body + b"]);\n")
        self._rows.clear()
