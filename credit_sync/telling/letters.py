"""The letters: a department's morning digest, and the notice of failure to operators."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from sqlalchemy import Connection

from credit_sync.errors import SettingsError
from credit_sync.publishing.due import due
from credit_sync.reporting.lists import ListView, read_lists
from credit_sync.reporting.shown import shown
from credit_sync.reporting.summary import Summary
from credit_sync.reporting.templates import environment
from credit_sync.screening.measures import load_measures
from credit_sync.settings import Settings
from credit_sync.store.ledger import Run
from credit_sync.tell_settings import EVERY
from credit_sync.telling.mail import Letter
from credit_sync.telling.own_report import digest_counts, own_report

_MOST_ATTACHED = 2_000_000
"""Bytes of a report, of some 6,000 flags as a workbook: where there is a desk, a heavier one stays out of the mail."""


@dataclass(frozen=True, slots=True)
class Due:
    """One mail that is due."""

    kind: Literal["digest", "failure"]
    occasion: str
    """Of a digest the day, of a failure notice the run: `run 12`."""
    department: str
    """'' for operators."""
    recipient: str
    since: datetime | None = None
    """Of a digest: since when news is counted, which is the last one that arrived."""

    @property
    def run_id(self) -> int:
        """Of a failure notice the run."""
        return int(self.occasion.removeprefix("run "))


def digest(connection: Connection, settings: Settings, run: Run, one: Due) -> Letter:
    """A department's digest of the day."""
    department, since = one.department, one.since
    counts = digest_counts(connection, settings, department, since)
    title = "全部处室" if department == EVERY else shown(department)
    report = own_report(connection, settings, run, department)
    heavy = bool(report and settings.desk.address and len(report.content) > _MOST_ATTACHED)
    values = {
        "organ": settings.department.name,
        "department": title,
        "as_of": run.as_of,
        "since": since,
        "counts": counts,
        "stale": stale_lists(connection, settings, run),
        "desk": settings.desk.address,
        "left_out": f"{len(report.content) / 1_000_000:.1f} MB" if report and heavy else "",
    }
    return Letter(
        recipient=one.recipient,
        occasion=f"digest/{run.as_of:%Y-%m-%d}/{sha256(department.encode()).hexdigest()[:16]}",
        subject=f"信用预警 {run.as_of:%m-%d} {title}：待处理 {counts.waiting}，新增 {counts.new}",
        at=run.as_of,
        text=environment().get_template("digest.txt.j2").render(**values),
        html=environment().get_template("digest.html.j2").render(**values),
        attachment=None if heavy else report,
    )


def failure(settings: Settings, run: Run, recipient: str, problems: Sequence[str]) -> Letter:
    """What failed in a run, to one operator."""
    lines = "\n".join(f"{number}. {shown(problem)}" for number, problem in enumerate(problems, 1))
    where = settings.path(settings.reports.folder) / f"run-{run.as_of:%Y-%m-%d}.html"
    text = (
        f"第 {run.id} 次运行（{run.as_of:%Y-%m-%d %H:%M}）有 {len(problems)} 处问题，其余已完成：\n\n{lines}\n\n"
        f"怎样处理，见运行报告 {where.name} 的待办，或执行 credit-sync status。\n"
    )
    subject = f"信用比对运行有 {len(problems)} 处问题 {run.as_of:%Y-%m-%d}"
    return Letter(recipient, f"failure/{run.id}", subject, run.as_of, text)


def breakdown(as_of: datetime, recipient: str, problem: str) -> Letter:
    """A run that broke off, to one operator."""
    text = f"{as_of:%Y-%m-%d %H:%M} 的运行没有完成：\n\n{shown(problem)}\n\n排除原因后执行 credit-sync run。\n"
    occasion = f"breakdown/{as_of:%Y-%m-%d}/{sha256(problem.encode()).hexdigest()[:16]}"
    return Letter(recipient, occasion, f"信用比对运行中断 {as_of:%Y-%m-%d}", as_of, text)


def problems_of(connection: Connection, settings: Settings, run: Run, summary: Summary) -> list[str]:
    """What operators are told of: what failed, lists that clear nobody, and what should have been public by now."""
    return [*summary.problems, *stale_lists(connection, settings, run), *overdue(connection, settings, run)]


def overdue(connection: Connection, settings: Settings, run: Run) -> Iterator[str]:
    """One line for each channel that is late; none where a standard is unusable, which is among what failed."""
    with suppress(SettingsError):
        late = [found for found in due(connection.engine, settings, run.as_of.date()) if found.late]
        for name in sorted({found.channel for found in late}):
            mine = [found for found in late if found.channel == name]
            earliest = f"{mine[0].document_number}，{mine[0].by_when}"
            yield f"渠道 {name} 有 {len(mine)} 条已超过报送期限，最早的是 {earliest}"


def stale_lists(connection: Connection, settings: Settings, run: Run) -> list[str]:
    """One line for each list that clears nobody."""
    lists = _lists(connection, settings, run)
    return [f"{found.title}不能据此放行任何人：{found.warning}" for found in lists if found.warning]


def _lists(connection: Connection, settings: Settings, run: Run) -> tuple[ListView, ...]:
    measures = load_measures(settings.mappings_folder)
    return read_lists(connection, settings, run.as_of, run.as_of, measures)
