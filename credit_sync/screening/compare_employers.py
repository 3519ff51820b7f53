"""Comparing employers: what ties a person to the listed organisation whose legal representative bears his name."""

from credit_sync.records import Listing
from credit_sync.screening.evidence import Evidence, Scales
from credit_sync.subjects.subject import Subject, SubjectKind


def compare_employers(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """Where two persons work, when it is the same. Another employer says nothing: people represent several firms."""
    a, b = applicant.employer, listing.subject.employer
    if {applicant.kind, listing.subject.kind} != {SubjectKind.PERSON} or not a or not b:
        return None
    x, y = scales.reference.organisations.parse(a), scales.reference.organisations.parse(b)
    if x.empty or x.full != y.full:
        return None
    return scales.evidence("employer", "same", f"工作单位相同：{b}")
