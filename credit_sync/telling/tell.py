"""The tell stage: who gets which mail, each once, and what could not be sent.

A letter is on record after the server took it. Who dies in between sends it again, with the same Message-ID: at least
once, shown once. No failure of mail loses anything of the night.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, select

from credit_sync.errors import CreditSyncError
from credit_sync.logs import log
from credit_sync.reporting.lists import previous_report
from credit_sync.reporting.shown import shown
from credit_sync.reporting.summary import Summary, summarise
from credit_sync.settings import Settings
from credit_sync.store import ledger
from credit_sync.store.engine import explain, writing
from credit_sync.store.ledger import Run
from credit_sync.store.schema import mail
from credit_sync.telling import breakdowns, letters
from credit_sync.telling.breakdowns import Breakdown
from credit_sync.telling.letters import Due
from credit_sync.telling.mail import Letter, Mailer, MailServerError, mailer
from credit_sync.telling.monitoring import ping

_LATE = timedelta(days=7)
"""How long a failure notice is tried again with every run."""


def due(connection: Connection, settings: Settings, run: Run, problems: Sequence[str]) -> list[Due]:
    """The mails of a run that have not been sent, in order."""
    told, day = settings.tell, run.as_of.date().isoformat()
    wanted = [
        Due("digest", day, department, recipient, _last_digest(connection, run, department, recipient))
        for department, recipients in sorted(told.departments.items())
        for recipient in sorted(set(recipients))
    ]
    if problems:
        wanted += [Due("failure", f"run {run.id}", "", recipient) for recipient in sorted(set(told.operators))]
    wanted += _late(connection, settings, run)
    c = mail.c
    sent = select(c.kind, c.occasion, c.department, c.recipient).where(c.state == "sent")
    known = {tuple(row) for row in connection.execute(sent.where(c.occasion.in_((day, f"run {run.id}"))))}
    return [one for one in wanted if (one.kind, one.occasion, one.department, one.recipient) not in known]


def tell(engine: Engine, settings: Settings, run: Run, summary: Summary) -> None:
    """Sends what is due; what fails is in the ledger, and tried again by the next run of the day."""
    if settings.tell.mail is None:
        return
    with engine.connect() as connection:
        failures = letters.problems_of(connection, settings, run, _without_mail(summary))
        waiting = due(connection, settings, run, failures)
    problems = breakdowns.send(settings, run.as_of)
    problems += _Post(engine, settings, run, failures).send(waiting) if waiting else []
    with writing(engine) as connection:
        here = (mail.c.run_id == run.id, mail.c.state == "sent")
        sent = connection.scalar(select(func.count()).select_from(mail).where(*here)) or 0
        if problems:
            words = "；".join(dict.fromkeys(problems))
            ledger.stage_failed(connection, run, "tell", "", words, counts={"sent": sent})
        else:
            ledger.stage_done(connection, run, "tell", "", {"sent": sent})


def tell_of_breakdown(settings: Settings, as_of: datetime, error: Exception) -> None:
    """A run that broke off (the store is out of reach, say): operators and the health check hear of it all the same.

    Where the mail server is out of reach, too, operators hear of it from the next run that reaches it.
    """
    ping(settings.tell, failed=True)
    if settings.tell.mail is None or not settings.tell.operators:
        return
    problem = shown(str(error) if isinstance(error, CreditSyncError) else f"程序内部错误：{explain(error)}")
    new = [Breakdown(as_of, recipient, problem) for recipient in sorted(set(settings.tell.operators))]
    for notice in new:
        try:
            breakdowns.keep(settings, notice)
        except CreditSyncError as failure:
            log.error("失败通知没有存下", problem=str(failure))
    breakdowns.send(settings, as_of, new)


def letter_of(engine: Engine, settings: Settings, run: Run, one: Due, failures: Sequence[str]) -> Letter:
    """The letter that is due; a failure notice of an earlier run with what failed then, and the rest as it is now."""
    with engine.connect() as connection:
        if one.kind == "digest":
            return letters.digest(connection, settings, run, one)
        told = ledger.run_of(connection, one.run_id) or run
        if told.id != run.id:
            summary = _without_mail(summarise(engine, settings, told))
            failures = letters.problems_of(connection, settings, run, summary)
        return letters.failure(settings, told, one.recipient, failures)


@dataclass(frozen=True, slots=True)
class _Post:
    """One evening's mail of a run."""

    engine: Engine
    settings: Settings
    run: Run
    failures: Sequence[str]

    def send(self, waiting: Sequence[Due]) -> list[str]:
        """Sends all of it over one connection; what went wrong."""
        problems, left = [], list(waiting)
        try:
            with mailer(self.settings) as server:
                for one in waiting:
                    left.remove(one)
                    if problem := self._send(server, one):
                        problems.append(f"{one.recipient}：{problem}")
        except CreditSyncError as error:  # the server as a whole: the rest would fare no better
            log.error("邮件服务器不可用", problem=str(error))
            problems.append(str(error))
            for one in left:
                self._record(one, str(error))
        return problems

    def _send(self, server: Mailer, one: Due) -> str:
        """Sends one mail and puts it on record; why it was refused, '' when it was not. Raises MailServerError."""
        letter = letter_of(self.engine, self.settings, self.run, one, self.failures)
        try:
            server.send(letter)
        except MailServerError as error:
            self._record(one, str(error))
            raise
        except CreditSyncError as error:
            self._record(one, str(error))
            return str(error)
        self._record(one, "")
        return ""

    def _record(self, one: Due, problem: str) -> None:
        key = {name: getattr(one, name) for name in ("kind", "occasion", "department", "recipient")}
        became = {"state": "failed" if problem else "sent", "problem": shown(problem)}
        with writing(self.engine) as connection:
            connection.execute(mail.delete().where(*(mail.c[name] == value for name, value in key.items())))
            connection.execute(mail.insert().values(**key, **became, run_id=self.run.id, at=self.run.as_of))


def _late(connection: Connection, settings: Settings, run: Run) -> list[Due]:
    """Failure notices of earlier runs that did not arrive: nobody has heard of what went wrong then."""
    c = mail.c
    failed = (c.kind == "failure", c.state == "failed", c.occasion != f"run {run.id}")
    wanted = (*failed, c.recipient.in_(settings.tell.operators))
    rows = connection.execute(select(c.occasion, c.recipient).where(*wanted)).all()
    found = sorted((Due("failure", row.occasion, "", row.recipient) for row in rows), key=lambda one: one.run_id)
    runs = {one.run_id: ledger.run_of(connection, one.run_id) for one in found}
    return [one for one in found if (told := runs[one.run_id]) and told.as_of > run.as_of - _LATE]


def _last_digest(connection: Connection, run: Run, department: str, recipient: str) -> datetime | None:
    """When the recipient last got a digest on an earlier day; before the first, when the last report was made.

    Of days whose digest was tried and did not arrive none has got through yet: so it is the report before the first of them.
    """
    c = mail.c
    here = (c.kind == "digest", c.department == department, c.recipient == recipient)
    earlier = c.occasion < run.as_of.date().isoformat()
    last: datetime | None = connection.scalar(select(func.max(c.at)).where(*here, earlier, c.state == "sent"))
    if last is not None:
        return last
    tried: datetime | None = connection.scalar(select(func.min(c.at)).where(*here, earlier))
    return previous_report(connection, replace(run, as_of=tried) if tried else run)


def _without_mail(summary: Summary) -> Summary:
    """What mail itself failed at in an earlier attempt is not worth a mail."""
    parts = tuple(part for part in summary.parts if part.stage != "tell")
    return Summary(summary.run, parts, summary.measures)
