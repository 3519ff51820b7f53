"""Pairs with the verdict of somebody who knows Chinese names and numbers, and the lists as they come (expert_pairs.csv).

Everything is read as a spreadsheet's rows are, judged as the night does, and looked up in a store: both must agree. Made-up
people are born before 1925. What an applicant and an entry give beside name and number stands as title=value. Where the
product is wrong, `instead` has what it says: whoever mends it empties the cell. Kinds that begin with "second" to "fifth"
were written in November 2026, each without knowledge of the others or of the code.
"""

import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from credit_sync.lookup import Ground, look_up
from credit_sync.records import Applicant, Listing
from credit_sync.screening.candidates import StoredCandidates
from credit_sync.screening.comparison import Judgement
from credit_sync.screening.evidence import Scales
from credit_sync.screening.file_rows import file_mappings
from credit_sync.screening.index_files import open_index
from credit_sync.screening.meant import as_meant
from credit_sync.screening.other_names import OtherNames
from credit_sync.screening.reference import reference
from credit_sync.screening.tables import ListingTable
from credit_sync.screening.weights import load_weights
from credit_sync.shipped import shipped
from credit_sync.sources.lists import states_of_lists
from credit_sync.sources.outcomes import Read
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import Origin, RawRow
from credit_sync.subjects.subject import Subject
from tests.report_night import FIRST, empty_night

SCALES = Scales(load_weights(), reference())
AT = datetime(2018, 11, 30)
APPLICANTS, LISTINGS = (Reader(file_mappings(name, shipped("mappings"))[0]) for name in ("applicants", "listings"))
with (Path(__file__).parent / "expert_pairs.csv").open(encoding="utf-8", newline="") as file:
    PAIRS = list(csv.DictReader(file))
VERDICTS = {
    "confirmed": {"confirmed"},
    "probable": {"probable", "confirmed"},
    "flagged": {"possible", "probable", "confirmed"},
    "possible": {"possible", "probable"},
    "not cleared": {"unverifiable", "possible", "probable", "confirmed"},
    "no flag": {"clear", "related", "unverifiable"},
    "told apart": {"clear"},
    "related": {"related"},
    "undecided": {"clear", "related", "unverifiable", "possible"},
}
KINDS = {"person": "个人", "organisation": "单位"}


def record(reader: Reader, pair: Mapping[str, str], prefix: str = "", **more: str) -> Applicant | Listing:
    values = {"applicant_id": "1", "listing_id": "L1", "name": pair[f"{prefix}name"]}
    values |= {"identifier": pair[f"{prefix}number"]} if pair[f"{prefix}number"] else {}
    values |= dict(part.split("=") for part in pair[f"{prefix}more"].split(";") if part)
    (found,) = reader.read(RawRow(Origin("pairs", "pairs", 1, AT), {**values, **more}))
    assert isinstance(found, Read)
    assert isinstance(found.record, Applicant | Listing)
    return found.record


def both(pair: Mapping[str, str]) -> tuple[Subject, Listing]:
    listing = record(LISTINGS, pair, "listed_")
    assert isinstance(listing, Listing)
    return record(APPLICANTS, pair, kind=KINDS[pair["of"]]).subject, listing


@pytest.mark.parametrize(
    "pair", PAIRS, ids=lambda p: f"{p['kind']}: {p['name']} {p['number']} / {p['listed_name']}"
)
def test_the_verdict_is_an_experts(pair: Mapping[str, str]) -> None:
    applicant, listing = both(pair)
    (found,) = ListingTable({1: listing}).judge([applicant], SCALES)
    verdict = "related" if found.related and found.verdict.value == "clear" else found.verdict.value
    right = VERDICTS[pair["expected"]]
    if pair["instead"]:
        assert pair["instead"] not in right, "no longer wrong"
        assert verdict == pair["instead"], listing.subject
    else:
        assert verdict in right, listing.subject


def test_the_look_up_says_of_everybody_what_the_night_says(tmp_path: Path) -> None:
    night = empty_night(tmp_path)
    night.begin(FIRST)
    applicants, listings = zip(*map(both, PAIRS[::5]), strict=True)
    night.add(FIRST, listings)
    for source in ("debtors", "abnormal"):
        night.version(FIRST, source, 1, pulled=len(listings), added=len(listings), live=len(listings))
    night.screen(FIRST)
    unknown = OtherNames(())
    with night.engine.connect() as connection:
        index = open_index(connection, night.settings.path(night.settings.store.index))
        states = states_of_lists(connection, night.settings, FIRST.as_of)
        ground = Ground(at=FIRST.as_of, states=states, index=index, names=unknown, weights=SCALES.weights)
        scales = replace(SCALES, listed=len(listings))
        for applicant in applicants:
            meant = dict(enumerate(as_meant(applicant, unknown)))
            judged, _ = StoredCandidates(connection, index).judge(meant, scales, FIRST.as_of)
            answer = look_up(connection, applicant, ground)
            assert {f.row for f in answer.found} == set().union(*map(told, judged.values())), applicant.name
            assert answer.verdict is max((j.verdict for j in judged.values()), key=lambda v: v.rank)


def told(judgement: Judgement) -> set[int]:
    """Every entry that a judgement names."""
    return {*(n for n, _ in judgement.matches), *judgement.namesake_ids, *(n for n, _ in judgement.related)}
