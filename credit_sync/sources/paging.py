"""Walking through the pages of an interface, without falling for one that lies about its end.

A page shorter than asked for is the last one only when it is not just the most the interface gives at once:
so after a short first page the next one is asked for too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.settings import CursorPaging, OffsetPaging, PagePaging
from credit_sync.sources.formats.rows import at_path, names_in

MOST_PAGES = 100_000
ANNOUNCE = "核对 paging 里参数的名称，并写明总页数或总条数所在的位置（pages、total）"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its rows, and the whole document for what it says about further pages."""

    rows: list[Any]
    document: Any

    def number(self, path: str) -> int:
        """The whole number at `path`. Raises SourceError when there is none."""
        value = at_path(self.document, path)
        if isinstance(value, str) and value.strip().isdecimal():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise SourceError(f"答复里的 {path} 不是数字")


Fetch = Callable[[dict[str, str], int], Answer]
"""Asks with these parameters for the page that is the n-th for us."""
Page = tuple[int, list[Any]]
"""Its number, counted from 1, and its rows."""


def pages(paging: PagePaging | OffsetPaging | CursorPaging | None, fetch: Fetch) -> Iterator[Page]:
    """All pages in order. Raises SourceError on a loop and when less comes than was announced."""
    if paging is None:
        yield 1, fetch({}, 1).rows
    elif isinstance(paging, PagePaging):
        yield from _by_page(paging, fetch)
    elif isinstance(paging, OffsetPaging):
        yield from _by_offset(paging, fetch)
    else:
        yield from _by_cursor(paging, fetch)


def _by_page(paging: PagePaging, fetch: Fetch) -> Iterator[Page]:
    seen = _Pages(paging.size, announced=bool(paging.pages))
    for number in _numbers():
        asked = {paging.parameter: str(paging.first + number - 1), paging.size_parameter: str(paging.size)}
        answer = fetch(asked, number)
        announced = seen.announcement(answer, paging.pages)
        if announced is not None and announced > 1 and not answer.rows:
            raise SourceError(f"接口说有 {announced} 页，第 {number} 页却是空的")
        if announced == 0 and answer.rows:
            raise _contradiction(f"接口说有 0 页，第 {number} 页却有 {len(answer.rows)} 条")
        more = seen.take(answer.rows, number)
        if seen.repeated:
            return
        yield number, answer.rows
        if not more or (announced is not None and number >= announced):
            return


def _by_offset(paging: OffsetPaging, fetch: Fetch) -> Iterator[Page]:
    seen = _Pages(paging.size, announced=bool(paging.total))
    received = 0
    for number in _numbers():
        asked = {paging.parameter: str(received), paging.size_parameter: str(paging.size)}
        answer = fetch(asked, number)
        announced = seen.announcement(answer, paging.total)
        if announced is not None and not answer.rows and received < announced:
            raise SourceError(f"接口说有 {announced} 条，只给出 {received} 条")
        more = seen.take(answer.rows, number)
        if seen.repeated:
            return
        yield number, answer.rows
        received += len(answer.rows)
        if announced is not None and received > announced:
            raise _contradiction(f"接口说有 {announced} 条，却给出 {received} 条")
        if not more or (announced is not None and received >= announced):
            return


def _by_cursor(paging: CursorPaging, fetch: Fetch) -> Iterator[Page]:
    size = {paging.size_parameter: str(paging.size)} if paging.size_parameter else {}
    cursors: set[str] = set()
    previous: list[Any] = []
    cursor = ""
    for number in _numbers():
        answer = fetch(size | ({paging.parameter: cursor} if cursor else {}), number)
        if answer.rows and answer.rows == previous:
            raise _loop(number)
        # Looked for before the rows are given: `check` takes them for a list.
        following = _following(answer, paging.next, before=bool(cursors))
        yield number, answer.rows
        previous, cursor = answer.rows, following
        if not cursor:
            return
        if cursor in cursors:
            raise SourceError(f"第 {number} 页给出的下一页游标以前已经给过，接口在兜圈子")
        cursors.add(cursor)


def _following(answer: Answer, path: str, *, before: bool) -> str:
    """The cursor of the next page, '' at the end. Raises SourceError where there is no telling.

    Only an interface that has named a cursor before may end by leaving it out: a path that is simply wrong would end
    the list after its first page.
    """
    names, _, last = path.rpartition(".")
    holder = at_path(answer.document, names)
    there = isinstance(holder, dict) and last in holder
    if not there and not before and answer.rows:
        raise SourceError(
            f"答复里没有 {path}，不知道后面还有没有数据；答复含有：{names_in(answer.document)}",
            remedy="核对 paging 的 next；接口不分页时请去掉 paging",
        )
    value = holder[last] if there else None
    if isinstance(value, dict | list) and value:
        raise SourceError(f"答复里的 {path} 不是游标", remedy="核对 paging 的 next")
    return "" if value in (None, "", False, {}, []) else str(value)


class _Pages:
    """What the pages so far tell about the end."""

    def __init__(self, size: int, *, announced: bool) -> None:
        self._asked, self._announced = size, announced
        self._usual = size
        self._previous: list[Any] = []
        self._highest = 0
        self.repeated = False
        """The last page came again, which some interfaces do beyond the end."""

    def announcement(self, answer: Answer, path: str) -> int | None:
        """What the answer announces at `path`. Raises SourceError when it is less than before.

        A list that shrinks while it is read moves rows to pages that have been read already: they would be missed.
        """
        if not path:
            return None
        announced = answer.number(path)
        if announced < self._highest:
            raise _contradiction(f"翻页期间 {path} 从 {self._highest} 变为 {announced}，可能漏行")
        self._highest = announced
        return announced

    def take(self, rows: list[Any], number: int) -> bool:
        """Takes a page; whether there may be more. Raises SourceError when pages repeat without an end."""
        if rows and rows == self._previous:
            if self._announced or len(rows) == self._asked:
                raise _loop(number)
            self.repeated = True
        if number == 1:
            self._usual = min(self._asked, len(rows))
        self._previous = rows
        return bool(rows) and (self._announced or len(rows) >= self._usual)


def _loop(number: int) -> SourceError:
    return SourceError(f"第 {number} 页与上一页内容相同，接口没有翻页", remedy=ANNOUNCE)


def _contradiction(what: str) -> SourceError:
    return SourceError(what, remedy="稍后重试；总是如此时，核对 paging 里的 pages、total 是不是全部的页数、条数")


def _numbers() -> Iterator[int]:
    yield from range(1, MOST_PAGES + 1)
    raise SourceError(f"超过 {MOST_PAGES} 页仍没有结束")
