"""The pull of a list that can only be asked: a question for every live applicant who has no fresh answer.

Progress is committed in blocks, so a killed night goes on. So many failures in a row end the asking: the platform is
left alone and the rest stays unknown. What is unknown clears nobody (sources/asked_lists.py).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from credit_sync.logs import log
from credit_sync.pulling.answer_store import AnswerStore
from credit_sync.records import RecordKind
from credit_sync.sources.answers import Answer
from credit_sync.sources.platform import Platform
from credit_sync.sources.questions import CannotAsk, Question, Questions
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import Origin
from credit_sync.store import ledger
from credit_sync.store import questions as store
from credit_sync.store.applicants import live_applicants
from credit_sync.store.counts import Counts
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.questions import Known, State
from credit_sync.store.versions import PulledSource, add_version

BLOCK = 20
"""Questions between two commits."""
_REASONS_SHOWN = 3
_STATES: tuple[State, ...] = ("answered", "none", "unknown", "waiting")
UNFINISHED = "查询没有做完"
_SO_FAR = "so_far"
"""Marks counts of a pull that has not ended."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How the pull of a list that can only be asked ended. `problem`: '' when nothing failed."""

    counts: Counts
    problem: str


@dataclass(frozen=True, slots=True)
class AskedSource:
    """A source whose list can only be asked, with what its pull needs."""

    questions: Questions
    reader: Reader
    accept_shrink: bool = False

    @property
    def name(self) -> str:
        """As in the configuration."""
        return self.questions.name

    @property
    def pulled(self) -> PulledSource:
        """What its versions are versions of."""
        mapping = self.reader.mapping
        return PulledSource(self.name, RecordKind.LISTING, mapping.list, self.questions.source.delivery)


@dataclass(slots=True)
class _Subjects:
    """The questions of all live applicants, by digest, in the order of the applicants."""

    questions: dict[str, Question] = field(default_factory=dict)
    unaskable: int = 0
    """Applicants whom the list is about but who lack the number or name that the question needs."""


def ask_list(engine: Engine, run: Run, source: AskedSource, progress: Callable[[int], None]) -> Ended:
    """Asks what is due and stores what comes back. Raises CreditSyncError without the platform's secret."""
    with engine.connect() as connection:
        subjects = _subjects(connection, source.questions)
        known = store.known_questions(connection, source.name)
    asking = _Asking(engine, run, source, known)
    due = _renewing(_due(subjects.questions, known, run.as_of), known, set(subjects.questions))
    settings = source.questions.source
    most = settings.most_per_run or len(due)
    with Platform(settings, source.reader) as platform:
        asked = asking.ask(platform, due[:most], progress)
    stopped = f"平台连续 {settings.stop_after} 次没有正常答复，已停止查询"
    asking.leave(due[asked:most], "unknown", stopped)
    asking.leave(due[most:], "waiting", f"超过每次运行的查询上限（{most} 个），轮到再查")
    with writing(engine) as connection:
        return _finish(connection, run, source, subjects)


def _subjects(connection: Connection, questions: Questions) -> _Subjects:
    subjects = _Subjects()
    for _, applicant in live_applicants(connection):
        if questions.source.asks(applicant.subject.kind, applicant.role):
            question = questions.question(applicant.subject)
            if isinstance(question, CannotAsk):
                subjects.unaskable += 1
            else:
                subjects.questions.setdefault(question.digest, question)
    return subjects


def _due(questions: Mapping[str, Question], known: Mapping[str, Known], as_of: datetime) -> list[Question]:
    """What has no fresh answer: never asked first, then the longest ago, so that a limit starves nobody."""
    due = [q for digest, q in questions.items() if not known.get(digest, store.NEVER_ASKED).fresh(as_of)]
    return sorted(due, key=lambda q: known.get(q.digest, store.NEVER_ASKED).asked_at or datetime.min)


def _renewing(due: list[Question], known: Mapping[str, Known], current: set[str]) -> list[Question]:
    """The questions, each with those that were asked about the same subject under other settings."""
    earlier: dict[str, list[str]] = {}
    for digest, found in known.items():
        if digest not in current:
            earlier.setdefault(found.subject, []).append(digest)
    return [replace(q, replaces=tuple(sorted(earlier.get(q.subject, ())))) for q in due]


