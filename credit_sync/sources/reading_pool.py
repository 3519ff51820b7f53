"""Reading on every core: blocks of a long source go to helpers and come back in the order of the rows.

Reading is pure, so what a block comes to is the same wherever it is read. Where little has to be read, because the
source is short or its rows are known, the process does it itself, for helpers take a second to start.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.processes import Helper, HelperLostError, collect_rarely, cores
from credit_sync.sources.block_reading import BLOCK, BlockReader
from credit_sync.sources.known import TellApart, all_to_be_read
from credit_sync.sources.mapping import SourceMapping
from credit_sync.sources.reading import Reader
from credit_sync.sources.row_columns import in_one_block, unpacked
from credit_sync.sources.rows import RawRows, Rows
from credit_sync.sources.spool import Block
from credit_sync.store.items import Again

ALONE = 20_000
"""Rows that are read before any helper is started."""
_WORTH_GIVING = BLOCK // 5
"""Rows to be read in a block that is given to a helper."""
_MOST_READY = 100
"""Blocks that wait for one that a helper has."""
MOST_HELPERS = 4
"""More would wait for the one process that takes rows out of the file."""


def read_blocks(
    reader: Reader, rows: Iterator[Rows], tell_apart: TellApart = all_to_be_read, *, alone: int = ALONE
) -> Generator[Block, None, None]:
    """What the rows come to, block by block. Raises what `rows` raises, and SourceError when a helper dies."""
    blocks = map(tell_apart, _in_blocks(rows))
    helpers: list[Helper] = []
    try:
        yield from _spread(helpers, reader, blocks, alone)
    except HelperLostError:
        raise SourceError("读取数据的子进程意外退出", remedy="检查内存是否足够，然后重试") from None
    finally:
        for helper in helpers:
            helper.close()


def _spread(
    helpers: list[Helper], reader: Reader, blocks: Iterator[Sequence[Rows | Again]], alone: int
) -> Iterator[Block]:
    """Helpers are added once so much has been read alone, and take turns; blocks come out in their order."""
    here, turn = BlockReader(reader), 0
    begun: deque[Helper | Block] = deque()
    for block in blocks:
        unread = sum(_unread(row) for row in block)
        alone -= unread
        rows = in_one_block(block)
        task = rows.packed() if alone < 0 and unread >= _WORTH_GIVING and cores() > 1 else None
        if task is None:  # not worth giving, or it holds a value that no other process can be given
            begun.append(here.read_columns(rows.columns()))
        else:
            if not helpers:
                helpers += [Helper(_reading, reader.mapping) for _ in range(min(cores(), MOST_HELPERS))]
            helper, turn = helpers[turn % len(helpers)], turn + 1
            while not helper.has_room_for(task):
                yield _taken(begun.popleft())
            helper.give(task)
            begun.append(helper)
        while begun and (isinstance(begun[0], Block) or len(begun) > _MOST_READY):
            yield _taken(begun.popleft())
    while begun:
        yield _taken(begun.popleft())


def _in_blocks(rows: Iterable[Rows]) -> Iterator[list[Rows]]:
    """BLOCK rows, and as many more as came at once with the last of them."""
    block: list[Rows] = []
    count = 0
    for row in rows:
        block.append(row)
        count += len(row) if isinstance(row, RawRows) else 1
        if count >= BLOCK:
            yield block
            block, count = [], 0
    if block:
        yield block


def _unread(row: Rows | Again) -> int:
    if isinstance(row, Again):
        return 0
    return len(row) if isinstance(row, RawRows) else 1


def _taken(begun: Helper | Block) -> Block:
    if isinstance(begun, Block):
        return begun
    block = Block()
    block.packed, block.rows, block.outcomes, block.rejected, block.skipped = begun.take()
    return block


def _reading(mapping: SourceMapping) -> Callable[[Any], Any]:
    """What a helper does with the rows of a block."""
    reader = BlockReader(Reader(mapping))
    collect_rarely()

    def answer(task: Any) -> Any:
        block = reader.read_columns(unpacked(task))
        return block.pack(), block.rows, block.outcomes, block.rejected, block.skipped

    return answer
