"""Each attribute's levels, as tables of cases: what level a pair comes to, and what it may and may not do."""

import math
import tomllib
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from credit_sync.records import Listing
from credit_sync.screening.comparison import RELATED, Comparison, Verdict, compare, judge
from credit_sync.screening.evidence import Bearing, Evidence, Scales
from credit_sync.screening.explain import explain
from credit_sync.screening.keys import probe_keys, stored_keys
from credit_sync.screening.reference import reference
from credit_sync.screening.tables import ListingTable
from credit_sync.screening.weights import Weights, load_weights
from credit_sync.shipped import shipped
from credit_sync.subjects.identifiers import (
    IdentifierKind,
    SubjectKind,
    citizen_id,
    organisation_code,
    recognise,
    uscc,
)
from credit_sync.subjects.subject import Sex, Subject

SCALES = Scales(load_weights(), reference())
PERSON, ORGANISATION = SubjectKind.PERSON, SubjectKind.ORGANISATION
ID = "340100190001040017"
FIRST, SECOND = "91340100000000001", "91340100000000002"


def subject(kind: SubjectKind, name: str, *numbers: str, **more: object) -> Subject:
    found = tuple(number for text in numbers if (number := recognise(text, kind)))
    return Subject(kind=kind, name=name, identifiers=found, **more)  # type: ignore[arg-type]


def compared(kind: SubjectKind, a: str, b: str, *, ours: str = "", theirs: str = "") -> Comparison:
    return compare(subject(kind, a, ours), Listing(subject=subject(kind, b, theirs), list="x"), SCALES)


def evidence(found: Comparison, attribute: str) -> Evidence | None:
    return next((e for e in found.evidence if e.attribute == attribute), None)


def level(found: Comparison, attribute: str) -> str:
    piece = evidence(found, attribute)
    return piece.level if piece else ""


@pytest.mark.parametrize(
    ("ours", "theirs", "expected", "bearing"),
    [
        (ID, ID, "same", Bearing.IDENTIFIES),
        (ID, "340100000104001", "same", Bearing.IDENTIFIES),
        (ID, "3401001900****0017", "masked", Bearing.IDENTIFIES),
        (ID, "34010019000017", "masked", Bearing.IDENTIFIES),
        (ID, "340100…0017", "masked", Bearing.IDENTIFIES),
        (ID, "340100**4001", "masked", Bearing.IDENTIFIES),  # of the fifteen digits that the number once was
        (ID, "3401**************", "masked", Bearing.SUPPORTS),
        (ID, "3401001901****0017", "contradiction", Bearing.EXCLUDES),
        # Excel keeps fifteen digits
        (ID, "340100190001040000", "masked", Bearing.IDENTIFIES),
        ("340100190001040000", "3401001900****0017", "masked", Bearing.IDENTIFIES),
        ("340100190001050000", ID, "typing_error", Bearing.SUPPORTS),
        ("340100190002070000", ID, "contradiction", Bearing.EXCLUDES),
        # foreigners: within an edition like citizen ids, between editions by the birth date
        ("911840190001010017", "911840190001010017", "same", Bearing.IDENTIFIES),
        ("911840190001010017", "911840********0017", "masked", Bearing.IDENTIFIES),
        ("911840190001010017", "USA340100010101", "other_edition", Bearing.SUPPORTS),
        ("911840190001010017", "USA340100010201", "contradiction", Bearing.EXCLUDES),
        ("911840190001010017", "USA3401000101**", "", None),  # masked, the two editions have nothing to compare
        ("USA3401000101**", "911840190001010017", "", None),
        ("USA340100010101", "USA3401000101**", "masked", Bearing.IDENTIFIES),
        ("USA340100010101", "USA3401000102**", "contradiction", Bearing.EXCLUDES),
        # travel permits: eight digits for life, the rest counts cards; passports change with the book
        ("H1234567801", "H1234567802", "same", Bearing.IDENTIFIES),
        ("H1234567801", "H1234567901", "contradiction", Bearing.EXCLUDES),
        ("12345678", "1234567801(B)", "same", Bearing.IDENTIFIES),
        ("E12345678", "e12345678", "same_document", Bearing.IDENTIFIES),
        ("E12345678", "G87654321", "other_document", Bearing.SUPPORTS),
        ("E12345678", "E123****8", "masked", Bearing.SUPPORTS),
        # kinds that say nothing of one another
        ("E12345678", ID, "", None),
        ("E12345678", "3401001900****0017", "", None),
    ],
)
def test_numbers_of_persons(ours: str, theirs: str, expected: str, bearing: Bearing | None) -> None:
    found = evidence(compared(PERSON, "尉迟煜珩", "尉迟煜珩", ours=ours, theirs=theirs), "identifier")
    assert (found.level if found else "", found.bearing if found else None) == (expected, bearing)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ("12345678-8", "same_organisation_code"),
        ("1234****-8", "masked"),
        ("91340000********8F", "masked"),
        ("9134000012345****F", "masked"),
        ("********12345678**", "masked"),
        ("9134***8F", "masked"),  # shortened to as many places as an organisation code has
        ("91340000****88F", "masked"),  # or a registration number
        ("9134***9F", "contradiction"),
        ("9134*****", "masked"),
        ("1234**88", "masked"),
        ("1235****-8", "contradiction"),
        # the same organisation registered anew by another authority
        ("12340000123456788L", "same_organisation_code"),
        ("N2340000MF00000018", "contradiction"),
    ],
)
def test_codes_of_organisations(theirs: str, expected: str) -> None:
    found = compared(
        ORGANISATION, "合肥甲乙商贸有限公司", "合肥甲乙商贸有限公司", ours="91340000123456788F", theirs=theirs
    )
    assert level(found, "identifier") == expected


def test_a_masked_code_is_compared_with_a_bare_organisation_code() -> None:
    found = compared(ORGANISATION, "甲", "甲", ours="12345678-8", theirs="********123456788*")
    assert level(found, "identifier") == "masked"


def test_a_number_rounded_by_a_spreadsheet_is_found_told_and_not_shown() -> None:
    rounded = subject(PERSON, "李健国", "340100190001040000")  # misspelt too: found by the number alone
    entry = Listing(subject=rounded, list="x")
    found = ListingTable({1: entry}).judge([subject(PERSON, "李建国", ID)], SCALES)[0].matches[0][1]
    sentence = found.evidence[0].sentence
    assert "末三位像是被表格软件变成了 0" in sentence
    assert "19000104" not in sentence + rounded.displayed_identifiers()
    assert not rounded.identifiers[0].valid


