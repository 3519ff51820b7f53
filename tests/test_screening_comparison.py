"""What comparing an applicant with a listing comes to, case by case, as an officer would expect."""

from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_sync.records import Listing
from credit_sync.screening.comparison import RELATED, Comparison, Judgement, Verdict, compare, judge
from credit_sync.screening.evidence import Scales
from credit_sync.screening.keys import probe_keys, stored_keys
from credit_sync.screening.numbers import numbers_of
from credit_sync.screening.reference import reference
from credit_sync.screening.tables import ListingTable
from credit_sync.screening.weights import Prior, load_weights
from credit_sync.subjects.identifiers import SubjectKind, citizen_id, recognise
from credit_sync.subjects.subject import Sex, Subject

SCALES = Scales(load_weights(), reference())
ID = "340100190001040017"
CODE = "913400000000000008"
PRIOR = Prior(person=0.01, organisation=0.01)


def person(name: str, number: str = "", **more: object) -> Subject:
    found = recognise(number, SubjectKind.PERSON)
    return Subject(kind=SubjectKind.PERSON, name=name, identifiers=(found,) if found else (), **more)  # type: ignore[arg-type]


def organisation(name: str, number: str = "", **more: object) -> Subject:
    found = recognise(number, SubjectKind.ORGANISATION)
    return Subject(kind=SubjectKind.ORGANISATION, name=name, identifiers=(found,) if found else (), **more)  # type: ignore[arg-type]


def listing(subject: Subject, **more: object) -> Listing:
    return Listing(subject=subject, list="x", **more)  # type: ignore[arg-type]


def verdict(applicant: Subject, listed: Subject, **more: object) -> str:
    """As screening finds it: candidates by key, then evidence."""
    found = ListingTable({1: listing(listed, **more)}).judge([applicant], SCALES)[0]
    return found.verdict.value


@pytest.mark.parametrize("name", ["欧阳 修文", "欧阳 文博", "买买提 吐尔逊", "屈 怀瑾", "JOHN SMITH"])
def test_a_blank_within_a_name_is_no_second_person(name: str) -> None:
    assert judge(person(name, ID), [], SCALES).verdict is Verdict.CLEAR


@pytest.mark.parametrize(
    "name", ["中国科学院、水利部水土保持研究所", "合肥华星商贸有限公司 第一分公司", "芜湖种植、养殖专业合作社"]
)
def test_a_mark_within_a_name_is_no_second_organisation(name: str) -> None:
    assert judge(organisation(name), [], SCALES).verdict is Verdict.CLEAR


def test_each_of_several_organisations_in_a_cell_is_found() -> None:
    both, listed = "合肥华星商贸有限公司、芜湖天一农业有限公司", organisation("芜湖天一农业有限公司")
    for applicant, entry in ((organisation(both), listed), (listed, organisation(both))):
        found = ListingTable({1: listing(entry)}).judge([applicant], SCALES)[0]
        assert found.verdict is Verdict.PROBABLE
        assert (
            found.matches[0][1]
            .evidence[0]
            .sentence.startswith("按同格所写的几家单位之一比较（芜湖天一农业有限公司 /")
        )


