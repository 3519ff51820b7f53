"""Structured logs on stderr: JSON for machines; on a terminal, where the summary tells the rest, only troubles.

Identity numbers are hidden in every value before anything is written, whoever forgot to. structlog is loaded with the
first event: most commands write none, and loading it would take them a tenth of a second.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

from credit_sync.subjects.identifiers import hide_in_text

wanted: list[bool] = []
"""Whether the process logs every step, until the first event sets logging up by it."""


def configure(*, verbose: bool = False) -> None:
    """How the process logs from its next event on."""
    wanted[:] = [verbose]


class _Log:
    """What the program's parts write events to."""

    def info(self, event: str, **values: Any) -> None:
        _structlog().info(event, **values)

    def warning(self, event: str, **values: Any) -> None:
        _structlog().warning(event, **values)

    def error(self, event: str, **values: Any) -> None:
        _structlog().error(event, **values)

    def exception(self, event: str, **values: Any) -> None:
        """An error with the traceback of the exception that is being handled."""
        _structlog().error(event, exc_info=True, **values)


log = _Log()


def _structlog() -> Any:
    import structlog

    if wanted:
        _set_up(verbose=wanted.pop())
    return structlog.get_logger()


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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _without_traceback(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("exc_info", None)
    return event


def _hide_numbers(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: hide_in_text(value) if isinstance(value, str) else value for key, value in event.items()}
