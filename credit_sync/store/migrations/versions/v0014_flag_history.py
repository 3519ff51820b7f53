"""What became of flags and when, so that a past month can be told as it was."""

from itertools import count

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Forward. Of the flags there are, the history begins with what is known: when they opened, when they closed."""
    history = op.create_table(
        "flag_history",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flag_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("effect", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_flag_history"),
    )
    op.create_index("ix_flag_history_flag_id", "flag_history", ["flag_id"])
    op.create_index("ix_flag_history_at", "flag_history", ["at"])
    if rows := _known():
        op.bulk_insert(history, rows)


def _known() -> list[dict[str, object]]:
    names = ("id", "verdict", "probability", "opened_at", "closed_at")
    types = {"opened_at": sa.DateTime(), "closed_at": sa.DateTime()}
    columns = [sa.column(name, types.get(name)) for name in names]
    table = sa.table("flag", *columns, sa.column("measure", sa.JSON()))
    rows, numbers = [], count(1)
    for found in op.get_bind().execute(sa.select(table).order_by(table.c.id)).mappings():
        for change, at in (("opened", found["opened_at"]), ("closed", found["closed_at"])):
            if at is not None:
                said = {name: found[name] for name in ("verdict", "probability")}
                head = {"id": next(numbers), "flag_id": found["id"], "at": at, "change": change}
                rows.append({**head, **said, "effect": found["measure"]["effect"]})
    return rows