@pytest.mark.parametrize(
    ("applicant", "listed", "expected"),
    [
        # full identifiers
        (person("李建国", ID), person("李建国", ID), "confirmed"),
        (person("李建国", ID), person("李建国", "340100000104001"), "confirmed"),
        (person("李建国", ID), person("王秀兰", ID), "probable"),
        (person("李建国", ID), person("李建围", ID), "confirmed"),
        (person("李建国", ID), person("李建国", "340100190101010028"), "clear"),
        # masked identifiers
        (person("张伟", ID), person("张伟", "3401001900****0017"), "confirmed"),
        (person("李建国", ID), person("李建国", "340100********0017"), "confirmed"),
        (person("李建国", ID), person("李建国", "340100****0017"), "confirmed"),
        (person("李建国", ID), person("李建国", "340100*****4001"), "probable"),
        (person("李建国", "34010000****001"), person("李建国", "3401001900****0017"), "confirmed"),
        (person("李建国", "34010001****001"), person("李建国", "3401001900****0017"), "clear"),
        (person("张伟", ID), person("张伟", "3401001901****0017"), "clear"),
        (person("李建国", ID), person("王秀兰", "3401001900****0017"), "clear"),
        (person("李建国", ID), person("李建国", "3401**************"), "unverifiable"),
        # names of persons alone
        (person("张伟"), person("张伟", "3401001900****0017"), "unverifiable"),
        (person("张伟"), person("张伟"), "unverifiable"),
        (person("尉迟煜珩"), person("尉迟煜珩"), "possible"),
        (person("张伟", sex=Sex.MALE), person("张伟", sex=Sex.FEMALE), "clear"),
        (person("買買提·吐爾遜", ID), person("买买提•吐尔逊", "3401001900****0017"), "confirmed"),
        # organisations by code
        (organisation("合肥甲科技有限公司", CODE), organisation("合肥甲科技有限公司", CODE), "confirmed"),
        (organisation("合肥华星商贸有限公司", CODE), organisation("合肥华星商贸", "00000000-0"), "probable"),
        (
            organisation("合肥华星商贸有限公司", "91340000123456788F"),
            organisation("合肥华星商贸有限公司", "12345678-8"),
            "confirmed",
        ),
        (
            organisation("合肥华星商贸有限公司", CODE),
            organisation("合肥华星商贸有限公司", "N2340000MF00000018"),
            "clear",
        ),
        # organisations by name
        (organisation("合肥华星商贸有限公司"), organisation("合肥華星商貿有限公司"), "probable"),
        (organisation("合肥华星商贸有限公司"), organisation("合肥华星商贸有限责任公司"), "probable"),
        (organisation("合肥市华星商贸有限公司"), organisation("合肥华星商贸有限公司"), "probable"),
        (organisation("安徽省合肥市华星商贸有限公司"), organisation("合肥华星商贸"), "probable"),
        (organisation("嘉美包装（滁州）股份有限公司"), organisation("嘉美包装滁州股份有限公司"), "probable"),
        (organisation("西宁万捷商贸有限公司"), organisation("西宁万杰商贸有限公司"), "possible"),
        (organisation("合肥华星商贸有限公司"), organisation("芜湖华星商贸有限公司"), "clear"),
        (organisation("吉林省铭远经贸有限公司"), organisation("吉林市铭远经贸有限公司"), "clear"),
        (organisation("合肥华星商贸有限公司"), organisation("合肥华星旅行社有限公司"), "clear"),
        (
            organisation("沈阳合作建筑工程有限公司第一分公司"),
            organisation("沈阳合作建筑工程有限公司第五分公司"),
            "clear",
        ),
        (organisation("安徽徽商金属股份有限公司芜湖分公司"), organisation("安徽徽商金属股份有限公司"), "clear"),
        (organisation("有限公司"), organisation("有限公司"), "unverifiable"),
        (organisation("合肥市"), organisation("合肥市"), "unverifiable"),
        (organisation("海南职业技术学院"), organisation("渭南职业技术学院"), "clear"),
    ],
)
def test_verdicts(applicant: Subject, listed: Subject, expected: str) -> None:
    assert verdict(applicant, listed) == expected


def test_one_character_off_becomes_probable_when_the_legal_representative_agrees() -> None:
    a = organisation("西宁万捷商贸有限公司", legal_representative="李建国")
    assert verdict(a, organisation("西宁万杰商贸有限公司", legal_representative="李建国")) == "probable"


def test_corroboration_counts_for_and_against() -> None:
    a = person("覃皛煜", birth_year=1900, region="安徽省合肥市")
    near = listing(person("覃皛煜"), age=40, published_on=date(1941, 5, 1), organ="合肥市中级人民法院")
    far = listing(person("覃皛煜"), age=20, published_on=date(1941, 5, 1), organ="成都市中级人民法院")
    alone = compare(a, listing(person("覃皛煜")), SCALES)
    assert compare(a, near, SCALES).probability > 0.7 > alone.probability > 0.1
    assert compare(a, far, SCALES).verdict is Verdict.CLEAR


