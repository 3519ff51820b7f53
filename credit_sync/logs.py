"""Structured logs on stderr: JSON for machines; on a terminal, where the summary tells the rest, only troubles.

Identity numbers are hidden in every value before anything is written, whoever forgot to. structlog is loaded with the
first event: most commands write none, and loading it would take them a tenth of a second.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping, Sequence, Set
from contextlib import suppress
from io import FileIO, TextIOWrapper
from typing import Any, TextIO

from credit_sync.subjects.identifiers import hide_in_text


class _Log:
    """What the program's parts write events to."""

    def __init__(self) -> None:
        self.verbose: bool | None = None
        """How to set up logging with the next event; None: it is set up, or somebody else does it."""

    def info(self, event: str, **values: Any) -> None:
        self._say("info", event, values)

    def warning(self, event: str, **values: Any) -> None:
        self._say("warning", event, values)

    def error(self, event: str, **values: Any) -> None:
        self._say("error", event, values)

    def exception(self, event: str, **values: Any) -> None:
        """An error with the traceback of the exception that is being handled."""
        self._say("error", event, values | {"exc_info": True})

    def _say(self, level: str, event: str, values: Mapping[str, Any]) -> None:
        """A log that a full disk does not take ends no night: what it would have said stands in the ledger, too."""
        with suppress(OSError):
            getattr(self._events(), level)(event, **values)

    def _events(self) -> Any:
        import structlog

        if self.verbose is not None:
            _set_up(verbose=self.verbose)
            self.verbose = None
        return structlog.get_logger()


log = _Log()


def configure(*, verbose: bool = False) -> None:
    """How the process logs from its next event on; `verbose`: every step, on a terminal as well."""
    log.verbose = verbose


def of_letting_go(found: "sys.UnraisableHookArgs") -> None:
    """Instead of Python's `sys.unraisablehook`: of a file that is given up, such as a workbook that a full disk did not take,
    whoever was writing it has spoken already.
    """
    if isinstance(found.exc_value, OSError):
        log.info("收尾时出错", problem=str(found.exc_value))
    else:
        sys.__unraisablehook__(found)


def _set_up(*, verbose: bool) -> None:
    import structlog

    terminal = sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            _without_traceback if terminal and not verbose else structlog.processors.format_exc_info,
            _hide_numbers,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if terminal and not verbose else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(_without_buffer(sys.stderr)),
        cache_logger_on_first_use=False,
    )


def _without_buffer(stream: TextIO) -> TextIO:
    """The same: what a full disk did not take would be tried again as the process ends, and end it with an error (120)."""
    try:
        file = FileIO(stream.fileno(), "w", closefd=False)
    except OSError:  # no file, as in a test
        return stream
    return TextIOWrapper(file, encoding=stream.encoding, errors=stream.errors, write_through=True)


def _without_traceback(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("exc_info", None)
    return event


def _hide_numbers(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _hidden(value) for key, value in event.items()}


def _hidden(value: Any) -> Any:
    """A value of an event without full numbers, whatever it is made of; what has none stays as it is."""
    if isinstance(value, Mapping):
        return {_hidden(key): _hidden(item) for key, item in value.items()}
    if isinstance(value, Sequence | Set) and not isinstance(value, str | bytes):
        return [_hidden(item) for item in value]
    text = str(value)
    return value if (shown := hide_in_text(text)) == text else shown
