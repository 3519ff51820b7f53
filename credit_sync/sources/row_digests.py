"""Digests of raw rows: equal only where a row says the same to the byte and would be read in the same way.

So a row whose digest is known (credit_sync.store.known_rows) comes to the record that it came to before.
"""

import sys
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from credit_sync.shipped import shipped
from credit_sync.sources.mapping import SourceMapping
from credit_sync.sources.rows import TextRows
from credit_sync.store.known_rows import DIGEST_SIZE

_SCHEME_SIZE = 64
"""As long as blake2b takes a key."""


class RowDigests:
    """The digests of the rows of one mapping."""

    def __init__(self, mapping: SourceMapping) -> None:
        scheme = blake2b(mapping.model_dump_json().encode(), key=_program(), digest_size=_SCHEME_SIZE).digest()
        self._begun = blake2b(key=scheme, digest_size=DIGEST_SIZE)

    def of(self, values: Mapping[str, Any]) -> bytes:
        """The digest of a row; b'' where the row is no plain data, and so has to be read."""
        try:
            return _digest(self._begun, orjson.dumps(values))
        except TypeError:  # text that is no Unicode, numbers that JSON cannot hold, objects of a database
            return b""

    def of_texts(self, rows: TextRows) -> list[bytes]:
        """The digests of rows that came many at once, and will again: other than those of the same rows one by one.

        JSON makes a list of titles, where it makes an object of a row.
        """
        try:
            begun = self._begun.copy()
            begun.update(orjson.dumps(rows.titles))
            return [_digest(begun, text.encode()) for text in rows.texts]
        except (TypeError, UnicodeError):  # text that is no Unicode
            return [b""] * len(rows)


def _digest(begun: blake2b, content: bytes) -> bytes:
    digest = begun.copy()
    digest.update(content)
    return digest.digest()


@cache
def _program() -> bytes:
    """A digest of everything but the mapping that decides how a row is read: code, words, language, libraries."""
    package = Path(__file__).parents[1]
    files = sorted(
        path for folder in ("sources", "subjects", "records") for path in (package / folder).rglob("*.py")
    )
    digest = blake2b(sys.version.encode(), digest_size=_SCHEME_SIZE)
    digest.update(version("orjson").encode())
    stored = (package / "store" / name for name in ("columns.py", "record_keys.py"))
    for path in (*files, *stored, shipped("mappings") / "words.toml"):
        digest.update(path.read_bytes())
    return digest.digest()
