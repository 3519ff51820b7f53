"""Keys beside stored records are made anew when they are made differently, and only then."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, select

from credit_sync.screening.index_files import scheme
from credit_sync.screening.stored_keys import renew_stored_keys
from credit_sync.store.engine import writing
from credit_sync.store.schema import key_scheme, subject_key
from tests.night import Night
from tests.review_world import ReviewWorld


def keys(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return sorted(map(tuple, connection.execute(select(subject_key))))


def test_keys_of_another_scheme_are_made_as_the_pull_makes_them(engine: Engine, tmp_path: Path) -> None:
    ReviewWorld(engine, tmp_path / "world").night()
    made = keys(engine)
    assert made
    with writing(engine) as connection:
        connection.execute(key_scheme.update().values(scheme="of an older program"))
        connection.execute(subject_key.delete().where(subject_key.c.record_id == 1))
        connection.execute(subject_key.insert().values(key=7, record="applicant", record_id=2))
    renew_stored_keys(engine)
    assert keys(engine) == made
    with engine.connect() as connection:
        assert connection.scalars(select(key_scheme.c.scheme)).all() == [scheme()]


def test_keys_of_the_present_scheme_are_left_alone(engine: Engine, tmp_path: Path) -> None:
    ReviewWorld(engine, tmp_path / "world").night()
    renew_stored_keys(engine)
    with writing(engine) as connection:
        connection.execute(subject_key.delete())
    renew_stored_keys(engine)
    assert keys(engine) == []


def test_a_night_finds_what_was_stored_by_an_older_program(first_night: Night, tmp_path: Path) -> None:
    night = first_night.copy(tmp_path / "night")
    before = night.tables()["subject_key"]
    with closing(sqlite3.connect(night.url.partition(":///")[2])) as store:
        store.execute("UPDATE key_scheme SET scheme = 'older'")
        store.execute("DELETE FROM subject_key WHERE record = 'licence'")
        store.commit()
    assert night.tables()["subject_key"] != before
    done = night.call("run", "--only", "report", "--as-of", "2026-11-24")
    assert done.returncode == 0, done.stdout + done.stderr
    assert night.tables()["subject_key"] == before
