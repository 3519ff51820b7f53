"""The screening stage: every applicant against every list in force, with the flags that follow.

Index of the lists -> who has to be judged -> candidates -> judgements -> flags. A list that is missing or stale
clears nobody: applicants it finds nothing against end as `unverifiable`, with the reason.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from credit_sync.processes import collecting_rarely
from credit_sync.screening.asking import asking_entries
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.conclusions import Conclusions
from credit_sync.screening.flags import FlagCounts, FlagWriter
from credit_sync.screening.index_files import refreshed_index
from credit_sync.screening.judging import Against, JudgedBlock, Judging
from credit_sync.screening.measures import load_measures
from credit_sync.screening.not_comparable import why_not_comparable
from credit_sync.screening.other_names import known_other_names
from credit_sync.screening.renewal import basis, to_judge
from credit_sync.screening.reopening import reopen_changed, waiting_by_list
from credit_sync.screening.unread_entries import applicants_named, unread_entries
from credit_sync.screening.weights import load_weights
from credit_sync.settings import Settings
from credit_sync.sources.asked_lists import asked_lists, unknown_reasons
from credit_sync.sources.lists import blocking_reason, states_of_lists
from credit_sync.store import ledger
from credit_sync.store.applicants import applicants_of, of_other_kind
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.lists import ListState
from credit_sync.store.schema import applicant, screening


@dataclass(slots=True)
class ScreenCounts:
    """What one screening did."""

    applicants: int = 0
    judged: int = 0
    """Of these, whom something has changed for since the last screening; what was found of the others holds."""
    verdicts: dict[str, int] = field(default_factory=lambda: {v.value: 0 for v in Verdict})
    flags: FlagCounts = field(default_factory=FlagCounts)

    def stored(self) -> dict[str, Any]:
        """As it is kept in the ledger."""
        return {"applicants": self.applicants, "judged": self.judged, **self.verdicts, **asdict(self.flags)}


@collecting_rarely()
def screen(
    engine: Engine,
    settings: Settings,
    run: Run,
    *,
    everybody: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> ScreenCounts:
    """Screens all live applicants in one transaction; `progress` is told how many are done.

    `everybody`: also those for whom nothing has changed.
    """
    folder, mappings = settings.path(settings.store.index), settings.mappings_folder
    measures, weights = load_measures(mappings), load_weights(mappings)
    current = refreshed_index(engine, folder)
    today = run.as_of.date()
    with writing(engine) as connection:
        states = states_of_lists(connection, settings, run.as_of)
        known = known_other_names(connection, mappings)
        names = known.of_applicants(connection)
        live, digests = _live(connection, names)
        unknown = _unknown(connection, settings, live, names=names, states=states, run=run)
        rests_on = basis(
            weights.stamp, current.stamp.name, blocking_reason(states), measures.stamp(today), repr(known.aliases)
        )
        night = Conclusions(run, weights.stamp, states, rests_on, unknown, names)
        writer = FlagWriter(connection, run.as_of, weights.stamp, measures)
        against = Against(current, weights, run.as_of, folder, names, known.aliases)
        with closing(Judging(connection, against)) as judging:
            asking = asking_entries(folder, digests, current.index.shapes, judging.apart)
            chosen = sorted(live)
            if not everybody:
                chosen = to_judge(connection, live, asking, current, now=night.basis_of, day=today)
            counts = ScreenCounts(applicants=len(live), judged=len(chosen), flags=writer.counts)
            done = len(live) - len(chosen)
            for block in judging.judge(chosen):
                _write(connection, block, live, writer, night)
                done += len(block.judgements)
                progress(done)
        writer.close_removed_applicants()
        _end(connection, night, counts)
    return counts


def _write(
    connection: Connection, block: JudgedBlock, live: Mapping[int, int], writer: FlagWriter, night: Conclusions
) -> None:
    """Flags and screenings of one block."""
    not_clear = [n for n, found in block.judgements.items() if found.verdict is not Verdict.CLEAR]
    applicants = applicants_of(connection, not_clear)
    writer.write(applicants, block.judgements, block.cases)
    night.write(connection, applicants, live, block.judgements)


def _live(connection: Connection, names: Mapping[int, tuple[str, ...]]) -> tuple[dict[int, int], dict[int, bytes]]:
    """Live applicants, ascending: id -> version, id -> digest of what is said of it, and of its other names."""
    c = applicant.c
    query = select(c.id, c.version, c.digest).where(c.removed_at.is_(None)).order_by(c.id)
    versions: dict[int, int] = {}
    digests: dict[int, bytes] = {}
    for number, version, digest in connection.execute(query):
        versions[number] = version
        said = names.get(number)
        digests[number] = blake2b(repr(said).encode(), key=digest, digest_size=16).digest() if said else digest
    return versions, digests


def _unknown(  # noqa: PLR0913
    connection: Connection,
    settings: Settings,
    live: Mapping[int, int],
    *,
    names: Mapping[int, tuple[str, ...]],
    states: Mapping[str, ListState],
    run: Run,
) -> dict[int, str]:
    """Why nothing found says nothing about an applicant: a kind that is not the role's, no answer of a list that is asked,
    a row of a list that names him and that nobody could read.
    """
    misfits = applicants_of(connection, of_other_kind(connection))
    reasons = [{number: why_not_comparable(found) for number, found in misfits.items()}]
    asked = asked_lists(settings)
    if asked:
        roles = {i: (found.subject, found.role) for i, found in applicants_of(connection, list(live)).items()}
        reasons.append(unknown_reasons(connection, asked, roles, run.as_of))
    reasons.append(applicants_named(connection, unread_entries(connection, states.values()), names))
    numbers = sorted({number for found in reasons for number in found})
    return {number: "；".join(found[number] for found in reasons if number in found) for number in numbers}


def _end(connection: Connection, night: Conclusions, counts: ScreenCounts) -> None:
    """What is said of all screenings once everybody is judged; those of applicants that are gone are forgotten, since their
    history is in the record's.
    """
    gone = select(applicant.c.id).where(applicant.c.removed_at.is_not(None))
    connection.execute(screening.delete().where(screening.c.applicant_id.in_(gone)))
    connection.execute(screening.update().values(**night.common()))
    # Last of all: from here on whoever decides or looks up waits.
    counts.flags.reopened = reopen_changed(connection, night.run.as_of)
    counts.flags.open = waiting_by_list(connection)
    counts.verdicts |= _verdicts(connection)
    ledger.stage_done(connection, night.run, "screen", "", counts.stored())


def _verdicts(connection: Connection) -> dict[str, int]:
    counted = select(screening.c.verdict, func.count()).group_by(screening.c.verdict)
    return {row[0]: row[1] for row in connection.execute(counted)}
