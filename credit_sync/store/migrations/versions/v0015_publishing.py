"""Submissions say what a person decided with them; what publishing looks up every night has indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_KNOWN = """
UPDATE submission SET decision = CASE
    WHEN state = 'unchanged' OR (state = 'superseded' AND action = 'add' AND batch IS NULL) THEN 'keep'
    WHEN action = 'withdraw' THEN 'withdraw'
    ELSE 'resume' END
WHERE who <> ''
"""
"""Of an addition that never left nobody knows whether it was wanted: then it waits for a person once more."""
_INDEXES = (
    ("submission", ("channel", "record", "record_id", "state")),
    ("licence", ("document_number",)),
    ("licence", ("licence_number",)),
    ("penalty", ("document_number",)),
)


def upgrade() -> None:
    """Forward."""
    op.add_column("submission", sa.Column("decision", sa.String(16), nullable=False, server_default=""))
    op.execute(_KNOWN)
    for table, columns in _INDEXES:
        op.create_index(_name(table, columns), table, list(columns))


def _name(table: str, columns: tuple[str, ...]) -> str:
    return "_".join(("ix", table, *columns))
