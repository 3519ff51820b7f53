"""How a system is told: over HTTP, or in a table of its own. The settings' kind says which."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection, insert, literal, select

from credit_sync.errors import CreditSyncError
from credit_sync.interfaces.cells import UnfitError
from credit_sync.interfaces.database import address, connected, hold
from credit_sync.interfaces.delivery import Delivery, require_certainty
from credit_sync.interfaces.messages import Answer, Told, written_body
from credit_sync.interfaces.session import Session
from credit_sync.interfaces.table import ForeignTable, execute
from credit_sync.settings import Settings
from credit_sync.store.ledger import Run
from credit_sync.system_settings import HttpSystem, TableSystem
from credit_sync.write_back.mapping import HttpNotices, TableNotices, load_http_notices, load_table_notices
from credit_sync.write_back.outbox import Waiting

_TIME = "%Y-%m-%d %H:%M:%S"
_TAKEN = (
    "系统里已有同样编号的通知，不是从这里送去的：数据库恢复过备份，或另一套程序用着同样的系统名；"
    "请给 [systems] 里的这个系统另起名字"
)


class Receiver(Protocol):
    """A system that takes notices."""

    most: int
    """Notices that it takes at once."""

    def send(self, some: Sequence[Waiting], run: Run) -> Mapping[str, Told]:
        """What the system says of notices, by key: of different flags, so that their order does not matter.

        Those that may have arrived before are asked for first, or known to the system by their key. Raises
        CreditSyncError when it cannot be reached or it cannot be known what arrived.
        """
        ...

    def probe(self) -> str:
        """One line in Chinese on a system that can be told. Raises CreditSyncError for one that cannot."""
        ...


def open_receiver(settings: Settings, name: str) -> Receiver:
    """The system of this name. Raises CreditSyncError when its settings or mapping are unusable."""
    found, mappings = settings.systems[name], settings.mappings_folder
    if isinstance(found, HttpSystem):
        return HttpReceiver(name, found, load_http_notices(mappings, found.mapping))
    return TableReceiver(name, settings, found, load_table_notices(mappings, found.mapping))


class HttpReceiver:
    """A system with an HTTP interface. Raises CreditSyncError when nothing would tell whether notices arrived."""

    def __init__(self, name: str, settings: HttpSystem, mapping: HttpNotices) -> None:
        require_certainty(f"系统 {name}", settings, mapping)
        self.most = settings.batch_rows
        self._name, self._settings, self._mapping = name, settings, mapping

    def send(self, some: Sequence[Waiting], run: Run) -> Mapping[str, Told]:
        """In one request, and as many more as it takes to know.

        A key that the system has though nothing of this store's was left open under it is another notice's: refused.
        """

        def body(keys: Sequence[str]) -> bytes:
            rows = [self._mapping.notice.row(key, content[key]) for key in keys]
            known = {"count": str(len(rows)), "date": run.as_of.date().isoformat()}
            texts = {path: text.format(**known) for path, text in self._mapping.request.texts.items()}
            return written_body(self._mapping.format, texts, self._mapping.request.rows, rows)

        unclear = any(one.may_have_arrived for one in some)
        with Session(self._settings, self._mapping) as session:
            fresh = [one.key for one in some if not one.may_have_arrived]
            known = session.ask(fresh) if fresh else {}
            taken = [key for key, word in known.items() if word.answer is not Answer.REJECTED]
            content = {one.key: one.content for one in some if one.key not in taken}
            delivery = Delivery(session, body, list(content), may_have_arrived=unclear)
            delivery.complete(self._settings, f"系统 {self._name} ")
        return delivery.told | dict.fromkeys(taken, Told(Answer.REJECTED, _TAKEN))

    def probe(self) -> str:
        """Asked about a notice that does not exist."""
        with Session(self._settings, self._mapping) as session:
            return session.probe(f"{self._name}/0/0")


class TableReceiver:
    """A system with a table: a notice is a row, taken when the transaction is."""

    most = 500

    def __init__(self, name: str, settings: Settings, system: TableSystem, mapping: TableNotices) -> None:
        self._name, self._base, self._system, self._mapping = name, settings.base, system, mapping

    def send(self, some: Sequence[Waiting], run: Run) -> Mapping[str, Told]:  # noqa: ARG002 - a receiver
        """Inserts those whose key is not there yet, in one transaction.

        A key that is there though nothing was ever sent under it is another notice's: refused, not taken for delivered.
        """
        told = {one.key: Told(Answer.ACCEPTED) for one in some}
        by_number = {one.id: one.key for one in some}
        with connected(self._system, self._base) as connection, connection.begin():
            hold(connection, self._name)
            table = self._open(connection)
            there = self._there(connection, table, list(told))
            new: dict[int, dict[str, object]] = {}
            for one in some:
                if one.key in there:
                    if not one.may_have_arrived:
                        told[one.key] = Told(Answer.REJECTED, _TAKEN)
                    continue
                try:
                    new[one.id] = self._values(table, one)
                except UnfitError as reason:
                    told[one.key] = Told(Answer.REJECTED, str(reason))
            for number, refusal in execute(connection, insert(table.table), new):
                told[by_number[number]] = Told(Answer.REJECTED, refusal)
        return told

    def probe(self) -> str:
        """Statements of no rows: the database checks the rights and does nothing."""
        with connected(self._system, self._base) as connection:
            table = self._open(connection)
            key, nobody = table.column(self._mapping.notice.key), literal(1) == literal(0)
            connection.execute(insert(table.table).from_select([key], select(key).where(nobody)))
            connection.rollback()
        return f"{address(self._system.full_url(self._base))} 可以写表 {table.table.name}"

    def _open(self, connection: Connection) -> ForeignTable:
        notice = self._mapping.notice
        columns = [notice.key, *notice.names.values(), *notice.constants]
        return ForeignTable(connection, self._mapping.table, columns, self._system.schema_ or None, _TIME)

    def _there(self, connection: Connection, table: ForeignTable, keys: Sequence[str]) -> set[str]:
        column = table.column(self._mapping.notice.key)
        try:
            wanted = [table.cells(self._mapping.notice.key).of_text(key, "主键") for key in keys]
        except UnfitError as error:
            raise CreditSyncError(str(error), remedy="请把这一列改为足够长的文字列") from None
        return {str(key).strip() for key in connection.scalars(select(column).where(column.in_(wanted)))}

    def _values(self, table: ForeignTable, one: Waiting) -> dict[str, object]:
        row = self._mapping.notice.row(one.key, one.content)
        return {table.column(name).name: table.cells(name).of_text(value, name) for name, value in row.items()}
