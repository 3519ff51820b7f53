"""A stage that ends at one of its steps: in a process that is killed (SIGKILL), or as if in this one."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

from credit_sync.store.engine import connect

TRANSACTION = {"begin", "commit"}
FOLDER = {"os.rename", "os.mkdir", "os.rmdir", "os.symlink", "shutil.rmtree"}
REQUEST = {"http.client.send"}
"""The steps: what changes the store, a folder, somebody else's system."""


def lives(store: URL, stage: Callable[[Engine], object], at: int, steps: Set[str]) -> bool:
    """Whether the stage came to its end before its step number `at`, at which it is killed."""
    child = os.fork()
    if child == 0:
        try:
            fuse = _Fuse(at, steps)
            sys.addaudithook(fuse.heard)
            engine = connect(store)
            for name in steps & TRANSACTION:
                event.listen(engine, name, fuse.step)
            stage(engine)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), "the stage failed instead of being killed"
    return status == 0


class _Fuse:
    """Kills this process at a step."""

    def __init__(self, left: int, steps: Set[str]) -> None:
        self._left, self._steps = left, steps

    def step(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(self, name: str, _: tuple[Any, ...]) -> None:
        if name in self._steps:
            self.step()


class Killed(BaseException):
    """The process is gone: whatever was not committed has not happened."""


@contextmanager
def dying(engine: Engine, at: int | None) -> Iterator[None]:
    """The process dies at its transaction step number `at`; never without one."""
    left = at or -1

    def step(_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    for name in ("begin", "commit"):
        event.listen(engine, name, step)
    try:
        yield
    finally:
        for name in ("begin", "commit"):
            event.remove(engine, name, step)
