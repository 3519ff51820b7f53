"""Identifiers of subjects: what kinds there are, how a written one is recognised, how one is shown.

`recognise` turns whatever a source wrote into an `Identifier`: folded, typed by its check and by the kind of
its owner (3 % of citizen ids also pass the USCC check, so the check alone does not decide), masked forms
included. A number that fails its check digit is kept and marked: lawful codes with wrong check characters
exist, so a failed check is a warning to people and never a reason to forget the number.
"""

import re
from datetime import date
from enum import StrEnum

from credit_sync.immutable import immutable
from credit_sync.subjects.identifiers import (
    citizen_id,
    foreign,
    masked,
    organisation_code,
    registration_number,
    uscc,
)
from credit_sync.subjects.identifiers.folding import MASK, fold, fold_look_alikes, unify_masks, without_label
from credit_sync.subjects.identifiers.hiding import hide as hide
from credit_sync.subjects.identifiers.hiding import hide_in_text as hide_in_text


class SubjectKind(StrEnum):
    """自然人 or 法人及非法人组织 (an individual trader, 个体工商户, is an organisation with a code)."""

    PERSON = "person"
    ORGANISATION = "organisation"


class IdentifierKind(StrEnum):
    """The kinds of numbers; the values are stored."""

    USCC = "uscc"
    ORGANISATION_CODE = "organisation_code"
    REGISTRATION_NUMBER = "registration_number"
    CITIZEN_ID = "citizen_id"
    FOREIGNER_ID = "foreigner_id"
    TRAVEL_PERMIT = "travel_permit"
    PASSPORT = "passport"
    OTHER = "other"


TITLES = {
    IdentifierKind.USCC: "统一社会信用代码",
    IdentifierKind.ORGANISATION_CODE: "组织机构代码",
    IdentifierKind.REGISTRATION_NUMBER: "工商注册号",
    IdentifierKind.CITIZEN_ID: "身份证号码",
    IdentifierKind.FOREIGNER_ID: "外国人永久居留身份证号码",
    IdentifierKind.TRAVEL_PERMIT: "来往内地（大陆）通行证号码",
    IdentifierKind.PASSPORT: "护照号码",
    IdentifierKind.OTHER: "证件号码",
}
OF_ORGANISATIONS = (IdentifierKind.USCC, IdentifierKind.ORGANISATION_CODE, IdentifierKind.REGISTRATION_NUMBER)


@immutable(order=True)
class Identifier:
    """One number of a subject. `value` is folded; masked values hold `*` at every hidden place."""

    kind: IdentifierKind
    value: str
    valid: bool = True
    """The check digit is right; of a masked citizen id, that something hidden can make it right."""

    @property
    def masked(self) -> bool:
        """Some places are hidden."""
        return MASK in self.value

    @property
    def rounded(self) -> bool:
        """A citizen id of which a spreadsheet kept fifteen digits and made the others 0: they are not known."""
        return not self.valid and self.value.find(MASK) == _KEPT and self.value[_KEPT:] == _ROUNDED

    @property
    def title(self) -> str:
        """The kind in Chinese."""
        return TITLES[self.kind]

    def display(self) -> str:
        """The number as reports may show it: a natural person's without the birth date, also where a mask leaves little to guess.

        >>> Identifier(IdentifierKind.CITIZEN_ID, "340100190001040017").display()
        '340100********0017'
        >>> Identifier(IdentifierKind.CITIZEN_ID, "34010019000104001*").display()
        '340100********001*'
        """
        enough_hidden = self.masked and not self.rounded and self.value.count(MASK) > _GUESSED
        if enough_hidden or self.kind in OF_ORGANISATIONS:
            return self.value
        return hide(self.value)


_GUESSED = 3
"""Hidden places that the check digit and the calendar leave few possibilities for: of one or two mostly a single one."""
_KEPT, _ROUNDED = 15, MASK * 3
"""Digits that a spreadsheet keeps of a number, and what stands for the others of a citizen id."""
_NO_NUMBER = frozenset(
    ["无", "暂无", "不详", "未知", "空", "NULL", "NONE", "NA", "N/A", "/", "待补", "待补充"]
) | {""}


