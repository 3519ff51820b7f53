"""Decisions of officers, and the audit log, which takes the records of look-ups over."""

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"

_APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    ),
}


def upgrade() -> None:
    """Forward. Everybody is judged again in the next night, so that evidence is stored as decisions compare it."""
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flag_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("effect", sa.String(16), nullable=False),
        sa.Column("rests_on", sa.Integer()),
        sa.Column("cases", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_index("ix_decision_flag_id", "decision", ["flag_id"])
    op.add_column("flag", sa.Column("state", sa.String(16), nullable=False, server_default="open"))
    op.add_column("flag", sa.Column("decision_id", sa.Integer()))
    audit = op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    if lookups := _chained_lookups():
        op.bulk_insert(audit, lookups)
    for statement in _APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_table("lookup_record")
    op.execute("UPDATE screening SET basis = ''")


def _chained_lookups() -> list[dict[str, object]]:
    """The records of look-ups as the first entries of the log; what store/audit.py hashes, as it was at this revision."""
    c = sa.table(
        "lookup_record", *map(sa.column, ("id", "who", "query", "reason", "found")), sa.column("at", sa.DateTime)
    ).c
    found = op.get_bind().execute(sa.select(c.at, c.who, c.query, c.reason, c.found).order_by(c.id))
    entries: list[dict[str, object]] = []
    digest = ""
    for number, (at, who, query, reason, count) in enumerate(found, 1):
        detail = json.dumps({"found": count, "reason": reason}, ensure_ascii=False, sort_keys=True)
        row = [number, at.isoformat(), who, "lookup", query, detail]
        digest = sha256((digest + json.dumps(row)).encode()).hexdigest()
        names = ("id", "at", "who", "action", "target", "detail")
        entries.append({**dict(zip(names, row, strict=True)), "digest": digest})
    return entries
