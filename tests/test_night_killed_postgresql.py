"""A night on PostgreSQL, killed twenty times."""

from pathlib import Path

from sqlalchemy.engine import URL

from tests.kills import NightMaker, check_kills
from tests.night import province


def test_a_killed_night_ends_like_an_undisturbed_one(tmp_path: Path, postgresql_url: URL) -> None:
    with province() as address:
        check_kills(NightMaker(tmp_path, address, postgresql_url), longest=0.9)
