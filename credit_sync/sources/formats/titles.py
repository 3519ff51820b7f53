"""The message for a sheet without the expected titles."""

from collections.abc import Sequence
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.sources.header import tidy


def no_titles(place: str, rows: Sequence[Sequence[Any]], names: frozenset[str]) -> SourceError:
    """What was found (the fullest of the first rows) and what was expected."""
    fullest = max(rows, key=lambda row: sum(1 for cell in row if tidy(cell)), default=())
    one_cell = str(fullest[0]) if len(fullest) == 1 else ""
    wide = next((sign for sign in _WIDE if sign in one_cell), "")
    found = "、".join(tidy(cell)[:20] for cell in fullest if tidy(cell))[:200] or "无"
    expected = "、".join(sorted(names, key=lambda name: (name.isascii(), name)))
    shown = expected if len(expected) <= 300 else expected[:300] + "……"
    return SourceError(
        f"{place} 里找不到标题行。找到的标题：{found}；应有的标题（至少两个）：{shown}",
        remedy=f"各栏之间是全角的“{wide}”，请改成半角逗号"
        if wide
        else "核对文件，或在对照文件的 from 里补上新标题",
    )


_WIDE = "，；"
"""What a Chinese keyboard writes between the columns of a CSV file that is made by hand."""
