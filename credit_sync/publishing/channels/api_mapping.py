"""How a platform's interface for rows is written: `mappings/channels/NAME.toml`. Data, one file per platform.

Dotted paths say where something stands in a request or an answer; of XML the first part names the root element in
requests, and paths start below it in answers.
"""

from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from credit_sync.http_settings import Marker
from credit_sync.toml_files import Strict, load

PLACEHOLDERS = ("batch", "kind", "action", "standard", "count", "date")


def _text(value: str) -> str:
    try:
        names = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(value)]
    except ValueError:
        raise ValueError("大括号不成对") from None
    for name, spec, conversion in names:
        if name is not None and (name not in PLACEHOLDERS or spec or conversion):
            raise ValueError(f"没有 {{{name}}}，可用：{'、'.join(PLACEHOLDERS)}")
    return value


Text = Annotated[str, AfterValidator(_text)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
DottedPath = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$")]
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


class Answers(Strict):
    """What an answer says about rows."""

    success: Marker
    """Marks an answer as one. Everything else is no answer."""
    rows: str
    """Dotted path to the list of rows, '' for the whole answer."""
    listed: Literal["all", "rejected"] = "all"
    """`rejected`: a row that a successful answer does not name was accepted."""
    key: str = Field(min_length=1)
    state: str = ""
    """Names the field with a row's state; not needed where only rejected rows are listed."""
    accepted: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    """States of rows that the platform has and has not decided on."""
    reason: str = ""
    id: str = ""

    @model_validator(mode="after")
    def _states_are_told_apart(self) -> Self:
        if self.listed == "all" and not (self.state and self.accepted and self.rejected):
            raise ValueError('listed = "all" 时要写明 state、accepted、rejected')
        known = [*self.accepted, *self.rejected, *self.pending]
        if len(known) != len(set(known)):
            raise ValueError("accepted、rejected、pending 里有相同的值")
        return self


class Question(Strict):
    """Asking what became of rows."""

    keys: DottedPath
    """Where the keys stand: a list, or in XML a repeated element."""
    texts: dict[DottedPath, str] = {}
    answer: Answers
    """A key that it does not name is one that the platform does not have."""

    @model_validator(mode="after")
    def _names_all(self) -> Self:
        if self.answer.listed != "all":
            raise ValueError('answer.listed 只能是 "all"：没有列出的就是平台没有的')
        return self


class ApiMapping(Strict):
    """One platform's interface."""

    title: str
    provenance: str
    format: Literal["json", "xml"] = "json"
    remembers_keys: bool = False
    """The platform takes a key once, and answers a second time as it did the first."""
    digest_parameter: Name = "digest"
    """Of a signed request: carries the body's digest (SM3 with SM3 signatures, else SHA-256), so that it is signed."""
    names: dict[str, Name] = {}
    """Field code -> the platform's name; codes that are not here go as they are."""
    request: Request
    answer: Answers
    question: Question | None = None

    @model_validator(mode="after")
    def _one_root(self) -> Self:
        if self.format == "xml":
            for place, paths in (
                ("request", [self.request.rows, *self.request.texts]),
                ("question", [self.question.keys, *self.question.texts] if self.question else []),
            ):
                if len({path.partition(".")[0] for path in paths}) > 1 or any("." not in path for path in paths):
                    raise ValueError(f"{place}: XML 的路径都要以同一个根元素开头，例如 request.rows.row")
        return self


def load_api_mapping(mappings: Path, name: str) -> ApiMapping:
    """The interface called `name`. Raises SettingsError that names every wrong key."""
    return load(mappings / "channels" / f"{name}.toml", ApiMapping)
