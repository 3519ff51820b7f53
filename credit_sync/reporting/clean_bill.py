"""The clean-bill list of a round (无预警名单): written in every form, signed off by name on the audit log, verified.

The document carries a digest of its content; the log has that digest and those of the files. So a file is proved by the
log: one that was changed in a single byte is not known there.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine

from credit_sync.errors import CreditSyncError
from credit_sync.reporting.clean_bill_query import read_clean_bill
from credit_sync.reporting.clean_bill_views import CLEAN, CleanBill, Outcome, Selection
from credit_sync.reporting.clean_bill_workbook import clean_bill_workbook
from credit_sync.reporting.files import digest, in_forms, write_forms
from credit_sync.reporting.labels import OUTCOMES
from credit_sync.reporting.templates import render
from credit_sync.review import Actor
from credit_sync.screening.measures import load_measures
from credit_sync.settings import ReportFormat, Settings
from credit_sync.store import audit
from credit_sync.store.engine import writing
from credit_sync.subjects.writing import plain


def issue_clean_bill(  # noqa: PLR0913 - what a signature is made of
    engine: Engine,
    settings: Settings,
    selection: Selection,
    by: Actor,
    *,
    formats: Sequence[ReportFormat],
    folder: Path,
) -> tuple[CleanBill, list[Path]]:
    """Writes clean-bill-DATE-DIGEST in the forms wanted and puts the signature on record, both or neither.

    Raises CreditSyncError where nobody signs, nobody applies, or the files cannot be made.
    """
    if not plain(by.who):
        raise CreditSyncError("没有写明签发人", remedy="用 --who 写明姓名")
    measures = load_measures(settings.mappings_folder)
    with engine.connect() as connection:
        bill = read_clean_bill(connection, settings, selection, measures, by)
    forms = tuple(in_forms(formats, clean_bill_page(bill), partial(clean_bill_workbook, bill)))
    with writing(engine) as connection:
        paths = write_forms(folder, f"clean-bill-{by.at:%Y-%m-%d}-{bill.digest[:8]}", forms)
        detail = {
            "digest": bill.digest,
            "files": {form: digest(content) for form, content in forms},
            "applicants": len(bill.lines),
            "clean": len(bill.clean),
            "lists": {found.title: found.versions for found in bill.lists},
            **({"origin": by.origin} if by.origin else {}),
        }
        target, action = selection.title, audit.Action.CLEAN_BILL
        audit.note(connection, at=by.at, who=by.who, action=action, target=target, detail=detail)
    return bill, paths


def clean_bill_page(bill: CleanBill) -> str:
    """The document as HTML."""
    return render(
        "clean_bill.html.j2",
        running_title=f"无预警名单 {bill.at:%Y-%m-%d}",
        bill=bill,
        outcomes=Outcome,
        clean=CLEAN,
        titles=OUTCOMES,
    )


def signature_of(connection: Connection, path: Path) -> audit.Entry:
    """The entry of the audit log by which a file was signed off.

    Raises CreditSyncError where there is none, or where the log itself has been tampered with.
    """
    found = digest(path.read_bytes())
    signed = audit.entries(connection, action=audit.Action.CLEAN_BILL)
    entry = next((entry for entry in signed if found in entry.detail.get("files", {}).values()), None)
    if entry is None:
        raise CreditSyncError(
            f"{path.name} 不是本系统签发的无预警名单，或签发后被改动过（SHA-256 {found[:16]}…）",
            remedy="向签发人索取原件；打印件凭文中的摘要用 credit-sync audit list --action clean_bill 查对",
        )
    if problems := audit.verify(connection).problems:
        raise CreditSyncError(
            f"留痕记录已不可信：{problems[0].text}", remedy="执行 credit-sync audit verify 查看全部问题"
        )
    return entry
