"""`credit-sync` in processes of its own, forked from one that has imported it: the import takes longer than most commands.

Where the start itself is tested, or a terminal that is not UTF-8, a test starts Python.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path
from pkgutil import iter_modules
from tempfile import TemporaryDirectory
from typing import Any

from credit_sync import cli

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(
    [*(f"credit_sync.cli.{found.name}" for found in iter_modules(cli.__path__)), "alembic.command"]
)
_STREAMS = {"out": 1, "err": 2}


class Command:
    """A command that was started in a folder (this one), in this environment with additions."""

    def __init__(
        self, *arguments: str, folder: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self._arguments = arguments
        self._said = TemporaryDirectory(prefix="credit-sync-said-")
        where = (folder or Path.cwd(), os.environ | (environment or {}), self._said.name)
        self._process = _FORKS.Process(target=_run, args=(arguments, *where))
        self._process.start()

    def wait(self, seconds: float) -> int | None:
        """Its exit code as soon as it has ended; None when that takes longer."""
        self._process.join(seconds)
        return self._process.exitcode

    def kill(self) -> None:
        """By SIGKILL; it is dead afterwards, and what it said is gone."""
        self._process.kill()
        self._process.join()
        self._said.cleanup()

    def ended(self, seconds: float = 600) -> subprocess.CompletedProcess[str]:
        """What it came to and said. Raises TimeoutExpired, the command killed."""
        code = self.wait(seconds)
        if code is None:
            self.kill()
            raise subprocess.TimeoutExpired(self._arguments, seconds)
        out, err = self.said()
        self._said.cleanup()
        return subprocess.CompletedProcess(self._arguments, code, out, err)

    def said(self) -> tuple[str, str]:
        """What it has written so far to stdout and stderr."""
        files = [Path(self._said.name, name) for name in _STREAMS]
        out, err = (path.read_text(encoding="utf-8") if path.exists() else "" for path in files)
        return out, err


def _run(arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], said: str) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for name, number in _STREAMS.items():
        os.dup2(os.open(Path(said, name), os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["credit-sync", *arguments]
    code: Any = None
    try:
        cli.main()
    except SystemExit as ended:
        code = ended.code
    gc.collect()  # closes the store, as the end of Python does; a forked process ends without that
    sys.exit(code)
