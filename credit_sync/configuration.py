"""Which configuration a night works with: a change since the last night goes on record, file by file."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine

from credit_sync.settings import Settings
from credit_sync.store import audit
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run

_SETTINGS = "config.toml"


def note_configuration(engine: Engine, settings: Settings, run: Run) -> None:
    """Puts on record which files say something else than at the last entry; nothing where none does."""
    files = dict(_digests(settings))
    with writing(engine) as connection:
        before = _last_noted(connection)
        known = before or {}
        changed = [name for name in sorted(known.keys() | files.keys()) if known.get(name) != files.get(name)]
        if changed:
            target = "、".join(changed) if before else "首次记录"
            detail = {"run": run.id, "changed": changed if before else [], "files": files}
            action = audit.Action.CONFIGURATION
            audit.note(connection, at=run.as_of, who=audit.PROGRAM, action=action, target=target, detail=detail)


def _last_noted(connection: Connection) -> Mapping[str, str] | None:
    """The files of the last entry that names some: accounts of the desk are configuration, too, and name none."""
    noted = audit.entries(connection, action=audit.Action.CONFIGURATION)
    return next((entry.detail["files"] for entry in reversed(noted) if "files" in entry.detail), None)


def _digests(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each file of the configuration with the beginning of its SHA-256; the settings as they are understood."""
    yield _SETTINGS, _digest(settings.model_dump_json().encode())
    folder = settings.mappings_folder
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"mappings/{path.relative_to(folder).as_posix()}", _digest_of(path)


def _digest_of(path: Path) -> str:
    """'' of a file that the night may not read, and so cannot work with, such as what an editor keeps of its own."""
    try:
        return _digest(path.read_bytes())
    except OSError:
        return ""


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]