def recognise(text: str, owner: SubjectKind, *, on: date = date.max) -> Identifier | None:
    """The identifier that a source wrote, None where it wrote none (blank, 无, /, zeros, the placeholder).

    `owner` decides between readings that both fit. `on` is the day of the reading: nobody is born later.
    """
    if owner is SubjectKind.PERSON and citizen_id.is_valid(text, on=on):  # nothing to fold, and its first reading
        return Identifier(IdentifierKind.CITIZEN_ID, text)
    folded = fold(text)
    if folded in _NO_NUMBER or folded == uscc.PLACEHOLDER or folded == folded[0] * len(folded):
        return None
    failing = None
    if MASK not in folded:
        for read in _PERSON_READINGS if owner is SubjectKind.PERSON else _ORGANISATION_READINGS:
            if (found := read(folded, on)) is not None and found.valid:
                return found
            failing = failing or found
    if (shown := _masked(text, folded, owner) or failing) is not None:
        return shown
    travel = _read_travel_document(folded) if owner is SubjectKind.PERSON else None
    return (
        travel
        or _labelled(text, owner, on)
        or Identifier(IdentifierKind.OTHER, folded, valid=owner is SubjectKind.PERSON)
    )


_LONGEST = 100
"""Characters in which a number and what is said of it stand."""


def _labelled(text: str, owner: SubjectKind, on: date) -> Identifier | None:
    """What is left of a cell without the words that say what number it is, where that is a number of some kind."""
    number = without_label(text[:_LONGEST])
    found = recognise(number, owner, on=on) if number and number != text else None
    return None if found is None or found.kind is IdentifierKind.OTHER else found


_MASKED_AS_USUAL = re.compile(r"[1-8][0-9]{5}(?:(?:18[5-9][0-9]|19[0-9]{2}|20[0-9]{2})\*{4}|\*{8})[0-9]{3}[0-9X]")


def is_masked_as_usual(text: str) -> bool:
    """A person's citizen id as the national debtor list or a report shows it: `recognise` takes it as it stands.

    Month and day are hidden, or the year as well. Among these there is one for every check digit, so there is nothing to
    work out.

    >>> is_masked_as_usual("3401001900****0017"), is_masked_as_usual("34010019000104***7")
    (True, False)
    """
    return _MASKED_AS_USUAL.fullmatch(text) is not None


def _masked(text: str, folded: str, owner: SubjectKind) -> Identifier | None:
    """A number shown in part, by mask characters or by leaving its middle out."""
    pattern = ""
    if owner is SubjectKind.PERSON:
        pattern = folded if MASK in folded else _SHORTENED.sub(r"\1****\2", folded)
    if not masked.is_pattern(pattern) or citizen_id.birth_date(f"{folded:0<18}") is not None:
        pattern = unify_masks(text)
    if not masked.is_pattern(pattern):
        return None
    kind = _kind_of_pattern(pattern, owner)
    if kind is not IdentifierKind.CITIZEN_ID:
        return Identifier(kind, pattern)
    pattern = fold_look_alikes(pattern)
    return Identifier(kind, pattern, _can_be_a_citizens(pattern))


_SHORTENED = re.compile(r"^([1-8][0-9]{5}(?:19|20)[0-9]{2})([0-9]{3}[0-9X])$")
"""The ten places before and the four behind the mask of the national debtor list, with nothing between."""


def _can_be_a_citizens(pattern: str) -> bool:
    """At one of the lengths that it may have, the masked number is possible."""
    if len(pattern) == 15 and citizen_id.can_be_completed(f"{pattern[:6]}19{pattern[6:]}{MASK}"):
        return True
    whole = masked.stretch(pattern, 18)
    return whole is None or citizen_id.can_be_completed(whole)


