"""The store's lists as `screen-file` screens against them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from credit_sync.records import Listing
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import Judgement
from credit_sync.screening.evidence import Scales
from credit_sync.screening.index_files import open_index
from credit_sync.screening.other_names import known_other_names
from credit_sync.screening.screen_file import Lists
from credit_sync.screening.unread_entries import unread_entries
from credit_sync.settings import Settings
from credit_sync.sources.asked_lists import asked_lists, never_asked_here
from credit_sync.sources.lists import blocking_reason, states_of_lists
from credit_sync.store.engine import open_engine
from credit_sync.store.migrate import require_current
from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.subjects.subject import Subject


def stored_lists(settings: Settings, scales: Scales, as_of: datetime) -> Lists:
    """All lists of the store; stale or missing ones, and those that can only be asked, clear nobody."""
    engine = open_engine(settings)
    require_current(engine)
    connection = engine.connect()
    states = states_of_lists(connection, settings, as_of)
    current = open_index(connection, settings.path(settings.store.index))
    candidates = StoredCandidates(connection, current)
    names = known_other_names(connection, settings.mappings_folder)
    scales = replace(scales, reference=names.reference, listed=current.stamp.entries)
    known: dict[int, Listing] = {}

    def judge_all(subjects: Sequence[Subject]) -> list[Judgement]:
        judgements, listings = candidates.judge(dict(enumerate(map(names.of, subjects))), scales, as_of)
        known.update({number: found for number, (found, _) in listings.items()})
        return list(judgements.values())

    def label(number: int) -> str:
        return hide_in_text(known[number].number) or str(number)

    reasons = (blocking_reason(states), never_asked_here(asked_lists(settings)))
    stale, unread = "；".join(reason for reason in reasons if reason), unread_entries(connection, states.values())
    return Lists(judge_all, label, stale, unread, names)