def test_a_check_digit_counts_no_more_than_what_is_hidden() -> None:
    """With one digit hidden the check digit says at most what that digit could have said."""

    def bits(mask: str) -> float:
        found = evidence(compared(PERSON, "甲", "甲", ours=ID, theirs=mask), "identifier")
        assert found is not None
        return found.bits

    without, with_check = bits("340*0019000104001*"), bits("340*00190001040017")
    assert 0 < with_check - without < math.log2(10)
    assert bits("3401001900****0017") - bits("3401001900****001*") == pytest.approx(
        SCALES.weights.places.citizen_id[17]
    )


@pytest.mark.parametrize(
    ("short", "whole", "verdict"),
    [
        ("340100**7", "340100***********7", Verdict.PROBABLE),  # a region and a check digit identify nobody
        ("3401*0017", "3401**********0017", Verdict.CONFIRMED),
    ],
)
def test_of_nine_places_a_citizen_id_is_a_shortened_one(short: str, whole: str, verdict: Verdict) -> None:
    """Nine places are whole for an organisation code alone: there every place says as much as the next."""
    nine, eighteen = (compared(PERSON, "尉迟煜珩", "尉迟煜珩", ours=text, theirs=text) for text in (short, whole))
    assert nine.bits == eighteen.bits
    assert nine.verdict is eighteen.verdict is verdict


def test_two_valid_codes_one_character_apart_are_two_codes() -> None:
    """A and L have one remainder modulo 11: codes that differ in these alone are both valid, so neither was mistyped."""
    ours, theirs = "A2345678", "L2345678"
    check = organisation_code.check_character(ours)
    assert check == organisation_code.check_character(theirs)
    inside = f"91340100{ours}{check}"
    firm = "合肥甲乙商贸有限公司"
    found = compared(ORGANISATION, firm, firm, ours=_uscc(inside), theirs=theirs + check)
    assert level(found, "identifier") == "contradiction"
    assert found.verdict is Verdict.CLEAR
    typed = compared(ORGANISATION, firm, firm, ours=_uscc(inside), theirs=f"{ours[:-1]}9{check}")
    assert level(typed, "identifier") == "typing_error"


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ("34020019**********", "typing_error"),  # eight places are shown by both, seven of them agree
        ("3402001***********", "contradiction"),
        ("3402**************", "contradiction"),
    ],
)
def test_one_unlike_place_among_few_is_no_typing_error(theirs: str, expected: str) -> None:
    wrong = ID[:-1] + "8"  # fails its check digit
    found = compared(PERSON, "尉迟煜珩", "尉迟煜珩", ours=wrong, theirs=theirs)
    assert level(found, "identifier") == expected


def test_fifteen_places_are_worth_what_the_same_of_eighteen_are() -> None:
    """Counted as places of a code, which nobody can foretell, they would prove a namesake to be the debtor."""
    fifteen, eighteen = "340100*****4001", "340100*******4001*"
    short, whole = (compared(PERSON, "张伟", "张伟", ours=n, theirs=n) for n in (fifteen, eighteen))
    assert (short.verdict, short.bits) == (whole.verdict, whole.bits)


def test_a_corrupt_mask_is_told() -> None:
    wrong = "340100190001*40013"
    found = evidence(compared(PERSON, "甲", "甲", ours=ID, theirs=wrong), "identifier")
    assert found is not None
    assert "校验码" in found.sentence
    assert found.level == "typing_error"


def test_a_match_says_how_much_it_proves() -> None:
    found = evidence(compared(PERSON, "张伟", "张伟", ours=ID, theirs="3401001900****0017"), "identifier")
    assert found is not None
    assert "旁人碰巧一致的可能约 2100 万分之一" in found.sentence


def test_an_agreeing_number_beside_a_contradicting_one_of_another_kind_is_not_confirmed() -> None:
    a = subject(ORGANISATION, "合肥甲乙商贸有限公司", _uscc(FIRST), "110108000000016")
    b = subject(ORGANISATION, "合肥甲乙商贸有限公司", _uscc(FIRST), "340108000000017"[:14] + "1")
    other = compare(a, Listing(subject=b, list="x"), SCALES)
    assert "但" in other.evidence[0].sentence
    assert other.verdict is Verdict.PROBABLE


@pytest.mark.parametrize(
    "masked", ["34010019000104001*", "340100*90001040017", "34010019**01040017", "34010019000104***7"]
)
def test_a_mask_that_leaves_nothing_to_guess_is_not_shown_as_it_came(masked: str) -> None:
    """The check digit says what one hidden place was."""
    found = evidence(compared(PERSON, "张伟", "张伟", ours=ID, theirs=masked), "identifier")
    assert found is not None
    assert found.level == "masked"
    assert "0104" not in found.sentence
    assert recognise("3401001900****0017", PERSON).display() == "3401001900****0017"  # type: ignore[union-attr]


OTHER_ID = "340502191203041017"


@pytest.mark.parametrize(
    ("passport", "level", "bearing"),
    [
        ("G87654321", "contradiction", Bearing.EXCLUDES),  # renewed, as passports are: agrees with nothing
        ("E1234****", "masked", Bearing.WEAKENS),
        ("E12345678", "same_document", Bearing.WEAKENS),
    ],
)
def test_what_contradicts_is_not_forgotten_beside_other_numbers(
    passport: str, level: str, bearing: Bearing
) -> None:
    a, b = subject(PERSON, "尉迟煜珩", ID, "E12345678"), subject(PERSON, "尉迟煜珩", OTHER_ID, passport)
    found = compare(a, Listing(subject=b, list="x"), SCALES)
    assert (found.evidence[0].level, found.evidence[0].bearing) == (level, bearing)
    assert "两边都有有效的身份证号码，但不相同" in found.evidence[0].sentence
    assert (found.verdict is Verdict.CLEAR) == (bearing is Bearing.EXCLUDES)


def _uscc(body: str) -> str:
    return body + uscc.check_character(body)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("张偉", "张伟", "same"),
        ("张　伟", "张伟", "same"),
        ("买买提•吐尔逊", "買買提.吐爾遜", "same"),
        ("买买提‧吐尔逊", "买买提吐尔逊", "same"),
        ("李建国（曾用名李建囯）", "李建国", "same"),
        ("李建国（曾用名王红旗）", "王红旗", "same"),
        ("ZHANG WEI", "张伟", "transliteration"),
        ("LÜ BU", "吕布", "transliteration"),
        ("Lyu Bu", "吕布", "transliteration"),
        ("张�伟", "张䶮伟", "same"),
        ("买买提?吐尔逊", "买买提·吐尔逊", "same"),
        ("李建国", "李*国", "same"),
        ("李建国", "李某某", "same"),
        ("李建国", "李某", "same"),
        ("李建国", "李*华", "different"),
        ("李建国", "王某某", "different"),
        ("李建国", "李健国", "sound"),
        ("王未来", "王末来", "look_alike"),
        ("陈乾", "陈前", "sound"),
        ("陈乾", "陈干", "look_alike"),
        ("李建国", "李建华", "one_character"),
        ("陈方安生", "方安生", "part"),
        ("陈方安生", "生", "different"),
        ("李建国", "王秀兰", "different"),
    ],
)
def test_names_of_persons(a: str, b: str, expected: str) -> None:
    assert level(compared(PERSON, a, b), "person_name") == expected


