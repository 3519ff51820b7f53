"""Records of a store that share a number: the one that came first goes out, the other says why it does not."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from credit_sync.publishing.publish import publish
from credit_sync.publishing.values import Published
from credit_sync.settings import Settings
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.schema import submission
from tests.publishing import LICENCE, ORGANISATION, PENALTY, PERSON, code, settings, store_record

NIGHTS = [Run(n, datetime(2018, 12, n, 2)) for n in (1, 2, 3)]
OTHER = replace(ORGANISATION, name="合肥宣纸有限公司", identifiers=(code("91340100MA2TUXY34"),))
NEXT = replace(LICENCE, document_number="皖科动许〔2018〕2号")


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    return settings(tmp_path)


def save(engine: Engine, *records: Published, first: int = 1, **changes: Any) -> None:
    with writing(engine) as connection:
        for number, record in enumerate(records, first):
            store_record(connection, number, record, **changes)


def outcome(engine: Engine) -> list[tuple[int, str, list[str]]]:
    """Each record's last submission: its state and the rules it breaks."""
    wanted = select(submission.c.record_id, submission.c.state, submission.c.findings).order_by(submission.c.id)
    with engine.connect() as connection:
        last = {(row.record_id): row for row in connection.execute(wanted)}
    return [(number, row.state, [f["rule"] for f in row.findings]) for number, row in sorted(last.items())]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (LICENCE, LICENCE, ("invalid", ["document_repeated"])),
        (LICENCE, replace(LICENCE, content="普通环境"), ("invalid", ["document_conflict"])),
        (LICENCE, replace(NEXT, subject=OTHER), ("invalid", ["licence_number_taken"])),
        (PENALTY, replace(PENALTY, subject=PERSON), ("sent", ["document_shared"])),
        (LICENCE, replace(LICENCE, licence_number="SCXK(皖)2018-001"), ("sent", ["document_shared"])),
        (LICENCE, NEXT, ("sent", [])),
        (LICENCE, replace(NEXT, authority_code=OTHER.identifiers[0].value), ("invalid", ["organ_code", "organ_codes_differ"])),
        (PENALTY, replace(PENALTY, nature="行政裁决"), None),
    ],
)  # fmt: skip
def test_the_first_keeps_its_number(
    engine: Engine, site: Settings, first: Published, second: Published, expected: tuple[str, list[str]] | None
) -> None:
    save(engine, first, second)
    publish(engine, site, NIGHTS[0])
    assert outcome(engine) == [(1, "sent", []), *([(2, *expected)] if expected else [])]


def test_it_is_the_same_in_whatever_runs_they_come_and_ends_with_its_reason(
    engine: Engine, site: Settings
) -> None:
    save(engine, LICENCE)
    publish(engine, site, NIGHTS[0])
    save(engine, replace(LICENCE, content="普通环境"), first=2)
    publish(engine, site, NIGHTS[1])
    assert outcome(engine) == [(1, "sent", []), (2, "invalid", ["document_conflict"])]
    save(engine, LICENCE, removed_at=datetime(2018, 12, 1))
    publish(engine, site, NIGHTS[2])
    assert outcome(engine)[1] == (2, "sent", [])
