"""Listings are counted by source; nothing ever asked for them by list, or for those of all sources that are gone."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Forward."""
    op.drop_index("ix_listing_list", "listing")
    op.drop_index("ix_listing_removed_at", "listing")
    op.create_index("ix_listing_source_removed_at", "listing", ["source", "removed_at"])
