"""Settings of the application systems that get their flags written back, by kind."""

from typing import Annotated, Literal

from pydantic import Field

from credit_sync.database_settings import RowsDatabase
from credit_sync.http_settings import RowsService
from credit_sync.toml_files import Strict


class _AnySystem(Strict):
    system: str = Field(min_length=1, max_length=128)
    """What its applicants have as their system: the constant `system` of the source's mapping."""


class HttpSystem(_AnySystem, RowsService):
    """Notices by an HTTP interface of the system."""

    kind: Literal["http"]


class TableSystem(_AnySystem, RowsDatabase):
    """Notices as rows of a table in the system's database."""

    kind: Literal["table"]


System = Annotated[HttpSystem | TableSystem, Field(discriminator="kind")]
