"""Which encoding a text is in: decided on all of it, because the first Chinese character may come late.

Who can begin anew need not read a long text twice: its beginning nearly always tells, and reading shows whether it did.
"""

import codecs
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_USUAL = ("utf-8", "gb18030")
_ESCAPED = re.compile("[\udc80-\udcff]")
_DAMAGE_ALLOWED = 0.001
"""Share of unreadable bytes up to which a text is damaged; beyond, it is no text in that encoding."""


class MisjudgedError(Exception):
    """A text cannot be read in the encoding that its beginning spoke for; whether in another, or why not, `detect` tells."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec, and whether the whole text can be read with it; if not, unreadable bytes come as lone surrogates."""

    codec: str
    clean: bool

    def open(self, stream: BinaryIO) -> io.TextIOWrapper:
        """The stream as text, line ends untouched."""
        return io.TextIOWrapper(stream, self.codec, "strict" if self.clean else "surrogateescape", newline="")


def detect(opened: Callable[[], BinaryIO], declared: str = "") -> Encoding | None:
    """The encoding of what `opened` gives: byte order mark, the declared one, UTF-8, GB18030, in this order.

    A text damaged in a few places gets the encoding that fits best, not clean. None when nothing fits.
    """
    with opened() as stream:
        start = stream.read(4)
    for mark, codec in _BOMS:
        if start.startswith(mark):
            return Encoding(codec, True) if _errors(opened, codec, "strict") == 0 else None
    candidates = list(dict.fromkeys(c for c in (_known(declared), *_USUAL) if c))
    for codec in candidates:
        if _errors(opened, codec, "strict") == 0:
            return Encoding(codec, True)
    share, codec = min((_errors(opened, codec, "surrogateescape"), codec) for codec in _USUAL)
    return Encoding(codec, False) if share <= _DAMAGE_ALLOWED else None


def presume(opened: Callable[[], BinaryIO]) -> Encoding | None:
    """What `detect` says too, unless reading the text to its end raises UnicodeDecodeError: judged by the beginning, where
    that is long and not just ASCII.
    """
    with opened() as stream:
        start = stream.read(_CHUNK)
    if len(start) < _CHUNK or start.isascii():
        return detect(opened)
    marked = next((codec for mark, codec in _BOMS if start.startswith(mark)), None)
    codecs_left = (marked,) if marked else _USUAL
    likely = next((codec for codec in codecs_left if _reads(start, codec)), None)
    return Encoding(likely, True) if likely else detect(opened)


def is_damaged(text: str) -> bool:
    """Whether the text holds bytes that could not be read."""
    return not text.isascii() and _ESCAPED.search(text) is not None


def mend(text: str) -> str:
    """Damaged text with � in place of what could not be read."""
    return _ESCAPED.sub("\ufffd", text)


def decode(content: bytes, declared: str = "") -> str | None:
    """Content as text without byte order mark, None when no encoding fits all of it."""
    encoding = detect(lambda: io.BytesIO(content), declared)
    return content.decode(encoding.codec) if encoding and encoding.clean else None


def _known(declared: str) -> str:
    """The codec for a declared name; the GB family is one, and browsers' idea of ISO-8859-1 is no evidence."""
    try:
        codec = codecs.lookup(declared.strip()).name if declared else ""
    except (LookupError, ValueError):
        return ""
    if codec in ("gbk", "gb2312"):
        return "gb18030"
    return "" if codec in ("iso8859-1", "ascii", "utf-8") or not _is_text_codec(codec) else codec


def _is_text_codec(codec: str) -> bool:
    try:
        "".encode(codec)
    except (LookupError, ValueError):
        return False
    return True


def _reads(start: bytes, codec: str) -> bool:
    try:
        codecs.getincrementaldecoder(codec)().decode(start)
    except UnicodeError:
        return False
    return True


def _errors(opened: Callable[[], BinaryIO], codec: str, errors: str) -> float:
    """Share of the bytes that cannot be read (strict: 1 as soon as there is one)."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
    wrong = total = 0
    with opened() as stream:
        while chunk := stream.read(_CHUNK):
            total += len(chunk)
            try:
                text = decoder.decode(chunk)
            except UnicodeError:
                return 1
            if errors != "strict":
                wrong += len(_ESCAPED.findall(text))
        try:
            wrong += len(_ESCAPED.findall(decoder.decode(b"", True)))
        except UnicodeError:
            return 1
    return wrong / total if total else 0
