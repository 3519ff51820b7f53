"""Submissions say what a person decided with them."""

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


def upgrade() -> None:
    """Forward."""
    op.add_column("submission", sa.Column("decision", sa.String(16), nullable=False, server_default=""))
    op.execute(_KNOWN)


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("submission") as table:
        table.drop_column("decision")
