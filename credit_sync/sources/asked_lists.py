"""Whom the lists that can only be asked leave unknown, and why. Never being asked is being unknown."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from credit_sync.http_settings import QuerySource
from credit_sync.records import Role
from credit_sync.settings import Settings
from credit_sync.sources.mapping import load_mappings
from credit_sync.sources.questions import CannotAsk, Questions
from credit_sync.store.questions import NEVER_ASKED, known_questions
from credit_sync.subjects.subject import Subject


def asked_lists(settings: Settings) -> tuple[Questions, ...]:
    """The configured lists that can only be asked."""
    mappings = load_mappings(settings)
    return tuple(
        Questions(name, source, mappings[name])
        for name, source in settings.sources.items()
        if isinstance(source, QuerySource)
    )


def unknown_reasons(
    connection: Connection,
    lists: tuple[Questions, ...],
    subjects: Mapping[int, tuple[Subject, Role | None]],
    as_of: datetime,
) -> dict[int, str]:
    """number -> why it cannot be clear, in Chinese, for those subjects that some list has no fresh answer about.

    The role is None for a subject that is no applicant, such as that of a look-up.
    """
    reasons: dict[int, list[str]] = {}
    for asked in lists:
        digests: dict[int, str] = {}
        for number, (subject, role) in subjects.items():
            if asked.source.asks(subject.kind, role):
                question = asked.question(subject)
                if isinstance(question, CannotAsk):
                    reasons.setdefault(number, []).append(f"{asked.mapping.title}未能查询：{question.reason}")
                else:
                    digests[number] = question.digest
        known = known_questions(connection, asked.name, set(digests.values()))
        for number, digest in digests.items():
            if why := known.get(digest, NEVER_ASKED).why_unknown(as_of):
                reasons.setdefault(number, []).append(f"{asked.mapping.title}未能查询：{why}")
    return {number: "；".join(found) for number, found in sorted(reasons.items())}


def never_asked_here(lists: tuple[Questions, ...]) -> str:
    """Why these lists clear nobody where no question is asked or looked up; '' when there are none."""
    titles = "、".join(asked.mapping.title for asked in lists)
    return f"{titles}只能逐个查询，这里没有查询" if titles else ""
