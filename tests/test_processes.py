"""Helpers: answers in the order of the tasks, none lost with a helper, no helper left behind."""

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_sync.processes import Helper, Team, packed

MILLISECONDS = 0.001
ROOT = Path(__file__).resolve().parent.parent


def squaring(pause: float) -> Callable[[int], tuple[int, int]]:
    def answer(task: int) -> tuple[int, int]:
        time.sleep(pause * (task % 3))
        return task * task, os.getpid()

    return answer


@pytest.fixture(scope="module")
def team() -> Iterator[Team[int, tuple[int, int]]]:
    made: Team[int, tuple[int, int]] = Team(squaring(MILLISECONDS))
    for _ in range(2):
        made.add(Helper(squaring, MILLISECONDS))
    yield made
    made.close()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tasks=st.lists(st.integers(0, 1000), max_size=40))
def test_answers_come_in_the_order_of_the_tasks(team: Team[int, tuple[int, int]], tasks: list[int]) -> None:
    assert [answer for answer, _ in team.answers(tasks)] == [task * task for task in tasks]


def test_helpers_and_this_process_share_the_work(team: Team[int, tuple[int, int]]) -> None:
    assert len({process for _, process in team.answers(range(200))}) > 1


def test_what_a_lost_helper_was_given_is_worked_out_here() -> None:
    team: Team[int, tuple[int, int]] = Team(squaring(MILLISECONDS))
    helpers = [Helper(squaring, MILLISECONDS) for _ in range(2)]
    for helper in helpers:
        team.add(helper)
    while len({process for _, process in team.answers(range(100))}) < 3:
        pass  # until both have started
    answers = team.answers(range(300))
    found = [next(answers) for _ in range(10)]
    for helper in helpers:
        os.kill(helper._process.pid, signal.SIGKILL)
    found += answers
    assert [answer for answer, _ in found] == [task * task for task in range(300)]
    assert team.helpers == 0
    team.close()


def breaking() -> Callable[[int], int]:
    def answer(task: int) -> int:
        if task == 5:
            raise ValueError("5")
        return task

    return answer


def test_what_cannot_be_worked_out_is_an_error_here() -> None:
    team: Team[int, int] = Team(breaking())
    team.add(Helper(breaking))
    with pytest.raises(ValueError, match="5"):
        list(team.answers(range(10)))
    team.close()


@pytest.mark.parametrize("collecting", [True, False])
def test_a_task_is_worked_out_without_collecting_and_leaves_the_collector_as_it_was(collecting: bool) -> None:
    def answer(task: int) -> bool:
        if task:
            raise ValueError
        return gc.isenabled()

    team: Team[int, bool] = Team(answer)
    (gc.enable if collecting else gc.disable)()
    try:
        assert list(team.answers([0])) == [False]
        with pytest.raises(ValueError):
            list(team.answers([1]))
        assert gc.isenabled() is collecting
    finally:
        gc.enable()


class Collecting:
    """Is read back as whether the collector is at work where it is read."""

    def __reduce__(self) -> tuple[Callable[[], bool], tuple[()]]:
        return gc.isenabled, ()


def telling() -> Callable[[int], Collecting]:
    return lambda _: Collecting()


def test_an_answer_is_read_without_collecting() -> None:
    helper = Helper(telling)
    helper.give(packed(0))
    assert helper.take() is False
    assert gc.isenabled()
    helper.close()


LEFT_ALONE = """
import os, signal
from credit_sync.processes import Helper
from tests.test_processes import squaring

if __name__ == "__main__":
    helper = Helper(squaring, 0.0)
    print(helper._process.pid, flush=True)
    helper.give(b"\\x80\\x04K\\x02.")
    helper.take()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_helper_ends_with_the_process_that_started_it() -> None:
    died = subprocess.run([sys.executable, "-c", LEFT_ALONE], capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    helper = int(died.stdout)
    until = time.monotonic() + 30
    while _runs(helper) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _runs(helper)


def _runs(process: int) -> bool:
    """Whether a process does anything yet: one that nobody waits for stays in the list as a zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


WITHOUT_GUARD = """
from credit_sync.cli import main
from credit_sync.processes import Helper, packed

helper = Helper(eval, "lambda _: [*__import__('sys').modules]")
helper.give(packed(None))
print(*helper.take())
helper.close()
"""


def test_a_helper_loads_nothing_of_the_command_that_started_it(tmp_path: Path) -> None:
    command = tmp_path / "credit-sync"
    command.write_text(WITHOUT_GUARD, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, command],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    loaded = set(ended.stdout.split())
    assert "credit_sync.processes" in loaded
    assert not {"click", "credit_sync.cli", "numpy"} & loaded


@pytest.mark.parametrize(
    ("module", "too_much"),
    [
        ("credit_sync.screening.index_files", {"credit_sync.settings", "pydantic"}),
        ("credit_sync.screening.judging", {"credit_sync.settings", "credit_sync.screening.reasons"}),
    ],
)
def test_a_helper_of_the_night_loads_neither_settings_nor_what_only_the_first_process_reads(
    module: str, too_much: set[str]
) -> None:
    helper = Helper(eval, f"(__import__('{module}'), lambda _: [*__import__('sys').modules])[1]")
    helper.give(packed(None))
    loaded = set(helper.take())
    helper.close()
    assert module in loaded
    assert not too_much & loaded