def test_a_listed_name_hidden_in_part_is_worth_what_it_shows() -> None:
    """The number agrees and nothing contradicts: 屈某某 is not another name than 屈怀瑾."""
    masked_id = "3401001900****0017"
    rare, common = (
        compared(PERSON, a, b, ours=ID, theirs=masked_id) for a, b in (("屈怀瑾", "屈某某"), ("王怀瑾", "王某某"))
    )
    whole = compared(PERSON, "王怀瑾", "王怀瑾", ours=ID, theirs=masked_id)
    assert common.verdict is Verdict.POSSIBLE
    assert common.bits < rare.bits < whole.bits
    assert not compared(PERSON, "王怀瑾", "李某某", ours=ID, theirs=masked_id).verdict.flags
    for theirs in ("", "3401**********0017", "340100********0017"):  # a number that agrees does not clear
        assert compared(PERSON, "黄茹", "黄某", ours=ID, theirs=theirs).verdict is Verdict.UNVERIFIABLE


@pytest.mark.parametrize(
    ("name", "whole"), [("李某某", "李建伟"), ("李某", "李伟"), ("李*国", "李建国"), ("李■", "李伟")]
)
def test_two_names_hidden_alike_are_worth_no_more_than_what_they_show(name: str, whole: str) -> None:
    """Not what a name is that hardly anybody bears: thousands are written so."""
    alike, shown = compared(PERSON, name, name), compared(PERSON, name, whole)
    assert (alike.bits, alike.verdict) == (shown.bits, shown.verdict)
    said = evidence(alike, "person_name")
    assert said is not None
    assert said.sentence == f"姓名有字隐去，其余相同：{name} 与 {name}"


@pytest.mark.parametrize(("a", "b"), [("某某", "某某"), ("**", "**"), ("**", "张伟"), ("某某某", "张伟")])
def test_a_name_of_which_all_is_hidden_says_nothing(a: str, b: str) -> None:
    assert evidence(compared(PERSON, a, b), "person_name") is None


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        ("John Michael Smith", "Smith, John"),
        ("John Smith Jr.", "JOHN SMITH"),
        ("禤国维", "国维"),
        ("包乌云其木格", "乌云其木格"),
    ],
)
def test_a_part_of_a_name_speaks_for_one_person(whole: str, part: str) -> None:
    for a, b in ((whole, part), (part, whole)):
        said = evidence(compared(PERSON, a, b), "person_name")
        assert said is not None
        assert said.level == "part"


@pytest.mark.parametrize(
    ("a", "b"), [("John Smith", "John Brown Miller"), ("禤国维", "国强"), ("乌云其木格", "木格"), ("Li Li", "Li")]
)
def test_what_is_no_part_of_a_name_speaks_against(a: str, b: str) -> None:
    said = evidence(compared(PERSON, a, b), "person_name")
    assert said is not None
    assert said.level == "different"


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        ("山田耕作", "YAMADA KOSAKU", False),
        ("陈国荣", "CHAN KWOK WING", False),
        ("伊万·彼得罗夫", "Иван Петров", False),
        ("陈国荣", "WANG XIAOMING", True),  # pinyin, of another name
        ("John Smith", "Иван Петров", True),
    ],
)
def test_a_spelling_that_is_no_pinyin_says_nothing_about_characters(a: str, b: str, says: bool) -> None:
    assert (evidence(compared(PERSON, a, b), "person_name") is not None) is says


@pytest.mark.parametrize(
    ("hidden", "lost"), [("*伟", "?伟"), ("*建国", "?建国"), ("**国", "??国"), ("×建×", "?建?")]
)
def test_a_hidden_surname_is_worth_no_less_than_a_lost_one(hidden: str, lost: str) -> None:
    """*建国 with a number that agrees cleared 张建国, whom ?建国 would have flagged."""
    whole = "张伟" if len(hidden) == 2 else "张建国"
    for ours, theirs in ((ID, "3401001900****0017"), ("", "")):
        one, other = (compared(PERSON, whole, name, ours=ours, theirs=theirs) for name in (hidden, lost))
        assert (one.bits, one.verdict) == (other.bits, other.verdict)
        assert (one.verdict.flags, one.verdict is Verdict.UNVERIFIABLE) == (bool(ours), not ours)
        assert compared(PERSON, "王秀兰", hidden, ours=ours, theirs=theirs).verdict is Verdict.CLEAR


@pytest.mark.parametrize("lost", ["张□□", "张??", "张����", "?建?", "□□国"])
def test_what_is_left_of_a_name_is_not_another_name(lost: str) -> None:
    """Two of three characters are lost: that says less than 张某某 would, and nothing against 张建国."""
    told = [
        compared(PERSON, "张建国", theirs, ours=ID, theirs="3401001900****0017") for theirs in (lost, "张某某")
    ]
    assert [found.verdict for found in told] == [Verdict.POSSIBLE] * 2
    said = evidence(told[0], "person_name")
    assert said is not None
    assert said.sentence == f"姓名大半丢失，其余相同：张建国 与 {lost}"
    assert compared(PERSON, lost, "张建国", ours=ID, theirs="3401001900****0017").bits == told[0].bits
    assert level(compared(PERSON, "王秀兰", lost), "person_name") == "different"


@pytest.mark.parametrize(
    ("hidden", "whole", "expected"),
    [
        ("张某", "张建国", "same"),
        ("张某某", "张伟", "same"),
        ("张某甲", "张建国", "same"),
        ("张某2", "张伟", "same"),
        ("欧阳某", "欧阳修文", "same"),
        ("欧阳**", "欧阳文", "same"),
        ("诸葛某某", "诸葛亮", "same"),
        ("买买提·某某", "买买提·吐尔逊", "same"),
        ("张建**", "张建国", "same"),
        ("欧阳某", "欧修文", "different"),
        ("诸葛某某", "诸亮", "different"),
        ("张*国", "张建平国", "different"),
    ],
)
def test_what_hides_the_end_of_a_name_hides_any_length(hidden: str, whole: str, expected: str) -> None:
    for a, b in ((hidden, whole), (whole, hidden)):
        assert level(compared(PERSON, a, b), "person_name") == expected
        assert compared(PERSON, a, b, ours=ID, theirs="3401001900****0017").verdict.flags is (expected == "same")


