"""What giving up or renaming a source that is no longer configured would do, as text."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from credit_sync.publishing.outbox import HANDED_OVER, WAITING, Action, State
from credit_sync.records import RecordKind
from credit_sync.reporting.labels import RECORDS
from credit_sync.screening.decisions import DECIDED
from credit_sync.store.left_sources import Left, alone, doubles, newer_doubles
from credit_sync.store.schema import RECORD_TABLES, flag, submission

_NOT_OUT = tuple(state for state in WAITING if state is not State.UNCHANGED)


def forgetting_lines(connection: Connection, left: Left, *, keep_public: bool = False) -> Iterator[str]:
    """What giving a source up would do. `keep_public`: it is decided that what was published stays so."""
    then = "保持公示" if keep_public else f"不会自动撤回，下一次报送起列为待人工决定（{_DECIDE}）"
    its = RECORD_TABLES[left.record].c.source == left.source
    yield f"停用数据源 {left.source}（{RECORDS[left.record]}）："
    yield f"  记录 {left.live} 条全部移出，历史保留；隔离区 {left.waiting} 行了结"
    for channel, count in _public(connection, left.record, its).items():
        yield f"  渠道 {channel}：已报出的 {count} 条{then}"
    for channel, count in _not_out(connection, left.record, its).items():
        yield f"  渠道 {channel}：尚未报出的 {count} 条不再报送"
    if left.record is RecordKind.APPLICANT:
        yield f"  {_flags(connection, its)}：下一次比对时关闭"
    if left.record is RecordKind.LISTING:
        yield "  相关预警：下一次比对时关闭；还有其他案由的不关闭"


def renaming_lines(connection: Connection, left: Left, name: str) -> Iterator[str]:
    """What renaming a source would do."""
    kind, c = left.record, RECORD_TABLES[left.record].c
    yield f"数据源 {left.source} 改名为 {name}（{RECORDS[kind]}）："
    yield f"  在册 {left.live} 条改归 {name}，版本、历史、报送、回执、预警和复核结论都随之保留"
    for channel, count in _public(connection, kind, c.source == left.source).items():
        yield f"  渠道 {channel}：已报出的 {count} 条仍是同一条报送，不重报，不撤回"
    yield from _doubles_lines(connection, left, name)
    if newer := newer_doubles(connection, kind, left.source, name):
        yield f"  其中 {len(newer)} 条在 {name} 名下又有变化（含移出）：以后来的为准"
    if apart := _count(connection, kind, and_(alone(kind, left.source, name), c.removed_at.is_(None))):
        yield f"  只在 {name} 名下的 {apart} 条不变"
    if kind is RecordKind.LISTING:
        yield "  下一次比对之前，关口对申报答复“不能确定”（credit-sync run --only screen）"


_DECIDE = "credit-sync publish keep 保持公示，publish withdraw 撤回"


def _doubles_lines(connection: Connection, left: Left, name: str) -> Iterator[str]:
    kind = left.record
    twice = and_(doubles(kind, left.source, name), RECORD_TABLES[kind].c.removed_at.is_(None))
    if not (count := _count(connection, kind, twice)):
        return
    yield f"  其中 {count} 条在 {name} 名下又取到一份：重复的一份移出"
    for channel, public in _public(connection, kind, twice).items():
        yield f"  渠道 {channel}：重复的也报出了 {public} 条，不会自动撤回，下一次报送起列为待人工决定（{_DECIDE}）"
    for channel, waiting in _not_out(connection, kind, twice).items():
        yield f"  渠道 {channel}：重复的有 {waiting} 条尚未报出，不再报送"
    if kind is RecordKind.APPLICANT:
        yield f"  重复的申报主体名下的{_flags(connection, twice)}：下一次比对时关闭，原来的预警不变"


def _count(connection: Connection, kind: RecordKind, which: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(RECORD_TABLES[kind]).where(which)) or 0


def _public(connection: Connection, kind: RecordKind, which: ColumnElement[bool]) -> dict[str, int]:
    """How many of some records a platform has, or will have once it has answered, by channel; but for those of which a
    withdrawal is about to go out.
    """
    c, record, waits = submission.c, RECORD_TABLES[kind], submission.alias("waits")
    out = select(func.max(c.id)).where(c.record == kind.value, c.state.in_(HANDED_OVER))
    last = out.group_by(c.channel, c.record_id)
    public = (c.id.in_(last), c.action != Action.WITHDRAW, c.record_id.in_(select(record.c.id).where(which)))
    same = (waits.c[name] == c[name] for name in ("channel", "record", "record_id"))
    leaving = exists().where(*same, waits.c.action == Action.WITHDRAW, waits.c.state == State.PENDING)
    return _by_channel(connection, and_(*public, ~leaving))


def _not_out(connection: Connection, kind: RecordKind, which: ColumnElement[bool]) -> dict[str, int]:
    """How many submissions of some records wait, whatever for, by channel."""
    c, record = submission.c, RECORD_TABLES[kind]
    of_records = (c.record == kind.value, c.record_id.in_(select(record.c.id).where(which)))
    return _by_channel(connection, and_(*of_records, c.state.in_(_NOT_OUT), c.action != Action.WITHDRAW))


def _by_channel(connection: Connection, which: ColumnElement[bool]) -> dict[str, int]:
    c = submission.c
    rows = connection.execute(select(c.channel, func.count()).where(which).group_by(c.channel).order_by(c.channel))
    return {row[0]: row[1] for row in rows}


def _flags(connection: Connection, which: ColumnElement[bool]) -> str:
    """The open flags of some applicants."""
    c, record = flag.c, RECORD_TABLES[RecordKind.APPLICANT]
    its = (c.closed_at.is_(None), c.applicant_id.in_(select(record.c.id).where(which)))
    states = list(connection.scalars(select(c.state).where(*its)))
    decided = sum(state in DECIDED for state in states)
    return f"预警 {len(states)} 条（其中 {decided} 条已有复核结论）"
