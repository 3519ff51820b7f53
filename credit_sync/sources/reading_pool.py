"""Reading on every core: blocks of a long source go to worker processes and come back in the order of the rows.

Reading is pure, so what a block comes to is the same wherever it is read. A short source is read in the process
itself, for workers take a second to start. A worker ends by itself when the process that started it is gone, however
that ended.
"""

import fcntl
import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Generator, Iterator
from datetime import datetime
from itertools import chain, cycle, islice
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.sources.block_reading import BLOCK, BlockReader, Row
from credit_sync.sources.mapping import Mapping as SourceMapping
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import BrokenRow, Origin, RawRow
from credit_sync.sources.spool import Block

ALONE = 20_000
"""Rows that are read before any worker is started."""
_PIPE = 1 << 20
_USUAL_PIPE = 1 << 16
MOST_WORKERS = 4
"""More would wait for the one process that takes rows out of the file."""


def read_blocks(reader: Reader, rows: Iterator[Row], *, alone: int = ALONE) -> Generator[Block, None, None]:
    """What the rows come to, block by block. Raises what `rows` raises, and SourceError when a worker dies."""
    here = BlockReader(reader)
    for _ in range(alone // BLOCK):
        if not (block := list(islice(rows, BLOCK))):
            return
        yield here.read(block)
    first = list(islice(rows, BLOCK))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if len(first) < BLOCK or cores < 2:
        for block in chain([first], iter(lambda: list(islice(rows, BLOCK)), [])):
            yield here.read(block)
        return
    workers = [_Worker(reader.mapping) for _ in range(min(cores, MOST_WORKERS))]
    try:
        yield from _spread(workers, here, chain([first], iter(lambda: list(islice(rows, BLOCK)), [])))
    finally:
        for worker in workers:
            worker.close()


def _spread(workers: list["_Worker"], here: BlockReader, blocks: Iterator[list[Row]]) -> Iterator[Block]:
    """The workers take turns; what comes back first is what was given first."""
    given: deque[_Worker] = deque()
    turns = cycle(workers)
    for block in blocks:
        packed = _packed(block)
        if packed is None:  # a value that no other process can be given: those before it come first
            while given:
                yield given.popleft().take()
            yield here.read(block)
            continue
        worker = next(turns)
        while not worker.has_room_for(packed):
            yield given.popleft().take()
        worker.give(packed)
        given.append(worker)
    while given:
        yield given.popleft().take()


class _Worker:
    """A process that reads blocks. It is given the next one before it has answered, so that it never waits."""

    def __init__(self, mapping: SourceMapping) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would inherit the store's connections
        theirs, self._blocks = context.Pipe(duplex=False)
        self._answers, answers = context.Pipe(duplex=False)
        self._room = min(_widen(self._blocks.fileno()), _widen(self._answers.fileno())) // 2
        self._waiting = 0
        self._process: BaseProcess = context.Process(target=_work, args=(theirs, answers, mapping), daemon=True)
        self._process.start()
        theirs.close()
        answers.close()

    def has_room_for(self, packed: bytes) -> bool:
        """Giving it now cannot end with both sides waiting: it fits into the pipe while an answer is on its way."""
        return self._waiting == 0 or (self._waiting == 1 and len(packed) <= self._room)

    def give(self, packed: bytes) -> None:
        """A block to read."""
        try:
            self._blocks.send_bytes(packed)
        except OSError:
            raise _died() from None
        self._waiting += 1

    def take(self) -> Block:
        """The answer to the block that was given first."""
        try:
            packed, rows, outcomes, rejected, skipped = pickle.loads(self._answers.recv_bytes())  # noqa: S301 - our own
        except (EOFError, OSError):
            raise _died() from None
        self._waiting -= 1
        block = Block()
        block.packed = packed
        block.rows, block.outcomes, block.rejected, block.skipped = rows, outcomes, rejected, skipped
        return block

    def close(self) -> None:
        """Ends the process, whatever it does."""
        self._blocks.close()
        self._answers.close()
        self._process.terminate()
        self._process.join()


def _widen(pipe: int) -> int:
    """Makes a pipe hold a block, where the system lets us; returns how many bytes it holds."""
    try:
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
    except (AttributeError, OSError):
        return _USUAL_PIPE


def _died() -> SourceError:
    return SourceError("读取数据的子进程意外退出", remedy="检查内存是否足够，然后重试")


def _work(blocks: Connection, answers: Connection, mapping: SourceMapping) -> None:
    """The life of a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started it
    reader = BlockReader(Reader(mapping))
    while True:
        try:
            packed = blocks.recv_bytes()
        except (EOFError, OSError):
            return
        block = reader.read(_unpacked(packed))
        answer = (block.pack(), block.rows, block.outcomes, block.rejected, block.skipped)
        answers.send_bytes(pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL))


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
        return pickle.dumps((origin.source, origin.pulled_at, titles, rows), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception:  # pickling foreign objects may fail in any way
        return None


def _unpacked(packed: bytes) -> list[Row]:
    source: str
    pulled_at: datetime
    source, pulled_at, titles, rows = pickle.loads(packed)  # noqa: S301 - from the process that started this one
    found: list[Row] = []
    for place, row, values, *reason in rows:
        origin = Origin(source, place, row, pulled_at)
        if reason:
            found.append(BrokenRow(origin, values, reason[0]))
        else:
            named = dict(zip(titles, values, strict=True)) if isinstance(values, tuple) else values
            found.append(RawRow(origin, named))
    return found
