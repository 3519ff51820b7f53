"""Work spread over processes: helpers that answer tasks in order, and end with the process that started them.

What is spread is pure, so an answer is the same wherever it is worked out. A helper takes a second to start: whoever
uses one works on meanwhile.
"""

import fcntl
import gc
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any, Generic, TypeVar

from credit_sync.errors import CreditSyncError

Task = TypeVar("Task")
Answer = TypeVar("Answer")

_PIPE = 1 << 20
_USUAL_PIPE = 1 << 16
_AHEAD = 2
"""Tasks that a helper holds: the one it works on and the next."""
_LIFE = "import sys; sys.path[:] = sys.argv[3:]; from credit_sync.processes import work; work(*map(int, sys.argv[1:3]))"
"""What a helper runs: it finds modules where the process that started it does."""


class HelperLostError(Exception):
    """A helper has ended, whatever the reason."""


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def packed(task: Any) -> bytes:
    """A task as it is given to a helper. Raises what pickling raises."""
    return pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)


def collect_rarely() -> None:
    """For rows by the million, which hold no cycles: to look for some after every 700 new objects takes a tenth of the
    time.
    """
    gc.set_threshold(100_000)


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """The same for a while."""
    usual = gc.get_threshold()
    collect_rarely()
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class Helper:
    """A process that works tasks out. It is given the next one before it has answered, so that it never waits.

    It holds none of the pipes' ends that belong to the process that started it, so it reads their end when that
    process is gone, however that ended.
    """

    def __init__(self, start: Callable[..., Callable[[Any], Any]], *arguments: Any) -> None:
        """`start(*arguments)` is called in the new process and returns what works out a task.

        A fork would inherit the store's connections; multiprocessing's way of starting anew loads the module of the command
        line as well, and starts a third process that looks after shared memory.
        """
        theirs, self._tasks = Pipe(duplex=False)
        self._answers, answers = Pipe(duplex=False)
        self._room = min(_widen(self._tasks.fileno()), _widen(self._answers.fileno())) // 2
        self.waiting = 0
        """Tasks given and not taken."""
        with theirs, answers:
            ends = theirs.fileno(), answers.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - this program again
                [sys.executable, "-c", _LIFE, *map(str, ends), *sys.path], stdin=subprocess.DEVNULL, pass_fds=ends
            )
        with suppress(OSError):  # it has ended already, as the first task will show
            self._tasks.send_bytes(packed((start, arguments)))

    def has_room_for(self, task: bytes) -> bool:
        """Giving it now cannot end with both sides waiting: it fits into the pipe while an answer is on its way."""
        return self.waiting == 0 or (self.waiting < _AHEAD and len(task) <= self._room)

    def give(self, task: bytes) -> None:
        """A packed task to work out. Raises HelperLostError."""
        try:
            self._tasks.send_bytes(task)
        except OSError:
            raise HelperLostError from None
        self.waiting += 1

    @property
    def has_answered(self) -> bool:
        """Whether `take` need not wait."""
        try:
            return self._answers.poll()
        except OSError:  # closed, for the helper is lost
            return True

    def take(self) -> Any:
        """The answer to the task that was given first. Raises HelperLostError."""
        try:
            with _collector_at_rest():
                answer = pickle.loads(self._answers.recv_bytes())  # noqa: S301 - our own
        except (EOFError, OSError):
            raise HelperLostError from None
        self.waiting -= 1
        return answer

    def close(self) -> None:
        """Ends the process, whatever it does."""
        self._tasks.close()
        self._answers.close()
        self._process.terminate()
        self._process.wait()


class Team(Generic[Task, Answer]):
    """This process and its helpers. A helper that is lost is done without: what it was given is worked out here."""

    def __init__(self, here: Callable[[Task], Answer]) -> None:
        """`here` answers as the helpers do."""
        self._here = here
        self._helpers: list[Helper] = []

    @property
    def helpers(self) -> int:
        """How many there are."""
        return len(self._helpers)

    def add(self, helper: Helper) -> None:
        """One more."""
        self._helpers.append(helper)

    def answers(self, tasks: Iterable[Task]) -> Iterator[Answer]:
        """The answer to every task, in their order; gone through to the end before the next tasks. Raises what `here`
        raises.
        """
        left = deque(tasks)
        begun: deque[_Begun[Task, Answer]] = deque()
        while left or begun:
            self._hand_out(left, begun)
            if begun and (not left or begun[0].is_answered):
                yield self._taken(begun.popleft())
            else:
                task = left.popleft()
                begun.append(_Begun(task, None, _answered(self._here, task)))

    def close(self) -> None:
        """Ends the helpers."""
        for helper in self._helpers:
            helper.close()
        self._helpers.clear()

    def _hand_out(self, left: deque[Task], begun: "deque[_Begun[Task, Answer]]") -> None:
        for helper in self._helpers.copy():
            while left and helper.has_room_for(task := packed(left[0])):
                try:
                    helper.give(task)
                except HelperLostError:
                    self._lose(helper)
                    break
                begun.append(_Begun(left.popleft(), helper, None))

    def _taken(self, begun: "_Begun[Task, Answer]") -> Answer:
        if begun.helper is not None and begun.helper in self._helpers:
            try:
                answer: Answer = begun.helper.take()
            except HelperLostError:
                self._lose(begun.helper)
            else:
                return answer
        return _answered(self._here, begun.task) if begun.answer is None else begun.answer

    def _lose(self, helper: Helper) -> None:
        self._helpers.remove(helper)
        helper.close()


@dataclass(frozen=True, slots=True)
class _Begun(Generic[Task, Answer]):
    """A task that a helper has, or that was worked out here before its turn."""

    task: Task
    helper: Helper | None
    answer: Answer | None

    @property
    def is_answered(self) -> bool:
        return self.helper is None or self.helper.has_answered


def _answered(answer: Callable[[Task], Answer], task: Task) -> Answer:
    with _collector_at_rest():
        return answer(task)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Without looking for cycles of garbage: a task and its answer make a hundred thousand objects, none of them part of a
    cycle, and looking through them again and again takes an eighth of the time.
    """
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def _widen(pipe: int) -> int:
    """Makes a pipe hold a block, where the system lets us; returns how many bytes it holds."""
    try:
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
    except (AttributeError, OSError):
        return _USUAL_PIPE


def work(tasks_from: int, answers_to: int) -> None:
    """The life of a helper, between the ends of two pipes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started it
    given, answers = _given(Connection(tasks_from, writable=False)), Connection(answers_to, readable=False)
    try:
        with _collector_at_rest():
            start, arguments = pickle.loads(next(given))  # noqa: S301 - the modules that it needs are loaded here
            answer = start(*arguments)
    except (CreditSyncError, StopIteration):
        return  # no connection left for it, say, or nobody who waits: whoever started it does without
    gc.freeze()  # tables and code live as long as the process: nothing to look through again and again
    for task in given:
        found = packed(_answered(answer, pickle.loads(task)))  # noqa: S301 - from the process that started this one
        try:
            answers.send_bytes(found)
        except OSError:
            return


def _given(tasks: Connection) -> Iterator[bytes]:
    """What comes through a pipe, until nobody holds its other end."""
    while True:
        try:
            yield tasks.recv_bytes()
        except (EOFError, OSError):
            return
