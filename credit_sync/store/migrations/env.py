"""Runs the migrations on the connection, and in the transaction, that `store.migrate` hands over."""

from alembic import context

from credit_sync.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    render_as_batch=True,  # SQLite cannot alter columns in place
    transactional_ddl=True,
)
context.run_migrations()
