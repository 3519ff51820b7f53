"""Records remember the version of their source that last touched them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TABLES = ("licence", "penalty", "listing", "applicant", "inspection")


def upgrade() -> None:
    """Forward."""
    for name in _TABLES:
        op.add_column(name, sa.Column("changed_in", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_listing_source_changed_in", "listing", ["source", "changed_in"])