def test_a_name_of_which_all_is_lost_says_nothing() -> None:
    for other in ("张建国", "???"):
        assert evidence(compared(PERSON, other, "???"), "person_name") is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("屈某某", "屈某某"),
        ("屈某", "屈怀瑾"),
        ("屈怀瑾", "王*瑾"),
        ("屈怀瑾", "屈?瑾"),
        ("屈□瑾", "屈怀瑾"),
        ("屈?瑾", "屈?瑾"),
    ],
)
def test_a_representative_hidden_or_lost_in_part_is_neither_the_same_nor_another(ours: str, theirs: str) -> None:
    a = subject(ORGANISATION, "合肥华星商贸有限公司", legal_representative=ours)
    b = subject(ORGANISATION, "合肥华兴商贸有限公司", legal_representative=theirs)
    assert evidence(compare(a, Listing(subject=b, list="x"), SCALES), "legal_representative") is None


def test_a_name_that_begins_with_the_sign_for_hidden_ones_is_whole() -> None:
    said = evidence(compared(PERSON, "某莫", "某莫"), "person_name")
    assert said is not None
    assert said.sentence.startswith("姓名相同：某莫")


@pytest.mark.parametrize(
    "pair", [("李建国", "李健国"), ("王未来", "王末来"), ("李建国", "李建华"), ("李喆", "李吉吉")]
)
def test_homophones_and_look_alikes_count_only_with_other_evidence(pair: tuple[str, str]) -> None:
    assert compared(PERSON, *pair).verdict is Verdict.CLEAR
    assert compared(PERSON, *pair, ours=ID, theirs="3401001900****0017").verdict.flags


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        # writing, form, place
        ("嘉美包装（滁州）股份有限公司", "嘉美包装[滁州]股份有限公司", "same"),
        ("合肥华星商贸有限公司", "合肥华星商贸", "form"),
        ("合肥华星商贸有限公司", "合肥华星商贸股份有限公司", "form_changed"),
        ("合肥骏腾盛商贸有限公司", "骏腾盛商贸有限公司", "place_dropped"),
        ("肥西骏腾盛商贸有限公司", "骏腾盛商贸有限公司", "place_dropped"),
        ("四川圆通速递有限公司", "圆通速递股份有限公司", "place_dropped_short"),
        ("乾县家乐气体有限公司", "家乐气体有限公司", "place_dropped"),
        # a county that became a city or a district since, by whatever name; written at more levels
        ("广德县华星商贸有限公司", "广德市华星商贸有限公司", "form"),
        ("繁昌县华星商贸有限公司", "芜湖市繁昌区华星商贸有限公司", "form"),
        ("繁昌华星商贸有限公司", "芜湖市繁昌区华星商贸有限公司", "form"),
        ("芜湖县华星商贸有限公司", "芜湖市湾沚区华星商贸有限公司", "form"),
        ("宣州市华星商贸有限公司", "宣城市宣州区华星商贸有限公司", "form"),
        ("巢湖市居巢区华星商贸有限公司", "巢湖市华星商贸有限公司", "form"),
        ("安徽舒城华星商贸有限公司", "舒城县华星商贸有限公司", "form"),
        ("芜湖县华星商贸有限公司", "芜湖市华星商贸有限公司", "other_place"),
        ("长治市华星商贸有限公司", "长治县华星商贸有限公司", "other_place"),
        ("宣武区华星商贸有限公司", "东城区华星商贸有限公司", "other_place"),
        # merged into another district, or under another city since: there may have been another firm of the name
        ("宣武区华星商贸有限公司", "西城区华星商贸有限公司", "place_dropped_short"),
        ("铜陵市狮子山区华星商贸有限公司", "铜陵市铜官区华星商贸有限公司", "place_dropped_short"),
        ("铜陵市铜官山区华星商贸有限公司", "铜陵市狮子山区华星商贸有限公司", "other_place"),
        ("六安市寿县华星商贸有限公司", "淮南市寿县华星商贸有限公司", "place_dropped_short"),
        ("六安市寿县华星商贸有限公司", "淮南市凤台县华星商贸有限公司", "other_place"),
        # the place that a name means today, not the one that bore it once
        ("烟台市芝罘区华星商贸有限公司", "烟台华星商贸有限公司", "other_place"),
        # other place, at the head, at the end or in brackets
        ("中国移动通信集团黑龙江有限公司", "中国移动通信集团内蒙古有限公司", "other_place"),
        ("中国移动通信集团安徽有限公司", "中国移动通信集团江苏有限公司", "other_place"),
        ("合肥华星商贸有限公司", "芜湖华星商贸有限公司", "other_place"),
        ("三门华星商贸有限公司", "肥西华星商贸有限公司", "other_place"),
        ("嘉汉板业（沅陵）有限公司", "嘉汉板业（江华）有限公司", "other_place"),
        ("信阳世纪天缘科技有限公司", "世纪天缘（洛阳）科技有限公司", "other_place"),
        ("东风特种商用车有限公司", "东风（十堰）特种商用车有限公司", "bracketed_place"),
        # what stands before and behind
        ("合肥华星商贸有限公司", "被执行人合肥华星商贸有限公司", "same"),
        ("合肥华星商贸有限公司", "合肥华星商贸有限公司【失信】", "same"),
        ("合肥华星商贸有限公司", "合肥华星商贸有限公司（限制高消费）", "same"),
        ("合肥华星商贸有限公司", "★合肥华星商贸有限公司", "same"),
        ("合肥华星商贸有限公司", "合肥华星商贸有限公司（关联企业：芜湖明达物流有限公司）", "same"),
        ("芜湖明达物流有限公司", "合肥华星商贸有限公司（股东：芜湖明达物流有限公司）", "different"),
        ("蜀山区华星土菜馆", "蜀山区华星土菜馆经营者屈怀瑾", "same"),
        # offices and villages, of which every character tells
        ("合肥市公安局蜀山分局", "合肥市公安局庐阳分局", "other_branch"),
        ("肥东县撮镇大邵村村民委员会", "肥东县撮镇小邵村村民委员会", "brand_character"),
        ("肥东县撮镇大邵村村民委员会", "肥东县撮镇大绍村村民委员会", "one_character"),
        ("肥东县撮镇大邵村村民委员会", "肥东县撮镇大邵村村委会", "form"),
        ("合肥市工商行政管理局", "合肥市工商局", "form"),
        ("安徽天恒律师事务所", "安徽天恒律所", "form"),
        # shops
        ("瑶海区小郭早点铺", "瑶海区小王早点铺", "brand_character"),
        ("瑶海区小郭早点铺", "瑶海区小国早点铺", "one_character"),
        # trades
        ("合肥华星商贸有限公司", "合肥华星旅行社有限公司", "other_trade"),
        ("安庆明盛塑业有限公司", "安庆明盛木业有限公司", "other_trade"),
        # branches
        ("合肥华星商贸有限公司芜湖分公司", "合肥华星商贸有限公司", "parent_branch"),
        ("合肥华星商贸有限公司广发收购站", "合肥华星商贸有限公司", "parent_branch"),
        ("合肥华星商贸有限公司第一分公司", "合肥华星商贸有限公司第二分公司", "other_branch"),
        ("合肥华星商贸有限公司货运三分公司", "合肥华星商贸有限公司货运分公司", "other_branch"),
        ("合肥华星商贸有限公司广发收购站", "合肥华星商贸有限公司元朋收购站", "other_branch"),
        ("合肥华星商贸有限公司芜湖分公司", "合肥华星商贸有限公司芜湖分公寺", "one_character"),
        ("合肥华星商贸有限责任公司", "合肥华星商贸有限责任松司", "one_character"),
        # institutions
        ("合肥大学", "合肥大学附属医院", "affiliated"),
        ("安徽大学", "安徽大学化学化工学院", "parent_branch"),
        ("安徽农业大学", "茶树生物学国家重点实验室（安徽农业大学）", "parent_branch"),
        ("安徽大学化学化工学院", "安徽大学物理学院", "other_branch"),
        ("合肥市生态环境局", "合肥市包河区生态环境分局", "parent_branch"),
        ("宿松县公安局", "宿松县公安局复兴派出所", "parent_branch"),
        ("安徽省医学会", "安徽省医学会心血管病学分会", "parent_branch"),
        ("安徽天禾律师事务所", "安徽天禾律师事务所芜湖分所", "parent_branch"),
        ("六安市环境保护局", "六安市生态环境局", "place_dropped_short"),
        ("六安市环境保护局", "芜湖市生态环境局", "other_place"),
        ("怀宁县农业委员会", "怀宁县农业农村局", "place_dropped_short"),
        ("安徽省农业委员会", "安徽省农业农村厅", "place_dropped_short"),
        ("泗县旅游局", "泗县文化广电新闻出版局", "different"),
        ("安徽省卫健委", "安徽省卫生健康委员会", "form"),
        ("安徽省经济和信息化厅", "安徽省工业和信息化厅", "form"),
        ("安徽皖江农业发展有限公司", "安徽皖北农业发展有限公司", "brand_character"),
        ("合肥李记牛肉面馆", "合肥张记牛肉面馆", "brand_character"),
        ("绩溪县经氏兔业专业合作社", "绩溪县近氏兔业专业合作社", "one_character"),
        ("安徽省林业科学研究院", "安徽省农业科学院", "brand_character"),
        ("安徽大学", "安徽大学江淮学院", "affiliated"),
        ("安徽医科大学第一附属医院", "安徽医科大学第二附属医院", "other_branch"),
        ("安徽医科大学第一附属医院", "安徽医科大学附属第一医院", "same"),
        ("安徽医科大学第一附属医院（高新院区）", "安徽医科大学第一附属医院", "parent_branch"),
        ("安徽医科大学第一附属医院高新院区", "安徽医科大学第一附属医院北区", "other_branch"),
        ("合肥市实验小学", "实验小学", "place_dropped_short"),
        ("舒城县第一人民医院", "第一人民医院", "place_dropped_short"),
        ("安徽农业大学", "安徽工业大学", "brand_character"),
        ("湖北职业技术学院", "闽北职业技术学院", "brand_character"),
        ("安徽省农业科学研究院", "安徽省林业科学研究院", "brand_character"),
        # numbers, in whatever numerals
        ("中国电子科技集团公司第38研究所", "中国电子科技集团公司第三十八研究所", "same"),
        ("中国船舶重工集团公司第七一0研究所", "中国船舶重工集团公司第七一〇研究所", "same"),
        ("安徽省地质矿产勘查局313地质队", "安徽省地质矿产勘查局三一三地质队", "same"),
        ("安徽省地质矿产勘查局313地质队", "安徽省地质矿产勘查局三一二地质队", "other_branch"),
        ("合肥市第168中学", "合肥市第一百六十八中学", "same"),
        ("中铁4局集团有限公司", "中铁四局集团有限公司", "same"),
        ("中铁4局集团有限公司", "中铁五局集团有限公司", "other_branch"),
        ("合肥华星商贸有限公司第12分公司", "合肥华星商贸有限公司第十二分公司", "same"),
        ("北京58信息技术有限公司", "北京五八信息技术有限公司", "one_character"),
        ("合肥81中学", "合肥八一中学", "one_character"),
        # typing errors
        ("西宁万捷商贸有限公司", "西宁万杰商贸有限公司", "one_character"),
        ("四川华电泸定水电有限公司", "川四华电泸定水电有限公司", "one_character"),
        ("祥云县梁红绿化保洁有限公司", "祥云县县梁红绿化保洁有限公司", "one_character"),
        ("合肥华星商贸有限公司", "合肥华电商贸有限公司", "brand_character"),
        # former names in brackets
        ("合肥甲乙科技有限公司（原芜湖丙丁实业有限公司）", "芜湖丙丁实业有限公司", "same"),
        ("安医大", "安徽医科大学", "same"),
        ("芜湖丙丁实业有限公司", "合肥甲乙科技有限公司（现更名为芜湖丙丁实业有限公司）", "same"),
        ("芜湖丙丁实业有限公司", "合肥甲乙科技有限公司（变更后名称：芜湖丙丁实业有限公司）", "same"),
        ("芜湖丙丁实业有限公司", "合肥甲乙科技有限公司【原：芜湖丙丁实业有限公司】", "same"),
        ("芜湖丙丁实业有限公司", "合肥甲乙科技有限公司（现芜湖丙丁实业有限公司）", "same"),
        ("皖南医学院弋矶山医院", "皖南医学院第一附属医院（皖南医学院弋矶山医院）", "same"),
        ("皖南医学院第一附属医院", "皖南医学院第一附属医院（皖南医学院弋矶山医院）", "same"),
        # what stands behind a name and is no part of it is no branch
        ("合肥华星商贸有限公司", "合肥华星商贸有限公司（吊销，未注销）", "same"),
        ("合肥华星商贸有限公司", "合肥华星商贸有限公司（统一社会信用代码：91340100MA2MQ00010）", "same"),
        ("合肥华星商贸有限公司", "合肥华星商贸有限公司 91340100MA2MQ00010", "same"),
        ("合肥华星商贸有限公司", "合肥华星商贸有限公司（以下简称华星公司）", "same"),
        ("舒城县老张烧烤店", "舒城县老张烧烤店（经营者：张大山）", "same"),
        ("合肥华星商贸有限公司", "合肥华星商贸有限公司（芜湖收购站）", "parent_branch"),
        # forms of partnerships, short endings
        ("容诚会计师事务所（特殊普通合伙）", "容诚会计师事务所", "form"),
        ("容诚会计师事务所（特殊普通合伙）安徽分所", "容诚会计师事务所（特殊普通合伙）", "parent_branch"),
        ("铜陵有色金属集团股份有限公司", "铜陵有色金属集团股份公司", "form"),
        ("舒城县城关镇三里村委会", "舒城县城关镇三里村村民委员会", "form"),
        ("舒城县丰收农机农民专业合作社", "舒城县丰收农机专业合作社", "two_characters"),
    ],
)
def test_names_of_organisations(a: str, b: str, expected: str) -> None:
    one, other = compared(ORGANISATION, a, b), compared(ORGANISATION, b, a)
    assert level(one, "organisation_name") == expected
    assert level(other, "organisation_name") == expected
    applicant, listed = subject(ORGANISATION, a), Listing(subject=subject(ORGANISATION, b), list="x")
    assert ListingTable({1: listed}).judge([applicant], SCALES)[0].verdict is one.verdict, "the night finds it"


