"""The workbook channel: for each batch an XLSX workbook for upload by hand, the same rows as JSON, and a manifest.

A batch has at most as many rows as the platform takes in one file, so one batch is one workbook with one sheet. The
template has no column for what to do with a row: corrections and withdrawals go into workbooks of their own, 更正 and 撤回.

A batch always becomes the same bytes under the same names. A file appears under its name only when it is whole, the
manifest last: where it is, the others are.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from xlsxwriter.exceptions import XlsxWriterException

from credit_sync.errors import CreditSyncError, reason_of
from credit_sync.folders import refuse_unwritable
from credit_sync.publishing.channels.channel import Batch, Handover, Receipt, Submitted
from credit_sync.publishing.channels.workbook_files import MANIFEST, Upload, write_manifest, write_rows
from credit_sync.publishing.channels.workbook_history import refuse_other_history
from credit_sync.publishing.standard import FieldTable, Row, Standard, load_standard
from credit_sync.settings import Settings
from credit_sync.store.probe import readable_store

_LONGEST_NAME = 200
"""Bytes of a file's name without suffix; file systems take 255."""


class Workbooks:
    """The channel: a folder of workbooks. What becomes of them is told by the platform's feedback workbook."""

    def __init__(self, engine: Engine, settings: Settings, folder: Path) -> None:
        self._engine, self._settings, self._folder = engine, settings, folder

    def send(self, batch: Batch, table: FieldTable, rows: Iterable[Submitted]) -> Handover:  # noqa: ARG002 - the batch's
        """Writes the batch's files; again, they are the same. Raises CreditSyncError, also beside those of another history."""
        with self._engine.connect() as connection:
            refuse_other_history(connection, self._folder, batch.made_at.date())
        standard = load_standard(self._settings.mappings_folder, batch.standard)
        plain = (submitted.row for submitted in rows)
        return Handover(write_batch(batch, standard, plain, self._folder, self._settings.department.name))

    def receipts(self, waiting: Iterable[Submitted]) -> Iterable[Receipt]:  # noqa: ARG002 - a channel
        """None: they are imported."""
        return ()


def probe(settings: Settings, folder: Path) -> str:
    """Where workbooks go. Raises CreditSyncError when they cannot."""
    refuse_unwritable(folder)
    with readable_store(settings) as connection:
        if connection is not None:
            refuse_other_history(connection, folder, datetime.now().date())
    missing = "" if folder.exists() else "（尚不存在，首次报送时建立）"
    return f"工作簿写入 {folder}{missing}"


def write_batch(
    batch: Batch, standard: Standard, rows: Iterable[Row], folder: Path, department: str
) -> dict[str, str]:
    """Writes the files of a batch; returns their names with their SHA-256. Raises CreditSyncError."""
    upload = Upload(batch, standard, department)
    stem = upload.filled(standard.template.file_name)
    if len(stem.encode()) > _LONGEST_NAME:
        raise CreditSyncError(f"文件名太长：{stem}", remedy="请缩短标准文件里 [template] 的 file_name")
    try:
        with _unfinished(folder) as workshop:
            workbook, json = workshop / f"{stem}.xlsx", workshop / f"{stem}.json"
            count = write_rows(upload, rows, workbook, json)
            manifest = workshop / f"{stem}{MANIFEST}"
            sums = write_manifest(manifest, upload, count, (workbook, json))
            for part in (workbook, json, manifest):
                part.replace(folder / part.name)
            _flush(folder)
    except (OSError, XlsxWriterException) as error:
        raise CreditSyncError(
            f"写不了报送文件 {folder / stem}.xlsx：{reason_of(error)}",
            remedy="请检查文件夹的权限和磁盘空间，下次运行会继续",
        ) from None
    return sums


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A hidden folder for what is not whole yet; what a killed run left in it goes first. What a full disk did not take
    whole goes as well: it takes room, and names people.
    """
    workshop = folder / ".unfinished"
    shutil.rmtree(workshop, ignore_errors=True)
    try:
        workshop.mkdir(parents=True)
        yield workshop
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _flush(folder: Path) -> None:
    """The names, to the disk, so that a power cut after `sent` finds the files."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
