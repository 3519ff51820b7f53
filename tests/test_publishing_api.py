"""The api channel against a platform that misbehaves: each version arrives once, both sides say the same."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from credit_sync.channel_settings import ApiChannel
from credit_sync.publishing.publish import publish
from credit_sync.publishing.values import Published
from credit_sync.settings import Settings
from credit_sync.store.columns import to_columns
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.schema import licence, submission
from tests.platform_server import FAULTS, REFUSED, Fault, Platform, every, receiving
from tests.publishing import LICENCE, MAPPINGS, settings, store_record

NIGHTS = [Run(n, datetime(2018, 11, 30, 2) + timedelta(days=n - 1)) for n in range(1, 8)]


def site_at(folder: Path, url: str, mapping: str = "rows_api", **changes: Any) -> Settings:
    values: dict[str, Any] = {"kind": "api", "mapping": mapping, "url": url, "receipts_url": f"{url}/receipts"}
    values |= {"timeout_seconds": 0.5, "backoff_seconds": 0.01, "rate_per_second": 1000, "retries": 3}
    return settings(folder, anhui=ApiChannel(**(values | changes)))


def without_memory(folder: Path) -> Path:
    """The shipped mapping for a platform that takes every arrival for another row."""
    (folder / "mappings" / "channels").mkdir(parents=True)
    for name in ("credit_anhui",):
        (folder / "mappings" / name).symlink_to(MAPPINGS / name)
    text = (MAPPINGS / "channels" / "rows_api.toml").read_text("utf-8")
    assert "remembers_keys = true" in text
    changed = text.replace("remembers_keys = true", "remembers_keys = false")
    (folder / "mappings" / "channels" / "rows_api.toml").write_text(changed, "utf-8")
    return folder / "mappings"


def save(engine: Engine, record_id: int, record: Published, **changes: object) -> None:
    with writing(engine) as connection:
        store_record(connection, record_id, record, **changes)


def submissions(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(submission).order_by(submission.c.id)))


def key(found: Any) -> str:
    step = f".{found.step}" if found.step else ""
    return f"{found.channel}/{found.record}/{found.record_id}/{found.record_version}{step}"


def agree(engine: Engine, platform: Platform) -> None:
    """Both sides say the same of every row, and each row arrived once."""
    ours = {
        key(s): (s.state in ("accepted", "withdrawn"), s.reason, s.platform_id, s.row)
        for s in submissions(engine)
        if s.sent_at
    }
    theirs = {k: (kept.state == "1", kept.reason, kept.number, kept.row) for k, kept in platform.kept.items()}
    assert ours == theirs
    assert set(platform.arrivals.values()) <= {1}


def test_ten_thousand_records_with_a_fault_at_every_fifth_request(engine: Engine, tmp_path: Path) -> None:
    platform = Platform(every(5))
    with engine.begin() as connection:
        values = to_columns(LICENCE) | {"version": 1, "source": "register", "digest": b"0" * 16, "warnings": []}
        values |= {"changed_at": NIGHTS[0].as_of, "first_seen": NIGHTS[0].as_of, "place": "a.xlsx", "extra": {}}
        connection.execute(
            insert(licence),
            [
                values
                | {"id": n, "key": str(n), "row": n, "document_number": f"皖科动许〔2018〕{n}号"}
                | {"note": REFUSED if n % 100 == 0 else ""}
                for n in range(1, 10_001)
            ],
        )
    with receiving(platform) as url:
        site = site_at(tmp_path, url, batch_rows=100).model_copy(update={"mappings": without_memory(tmp_path)})
        counts = publish(engine, site, NIGHTS[0])["anhui"]
        assert publish(engine, site, NIGHTS[1])["anhui"].sent == 0, "everything was sent in one night"
    assert (counts.sent, counts.accepted, counts.rejected, counts.problem) == (10_000, 9900, 100, "")
    assert len(platform.requests) > 110
    agree(engine, platform)
    assert len(platform.public) == 9900


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_happens_to_the_first_request_nothing_is_sent_twice(
    engine: Engine, tmp_path: Path, fault: Fault
) -> None:
    platform = Platform(lambda number: fault if number == 1 else "", silence=0.8)
    for number in range(1, 6):
        save(engine, number, replace(LICENCE, document_number=f"{number}号"))
    with receiving(platform) as url:
        site = site_at(tmp_path, url).model_copy(update={"mappings": without_memory(tmp_path)})
        counts = publish(engine, site, NIGHTS[0])["anhui"]
    assert (counts.sent, counts.accepted, counts.problem) == (5, 5, "")
    agree(engine, platform)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_platform_that_remembers_keys_need_not_be_asked(engine: Engine, tmp_path: Path, fault: Fault) -> None:
    platform = Platform(lambda number: fault if number == 1 else "", silence=0.8, remembers_keys=True)
    for number in range(1, 6):
        save(engine, number, replace(LICENCE, document_number=f"{number}号"))
    with receiving(platform) as url:
        counts = publish(engine, site_at(tmp_path, url, receipts_url=None), NIGHTS[0])["anhui"]
    assert (counts.sent, counts.accepted, counts.problem) == (5, 5, "")
    agree(engine, platform)
