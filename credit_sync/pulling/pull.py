"""The pull stage: every source's rows become records, one transaction a source. Lists that can only be asked come
last, when the applicants are there.

A source that fails leaves the store as it was, goes on record with the reason, and does not stop the others. A
source that a killed run had finished is not pulled again.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from credit_sync.errors import CreditSyncError, StoreError, reason_of
from credit_sync.http_settings import QuerySource
from credit_sync.logs import log
from credit_sync.processes import collecting_rarely
from credit_sync.pulling.asking import AskedSource, ask_list
from credit_sync.pulling.take_over import Delivery, TakenOver, take_over
from credit_sync.records import RecordKind
from credit_sync.settings import Settings
from credit_sync.sources.asked_lists import asked_lists
from credit_sync.sources.connect import Source, asks_since, open_rows
from credit_sync.sources.formats import MisjudgedError
from credit_sync.sources.known import TellApart, all_to_be_read, telling_apart
from credit_sync.sources.mapping import SourceMapping, load_mappings
from credit_sync.sources.questions import Questions
from credit_sync.sources.reading import Reader
from credit_sync.sources.reading_pool import read_blocks
from credit_sync.sources.spool import Spool
from credit_sync.store import ledger
from credit_sync.store.counts import Counts
from credit_sync.store.engine import explain, writing
from credit_sync.store.known_rows import NOTHING_KNOWN, KnownRows, load_known_rows
from credit_sync.store.ledger import Run
from credit_sync.store.records import holds_records
from credit_sync.store.versions import PulledSource, changes_since
from credit_sync.subjects.identifiers import hide_in_text

Progress = Callable[[str, int], None]
"""Told what is going on (a source, a stage) and how many rows are done."""


def make_readers(settings: Settings) -> dict[str, Reader]:
    """A reader for every configured source. Raises SettingsError for a mapping that cannot be used."""
    readers = {name: Reader(mapping) for name, mapping in load_mappings(settings).items()}
    asked_lists(settings)
    return readers


@dataclass(frozen=True, slots=True)
class Pulled:
    """How the pull of one source ended."""

    source: str
    state: Literal["accepted", "refused", "failed", "finished_before"]
    counts: Counts = field(default_factory=Counts)
    problem: str = ""
    """Why it was refused or failed, in Chinese."""


def pull(  # noqa: PLR0913 - the options of the command
    engine: Engine,
    settings: Settings,
    run: Run,
    *,
    only_source: str | None = None,
    accept_shrink: bool = False,
    progress: Progress | None = None,
) -> list[Pulled]:
    """Pulls the configured sources in their order, or only one. Raises SettingsError before anything is pulled."""
    readers = make_readers(settings)
    if only_source is not None and only_source not in readers:
        raise CreditSyncError(f"没有名为 {only_source} 的数据源", remedy=f"可用：{'、'.join(readers)}")
    with engine.connect() as connection:
        finished = ledger.finished_parts(connection, run, "pull")
    results = []
    asked_last = sorted(readers, key=lambda name: isinstance(settings.sources[name], QuerySource))
    for name in asked_last if only_source is None else (only_source,):
        connector = settings.sources[name]
        if name in finished:
            results.append(Pulled(name, "finished_before"))
        elif problem := other_kind(engine, name, readers[name].mapping.record):
            results.append(_record_failure(engine, run, name, problem))
        elif isinstance(connector, QuerySource):
            asked = AskedSource(Questions(name, connector, readers[name].mapping), readers[name], accept_shrink)
            results.append(_ask_one(engine, run, asked, progress))
        else:
            source = _Source(name, connector, settings.base, readers[name], accept_shrink)
            results.append(_pull_one(engine, run, source, progress))
    return results


def other_kind(engine: Engine, name: str, kind: RecordKind) -> CreditSyncError | None:
    """Why a source is not pulled under the name of one that has left records of another kind: these would stay as they
    are, hit or be published for ever, and no delivery would say that they are gone.
    """
    with engine.connect() as connection:
        if not any(holds_records(connection, other, name) for other in RecordKind if other is not kind):
            return None
    return CreditSyncError(
        f"{name} 原来取的是另一种数据，还有记录在册，没有取数",
        remedy=f"新的数据源请另起名字；原来的不再使用，请执行 credit-sync sources forget {name}",
    )


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    connector: Source
    base: Path
    reader: Reader
    accept_shrink: bool

    @property
    def mapping(self) -> SourceMapping:
        return self.reader.mapping

    @property
    def pulled(self) -> PulledSource:
        return PulledSource(self.name, self.mapping.record, self.mapping.list, self.connector.delivery)


def _pull_one(engine: Engine, run: Run, source: _Source, progress: Progress | None) -> Pulled:
    with collecting_rarely():
        try:
            try:
                taken = _read_and_take_over(engine, run, source, progress, presume=True)
            except MisjudgedError:
                taken = _read_and_take_over(engine, run, source, progress, presume=False)
        except Exception as error:  # a source's trouble, of whatever kind, is its own
            return _record_failure(engine, run, source.name, error)
    counts = taken.counts.stored()
    if taken.state == "refused":
        log.warning("未采用", source=source.name, reason=taken.reason, **counts)
    else:
        log.info("已取数", source=source.name, version=taken.version, **counts)
    return Pulled(source.name, taken.state, taken.counts, taken.reason)


def _read_and_take_over(
    engine: Engine, run: Run, source: _Source, progress: Progress | None, *, presume: bool
) -> TakenOver:
    """Raises MisjudgedError, before anything is taken over, where `presume` (`open_rows`) was of no use."""
    with Spool() as spool:
        known = _fill(spool, engine, run, source, progress, presume=presume)
        since = asks_since(source.connector)
        delivery = Delivery(source.pulled, source.mapping.guards, spool, source.accept_shrink, known, since)
        return take_over(engine, run, delivery)


def _ask_one(engine: Engine, run: Run, source: AskedSource, progress: Progress | None) -> Pulled:
    try:
        asked = ask_list(engine, run, source, lambda done: progress(source.name, done) if progress else None)
    except Exception as error:  # as above
        return _record_failure(engine, run, source.name, error)
    return Pulled(source.name, "failed" if asked.problem else "accepted", asked.counts, asked.problem)


def _fill(  # noqa: PLR0913
    spool: Spool, engine: Engine, run: Run, source: _Source, progress: Progress | None, *, presume: bool
) -> KnownRows:
    """The source's rows into the spool; returns the known rows that they were told apart by."""
    since, known = None, NOTHING_KNOWN
    tell_apart: TellApart = all_to_be_read
    with engine.connect() as connection:
        if source.connector.delivery == "delta":
            since = changes_since(connection, source.name, source.mapping.record)
        else:
            known = load_known_rows(connection, source.name, run.as_of)
            tell_apart = telling_apart(source.mapping, known)
    rows = open_rows(
        source.name,
        source.connector,
        source.mapping,
        base=source.base,
        since=since,
        pulled_at=run.as_of,
        presume=presume,
    )
    with closing(read_blocks(source.reader, rows, tell_apart)) as blocks:
        for block in blocks:
            spool.add_block(block)
            if progress is not None:
                progress(source.name, spool.rows)
    return known


