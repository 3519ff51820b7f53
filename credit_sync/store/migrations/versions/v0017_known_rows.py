"""Rows of lists that need not be read again: credit_sync/store/known_rows.py. Empty at first."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "known_rows",
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", "block", name="pk_known_rows"),
    )
