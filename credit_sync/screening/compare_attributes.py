"""Corroboration: attributes that never decide alone but add to or take from what names and numbers say."""

from credit_sync.records import Listing
from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.subjects.identifiers import IdentifierKind, citizen_id
from credit_sync.subjects.person_names import fold_person_name
from credit_sync.subjects.subject import Sex, Subject, SubjectKind

_SEX_TITLES = {Sex.MALE: "男", Sex.FEMALE: "女"}
_AGE_TOLERANCE = 2
"""Years. Ages on the debtor list are calendar-year differences of publication, some of a later query."""


def compare_legal_representatives(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """Legal representatives of organisations, by name."""
    a, b = applicant.legal_representative, listing.subject.legal_representative
    x, y = fold_person_name(a), fold_person_name(b)
    if applicant.kind is SubjectKind.PERSON or not x or not y:
        return None
    if x == y:
        u = max(scales.reference.persons.share(x), 1e-5)
        return scales.evidence("legal_representative", "same", f"法定代表人相同：{a}", u=u)
    return scales.evidence("legal_representative", "different", f"法定代表人不同：{a} 与 {b}（可能已变更）")


def compare_sex(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """Sex, as given or as the citizen id shows it; silent where a number already said so."""
    a, b = _sex(applicant), _sex(listing.subject)
    if a is None or b is None or _both_numbered(applicant, listing.subject):
        return None
    if a is b:
        return scales.evidence("sex", "same", f"性别相同：{_SEX_TITLES[a]}")
    return scales.evidence("sex", "different", f"性别不同：{_SEX_TITLES[a]} 与 {_SEX_TITLES[b]}", Bearing.WEAKENS)


def compare_birth_years(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """Birth year against the birth year of the listing, or against its age at publication."""
    a, b, tolerance = birth_year(applicant), birth_year(listing.subject), 0
    if b is None and listing.age and listing.published_on:
        b, tolerance = listing.published_on.year - listing.age, _AGE_TOLERANCE
    if a is None or b is None or _both_numbered(applicant, listing.subject):
        return None
    if abs(a - b) <= tolerance:
        return scales.evidence("birth_year", "same", f"出生年份相符：{a} 年与 {b} 年{'前后' if tolerance else ''}")
    return scales.evidence(
        "birth_year", "different", f"出生年份不符：{a} 年与 {b} 年{'前后' if tolerance else ''}", Bearing.WEAKENS
    )


def compare_regions(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """Province of the applicant against that of the listing, its court or its authority."""
    if _both_numbered(applicant, listing.subject):
        return None
    gazetteer = scales.reference.gazetteer
    a = gazetteer.provinces_in(applicant.region)
    b = gazetteer.provinces_in(listing.subject.region) or gazetteer.provinces_in(listing.organ)
    if not a or not b:
        return None
    if a & b:
        return scales.evidence("region", "same", "所在省份相同")
    there = listing.subject.region or listing.organ
    return scales.evidence("region", "different", f"所在省份不同：{applicant.region} 与 {there}")


def birth_year(subject: Subject) -> int | None:
    """The birth year given, or shown by a citizen id, masked or not."""
    number = subject.identifier(IdentifierKind.CITIZEN_ID)
    if number is not None and len(number.value) == 18 and number.value[6:10].isdigit():
        return int(number.value[6:10])
    return subject.birth_year


def _sex(subject: Subject) -> Sex | None:
    number = subject.identifier(IdentifierKind.CITIZEN_ID)
    if number is not None and len(number.value) == 18 and number.value[16].isdigit():
        return Sex(citizen_id.sex(number.value))
    return subject.sex


def _both_numbered(a: Subject, b: Subject) -> bool:
    """Both have a citizen id, so that region, birth year and sex are already counted place by place."""
    return (
        a.identifier(IdentifierKind.CITIZEN_ID) is not None and b.identifier(IdentifierKind.CITIZEN_ID) is not None
    )
