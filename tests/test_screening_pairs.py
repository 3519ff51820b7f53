"""Candidates and the filter: what is left out could not have come to anything, and nothing else is left out."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from credit_sync.records import Listing
from credit_sync.screening.block import screen_block
from credit_sync.screening.comparison import Verdict, compare
from credit_sync.screening.entries import Entries, entries_of, listed_entries
from credit_sync.screening.evidence import Scales
from credit_sync.screening.faces import faces
from credit_sync.screening.index import FOREVER, ListingIndex, Segment
from credit_sync.screening.key_table import KeyTable
from credit_sync.screening.keys import probe_keys, stored_keys
from credit_sync.screening.pairs import find_pairs
from credit_sync.screening.reference import reference
from credit_sync.screening.tables import ListingTable
from credit_sync.screening.texts import Texts
from credit_sync.screening.weights import load_weights
from credit_sync.subjects.identifiers import SubjectKind, citizen_id, recognise
from credit_sync.subjects.subject import Subject

SCALES = Scales(load_weights(), reference())


def subject(kind: SubjectKind, name: str, number: str = "", **more: str) -> Subject:
    found = recognise(number, kind) if number else None
    return Subject(kind=kind, name=name, identifiers=(found,) if found else (), **more)  # type: ignore[arg-type]


def person_number(day: int, serial: int, area: int = 340100) -> str:
    first = f"{area}190001{day:02}{serial:03}"
    return first + citizen_id.check_digit(first)


IDS = [
    *(person_number(day, serial) for day in (4, 5) for serial in (1, 3)),
    person_number(23, 457, 110101),
    person_number(23, 457, 340100),
]
NUMBERS = [
    "",
    *IDS,
    *(f"{i[:10]}****{i[14:]}" for i in IDS),
    *(f"{i[:6]}********{i[14:]}" for i in IDS),
    *(f"{i[:6]}****{i[14:]}" for i in IDS),  # the mask shortened
    *(f"{i[:6]}{i[8:10]}****{i[14:17]}" for i in IDS),  # of an old number, or shortened too
    *(f"{i[:8]}****{i[15:]}" for i in IDS),
    IDS[0][:17] + "5",
]
CODES = ["", "91340100MA2MG3YH8K", "12340000002986079X", "91340100MA2M****8K", "MA2MG3YH8"]
PLACES = ["合肥", "合肥市", "芜湖市", ""]
BRANDS = ["华星", "华兴", "骏腾盛"]
TRADES = ["商贸", "商贸", "旅行社"]
FORMS = ["有限公司", "有限公司", "股份有限公司", ""]
TAILS = ["", "", "芜湖分公司"]

PERSONS = st.builds(
    lambda name, number, employer: subject(SubjectKind.PERSON, name, number, employer=employer),
    st.sampled_from(["张伟", "张卫", "欧阳修竹", "ZHANG WEI", "张?"]),
    st.sampled_from(NUMBERS),
    st.sampled_from(["", "合肥华星商贸有限公司"]),
)
FIRMS = st.builds(
    lambda parts, number, person: subject(
        SubjectKind.ORGANISATION, "".join(parts), number, legal_representative=person
    ),
    st.tuples(*(st.sampled_from(part) for part in (PLACES, BRANDS, TRADES, FORMS, TAILS))),
    st.sampled_from(CODES),
    st.sampled_from(["", "张伟", "欧阳修竹"]),
)
SUBJECTS = st.one_of(PERSONS, FIRMS)


def share_a_key(applicant: Subject, listing: Listing, shapes: tuple[str, ...]) -> bool:
    asked = set(probe_keys(applicant, shapes))
    return any(asked & set(stored_keys(face)) for via, face in faces(listing) if via == "subject")


@settings(max_examples=400, deadline=None)
@given(applicants=st.lists(SUBJECTS, min_size=1, max_size=4), listed=st.lists(SUBJECTS, min_size=1, max_size=12))
def test_every_pair_that_shares_a_key_and_comes_to_something_is_found(
    applicants: list[Subject], listed: list[Subject]
) -> None:
    listings = {n: Listing(subject=found, list="x") for n, found in enumerate(listed)}
    shapes = listed_entries(listings.items()).shapes
    judgements = ListingTable(listings).judge(applicants, SCALES)
    for applicant, judgement in zip(applicants, judgements, strict=True):
        found = {n for n, _ in judgement.matches} | set(judgement.namesake_ids) | {n for n, _ in judgement.related}
        for number, listing in listings.items():
            compared = compare(applicant, listing, SCALES)
            asks_for_parent = compared.related and "分公司" in applicant.name
            if compared.verdict is not Verdict.CLEAR or asks_for_parent:
                assert number in found or not share_a_key(applicant, listing, shapes), (
                    applicant,
                    listing,
                    compared,
                )


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("合肥华星商贸有限公司", "合肥华兴商贸有限公司"),  # one character
        ("宁晋县全红粮棉有限公司", "宁普县全红粮绵有限公司"),  # two, one of them in the place: by rare bigrams
        ("骏腾盛商贸有限公司", "合肥骏腾盛商贸有限公司"),  # the place left out
        ("合肥华星商贸", "合肥市华星商贸有限公司"),
        ("合肥华星商贸有限公司芜湖分公司", "合肥华星商贸有限公司"),  # its parent, to be told
    ],
)
def test_what_the_filter_keeps(asked: str, listed: str) -> None:
    firms = [subject(SubjectKind.ORGANISATION, name) for name in (asked, listed)]
    [judgement] = ListingTable({1: Listing(subject=firms[1], list="x")}).judge(firms[:1], SCALES)
    assert [n for n, _ in judgement.matches] + [n for n, _ in judgement.related] == [1]


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        (("合肥华星商贸有限公司", ""), ("芜湖华星商贸有限公司", "")),
        (("张伟", IDS[0]), ("张伟", "1101011900****0032")),
        (("张伟", IDS[0]), ("张伟", "110101****0032")),
        (("张伟", IDS[0]), ("张伟", "11010100****003")),
        (("合肥华星商贸有限公司芜湖分公司", ""), ("合肥华星商贸有限公司第三加油站", "")),
    ],
)
def test_what_the_filter_drops(asked: tuple[str, str], listed: tuple[str, str]) -> None:
    kind = SubjectKind.PERSON if asked[0] == "张伟" else SubjectKind.ORGANISATION
    index = index_of({1: Listing(subject=subject(kind, *listed), list="x")})
    pairs = find_pairs(entries_of([(0, subject(kind, *asked))], index.shapes), index, 1)
    assert pairs.listings.tolist() == []


def test_what_the_filter_drops_is_counted() -> None:
    applicant = subject(SubjectKind.PERSON, "张伟", IDS[0])
    strangers = ["1101011900****0032", "110101****0032", "11010100****003", "3401001900****0052"]
    listed = {n: subject(SubjectKind.PERSON, "张伟", number) for n, number in enumerate(strangers)}
    listings = {n: Listing(subject=one, list="x") for n, one in listed.items()}
    [judgement] = screen_block([applicant], index_of(listings), lambda _: listings, SCALES, date.min)
    assert (judgement.verdict, judgement.excluded) == (Verdict.CLEAR, len(strangers))


@settings(deadline=None)
@given(
    size=st.one_of(st.sampled_from([0, 1, 499, 500, 511, 512, 513, 640, 641]), st.integers(0, 3000)),
    spread=st.sampled_from([1, 5, 300, 2**62]),
    asked=st.sampled_from([0, 1, 499, 500, 2000]),
    seed=st.integers(0, 2**32 - 1),
)
def test_keys_are_found_by_landmarks_where_they_stand(size: int, spread: int, asked: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    table = KeyTable.of(dice.integers(-spread, spread, size), np.arange(size, dtype=np.int32))
    keys = np.concatenate(
        [dice.integers(-spread - 2, spread + 2, asked), dice.choice(table.keys, asked * bool(size))]
    )
    for side in ("left", "right"):
        assert (table.places(keys, side) == np.searchsorted(table.keys, keys, side)).all()
    pairs = np.column_stack(table.join(keys, np.arange(len(keys), dtype=np.int32)))
    expected = (
        [(a, r) for a, key in enumerate(keys) for r in table.rows[table.keys == key]] if size < 700 else None
    )
    assert expected is None or sorted(pairs.tolist()) == [list(map(int, pair)) for pair in sorted(expected)]


CHARACTERS = st.one_of(
    st.sampled_from("合肥华星商贸有限公司芜湖"), st.sampled_from("A1·𠮷"), st.characters(codec="utf-8")
)


@given(st.lists(st.text(CHARACTERS, max_size=24), min_size=4, max_size=12), st.data())
def test_names_that_are_near_share_characters(names: list[str], data: st.DataObject) -> None:
    """What the filter tells without decoding names: never that two are apart that two changes make one."""
    changed = [changed_twice(data, name) for name in names]
    (x, known), (y, read) = (Texts.of(n).character_sets(np.arange(len(n))) for n in (names, changed))
    unlike = np.where(known & read, np.bitwise_count(x ^ y), 0).tolist()
    for one, other, apart, told in zip(names, changed, unlike, known.tolist(), strict=True):
        assert OSA.distance(one, other) <= 2
        assert apart <= 4, (one, other)
        assert not told or all(len(character.encode()) == 3 for character in one)


def changed_twice(data: st.DataObject, name: str) -> str:
    for _ in range(2):
        place = data.draw(st.integers(0, len(name)))
        put, left_out = data.draw(st.text(CHARACTERS, max_size=1)), data.draw(st.integers(0, 1))
        name = name[:place] + put + name[place + left_out :]
    return name


def test_most_names_are_told_by_their_characters() -> None:
    names = [f"合肥市{brand}商贸有限公司" for brand in ("华星", "骏腾盛", "骏腾大")]
    sets, known = Texts.of([*names, "", "甲" * 21, "A1商贸", *names]).character_sets(np.arange(6))
    assert known.tolist() == [True, True, True, True, False, False]
    assert np.bitwise_count(sets[:3] ^ sets[1]).tolist() == [5, 0, 2]


def index_of(listings: dict[int, Listing]) -> ListingIndex:
    entries = listed_entries(listings.items())
    return ListingIndex((Segment.of(entries, np.full(len(entries), FOREVER, np.int32)),))


@settings(max_examples=50, deadline=None)
@given(
    applicants=st.lists(SUBJECTS, min_size=1, max_size=6),
    listed=st.lists(SUBJECTS, max_size=8),
    cut=st.integers(0, 8),
)
def test_blocks_may_be_cut_anywhere(applicants: list[Subject], listed: list[Subject], cut: int) -> None:
    """Applicants one by one, and listings in two segments, come to what all together come to."""
    listings = {n: Listing(subject=found, list="x") for n, found in enumerate(listed)}
    whole = screen_block(applicants, index_of(listings), lambda _: listings, SCALES, date.min)
    singly = [screen_block([a], index_of(listings), lambda _: listings, SCALES, date.min)[0] for a in applicants]
    assert singly == whole
    parts = [dict(list(listings.items())[:cut]), dict(list(listings.items())[cut:])]
    both = ListingIndex(tuple(index_of(part).segments[0] for part in parts))
    found = screen_block(applicants, both, lambda _: listings, SCALES, date.min)
    exact = [
        (j.verdict, j.matches) for j in whole if not any(a.kind is SubjectKind.ORGANISATION for a in applicants)
    ]
    if exact:  # how common bigrams are is counted in the first segment, so organisations may have other candidates
        assert [(j.verdict, j.matches) for j in found] == exact


def test_an_index_comes_back_from_its_files(tmp_path: Path) -> None:
    firm = subject(SubjectKind.ORGANISATION, "合肥骏腾盛商贸有限公司", legal_representative="张伟")
    segment = index_of(
        {7: Listing(subject=firm, list="x"), 9: Listing(subject=subject(SubjectKind.PERSON, "张伟"), list="x")}
    )
    segment.segments[0].save(tmp_path)
    again = ListingIndex((Segment.open(tmp_path),))
    asking = entries_of([(1, subject(SubjectKind.ORGANISATION, "骏腾盛商贸"))], again.shapes)
    for index in (segment, again):
        assert find_pairs(asking, index, 1).listings.tolist() == [7]


@pytest.mark.parametrize("owners", [[], [2], [1, 3], [1, 2, 3]])
def test_entries_of_some_are_those_of_these_alone(owners: list[int]) -> None:
    firms = [
        (n, subject(SubjectKind.ORGANISATION, f"{place}华星商贸有限公司")) for n, place in enumerate(PLACES[:3], 1)
    ]
    some = entries_of(firms, ()).of_owners(np.array(owners, np.int64))
    alone = entries_of([firm for firm in firms if firm[0] in owners], ())
    for name in ("owner", "name", "places", "name_keys", "name_entries", "bigram_keys", "bigram_entries"):
        assert getattr(some, name).tolist() == getattr(alone, name).tolist()
    assert some.full.of_rows(np.arange(len(some))).tolist() == alone.full.of_rows(np.arange(len(alone))).tolist()
    joined = Entries.joined([some, alone])
    assert len(joined) == 2 * len(some)
