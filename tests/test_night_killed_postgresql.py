"""A night on PostgreSQL, killed twenty times."""

from pathlib import Path

from sqlalchemy.engine import URL

from tests.kills import NightMaker, check_kills


def test_a_killed_night_ends_like_an_undisturbed_one(
    tmp_path: Path, province_address: str, postgresql_url: URL
) -> None:
    check_kills(NightMaker(tmp_path, province_address, postgresql_url), longest=0.9)
