"""What a published field can be filled with: a field of the record, or one of the derived values below.

The names are those that `from` of a standard's fields may use. An individual trader (个体工商户) is known by the
first two characters of the unified social credit code, 92 (GB 32100-2015: 9 工商, 2 个体工商户).
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from credit_sync.records import Licence, LicenceState, Penalty, RecordKind
from credit_sync.settings import Department
from credit_sync.subjects.identifiers import OF_ORGANISATIONS, IdentifierKind, SubjectKind

Published = Licence | Penalty
"""The records that are published."""
PUBLISHED_KINDS: dict[RecordKind, type[Published]] = {RecordKind.LICENCE: Licence, RecordKind.PENALTY: Penalty}

Value = str | date | Decimal | None


@dataclass(frozen=True, slots=True)
class Reporting:
    """Who reports, and on which day: what a row holds beside its record."""

    department: Department
    on: date


def value_of(name: str, record: Published, reporting: Reporting) -> Value:
    """The value called `name`; None or '' where the record has none."""
    derive = _DERIVED.get(name)
    value: Value = derive(record, reporting) if derive else getattr(record, name)
    return value


def known_names(kind: RecordKind) -> frozenset[str]:
    """Every name that `from` may use for records of this kind."""
    own = {field.name for field in fields(PUBLISHED_KINDS[kind])}
    return frozenset((own - {"subject"}) | _DERIVED.keys())


def _subject_name(record: Published, _: Reporting) -> Value:
    return record.subject.name


def _subject_category(record: Published, _: Reporting) -> Value:
    code = record.subject.identifier(IdentifierKind.USCC)
    if code is not None and code.value.startswith("92"):
        return "individual_trader"
    return record.subject.kind.value


def _legal_representative(record: Published, _: Reporting) -> Value:
    return record.subject.legal_representative


def _legal_representative_id(record: Published, _: Reporting) -> Value:
    return record.legal_representative_id.value if record.legal_representative_id else None


def _person_id(record: Published, _: Reporting) -> Value:
    """The identity document of a natural person: the citizen id before any other."""
    if record.subject.kind is not SubjectKind.PERSON:
        return None
    own = [number for number in record.subject.identifiers if number.kind not in OF_ORGANISATIONS]
    found = record.subject.identifier(IdentifierKind.CITIZEN_ID) or next(iter(own), None)
    return found.value if found else None


def _authority(record: Published, reporting: Reporting) -> Value:
    return record.authority or reporting.department.name


def _authority_code(record: Published, reporting: Reporting) -> Value:
    """The department's own code fills in only for the department: another authority's is not known here."""
    own = record.authority in ("", reporting.department.name)
    return record.authority_code or (reporting.department.uscc if own else None)


def _state(record: Published, reporting: Reporting) -> Value:
    """当前状态 on the day of the report: time makes it 过期, and a change may be decided for a later day."""
    if not isinstance(record, Licence):
        return None
    known = record.state
    if known is not LicenceState.VALID and record.state_since and record.state_since > reporting.on:
        known = LicenceState.VALID
    if known is LicenceState.VALID and record.valid_to and record.valid_to < reporting.on:
        return LicenceState.EXPIRED.value
    return known.value


def _department_name(_: Published, reporting: Reporting) -> Value:
    return reporting.department.name


def _department_uscc(_: Published, reporting: Reporting) -> Value:
    return reporting.department.uscc


def _reported_on(_: Published, reporting: Reporting) -> Value:
    return reporting.on


def _identifier(kind: IdentifierKind) -> Callable[[Published, Reporting], Value]:
    def find(record: Published, _: Reporting) -> Value:
        found = record.subject.identifier(kind)
        return found.value if found else None

    return find


_DERIVED: dict[str, Callable[[Published, Reporting], Value]] = {
    "subject_name": _subject_name,
    "subject_category": _subject_category,
    "uscc": _identifier(IdentifierKind.USCC),
    "registration_number": _identifier(IdentifierKind.REGISTRATION_NUMBER),
    "organisation_code": _identifier(IdentifierKind.ORGANISATION_CODE),
    "legal_representative": _legal_representative,
    "legal_representative_id": _legal_representative_id,
    "person_id": _person_id,
    "authority": _authority,
    "authority_code": _authority_code,
    "state": _state,
    "department_name": _department_name,
    "department_uscc": _department_uscc,
    "reported_on": _reported_on,
}
