"""Files as documents: what lies inside .gz and .zip is read in place, within limits, and never put on disk."""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from credit_sync.errors import SourceError

MOST_MEMBERS = 1000
"""Members an archive may have."""
_ARCHIVES = (".gz", ".zip", ".rar", ".7z", ".tar", ".tgz", ".bz2", ".xz")
_ENCRYPTED = 0x1
_NAME_IS_UTF8 = 0x800
_IGNORED = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Document:
    """One readable file. `place` is for people; `suffix` (lower case, `.csv`) tells the format; `open` starts anew."""

    place: str
    suffix: str
    open: Callable[[], BinaryIO]
    max_bytes: int
    presume: bool = False
    """Whether a text may be read as its beginning says (`text.presume`), because who reads it can begin anew."""

    def read(self) -> bytes:
        """The whole content."""
        with self.open() as stream:
            return stream.read()

    def seekable(self) -> BinaryIO:
        """A stream that can jump, in memory if need be."""
        stream = self.open()
        if stream.seekable():
            return stream
        with stream:
            return io.BytesIO(stream.read())


def is_ignored(name: str) -> bool:
    """Hidden files and what Excel, WPS, Windows and macOS leave beside the real ones."""
    return name.startswith((".", "~$")) or name.lower() in _IGNORED


def open_documents(path: Path, max_bytes: int, readable: frozenset[str]) -> Iterator[Document]:
    """The file, or what is in it: the members of a zip in order of name, of which only `readable` suffixes count.

    Raises SourceError for what is empty, too large unpacked, encrypted, nested or corrupt.
    """
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} 是空文件", remedy="确认文件已传完；确实没有数据时请保留标题行")
    suffix = path.suffix.lower()
    if suffix == ".zip":
        yield from _members(path, max_bytes, readable)
    elif suffix == ".gz":
        inner = PurePosixPath(path.stem).suffix.lower()
        _refuse_nested(path.name, inner)
        packed = partial(gzip.GzipFile, path)
        yield Document(path.name, inner, partial(_limited, packed, path.name, max_bytes), max_bytes)
    else:
        if path.stat().st_size > max_bytes:
            raise _too_large(path.name, max_bytes)
        yield Document(path.name, suffix, lambda: path.open("rb"), max_bytes)


def _members(path: Path, max_bytes: int, readable: frozenset[str]) -> Iterator[Document]:
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > MOST_MEMBERS:
            raise SourceError(f"{path.name} 里有 {len(infos)} 个文件，最多 {MOST_MEMBERS} 个")
        # zipfile yields no more bytes of a member than its directory declares.
        if sum(info.file_size for info in infos) > max_bytes:
            raise _too_large(path.name, max_bytes)
        members = sorted((_name(info), info.header_offset, info) for info in infos)
        found = False
        for name, _, info in members:
            inner = PurePosixPath(name)
            if any(is_ignored(part) or part == "__MACOSX" for part in inner.parts):
                continue
            place = f"{path.name}/{name}"
            _refuse_nested(place, inner.suffix.lower())
            if inner.suffix.lower() not in readable:
                continue
            if info.flag_bits & _ENCRYPTED:
                raise SourceError(f"{place} 已加密", remedy="请提供没有密码的文件")
            if info.file_size == 0:
                raise SourceError(f"{place} 是空文件", remedy="确认文件已传完；确实没有数据时请保留标题行")
            found = True
            stream = partial(_limited, partial(archive.open, info), place, max_bytes)
            yield Document(place, inner.suffix.lower(), stream, max_bytes)
        if not found:
            raise SourceError(f"{path.name} 里没有可读的数据文件")


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name; Chinese Windows writes it in GBK, which zipfile takes for CP437."""
    if info.flag_bits & _NAME_IS_UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _refuse_nested(place: str, suffix: str) -> None:
    if suffix in _ARCHIVES:
        raise SourceError(f"{place}：压缩包里还有压缩包", remedy="请只压缩一层")


def _too_large(place: str, max_bytes: int) -> SourceError:
    return SourceError(f"{place} 超过 {max_bytes / 2**20:g} MB（解压后）", remedy="确需读取时调大 max_megabytes")


class _Limited(io.RawIOBase):
    """A stream that fails beyond so many bytes."""

    def __init__(self, stream: BinaryIO, place: str, max_bytes: int) -> None:
        self._stream, self._place, self._max_bytes = stream, place, max_bytes
        self._left = max_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(self._place, self._max_bytes)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _limited(opened: Callable[[], object], place: str, max_bytes: int) -> BinaryIO:
    raw: Any = _Limited(cast(BinaryIO, opened()), place, max_bytes)
    return io.BufferedReader(raw, 1 << 18)
