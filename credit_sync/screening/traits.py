"""What the index keeps of an organisation's name beside its keys, to tell most strangers without comparing evidence."""

from credit_sync.screening.hashed import hash_of
from credit_sync.screening.reference import reference
from credit_sync.subjects.organisation_names import OrganisationName

_MOST_PLACES = 2
ANYWHERE = -1
"""A place that may be any of more than two divisions: never a reason to tell two names apart."""


def legal_person_of(parsed: OrganisationName) -> int:
    """Of a branch: the key of the bare name of the legal person that it belongs to; 0 of others."""
    if not parsed.parent:
        return 0
    parent = reference().organisations.parse(parsed.parent)
    return 0 if parent.empty else hash_of(f"organisation:{parent.bare}")


def places_of(parsed: OrganisationName) -> tuple[int, int]:
    """Codes of the divisions that the innermost leading place may stand for; 0 where there is none.

    Of a name that lost a character none is sure: 南?县 is read as 南县.
    """
    if not parsed.divisions or parsed.damaged:
        return 0, 0
    innermost = parsed.divisions[-1]
    if len(innermost) == 1:
        city = innermost[0].city if parsed.of_a_town else ""  # a town tells where the county is left out
        return int(innermost[0].code), int(innermost[0].became or city or 0)
    codes = sorted({int(code) for division in innermost for code in (division.code, division.became) if code})
    return (codes[0], codes[1] if len(codes) > 1 else 0) if len(codes) <= _MOST_PLACES else (ANYWHERE, 0)
