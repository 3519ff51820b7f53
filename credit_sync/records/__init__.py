"""Typed records: what a source row becomes once it has been read. Pure data, no I/O."""

from credit_sync.records.kinds import (
    RECORD_CLASSES,
    Applicant,
    ApplicationKind,
    Inspection,
    Licence,
    LicenceState,
    Listing,
    Penalty,
    Record,
    RecordKind,
    Role,
)

__all__ = [
    "RECORD_CLASSES",
    "Applicant",
    "ApplicationKind",
    "Inspection",
    "Licence",
    "LicenceState",
    "Listing",
    "Penalty",
    "Record",
    "RecordKind",
    "Role",
]
