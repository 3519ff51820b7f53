"""Digests of raw rows: equal only where a row says the same to the byte and would be read in the same way.

So a row whose digest is known (credit_sync.store.known_rows) comes to the record that it came to before.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from credit_sync.sources.mapping import Mapping as SourceMapping
from credit_sync.sources.rows import END, as_text
from credit_sync.store.known_rows import DIGEST_SIZE

_SCHEME_SIZE = 64
"""As long as blake2b takes a key."""
_MOST_LAYOUTS = 1000
"""Sets of titles that are remembered; rows of JSON may each have their own."""


class RowDigests:
    """The digests of the rows of one mapping."""

    def __init__(self, mapping: SourceMapping) -> None:
        scheme = blake2b(mapping.model_dump_json().encode(), key=_program(), digest_size=_SCHEME_SIZE).digest()
        self._begun = blake2b(key=scheme, digest_size=DIGEST_SIZE)
        self._by_titles: dict[tuple[str, ...], blake2b] = {}

    def of(self, values: Mapping[str, Any]) -> bytes:
        """The digest of a row; b'' where the row is no plain data, and so has to be read."""
        text = as_text(values.values())
        try:
            if text is not None:
                return _digest(self._under(tuple(values)), text.encode())
            return _digest(self._begun, orjson.dumps(values))
        except (TypeError, UnicodeError):  # no Unicode, numbers that JSON cannot hold, objects of a database
            return b""

    def of_texts(self, titles: tuple[str, ...], texts: Sequence[str]) -> list[bytes]:
        """The same of rows with the same titles, each as `as_text` makes it."""
        try:
            begun = self._under(titles)
            return [_digest(begun, text.encode()) for text in texts]
        except (TypeError, UnicodeError):
            return [self.of(dict(zip(titles, text.split(END), strict=True))) for text in texts]

    def _under(self, titles: tuple[str, ...]) -> blake2b:
        """What digests of rows of text begin with: a list of titles, where those of other rows have an object."""
        begun = self._by_titles.get(titles)
        if begun is None:
            begun = self._begun.copy()
            begun.update(orjson.dumps(titles))
            if len(self._by_titles) >= _MOST_LAYOUTS:
                self._by_titles.clear()
            self._by_titles[titles] = begun
        return begun


def _digest(begun: blake2b, content: bytes) -> bytes:
    digest = begun.copy()
    digest.update(content)
    return digest.digest()


@cache
def _program() -> bytes:
    """A digest of everything but the mapping that decides how a row is read: code, language, libraries."""
    package = Path(__file__).parents[1]
    files = sorted(
        path for folder in ("sources", "subjects", "records") for path in (package / folder).rglob("*.py")
    )
    digest = blake2b(sys.version.encode(), digest_size=_SCHEME_SIZE)
    digest.update(version("orjson").encode())
    for path in (*files, package / "store" / "columns.py"):
        digest.update(path.read_bytes())
    return digest.digest()