@pytest.mark.parametrize("name", ["有限公司", "合肥市", "（）·", "供销合作社", "😀" * 9, "安徽省合肥市", "分公司"])
def test_nothing_but_a_form_a_place_or_punctuation_matches_nothing(name: str) -> None:
    for other in (name, "合肥华星商贸有限公司", f"合肥市{name}"):
        assert not compared(ORGANISATION, name, other).verdict.flags or name == "供销合作社" == other


@pytest.mark.parametrize("damaged", ["合肥??商贸有限公司", "合□□星商贸有限公司", "合肥**商贸有限公司"])
def test_what_is_left_of_a_firms_name_is_not_another_name(damaged: str) -> None:
    """Two characters are lost, whatever they were: nothing for and nothing against."""
    firm, code = "合肥华星商贸有限公司", "91340000123456788F"
    for a, b in ((firm, damaged), (damaged, firm)):
        found = compared(ORGANISATION, a, b, ours=code, theirs="91340000123****88F")
        assert [e.attribute for e in found.evidence] == ["identifier"]
        assert found.verdict.flags
        assert compared(ORGANISATION, a, b).verdict is Verdict.CLEAR
    for other in ("芜湖华星商贸有限公司", "合肥明达旅行社有限公司", "合肥华星商贸有限公司芜湖分公司"):
        said = evidence(compared(ORGANISATION, other, damaged), "organisation_name")
        assert said is not None
        assert said.bearing is Bearing.WEAKENS


