"""The channel itself: a batch is one transaction in the exchange database; receipts are read from its state column.

The rows must stay in the table until the night that wrote them is over: what has been swept away meanwhile is written
again if that night's answer was lost, under the same UUIDs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection, Engine, select

from credit_sync.channel_settings import ExchangeDbChannel
from credit_sync.errors import CreditSyncError, SettingsError
from credit_sync.interfaces.database import connected, hold
from credit_sync.logs import log
from credit_sync.publishing.channels.channel import Batch, Handover, Receipt, Submitted
from credit_sync.publishing.channels.exchange_db.answers import answers
from credit_sync.publishing.channels.exchange_db.identity import Identity, identities
from credit_sync.publishing.channels.exchange_db.mapping import ExchangeMapping, load_exchange
from credit_sync.publishing.channels.exchange_db.table import ExchangeTable
from credit_sync.publishing.channels.exchange_db.writing import write
from credit_sync.publishing.standard import FieldTable, load_standard
from credit_sync.records import RecordKind
from credit_sync.settings import Settings
from credit_sync.store.schema import batch as batch_table

_CHUNK = 500


class ExchangeDb:
    """The channel called `name`. Raises SettingsError or CreditSyncError for an unusable mapping, and where a batch of
    another standard than the mapping's is still on its way: its codes mean something else there."""

    def __init__(self, engine: Engine, settings: Settings, name: str, channel: ExchangeDbChannel) -> None:
        self._engine, self._settings, self._name, self._channel = engine, settings, name, channel
        self._mapping = mapping_of(settings, channel)
        _refuse_to_switch(engine, name, self._mapping.standard)

    def send(self, batch: Batch, table: FieldTable, rows: Iterable[Submitted]) -> Handover:  # noqa: ARG002 - of the batch's standard
        """Writes what has not arrived yet, in one transaction. Raises CreditSyncError."""
        refused: list[Receipt] = []
        with connected(self._channel, self._settings.base) as connection, connection.begin():
            hold(connection, self._name)
            target = open_table(connection, self._settings, self._channel, self._mapping, batch.kind)
            for some in _some_at_a_time(rows):
                refused += write(connection, target, batch, some, self._known(some))
        return Handover(receipts=tuple(refused))

    def receipts(self, waiting: Iterable[Submitted]) -> Iterator[Receipt]:
        """What the platform has written into the state column by now. Raises CreditSyncError."""
        if self._mapping.receipt is None:
            return
        unknown: Counter[str] = Counter()
        targets: dict[RecordKind, ExchangeTable] = {}
        with connected(self._channel, self._settings.base) as connection:
            for some in _some_at_a_time(waiting):
                known = self._known(some)
                for kind in sorted({one.kind for one in some}):
                    if kind not in targets:
                        targets[kind] = open_table(connection, self._settings, self._channel, self._mapping, kind)
                    these = [one for one in some if one.kind is kind]
                    yield from answers(connection, targets[kind], these, known, unknown)
        for state, rows in sorted(unknown.items()):
            log.warning(
                "前置库的状态，对照文件没有写明含义，按等待处理", channel=self._name, state=state, rows=rows
            )

    def _known(self, some: Sequence[Submitted]) -> dict[int, Identity]:
        return identities(self._engine, self._settings.department.uscc, some)


def _refuse_to_switch(engine: Engine, name: str, standard: str) -> None:
    on_its_way = select(batch_table.c.standard, batch_table.c.id).where(
        batch_table.c.channel == name, batch_table.c.sent_at.is_(None), batch_table.c.standard != standard
    )
    with engine.connect() as connection:
        found = connection.execute(on_its_way.order_by(batch_table.c.id)).first()
    if found is not None:
        raise CreditSyncError(
            f"按标准 {found.standard} 编成的第 {found.id} 批还没有送完，不能写进标准 {standard} 的表",
            remedy="请先把渠道改回原来的 standard、mapping 和 url，送完后再更换；原来的前置库已停用的，请给渠道另起名字，全部重新报送",
        )


def mapping_of(settings: Settings, channel: ExchangeDbChannel) -> ExchangeMapping:
    """The channel's mapping. Raises SettingsError, or CreditSyncError when it is made for another standard."""
    folder = settings.mappings_folder
    mapping = load_exchange(folder, channel.mapping)
    if mapping.standard != channel.standard:
        raise CreditSyncError(
            f"对照文件 {channel.mapping} 用于标准 {mapping.standard}，渠道的标准是 {channel.standard}",
            remedy="请改渠道的 standard 或 mapping",
        )
    tables = load_standard(folder, channel.standard).tables
    problems = [
        f"{kind.value}.columns.{code}: 标准 {channel.standard} 没有这个字段"
        for kind, table in tables.items()
        for code in mapping.table(kind).columns
        if code not in table.by_code
    ]
    if problems:
        raise SettingsError(f"mappings/exchange/{channel.mapping}.toml", problems)
    return mapping


def open_table(
    connection: Connection,
    settings: Settings,
    channel: ExchangeDbChannel,
    mapping: ExchangeMapping,
    kind: RecordKind,
) -> ExchangeTable:
    """The table of one kind of record as it is now. Raises CreditSyncError when it does not fit the mapping."""
    standard = load_standard(settings.mappings_folder, mapping.standard)
    return ExchangeTable(connection, mapping, standard, kind, channel.schema_ or None)


def _some_at_a_time(submitted: Iterable[Submitted]) -> Iterator[list[Submitted]]:
    left = iter(submitted)
    while some := list(islice(left, _CHUNK)):
        yield some