def test_ranking_agreeing_number_above_none_above_contradicting() -> None:
    a = person("李建国", ID)
    compared: list[Comparison] = [
        compare(a, listing(person("李建国", number)), SCALES)
        for number in (ID, "3401001900****0017", "", "3401001901****0017")
    ]
    bits = [c.bits for c in compared]
    assert bits == sorted(bits, reverse=True)
    assert len(set(bits)) == len(bits)


def test_one_typing_error_in_a_number_is_its_own_level() -> None:
    typed = ID[:10] + "11" + ID[12:]  # fails its check digit
    found = compare(person("尉迟煜珩", typed), listing(person("尉迟煜珩", "3401001900****0017")), SCALES)
    assert found.verdict is Verdict.CONFIRMED  # the wrong digits are hidden by the mask
    wrong = ID[:14] + "1" + ID[15:]
    levels = {
        e.level for e in compare(person("尉迟煜珩", wrong), listing(person("尉迟煜珩", ID)), SCALES).evidence
    }
    assert "typing_error" in levels


def test_a_common_name_is_never_a_flag_and_says_how_many_namesakes() -> None:
    table = {number: listing(person("张伟", f"34010019{number:02d}****0017")) for number in range(40)}
    found = ListingTable(table).judge([person("张伟")], SCALES)[0]
    assert found.verdict is Verdict.UNVERIFIABLE
    assert not found.matches
    assert "40 条同名" in found.reason(person("张伟"))


def test_sentences_read_well_of_one_and_of_several() -> None:
    judged = partial(Judgement, Verdict.CLEAR, (), ())
    assert judged(0).why_clear() == "名单中没有相近条目"
    assert judged(1).why_clear() == "比对了 1 条相近条目，不是同一主体"
    assert judged(2).why_clear() == "比对了 2 条相近条目，均不是同一主体"
    assert judged(0, related=((1, "甲"),)).why_related() == f"{RELATED}：名单中有关联单位，甲"
    assert judged(0, related=((1, "甲"), (2, "乙"))).why_related() == f"{RELATED}：名单中有关联单位的条目 2 条，甲"
    alone = Judgement(Verdict.UNVERIFIABLE, (), (1,), 0)
    assert alone.reason(person("张伟")).startswith("名单中有 1 条同名，申报信息中没有证件号码")


def test_sentences_say_whose_number_is_masked_or_wrong() -> None:
    hidden, wrong = "3401001900****0017", ID[:-1] + "8"

    def sentence(ours: str, theirs: str) -> str:
        return compare(person("李建国", ours), listing(person("李建国", theirs)), SCALES).evidence[0].sentence

    assert sentence(ID, hidden).startswith("与名单中部分隐去的身份证号码")
    assert sentence(hidden, ID).startswith("与申报信息中部分隐去的身份证号码")
    assert "申报的号码校验码不符" in sentence(wrong, hidden)
    assert "名单的号码校验码不符" in sentence(hidden, wrong)


def test_nobody_is_asked_for_the_number_they_gave() -> None:
    bare, numbered = person("张伟"), person("张伟", ID)
    for applicant, remedy in ((bare, "请补充完整证件号码"), (numbered, "请向名单发布单位核实")):
        judgement = judge(applicant, [(1, listing(bare))], SCALES)
        assert judgement.reason(applicant).endswith(remedy)


def test_no_probability_is_certainty() -> None:
    assert compare(person("尉迟煜珩", ID), listing(person("尉迟煜珩", ID)), SCALES).probability < 1


NAMES = st.text(alphabet="张王李伟秀英·（）()*?□ Aa=+@\0\u202e合肥市华星商贸有限公司分第一", max_size=40)
NUMBERS = st.one_of(st.just(""), st.just(ID), st.just("3401001900****0017"), st.just(CODE), st.text(max_size=20))


