"""A flag's life from night to night: opened, closed with the reason, opened again; nothing is deleted."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.engine import make_url

from credit_sync.store.engine import connect
from credit_sync.store.schema import applicant, flag, listing, match, source_version
from tests.night import Night

CASE = "(2017)皖0207执4号"


@pytest.fixture
def night(first_night: Night, tmp_path: Path) -> Night:
    return first_night.copy(tmp_path / "night")


@pytest.fixture
def store(night: Night) -> Iterator[Engine]:
    engine = connect(make_url(night.url))
    yield engine
    engine.dispose()


def the_flag(store: Engine) -> tuple[bool, str]:
    """Whether the flag of the case is open, and why not."""
    query = select(flag.c.closed_at, flag.c.close_reason).where(
        flag.c.id == match.c.flag_id, match.c.listing_id == listing.c.id, listing.c.number == CASE
    )
    with store.connect() as connection:
        [found] = connection.execute(query).all()
    return found.closed_at is None, found.close_reason


def change(store: Engine, statement: object) -> None:
    with store.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def change_case(store: Engine, **values: object) -> None:
    """As a pull would: the case says something else in the next version of its source."""
    c = source_version.c
    with store.begin() as connection:
        where = listing.c.number == CASE
        source = connection.scalar(select(listing.c.source).where(where))
        last = select(source_version).where(c.source == source).order_by(c.version.desc()).limit(1)
        found = dict(connection.execute(last).mappings().one())
        found["version"] += 1
        connection.execute(source_version.insert().values(**found))
        connection.execute(update(listing).where(where).values(**values, changed_in=found["version"]))


def screen(night: Night, day: int) -> str:
    done = night.call("run", "--only", "screen", "--as-of", f"2026-11-{day}T02:00:00")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_opened_closed_and_opened_again(night: Night, store: Engine) -> None:
    assert the_flag(store) == (True, "")
    change_case(store, removed_on=date(2026, 11, 24))
    assert "关闭 1" in screen(night, 24)
    assert the_flag(store) == (False, f"名单条目 {CASE} 已于 2026-11-24 移出名单")
    change_case(store, removed_on=None)
    assert "新增 1" in screen(night, 25)
    assert the_flag(store) == (True, "")
    assert "新增 0、变更 0、关闭 0" in screen(night, 26)


def test_an_applicant_that_leaves_closes_its_flags(night: Night, store: Engine) -> None:
    with store.connect() as connection:
        who = connection.scalar(
            select(match.c.applicant_id).where(match.c.listing_id == listing.c.id, listing.c.number == CASE)
        )
    change(store, update(applicant).where(applicant.c.id == who).values(removed_at=datetime(2026, 11, 24)))
    assert "793 个申报主体" in screen(night, 24)
    assert the_flag(store) == (False, "申报主体已不在申报系统中")


def test_a_corrected_number_closes_the_flag_for_its_evidence(night: Night, store: Engine) -> None:
    other = [["citizen_id", "3403021901****3051", True]]
    change_case(store, subject_identifiers=other)
    screen(night, 24)
    assert the_flag(store) == (False, "申报信息或名单信息更正后，证据不再成立")
