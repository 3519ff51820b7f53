"""The items of a list in a JSON text one by one: only the text is in memory, never all the values in it.

A document of 60 MB may hold twenty million values, which take thirty times as much.
"""

import json
import re
from collections.abc import Generator, Sequence
from typing import Any

_BLANKS = re.compile(r"[ \t\n\r]*")
_MOST_NAMES = 10

Walk = Generator[Any, None, int]
"""Yields the items that are sought; its value is the place behind what was walked through."""


class JsonText:
    """A JSON text that is walked through once. Whatever is wrong with it raises ValueError, IndexError or RecursionError."""

    def __init__(self, content: str, decoder: json.JSONDecoder) -> None:
        self._content, self._decoder = content, decoder
        self.found = 0
        """How often the path came: once, or nobody knows which list is meant."""
        self.top: Any = None
        """The document as far as messages show it: a table of its first names, an empty list, or None."""

    def items(self, path: Sequence[str]) -> Generator[Any, None, None]:
        """The items of the list at the path, as far as the text can be read; the text is read to its end."""
        opening = self._content[self._behind_blanks(0)]
        self.top = {} if opening == "{" else [] if opening == "[" else None
        end = yield from self._walk(0, path, top=True)
        if self._behind_blanks(end) != len(self._content):
            raise ValueError("text behind the document")

    def _walk(self, at: int, path: Sequence[str], *, top: bool = False) -> Walk:
        at = self._behind_blanks(at)
        opening = self._content[at]
        if opening == "[" and not path:
            self.found += 1
            return (yield from self._list(at))
        if opening == "{" and (path or top):
            return (yield from self._table(at, path, top=top))
        return self._skip(at)

    def _list(self, at: int) -> Walk:
        at = self._behind_blanks(at + 1)
        if self._content[at] == "]":
            return at + 1
        while True:
            item, at = self._decoder.raw_decode(self._content, self._behind_blanks(at))
            yield item
            at = self._behind_blanks(at)
            if self._content[at] == "]":
                return at + 1
            at = self._behind(",", at)

    def _table(self, at: int, path: Sequence[str], *, top: bool) -> Walk:
        at = self._behind_blanks(at + 1)
        if self._content[at] == "}":
            return at + 1
        met = False
        while True:
            at = self._behind_blanks(at)
            if self._content[at] != '"':
                raise ValueError("no name")
            name, at = self._decoder.raw_decode(self._content, at)
            if top and len(self.top) < _MOST_NAMES:
                self.top[name] = None
            at = self._behind(":", self._behind_blanks(at))
            if path and name == path[0]:
                self.found += met
                met = True
                at = yield from self._walk(at, path[1:])
            else:
                at = self._skip(at)
            at = self._behind_blanks(at)
            if self._content[at] == "}":
                return at + 1
            at = self._behind(",", at)

    def _skip(self, at: int) -> int:
        return self._decoder.raw_decode(self._content, self._behind_blanks(at))[1]

    def _behind(self, sign: str, at: int) -> int:
        if self._content[at] != sign:
            raise ValueError(f"no {sign}")
        return at + 1

    def _behind_blanks(self, at: int) -> int:
        found = _BLANKS.match(self._content, at)
        return found.end() if found else at
