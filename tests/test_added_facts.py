"""Facts counted while records are added are those that the database counts."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from credit_sync.records import RECORD_CLASSES, RecordKind
from credit_sync.screening.reference import reference
from credit_sync.store import ledger, schema
from credit_sync.store.added_facts import AddedFacts
from credit_sync.store.columns import to_columns
from credit_sync.store.doubts import UNUSED
from credit_sync.store.facts import Counted, count_facts
from credit_sync.store.read_records import ReadRecords, read_record_of
from credit_sync.store.records import RecordWriter
from credit_sync.subjects.identifiers import Identifier, IdentifierKind
from credit_sync.subjects.subject import Sex, Subject, SubjectKind

NIGHT = datetime(2026, 11, 1, 1)
DAYS = st.sampled_from([None, date(2018, 10, 1), NIGHT.date(), date(2099, 1, 1)])
NUMBERS = st.lists(st.sampled_from(list(IdentifierKind)), max_size=2, unique=True)
TEXTS = st.sampled_from(["", "安徽省", "340000", "合肥市蜀山区人民法院第三执行庭和别的地方", "某地", " "])
FIELDS = {
    RecordKind.LISTING: (
        "identifier", "number", "published_on", "birth_year", "sex", "citizen_id", "uscc", "region", "legal_representative_id",
    ),
    RecordKind.LICENCE: ("identifier", "name", "licence_number", "valid_to", "state", "former_names"),
}  # fmt: skip


@st.composite
def records(draw: st.DrawFn, kind: RecordKind) -> dict[str, Any]:
    """What a record says, as it would be stored."""
    numbers = tuple(Identifier(number, "1", valid=True) for number in draw(NUMBERS))
    subject = Subject(
        kind=SubjectKind.PERSON,
        name="张三",
        identifiers=numbers,
        former_names=draw(st.sampled_from([(), ("张四",)])),
        sex=draw(st.sampled_from([None, Sex.MALE])),
        birth_year=draw(st.sampled_from([None, 1900])),
        region=draw(TEXTS),
    )
    if kind is RecordKind.LISTING:
        own = {"list": "a", "organ": draw(TEXTS), "number": draw(TEXTS), "published_on": draw(DAYS)}
        own["legal_representative_id"] = draw(st.sampled_from([None, *numbers]))
    else:
        own = {"document_number": "1", "decided_on": NIGHT.date(), "licence_number": draw(TEXTS)}
        own["valid_to"] = draw(DAYS)
    columns = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in to_columns(RECORD_CLASSES[kind](subject=subject, **own)).items()
    }
    return {**columns, "warnings": draw(st.sampled_from([[], ["别的"], [f"日期无法识别{UNUSED}"]])), "extra": {}}


@pytest.mark.parametrize("kind", FIELDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_by_column_and_by_the_database(engine: Engine, kind: RecordKind, data: st.DataObject) -> None:
    said = data.draw(st.lists(records(kind), min_size=1, max_size=6))
    run = ledger.begin(engine, NIGHT, {})
    today, province_of = NIGHT.date(), reference().gazetteer.province_of
    added = AddedFacts(kind, FIELDS[kind], today)
    entries = [ReadRecords.of(read_record_of(kind, str(key), one, "a", key)) for key, one in enumerate(said)]
    with engine.connect() as connection:
        writer = RecordWriter(connection, "source", kind, run, lambda _kind, _subject: (), added=added)
        writer.write([ReadRecords.joined(entries)], whole=True)
        counted = Counted(schema.RECORD_TABLES[kind], "source", 1, FIELDS[kind], today)
        assert added.facts(province_of) == count_facts(connection, counted, province_of)
        connection.rollback()
