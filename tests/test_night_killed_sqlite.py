"""A night on SQLite, killed twenty times."""

from pathlib import Path

from tests.kills import NightMaker, check_kills


def test_a_killed_night_ends_like_an_undisturbed_one(tmp_path: Path, province_address: str) -> None:
    check_kills(NightMaker(tmp_path, province_address), longest=0.9)
