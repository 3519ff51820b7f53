"""Rows of the files in a folder: every file that fits the pattern, in order of name."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from credit_sync.errors import SourceError
from credit_sync.settings import FileSource
from credit_sync.sources.formats import Some, read_at_once, read_table
from credit_sync.sources.formats.documents import is_ignored
from credit_sync.sources.mapping import Layout

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
    """How many files there are, that the first can be read so far, and its first rows."""
    found = files(source, base)
    rows = list(islice(read_table(found[0], names, layout=layout, max_bytes=_bytes(source)), _PROBED_ROWS))
    listed = "、".join(path.name for path in found[:3]) + ("……" if len(found) > 3 else "")
    start = f"数据从第 {rows[0][1]} 行开始" if rows else "没有数据行"
    said = f"{len(found)} 个文件（{listed}），{found[0].name} {start}"
    return said, [values for _, _, values in rows if isinstance(values, dict)]


def files(source: FileSource, base: Path) -> list[Path]:
    """The files to read. Raises SourceError when there is none: an upload that did not come is no empty list."""
    folder = base / source.folder
    if not folder.is_dir():
        raise SourceError(f"找不到文件夹 {source.folder}", remedy="核对 folder，或检查共享盘是否已挂载")
    try:
        found = [path for path in folder.glob(source.pattern) if path.is_file() and not is_ignored(path.name)]
    except (ValueError, NotImplementedError):
        raise SourceError(f"pattern 写法不对：{source.pattern}", remedy="例如 *.xlsx 或 2018/*.csv") from None
    except OSError as error:
        raise SourceError(f"文件夹 {source.folder} 读不了：{error.strerror}") from None
    if not found:
        raise SourceError(f"文件夹 {source.folder} 里没有符合 {source.pattern} 的文件", remedy="确认文件已放入")
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _bytes(source: FileSource) -> int:
    return int(source.max_megabytes * 2**20)
