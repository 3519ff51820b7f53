"""The publish stage on real stores: what goes out, once, and what it becomes when things change or break."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from credit_sync.channel_settings import WorkbookChannel
from credit_sync.errors import CreditSyncError
from credit_sync.interfaces.messages import Answer
from credit_sync.publishing.channels.channel import Receipt
from credit_sync.publishing.due import due
from credit_sync.publishing.probe import probe
from credit_sync.publishing.publish import publish
from credit_sync.publishing.receipts import record_receipts
from credit_sync.publishing.values import Published
from credit_sync.records import LicenceState
from credit_sync.settings import Department, Settings
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run, finished_parts
from credit_sync.store.schema import batch, stage, submission
from tests.conftest import contents
from tests.publishing import LICENCE, ORGANISATION, PENALTY, many, settings, store_record
from tests.stores import sqlite_store

NIGHTS = [Run(n, datetime(2018, 11, 30, 2) + timedelta(days=n - 1)) for n in range(1, 6)]


def states(engine: Engine) -> list[tuple[int, int, str, str]]:
    columns = (submission.c.record_id, submission.c.record_version, submission.c.action, submission.c.state)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(submission.c.id))]


def save(engine: Engine, record_id: int, record: Published, **changes: object) -> None:
    with writing(engine) as connection:
        store_record(connection, record_id, record, **changes)


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    return settings(tmp_path)


def files(site: Settings) -> list[str]:
    return sorted(path.name for path in (site.base / "outbox").iterdir())


def test_what_is_sent_is_not_sent_again(engine: Engine, site: Settings) -> None:
    for number, record in enumerate(many(15), 1):
        save(engine, number, record)
    counts = publish(engine, site, NIGHTS[0])["anhui"]
    assert (counts.queued, counts.sent, counts.invalid, counts.unchanged) == (15, 13, 2, 0)
    assert sorted(counts.files) == files(site)
    assert files(site) == [
        f"双公示-{kind}-20181130-{number:06}{ending}"
        for number, kind in ((2, "行政处罚"), (1, "行政许可"))
        for ending in ("-清单.json", ".json", ".xlsx")
    ]
    before = contents(engine)
    again = publish(engine, site, NIGHTS[1])["anhui"]
    assert (again.queued, again.sent, again.invalid, again.unchanged, again.files) == (0, 0, 2, 13, ())
    after = contents(engine)
    assert {name for name in after if after[name] != before[name]} == {"stage"}


def test_a_change_of_what_was_sent_goes_out_as_a_correction(engine: Engine, site: Settings) -> None:
    save(engine, 1, LICENCE)
    publish(engine, site, NIGHTS[0])
    save(engine, 1, replace(LICENCE, state=LicenceState.REVOKED))
    save(engine, 2, replace(LICENCE, document_number="皖科动许〔2018〕2号"))
    publish(engine, site, NIGHTS[1])
    assert states(engine) == [(1, 1, "add", "sent"), (1, 2, "correct", "sent"), (2, 1, "add", "sent")]
    written = json.loads((site.base / "outbox" / "双公示-行政许可更正-20181201-000003.json").read_text("utf-8"))
    assert [(row["XK_WSH"], row["XK_ZT"]) for row in written["rows"]] == [(LICENCE.document_number, "2")]


def test_a_change_that_is_not_published_is_not_sent(engine: Engine, site: Settings) -> None:
    save(engine, 1, LICENCE)
    publish(engine, site, NIGHTS[0])
    save(engine, 1, replace(LICENCE, subject=replace(ORGANISATION, region="合肥市")))
    counts = publish(engine, site, NIGHTS[1])["anhui"]
    assert (counts.sent, counts.unchanged, counts.files) == (0, 1, ())
    save(engine, 1, replace(LICENCE, content="普通环境（兔）"))
    publish(engine, site, NIGHTS[2])
    assert states(engine) == [(1, 1, "add", "sent"), (1, 2, "correct", "superseded"), (1, 3, "correct", "sent")]


def test_an_invalid_record_waits_for_its_source(engine: Engine, site: Settings) -> None:
    save(engine, 1, replace(LICENCE, document_title=""))
    assert publish(engine, site, NIGHTS[0])["anhui"].invalid == 1
    (item,) = due(engine, site, NIGHTS[0].as_of.date())
    assert (item.state, [f.field for f in item.errors]) == ("invalid", ["XK_XKWS"])
    save(engine, 1, LICENCE)
    assert publish(engine, site, NIGHTS[1])["anhui"].sent == 1
    assert states(engine) == [(1, 1, "add", "superseded"), (1, 2, "add", "sent")]
    assert due(engine, site, NIGHTS[1].as_of.date()) == []


def test_an_invalid_record_goes_out_once_the_settings_are_right(engine: Engine, site: Settings) -> None:
    save(engine, 1, LICENCE)
    without = site.model_copy(update={"department": Department(uscc="")})
    assert publish(engine, without, NIGHTS[0])["anhui"].invalid == 1
    assert publish(engine, site, NIGHTS[1])["anhui"].sent == 1
    assert states(engine) == [(1, 1, "add", "sent")]


def test_a_decision_in_the_future_goes_out_when_its_day_has_come(engine: Engine, site: Settings) -> None:
    save(engine, 1, replace(LICENCE, decided_on=date(2018, 12, 1)))
    assert [publish(engine, site, night)["anhui"].sent for night in NIGHTS[:3]] == [0, 1, 0]


def test_a_removed_record_is_held_for_a_person_and_never_withdrawn_silently(
    engine: Engine, site: Settings
) -> None:
    save(engine, 1, LICENCE)
    save(engine, 2, replace(LICENCE, document_title="", document_number="皖科动许〔2018〕2号"))
    publish(engine, site, NIGHTS[0])
    gone = {"removed_at": NIGHTS[1].as_of}
    save(engine, 1, LICENCE, **gone)
    save(engine, 2, replace(LICENCE, document_title="", document_number="皖科动许〔2018〕2号"), **gone)
    counts = publish(engine, site, NIGHTS[1])["anhui"]
    assert (counts.sent, counts.held, counts.invalid) == (0, 1, 0)
    held = [(1, 1, "add", "sent"), (2, 1, "add", "superseded"), (1, 2, "withdraw", "held")]
    assert states(engine) == held
    (item,) = due(engine, site, NIGHTS[1].as_of.date())
    assert (item.record_id, item.state, item.deadline) == (1, "held", None)
    publish(engine, site, NIGHTS[2])
    assert states(engine) == held
    save(engine, 1, LICENCE)
    counts = publish(engine, site, NIGHTS[3])["anhui"]
    assert (counts.sent, counts.held, counts.unchanged) == (0, 0, 1)


def test_rulings_stay_at_home_and_a_penalty_that_became_one_is_held(engine: Engine, site: Settings) -> None:
    save(engine, 1, replace(PENALTY, nature="行政裁决"))
    save(engine, 2, PENALTY)
    publish(engine, site, NIGHTS[0])
    assert states(engine) == [(2, 1, "add", "sent")]
    assert due(engine, site, date(2019, 6, 1)) == []
    save(engine, 2, replace(PENALTY, nature="行政裁决"))
    publish(engine, site, NIGHTS[1])
    assert states(engine) == [(2, 1, "add", "sent"), (2, 2, "withdraw", "held")]


def test_a_platforms_number_may_be_long(engine: Engine, site: Settings) -> None:
    """PostgreSQL takes no text that is longer than its column."""
    save(engine, 1, LICENCE)
    save(engine, 2, replace(LICENCE, document_number="皖科动许〔2018〕2号", licence_number="SYXK(皖)2018-002"))
    publish(engine, site, NIGHTS[0])
    refused = Receipt(1, Answer.REJECTED, "许可内容不规范", "7" * 200)
    for new in (2, 0):
        answers = [refused, Receipt(2, Answer.ACCEPTED, platform_id="8" * 200)]
        with writing(engine) as connection:
            assert record_receipts(connection, "anhui", answers, NIGHTS[1].as_of) == new
    with engine.connect() as connection:
        columns = (submission.c.reason, submission.c.platform_id)
        found = connection.execute(select(*columns).order_by(submission.c.id)).all()
    assert [tuple(row) for row in found] == [("许可内容不规范", "7" * 128), ("", "8" * 128)]


def test_one_failing_channel_does_not_stop_the_others(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "in_the_way").write_text("a file where a folder should be")
    broken = WorkbookChannel(kind="workbook", folder=Path("in_the_way"))
    site = settings(tmp_path, broken=broken, good=WorkbookChannel(kind="workbook", folder=Path("outbox")))
    save(engine, 1, LICENCE)
    counts = publish(engine, site, NIGHTS[0])
    assert "in_the_way" in counts["broken"].problem
    assert (counts["broken"].sent, counts["good"].sent, counts["good"].problem) == (0, 1, "")
    with engine.connect() as connection:
        assert finished_parts(connection, NIGHTS[0], "publish") == {"good"}
        assert connection.scalar(select(stage.c.problem).where(stage.c.part == "broken"))
    (item,) = due(engine, site, NIGHTS[0].as_of.date())
    assert (item.channel, item.state) == ("broken", "sending")
    # Meanwhile the record changes; then the folder is mended: both versions go out, in order.
    save(engine, 1, replace(LICENCE, content="普通环境（兔）"))
    publish(engine, site, NIGHTS[1])
    (tmp_path / "in_the_way").unlink()
    counts = publish(engine, site, NIGHTS[2])
    assert (counts["broken"].sent, counts["good"].sent) == (2, 0)
    sent = sorted(path.name for path in (tmp_path / "in_the_way").glob("*.xlsx"))
    assert sent == ["双公示-行政许可-20181130-000001.xlsx", "双公示-行政许可更正-20181201-000003.xlsx"]


def test_an_unusable_standard_is_the_problem_of_its_channel(engine: Engine, tmp_path: Path) -> None:
    site = settings(
        tmp_path, a=WorkbookChannel(kind="workbook", standard="1984"), b=WorkbookChannel(kind="workbook")
    )
    save(engine, 1, LICENCE)
    counts = publish(engine, site, NIGHTS[0])
    assert "1984.toml" in counts["a"].problem
    assert counts["b"].sent == 1


def test_a_channel_takes_only_the_kinds_it_carries(engine: Engine, tmp_path: Path) -> None:
    site = settings(tmp_path, licences=WorkbookChannel(kind="workbook", records=("licence",)))
    save(engine, 1, LICENCE)
    save(engine, 2, PENALTY)
    assert publish(engine, site, NIGHTS[0])["licences"].queued == 1


def test_batches_keep_to_the_row_limit(engine: Engine, tmp_path: Path, limited: Settings) -> None:
    for number, record in enumerate(many(40), 1):
        save(engine, number, record)
    publish(engine, limited, NIGHTS[0])
    with engine.connect() as connection:
        rows = [tuple(r) for r in connection.execute(select(batch.c.record, batch.c.rows).order_by(batch.c.id))]
        sizes = Counter(connection.scalars(select(submission.c.batch).where(submission.c.batch.is_not(None))))
    assert rows == [("licence", 8), ("licence", 8), ("licence", 2), ("penalty", 8), ("penalty", 8), ("penalty", 1)]
    assert [sizes[number] for number in sorted(sizes)] == [count for _, count in rows]
    written = [json.loads(path.read_text("utf-8")) for path in sorted((tmp_path / "outbox").glob("*[0-9].json"))]
    numbers = [row.get("XK_WSH") or row["CF_WSH"] for found in written for row in found["rows"]]
    assert len(numbers) == len(set(numbers)) == 35


@pytest.fixture
def limited(tmp_path: Path) -> Settings:
    """The 2018 edition with files of at most eight rows."""
    site = settings(tmp_path)
    text = (site.mappings / "credit_anhui" / "2018.toml").read_text("utf-8")
    (tmp_path / "mappings" / "credit_anhui").mkdir(parents=True)
    changed = text.replace("max_rows = 10000", "max_rows = 8")
    (tmp_path / "mappings" / "credit_anhui" / "2018.toml").write_text(changed, "utf-8")
    return site.model_copy(update={"mappings": tmp_path / "mappings"})


def test_after_a_backup_was_restored_no_workbook_goes_out_beside_those_made_since(tmp_path: Path) -> None:
    """Nobody can ask the platform what of them was uploaded: a person must."""
    site, engine, outbox = settings(tmp_path), sqlite_store(tmp_path), tmp_path / "outbox"
    with writing(engine) as connection:
        store_record(connection, 1, LICENCE)
    publish(engine, site, NIGHTS[0])
    assert probe(site, "anhui")
    engine.dispose()
    backup = (tmp_path / "store.db").read_bytes()
    with writing(engine) as connection:
        store_record(connection, 2, replace(LICENCE, document_number="2号"))
    assert publish(engine, site, NIGHTS[1])["anhui"].sent == 1
    engine.dispose()
    (tmp_path / "store.db").write_bytes(backup)
    there = {path.name for path in outbox.iterdir()}
    with writing(engine) as connection:
        store_record(connection, 2, replace(LICENCE, document_number="2号"))
    problem = publish(engine, site, NIGHTS[2])["anhui"].problem
    assert "双公示-行政许可-20181201-000002-清单.json 说的这一批，数据库里没有" in problem
    with pytest.raises(CreditSyncError, match="数据库恢复过备份，或换了数据库"):
        probe(site, "anhui")
    assert {path.name for path in outbox.iterdir()} == there
    for path in outbox.glob("*20181201*"):
        path.unlink()
    assert publish(engine, site, NIGHTS[3])["anhui"].sent == 1
    engine.dispose()
