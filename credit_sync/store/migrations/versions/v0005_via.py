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


def downgrade() -> None:
    """Back: an applicant is reached by one face of a listed subject, so the narrower key holds as well."""
    with op.batch_alter_table("flag") as table:
        table.drop_constraint("uq_flag_applicant_id_list_listed_subject_via", type_="unique")
        table.create_unique_constraint("uq_flag_applicant_id_list_listed_subject", list(_ONE_FLAG))
        table.drop_column("via")
    for name, column in (("match", "via"), ("listing", "legal_representative_id")):
        with op.batch_alter_table(name) as table:
            table.drop_column(column)


def _via() -> sa.Column[str]:
    return sa.Column("via", sa.String(24), nullable=False, server_default="subject")