def test_a_listed_parent_is_told_and_no_flag() -> None:
    branch, parent = "合肥华星商贸有限公司芜湖分公司", "合肥华星商贸有限公司"
    applicant, listed = subject(ORGANISATION, branch, _uscc(FIRST)), subject(ORGANISATION, parent, _uscc(SECOND))
    assert set(probe_keys(applicant, [])) & set(stored_keys(listed))
    entry = Listing(subject=listed, list="x")
    judgement = judge(applicant, [(7, entry)], SCALES)
    assert (judgement.verdict, judgement.matches) == (Verdict.CLEAR, ())
    assert [number for number, _ in judgement.related] == [7]
    assert "分支机构" in judgement.why_related()
    assert RELATED in judgement.why_clear()
    assert any(RELATED in reason for reason in explain(applicant, entry, True, SCALES).reasons)


@pytest.mark.parametrize("body", ["工会", "工会委员会", "清算组", "破产管理人"])
def test_a_body_at_a_firm_is_no_branch_of_it(body: str) -> None:
    firm = "合肥华星商贸有限公司"
    related = compared(ORGANISATION, f"{firm}{body}", firm).related
    assert related.startswith(f"{firm}{body} 是设在")
    assert "法人" not in related


def test_a_campus_is_told_of_the_listing_of_its_hospital() -> None:
    hospital = "安徽医科大学第一附属医院"
    table = ListingTable({7: Listing(subject=subject(ORGANISATION, hospital), list="x")})
    judgement = table.judge([subject(ORGANISATION, f"{hospital}高新院区")], SCALES)[0]
    assert [number for number, _ in judgement.related] == [7]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("芜湖华星商贸有限公司", "other_place"),
        ("合肥明达旅行社有限公司", "different"),
        ("合肥明达旅行社有限公司芜湖分公司", "different"),
    ],
)
def test_a_branch_belongs_to_its_own_firm_alone(other: str, expected: str) -> None:
    """Whoever is told of somebody else's listing as of his parent's is accused of it."""
    branch = "合肥华星商贸有限公司芜湖分公司"
    for a, b in ((branch, other), (other, branch)):
        found = compared(ORGANISATION, a, b)
        assert level(found, "organisation_name") == expected
        assert found.related == ""
        assert found.verdict is Verdict.CLEAR


def test_a_short_name_is_worth_its_length() -> None:
    """Without place and form: five bits a character, so that 讯飞 beside 讯飞 is no match."""
    for name in ("讯飞", "华星达", "华星达利"):
        found = evidence(compared(ORGANISATION, name, name), "organisation_name")
        assert found is not None
        assert (found.level, round(found.bits, 1)) == ("short", pytest.approx(5 * len(name) - 0.3))
    assert compared(ORGANISATION, "讯飞", "讯飞").verdict is Verdict.UNVERIFIABLE


@pytest.mark.parametrize(
    ("name", "said"),
    [("张伟", "姓名相同：张伟，全国同名约 30 万人"), ("尉迟煜珩", "姓名相同：尉迟煜珩，全国同名不足 100 人")],
)
def test_how_many_bear_a_name_is_told(name: str, said: str) -> None:
    assert compared(PERSON, name, name).evidence[0].sentence == said