def _read_citizen_id(folded: str, on: date) -> Identifier | None:
    digits = fold_look_alikes(folded)
    if len(digits) == 15 and (longer := citizen_id.from_fifteen(digits)):
        return Identifier(IdentifierKind.CITIZEN_ID, longer)
    if len(digits) == 17 and citizen_id.is_valid(f"{digits}X", on=on):  # a field for digits has lost the X
        return Identifier(IdentifierKind.CITIZEN_ID, f"{digits}X")
    if citizen_id.is_valid(digits, on=on):
        return Identifier(IdentifierKind.CITIZEN_ID, digits)
    if not citizen_id.has_shape(digits):
        return None
    known = digits[:_KEPT] + _ROUNDED if digits.endswith("000") else digits
    return Identifier(IdentifierKind.CITIZEN_ID, known, valid=False)


def _read_uscc(folded: str, _on: date) -> Identifier | None:
    if len(folded) != 18:
        return None
    if uscc.is_valid(folded):
        return Identifier(IdentifierKind.USCC, folded)
    code = _without_misread_letters(folded)
    return Identifier(IdentifierKind.USCC, code, uscc.is_valid(code)) if uscc.has_shape(code) else None


def _without_misread_letters(code: str) -> str:
    """Letters that no code has, as the digits that they were mistaken for."""
    return fold_look_alikes(code.replace("L", "\0")).replace("\0", "L")


def _read_organisation_code(folded: str, _on: date) -> Identifier | None:
    """Its own alphabet has all letters: they are misread where that makes the check right."""
    if not organisation_code.has_shape(folded):
        return None
    for code in (folded, _without_misread_letters(folded)):
        if organisation_code.is_valid(code):
            return Identifier(IdentifierKind.ORGANISATION_CODE, code)
    return Identifier(IdentifierKind.ORGANISATION_CODE, folded, valid=False)


def _read_registration_number(folded: str, _on: date) -> Identifier | None:
    digits = fold_look_alikes(folded)
    if len(digits) != 15 or not digits.isdigit():
        return None
    return Identifier(IdentifierKind.REGISTRATION_NUMBER, digits, registration_number.is_valid(digits))


def _read_foreigner_id(folded: str, _on: date) -> Identifier | None:
    if not foreign.is_foreigner_id(folded):
        return None
    return Identifier(IdentifierKind.FOREIGNER_ID, folded, foreign.is_valid_foreigner_id(folded))


def _read_travel_document(folded: str) -> Identifier | None:
    if foreign.is_travel_permit(folded):
        return Identifier(IdentifierKind.TRAVEL_PERMIT, folded)
    return Identifier(IdentifierKind.PASSPORT, folded) if foreign.is_passport(folded) else None


_PERSON_READINGS = (_read_citizen_id, _read_foreigner_id)
_ORGANISATION_READINGS = (_read_uscc, _read_organisation_code, _read_registration_number, _read_citizen_id)
"""An individual trader is sometimes listed under the owner's citizen id, so that reading comes last."""


def _kind_of_pattern(pattern: str, owner: SubjectKind) -> IdentifierKind:
    of_person = owner is SubjectKind.PERSON
    found = (_PERSON_PATTERN if of_person else _ORGANISATION_PATTERN).match(pattern)
    if found:
        return IdentifierKind(str(found.lastgroup))
    return IdentifierKind.CITIZEN_ID if of_person else IdentifierKind.USCC


_PERSON_PATTERN = re.compile(
    r"(?P<foreigner_id>(?:9.{17}|[A-Z]{3}.{12})$)|(?P<travel_permit>[HM][0-9*]{8}(?:..)?$)|(?P<passport>[A-Z])"
)
"""How masked numbers that are no citizen ids begin."""
_ORGANISATION_PATTERN = re.compile(
    r"(?P<organisation_code>[0-9A-Z*]{8}[0-9X*]$)|(?P<registration_number>[0-9*]{15}$)"
)
"""Masked numbers that are no USCCs: 9134***8F is one of which the mask was shortened, for no code ends in F."""
