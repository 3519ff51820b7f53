"""The table of one kind of record in the exchange database."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from credit_sync.errors import CreditSyncError
from credit_sync.interfaces.cells import UnfitError
from credit_sync.interfaces.table import ForeignTable
from credit_sync.publishing.channels.exchange_db.identity import Identity
from credit_sync.publishing.channels.exchange_db.mapping import ExchangeMapping
from credit_sync.publishing.standard import Row, Standard
from credit_sync.records import RecordKind

_DECIMALS = 6
"""Of an amount in the standard: 万元, to a hundredth of a yuan."""


class ExchangeTable(ForeignTable):
    """The table of one kind of record. Making one raises CreditSyncError where database and mapping do not fit."""

    def __init__(
        self,
        connection: Connection,
        mapping: ExchangeMapping,
        standard: Standard,
        kind: RecordKind,
        schema: str | None,
    ) -> None:
        self.mapping, self.fields = mapping, standard.table(kind)
        self._codes = mapping.columns(kind, self.fields)
        self._constants = mapping.table(kind).constants
        columns = mapping.all_columns(kind, self.fields)
        super().__init__(connection, mapping.table(kind).table, columns, schema, standard.date_format)
        self._refuse_unless_uuids_fit()

    def key(self, identity: Identity) -> str:
        """The UUID of a submission's row."""
        return identity.record if self.mapping.row.one_per == "record" else identity.submission

    def values(self, row: Row) -> dict[str, Any]:
        """What a published row and the constants become, by the mapping's column names. Raises UnfitError."""
        titles = {column: f"{self.fields.field(code).title}（{column}）" for column, code in self._codes.items()}
        found = {c: self._cells[c].of_text(row.get(code, ""), titles[c]) for c, code in self._codes.items()}
        return found | {c: self._cells[c].of_text(constant, c) for c, constant in self._constants.items()}

    def _refuse_unless_uuids_fit(self) -> None:
        """By them it is known what has arrived: where they are no use, nothing is written at all."""
        for name in (self.mapping.row.key, self.mapping.row.batch):
            try:
                self._cells[name].of_text(str(UUID(int=0)), name)
            except UnfitError as error:
                raise CreditSyncError(str(error), remedy="请前置库管理员把这一列改为 36 个字的文字列") from None

    def short_columns(self) -> list[str]:
        """The columns that hold less than the standard allows, for `credit-sync check`."""
        lengths = {c: getattr(self._cells[c].column.type, "length", None) for c in self._codes}
        allowed = {c: self.fields.field(code).length for c, code in self._codes.items()}
        short = [
            f"{column} 只容 {length} 个字（标准 {allowed[column]} 个）"
            for column, length in lengths.items()
            if length is not None and length < allowed[column]
        ]
        amounts = [c for c, code in self._codes.items() if self.fields.field(code).type == "amount"]
        scales = {c: getattr(self._cells[c].column.type, "scale", None) for c in amounts}
        coarse = [
            f"{column} 只有 {scale} 位小数（标准 {_DECIMALS} 位）"
            for column, scale in scales.items()
            if scale is not None and scale < _DECIMALS
        ]
        return short + coarse
