"""A night on PostgreSQL, killed twenty times."""

from pathlib import Path

from sqlalchemy.engine import URL

from tests.kills import check_kills


def test_a_killed_night_ends_like_an_undisturbed_one(tmp_path: Path, postgresql_url: URL) -> None:
    check_kills(tmp_path, postgresql_url)
