"""The built-in daemon: one night a day, on `schedule`, for machines without cron or systemd."""

import time
from collections.abc import Callable

import schedule

from credit_sync.errors import CreditSyncError, SettingsError
from credit_sync.logs import log

_TICK_SECONDS = 20


def run_every_night(at: str, night: Callable[[], None]) -> None:
    """Calls `night` every day at `at` (HH:MM, local time) until interrupted; a failed night does not end it."""
    try:
        schedule.every().day.at(at).do(_survive, night)
    except schedule.ScheduleValueError:
        raise SettingsError("--at", [f"{at} 不是时间，要写成 02:00 这样"]) from None
    log.info("已启动", next_run=str(schedule.next_run()))
    while True:
        schedule.run_pending()
        time.sleep(_TICK_SECONDS)


def _survive(night: Callable[[], None]) -> None:
    try:
        night()
    except CreditSyncError as error:
        log.error("这一晚没有跑成", problem=str(error))
    except Exception:  # whatever a night dies of, the next one is due
        log.exception("这一晚没有跑成")
    log.info("下一次", next_run=str(schedule.next_run()))
