"""Reports as files: each in the forms that are wanted, complete or not at all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from credit_sync.errors import CreditSyncError, reason_of
from credit_sync.reporting.pdf import pdf
from credit_sync.settings import REPORT_FORMATS, ReportFormat

Forms = Iterable[tuple[ReportFormat, bytes]]


def in_forms(formats: Sequence[ReportFormat], html: str, workbook: Callable[[], bytes]) -> Forms:
    """A report in each wanted form, the page first and each made when it is asked for.

    Raises CreditSyncError when it cannot be typeset as PDF.
    """
    makers: Mapping[ReportFormat, Callable[[], bytes]] = {
        "html": lambda: html.encode("utf-8"),
        "xlsx": workbook,
        "pdf": lambda: pdf(html),
    }
    yield from ((form, makers[form]()) for form in REPORT_FORMATS if form in formats)


def write_forms(folder: Path, name: str, forms: Forms) -> list[Path]:
    """Writes NAME.html, NAME.xlsx, NAME.pdf. Raises CreditSyncError when the folder cannot be written."""
    return [write_report(folder / f"{name}.{form}", content) for form, content in forms]


def digest(content: bytes) -> str:
    """What a file is recognised by: SHA-256."""
    return sha256(content).hexdigest()


def write_report(path: Path, content: bytes) -> Path:
    """The report, complete or not at all. Raises CreditSyncError when its folder cannot be written."""
    unfinished = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):  # half a report takes room, and names people
            unfinished.unlink(missing_ok=True)
        raise CreditSyncError(
            f"写不了报告 {path}：{reason_of(error)}", remedy="请检查这个文件夹的权限和磁盘空间"
        ) from None
    return path
