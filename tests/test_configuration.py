"""Which configuration a night works with: every change of a file goes on record, and none stops the night."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from credit_sync.configuration import note_configuration
from credit_sync.settings import Settings
from credit_sync.store import audit, ledger

SOURCES = {"a": {"kind": "file", "mapping": "a", "folder": "a"}}


def test_changes_are_noted_and_a_file_that_cannot_be_read_is_no_reason_to_break_off(
    engine: Engine, tmp_path: Path
) -> None:
    settings = Settings.model_validate({"sources": SOURCES}).model_copy(update={"base": tmp_path})
    mapping = tmp_path / "mappings" / "a.toml"
    mapping.parent.mkdir()
    for night, text in enumerate(("title = 1", "title = 1", "title = 2")):
        mapping.write_text(text)
        if night == 2:
            (mapping.parent / ".a.toml.swp").symlink_to("/proc/self/mem")  # of which nobody can read the beginning
        run = ledger.begin(engine, datetime(2018, 11, 1, 2) + timedelta(days=night), {})
        note_configuration(engine, settings, run)
        ledger.finish(engine, run, "done")
    with engine.connect() as connection:
        changed = [entry.detail["changed"] for entry in audit.entries(connection)]
    assert changed == [[], ["mappings/.a.toml.swp", "mappings/a.toml"]]
