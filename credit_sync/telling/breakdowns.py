"""Notices that a run broke off. They wait in files until the mail server has them: the store may be what is out of reach."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from credit_sync.errors import CreditSyncError
from credit_sync.logs import log
from credit_sync.reporting.files import write_report
from credit_sync.settings import Settings
from credit_sync.telling import letters
from credit_sync.telling.mail import MailServerError, mailer

_FILES = "breakdown-*.json"
_LATE = timedelta(days=7)
"""How long one is tried again with every run."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What one operator is to be told. `problem`: fit to be shown."""

    as_of: datetime
    recipient: str
    problem: str

    @property
    def file_name(self) -> str:
        """The same for the same notice."""
        digest = sha256(f"{self.recipient}/{self.problem}".encode()).hexdigest()[:16]
        return f"breakdown-{self.as_of:%Y%m%d-%H%M%S}-{digest}.json"


def keep(settings: Settings, notice: Breakdown) -> None:
    """The notice waits from now on. Raises CreditSyncError where it cannot be written."""
    content = asdict(notice) | {"as_of": notice.as_of.isoformat()}
    write_report(_folder(settings) / notice.file_name, json.dumps(content, ensure_ascii=False).encode())


def waiting(settings: Settings, as_of: datetime) -> list[Breakdown]:
    """The notices that wait for those who are operators now, oldest first; what is a week old is no news."""
    found = (_read(path) for path in sorted(_folder(settings).glob(_FILES)))
    return [
        notice
        for notice in found
        if notice and notice.as_of > as_of - _LATE and notice.recipient in settings.tell.operators
    ]


def send(settings: Settings, as_of: datetime, new: Iterable[Breakdown] = ()) -> list[str]:
    """Sends what waits and what is new. Each waits no longer once the server has it; what went wrong."""
    notices = list(dict.fromkeys([*waiting(settings, as_of), *new]))
    for path in _folder(settings).glob(_FILES):
        if path.name not in {notice.file_name for notice in notices}:
            path.unlink(missing_ok=True)
    problems = []
    try:
        for notice, problem in _sent(settings, notices) if notices else ():
            if problem:
                problems.append(f"{notice.recipient}：{problem}")
            else:
                (_folder(settings) / notice.file_name).unlink(missing_ok=True)
    except CreditSyncError as error:  # the server as a whole: the rest would fare no better
        problems.append(str(error))
    for problem in problems:
        log.error("失败通知没有发出", problem=problem)
    return problems


def _sent(settings: Settings, notices: Iterable[Breakdown]) -> Iterator[tuple[Breakdown, str]]:
    """Each notice, and why it was refused; '' when it was not. Raises MailServerError."""
    with mailer(settings) as server:
        for notice in notices:
            try:
                server.send(letters.breakdown(notice.as_of, notice.recipient, notice.problem))
            except MailServerError:
                raise
            except CreditSyncError as error:
                yield notice, str(error)
            else:
                yield notice, ""


def _folder(settings: Settings) -> Path:
    return settings.path(settings.reports.folder) / "unsent"


def _read(path: Path) -> Breakdown | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Breakdown(datetime.fromisoformat(content["as_of"]), content["recipient"], content["problem"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
