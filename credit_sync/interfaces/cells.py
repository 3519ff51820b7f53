"""A published text as a value of a database column: typed, and refused where the column cannot hold it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import Column, types

_CODECS = {"latin1": "cp1252", "gb2312": "gb2312", "gbk": "gbk", "gb18030": "gb18030", "euc_cn": "gb2312"}
"""Character sets of databases that cannot write every character, as Python calls them."""
_BASIC_PLANE = frozenset({"utf8", "utf8mb3"})
"""MySQL's `utf8` has at most three bytes a character: no 𠮷."""
_TIME = "%Y-%m-%d %H:%M:%S"


class UnfitError(Exception):
    """The column cannot hold a value; the text says why, in Chinese and without the value."""


@dataclass(frozen=True, slots=True)
class Cells:
    """How one column takes its values."""

    column: Column[Any]
    charset: str
    """The column's character set, lower case; '' where the database does not say."""
    date_format: str
    """How the standard writes dates."""

    def of_text(self, value: str, title: str) -> Any:
        """A text by the column's type; '' is NULL where that is allowed. Raises UnfitError that begins with `title`."""
        if not value:
            return "" if not self.column.nullable and isinstance(self.column.type, types.String) else None
        try:
            typed = self._typed(value)
        except (ValueError, InvalidOperation):
            raise UnfitError(f"{title}写不进对方数据库：列的类型是 {self.column.type}") from None
        if isinstance(typed, str):
            self._refuse(typed, title)
        if isinstance(typed, Decimal):
            self._refuse_to_round(typed, title)
        return typed

    def of_time(self, at: datetime, written: str) -> Any:
        """A time; in a text column in the format `written`. Raises UnfitError."""
        if isinstance(self.column.type, types.DateTime):
            return at
        if isinstance(self.column.type, types.Date):
            return at.date()
        return self.of_text(at.strftime(written or _TIME), self.column.name)

    def _typed(self, value: str) -> Any:
        kind = self.column.type
        if isinstance(kind, types.DateTime):
            return datetime.strptime(value, self.date_format)
        if isinstance(kind, types.Date):
            return datetime.strptime(value, self.date_format).date()
        if isinstance(kind, types.Integer):
            return int(value)
        if isinstance(kind, types.Numeric | types.Float):
            return Decimal(value)
        if isinstance(kind, types.Uuid):
            return UUID(value)
        return value

    def _refuse(self, value: str, title: str) -> None:
        length = getattr(self.column.type, "length", None)
        if length is not None and len(value) > length:
            raise UnfitError(f"{title}有 {len(value)} 个字，对方数据库的列只容 {length} 个")
        if strange := unwritable(value, self.charset):
            raise UnfitError(
                f"{title}里的“{strange}”（U+{ord(strange):04X}）对方数据库的字符集 {self.charset} 写不出，请换用通行的字"
            )

    def _refuse_to_round(self, value: Decimal, title: str) -> None:
        """Databases round what has more decimals or digits than the column, and say nothing."""
        kind = self.column.type
        scale = getattr(kind, "scale", None)
        holds = _digits(kind) if isinstance(kind, types.Float) else None
        if holds is not None and value.is_finite() and len(value.normalize().as_tuple().digits) > holds:
            raise UnfitError(
                f"{title} {value.normalize():f} 对方数据库的列（{kind}）只能准确存 {holds} 位数字，会走样"
            )
        if scale is not None and value.is_finite() and value != round(value, scale):
            raise UnfitError(
                f"{title} {value.normalize():f} 的小数位数超过对方数据库的列（{scale} 位），会被四舍五入"
            )


def _digits(kind: types.Float[Any]) -> int:
    """How many decimal digits a binary column gives back as they were: IEEE 754 of 32 or 64 bits.

    FLOAT has 64 bits with PostgreSQL, 32 with MySQL: the fewer are promised, unless its precision asks for more.
    """
    double = isinstance(kind, types.Double) or (kind.precision or 0) > _SINGLE_BITS
    return 15 if double else 6


_SINGLE_BITS = 24


def unwritable(value: str, charset: str) -> str:
    """The first character that a character set cannot write; '' when there is none.

    >>> unwritable("㎡𠮷", "utf8mb3"), unwritable("㎡𠮷", "utf8mb4"), unwritable("青檀·", "gbk"), unwritable("葉䶮", "gb2312")
    ('𠮷', '', '', '葉')
    """
    if charset in _BASIC_PLANE:
        return next((c for c in value if ord(c) > 0xFFFF), "")
    codec = _CODECS.get(charset)
    if codec is None:
        return ""
    try:
        value.encode(codec)
    except UnicodeEncodeError as error:
        return value[error.start]
    return ""
