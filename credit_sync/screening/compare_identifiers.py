"""Comparing identifiers: equal, equal as far as visible, off by a typing error, or contradicting."""

from itertools import product

from rapidfuzz.distance import OSA

from credit_sync.records import Listing
from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.screening.keys import patterns, spellings
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, masked, uscc
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.subjects.subject import Subject

_CODES = {IdentifierKind.USCC, IdentifierKind.ORGANISATION_CODE}
_RANK = {
    Bearing.IDENTIFIES: 0,
    Bearing.SUPPORTS: 1,
    Bearing.WEAKENS: 2,
    Bearing.EXCLUDES: 3,
}


def compare_identifiers(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """The most telling comparison among all pairs of identifiers of comparable kinds.

    Agreement of one pair outweighs a contradiction of another: a subject may carry an old and a new number,
    but nobody carries somebody else's valid number by chance.
    """
    pairs = product(applicant.identifiers, listing.subject.identifiers)
    found = [evidence for a, b in pairs if (evidence := compare_pair(a, b, scales)) is not None]
    return min(found, key=lambda e: (_RANK[e.bearing], -e.bits), default=None)


def compare_pair(a: Identifier, b: Identifier, scales: Scales) -> Evidence | None:
    """Two identifiers; None when their kinds cannot be compared."""
    if a.masked or b.masked:
        return _compare_masked(a, b, scales)
    if a.kind is b.kind:
        return _compare_full(a, b, scales)
    if {a.kind, b.kind} == _CODES:
        return _compare_organisation_codes(a, b, scales)
    return None


def _compare_full(a: Identifier, b: Identifier, scales: Scales) -> Evidence | None:
    if a.value == b.value:
        note = "" if a.valid else "（校验码不符，但两边写法相同）"
        return scales.evidence("identifier", "same", f"{a.title}完全一致：{a.display()}{note}", Bearing.IDENTIFIES)
    if a.kind is IdentifierKind.OTHER:
        return None
    if a.valid and b.valid:
        return _contradiction(f"两边都有有效的{a.title}，但不相同：{a.display()} 与 {b.display()}", scales)
    if a.kind is IdentifierKind.USCC and _code_inside(a) == _code_inside(b):
        return scales.evidence(
            "identifier",
            "same_organisation_code",
            f"统一社会信用代码中的组织机构代码一致：{_code_inside(a)}",
            Bearing.IDENTIFIES,
        )
    if OSA.distance(a.value, b.value) == 1:
        return scales.evidence(
            "identifier",
            "typing_error",
            f"{a.title}只差一位，且有一边校验码不符，可能是录入错误：{a.display()} 与 {b.display()}",
        )
    return _contradiction(f"{a.title}不一致：{a.display()} 与 {b.display()}", scales)


def _compare_organisation_codes(a: Identifier, b: Identifier, scales: Scales) -> Evidence:
    inside, other = _code_inside(a), _code_inside(b)
    if inside == other:
        return scales.evidence(
            "identifier",
            "same_organisation_code",
            f"统一社会信用代码第9至17位就是对方的组织机构代码：{inside}",
            Bearing.IDENTIFIES,
        )
    if not (a.valid and b.valid) and OSA.distance(inside, other) == 1:
        return scales.evidence(
            "identifier", "typing_error", f"组织机构代码只差一位，可能是录入错误：{inside} 与 {other}"
        )
    return _contradiction(f"组织机构代码不一致：{inside} 与 {other}", scales)


def _compare_masked(a: Identifier, b: Identifier, scales: Scales) -> Evidence | None:
    """A masked number against a full or another masked one, at every length that both can have."""
    left = patterns(a) if a.masked else spellings(a)
    right = patterns(b) if b.masked else spellings(b)
    pairs = [(x, y) for x in left for y in right if len(x) == len(y)]
    if not pairs or (a.kind is IdentifierKind.CITIZEN_ID) != (b.kind is IdentifierKind.CITIZEN_ID):
        return None
    shown, whose = (b, "名单中") if b.masked else (a, "申报信息中")
    number = f"与{whose}部分隐去的{shown.title}（{shown.value}）"
    for x, y in pairs:
        if not masked.contradictions(x, y):
            return _agreement(shown.kind, number, x, y, scales)
    if not a.valid or not b.valid:
        for x, y in pairs:
            if len(masked.contradictions(x, y)) == 1 and _visible(x, y) >= 8:
                return scales.evidence(
                    "identifier",
                    "typing_error",
                    f"{number}只差一位，且{'名单' if a.valid else '申报'}的号码校验码不符，可能是录入错误",
                )
    return _contradiction(f"{number}可见部分不符", scales)


def _agreement(kind: IdentifierKind, number: str, x: str, y: str, scales: Scales) -> Evidence | None:
    worth = _worth(kind, x, y, scales)
    if worth <= 0:
        return None
    count = _visible(x, y)
    enough = worth >= scales.weights.bands.identifying_bits
    return scales.evidence(
        "identifier",
        "masked",
        f"{number}可见的 {count} 位全部一致",
        Bearing.IDENTIFIES if enough else Bearing.SUPPORTS,
        u=2**-worth,
    )


def _worth(kind: IdentifierKind, x: str, y: str, scales: Scales) -> float:
    """Bits of the places that both show."""
    places = scales.weights.places
    if kind is not IdentifierKind.CITIZEN_ID:
        return places.code * _visible(x, y)
    table = places.citizen_id if len(x) == 18 else (*places.citizen_id[:6], *places.citizen_id[8:17])
    return sum(bits for bits, p, q in zip(table, x, y, strict=True) if MASK not in (p, q))


def _visible(x: str, y: str) -> int:
    return sum(MASK not in pair for pair in zip(x, y, strict=True))


def _code_inside(identifier: Identifier) -> str:
    value = identifier.value
    return uscc.organisation_code(value) if identifier.kind is IdentifierKind.USCC else value


def _contradiction(sentence: str, scales: Scales) -> Evidence:
    return scales.evidence("identifier", "contradiction", sentence, Bearing.EXCLUDES)
