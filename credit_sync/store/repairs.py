"""Credit repairs (信用修复) that people have put on record."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, select

from credit_sync.store.schema import credit_repair


def repair_days(connection: Connection, penalty_ids: Collection[int]) -> dict[int, date]:
    """penalty -> the first day on which it is not public any more, for those that are repaired."""
    c = credit_repair.c
    rows = connection.execute(select(c.penalty_id, c.repaired_on).where(c.penalty_id.in_(penalty_ids)))
    return {row.penalty_id: row.repaired_on for row in rows}
