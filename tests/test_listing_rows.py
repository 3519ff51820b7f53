"""Listings as the index reads them from the store: what keys and traits ask for is all there."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from credit_sync.screening.entries import Entries, listed_entries
from credit_sync.store.columns import to_columns
from credit_sync.store.listing_rows import as_listed, listed_between
from tests.report_night import FIRST, case, empty_night, organisation, person, person_number, zxgk

NUMBER = person_number("340103", "19040312", 117)
SHOWN = person("张伟", zxgk(NUMBER)).identifiers[0]
FIRM = organisation("合肥瀚云精密传动有限公司", 11, "张伟")
LISTINGS = [
    case(person("张伟", zxgk(NUMBER), former_names=("张卫", "张玮"), employer="芜湖甲机械厂"), "案1"),
    case(person("张伟", sex=None, birth_year=1904, region="340100"), "案2", removed_on=date(2030, 1, 2)),
    case(FIRM, "案3", legal_representative_id=SHOWN),
    case(replace(FIRM, former_names=("合肥瀚云机械厂",), legal_representative=""), "案4"),
    case(replace(FIRM, identifiers=()), "案5"),
]


def same(found: Entries, expected: Entries) -> bool:
    names = (
        "number",
        "subject",
        "name",
        "representative",
        "number_keys",
        "name_keys",
        "name_entries",
        "bigram_keys",
    )
    return all(np.array_equal(getattr(found, name), getattr(expected, name)) for name in names)


def test_what_is_read_for_the_index_makes_the_entries_of_the_whole_listing(tmp_path: Path, engine: Engine) -> None:
    night = empty_night(tmp_path, engine)
    night.begin(FIRST)
    night.add(FIRST, LISTINGS)
    with engine.connect() as connection:
        rows = list(listed_between(connection, 1, 100))
    assert [day for _, _, day in rows] == [None, date(2030, 1, 2), None, None, None]
    expected = listed_entries(enumerate(LISTINGS))
    assert same(listed_entries(enumerate(found for _, found, _ in rows)), expected)
    assert same(listed_entries(enumerate(as_listed(to_columns(found)) for found in LISTINGS)), expected)