@settings(max_examples=300, deadline=None)
@given(NAMES, NUMBERS, NAMES, NUMBERS, st.sampled_from(list(SubjectKind)))
def test_wild_values_never_raise_and_comparing_is_symmetric(
    name_a: str, number_a: str, name_b: str, number_b: str, kind: SubjectKind
) -> None:
    make = person if kind is SubjectKind.PERSON else organisation
    a, b = make(name_a, number_a), make(name_b, number_b)
    one, other = compare(a, listing(b), SCALES), compare(b, listing(a), SCALES)
    assert one.verdict is other.verdict
    assert one.bits == pytest.approx(other.bits)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 999), st.sets(st.integers(0, 17), min_size=1, max_size=10))
def test_compatible_masked_numbers_are_always_candidates(serial: int, hidden: set[int]) -> None:
    base = f"34010019000104{serial:03d}"
    number = base + citizen_id.check_digit(base)
    shown = "".join("*" if place in hidden else digit for place, digit in enumerate(number))
    listed, applicant = person("甲", shown), person("乙", number)
    assert set(stored_keys(listed)) & set(probe_keys(applicant, numbers_of(listed).shapes))


def test_the_order_of_candidates_changes_nothing() -> None:
    candidates = [
        (n, listing(person("李建国", number)))
        for n, number in enumerate([ID, "", "3401001900****0017", "", "E12345678", ""])
    ]
    assert judge(person("李建国", ID), candidates, SCALES).namesake_ids == (1, 3, 4, 5)
    assert judge(person("李建国", ID), candidates, SCALES) == judge(person("李建国", ID), candidates[::-1], SCALES)


@pytest.mark.parametrize("name", ["甲" * 10_000, "\0", "\u202e张伟", "=cmd|'/c calc'!A1", "😀" * 50])
def test_hostile_names_match_nothing(name: str) -> None:
    assert verdict(person(name), person("张伟")) in ("clear", "unverifiable")
    assert verdict(organisation(name), organisation("合肥华星商贸有限公司")) in ("clear", "unverifiable")


@pytest.mark.parametrize(
    ("applicant", "why"),
    [
        (person("屈怀*", ID), "姓名不完整，无法比对；须提供完整姓名"),
        (person("屈某某"), "姓名不完整，无法比对；须提供完整姓名"),
        (organisation("芜湖***公司"), "没有可以比对的名称"),
        *(
            (organisation(f"合肥华{mark}商贸有限公司"), "名称不完整，无法比对；须提供完整名称")
            for mark in "*■●?？□\ufffd〓\ue123"
        ),
        (organisation("安徽省合肥市蜀山区有限公司"), "没有可以比对的名称"),
        (organisation("院"), "没有可以比对的名称"),
        (organisation("华星" * 101), "名称超过 200 字，无法比对；名称栏只写名称"),
        (person("屈怀瑾" * 70), "名称超过 200 字，无法比对；名称栏只写名称"),
        (organisation("屈怀瑾、张伟"), "一格里像是写了几个人，无法比对；一格只写一个"),
        (person("屈怀瑾/欧阳修竹，张伟"), "一格里像是写了几个人，无法比对；一格只写一个"),
        (person("王怀瑾 张伟"), "一格里像是写了几个人，无法比对；一格只写一个"),
        (person("屈怀瑾等"), "一格里像是写了几个人，无法比对；一格只写一个"),
        (person("屈怀瑾1"), "姓名里有数字，无法比对；姓名栏只写姓名"),
        (person("屈怀瑾340100190001040017"), "姓名里有数字，无法比对；姓名栏只写姓名"),
        (person("屈\ue123瑾", ID), "姓名不完整，无法比对；须提供完整姓名"),
        (person("屈□瑾", ID), "姓名不完整，无法比对；须提供完整姓名"),
        (person("😀😀"), "没有可以比对的名称"),
        (organisation("－·－"), "没有可以比对的名称"),
        *(
            (
                organisation(f"合肥华星商贸有限公司{mark}芜湖大学"),
                "一格里像是写了几家单位，不能逐一认定；一格只写一个",
            )
            for mark in ("、", "；", "/", " ")
        ),
    ],
)
def test_a_name_that_says_nothing_clears_nobody(applicant: Subject, why: str) -> None:
    found = judge(applicant, [], SCALES)
    assert (found.verdict, found.reason(applicant)) == (Verdict.UNVERIFIABLE, why)
    assert judge(person("屈怀瑾", ID), [], SCALES).verdict is Verdict.CLEAR
    matched = judge(applicant, [(1, listing(applicant))], SCALES)
    assert matched.verdict.flags or matched.reason(applicant)


