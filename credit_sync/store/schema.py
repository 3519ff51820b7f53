"""The tables of the store. The store is the one truth; whatever is derived from it can be rebuilt.

Every record table has the same head (identity, history, provenance) and the columns of its record class, the
subject's flattened in front. Ids are handed out by the one writer, in order, so the same input always leads
to the same rows. Times are those of the run, not of the clock, for the same reason.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from credit_sync.records import RECORD_CLASSES, RecordKind
from credit_sync.store.columns import record_columns

_ID = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite keeps a table in the order of an INTEGER key and needs no second index for it."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("as_of", DateTime, nullable=False),
    Column("status", String(16), nullable=False),  # running | done | failed | abandoned
    Column("options", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("finished_at", DateTime),
)

stage = Table(
    "stage",
    metadata,
    Column("run_id", Integer, primary_key=True),
    # pull | publish | screen | write_back | report | tell; rename | start
    Column("name", String(16), primary_key=True),
    Column("part", String(64), primary_key=True),  # the source or channel; '' for a whole stage
    Column("status", String(16), nullable=False),  # done | failed
    Column("counts", JSON, nullable=False),
    Column("problem", Text, nullable=False),
    Column("finished_at", DateTime, nullable=False),
)

source_version = Table(
    "source_version",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("record", String(16), nullable=False),
    Column("list", String(64), nullable=False),
    Column("delivery", String(8), nullable=False),  # see credit_sync/store/versions.py
    Column("pulled_at", DateTime, nullable=False),
    Column("state", String(16), nullable=False),  # accepted | refused
    Column("reason", Text, nullable=False),  # of a refusal (on deltas after it, too), a rollback or an end
    Column("pulled", Integer, nullable=False),  # what the numbers count: credit_sync/store/counts.py
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("live", Integer, nullable=False),  # records of the source that are not removed, after this version
    Column("facts", JSON, nullable=False, server_default="{}"),  # what guards compare: credit_sync/store/facts.py
    Column("who", String(128), nullable=False, server_default=""),  # of a rollback or an end: who asked for it
    Column("back_to", Integer),  # of a rollback: the version whose records are in force again
)


def _record_table(kind: RecordKind) -> Table:
    return Table(
        kind.value,
        metadata,
        Column("id", _ID, primary_key=True, autoincrement=False),
        Column("source", String(64), nullable=False),
        Column("key", String(512), nullable=False),
        Column("version", Integer, nullable=False),
        Column("digest", LargeBinary(16), nullable=False),
        Column("first_seen", DateTime, nullable=False),
        Column("changed_at", DateTime, nullable=False),
        Column("removed_at", DateTime),
        Column(
            "changed_in", Integer, nullable=False, server_default="0"
        ),  # version of the source that last touched it
        Column("place", Text, nullable=False),
        Column("row", Integer, nullable=False),
        Column("warnings", JSON, nullable=False),
        Column("extra", JSON, nullable=False),
        *record_columns(RECORD_CLASSES[kind]),
        UniqueConstraint("source", "key"),
    )


RECORD_TABLES: dict[RecordKind, Table] = {kind: _record_table(kind) for kind in RecordKind}

licence = RECORD_TABLES[RecordKind.LICENCE]
penalty = RECORD_TABLES[RecordKind.PENALTY]
listing = RECORD_TABLES[RecordKind.LISTING]
applicant = RECORD_TABLES[RecordKind.APPLICANT]
inspection = RECORD_TABLES[RecordKind.INSPECTION]

for _numbered in (licence.c.document_number, licence.c.licence_number, penalty.c.document_number):
    Index(None, _numbered)  # records that share a number: publishing/neighbours.py
for _table in (licence, penalty, applicant, inspection):
    Index(None, _table.c.removed_at)
Index(None, listing.c.source, listing.c.removed_at)  # how many a source has: of lists that come by the million
Index(None, listing.c.source, listing.c.changed_in)  # what came and went since a version: deltas, lists diff
Index(None, applicant.c.system, applicant.c.application)

record_history = Table(
    "record_history",
    metadata,
    Column("record", String(16), primary_key=True),
    Column("record_id", BigInteger, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("change", String(16), nullable=False),  # added | changed | removed | restored
    Column("run_id", Integer, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("before", JSON, nullable=False),  # what the record said until then; {} where it says the same
    sqlite_with_rowid=False,
)

subject_key = Table(
    "subject_key",
    metadata,
    Column("key", BigInteger, primary_key=True),  # first: the table itself is the index that screening joins on
    Column("record", String(16), primary_key=True),
    Column("record_id", BigInteger, primary_key=True),
    Index(None, "record", "record_id"),
    sqlite_with_rowid=False,
)

key_scheme = Table(
    "key_scheme",
    metadata,
    Column("scheme", String(32), primary_key=True),  # by which the keys above were made: screening/stored_keys.py
)

known_rows = Table(
    "known_rows",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("block", Integer, primary_key=True),
    Column("version", Integer, nullable=False),  # of the source: the rows are known as long as it is the last
    Column("rows", LargeBinary, nullable=False),  # what they are: credit_sync/store/known_rows.py
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("source", String(64), nullable=False),
    Column("fingerprint", String(32), nullable=False),
    Column("place", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("field", String(64), nullable=False),
    Column("value", Text, nullable=False),  # masked
    Column("reason", Text, nullable=False),
    Column("raw", JSON, nullable=False),  # the whole row
    Column("key", String(512), nullable=False),  # of the record it would have been; '' where that is not known
    Column("readable", Boolean, nullable=False),  # `retry` can read `raw` again once the mapping is better
    Column("run_id", Integer, nullable=False),  # the last run in which the row came like this
    Column("first_seen", DateTime, nullable=False),
    Column("resolved_at", DateTime),
    Column("resolution", Text, nullable=False),
    UniqueConstraint("source", "fingerprint"),
)

question = Table(
    "question",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("digest", String(32), primary_key=True),  # of what is asked: sources/questions.py
    Column("subject", String(32), nullable=False),  # digest of whom it is about, however it is asked
    Column("state", String(16), nullable=False),  # answered | none | unknown | waiting
    Column("reason", Text, nullable=False),  # why it is unknown
    Column("asked_at", DateTime),  # None: not yet
    Column("until", DateTime),  # the answer is not asked for again before; None: ask again
    Column("run_id", Integer, nullable=False),  # the run that last set the state
)

question_listing = Table(
    "question_listing",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("listing_id", BigInteger, primary_key=True),
    Index(None, "listing_id"),
)

submission = Table(
    "submission",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("channel", String(64), nullable=False),
    Column("record", String(16), nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("record_version", Integer, nullable=False),
    Column("step", Integer, nullable=False, server_default="0"),  # 1, 2 ...: again in the same version, see cause
    Column("action", String(16), nullable=False),  # add | correct | withdraw
    Column("state", String(16), nullable=False),  # see publishing/outbox.py
    Column("batch", Integer),
    Column("row", JSON, nullable=False),  # the published fields by their codes
    Column("findings", JSON, nullable=False),
    Column("run_id", Integer, nullable=False),  # the run that put it into the outbox
    Column("created_at", DateTime, nullable=False),
    Column("cause", Text, nullable=False, server_default=""),  # what but a new version made it, in Chinese
    Column("who", String(128), nullable=False, server_default=""),  # a person who decided
    Column("decision", String(16), nullable=False, server_default=""),  # what: withdraw | keep | resume
    Column("sent_at", DateTime),
    # accepted | rejected: the platform's last word
    Column("answer", String(16), nullable=False, server_default=""),
    # of a rejection, the platform's words; numbers hidden
    Column("reason", Text, nullable=False, server_default=""),
    Column("platform_id", String(128), nullable=False, server_default=""),  # the platform's number for the row
    Column("received_at", DateTime),
    UniqueConstraint("channel", "record", "record_id", "record_version", "step"),
    Index(None, "channel", "state"),
    # the last that was handed over, for every record of a night
    Index(None, "channel", "record", "record_id", "state"),
    Index(None, "batch"),
)

batch = Table(
    "batch",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("channel", String(64), nullable=False),
    Column("record", String(16), nullable=False),
    Column("action", String(16), nullable=False),
    Column("standard", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("files", JSON, nullable=False),  # file name -> SHA-256, once sent
    Column("run_id", Integer, nullable=False),  # the run that made the batch; its day is in the file names
    Column("made_at", DateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),  # how often sending was begun
    Column("sent_run_id", Integer),  # the run that sent it: a later one when the channel failed at first
    Column("sent_at", DateTime),
)

credit_repair = Table(
    "credit_repair",
    metadata,
    Column("penalty_id", _ID, primary_key=True, autoincrement=False),
    Column("repaired_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", String(128), nullable=False),
    Column("at", DateTime, nullable=False),
)

screening = Table(
    "screening",
    metadata,
    Column("applicant_id", BigInteger, primary_key=True, autoincrement=False),
    Column("applicant_version", Integer, nullable=False),
    Column("verdict", String(16), nullable=False),  # clear | unverifiable | possible | probable | confirmed
    Column("reason", Text, nullable=False),
    Column("lists", JSON, nullable=False),  # source -> version it was compared with
    Column("weights", String(64), nullable=False),
    # holds while it does: see screening/renewal.py
    Column("basis", String(24), nullable=False, server_default=""),
    Column("screened_at", DateTime, nullable=False),
)

match = Table(
    "match",
    metadata,
    Column("applicant_id", BigInteger, primary_key=True, autoincrement=False),
    Column("listing_id", BigInteger, primary_key=True, autoincrement=False),
    Column("flag_id", Integer),
    Column("via", String(24), nullable=False, server_default="subject"),  # face of the listing: screening/faces.py
    Column("verdict", String(16), nullable=False),
    Column("probability", Float, nullable=False),
    Column("bits", Float, nullable=False),
    Column("evidence", JSON, nullable=False),
    # of the numbers on both sides, of which evidence hides some digits
    Column("digest", String(32), nullable=False),
    Column("listing_version", Integer, nullable=False),
    Column("weights", String(64), nullable=False),
    Column("found_at", DateTime, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("closed_at", DateTime),
    Column("close_reason", Text, nullable=False, server_default=""),
    Index(None, "listing_id"),
    Index(None, "flag_id"),
)

flag = Table(
    "flag",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("applicant_id", BigInteger, nullable=False),
    Column("list", String(64), nullable=False),
    Column("listed_subject", String(32), nullable=False),  # digest of the listed subject: many cases, one flag
    Column("via", String(24), nullable=False, server_default="subject"),  # reached through: screening/faces.py
    Column("verdict", String(16), nullable=False),
    Column("probability", Float, nullable=False),
    Column("measure", JSON, nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("closed_at", DateTime),
    Column("close_reason", Text, nullable=False),
    Column("state", String(16), nullable=False, server_default="open"),  # of its decision: screening/decisions.py
    Column("decision_id", Integer),  # the decision that the state comes from; None until there is one
    UniqueConstraint("applicant_id", "list", "listed_subject", "via"),
    Index(None, "closed_at"),
)

flag_history = Table(
    "flag_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("flag_id", Integer, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("change", String(16), nullable=False),  # opened | changed | closed
    Column("verdict", String(16), nullable=False),  # of the flag after it
    Column("probability", Float, nullable=False),
    Column("effect", String(16), nullable=False),  # of its measure
    Index(None, "flag_id"),
    Index(None, "at"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("flag_id", Integer, nullable=False),
    Column("step", String(16), nullable=False),  # uphold | dismiss | confirm | refuse | undo | reopen
    Column("state", String(16), nullable=False),  # of the flag after it: screening/decisions.py
    Column("who", Text, nullable=False),  # '' for the night
    Column("at", DateTime, nullable=False),
    Column("reason", String(64), nullable=False),  # a code of mappings/review.toml
    Column("text", Text, nullable=False),
    Column("effect", String(16), nullable=False),  # of the measure as it was then
    Column("rests_on", Integer),  # of a confirmation: the step that it agrees with
    Column("cases", JSON, nullable=False),  # the evidence as it was then: screening/decisions.py
    Index(None, "flag_id"),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("system", String(64), nullable=False),  # as it is configured
    Column("flag_id", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),  # 1, 2 ... of the flag
    Column("change", String(16), nullable=False),  # see write_back/changes.py
    Column("content", JSON, nullable=False),  # the fields that a mapping may name; numbers of persons hidden
    Column("decision_id", Integer, nullable=False),  # the last step of the flag's history that is told; 0 for none
    Column("state", String(16), nullable=False),  # pending | sending | delivered | refused
    Column("reason", Text, nullable=False),  # of a refusal, the system's words; numbers hidden
    Column("platform_id", String(128), nullable=False),  # the system's number for it
    Column("attempts", Integer, nullable=False),
    Column("run_id", Integer, nullable=False),  # the run that made it
    Column("made_at", DateTime, nullable=False),
    Column("delivered_at", DateTime),
    UniqueConstraint("system", "flag_id", "sequence"),
    Index(None, "system", "state"),
)

mail = Table(
    "mail",
    metadata,
    Column("kind", String(16), primary_key=True),  # digest | failure
    Column("occasion", String(32), primary_key=True),  # of a digest the day, of a failure the run
    Column("department", String(128), primary_key=True),  # '' for operators
    Column("recipient", String(254), primary_key=True),
    Column("state", String(16), nullable=False),  # sent | failed
    Column("problem", Text, nullable=False),
    Column("run_id", Integer, nullable=False),
    Column("at", DateTime, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),  # ISO 8601; texts, because what is stored is what is hashed
    Column("who", Text, nullable=False),
    Column("action", String(32), nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("digest", String(64), nullable=False),  # SHA-256 over the digest before and all of this
)

desk_user = Table(
    "desk_user",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("title", String(64), nullable=False),
    Column("password", Text, nullable=False),  # argon2id with its salt and costs
    Column("roles", JSON, nullable=False),
    Column("departments", JSON, nullable=False),  # ["*"]: all
    Column("created_at", DateTime, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("disabled_at", DateTime),
)

desk_session = Table(
    "desk_session",
    metadata,
    # SHA-256 of what the browser keeps: it cannot be made out of it
    Column("digest", String(64), primary_key=True),
    Column("way", String(16), nullable=False),  # local | oidc | link-…: one start of the desk
    Column("name", String(128), nullable=False),
    Column("title", String(128), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("departments", JSON, nullable=False),
    Column("address", String(64), nullable=False),
    Column("began_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Index(None, "name"),
)

failed_sign_in = Table(
    "failed_sign_in",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime, nullable=False),
    Column("name", String(64), nullable=False),  # SHA-256: people type passwords into the wrong field
    Column("address", String(64), nullable=False),
    Index(None, "at"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", String(16), primary_key=True),  # the public part of the key
    Column("name", String(64), nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 of the whole key, of which nobody keeps a copy
    Column("scopes", JSON, nullable=False),
    Column("systems", JSON, nullable=False),  # ["*"]: all
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("revoked_at", DateTime),
    Column("last_used_at", DateTime),
    UniqueConstraint("name"),
)

api_answer = Table(
    "api_answer",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("idempotency_key", String(128), primary_key=True),
    Column("request", String(64), nullable=False),  # SHA-256 of path and body
    Column("answer", Text, nullable=False),  # JSON; numbers of persons hidden
    Column("at", DateTime, nullable=False),
    Index(None, "at"),
)
