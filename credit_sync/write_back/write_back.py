"""The write-back stage: every system gets the notices that it has not acknowledged. Systems do not hinder each other."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Engine

from credit_sync.errors import CreditSyncError
from credit_sync.interfaces.messages import Answer
from credit_sync.logs import log
from credit_sync.screening.measures import load_measures
from credit_sync.screening.reasons import load_reasons
from credit_sync.settings import Settings
from credit_sync.store import ledger
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.write_back.outbox import NoticeState, Waiting, Words, begin, counts, end, make_notices, waiting
from credit_sync.write_back.receiver import Receiver, open_receiver


def write_back(engine: Engine, settings: Settings, run: Run, systems: Iterable[str] | None = None) -> None:
    """Makes and delivers the notices of every system, or of those named, that this run has not finished.

    A failing or refusing system is in the ledger with its problem; the others go on.
    """
    with engine.connect() as connection:
        finished = ledger.finished_parts(connection, run, "write_back")
    for name in sorted(settings.systems if systems is None else systems):
        if name not in finished:
            _write_back(engine, settings, run, name)


def _write_back(engine: Engine, settings: Settings, run: Run, name: str) -> None:
    problem = ""
    try:
        mappings = settings.mappings_folder
        words = Words(load_measures(mappings), load_reasons(mappings))
        make_notices(engine, run, name, settings.systems[name].system, words)
        _deliver(engine, run, name, open_receiver(settings, name))
    except CreditSyncError as error:
        log.error("回写失败", system=name, problem=str(error))
        problem = str(error)
    with writing(engine) as connection:
        found = counts(connection, name)
        if not problem and found[NoticeState.REFUSED]:
            problem = f"{found[NoticeState.REFUSED]} 条被系统退回，见 credit-sync write-back list"
        if problem:
            ledger.stage_failed(connection, run, "write_back", name, problem, counts=found)
        else:
            ledger.stage_done(connection, run, "write_back", name, found)


def _deliver(engine: Engine, run: Run, name: str, receiver: Receiver) -> None:
    """Rounds, each with the next notice of every flag; a flag whose notice is not acknowledged takes part no more."""
    queues: dict[int, list[Waiting]] = {}
    with engine.connect() as connection:
        for one in waiting(connection, name):
            queues.setdefault(one.flag_id, []).append(one)
    while queues:
        heads = [queue[0] for queue in queues.values()]
        for start in range(0, len(heads), receiver.most):
            for one, acknowledged in _send(engine, run, receiver, heads[start : start + receiver.most]):
                queue = queues[one.flag_id]
                queue.pop(0)
                if not acknowledged or not queue:
                    del queues[one.flag_id]


def _send(engine: Engine, run: Run, receiver: Receiver, some: Sequence[Waiting]) -> list[tuple[Waiting, bool]]:
    """Sends notices and takes over the answers; each with whether the system has acknowledged it."""
    begin(engine, some)
    told = receiver.send(some, run)
    end(engine, run, some, told)
    return [(one, one.key in told and told[one.key].answer is Answer.ACCEPTED) for one in some]
