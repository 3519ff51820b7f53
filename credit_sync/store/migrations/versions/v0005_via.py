"""Listings name their legal representative's number; matches and flags say by which face they were reached."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ONE_FLAG = ("applicant_id", "list", "listed_subject")


def upgrade() -> None:
    """Forward."""
    op.add_column("listing", sa.Column("legal_representative_id", sa.JSON()))
    op.add_column("match", _via())
    with op.batch_alter_table("flag") as table:
        table.add_column(_via())
        table.drop_constraint("uq_flag_applicant_id_list_listed_subject", type_="unique")
        table.create_unique_constraint("uq_flag_applicant_id_list_listed_subject_via", [*_ONE_FLAG, "via"])


def _via() -> sa.Column[str]:
    return sa.Column("via", sa.String(24), nullable=False, server_default="subject")
