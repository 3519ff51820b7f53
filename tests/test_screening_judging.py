"""Judging on every core leaves the same bytes as judging in one process, on both databases."""

import os
import random
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from credit_sync.processes import Helper
from credit_sync.pulling.pull import pull
from credit_sync.screening import judging
from credit_sync.screening.screen import screen
from credit_sync.store import ledger
from tests.test_screening_renewal import BRANCH, FIRMS, IDS, MASKS, NOBODY, PERSONS, Night

AS_OF = datetime(2026, 3, 2, 2, 0)
APPLICANTS, LISTINGS = 90, 120


def made_up(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Applicants and listings of few names and numbers, so that many meet."""
    chosen = random.Random(seed)
    applicants, listings = [], []
    for n in range(APPLICANTS):
        person = {"姓名": chosen.choice(PERSONS), "证件": chosen.choice(["", *IDS]), "单位": chosen.choice(FIRMS)}
        firm = {"姓名": chosen.choice([*FIRMS, BRANCH]), "法人": chosen.choice(PERSONS)}
        applicants.append({"编号": str(n), **chosen.choice([person, firm])})
    for n in range(1, LISTINGS):
        person = {"姓名": chosen.choice(PERSONS), "证件": chosen.choice(["", *MASKS])}
        firm = {"姓名": chosen.choice([*FIRMS, BRANCH]), "法人": chosen.choice(PERSONS)}
        listings.append({"案号": f"(2016)皖01执{n}号", **chosen.choice([person, firm])})
    return applicants, [*NOBODY, *listings]


def screened(
    night: Night, delivered: tuple[list[dict[str, Any]], list[dict[str, Any]]], kill: bool = False
) -> Any:
    """One night in an empty store: its screenings, matches and flags; and what the applicants ask with."""
    night.empty()
    for name, rows in zip(("applicants", "list"), delivered, strict=True):
        night.deliver(name, rows)
    run = ledger.begin(night.engine, AS_OF, {})
    assert [r.problem for r in pull(night.engine, night.settings, run) if r.state != "accepted"] == []
    counts = screen(night.engine, night.settings, run, progress=lambda _: kill_helpers() if kill else None)
    assert counts.judged == sum(counts.verdicts.values()) == APPLICANTS
    asking = {p.name: p.read_bytes() for p in (night.folder / "index" / "asking").iterdir()}
    return night.results(), asking


STARTED: list[Helper] = []


def kill_helpers() -> None:
    for helper in STARTED:
        if helper._process.poll() is None:
            os.kill(helper._process.pid, signal.SIGKILL)


@pytest.fixture
def helpers(monkeypatch: pytest.MonkeyPatch) -> list[Helper]:
    """Small blocks and two helpers, and which were started."""
    STARTED.clear()
    start = Helper.__init__

    def remember(helper: Helper, *arguments: Any) -> None:
        start(helper, *arguments)
        STARTED.append(helper)

    monkeypatch.setattr(Helper, "__init__", remember)
    monkeypatch.setattr(judging, "BLOCK", 4)
    monkeypatch.setattr(judging, "FOR_EACH", 30)
    monkeypatch.setattr(judging, "cores", lambda: 3)
    return STARTED


def test_helpers_change_no_byte(
    engine: Engine, tmp_path: Path, helpers: list[Helper], monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered = made_up(1)
    with monkeypatch.context() as alone:
        alone.setattr(judging, "cores", lambda: 1)
        expected = screened(Night(engine, tmp_path / "alone"), delivered)
        assert not helpers
    assert all(expected[0]), "there are screenings, matches and flags to compare"
    assert screened(Night(engine, tmp_path / "together"), delivered) == expected
    assert len(helpers) == 2
    assert screened(Night(engine, tmp_path / "lost"), delivered, kill=True) == expected
    assert all(helper._process.poll() is not None for helper in helpers)
