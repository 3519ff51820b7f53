"""Submissions have receipts, causes and several steps in one version; licences change state on a day; credit repair."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ONE = ("channel", "record", "record_id", "record_version")
_NAME = "uq_submission_channel_record_record_id_record_version"


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("submission") as table:
        table.add_column(sa.Column("step", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(_text("cause", sa.Text()))
        table.add_column(_text("who", sa.String(128)))
        table.add_column(_text("answer", sa.String(16)))
        table.add_column(_text("reason", sa.Text()))
        table.add_column(_text("platform_id", sa.String(128)))
        table.add_column(sa.Column("received_at", sa.DateTime()))
        table.drop_constraint(_NAME, type_="unique")
        table.create_unique_constraint(f"{_NAME}_step", [*_ONE, "step"])
    op.add_column("batch", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("licence", sa.Column("state_since", sa.Date()))
    op.add_column("penalty", sa.Column("repaired_on", sa.Date()))
    op.create_table(
        "credit_repair",
        sa.Column("penalty_id", _id(), primary_key=True, autoincrement=False),
        sa.Column("repaired_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
    )


def _text(name: str, kind: sa.types.TypeEngine[str]) -> sa.Column[str]:
    return sa.Column(name, kind, nullable=False, server_default="")


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
