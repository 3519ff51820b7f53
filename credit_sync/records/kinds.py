"""The five kinds of records, each a subject and what is said about it.

Field names are used unchanged in mapping files, in the store's columns and in the publishing standard's
`from` entries, so one name leads through the whole product.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from credit_sync.immutable import immutable
from credit_sync.subjects.identifiers import Identifier
from credit_sync.subjects.subject import Subject


class RecordKind(StrEnum):
    """What a row is; the values name tables and appear in mapping files."""

    LICENCE = "licence"
    PENALTY = "penalty"
    LISTING = "listing"
    APPLICANT = "applicant"
    INSPECTION = "inspection"


class LicenceState(StrEnum):
    """当前状态 of a licence, as the department keeps it; profiles translate it to their own code lists."""

    VALID = "valid"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ApplicationKind(StrEnum):
    """申报类型."""

    PROJECT = "project"
    AWARD = "award"


class Role(StrEnum):
    """The part a subject has in an application (申报主体角色)."""

    APPLYING_UNIT = "applying_unit"
    COOPERATING_UNIT = "cooperating_unit"
    NOMINATING_UNIT = "nominating_unit"
    NOMINATING_EXPERT = "nominating_expert"
    COMPLETING_UNIT = "completing_unit"
    LEGAL_REPRESENTATIVE = "legal_representative"
    LEADER = "leader"
    MEMBER = "member"
    CONTRIBUTOR = "contributor"

    @property
    def of_person(self) -> bool:
        """Whether a person has it; the others are an organisation's."""
        return self in _OF_PERSONS


_OF_PERSONS = (Role.NOMINATING_EXPERT, Role.LEGAL_REPRESENTATIVE, Role.LEADER, Role.MEMBER, Role.CONTRIBUTOR)


@immutable(kw_only=True)
class Licence:
    """行政许可: one decision on a licence of a subject."""

    subject: Subject
    document_number: str
    decided_on: date
    document_title: str = ""
    licence_name: str = ""
    licence_number: str = ""
    category: str = ""
    content: str = ""
    event: str = ""
    accepted_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    authority: str = ""
    authority_code: str = ""
    state: LicenceState = LicenceState.VALID
    state_since: date | None = None
    """The day from which a licence that is no longer valid is not; None: since the source says so."""
    legal_representative_id: Identifier | None = None
    note: str = ""


@immutable(kw_only=True)
class Penalty:
    """行政处罚: one penal decision against a subject. Amounts are in 万元."""

    subject: Subject
    document_number: str
    decided_on: date
    nature: str = "行政处罚"
    """行政处罚, or 行政裁决 for an infringement ruling, which is no penalty and is not published as one."""
    violation: str = ""
    facts: str = ""
    basis: str = ""
    category: str = ""
    content: str = ""
    fine: Decimal | None = None
    confiscated: Decimal | None = None
    revoked_document: str = ""
    valid_to: date | None = None
    public_until: date | None = None
    repaired_on: date | None = None
    """信用修复: the day on which the penalty leaves publicity before its time."""
    authority: str = ""
    authority_code: str = ""
    legal_representative_id: Identifier | None = None
    note: str = ""


@immutable(kw_only=True)
class Listing:
    """名单条目: one entry of a watch list. `list` is the list's name in mappings/measures.toml."""

    subject: Subject
    list: str
    number: str = ""
    """Case number (案号) or document number of the entry."""
    reason: str = ""
    organ: str = ""
    """The court or authority that listed the subject."""
    basis: str = ""
    duty: str = ""
    performance: str = ""
    listed_on: date | None = None
    published_on: date | None = None
    removed_on: date | None = None
    removal_reason: str = ""
    age: int | None = None
    """Age of a person at publication: calendar-year difference, right to about two years."""
    legal_representative_id: Identifier | None = None
    """Number of a listed organisation's legal representative, mostly masked."""


@immutable(kw_only=True)
class Applicant:
    """申报主体: a subject in one role of one application."""

    subject: Subject
    system: str
    application: str
    """The application's number in its system."""
    role: Role
    title: str = ""
    application_kind: ApplicationKind = ApplicationKind.PROJECT
    stage: str = ""
    department: str = ""
    year: int | None = None
    rank: int | None = None


@immutable(kw_only=True)
class Inspection:
    """监督检查 or 质量抽检 of a subject: kept for look-up, neither published nor screened against."""

    subject: Subject
    form: str
    number: str = ""
    inspected_on: date | None = None
    content: str = ""
    result: str = ""
    organ: str = ""


Record = Licence | Penalty | Listing | Applicant | Inspection

RECORD_CLASSES: dict[RecordKind, type[Record]] = {
    RecordKind.LICENCE: Licence,
    RecordKind.PENALTY: Penalty,
    RecordKind.LISTING: Listing,
    RecordKind.APPLICANT: Applicant,
    RecordKind.INSPECTION: Inspection,
}
