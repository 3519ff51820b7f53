"""How an interface for rows over HTTP is written down in a mapping file: places, answers, questions. Data.

Dotted paths say where something stands in a request or an answer; of XML the first part names the root element in
requests, and paths start below it in answers.
"""

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from credit_sync.http_settings import Marker
from credit_sync.toml_files import Strict, written

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
Name = Annotated[str, written(_NAME, "只能用英文字母、数字和下划线，不以数字开头")]
DottedPath = Annotated[
    str, written(rf"{_NAME}(\.{_NAME})*", "是用点连接的名称，例如 data.rows，只能用英文字母、数字和下划线")
]


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


class RowsInterface(Strict):
    """What the mappings of all such interfaces have in common."""

    title: str
    provenance: str
    format: Literal["json", "xml"] = "json"
    remembers_keys: bool = False
    """The platform takes a key once, and answers a second time as it did the first."""
    digest_parameter: Name = "digest"
    """Of a signed request: carries the body's digest (SM3 with SM3 signatures, else SHA-256), so that it is signed."""
    answer: Answers
    question: Question | None = None


def check_paths(mapping: RowsInterface, rows: str, texts: Mapping[str, str]) -> None:
    """Raises ValueError where a request with rows and texts at these paths, or the question, cannot be written."""
    requests = {"request": [rows, *texts]}
    if mapping.question:
        requests["question"] = [mapping.question.keys, *mapping.question.texts]
    check = _one_root if mapping.format == "xml" else _apart
    for place, paths in requests.items():
        check(place, paths)


def _one_root(place: str, paths: Sequence[str]) -> None:
    """The paths of an XML request begin with one root element."""
    if len({path.partition(".")[0] for path in paths}) > 1 or any("." not in path for path in paths):
        raise ValueError(f"{place}: XML 的路径都要以同一个根元素开头，例如 request.rows.row")


def _apart(place: str, paths: Sequence[str]) -> None:
    """In JSON nothing can stand at a place and within it."""
    for n, path in enumerate(paths):
        for other in paths[:n]:
            if f"{path}.".startswith(f"{other}.") or f"{other}.".startswith(f"{path}."):
                raise ValueError(f"{place}: {other} 和 {path} 不能并存，一个在另一个里面")


def check_placeholders(value: str, allowed: tuple[str, ...]) -> str:
    """The text, where all of its {names} are allowed. Raises ValueError."""
    try:
        names = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(value)]
    except ValueError:
        raise ValueError("大括号不成对") from None
    for name, spec, conversion in names:
        if name is not None and (name not in allowed or spec or conversion):
            raise ValueError(f"没有 {{{name}}}，可用：{'、'.join(allowed)}")
    return value
