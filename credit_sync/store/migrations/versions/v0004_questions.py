"""Lists that can only be asked: the questions, and which listings their answers brought."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "question",
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime()),
        sa.Column("until", sa.DateTime()),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "digest", name="pk_question"),
    )
    op.create_table(
        "question_listing",
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("listing_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "digest", "listing_id", name="pk_question_listing"),
    )
    op.create_index("ix_question_listing_listing_id", "question_listing", ["listing_id"])
