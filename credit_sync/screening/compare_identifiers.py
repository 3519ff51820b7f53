"""Comparing identifiers: equal, equal as far as visible, off by a typing error, or contradicting."""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import product

from rapidfuzz.distance import OSA

from credit_sync.records import Listing
from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.screening.numbers import patterns
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, foreign, masked, uscc
from credit_sync.subjects.identifiers.folding import MASK
from credit_sync.subjects.subject import Subject

_CODES = {IdentifierKind.USCC, IdentifierKind.ORGANISATION_CODE}

_ENOUGH_SHOWN = 8
"""Places that two numbers must both show before one that differs may be a typing error."""


def compare_identifiers(applicant: Subject, listing: Listing, scales: Scales) -> Evidence | None:
    """The most telling comparison among all pairs of identifiers of comparable kinds.

    Agreement of one pair outweighs a contradiction of the same kind: a subject may carry an old and a new number,
    but nobody carries somebody else's valid number by chance. A contradiction of another kind is told and keeps
    the pair from `confirmed`: one of the records is wrong. A passport renewed since agrees with nothing.
    """
    ours, theirs = applicant.identifiers, listing.subject.identifiers
    if not ours or not theirs:
        return None
    pairs = product(ours, theirs)
    found = [(a, evidence) for a, b in pairs if (evidence := compare_pair(a, b, scales)) is not None]
    if len(found) < 2:
        return found[0][1] if found else None
    _, best = min(found, key=lambda pair: (_rank(pair[1]), -pair[1].bits))
    if _rank(best) <= _AGREES:
        agreeing = {_family(a) for a, e in found if _rank(e) == _rank(best)}
        against = [e for a, e in found if e.bearing is Bearing.EXCLUDES and _family(a) not in agreeing]
        if against:
            sentence = f"{best.sentence}；但{against[0].sentence}"
            return best._replace(sentence=sentence, bearing=Bearing.WEAKENS)
    return best


_AGREES = 1


def _rank(found: Evidence) -> int:
    """What decides first: agreement that identifies, other agreement, contradiction, another number of no weight."""
    if found.bearing is Bearing.IDENTIFIES:
        return 0
    if found.bearing is Bearing.EXCLUDES:
        return 2
    return _AGREES if found.bits > 0 else 3


def _family(number: Identifier) -> IdentifierKind:
    return IdentifierKind.USCC if number.kind in _CODES else number.kind


def compare_pair(a: Identifier, b: Identifier, scales: Scales) -> Evidence | None:
    """Two identifiers; None when their kinds cannot be compared."""
    if a.masked or b.masked:
        return _compare_masked(a, b, scales) if _family(a) is _family(b) else None
    if a.kind is b.kind:
        return _DOCUMENTS.get(a.kind, _compare_full)(a, b, scales)
    if {a.kind, b.kind} == _CODES:
        return _compare_organisation_codes(a, b, scales)
    return None


def _compare_full(a: Identifier, b: Identifier, scales: Scales) -> Evidence | None:
    if a.value == b.value:
        note = "" if a.valid else "（校验码不符，但两边写法相同）"
        return scales.evidence("identifier", "same", f"{a.title}完全一致：{a.display()}{note}", Bearing.IDENTIFIES)
    if a.kind is IdentifierKind.USCC and _code_inside(a) == _code_inside(b):
        return scales.evidence(
            "identifier",
            "same_organisation_code",
            f"统一社会信用代码中的组织机构代码一致：{_code_inside(a)}",
            Bearing.IDENTIFIES,
        )
    if a.valid and b.valid:
        return _contradiction(f"两边都有有效的{a.title}，但不相同：{a.display()} 与 {b.display()}", scales)
    if OSA.distance(a.value, b.value) == 1:
        return scales.evidence(
            "identifier",
            "typing_error",
            f"{a.title}{_one_off(a.value, b.value)}，且有一边校验码不符，可能是录入错误：{a.display()} 与 {b.display()}",
        )
    return _contradiction(f"{a.title}不一致：{a.display()} 与 {b.display()}", scales)


def _compare_documents(a: Identifier, b: Identifier, scales: Scales) -> Evidence | None:
    """Passports, and numbers of kinds unknown: they change with every book, so another number says little."""
    if a.value == b.value:
        return scales.evidence("identifier", "same_document", f"{a.title}相同：{a.display()}", Bearing.IDENTIFIES)
    if a.kind is IdentifierKind.OTHER:
        return None
    sentence = f"{a.title}不同：{a.display()} 与 {b.display()}（换发后号码会变）"
    return scales.evidence("identifier", "other_document", sentence)


def _compare_travel_permits(a: Identifier, b: Identifier, scales: Scales) -> Evidence | None:
    """The digits that stay for life decide; those that count cards may differ."""
    if foreign.for_life(a.value) == foreign.for_life(b.value):
        return scales.evidence("identifier", "same", f"{a.title}一致：{a.display()}", Bearing.IDENTIFIES)
    if a.value[0].isdigit() is not b.value[0].isdigit():
        return None  # one of Hong Kong or Macao, one of Taiwan: kinds of their own
    return _contradiction(f"{a.title}不同：{a.display()} 与 {b.display()}", scales)


