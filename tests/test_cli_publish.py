"""`credit-sync publish` as an operator meets it: decisions go on record and out, those that cannot be made leave nothing."""

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.engine import URL

from credit_sync.store.engine import connect, writing
from credit_sync.store.schema import run, submission
from tests.commands import Command
from tests.night import ROOT
from tests.publishing import DEPARTMENT, PENALTY, store_record
from tests.stores import sqlite_store

WHO = ("--reason", "处罚决定已撤销", "--who", "张科")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A department with one penalty in its store and a channel of workbooks."""
    (tmp_path / "config.toml").write_text(
        f'mappings = "{ROOT / "mappings"}"\n[department]\nname = "{DEPARTMENT.name}"\nuscc = "{DEPARTMENT.uscc}"\n'
        '[store]\nurl = "sqlite:///store.db"\n[channels.anhui]\nkind = "workbook"\nfolder = "outbox"\n'
        '[sources.penalties]\nkind = "file"\nmapping = "patent_penalty"\nfolder = "in"\n',
        "utf-8",
    )
    engine = sqlite_store(tmp_path)
    with writing(engine) as connection:
        store_record(connection, 1, PENALTY)
    engine.dispose()
    return tmp_path


def store(folder: Path) -> Engine:
    return connect(URL.create("sqlite", database=str(folder / "store.db")))


def call(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = Command(*arguments, folder=site).ended()
    assert "Traceback" not in done.stderr
    return done


def test_a_decision_goes_out_and_one_that_cannot_be_made_leaves_no_run(site: Path) -> None:
    number = PENALTY.document_number
    for refused in (
        ("publish", "withdraw", "anhui", number, *WHO),
        ("publish", "keep", "anhui", number, *WHO),
        ("publish", "repair", "没有这个", *WHO),
    ):
        assert call(site, *refused).returncode == 1
    assert runs(site) == []
    assert call(site, "run", "--only", "publish").returncode == 0
    done = call(site, "publish", "withdraw", "anhui", number, *WHO)
    assert (done.returncode, "报出 1 条" in done.stdout) == (0, True)
    assert call(site, "publish", "withdraw", "anhui", number, *WHO).returncode == 1
    assert [status for status, _ in runs(site)] == ["done", "done"]
    with store(site).connect() as connection:
        sent = connection.execute(select(submission.c.action, submission.c.state, submission.c.who)).all()
    assert [tuple(row) for row in sent] == [("add", "sent", ""), ("withdraw", "sent", "张科")]


def runs(site: Path) -> list[tuple[str, int]]:
    with store(site).connect() as connection:
        found = connection.execute(select(run.c.status, run.c.attempts).order_by(run.c.id))
        return [(row.status, row.attempts) for row in found]
