"""Exactly once, whatever dies in between: the stage is killed (SIGKILL) at each of its steps and goes on."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from credit_sync.channel_settings import WorkbookChannel
from credit_sync.publishing import batches, queueing
from credit_sync.publishing.publish import publish
from credit_sync.settings import Settings
from credit_sync.store.engine import connect, writing
from credit_sync.store.ledger import Run
from credit_sync.store.migrate import upgrade
from tests import dying
from tests.conftest import contents, empty_postgresql
from tests.platform_server import Platform, receiving
from tests.publishing import LICENCE, MAPPINGS, PENALTY, many, settings, store_record
from tests.test_publishing_api import site_at, without_memory

Kinds = tuple[Literal["licence", "penalty"], ...]
FIRST, SECOND = Run(1, datetime(2018, 11, 30, 2)), Run(2, datetime(2018, 12, 1, 2))
STEPS = dying.TRANSACTION | dying.FOLDER | dying.REQUEST


def prepare(engine: Engine, site: Settings) -> None:
    """One night is over; then records were added, changed and removed."""
    upgrade(engine)
    records = many(30)
    with writing(engine) as connection:
        for number, record in enumerate(records, 1):
            store_record(connection, number, record)
    publish(engine, site, FIRST)
    with writing(engine) as connection:
        store_record(
            connection, 2, replace(LICENCE, document_number="皖科动许〔2018〕1号", content="普通环境（兔）")
        )
        store_record(connection, 3, replace(PENALTY, document_number="皖知罚字〔2018〕2号", note="更正"))
        store_record(connection, 4, records[3], removed_at=SECOND.as_of)
        for number, record in enumerate(many(20), 41):
            number_text = f"{record.document_number[:-1]}之二号"
            store_record(connection, number, replace(record, document_number=number_text))


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "_CHUNK", 10)
    monkeypatch.setattr(batches, "_CHUNK", 5)


def site_in(folder: Path, kinds: Kinds) -> Settings:
    text = (MAPPINGS / "credit_anhui" / "2018.toml").read_text("utf-8")
    (folder / "mappings" / "credit_anhui").mkdir(parents=True)
    (folder / "mappings" / "credit_anhui" / "2018.toml").write_text(
        text.replace("max_rows = 10000", "max_rows = 12"), "utf-8"
    )
    channel = WorkbookChannel(kind="workbook", folder=Path("outbox"), records=kinds)
    return settings(folder, anhui=channel).model_copy(update={"mappings": folder / "mappings"})


def api_site(folder: Path, url: str) -> Settings:
    """A channel to a platform that would take a row twice for two."""
    if not (folder / "mappings").exists():
        without_memory(folder)
    site = site_at(folder, url, batch_rows=8, timeout_seconds=10, records=("licence",))
    return site.model_copy(update={"mappings": folder / "mappings"})


def published_files(site: Settings) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (site.base / "outbox").iterdir() if path.is_file()}


def lives(url: URL, site: Settings, at: int) -> bool:
    """Publishes, killed at its step number `at`; True when it lived to the end."""
    return dying.lives(url, lambda engine: publish(engine, site, SECOND), at, STEPS)


@contextmanager
def undisturbed(tmp_path: Path, kinds: Kinds) -> Iterator[tuple[dict[str, Any], dict[str, bytes], Settings]]:
    """What a run that nothing disturbs ends with, and the site as it was before."""
    before = tmp_path / "before"
    site = site_in(before, kinds)
    engine = connect(URL.create("sqlite", database=str(before / "store.db")))
    prepare(engine, site)
    engine.dispose()
    folder = tmp_path / "undisturbed"
    shutil.copytree(before, folder)
    engine = connect(URL.create("sqlite", database=str(folder / "store.db")))
    copied = site.model_copy(update={"base": folder})
    assert publish(engine, copied, SECOND)["anhui"].sent > 5
    yield contents(engine), published_files(copied), site
    engine.dispose()


def test_killed_at_any_step_it_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    with undisturbed(tmp_path, ("licence",)) as (expected, expected_files, before):
        for at in range(1, 1000):
            folder = tmp_path / f"at{at}"
            shutil.copytree(before.base, folder)
            site = before.model_copy(update={"base": folder})
            url = URL.create("sqlite", database=str(folder / "store.db"))
            lived = lives(url, site, at)
            assert published_files(site).items() <= expected_files.items(), "a file that is not whole"
            engine = connect(url)
            publish(engine, site, SECOND)
            assert contents(engine) == expected, f"killed at step {at}"
            assert published_files(site) == expected_files, f"killed at step {at}"
            engine.dispose()
            shutil.rmtree(folder)
            if lived:
                break
    assert at > 30, "the steps are not seen"


def test_killed_again_and_again_on_postgresql(tmp_path: Path, postgresql_url: URL) -> None:
    with undisturbed(tmp_path, ("licence", "penalty")) as (expected, expected_files, _):
        site = site_in(tmp_path / "postgresql", ("licence", "penalty"))
        engine = connect(postgresql_url)
        empty_postgresql(engine)
        prepare(engine, site)
        engine.dispose()
        steps = random.Random(2018)
        kills = 0
        while not lives(postgresql_url, site, steps.randint(5, 40)):
            kills += 1
            assert kills < 100, "no progress"
        assert kills > 3
        assert contents(engine) == expected
        assert published_files(site) == expected_files
        assert not (site.base / "outbox" / ".unfinished").exists()
        engine.dispose()


def test_killed_at_any_step_of_the_api_channel_nothing_arrives_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests are steps, too: what had arrived when the process died is asked for, not sent again."""
    monkeypatch.setattr(queueing, "_CHUNK", 500)  # the steps of queueing are those of the test above
    monkeypatch.setattr(batches, "_CHUNK", 500)
    before = tmp_path / "before"
    before.mkdir()
    start = Platform()
    with receiving(start) as url:
        engine = connect(URL.create("sqlite", database=str(before / "store.db")))
        prepare(engine, api_site(before, url))
        engine.dispose()

    def night(folder: Path, at: int) -> tuple[bool, dict[str, Any], Platform]:
        """The second night, killed at a step if it comes to that, and then run to its end."""
        shutil.copytree(before, folder)
        platform = Platform(on=SECOND.as_of.date(), **deepcopy(start.memory()))
        with receiving(platform) as url:
            site = api_site(folder, url)
            store = URL.create("sqlite", database=str(folder / "store.db"))
            lived = lives(store, site, at)
            engine = connect(store)
            counts = publish(engine, site, SECOND)["anhui"]
            assert (counts.problem, counts.sent > 5) == ("", True)
            found = contents(engine)
            engine.dispose()
        shutil.rmtree(folder)
        return lived, found, platform

    _, expected, undisturbed_platform = night(tmp_path / "undisturbed", 10_000)
    for at in range(1, 1000):
        lived, found, platform = night(tmp_path / f"at{at}", at)
        assert found == expected, f"killed at step {at}"
        assert platform.memory() == undisturbed_platform.memory(), f"killed at step {at}"
        assert set(platform.arrivals.values()) == {1}, f"killed at step {at}"
        if lived:
            break
    assert at > 20, "the steps are not seen"
