"""A limit to how long a PostgreSQL server is waited for that is there and says nothing.

Its own limits end with it: a frozen process, or a machine whose disks hang, keeps every connection alive and no clock. Nor does
the driver give up by itself.
"""

from collections.abc import Generator
from time import monotonic
from typing import Any

from sqlalchemy import Engine, event

_BETWEEN_LOOKS = 0.1
_GRACE = 5
"""Seconds for the server to give up first: what it says is clearer than a silence."""


def give_up_waiting(engine: Engine, seconds: int) -> None:
    """Ends every wait on connections of a psycopg engine that is longer, as if the server had cancelled the statement."""

    def bound(driver: Any, _record: Any) -> None:
        usual, longest = driver.wait, seconds + _GRACE

        def wait(steps: Generator[Any, Any, Any], interval: float = _BETWEEN_LOOKS) -> Any:
            try:
                return usual(_until(steps, monotonic() + longest), interval)
            except TimeoutError:
                from psycopg.errors import QueryCanceled  # an extra, which others do not need

                driver.close()
                raise QueryCanceled(f"数据库超过 {longest} 秒没有回应") from None

        driver.wait = wait

    if engine.dialect.driver == "psycopg":
        event.listen(engine, "connect", bound, insert=True)  # before SQLAlchemy asks for the first time


def _until(steps: Generator[Any, Any, Any], end: float) -> Generator[Any, Any, Any]:
    """The driver's steps, which are told every now and then that nothing has come. Raises TimeoutError then, after the end."""
    try:
        wanted = next(steps)
        while True:
            come = yield wanted
            if not come and monotonic() > end:
                raise TimeoutError
            wanted = steps.send(come)
    except StopIteration as done:
        return done.value
