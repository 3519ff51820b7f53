"""Stored applicants taken apart and judged, block by block, on every core.

A block is worked out from the ids of its applicants alone: applicants and listings are read from the store, which
nothing but verdicts is written to meanwhile, and the index is mapped. So a helper's answer is the one that would
have been worked out here, and what is done with the answers, in their order, is the same byte for byte.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from credit_sync.processes import Helper, Team, cores
from credit_sync.screening.asking import saved_entries
from credit_sync.screening.block import BLOCK
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import Judgement
from credit_sync.screening.entries import Entries, entries_of
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index_files import CurrentIndex
from credit_sync.screening.listed_subject import ListedCase
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import Weights
from credit_sync.store.applicants import subjects_of
from credit_sync.store.engine import connect
from credit_sync.subjects.subject import Subject

FOR_EACH = 10_000
"""Applicants for whom another process pays: it takes about as long to start as they take to judge."""


def helpers_for(applicants: int) -> int:
    """How many processes beside this one pay for so many applicants."""
    return min(cores() - 1, applicants // FOR_EACH)


Task = tuple[Literal["apart", "judge"], Sequence[int]]


@dataclass(frozen=True, slots=True)
class JudgedBlock:
    """Judgements by applicant, in the order asked for; and every listing in their matches by its id."""

    judgements: dict[int, Judgement]
    cases: dict[int, ListedCase]


class Against(NamedTuple):
    """What applicants are judged against, and by what."""

    current: CurrentIndex
    weights: Weights
    as_of: datetime
    folder: Path
    """Where what applicants ask with is kept (see `asking.py`)."""
    names: Mapping[int, tuple[str, ...]]
    """Other names of applicants."""
    aliases: Mapping[str, str]
    """See `OtherNames`."""


class Judging:
    """The applicants of one state of the store against the index as it stands with it."""

    def __init__(self, connection: Connection, against: Against) -> None:
        self._blocks = _Blocks(lambda: nullcontext(connection), against)
        self._arguments = connection.engine.url.render_as_string(hide_password=False), against
        self._team: Team[Task, Any] = Team(self._blocks)

    def apart(self, ids: Sequence[int]) -> Entries:
        """What applicants ask with, in their order."""
        return Entries.joined(list(self._spread("apart", ids))) if ids else entries_of((), ())

    def judge(self, ids: Sequence[int]) -> Iterator[JudgedBlock]:
        """Every applicant against the listings in force."""
        return self._spread("judge", ids)

    def close(self) -> None:
        """Ends what was started."""
        self._team.close()

    def _spread(self, work: Literal["apart", "judge"], ids: Sequence[int]) -> Iterator[Any]:
        for _ in range(helpers_for(len(ids)) - self._team.helpers):
            self._team.add(Helper(_start, *self._arguments))
        tasks: list[Task] = [(work, ids[start : start + BLOCK]) for start in range(0, len(ids), BLOCK)]
        return self._team.answers(tasks)


class _Blocks:
    """What works out a block, here or in another process."""

    def __init__(self, connected: Callable[[], AbstractContextManager[Connection]], against: Against) -> None:
        self._connected = connected
        self._against = against
        known = reference().knowing(against.aliases)
        self._scales = Scales(against.weights, known, listed=against.current.stamp.entries)
        self._asking: Entries | None = None

    def __call__(self, task: Task) -> Entries | JudgedBlock:
        work, ids = task
        with self._connected() as connection:
            return self._apart(connection, ids) if work == "apart" else self._judge(connection, ids)

    def _apart(self, connection: Connection, ids: Sequence[int]) -> Entries:
        return entries_of(self._subjects(connection, ids).items(), self._against.current.index.shapes)

    def _judge(self, connection: Connection, ids: Sequence[int]) -> JudgedBlock:
        if self._asking is None:
            self._asking = saved_entries(self._against.folder)
        subjects = self._subjects(connection, ids)
        asking = self._asking.of_owners(np.array(ids, np.int64))
        candidates = StoredCandidates(connection, self._against.current)
        judgements, compared = candidates.judge(subjects, self._scales, self._against.as_of, asking)
        matched = {number for found in judgements.values() for number, _ in found.matches}
        return JudgedBlock(judgements, {number: ListedCase.of(*compared[number]) for number in sorted(matched)})

    def _subjects(self, connection: Connection, ids: Sequence[int]) -> dict[int, Subject]:
        found = subjects_of(connection, ids)
        names = self._against.names
        return {**found, **{n: found[n].known_as(*names[n]) for n in found.keys() & names.keys()}}


def _start(url: str, against: Against) -> _Blocks:
    """A helper's side: a connection of its own, which reads what was committed before the night's screening."""
    return _Blocks(connect(make_url(url)).connect, against)