def _record_failure(engine: Engine, run: Run, source: str, error: Exception) -> Pulled:
    """Into the ledger. Raises StoreError where the store itself is the trouble."""
    if isinstance(error, CreditSyncError):
        problem = str(error)
    elif isinstance(error, SQLAlchemyError):
        problem = f"写入数据库失败：{explain(error)}（请检查磁盘空间和数据库服务，再运行一次）"
    elif isinstance(error, OSError):  # not a connector's, which have words of their own: the spool's
        problem = f"暂存取到的数据时出错：{reason_of(error)}（请检查临时文件夹 TMPDIR 的磁盘空间，再运行一次）"
    elif isinstance(error, MemoryError):
        problem = "内存不足，没有读完（请腾出内存或放宽限制，再运行一次）"
    else:
        problem = f"程序内部错误（{type(error).__name__}），请把运行日志交给维护人员"
        log.exception("内部错误", source=source)
    problem = hide_in_text(problem)
    try:
        with writing(engine) as connection:
            ledger.stage_failed(connection, run, "pull", source, problem)
    except SQLAlchemyError as trouble:
        raise StoreError(f"写不进数据库：{explain(trouble)}", remedy="请检查磁盘空间和数据库服务") from None
    log.error("取数失败", source=source, problem=problem)
    return Pulled(source, "failed", problem=problem)
