"""Live applicants of the store, in blocks: whoever goes through all of them holds only some at a time."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from credit_sync.records import Applicant
from credit_sync.store.columns import from_columns
from credit_sync.store.schema import applicant

_BLOCK = 1000


def live_applicants(connection: Connection) -> Iterator[tuple[int, Applicant]]:
    """(id, applicant) in ascending order of id."""
    last = -1
    while True:
        query = select(applicant).where(applicant.c.removed_at.is_(None), applicant.c.id > last)
        rows = connection.execute(query.order_by(applicant.c.id).limit(_BLOCK)).mappings().all()
        if not rows:
            return
        yield from ((row["id"], from_columns(Applicant, dict(row))) for row in rows)
        last = rows[-1]["id"]
