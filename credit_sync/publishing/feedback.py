"""The feedback workbook of an upload platform (…-错误数据表, or a list of all rows), row by row.

Which titles and words mean what is data: `mappings/receipts/NAME.toml`. A row says that something was taken, refused
for a reason, or is still waiting; a row that says none of it is `Unclear`, and so is one that cannot be read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from credit_sync.interfaces.messages import Answer
from credit_sync.publishing.findings import shown
from credit_sync.sources.formats import Unread, read_table
from credit_sync.sources.header import tidy
from credit_sync.sources.values import UnreadableError, read_date, text_of
from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.toml_files import Strict, load

_MAX_BYTES = 512 << 20
_LONGEST_REASON = 1000

Titles = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


class FeedbackMapping(Strict):
    """Titles of columns, the first that is filled counts; and the words of results."""

    title: str
    provenance: str
    document: Titles = Field(min_length=1)
    subject: Titles = ()
    code: Titles = ()
    result: Titles = ()
    reason: Titles = Field(min_length=1)
    platform_id: Titles = ()
    answered_on: Titles = ()
    accepted: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    @property
    def titles(self) -> frozenset[str]:
        """Every title that is known."""
        columns = (self.document, self.subject, self.code, self.result, self.reason)
        return frozenset(title for names in (*columns, self.platform_id, self.answered_on) for title in names)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if not self.subject and not self.code:
            raise ValueError("subject 和 code 至少要写一个")
        words = [word for some in (self.accepted, self.rejected, self.waiting) for word in set(some)]
        if twice := sorted({word for word in words if words.count(word) > 1}):
            raise ValueError(f"“{twice[0]}”写了不止一种含义")
        return self


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one row says about one document. `answer` is None while the platform has not decided."""

    place: str
    row: int
    document: str
    subject: str
    code: str
    answer: Answer | None
    reason: str
    platform_id: str
    answered_on: date | None


@dataclass(frozen=True, slots=True)
class Unclear:
    """A row that no receipt comes of, and why (Chinese, numbers hidden)."""

    place: str
    row: int
    document: str
    why: str


def load_feedback_mapping(mappings: Path, name: str) -> FeedbackMapping:
    """How a platform's feedback is read. Raises SettingsError that names every wrong key."""
    return load(mappings / "receipts" / f"{name}.toml", FeedbackMapping)


def read_feedback(path: Path, mapping: FeedbackMapping) -> Iterator[Feedback | Unclear]:
    """Every row of the file that is not blank. Raises SourceError for a file that cannot be read to its end."""
    for place, row, values in read_table(path, mapping.titles, max_bytes=_MAX_BYTES):
        if isinstance(values, Unread):
            yield Unclear(place, row, "", str(values))
        elif not _is_title_row(values):
            yield _feedback(place, row, values, mapping)


def _feedback(place: str, row: int, values: Mapping[str, Any], mapping: FeedbackMapping) -> Feedback | Unclear:
    document = _first(values, mapping.document)
    if not document:
        return Unclear(place, row, "", "没有文书号")
    result, reason = _first(values, mapping.result), _first(values, mapping.reason)
    try:
        answered_on = read_date(_first(values, mapping.answered_on))
    except UnreadableError:
        answered_on = None
    if result in mapping.accepted:
        answer: Answer | None = Answer.ACCEPTED
    elif result in mapping.rejected or (not result and reason):
        answer = Answer.REJECTED
    elif result in mapping.waiting:
        answer = None
    elif result:
        return Unclear(place, row, shown(document), f"结果“{shown(result)}”不认识，请写进对照文件")
    else:
        return Unclear(place, row, shown(document), "没有结果，也没有原因")
    return Feedback(
        place=place,
        row=row,
        document=document,
        subject=_first(values, mapping.subject),
        code=_first(values, mapping.code),
        answer=answer,
        reason=hide_in_text(reason or "平台没有写明原因")[:_LONGEST_REASON] if answer is Answer.REJECTED else "",
        platform_id=_first(values, mapping.platform_id),
        answered_on=answered_on,
    )


def _first(values: Mapping[str, Any], titles: tuple[str, ...]) -> str:
    return next((text for title in titles if (text := text_of(values.get(title)))), "")


def _is_title_row(values: Mapping[str, Any]) -> bool:
    """A second row of titles, or of codes below titles: most of its cells are the names of columns."""
    cells = [tidy(value) for value in values.values() if isinstance(value, str)]
    named = sum((cell.isascii() and cell.isupper() and "_" in cell) or cell in values for cell in cells)
    return len(cells) > 1 and 2 * named > len(cells)
