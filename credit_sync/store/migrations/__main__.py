"""For developers, after a change of schema.py: `python -m credit_sync.store.migrations 0002 "what changed"`.

Writes the difference between the last revision and schema.py as a new revision, to be read and committed.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy.engine import URL

from credit_sync.store.engine import connect, writing
from credit_sync.store.migrate import configuration, upgrade


def write_revision(number: str, message: str) -> None:
    """A new file under versions/."""
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(URL.create("sqlite", database=str(Path(folder) / "head.db")))
        upgrade(engine)
        with writing(engine) as connection:
            config = configuration()
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()


if __name__ == "__main__":
    write_revision(sys.argv[1], sys.argv[2])
