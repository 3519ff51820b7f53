"""Settings of channels, by kind: what they have in common, and what each kind of channel needs."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field

from credit_sync.database_settings import DatabaseSettings
from credit_sync.http_settings import Auth, HttpUrl
from credit_sync.records import RecordKind
from credit_sync.toml_files import Strict


class _AnyChannel(Strict):
    records: tuple[Literal["licence", "penalty"], ...] = ("licence", "penalty")
    standard: str = "2018"

    def carries(self, record: RecordKind) -> bool:
        """Whether records of this kind go through the channel."""
        return record.value in self.records

    @property
    def most_rows(self) -> int | None:
        """Most rows of one batch; None where only the standard's limit counts."""
        return None

    def rehearsal(self, folder: Path) -> "Channel":
        """What takes the channel's place when nothing may leave the house: the same rows, as files in `folder`."""
        return WorkbookChannel(kind="workbook", records=self.records, standard=self.standard, folder=folder)


class WorkbookChannel(_AnyChannel):
    """XLSX workbooks (and the same rows as JSON) for upload by hand."""

    kind: Literal["workbook"]
    folder: Path = Path("var/outbox")


class ExchangeDbChannel(_AnyChannel, DatabaseSettings):
    """Rows in the tables of a front-end exchange database (前置库), receipts read back from its state column."""

    kind: Literal["exchange_db"]
    mapping: str
    """File under mappings/channels/ that says which table and column takes what."""


class ApiChannel(_AnyChannel):
    """Rows by an HTTP interface, signed, in batches; the platform answers at once or when it is asked later."""

    kind: Literal["api"]
    mapping: str
    """File under mappings/channels/ that says how requests and answers are written."""
    url: HttpUrl
    """Takes batches."""
    receipts_url: HttpUrl | None = None
    """Says what became of rows, asked by their keys. Without it a platform must recognise keys it had before."""
    auth: Auth | None = None
    batch_rows: int = Field(default=200, gt=0, le=10_000)
    rate_per_second: float = Field(default=5, gt=0, le=1000)
    timeout_seconds: float = Field(default=30, gt=0, le=3600)
    retries: int = Field(default=4, ge=0, le=20)
    backoff_seconds: float = Field(default=1, ge=0, le=3600)
    max_megabytes: float = Field(default=16, gt=0, le=4096)
    """Largest answer accepted."""

    @property
    def most_rows(self) -> int | None:
        """As set."""
        return self.batch_rows


class WebsiteChannel(_AnyChannel):
    """A static site for the public: search of licences and penalties, and the same as open data files."""

    kind: Literal["website"]
    folder: Path = Path("var/site")

    def rehearsal(self, folder: Path) -> Self:
        """The same site elsewhere."""
        return self.model_copy(update={"folder": folder})


Channel = Annotated[WorkbookChannel | ExchangeDbChannel | ApiChannel | WebsiteChannel, Field(discriminator="kind")]
