"""Versions keep the facts that guards compare, and who took a list back; matches keep why they closed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Forward."""
    op.add_column("source_version", sa.Column("facts", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("source_version", sa.Column("who", sa.String(128), nullable=False, server_default=""))
    op.add_column("source_version", sa.Column("back_to", sa.Integer()))
    op.add_column("match", sa.Column("close_reason", sa.Text(), nullable=False, server_default=""))
