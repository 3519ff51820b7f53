"""Corroboration: attributes that never decide alone but add to or take from what names and numbers say."""

from functools import lru_cache

from credit_sync.records import Listing
from credit_sync.screening.compare_organisations import compare_organisations
from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.subjects.identifiers import IdentifierKind, citizen_id, masked
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.subjects.person_names import LOST, fold_person_name, is_hidden_in_part
from credit_sync.subjects.subject import Sex, Subject, SubjectKind

_PERSON, _CITIZEN_ID = SubjectKind.PERSON, IdentifierKind.CITIZEN_ID  # an enumeration is slow to name its members
_SEX_TITLES = {Sex.MALE: "男", Sex.FEMALE: "女"}
_SEXES = {sex.value: sex for sex in Sex}
_WHOLE, _OLD = 18, 15
"""Places of a citizen id."""
_AGE_TOLERANCE = 2
"""Years. Ages on the debtor list are calendar-year differences of publication, some of a later query."""


def compare_legal_representatives(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """Legal representatives of organisations, by name."""
    a, b = applicant.legal_representative, listing.subject.legal_representative
    if not a or not b or applicant.kind is _PERSON:
        return None
    x, y = fold_person_name(a), fold_person_name(b)
    if not x or not y or LOST in x or LOST in y or is_hidden_in_part(x) or is_hidden_in_part(y):
        return None  # what is lost or hidden may be the same and may be another
    if x == y:
        u = max(scales.reference.persons.share(x), 1e-5)
        return scales.evidence("legal_representative", "same", f"法定代表人相同：{a}", u=u)
    return scales.evidence("legal_representative", "different", f"法定代表人不同：{a} 与 {b}（可能已变更）")


def compare_sex(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """Sex, as given or as the citizen id shows it; silent where a number already said so."""
    if applicant.kind is not _PERSON or _both_show(_SEX_PLACE, applicant, listing.subject):
        return None
    a, b = _sex(applicant), _sex(listing.subject)
    if a is None or b is None:
        return None
    if a is b:
        return scales.evidence("sex", "same", f"性别相同：{_SEX_TITLES[a]}")
    return scales.evidence("sex", "different", f"性别不同：{_SEX_TITLES[a]} 与 {_SEX_TITLES[b]}", Bearing.WEAKENS)


def compare_birth_years(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """Birth year against the birth year of the listing, or against its age at publication."""
    if applicant.kind is not _PERSON or _both_show(_YEAR_PLACES, applicant, listing.subject):
        return None
    b, tolerance = birth_year(listing.subject), 0
    if b is None and listing.age and listing.published_on:
        b, tolerance = listing.published_on.year - listing.age, _AGE_TOLERANCE
    a = birth_year(applicant) if b is not None else None
    if a is None or b is None:
        return None
    if abs(a - b) <= tolerance:
        return scales.evidence("birth_year", "same", f"出生年份相符：{a} 年与 {b} 年{'前后' if tolerance else ''}")
    return scales.evidence(
        "birth_year", "different", f"出生年份不符：{a} 年与 {b} 年{'前后' if tolerance else ''}", Bearing.WEAKENS
    )


def compare_regions(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """Where the applicant lives or is registered against the listing's place, or else its court or authority.

    A place not given is read from the number: people are at home where their id was first issued, more often than
    not, and organisations where their code was.
    """
    if not (listing.subject.region or listing.organ) or _both_show(_CITY_PLACES, applicant, listing.subject):
        return None
    areas = scales.reference.gazetteer.areas_in
    here, there = _home(applicant), listing.subject.region
    ours, theirs = areas(here), areas(there)
    if not theirs:
        there = listing.organ
        theirs = areas(there)
    if not ours or not theirs:
        return None
    level = _common(ours, theirs)
    if level == "different":
        sentence = f"所在省份不同：{applicant.region or '证件号码所示地区'} 与 {there}"
    else:
        sentence = "所在城市相同" if level == "same_city" else "所在省份相同"
    return scales.evidence("region", level, sentence)


@lru_cache(maxsize=10_000)
def _common(ours: frozenset[str], theirs: frozenset[str]) -> str:
    """The level of two regions, by the areas that they may mean."""
    if any(len(area) == 4 for area in ours & theirs):
        return "same_city"
    return "same" if {area[:2] for area in ours} & {area[:2] for area in theirs} else "different"


def _home(subject: Subject) -> str:
    """The region given, or the division code in a citizen id or USCC where it is visible."""
    if subject.region:
        return subject.region
    number = subject.identifier(IdentifierKind.CITIZEN_ID)
    code = subject.identifier(IdentifierKind.USCC)
    digits = number.value[:6] if number else code.value[2:8] if code and len(code.value) == 18 else ""
    return digits if digits.isdigit() else ""


_SAME_EMPLOYER = {"same", "form", "form_changed", "place_dropped", "one_character"}


def compare_employers(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """Employers of persons, as names of organisations. People change jobs: another employer says little."""
    a, b = applicant.employer, listing.subject.employer
    if not a or not b or applicant.kind is not _PERSON:
        return None
    found = compare_organisations(a, b, scales)
    if found is None:
        return None
    if found.level in _SAME_EMPLOYER or (found.level == "short" and len(a) > _SHORTEST_EMPLOYER):
        return scales.evidence("employer", "same", f"工作单位相同：{a}")
    if found.level in ("different", "other_place", "other_trade"):
        return scales.evidence("employer", "different", f"工作单位不同：{a} 与 {b}（可能已调动）")
    return None  # a branch, a hospital of the university: neither the same nor another


_SHORTEST_EMPLOYER = 3
"""Characters; names such as 学校 or 个体户 name no employer."""


def birth_year(subject: Subject) -> int | None:
    """The birth year given, or shown by a citizen id, masked or not, or a foreigner's permanent residence id."""
    if not subject.identifiers:
        return subject.birth_year
    number = subject.identifier(_CITIZEN_ID) or subject.identifier(IdentifierKind.FOREIGNER_ID)
    if number is not None and len(number.value) == 18 and number.value[6:10].isdigit():
        return int(number.value[6:10])
    return subject.birth_year


def _sex(subject: Subject) -> Sex | None:
    number = subject.identifier(_CITIZEN_ID) if subject.identifiers else None
    if number is not None and len(number.value) == 18 and number.value[16].isdigit():
        return _SEXES[citizen_id.sex(number.value)]
    return subject.sex


_CITY_PLACES, _YEAR_PLACES, _SEX_PLACE = slice(0, 4), slice(6, 10), slice(16, 17)
"""Where a citizen id tells of city, birth year and sex."""


def _both_show(places: slice, a: Subject, b: Subject) -> bool:
    """Both citizen ids show these places, so that what they tell is already counted place by place.

    `3401**********0017` hides the birth year: the age that the list gives beside it counts.
    """
    if not a.identifiers or not b.identifiers:  # three comparators ask of every pair
        return False
    ours, theirs = a.identifier(_CITIZEN_ID), b.identifier(_CITIZEN_ID)
    return ours is not None and theirs is not None and _shows(ours.value, places) and _shows(theirs.value, places)


def _shows(number: str, places: slice) -> bool:
    if MASK not in number:
        return True
    whole = number if len(number) in (_WHOLE, _OLD) else masked.stretch(number, _WHOLE) or ""
    return len(whole) != _WHOLE or MASK not in whole[places]  # of 15 places it is not certain which ones they are
