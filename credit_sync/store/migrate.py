"""The schema of the store and its migrations (Alembic, inside the package).

An empty database is brought up by the first run. A database of an earlier version is changed only when a
person says so (`credit-sync db upgrade`), after a backup.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Engine, column, inspect, select, table

from credit_sync.errors import StoreError
from credit_sync.store.engine import writing
from credit_sync.store.schema import metadata

if TYPE_CHECKING:
    from alembic.config import Config

State = Literal["empty", "current", "behind", "ahead"]

MIGRATIONS = Path(__file__).parent / "migrations"
_APPLIED = table("alembic_version", column("version_num"))


def upgrade(engine: Engine) -> None:
    """Brings the schema to this version, in one transaction; nothing happens when it is there already.

    Raises StoreError for a database of a later version, or one with tables of the same names.
    """
    if state(engine) == "ahead":
        raise StoreError("数据库由更新的版本建立，不能降级", remedy="请安装新版 credit-sync")
    from alembic import command  # heavy, and a look-up never needs it

    with writing(engine) as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def state(engine: Engine) -> State:
    """How the schema compares with what this version needs. Raises StoreError for a stranger's tables."""
    with engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        known_here = _APPLIED.name in there
        found = set(connection.scalars(select(_APPLIED.c.version_num))) if known_here else set()
    revisions = sorted(path.name[1:5] for path in (MIGRATIONS / "versions").glob("v*.py"))
    if not found:
        if tables := there & set(metadata.tables):
            raise StoreError(
                f"数据库里已有同名的表（{'、'.join(sorted(tables)[:3])} 等），但不是 credit-sync 建立的",
                remedy="请在 store.url 里换一个空数据库",
            )
        return "empty"
    if found == {revisions[-1]}:
        return "current"
    return "behind" if found <= set(revisions) else "ahead"


def prepare(engine: Engine) -> None:
    """What a run does first: makes the tables of an empty database, and refuses any other version's."""
    found = state(engine)
    if found == "empty":
        upgrade(engine)
    else:
        refuse_other(found)


def require_current(engine: Engine) -> None:
    """For commands that only read: raises StoreError unless the schema is this version's."""
    found = state(engine)
    if found == "empty":
        raise StoreError("数据库还是空的", remedy="请先执行 credit-sync run")
    refuse_other(found)


def refuse_other(found: State) -> None:
    """Raises StoreError for the schema of another version."""
    if found == "behind":
        raise StoreError("数据库结构是旧版本的", remedy="请先备份，再执行 credit-sync db upgrade")
    if found == "ahead":
        raise StoreError("数据库由更新的版本建立", remedy="请安装新版 credit-sync")


def configuration() -> "Config":
    """Alembic's configuration, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
