"""What values come to that come again and again in a column: dates, courts, provinces."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

_MOST = 50_000


class Remembered(dict[Any, Any]):
    """Answers of a pure function by what was asked; only what is not known yet is worked out."""

    __slots__ = ("_work_out",)

    def __init__(self, work_out: Callable[[Any], Any]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, asked: Hashable) -> Any:
        if len(self) >= _MOST:
            self.clear()
        answer = self[asked] = self._work_out(asked)
        return answer

    def column(self, asked: Iterable[Hashable]) -> list[Any]:
        """The answers of a column."""
        return list(map(self.__getitem__, asked))