def test_siblings_are_not_related() -> None:
    a, b = (subject(ORGANISATION, f"合肥华星商贸有限公司{place}分公司") for place in ("芜湖", "安庆"))
    assert judge(a, [(1, Listing(subject=b, list="x"))], SCALES).related == ()
    assert not set(probe_keys(a, [])) & set(stored_keys(b))


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("合肥华星商贸有限公司", "合肥华星商贸", "same"),
        ("安徽大学", "安徽大学", "same"),
        ("安徽大学", "合肥工业大学", "different"),
        ("合肥大学", "合肥大学附属医院", ""),
        ("个体", "个体", ""),
        ("", "安徽大学", ""),
    ],
)
def test_employers(ours: str, theirs: str, expected: str) -> None:
    a, b = subject(PERSON, "李建国", employer=ours), subject(PERSON, "李建国", employer=theirs)
    found = evidence(compare(a, Listing(subject=b, list="x"), SCALES), "employer")
    assert (found.level if found else "") == expected
    assert found is None or found.bits > -2, "people change jobs"


@pytest.mark.parametrize(
    ("region", "number", "organ", "expected"),
    [
        ("合肥市", "", "合肥市蜀山区人民法院", "same_city"),
        ("340100", "", "合肥市中级人民法院", "same_city"),
        ("安徽省合肥市", "", "芜湖市中级人民法院", "same"),
        ("安徽省", "", "合肥市中级人民法院", "same"),
        ("合肥市", "", "成都市中级人民法院", "different"),
        ("", ID, "合肥市中级人民法院", "same_city"),
        ("", "", "合肥市中级人民法院", ""),
        ("合肥市", "", "", ""),
        ("合肥市", "", "最高人民法院", ""),
        ("某处", "", "合肥市中级人民法院", ""),
    ],
)
def test_regions(region: str, number: str, organ: str, expected: str) -> None:
    a = subject(PERSON, "李建国", number, region=region)
    found = compare(a, Listing(subject=subject(PERSON, "李建国"), list="x", organ=organ), SCALES)
    assert level(found, "region") == expected


@pytest.mark.parametrize(
    ("code", "organ", "expected"),
    [
        ("91340100000000001", "合肥市市场监督管理局", "same_city"),
        ("91340100000000001", "芜湖市市场监督管理局", "same"),
        ("91340100000000001", "成都市市场监督管理局", "different"),
        ("91100000000000001", "国家市场监督管理总局", ""),
    ],
)
def test_an_organisation_is_at_home_where_its_code_was_issued(code: str, organ: str, expected: str) -> None:
    a = subject(ORGANISATION, "合肥华星商贸有限公司", _uscc(code))
    found = compare(a, Listing(subject=subject(ORGANISATION, a.name), list="x", organ=organ), SCALES)
    assert level(found, "region") == expected


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ("3401001900****0017", set()),
        ("3401**********0017", {"birth_year"}),
        ("3401**0017", {"birth_year"}),
        ("3401001900********", {"sex"}),
        ("3401**************", {"birth_year", "sex"}),
        ("**************0017", {"birth_year", "region"}),
        ("340100000104***", set()),  # not certain which places these are
    ],
)
def test_what_a_mask_hides_is_told_by_age_sex_and_place_beside_it(theirs: str, expected: set[str]) -> None:
    """A list that hides the birth year and gives an age that is wrong for the applicant is not agreed with in silence."""
    listed = subject(PERSON, "尉迟煜珩", theirs, sex=Sex.FEMALE, region="广东省深圳市")
    found = compare(
        subject(PERSON, "尉迟煜珩", ID),
        Listing(subject=listed, list="x", age=40, published_on=date(1960, 5, 1)),
        SCALES,
    )
    corroboration = {e.attribute: e.bits for e in found.evidence if e.attribute in ("birth_year", "sex", "region")}
    assert corroboration.keys() == expected
    assert all(bits < 0 for bits in corroboration.values())
    assert found.verdict is not Verdict.CONFIRMED or not expected


def test_every_level_has_m_and_origin_and_u_unless_it_is_computed() -> None:
    text = (shipped("mappings") / "screening" / "weights.toml").read_text(encoding="utf-8")
    computed = {
        "identifier.masked",
        "person_name.same",
        "person_name.former",
        "organisation_name.short",
        "legal_representative.same",
    }
    attributes = {
        k: v
        for k, v in tomllib.loads(text).items()
        if k in Weights.model_fields and k not in ("version", "prior", "bands", "places")
    }
    assert {"employer", "region", "identifier"} <= set(attributes)
    for attribute, levels in attributes.items():
        for name, values in levels.items():
            assert values["origin"]
            assert ("u" in values) != (f"{attribute}.{name}" in computed), (attribute, name)


NAMES = ("张伟", "李建国", "尉迟煜珩", "合肥华星商贸有限公司", "安徽医科大学")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("other", ["", "姓名不同的人"])
def test_agreeing_number_above_none_above_contradicting(name: str, other: str) -> None:
    kind = PERSON if len(name) < 5 else ORGANISATION
    own = ID if kind is PERSON else _uscc(FIRST)
    base = "34010019050104001"
    foreign = base + citizen_id.check_digit(base) if kind is PERSON else _uscc(SECOND)
    agreeing, none, against = (
        compared(kind, name, other or name, ours=own, theirs=number) for number in (own, "", foreign)
    )
    assert agreeing.bits > none.bits > against.bits
    assert agreeing.verdict.rank > against.verdict.rank
    assert against.verdict is Verdict.CLEAR
    assert none.verdict is not Verdict.CONFIRMED


WILD = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "甲" * 10_000,
            "\0",
            "张\0伟",
            "\u202e张伟\u202c",
            "=HYPERLINK(1)",
            "😀",
            "\ud800张",
            "?" * 300,
            "（" * 500,
            "合肥" * 5_000,
        ]
    ),
    st.text(alphabet="\u200f\u202e\0=+@😀\ud83d（）()[]□?*×", max_size=30),
)


@settings(max_examples=300, deadline=None)
@given(WILD, WILD, WILD, st.sampled_from(list(SubjectKind)))
def test_hostile_values_neither_raise_nor_match(name: str, other: str, number: str, kind: SubjectKind) -> None:
    known = "合肥华星商贸有限公司" if kind is ORGANISATION else "尉迟煜珩"
    a = subject(kind, name, number, employer=other, legal_representative=other, region=other)
    b = subject(kind, known, employer=name, legal_representative=name, region=name)
    found = compare(a, Listing(subject=b, list="x", organ=other), SCALES)
    assert not found.verdict.flags
    probe_keys(a, ["1111111111****1111"])
    stored_keys(a)


