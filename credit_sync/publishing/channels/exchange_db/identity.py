"""By what a submission is known in the exchange database: UUIDs that come out the same whenever they are asked for.

A row is named after its record's source and key, not after numbers of our own store: a store that was lost and filled
again names the same rows. A source that is renamed goes on naming its rows as before. A batch is named after its time
too, so that no later store's batch is taken for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Engine, Row, Select, func, select

from credit_sync.publishing.channels.channel import Submitted
from credit_sync.publishing.names import record_names
from credit_sync.store.schema import batch, submission

_NAMESPACE = UUID("6b1f0c52-5a0e-5c6b-9d4e-0a5d6f5f3a11")
"""Of this program's names; made once, never to be changed."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One submission, as the exchange database knows it."""

    record: str
    """UUID of the record's row."""
    submission: str
    """UUID of this submission's own row, where every submission has one."""
    batch: str
    """UUID of its batch."""
    number: int
    """How often the record has been handed over, this time included, as far as the store knows."""


def identities(engine: Engine, department: str, submitted: Sequence[Submitted]) -> dict[int, Identity]:
    """Submission's id -> its identity. `department` is the department's code: others may use the same database."""
    found: dict[int, Identity] = {}
    for kind in sorted({one.kind for one in submitted}):
        ids = [one.id for one in submitted if one.kind is kind]
        with engine.connect() as connection:
            rows = connection.execute(_query().where(submission.c.id.in_(ids))).all()
            names = record_names(connection, kind, {row.record_id for row in rows})
        for row in rows:
            found[row.id] = _identity(row, f"{department}/{row.channel}", names[row.record_id])
    return found


def _query() -> Select[Any]:
    earlier = submission.alias("earlier")
    before = (
        select(func.count())
        .select_from(earlier)
        .where(
            earlier.c.channel == submission.c.channel,
            earlier.c.record == submission.c.record,
            earlier.c.record_id == submission.c.record_id,
            earlier.c.batch < submission.c.batch,
        )
        .scalar_subquery()
    )
    c = submission.c
    own = (c.id, c.channel, c.record_id, c.record_version, c.step)
    of_batch = (submission.c.batch, batch.c.made_at)
    joined = submission.join(batch, submission.c.batch == batch.c.id)
    return select(*own, *of_batch, before.label("before")).select_from(joined)


def _identity(row: Row[Any], where: str, what: str) -> Identity:
    record = f"{where}/{what}"
    return Identity(
        record=str(uuid5(_NAMESPACE, record)),
        submission=str(uuid5(_NAMESPACE, f"{record}/{row.record_version}.{row.step}")),
        batch=str(uuid5(_NAMESPACE, f"{where}/batch/{row.batch}/{row.made_at.isoformat()}")),
        number=row.before + 1,
    )
