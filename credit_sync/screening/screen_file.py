"""`screen-file`: the rows of a spreadsheet against stored lists or list files, with no other preparation.

Every row of applicants comes out at least once: with its matches, as `unverifiable` with the reason, or `clear`.
A row that cannot be read is `unverifiable`: nobody is cleared unread.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from credit_sync.errors import SourceError
from credit_sync.records import Listing
from credit_sync.screening.comparison import Judgement, Verdict
from credit_sync.screening.evidence import Scales
from credit_sync.screening.file_rows import FileRow, file_mappings, read_file
from credit_sync.screening.meant import as_meant
from credit_sync.screening.other_names import OtherNames
from credit_sync.screening.tables import ListingTable
from credit_sync.screening.unread_entries import UnreadEntries, why_named
from credit_sync.screening.unread_entry import UnreadEntry, unread_entry
from credit_sync.sources.outcomes import Read, Rejected
from credit_sync.store.unread_rows import are_seldom
from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.subjects.subject import Subject

OutputRow = tuple[str, str, str, float, str]
Judge = Callable[[Sequence[Subject]], list[Judgement]]
"""Applicants -> judgements, in their order."""

_BLOCK = 500
_NAMESAKES_NAMED = 20
"""How many listings of the same name the output names; a common name has more than a cell of Excel can hold."""


@dataclass(slots=True)
class FileCounts:
    """What one screening of a file did."""

    applicants: int = 0
    unread_applicants: int = 0
    unread_listings: int = 0
    verdicts: dict[str, int] = field(default_factory=lambda: {v.value: 0 for v in Verdict})


@dataclass(frozen=True, slots=True)
class Lists:
    """What is screened against: how to judge, what listings are called in the output, and why none clears."""

    judge: Judge
    label: Callable[[int], str]
    stale: str = ""
    unread: UnreadEntries = field(default_factory=UnreadEntries)
    """Rows of theirs that nobody could read."""
    names: OtherNames = field(default_factory=lambda: OtherNames(()))


def lists_from_files(
    paths: Sequence[Path], folder: Path, scales: Scales, at: datetime, counts: FileCounts
) -> Lists:
    """List files read into memory. Removed entries are history; unreadable rows are counted."""
    mappings = file_mappings("listings", folder)
    listings: dict[int, Listing] = {}
    labels: dict[int, str] = {}
    unread: list[UnreadEntry] = []
    for path in paths:
        rows, uneven = 0, 0
        misplaced: list[Rejected] = []
        for row in read_file(path, mappings, at):
            rows += 1
            uneven += row.uneven
            misplaced += [row.misplaced] if row.misplaced else []
            if not isinstance(row.read, Read) or not isinstance(row.read.record, Listing):
                counts.unread_listings += 1
                if isinstance(row.read, Rejected):
                    unread.append(_unread(path, row.read))
            elif row.read.record.removed_on is None or row.read.record.removed_on > at.date():
                labels[len(labels)] = row.label
                listings[len(listings)] = row.read.record
        if are_seldom(uneven, rows):
            unread += [_unread(path, row) for row in misplaced]
    table = ListingTable(listings)
    empty = "" if listings else "名单文件里没有可用的条目"
    return Lists(lambda subjects: table.judge(subjects, scales), lambda i: labels[i], empty, UnreadEntries(unread))


def _unread(path: Path, row: Rejected) -> UnreadEntry:
    return unread_entry(f"{path.name} 第 {row.origin.row} 行", row.raw)


def screen_file(path: Path, lists: Lists, folder: Path, at: datetime, counts: FileCounts) -> Iterator[OutputRow]:
    """The output rows, in the order of the applicants."""
    mappings = file_mappings("applicants", folder)
    block: list[FileRow] = []
    for row in read_file(path, mappings, at):
        block.append(row)
        if len(block) >= _BLOCK:
            yield from _judged(block, lists, counts)
            block = []
    yield from _judged(block, lists, counts)
    if not counts.applicants:
        raise SourceError(f"{path.name} 里没有一行申报主体")


def _judged(block: Sequence[FileRow], lists: Lists, counts: FileCounts) -> Iterator[OutputRow]:
    meant = [as_meant(row.read.record.subject, lists.names) for row in block if isinstance(row.read, Read)]
    subjects = [subject for one in meant for subject in one]
    named = why_named(lists.unread, dict(enumerate(map(lists.names.of, subjects))))
    judged = (
        (s, j, named.get(n, "")) for n, (s, j) in enumerate(zip(subjects, lists.judge(subjects), strict=True))
    )
    best = iter(
        [max(islice(judged, len(one)), key=lambda found: (found[1].verdict.rank, found[2])) for one in meant]
    )
    for row in block:
        counts.applicants += 1
        if isinstance(row.read, Read):
            subject, judgement, why = next(best)
            yield from _rows_of(row, subject, judgement, named=why, lists=lists, counts=counts)
        else:
            counts.unread_applicants += 1
            counts.verdicts[Verdict.UNVERIFIABLE.value] += 1
            unread = f"第 {row.read.origin.row} 行未能读取，未比对：{row.read.reason}"
            yield row.label, "", Verdict.UNVERIFIABLE.value, 0.0, hide_in_text(unread)


def _rows_of(  # noqa: PLR0913
    row: FileRow, subject: Subject, judgement: Judgement, *, named: str, lists: Lists, counts: FileCounts
) -> Iterator[OutputRow]:
    """`named`: why the subject is not cleared though nothing was found (see `why_named`)."""
    unfit = [reason for reason in (lists.stale, named) if reason]
    verdict = Verdict.UNVERIFIABLE if judgement.verdict is Verdict.CLEAR and unfit else judgement.verdict
    counts.verdicts[verdict.value] += 1
    whose = f"{row.whose}：" if row.whose else ""
    unused = f"（{row.unused}）" if row.unused else ""
    for number, comparison in judgement.matches:
        evidence = hide_in_text(whose + "；".join(e.sentence for e in comparison.evidence) + unused)
        yield row.label, lists.label(number), comparison.verdict.value, comparison.probability, evidence
    if not judgement.matches:
        reasons = [reason for reason in (judgement.reason(subject), *unfit) if reason]
        namesakes = ";".join(lists.label(number) for number in judgement.namesake_ids[:_NAMESAKES_NAMED])
        evidence = hide_in_text(whose + ("；".join(reasons) or judgement.why_clear()) + unused)
        yield row.label, namesakes, verdict.value, 0.0, evidence
