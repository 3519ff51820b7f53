"""Settings: `config.toml` as typed values, and secrets from the environment.

Paths are relative to the configuration file. A secret is named, never written: `token_env = "NAME"` reads the
environment variable NAME, or the file that NAME_FILE points to.
"""

from collections.abc import Iterator
from itertools import combinations
from os.path import abspath
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from credit_sync.channel_settings import Channel, WebsiteChannel, WorkbookChannel
from credit_sync.database_settings import DatabaseSettings, StoreUrl
from credit_sync.desk_settings import Desk
from credit_sync.errors import SettingsError
from credit_sync.http_settings import Auth, HttpUrl, Marker, QuerySource
from credit_sync.system_settings import System
from credit_sync.tell_settings import Tell
from credit_sync.toml_files import Strict, load

_LONGEST_NAME = 64
"""Of a source, channel or system, as the store keeps it."""


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
    success: Marker | None = None
    """What an answer says that is one; an error that holds an empty list of rows is else taken for "nothing more"."""
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
    timeout_seconds: int = Field(default=1800, gt=0, le=86_400)
    """For every wait for rows: a night that waits without end never comes to screening."""


class FileSource(_AnySource):
    """Rows of every file in a folder whose name fits the pattern."""

    kind: Literal["file"]
    folder: Path
    pattern: str = "*"
    max_megabytes: float = Field(default=512, gt=0, le=65536)
    """Largest file accepted, unpacked."""


Source = Annotated[HttpSource | DatabaseSource | FileSource | QuerySource, Field(discriminator="kind")]


class Department(Strict):
    """Who publishes: fills 许可机关/处罚机关 where a source leaves them out, and 数据来源单位."""

    name: str = "安徽省科学技术厅"
    uscc: str = ""


class Store(DatabaseSettings):
    """Where everything is kept."""

    url: StoreUrl = "sqlite:///var/credit_sync.db"
    index: Path = Path("var/index")
    """Folder of the index of the lists, derived from the store: it may be deleted and is built again."""


ReportFormat = Literal["html", "xlsx", "pdf"]
REPORT_FORMATS: tuple[ReportFormat, ...] = get_args(ReportFormat)


class Reports(Strict):
    """Where reports are written, and as what."""

    folder: Path = Path("var/reports")
    formats: tuple[ReportFormat, ...] = Field(default=("html", "xlsx"), min_length=1)
    """Of the night's reports. A PDF needs the extra `pdf` and takes some time: about a second a page."""


class Settings(Strict):
    """The whole of config.toml."""

    department: Department = Field(default_factory=Department)
    store: Store = Field(default_factory=Store)
    mappings: Path = Path("mappings")
    reports: Reports = Field(default_factory=Reports)
    desk: Desk = Field(default_factory=Desk)
    tell: Tell = Field(default_factory=Tell)
    sources: dict[str, Source] = Field(min_length=1)
    channels: dict[str, Channel] = {}
    systems: dict[str, System] = {}
    base: Path = Field(default=Path(), exclude=True, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _names_are_plain(cls, content: Any) -> Any:
        if isinstance(content, dict) and "base" in content:
            raise ValueError("base: 没有这一项；相对路径都从本文件所在的文件夹算起")
        for table in ("sources", "channels", "systems"):
            named = content.get(table) if isinstance(content, dict) else None
            for name in named if isinstance(named, dict) else {}:
                if not name.isidentifier() or not name.isascii() or len(name) > _LONGEST_NAME:
                    raise ValueError(
                        f"{table}.{name}: 名称只能用英文字母、数字和下划线，不超过 {_LONGEST_NAME} 个字符"
                    )
        return content

    def path(self, path: Path) -> Path:
        """A path of the configuration, made absolute."""
        return path if path.is_absolute() else self.base / path

    @property
    def mappings_folder(self) -> Path:
        """Where mappings, measures, weights and published standards are read from."""
        return self.path(self.mappings)


def load_settings(path: Path) -> Settings:
    """`config.toml`. Raises SettingsError that names every wrong key."""
    if not path.exists():
        raise SettingsError(
            str(path), ["找不到配置文件：复制 config.example.toml 为 config.toml，或用 --config 指明"]
        )
    settings = load(path, Settings).model_copy(update={"base": path.resolve().parent})
    if shared := list(_shared_folders(settings)):
        raise SettingsError(str(path), shared)
    return settings


def _shared_folders(settings: Settings) -> Iterator[str]:
    """Two sites in one folder take each other's pages away, workbooks of two channels are uploaded as one's, and what lies in a
    site is public.
    """
    sites = {
        f"channels.{n}.folder": c.folder for n, c in settings.channels.items() if isinstance(c, WebsiteChannel)
    }
    books = {
        f"channels.{n}.folder": c.folder for n, c in settings.channels.items() if isinstance(c, WorkbookChannel)
    }
    others = {**books, "reports.folder": settings.reports.folder, "store.index": settings.store.index}
    places = {k: Path(abspath(settings.path(found))) for k, found in (sites | others).items()}  # noqa: PTH100 - links may loop
    for (one, place), (other, there) in combinations(places.items(), 2):
        if place == there or (one in sites and place in there.parents):
            yield f"{other}: 在 {one} 的文件夹 {place} 里，请另给一个文件夹"
