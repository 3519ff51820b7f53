"""Screenings remember what they rest on; listings' candidate keys move from the store into the index."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    """Forward."""
    op.add_column("screening", sa.Column("basis", sa.String(24), nullable=False, server_default=""))
    op.execute("DELETE FROM subject_key WHERE record = 'listing'")
    op.drop_table("mask_shape")
