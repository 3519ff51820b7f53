"""What records and submissions are called outside this house, whatever becomes of the store.

A store that was restored from a backup hands out the numbers of its records and versions a second time, to others. So a record is
named after its source (by the first name that it had) and its key there, and a submission after what it says, too:
what another history of the store has sent under a name is what this one would send under it.
"""

from collections.abc import Collection
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from credit_sync.publishing.outbox import Action
from credit_sync.records import RecordKind
from credit_sync.store.renames import first_name, renames
from credit_sync.store.schema import RECORD_TABLES


def record_names(connection: Connection, kind: RecordKind, ids: Collection[int]) -> dict[int, str]:
    """The names of records by their ids: `licence/SOURCE/KEY`."""
    c, renamed = RECORD_TABLES[kind].c, renames(connection, kind)
    found = connection.execute(select(c.id, c.source, c.key).where(c.id.in_(ids)))
    return {id_: f"{kind.value}/{first_name(source, key, renamed)}/{key}" for id_, source, key in found}


def submission_key(found: Row[Any], record: str) -> str:
    """`anhui/licence/0f…/3-9a…`: what one submission is known by on both sides; `…/3.1-9a…` for the next step of a version.

    `found`: a row of the outbox; `record`: the name of its record.
    """
    says = orjson.dumps([Action(found.action), found.row], option=orjson.OPT_SORT_KEYS)
    step = f".{found.step}" if found.step else ""
    of_record = f"{found.channel}/{found.record}/{_digest(record.encode())}"
    return f"{of_record}/{found.record_version}{step}-{_digest(says)}"


def _digest(said: bytes) -> str:
    return blake2b(said, digest_size=8).hexdigest()
