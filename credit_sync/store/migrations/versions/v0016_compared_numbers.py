"""The digest of a match is of the numbers that were compared, not of the evidence, whose sentences hide digits."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Forward. Nothing is known of the numbers that earlier decisions were made upon; the next night judges everybody."""
    op.execute("""UPDATE "match" SET digest = ''""")
    op.execute("UPDATE screening SET basis = ''")
