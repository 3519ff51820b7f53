"""Whether other accounts of the machine can read what is kept here: for `credit-sync check`."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from stat import S_IROTH, S_ISDIR, S_ISREG, S_IXOTH
from typing import Any

from sqlalchemy import make_url

from credit_sync.channel_settings import WorkbookChannel
from credit_sync.settings import Settings


def open_to_all(settings: Settings) -> list[str]:
    """What holds numbers of persons or a secret and can be read by any account, each with what it is."""
    return [f"{what} {path}" for what, path in _kept(settings) if is_open_to_all(path)]


def is_open_to_all(path: Path) -> bool:
    """Whether any account can read a file, or one in a folder: a folder above that lets nobody in protects it.

    Of a folder that cannot be listed, too: names of reports can be guessed.
    """
    try:
        real = path.resolve(strict=True)
        return all(folder.stat().st_mode & S_IXOTH for folder in real.parents) and _lets_read(real)
    except OSError:
        return False  # not there, or not ours to look into: then it is told elsewhere


def _lets_read(path: Path) -> bool:
    mode = path.lstat().st_mode
    if S_ISDIR(mode):
        return bool(mode & S_IXOTH) and any(map(_lets_read, path.iterdir()))
    return S_ISREG(mode) and bool(mode & S_IROTH)


def _kept(settings: Settings) -> Iterator[tuple[str, Path]]:
    url = make_url(settings.store.url)
    if url.get_backend_name() == "sqlite" and url.database:
        yield "数据库", settings.path(Path(url.database))
    yield "名单索引", settings.path(settings.store.index)
    yield "报告", settings.path(settings.reports.folder)
    for name, channel in settings.channels.items():
        if isinstance(channel, WorkbookChannel):
            yield f"渠道 {name}", settings.path(channel.folder)
    for name in sorted(set(_secrets(settings.model_dump()))):
        if file := os.environ.get(f"{name}_FILE"):
            yield f"密钥 {name}", Path(file)


def _secrets(content: Any) -> Iterator[str]:
    """The names of all secrets that settings name."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if str(key).endswith("_env") and isinstance(value, str):
                yield value
            else:
                yield from _secrets(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _secrets(value)
