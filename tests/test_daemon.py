"""The built-in daemon: a night every day, whatever becomes of the clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import schedule

from credit_sync import daemon


class _Over(BaseException):
    """Ends the daemon."""


@pytest.fixture(autouse=True)
def _nothing_planned() -> Iterator[None]:
    yield
    schedule.clear()


def test_a_night_that_a_clock_that_was_ahead_has_planned_is_planned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set back by some days, the clock would let as many nights pass."""
    ran: list[datetime] = []
    waits = 0

    def wait(_: float) -> None:
        nonlocal waits
        waits += 1
        [job] = schedule.get_jobs()
        assert job.next_run is not None
        if waits == 1:
            job.next_run += timedelta(days=9)
        elif waits == 2:
            assert job.next_run < datetime.now() + timedelta(hours=25)
            job.next_run = datetime.now()
        else:
            raise _Over

    monkeypatch.setattr(daemon.time, "sleep", wait)
    with pytest.raises(_Over):
        daemon.run_every_night("02:00", lambda: ran.append(datetime.now()))
    assert len(ran) == 1
