"""Which column of a front-end exchange database (前置库) gets what: `mappings/exchange/NAME.toml`.

A field of the standard goes into the column that has its code for a name, unless `columns` says otherwise. What
stands beside the published fields (key, batch, action, times, state) is the same for the tables of all kinds.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from credit_sync.publishing.outbox import Action
from credit_sync.publishing.standard import FieldTable
from credit_sync.records import RecordKind
from credit_sync.toml_files import Strict, load

ColumnName = Annotated[str, Field(min_length=1, max_length=128)]
Columns = Annotated[
    tuple[ColumnName, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]


class ExchangeRow(Strict):
    """The columns that say which row it is, when it came and what is to be done with it."""

    key: ColumnName
    """Gets the identity of the row, a UUID that never changes."""
    one_per: Literal["record", "submission"]
    """`record`: one row per licence or penalty, overwritten by every correction and withdrawal. `submission`: a row
    of its own for each of them."""
    batch: ColumnName
    """Gets the UUID of the batch: a row that has it has arrived."""
    counter: ColumnName | None = None
    """Gets how often the record has been handed over, from 1."""
    action: ColumnName
    actions: dict[Action, str]
    """What stands there for add, correct and withdraw."""
    times: dict[ColumnName, str] = {}
    """Columns for the time of the batch, with its format where the column is a text ('' otherwise)."""

    @model_validator(mode="after")
    def _all_actions(self) -> Self:
        if missing := set(Action) - self.actions.keys():
            raise ValueError(f"actions 缺少 {'、'.join(sorted(missing))}")
        return self


class ExchangeReceipt(Strict):
    """Where the platform answers. A state that is in none of the lists counts as waiting, and is shown."""

    state: ColumnName
    initial: str = ""
    """Written with every row, so that an old answer is not taken for the new one; '' is NULL."""
    waiting: tuple[str, ...] = ()
    accepted: tuple[str, ...] = Field(min_length=1)
    rejected: tuple[str, ...] = Field(min_length=1)
    reason: ColumnName | None = None
    platform_id: ColumnName | None = None

    def known(self) -> frozenset[str]:
        """The states that have a meaning; an empty one is waiting."""
        return frozenset({"", self.initial, *self.waiting, *self.accepted, *self.rejected})

    @model_validator(mode="after")
    def _one_meaning_each(self) -> Self:
        waiting, accepted, rejected = {"", self.initial, *self.waiting}, set(self.accepted), set(self.rejected)
        if twice := (waiting & accepted) | (waiting & rejected) | (accepted & rejected):
            raise ValueError(f"状态“{min(twice)}”写了不止一种含义")
        return self


class TableMapping(Strict):
    """The table of one kind of record."""

    table: ColumnName
    columns: dict[str, Columns] = {}
    """Field code -> its columns, where they are called otherwise or there are several; [] for a field that has none."""
    constants: dict[ColumnName, str] = {}
    """Column -> what stands in it in every row."""


class ExchangeMapping(Strict):
    """One layout of an exchange database."""

    title: str
    provenance: str
    standard: str
    """The edition whose fields the tables hold."""
    row: ExchangeRow
    receipt: ExchangeReceipt | None = None
    licence: TableMapping
    penalty: TableMapping

    def table(self, kind: RecordKind) -> TableMapping:
        """The table of licences or of penalties."""
        return self.licence if kind is RecordKind.LICENCE else self.penalty

    def columns(self, kind: RecordKind, fields: FieldTable) -> dict[str, str]:
        """Column -> code of the field that fills it."""
        named = self.table(kind).columns
        return {column: field.code for field in fields.fields for column in named.get(field.code, (field.code,))}

    def all_columns(self, kind: RecordKind, fields: FieldTable) -> Iterable[str]:
        """Every column that the table must have."""
        row, receipt = self.row, self.receipt
        beside: list[str | None] = [row.key, row.batch, row.counter, row.action, *row.times]
        if receipt:
            beside += [receipt.state, receipt.reason, receipt.platform_id]
        return [*self.columns(kind, fields), *self.table(kind).constants, *(name for name in beside if name)]


def load_exchange(mappings: Path, name: str) -> ExchangeMapping:
    """The layout called `name`. Raises SettingsError that names every wrong key."""
    return load(mappings / "exchange" / f"{name}.toml", ExchangeMapping)
