"""Settings: `config.toml` as typed values, and secrets from the environment.

Paths are relative to the configuration file. A secret is named, never written: `token_env = "NAME"` reads the
environment variable NAME, or the file that NAME_FILE points to.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from credit_sync.desk_settings import Desk
from credit_sync.errors import CreditSyncError, SettingsError, StoreError
from credit_sync.http_settings import Auth, HttpUrl, QuerySource, SecretName
from credit_sync.records import RecordKind
from credit_sync.toml_files import Strict, load


def _database_url(value: str) -> str:
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError("不是数据库地址，例如 sqlite:///var/credit_sync.db") from None
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

DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
StoreUrl = Annotated[str, AfterValidator(_store_url)]


_LONGEST_NAME = 64
"""Of a source or channel, as the store keeps it."""


def secret(name: str) -> str:
    """The secret called `name`: the environment variable, or the content of the file in NAME_FILE."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            content = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise CreditSyncError(f"{name}_FILE 指向的文件读不了：{error.strerror}") from None
        except ValueError:
            raise CreditSyncError(f"{name}_FILE 指向的文件不是 UTF-8 文本") from None
        if not content:
            raise CreditSyncError(f"{name}_FILE 指向的文件是空的")
        return content
    value = os.environ.get(name)
    if not value:
        raise CreditSyncError(f"缺少密钥 {name}", remedy=f"设置环境变量 {name}，或用 {name}_FILE 指明存放它的文件")
    return value


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


class PagePaging(Strict):
    """`?page=1&size=200`, until a short page or until `pages` (dotted path in the answer) is reached."""

    style: Literal["page"]
    parameter: str = "page"
    size_parameter: str = "size"
    size: int = Field(default=500, gt=0)
    first: int = 1
    pages: str = ""


class OffsetPaging(Strict):
    """`?offset=0&limit=200`, until a short page or until `total` (dotted path in the answer) is reached."""

    style: Literal["offset"]
    parameter: str = "offset"
    size_parameter: str = "limit"
    size: int = Field(default=500, gt=0)
    total: str = ""


class CursorPaging(Strict):
    """The answer names the next page at `next` (dotted path); empty ends, absent only after a page that had it."""

    style: Literal["cursor"]
    parameter: str = "cursor"
    next: str
    size_parameter: str = ""
    size: int = Field(default=500, gt=0)


Paging = Annotated[PagePaging | OffsetPaging | CursorPaging, Field(discriminator="style")]


class _AnySource(Strict):
    mapping: str
    delivery: Literal["full", "delta"] = "full"
    """`full`: what is missing has been removed. `delta`: only what changed since the last pull."""


class HttpSource(_AnySource):
    """Rows from an HTTP interface."""

    kind: Literal["http"]
    url: HttpUrl
    format: Literal["json", "xml"] = "json"
    parameters: dict[str, str] = {}
    paging: Paging | None = None
    auth: Auth | None = None
    since_parameter: str = ""
    """Parameter that carries the time of the last pull, for deltas."""
    timeout_seconds: float = Field(default=30, gt=0, le=3600)
    retries: int = Field(default=4, ge=0, le=20)
    backoff_seconds: float = Field(default=1, ge=0, le=3600)
    max_megabytes: float = Field(default=64, gt=0, le=4096)
    """Largest answer accepted, per page, after decompression."""


class DatabaseSource(_AnySource, DatabaseSettings):
    """Rows of a query; `:since` in the query is bound to the time of the last pull."""

    kind: Literal["database"]
    query: str


class FileSource(_AnySource):
    """Rows of every file in a folder whose name fits the pattern."""

    kind: Literal["file"]
    folder: Path
    pattern: str = "*"
    max_megabytes: float = Field(default=512, gt=0, le=65536)
    """Largest file accepted, unpacked."""


Source = Annotated[HttpSource | DatabaseSource | FileSource | QuerySource, Field(discriminator="kind")]


class WorkbookChannel(Strict):
    """XLSX workbooks (and the same rows as JSON) for upload by hand."""

    kind: Literal["workbook"]
    records: tuple[Literal["licence", "penalty"], ...] = ("licence", "penalty")
    standard: str = "2018"
    folder: Path = Path("var/outbox")

    def carries(self, record: RecordKind) -> bool:
        """Whether records of this kind go through the channel."""
        return record.value in self.records


Channel = WorkbookChannel


class Department(Strict):
    """Who publishes: fills 许可机关/处罚机关 where a source leaves them out, and 数据来源单位."""

    name: str = "安徽省科学技术厅"
    uscc: str = ""


class Store(DatabaseSettings):
    """Where everything is kept."""

    url: StoreUrl = "sqlite:///var/credit_sync.db"
    index: Path = Path("var/index")
    """Folder of the index of the lists, derived from the store: it may be deleted and is built again."""


class Reports(Strict):
    """Where reports are written."""

    folder: Path = Path("var/reports")


class Settings(Strict):
    """The whole of config.toml."""

    department: Department = Department()
    store: Store = Store()
    mappings: Path = Path("mappings")
    reports: Reports = Reports()
    desk: Desk = Desk()
    sources: dict[str, Source] = Field(min_length=1)
    channels: dict[str, Channel] = {}
    base: Path = Field(default=Path(), exclude=True, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _names_are_plain(cls, content: Any) -> Any:
        for table in ("sources", "channels"):
            for name in (content.get(table) or {}) if isinstance(content, dict) else {}:
                if not name.isidentifier() or not name.isascii() or len(name) > _LONGEST_NAME:
                    raise ValueError(
                        f"{table}.{name}: 名称只能用英文字母、数字和下划线，不超过 {_LONGEST_NAME} 个字符"
                    )
        return content

    def path(self, path: Path) -> Path:
        """A path of the configuration, made absolute."""
        return path if path.is_absolute() else self.base / path


def load_settings(path: Path) -> Settings:
    """`config.toml`. Raises SettingsError that names every wrong key."""
    if not path.exists():
        raise SettingsError(
            str(path), ["找不到配置文件：复制 config.example.toml 为 config.toml，或用 --config 指明"]
        )
    settings = load(path, Settings)
    return settings.model_copy(update={"base": path.resolve().parent})
