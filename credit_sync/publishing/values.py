"""What a published field can be filled with: a field of the record, or one of the derived values below.

The names are those that `from` of a standard's fields may use. An individual trader (个体工商户) is known by the
first two characters of the unified social credit code, 92 (GB 32100-2015: 9 工商, 2 个体工商户).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from operator import attrgetter

from credit_sync.records import Licence, LicenceState, Penalty, RecordKind
from credit_sync.settings import Department
from credit_sync.subjects.identifiers import OF_ORGANISATIONS, TITLES, Identifier, IdentifierKind, SubjectKind

Published = Licence | Penalty
"""The records that are published."""
PUBLISHED_KINDS: dict[RecordKind, type[Published]] = {RecordKind.LICENCE: Licence, RecordKind.PENALTY: Penalty}

Value = str | date | Decimal | None

_OTHER_STATES: Mapping[Value, str] = {LicenceState.CANCELLED.value: "已注销", LicenceState.EXPIRED.value: "已过期"}
_OTHER_DOCUMENTS = {
    kind: f"所填为{TITLES[kind]}"
    for kind in (IdentifierKind.FOREIGNER_ID, IdentifierKind.TRAVEL_PERMIT, IdentifierKind.PASSPORT)
}
_CHARACTERS = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Reporting:
    """Who reports, and on which day: what a row holds beside its record."""

    department: Department
    on: date


Getter = Callable[[Published, Reporting], Value]
"""None or '' where the record has no such value."""


def getter(name: str) -> Getter:
    """How the value called `name` is got from a record."""
    if name in DERIVED:
        return DERIVED[name].get
    own = attrgetter(name)
    return lambda record, _: own(record)


def known_names(kind: RecordKind) -> frozenset[str]:
    """Every name that `from` may use for records of this kind."""
    own = {field.name for field in fields(PUBLISHED_KINDS[kind])}
    return frozenset((own - {"subject"}) | DERIVED.keys())


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
    found = _own_document(record)
    return found.value if found else None


def _own_document(record: Published) -> Identifier | None:
    """The identity document of a natural person: the citizen id before any other."""
    if record.subject.kind is not SubjectKind.PERSON:
        return None
    own = [number for number in record.subject.identifiers if number.kind not in OF_ORGANISATIONS]
    return record.subject.identifier(IdentifierKind.CITIZEN_ID) or next(iter(own), None)


def _remarks(record: Published, reporting: Reporting) -> Value:
    """The note, and what the 2016 edition has no field for: which state its 3 (其他) is, which document a number is of."""
    own = _own_document(record)
    number = own or record.legal_representative_id
    kind = number.kind if number else None
    if kind is IdentifierKind.TRAVEL_PERMIT:
        # Who has one writes his name in characters: Korean passports look the same.
        name = record.subject.name if own else record.subject.legal_representative
        kind = kind if _CHARACTERS.search(name) else IdentifierKind.PASSPORT
    words = (_OTHER_STATES.get(_state(record, reporting)), _OTHER_DOCUMENTS.get(kind) if kind else None)
    return "；".join(filter(None, (record.note, *(word for word in words if word and word not in record.note))))


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


def _identifier(kind: IdentifierKind) -> Getter:
    def find(record: Published, _: Reporting) -> Value:
        found = record.subject.identifier(kind)
        return found.value if found else None

    return find


@dataclass(frozen=True, slots=True)
class Derived:
    """A value that is no field of the record."""

    title: str
    get: Getter


DERIVED: Mapping[str, Derived] = {
    "subject_name": Derived("相对人名称", _subject_name),
    "subject_category": Derived("相对人类别（按主体类型和代码）", _subject_category),
    "uscc": Derived("相对人的统一社会信用代码", _identifier(IdentifierKind.USCC)),
    "registration_number": Derived("相对人的工商注册号", _identifier(IdentifierKind.REGISTRATION_NUMBER)),
    "organisation_code": Derived("相对人的组织机构代码", _identifier(IdentifierKind.ORGANISATION_CODE)),
    "legal_representative": Derived("法定代表人", _legal_representative),
    "legal_representative_id": Derived("法定代表人证件号码", _legal_representative_id),
    "person_id": Derived("自然人证件号码", _person_id),
    "authority": Derived("决定机关（没有时为本部门）", _authority),
    "authority_code": Derived("决定机关代码（本部门的由配置补上）", _authority_code),
    "remarks": Derived("备注，并写明注销、过期和证件种类", _remarks),
    "state": Derived("当前状态（到期的按报送日）", _state),
    "department_name": Derived("配置 department.name", _department_name),
    "department_uscc": Derived("配置 department.uscc", _department_uscc),
    "reported_on": Derived("报送日期", _reported_on),
}