@pytest.mark.parametrize(
    ("applicant", "listed", "expected"),
    [
        (organisation("安医大"), organisation("安徽医科大学"), "probable"),
        (organisation("中国科学技术大学"), organisation("中科大"), "probable"),
        (organisation("安医大"), organisation("安徽医科大学第一附属医院"), "clear"),
        (organisation("宁晋县全红粮棉种植专业合作社"), organisation("宁普县全红粮绵种植专业合作社"), "possible"),
        (organisation("合肥华星商贸有限公司"), organisation("合肥明达商贸有限公司"), "clear"),
        (organisation("合肥华星商贸有限公司"), organisation("合肥华电商贸有限公司"), "clear"),
        (
            organisation("中国电信股份有限公司阳新分公司"),
            organisation("中国电欢股份有限公司阳新分公司"),
            "possible",
        ),
        (person("ZHANG WEI", ID), person("张伟", "3401001900****0017"), "confirmed"),
        (person("Wei Zhang"), person("张伟"), "clear"),
        (person("张\ue123伟", ID), person("张䶮伟", "3401001900****0017"), "confirmed"),
    ],
)
def test_knowledge_and_damage(applicant: Subject, listed: Subject, expected: str) -> None:
    assert verdict(applicant, listed) == expected


def test_an_unlike_character_in_a_short_brand_counts_once_the_representative_agrees() -> None:
    a = organisation("合肥华星商贸有限公司", legal_representative="尉迟煜珩")
    assert verdict(a, organisation("合肥华电商贸有限公司", legal_representative="尉迟煜珩")) in (
        "possible",
        "probable",
    )


def test_a_name_that_the_list_itself_shows_to_be_common_is_worth_less() -> None:
    rare = {0: listing(person("覃皛煜", "3401001900****0017"))}
    common = {n: listing(person("覃皛煜", f"34010019{n % 20:02d}****{n:04d}")) for n in range(300)}
    a = person("覃皛煜")
    assert ListingTable(rare).judge([a], SCALES)[0].verdict is Verdict.POSSIBLE
    assert ListingTable(common).judge([a], SCALES)[0].verdict is Verdict.UNVERIFIABLE


def test_thirty_cases_of_one_debtor_are_no_thirty_namesakes() -> None:
    cases = {n: listing(person("覃皛煜", "3401001900****0017"), number=f"案{n}") for n in range(30)}
    assert ListingTable(cases).judge([person("覃皛煜")], SCALES)[0].verdict is Verdict.POSSIBLE


def test_scales_that_have_weighed_before_weigh_as_new_ones() -> None:
    """Neither what the name of one applicant is worth nor other weights are carried over to the next."""
    pairs = [
        (person(name, ID), listing(person(name, sex=Sex.MALE, region="安徽省"))) for name in ("覃皛煜", "张伟")
    ]
    heavier = load_weights().model_copy(update={"sex": load_weights().birth_year, "prior": PRIOR})
    for weights in (load_weights(), heavier, load_weights()):
        used = replace(SCALES, weights=weights)
        for namesakes in ({}, {"覃皛煜": 9000, "张伟": 1}, {"张伟": 300_000}, {}):
            for applicant, listed in (*pairs, *pairs):
                found = compare(applicant, listed, used.beside(namesakes))
                assert found == compare(applicant, listed, Scales(weights, reference(), namesakes=namesakes))
