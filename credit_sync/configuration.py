"""Which configuration a night works with: a change since the last night goes on record, file by file."""

from collections.abc import Iterator
from hashlib import sha256

from sqlalchemy import Engine

from credit_sync.settings import Settings
from credit_sync.store import audit
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run

_SETTINGS = "config.toml"


def note_configuration(engine: Engine, settings: Settings, run: Run) -> None:
    """Puts on record which files say something else than at the last entry; nothing where none does."""
    files = dict(_digests(settings))
    with writing(engine) as connection:
        last = audit.entries(connection, action=audit.Action.CONFIGURATION, limit=1)
        before = last[0].detail["files"] if last else {}
        changed = [name for name in sorted(before.keys() | files.keys()) if before.get(name) != files.get(name)]
        if changed:
            target = "、".join(changed) if last else "首次记录"
            detail = {"run": run.id, "changed": changed if last else [], "files": files}
            action = audit.Action.CONFIGURATION
            audit.note(connection, at=run.as_of, who=audit.PROGRAM, action=action, target=target, detail=detail)


def _digests(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each file of the configuration with the beginning of its SHA-256; the settings as they are understood."""
    yield _SETTINGS, _digest(settings.model_dump_json().encode())
    folder = settings.path(settings.mappings)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"mappings/{path.relative_to(folder).as_posix()}", _digest(path.read_bytes())


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]
