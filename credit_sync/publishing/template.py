"""How the upload workbook of an edition looks: what stands above the rows, and what the files are called."""

from string import Formatter
from typing import Literal, Self

from pydantic import Field, model_validator

from credit_sync.toml_files import Strict

PLACEHOLDERS = ("table", "action", "day", "batch", "department", "standard")
"""`行政许可`; `` for additions, `更正`, `撤回`; `20261123`, of the batch; its number, six digits; who reports; `2018`."""
_NOT_IN_NAMES = frozenset('<>:"/\\|?*')
"""Windows, where the files are uploaded from, refuses them in names."""


class Template(Strict):
    """The template of one edition. Texts may hold the placeholders, in braces."""

    file_name: str = "双公示-{table}{action}-{day}-{batch}"
    """Of the files of a batch, without suffix."""
    heading: str = ""
    """Over the whole table, above everything else; '' for none."""
    notes: tuple[str, ...] = ()
    """Lines between heading and titles."""
    header: tuple[Literal["titles", "codes"], ...] = Field(default=("titles", "codes"), min_length=1)
    """The rows of titles, from top to bottom."""

    @model_validator(mode="after")
    def _can_be_filled(self) -> Self:
        for text in (self.file_name, self.heading, *self.notes):
            for name in _placeholders_in(text):
                if name not in PLACEHOLDERS:
                    raise ValueError(f"没有占位符 {{{name}}}，可用：{'、'.join(PLACEHOLDERS)}")
        if "batch" not in _placeholders_in(self.file_name):
            raise ValueError("file_name 必须有 {batch}，否则后一批会覆盖前一批")
        if _NOT_IN_NAMES & set(self.file_name):
            raise ValueError(f"file_name 里不能有 {' '.join(sorted(_NOT_IN_NAMES))}")
        return self


def _placeholders_in(text: str) -> list[str]:
    try:
        parsed = list(Formatter().parse(text))
    except ValueError:
        raise ValueError(f"“{text}”的花括号不成对") from None
    if any(form or conversion for _, _, form, conversion in parsed):
        raise ValueError(f"“{text}”的占位符里只能写名称")
    return [name for _, name, _, _ in parsed if name is not None]