@dataclass(frozen=True, slots=True)
class _Asking:
    """What asks and commits; `known` is how things stood before."""

    engine: Engine
    run: Run
    source: AskedSource
    known: Mapping[str, Known]

    def ask(self, platform: Platform, due: Sequence[Question], progress: Callable[[int], None]) -> int:
        """Asks in blocks; after how many questions it ended: all of them, or where the platform kept failing."""
        most = self.source.questions.source.stop_after
        failures = done = 0
        while done < len(due) and failures < most:
            answers: list[tuple[Question, Answer]] = []
            for question in due[done : done + BLOCK]:
                answer = platform.ask(question, Origin(self.source.name, question.place, 0, self.run.as_of))
                answers.append((question, answer))
                failures = failures + 1 if answer.failed else 0
                progress(done + len(answers))
                if failures >= most:
                    break
            self._take(answers)
            done += len(answers)
        return done

    def leave(self, left: Iterable[Question], state: State, reason: str) -> None:
        """Puts on record that questions are not asked in this run, and why."""
        states = {
            question.digest: replace(
                self.known.get(question.digest, store.NEVER_ASKED),
                subject=question.subject,
                state=state,
                reason=reason,
                until=None,
                run_id=self.run.id,
            )
            for question in left
        }
        if states:
            with writing(self.engine) as connection:
                store.record(connection, self.source.name, states)

    def _take(self, answers: Sequence[tuple[Question, Answer]]) -> None:
        """Commits a block, its counts with it; until the end the ledger says that the asking is not done."""
        source, run = self.source, self.run
        with writing(self.engine) as connection:
            counts = _stored_counts(connection, run, source.name)
            AnswerStore(connection, run, source.questions, counts, accept_shrink=source.accept_shrink).take(
                answers
            )
            so_far = counts.stored() | {_SO_FAR: True}
            ledger.stage_failed(connection, run, "pull", source.name, UNFINISHED, counts=so_far)


def _stored_counts(connection: Connection, run: Run, name: str) -> Counts:
    """What this run has done so far: in the ledger, so that a killed run counts on. An ended pull has its version."""
    so_far = ledger.counts_of(connection, run, "pull", name)
    return Counts(**{key: so_far[key] for key in Counts().stored()}) if so_far.get(_SO_FAR) else Counts()


def _finish(connection: Connection, run: Run, source: AskedSource, subjects: _Subjects) -> Ended:
    counts = _stored_counts(connection, run, source.name)
    known = store.known_questions(connection, source.name)
    current = {digest: known.get(digest, store.NEVER_ASKED) for digest in subjects.questions}
    complete = all(not found.why_unknown(run.as_of) for found in current.values())
    others = {digest: found for digest, found in known.items() if digest not in current}
    trusted_since = run.as_of - timedelta(days=source.reader.mapping.guards.max_age_days)
    left = _forget(connection, source.name, _forgettable(others, trusted_since, complete=complete))
    answer_store = AnswerStore(connection, run, source.questions, counts, accept_shrink=source.accept_shrink)
    answer_store.remove(store.without_question(connection, source.name) if complete else left)
    answer_store.count_live()
    numbers = _numbers(current, run, subjects.unaskable)
    problem = _problem(current, run)
    if not problem or numbers["answered"] + numbers["none"]:
        add_version(connection, source.pulled, run, counts)
    stored = counts.stored() | numbers
    if problem:
        ledger.stage_failed(connection, run, "pull", source.name, problem, counts=stored)
    else:
        ledger.stage_done(connection, run, "pull", source.name, stored)
    log.info("已查询", source=source.name, problem=problem, **stored)
    return Ended(counts, problem)


def _forget(connection: Connection, name: str, digests: Sequence[str]) -> list[str]:
    """Forgets questions; the keys of the listings that no other question brings."""
    brought = store.listings_of(connection, name, digests)
    others = store.brought_by_others(connection, name, digests, brought)
    store.forget(connection, name, digests)
    return store.keys_of(connection, brought - others)


def _forgettable(others: Mapping[str, Known], trusted_since: datetime, *, complete: bool) -> list[str]:
    """Questions that nobody asks any more and that may be forgotten.

    While some questions are unknown it waits until the old answers are long past: an applicant who corrects a number
    while the platform is down keeps the hit of the old one.
    """
    return [
        digest
        for digest, found in others.items()
        if complete or found.asked_at is None or found.asked_at <= trusted_since
    ]


def _numbers(current: Mapping[str, Known], run: Run, unaskable: int) -> dict[str, int]:
    """Of all questions: asked tonight, answered by a fresh answer from before, and how they stand now."""
    states = Counter(found.standing(run.as_of) for found in current.values())
    asked = sum(found.run_id == run.id and found.asked_at == run.as_of for found in current.values())
    cached = sum(found.run_id != run.id and found.fresh(run.as_of) for found in current.values())
    return {
        "questions": len(current),
        "asked": asked,
        "cached": cached,
        **{state: states[state] for state in _STATES},
        "unaskable": unaskable,
    }


def _problem(current: Mapping[str, Known], run: Run) -> str:
    """What failed, in Chinese: how many questions nobody answered, and the commonest reasons."""
    failed = [f.reason for f in current.values() if f.state == "unknown" and not f.fresh(run.as_of)]
    if not failed:
        return ""
    reasons = Counter(failed).most_common()
    shown = "；".join(f"{reason}（{count} 个）" for reason, count in reasons[:_REASONS_SHOWN])
    more = "；等" if len(reasons) > _REASONS_SHOWN else ""
    return f"{len(current)} 个主体中有 {len(failed)} 个没有得到答复，比对时一律“无法核实”：{shown}{more}"
