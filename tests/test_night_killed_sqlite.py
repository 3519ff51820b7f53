"""A night on SQLite, killed twenty times."""

from pathlib import Path

from tests.kills import NightMaker, check_kills
from tests.night import province


def test_a_killed_night_ends_like_an_undisturbed_one(tmp_path: Path) -> None:
    with province() as address:
        check_kills(NightMaker(tmp_path, address), longest=0.9)
