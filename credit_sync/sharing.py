"""信息共享: the licences and penalties of one organisation, as other systems may have them."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from credit_sync.publishing.publicity import end_of_publicity
from credit_sync.publishing.rows import is_published
from credit_sync.publishing.standard import Standard, load_standard, standard_names
from credit_sync.records import Licence, Penalty, RecordKind
from credit_sync.screening.keys import stored_keys
from credit_sync.settings import Settings
from credit_sync.store.candidates import records, sharing_keys
from credit_sync.store.repairs import repair_days
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind
from credit_sync.subjects.identifiers.uscc import organisation_code
from credit_sync.subjects.subject import Subject


def standards_in_use(settings: Settings) -> tuple[Standard, ...]:
    """Those of the channels, the newest edition where there are none: they say how long a penalty is public."""
    folder = settings.mappings_folder
    names = sorted({channel.standard for channel in settings.channels.values()}) or standard_names(folder)[:1]
    return tuple(load_standard(folder, name) for name in names)


def decisions_on(
    connection: Connection, code: Identifier, standards: Sequence[Standard], today: date
) -> list[Licence | Penalty]:
    """The decisions on the organisation of a code, the newest first.

    Only what is still at its source, and of that only what the public may see: no rulings (行政裁决), no penalty that was
    repaired (信用修复) or whose publicity is over. An organisation code finds the USCC that contains it, and the reverse.
    """
    asked = Subject(kind=SubjectKind.ORGANISATION, name="", identifiers=(code,))
    found: list[tuple[date, int, Licence | Penalty]] = []
    for kind in (RecordKind.LICENCE, RecordKind.PENALTY):
        ids = sharing_keys(connection, kind, {0: stored_keys(asked)}).get(0, [])
        repaired = repair_days(connection, ids) if kind is RecordKind.PENALTY else {}
        for number, (record, row) in records(connection, kind, ids).items():
            if not isinstance(record, Licence | Penalty) or row["removed_at"] is not None:
                continue
            if _is_of(record.subject, code) and _is_public(record, standards, repaired.get(number), today):
                found.append((record.decided_on, number, record))
    found.sort(key=lambda each: (each[0], each[1]), reverse=True)
    return [record for _, _, record in found]


def _is_public(
    record: Licence | Penalty, standards: Sequence[Standard], repaired_on: date | None, today: date
) -> bool:
    kind = RecordKind.LICENCE if isinstance(record, Licence) else RecordKind.PENALTY
    publishing = (standard for standard in standards if is_published(record, standard))
    ends = (end_of_publicity(record, standard.table(kind).publicity, repaired_on) for standard in publishing)
    return any(end is None or end.day > today for end in ends)


def _is_of(subject: Subject, code: Identifier) -> bool:
    """An individual trader may stand under his own number: those are persons, and nobody's to share here."""
    if subject.kind is not SubjectKind.ORGANISATION:
        return False
    return any(_comparable(number) == _comparable(code) for number in subject.identifiers if not number.masked)


def _comparable(number: Identifier) -> str:
    return organisation_code(number.value) if number.kind is IdentifierKind.USCC else number.value