def _compare_foreigner_ids(a: Identifier, b: Identifier, scales: Scales) -> Evidence | None:
    """Within one edition as citizen ids; the old and the new edition share the birth date."""
    if len(a.value) == len(b.value):
        return _compare_full(a, b, scales)
    if foreign.birth_day(a.value) == foreign.birth_day(b.value):
        sentence = f"新旧两版{a.title}所示出生日期一致：{a.display()} 与 {b.display()}"
        return scales.evidence("identifier", "other_edition", sentence)
    return _contradiction(f"新旧两版{a.title}所示出生日期不同：{a.display()} 与 {b.display()}", scales)


_DOCUMENTS = {
    IdentifierKind.OTHER: _compare_documents,
    IdentifierKind.PASSPORT: _compare_documents,
    IdentifierKind.TRAVEL_PERMIT: _compare_travel_permits,
    IdentifierKind.FOREIGNER_ID: _compare_foreigner_ids,
}
"""How kinds with rules of their own are compared."""


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
            "identifier",
            "typing_error",
            f"组织机构代码{_one_off(inside, other)}，可能是录入错误：{inside} 与 {other}",
        )
    return _contradiction(f"组织机构代码不一致：{inside} 与 {other}", scales)


def _compare_masked(a: Identifier, b: Identifier, scales: Scales) -> Evidence | None:
    """A masked number against a full or another masked one, at every length that both can have."""
    pairs = [(x, y) for x, y in product(patterns(a), patterns(b)) if len(x) == len(y)]
    if not pairs:
        return None
    shown, whose = (b, "名单中") if b.masked else (a, "申报信息中")
    number = f"与{whose}{_incomplete(shown)}"
    contradicting = [len(masked.contradictions(x, y)) for x, y in pairs]
    if 0 in contradicting:
        x, y = pairs[contradicting.index(0)]
        return _agreement(shown.kind, number, _hidden(x, y), scales)
    if not a.valid or not b.valid:
        for (x, y), places in zip(pairs, contradicting, strict=True):
            if places == 1 and _hidden(x, y).count(False) >= _ENOUGH_SHOWN:
                return scales.evidence(
                    "identifier",
                    "typing_error",
                    f"{number}只差一位，且{'名单' if a.valid else '申报'}的号码校验码不符，可能是录入错误",
                )
    return _contradiction(f"{number}可见部分不符", scales)


def _incomplete(shown: Identifier) -> str:
    if shown.rounded:
        return f"{shown.title}（{shown.display()}，末三位像是被表格软件变成了 0）"
    corrupt = "" if shown.valid or not shown.masked else "，该号码可见部分与校验码矛盾、可能有误"
    return f"部分隐去的{shown.title}（{shown.display()}{corrupt}）"


def _agreement(kind: IdentifierKind, number: str, hidden: Sequence[bool], scales: Scales) -> Evidence | None:
    worth = _worth(kind, hidden, scales)
    if worth <= 0:
        return None
    enough = worth >= scales.weights.bands.identifying_bits
    return scales.evidence(
        "identifier",
        "masked",
        f"{number}可见的 {hidden.count(False)} 位全部一致",
        Bearing.IDENTIFIES if enough else Bearing.SUPPORTS,
        u=2**-worth,
        rarity=f"，旁人碰巧一致的可能约 {_one_in(worth)}",
    )


@lru_cache(maxsize=1000)
def _one_in(bits: float) -> str:
    """Two to the power of `bits`, as one in so many, two digits exact."""
    count = 2**bits
    step = 10 ** max(int(math.log10(count)) - 1, 0)
    rounded = round(count / step) * step
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if rounded >= size:
            return f"{rounded / size:g} {unit}分之一"
    return f"{rounded:g} 分之一"


def _worth(kind: IdentifierKind, hidden: Sequence[bool], scales: Scales) -> float:
    """Bits of the places that both show. The check digit says no more than what is hidden could have said."""
    places = scales.weights.places
    if kind not in (IdentifierKind.CITIZEN_ID, IdentifierKind.FOREIGNER_ID) or len(hidden) not in (15, 18):
        return places.code * hidden.count(False)
    table = places.citizen_id if len(hidden) == 18 else (*places.citizen_id[:6], *places.citizen_id[8:17])
    shown = sum([bits for bits, mask in zip(table[:17], hidden, strict=False) if not mask])
    if len(hidden) == 15 or hidden[17]:
        return shown
    return shown + min(table[17], sum([bits for bits, mask in zip(table[:17], hidden, strict=False) if mask]))


def _hidden(x: str, y: str) -> list[bool]:
    """Which places one or the other does not show."""
    return [MASK in pair for pair in zip(x, y, strict=True)]


def _one_off(a: str, b: str) -> str:
    """What one typing error did."""
    return "有两位颠倒" if sorted(a) == sorted(b) else "只差一位"


def _code_inside(identifier: Identifier) -> str:
    value = identifier.value
    return uscc.organisation_code(value) if identifier.kind is IdentifierKind.USCC else value


def _contradiction(sentence: str, scales: Scales) -> Evidence:
    return scales.evidence("identifier", "contradiction", sentence, Bearing.EXCLUDES)
