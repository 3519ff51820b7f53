"""The body that carries a batch's rows, as the platform's mapping has it. Pure."""

from collections.abc import Iterable
from typing import Any

from credit_sync.interfaces.messages import written_body
from credit_sync.publishing.channels.api_mapping import ApiMapping
from credit_sync.publishing.channels.channel import Batch, Submitted
from credit_sync.publishing.standard import FieldTable


def batch_body(mapping: ApiMapping, batch: Batch, table: FieldTable, rows: Iterable[Submitted]) -> bytes:
    """Every field of the table, the row's key and action."""
    request = mapping.request
    names = {field.code: mapping.names.get(field.code, field.code) for field in table.fields}
    items: list[Any] = [
        ({request.record: row.record_key} if request.record else {})
        | {request.key: row.key, request.action: request.actions[row.action.value]}
        | {name: row.row.get(code, "") for code, name in names.items()}
        for row in rows
    ]
    known = {
        "batch": str(batch.id),
        "kind": request.kinds.get(batch.kind.value, batch.kind.value),  # type: ignore[call-overload]
        "action": request.actions[batch.action.value],
        "standard": batch.standard,
        "count": str(len(items)),
        "date": batch.made_at.date().isoformat(),
    }
    texts = {path: written.format(**known) for path, written in request.texts.items()}
    return written_body(mapping.format, texts, request.rows, items)
