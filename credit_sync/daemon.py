"""The built-in daemon: one night a day, on `schedule`, for machines without cron or systemd."""

import time
from collections.abc import Callable

import schedule

from credit_sync.errors import CreditSyncError, SettingsError
from credit_sync.logs import log

_TICK_SECONDS = 20
_LONGEST_WAIT_SECONDS = 25 * 3600
"""A day, and the hour by which one may be longer."""


def run_every_night(at: str, night: Callable[[], None]) -> None:
    """Calls `night` every day at `at` (HH:MM, local time) until interrupted; a failed night does not end it."""
    try:
        _plan(at, night)
    except schedule.ScheduleValueError:
        raise SettingsError("--at", [f"{at} 不是时间，要写成 02:00 这样"]) from None
    log.info("已启动", next_run=str(schedule.next_run()))
    while True:
        if (schedule.idle_seconds() or 0) > _LONGEST_WAIT_SECONDS:  # reckoned by a clock that was ahead
            _plan(at, night)
            log.info("时钟已拨回", next_run=str(schedule.next_run()))
        planned = schedule.next_run()
        schedule.run_pending()
        if schedule.next_run() != planned:
            log.info("下一次", next_run=str(schedule.next_run()))
        time.sleep(_TICK_SECONDS)


def _plan(at: str, night: Callable[[], None]) -> None:
    schedule.clear()
    schedule.every().day.at(at).do(_survive, night)


def _survive(night: Callable[[], None]) -> None:
    try:
        night()
    except CreditSyncError as error:
        log.error("夜间运行没有完成", problem=str(error))
    except Exception:  # whatever a night dies of, the next one is due
        log.exception("夜间运行没有完成")
