"""The built-in daemon: a night every day, whatever becomes of the clock."""

import time
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


def test_after_a_night_the_next_one_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = iter(range(2))

    def wait(_: float) -> None:
        if next(waits) == 1:
            raise _Over
        schedule.get_jobs()[0].next_run = datetime.now()

    monkeypatch.setattr(time, "sleep", wait)
    with pytest.raises(_Over):
        daemon.run_every_night("02:00", lambda: None)
    told = capsys.readouterr().out.splitlines()[-1]
    assert "下一次" in told
    assert str(schedule.next_run()) in told


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

    monkeypatch.setattr(time, "sleep", wait)
    with pytest.raises(_Over):
        daemon.run_every_night("02:00", lambda: ran.append(datetime.now()))
    assert len(ran) == 1
