"""Settings of channels, by kind: what they have in common, and what each kind of channel needs."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field

from credit_sync.database_settings import RowsDatabase
from credit_sync.http_settings import RowsService
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
    receipts: str = "credit_anhui"
    """File under mappings/receipts/ that says how the platform's feedback workbooks are read."""


class ExchangeDbChannel(_AnyChannel, RowsDatabase):
    """Rows in the tables of a front-end exchange database (前置库), receipts read back from its state column."""

    kind: Literal["exchange_db"]


class ApiChannel(_AnyChannel, RowsService):
    """Rows by an HTTP interface, signed, in batches; the platform answers at once or when it is asked later."""

    kind: Literal["api"]

    @property
    def most_rows(self) -> int | None:
        """As set."""
        return self.batch_rows


class WebsiteChannel(_AnyChannel):
    """A static site for the public: search of licences and penalties, and the same as open data files."""

    kind: Literal["website"]
    folder: Path = Path("var/site")
    """The web server serves its folder `public`."""
    title: str = "行政许可和行政处罚信息公示"
    publicity: str = ""
    """How long what is shown (公示期限). Here and below each line is a paragraph, and '' stands for the template's."""
    objection: str = ""
    """How to object (异议申诉): whom to write to."""
    terms: str = ""
    """Licence of the open data."""

    def rehearsal(self, folder: Path) -> Self:
        """The same site elsewhere."""
        return self.model_copy(update={"folder": folder})


Channel = Annotated[WorkbookChannel | ExchangeDbChannel | ApiChannel | WebsiteChannel, Field(discriminator="kind")]
