"""The schema: migrations equal the tables in code, on both databases, and states are told apart."""

import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from credit_sync.errors import StoreError
from credit_sync.settings import Settings
from credit_sync.store import migrate
from credit_sync.store.copy import copy_store
from credit_sync.store.engine import connect, writing
from credit_sync.store.schema import metadata


@pytest.fixture
def empty(tmp_path: Path) -> Engine:
    return connect(URL.create("sqlite", database=str(tmp_path / "deep" / "folder" / "store.db")))


def test_migrations_lead_to_the_tables_in_code(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert migrate.state(engine) == "current"


def test_first_run_makes_the_tables(empty: Engine) -> None:
    assert migrate.state(empty) == "empty"
    with pytest.raises(StoreError, match="credit-sync run"):
        migrate.require_current(empty)
    migrate.prepare(empty)
    migrate.prepare(empty)
    migrate.require_current(empty)
    assert migrate.state(empty) == "current"


NEXT_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    op.add_column("run", sa.Column("later", sa.Text()))
"""


def test_a_later_version_upgrades_only_when_told(
    empty: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate.upgrade(empty)
    later = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, later)
    head = max(path.name[1:5] for path in (later / "versions").glob("v*.py"))
    (later / "versions" / "v9999_later.py").write_text(NEXT_REVISION.format(head=head), encoding="utf-8")
    with monkeypatch.context() as with_later_version:
        with_later_version.setattr(migrate, "MIGRATIONS", later)
        assert migrate.state(empty) == "behind"
        with pytest.raises(StoreError, match="credit-sync db upgrade"):
            migrate.prepare(empty)
        migrate.upgrade(empty)
        assert migrate.state(empty) == "current"
    assert migrate.state(empty) == "ahead"
    for refused in (migrate.prepare, migrate.upgrade, migrate.require_current):
        with pytest.raises(StoreError, match="新版"):
            refused(empty)


def test_a_dry_run_refuses_another_version_as_a_run_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    settings = Settings.model_validate(
        {"sources": {"a": {"kind": "file", "mapping": "a", "folder": "a"}}, "store": {"url": url}}
    )
    engine = connect(settings.store.full_url(tmp_path))
    with writing(engine) as connection:
        config = migrate.configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "0014")
    with pytest.raises(StoreError, match="credit-sync db upgrade"):
        copy_store(settings, tmp_path)


def test_a_strangers_tables_are_left_alone(empty: Engine) -> None:
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE run (id INTEGER)"))
    with pytest.raises(StoreError, match="不是 credit-sync 建立的"):
        migrate.prepare(empty)


def test_a_failing_upgrade_leaves_the_database_empty(empty: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(empty) as connection:
        config = migrate.configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        raise ZeroDivisionError
    assert migrate.state(empty) == "empty"
