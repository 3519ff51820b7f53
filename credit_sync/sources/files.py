"""Rows of the files in a folder: every file that fits the pattern, in order of name."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from credit_sync.errors import SourceError, reason_of
from credit_sync.settings import FileSource
from credit_sync.sources.formats import Some, read_at_once, read_table, refuse_unknown
from credit_sync.sources.formats.documents import is_ignored
from credit_sync.sources.mapping import Layout

_OF_THE_FILE_SYSTEM = "lost+found"
"""Root's alone, and in every share that is a file system of its own."""
_PROBED_ROWS = 20


def read(
    source: FileSource, names: frozenset[str], layout: Layout, base: Path, *, presume: bool = False
) -> Iterator[Some]:
    """The rows of all files, one file after the other. Raises SourceError when there is no file or one is unusable, and
    MisjudgedError where that was to be risked (`read_at_once`).
    """
    folder = base / source.folder
    for path in files(source, base):
        above = path.parent.relative_to(folder).as_posix()
        rows = read_at_once(path, names, layout=layout, max_bytes=_bytes(source), presume=presume)
        for place, row, values in rows:
            yield (place if above == "." else f"{above}/{place}"), row, values


def probe(
    source: FileSource, names: frozenset[str], layout: Layout, base: Path
) -> tuple[str, list[dict[str, Any]]]:
    """How many files there are, all of formats that are known, that the first can be read so far, and its first rows."""
    found = files(source, base)
    for path in found:
        refuse_unknown(path, _bytes(source))
    rows = list(islice(read_table(found[0], names, layout=layout, max_bytes=_bytes(source)), _PROBED_ROWS))
    listed = "、".join(path.name for path in found[:3]) + ("……" if len(found) > 3 else "")
    start = f"数据从第 {rows[0][1]} 行开始" if rows else "没有数据行"
    said = f"{len(found)} 个文件（{listed}），{found[0].name} {start}"
    return said, [values for _, _, values in rows if isinstance(values, dict)]


def files(source: FileSource, base: Path) -> list[Path]:
    """The files to read. Raises SourceError when there is none: an upload that did not come is no empty list. And when
    some may be where they can't be seen: what they hold would be taken for removed.
    """
    folder = base / source.folder
    try:
        if not folder.is_dir():
            raise SourceError(f"找不到文件夹 {source.folder}", remedy="核对 folder，或检查共享盘是否已挂载")
        fitting = [path for path in folder.glob(source.pattern) if not is_ignored(path.name)]
        for path in (*_looked_into(folder, source.pattern), *fitting):
            if path.is_symlink() and not path.exists():
                raise SourceError(
                    f"{path} 是链接，它所指的不在", remedy="检查共享盘是否已挂载；不再用的链接请删除"
                )
        found = [path for path in fitting if path.is_file()]
    except (ValueError, NotImplementedError):
        raise SourceError(f"pattern 写法不对：{source.pattern}", remedy="例如 *.xlsx 或 2018/*.csv") from None
    except OSError as error:
        raise SourceError(f"{error.filename} 读不了：{reason_of(error)}", remedy="检查权限和共享盘") from None
    if not found:
        raise SourceError(f"文件夹 {source.folder} 里没有符合 {source.pattern} 的文件", remedy="确认文件已放入")
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _looked_into(folder: Path, pattern: str) -> Iterator[Path]:
    """The folders in which files may fit, and links that lead nowhere. Raises OSError for a folder that cannot be read,
    which `Path.glob` passes over in silence.
    """
    parts = PurePath(pattern).parts[:-1]
    inner = (path for end in range(len(parts)) for path in folder.glob("/".join(parts[: end + 1])))
    for path in (folder, *inner):
        if path.is_dir() and path.name != _OF_THE_FILE_SYSTEM:
            with os.scandir(path):
                yield path
        elif path.is_symlink():
            yield path


def _bytes(source: FileSource) -> int:
    return int(source.max_megabytes * 2**20)
