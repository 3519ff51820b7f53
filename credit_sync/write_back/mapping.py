"""How a system takes notices: `mappings/write_back/NAME.toml`. Data, one file per system.

Which of a notice's fields it gets, under what names, and its own codes for ours; then the shape of the request, or the
table.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from credit_sync.interfaces.notation import DottedPath, RowsInterface, check_paths, check_placeholders
from credit_sync.toml_files import Strict, load
from credit_sync.write_back.changes import FIELDS, Change, Content

PLACEHOLDERS = ("count", "date")


def _field(name: str) -> str:
    if name not in FIELDS:
        raise ValueError(f"没有字段 {name}，可用：{'、'.join(FIELDS)}")
    return name


FieldName = Annotated[str, AfterValidator(_field)]
OwnName = Annotated[str, Field(min_length=1, max_length=128)]
Text = Annotated[str, AfterValidator(lambda value: check_placeholders(value, PLACEHOLDERS))]


class NoticeFields(Strict):
    """What the system gets of a notice."""

    key: OwnName
    """Gets the notice's key, another one for every change: `management/12/3`."""
    names: dict[FieldName, OwnName] = Field(min_length=1)
    """Our field -> the system's. What is not here is not sent."""
    values: dict[FieldName, dict[str, str]] = {}
    """Field -> our code -> the system's; a code that is not here goes as it is."""
    constants: dict[OwnName, str] = {}
    """What stands beside them in every row."""

    @model_validator(mode="after")
    def _tells_the_change(self) -> Self:
        if "flag" not in self.names or not {"change", "state"} & self.names.keys():
            raise ValueError("names 里要有 flag，以及 change 或 state，否则系统不知道是哪条预警、怎么了")
        if wrong := set(self.values.get("change", ())) - set(Change):
            raise ValueError(f"values.change: 没有 {'、'.join(sorted(wrong))}，可用：{'、'.join(Change)}")
        targets = [self.key, *self.names.values(), *self.constants]
        if twice := {name for name in targets if targets.count(name) > 1}:
            raise ValueError(f"{'、'.join(sorted(twice))} 写了不止一次")
        return self

    def row(self, key: str, content: Content) -> dict[str, str]:
        """A notice by the system's names."""
        told = {
            own: self.values.get(field, {}).get(content[field], content[field])
            for field, own in self.names.items()
        }
        return {self.key: key, **told, **self.constants}


class NoticeRequest(Strict):
    """Notices on their way."""

    rows: DottedPath
    """Where the notices stand: a list, or in XML a repeated element."""
    texts: dict[DottedPath, Text] = {}
    """What else a request holds: path -> text with {count}, {date}."""


class HttpNotices(RowsInterface):
    """A system's interface over HTTP."""

    notice: NoticeFields
    request: NoticeRequest

    @model_validator(mode="after")
    def _paths_fit(self) -> Self:
        check_paths(self, self.request.rows, self.request.texts)
        return self


class TableNotices(Strict):
    """A system's table."""

    title: str
    provenance: str
    table: OwnName
    notice: NoticeFields


def load_http_notices(mappings: Path, name: str) -> HttpNotices:
    """The interface called `name`. Raises SettingsError that names every wrong key."""
    return load(mappings / "write_back" / f"{name}.toml", HttpNotices)


def load_table_notices(mappings: Path, name: str) -> TableNotices:
    """The table called `name`. Raises SettingsError that names every wrong key."""
    return load(mappings / "write_back" / f"{name}.toml", TableNotices)
