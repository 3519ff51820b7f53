"""Reading on every core: blocks of a long source go to helpers and come back in the order of the rows.

Reading is pure, so what a block comes to is the same wherever it is read. A short source is read in the process
itself, for helpers take a second to start.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from itertools import chain, cycle, islice
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.processes import Helper, HelperLostError, cores, packed
from credit_sync.sources.block_reading import BLOCK, BlockReader, Row
from credit_sync.sources.mapping import Mapping as SourceMapping
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import BrokenRow, Origin, RawRow
from credit_sync.sources.spool import Block

ALONE = 20_000
"""Rows that are read before any helper is started."""
MOST_HELPERS = 4
"""More would wait for the one process that takes rows out of the file."""


def read_blocks(reader: Reader, rows: Iterator[Row], *, alone: int = ALONE) -> Generator[Block, None, None]:
    """What the rows come to, block by block. Raises what `rows` raises, and SourceError when a helper dies."""
    here = BlockReader(reader)
    for _ in range(alone // BLOCK):
        if not (block := list(islice(rows, BLOCK))):
            return
        yield here.read(block)
    first = list(islice(rows, BLOCK))
    if len(first) < BLOCK or cores() < 2:
        for block in chain([first], iter(lambda: list(islice(rows, BLOCK)), [])):
            yield here.read(block)
        return
    helpers = [Helper(_reading, reader.mapping) for _ in range(min(cores(), MOST_HELPERS))]
    try:
        yield from _spread(helpers, here, chain([first], iter(lambda: list(islice(rows, BLOCK)), [])))
    except HelperLostError:
        raise SourceError("读取数据的子进程意外退出", remedy="检查内存是否足够，然后重试") from None
    finally:
        for helper in helpers:
            helper.close()


def _spread(helpers: list[Helper], here: BlockReader, blocks: Iterator[list[Row]]) -> Iterator[Block]:
    """The helpers take turns; what comes back first is what was given first."""
    given: deque[Helper] = deque()
    turns = cycle(helpers)
    for block in blocks:
        task = _packed(block)
        if task is None:  # a value that no other process can be given: those before it come first
            while given:
                yield _taken(given.popleft())
            yield here.read(block)
            continue
        helper = next(turns)
        while not helper.has_room_for(task):
            yield _taken(given.popleft())
        helper.give(task)
        given.append(helper)
    while given:
        yield _taken(given.popleft())


def _taken(helper: Helper) -> Block:
    block = Block()
    content, block.rows, block.outcomes, block.rejected, block.skipped = helper.take()
    block.packed = content
    return block


def _reading(mapping: SourceMapping) -> Callable[[Any], Any]:
    """What a helper does with the rows of a block."""
    reader = BlockReader(Reader(mapping))

    def answer(task: Any) -> Any:
        block = reader.read(_unpacked(task))
        return block.pack(), block.rows, block.outcomes, block.rejected, block.skipped

    return answer


def _packed(block: list[Row]) -> bytes | None:
    """Rows in few objects; None where a value cannot leave its process (a database's handle, say)."""
    origin = block[0].origin
    titles = next((list(row.values) for row in block if isinstance(row, RawRow)), [])
    rows: list[tuple[Any, ...]] = []
    for row in block:
        if isinstance(row, BrokenRow):
            rows.append((row.origin.place, row.origin.row, row.text, row.reason))
        elif list(row.values) == titles:
            rows.append((row.origin.place, row.origin.row, tuple(row.values.values())))
        else:
            rows.append((row.origin.place, row.origin.row, dict(row.values)))
    try:
        return packed((origin.source, origin.pulled_at, titles, rows))
    except Exception:  # pickling foreign objects may fail in any way
        return None


def _unpacked(task: Any) -> list[Row]:
    source: str
    pulled_at: datetime
    source, pulled_at, titles, rows = task
    found: list[Row] = []
    for place, row, values, *reason in rows:
        origin = Origin(source, place, row, pulled_at)
        if reason:
            found.append(BrokenRow(origin, values, reason[0]))
        else:
            named = dict(zip(titles, values, strict=True)) if isinstance(values, tuple) else values
            found.append(RawRow(origin, named))
    return found
