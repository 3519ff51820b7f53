"""Settings of a database: its address without a password, and where the password is."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from credit_sync.errors import CreditSyncError, StoreError
from credit_sync.http_settings import SecretName
from credit_sync.secret import secret
from credit_sync.toml_files import Strict


def _database_url(value: str) -> str:
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError("不是数据库地址，例如 sqlite:///var/credit_sync.db") from None
    if url.get_backend_name() == "sqlite" and url.host:
        raise ValueError("sqlite 后面要有三条斜线，例如 sqlite:///var/credit_sync.db")
    if url.password or any(map(_SECRET_PARAMETER.search, _parameters(url))):
        raise ValueError("密码不能写在配置里，请用 password_env 指明环境变量")
    return value


def _store_url(value: str) -> str:
    url = make_url(_database_url(value))
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError(f"不支持 {url.get_backend_name()}，只能是 sqlite:/// 或 postgresql://")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise ValueError("要写明数据库文件，例如 sqlite:///var/credit_sync.db")
    return value


def _parameters(url: URL) -> list[str]:
    """The names of a URL's parameters; one that holds a whole connection string with its content."""
    return [f"{name}={value}" if name.lower() == "odbc_connect" else name for name, value in url.query.items()]


_SECRET_PARAMETER = re.compile("passw|pwd|secret|token", re.IGNORECASE)

DRIVER_REMEDY = (
    "地址写成 postgresql+psycopg:// 或 mysql+pymysql://，并在程序所在文件夹执行"
    " .venv/bin/pip install -c requirements.lock -e '.[postgresql,mysql]'；"
    "其他数据库要把它的 SQLAlchemy 驱动装进 .venv，例如 oracledb"
)
"""Where a driver is missing: `postgresql://` and `mysql://` alone stand for drivers that are not among the extras."""

DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
StoreUrl = Annotated[str, AfterValidator(_store_url)]


class DatabaseSettings(Strict):
    """A database: its URL without password, and where the password is."""

    url: DatabaseUrl
    password_env: SecretName | None = None

    def full_url(self, base: Path) -> URL:
        """The URL with the password put in and a relative SQLite path made absolute."""
        url = make_url(self.url)
        if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_absolute():
            url = url.set(database=str(base / url.database))
        if not self.password_env:
            return url
        try:
            return url.set(password=secret(self.password_env))
        except CreditSyncError as error:
            raise StoreError(error.message, remedy=error.remedy) from None


class RowsDatabase(DatabaseSettings):
    """A database of others whose tables take rows of ours."""

    mapping: str
    """Says which table and column takes what: a file under mappings/exchange/, for systems under mappings/write_back/."""
    schema_: str = Field(default="", alias="schema")
    """Of the tables; '' is the one that the account sees first."""
    timeout_seconds: int = Field(default=60, gt=0, le=3600)
    """For connecting, and for the database to carry out one statement."""
