"""How a platform's interface for rows is written: `mappings/channels/NAME.toml`. Data, one file per platform.

Places, answers and questions are written as in interfaces/notation.py.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from credit_sync.interfaces.notation import DottedPath, Name, RowsInterface, check_paths, check_placeholders
from credit_sync.toml_files import Strict, load

PLACEHOLDERS = ("batch", "kind", "action", "standard", "count", "date")

Text = Annotated[str, AfterValidator(lambda value: check_placeholders(value, PLACEHOLDERS))]
KindName = Literal["licence", "penalty"]
ActionName = Literal["add", "correct", "withdraw"]


class Request(Strict):
    """A batch on its way."""

    rows: DottedPath
    """Where the rows stand: a list, or in XML a repeated element."""
    key: Name
    """The field of a row that holds its key, another one with every version."""
    record: Name | None = None
    """The field that holds what all versions of a record have in common."""
    action: Name
    """The field of a row that says what to do with it."""
    actions: dict[ActionName, str] = Field(min_length=3)
    """What it says."""
    kinds: dict[KindName, str] = {}
    """What {kind} is in the platform's words."""
    texts: dict[DottedPath, Text] = {}
    """What else a request holds: path -> text with {batch}, {kind}, {action}, {standard}, {count}, {date}."""


class ApiMapping(RowsInterface):
    """One platform's interface."""

    names: dict[str, Name] = {}
    """Field code -> the platform's name; codes that are not here go as they are."""
    request: Request

    @model_validator(mode="after")
    def _paths_fit(self) -> Self:
        check_paths(self, self.request.rows, self.request.texts)
        return self


def load_api_mapping(mappings: Path, name: str) -> ApiMapping:
    """The interface called `name`. Raises SettingsError that names every wrong key."""
    return load(mappings / "channels" / f"{name}.toml", ApiMapping)
