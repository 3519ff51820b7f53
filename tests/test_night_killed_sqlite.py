"""A night on SQLite, killed twenty times."""

from pathlib import Path

from tests.kills import check_kills


def test_a_killed_night_ends_like_an_undisturbed_one(tmp_path: Path) -> None:
    check_kills(tmp_path)
