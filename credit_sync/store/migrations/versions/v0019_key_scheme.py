"""By which scheme the stored keys of subjects were made: those of another are made anew by the next night."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "key_scheme",
        sa.Column("scheme", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("scheme", name=op.f("pk_key_scheme")),
    )