@pytest.mark.parametrize("kind", list(SubjectKind))
def test_two_names_of_ten_thousand_characters_are_no_names(kind: SubjectKind) -> None:
    assert compared(kind, "甲" * 10_000, "甲" * 10_000).verdict is Verdict.CLEAR
    for a, b in (("合肥华星商贸" * 40, "合肥华星商贸"), ("合肥华星商贸", "合肥华星商贸" * 40)):
        assert compared(kind, a, b).evidence == ()


@pytest.mark.parametrize(
    ("ours", "theirs", "least", "most"),
    [
        ("张伟", "张?", 3, 5),  # as 张某: every 张 might be meant
        ("张伟", "张某", 3, 5),
        ("张伟", "?伟", 5, 10),
        ("王建喆", "王□喆", 10, 15),
        ("王䶮喆", "王□喆", 20, 30),  # what conversions do lose
        ("王旸喆", "王旸喆", 20, 30),
    ],
)
def test_a_name_with_a_lost_character_is_worth_what_it_shows(
    ours: str, theirs: str, least: float, most: float
) -> None:
    found = evidence(compared(PERSON, ours, theirs), "person_name")
    assert found is not None
    assert found.level == "same"
    assert least < found.bits < most
    assert ("全国同名" in found.sentence) == (ours == theirs)


@pytest.mark.parametrize(
    ("kind", "a", "b", "said"),
    [
        (PERSON, "张建伟", "张伟建", "姓名有两字颠倒：张建伟 与 张伟建"),
        (PERSON, "张建伟", "张建明", "姓名只差一字：张建伟 与 张建明"),
        (ORGANISATION, "合肥华星商贸有限公司", "合肥华星贸商有限公司", "名称有两个字颠倒："),
        (ORGANISATION, "合肥华星商贸有限公司", "合肥星华商贸有限公司", "字号有两个字颠倒：华星 与 星华"),
        (
            ORGANISATION,
            "合肥华星商贸有限公司",
            "合肥华电商贸有限公司",
            "字号差一个字，音和形都不相近：华星 与 华电",
        ),
        (
            ORGANISATION,
            "湖北职业技术学院",
            "闽北职业技术学院",
            "名称差一个字，音和形都不相近：湖北职业技术学院 与 闽北",
        ),
        (
            ORGANISATION,
            "合肥华星商贸有限公司第一分公司",
            "合肥华星商贸有限公司第二分公司",
            "不同分支机构：第一分公司 与 第二分公司",
        ),
    ],
)
def test_sentences_say_what_the_difference_is(kind: SubjectKind, a: str, b: str, said: str) -> None:
    assert said in compared(kind, a, b).evidence[0].sentence


def test_numbers_with_two_digits_exchanged_are_told_so() -> None:
    found = evidence(compared(PERSON, "张伟", "张伟", ours=ID, theirs=ID[:-2] + "71"), "identifier")
    assert found is not None
    assert "身份证号码有两位颠倒" in found.sentence


def test_what_explain_shows_adds_up_to_the_total() -> None:
    """Through a representative to work there is worth more than an employer is elsewhere: the table says so, too."""
    listed = subject(ORGANISATION, "合肥华星商贸有限公司", legal_representative="张伟")
    one = subject(PERSON, "张伟", employer="合肥华星商贸有限公司")
    told = explain(one, Listing(subject=listed, list="x"), candidate=True, scales=SCALES)
    shown = {line.attribute: line.evidence.bits for line in told.lines if line.evidence is not None}
    assert list(shown) == ["名称", "工作单位"]
    assert sum(shown.values()) == pytest.approx(told.comparison.bits, abs=0.01)
    assert told.comparison.bits == pytest.approx(27.0, abs=0.1)


@given(
    st.integers(0, 999),
    st.sets(st.integers(0, 17), max_size=10),
    st.integers(0, 17),
    st.sampled_from("0123456789X"),
)
def test_whoever_is_shown_with_another_digit_is_somebody_else(
    serial: int, hidden: set[int], place: int, digit: str
) -> None:
    """A place that both show and that differs excludes, or is a typing error where the number cannot be anybody's."""
    base = f"34010019000104{serial:03d}"
    number = base + citizen_id.check_digit(base)
    assume(place not in hidden and number[place] != digit and (digit != "X" or place == 17))
    written = number[:place] + digit + number[place + 1 :]
    listed = recognise("".join("*" if p in hidden else c for p, c in enumerate(written)), PERSON)
    assert listed is not None
    for ours, theirs in ((number, listed.value), (listed.value, number)):
        found = compared(PERSON, "尉迟煜珩", "尉迟煜珩", ours=ours, theirs=theirs)
        if listed.kind is IdentifierKind.CITIZEN_ID:
            assert level(found, "identifier") == ("contradiction" if listed.valid else "typing_error")
            assert found.verdict is Verdict.CLEAR or not listed.valid
        assert found.verdict is not Verdict.CONFIRMED


@pytest.mark.parametrize(
    ("a", "b"), [("肖怀瑾", "萧怀瑾"), ("閻怀瑾", "闫怀瑾"), ("屈永喆", "屈永哲"), ("付军", "傅军")]
)
def test_a_surname_that_is_written_both_ways_clears_nobody(a: str, b: str) -> None:
    for found in (compared(PERSON, a, b), compared(PERSON, b, a)):
        assert found.verdict is Verdict.UNVERIFIABLE
        assert "通行写法" in found.evidence[0].sentence
    other = compared(PERSON, a, b, ours=ID, theirs="340100190201040015")
    assert other.verdict is Verdict.CLEAR
    assert compared(PERSON, a, f"王{b[1:]}").verdict is Verdict.CLEAR


def test_a_trader_is_reached_through_the_operator_that_his_name_tells() -> None:
    operator, shop = subject(PERSON, "屈怀瑾", ID), "汤池镇万民超市（经营者：屈怀瑾）"
    own_number = Listing(subject=subject(PERSON, shop, "3401001900****0017"), list="x")
    assert compare(operator, own_number, SCALES).verdict is Verdict.CONFIRMED
    beside = Listing(
        subject=subject(ORGANISATION, shop), list="x", legal_representative_id=own_number.subject.identifiers[0]
    )
    assert compare(operator, beside, SCALES).verdict is Verdict.CONFIRMED
    assert (
        compare(subject(PERSON, "屈怀瑾"), replace(beside, legal_representative_id=None), SCALES).verdict
        is Verdict.CLEAR
    )
    assert compare(subject(PERSON, "屈怀瑾", "340100190201040015"), own_number, SCALES).verdict is Verdict.CLEAR
    assert compare(subject(PERSON, "阚文远", ID), beside, SCALES).verdict is Verdict.CLEAR
