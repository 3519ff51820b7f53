"""Rates of a made month, computed by hand; and what holds for any month."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from credit_sync.errors import CreditSyncError
from credit_sync.publishing import by_hand
from credit_sync.publishing.compliance import (
    Attempt,
    MonthFigures,
    Publication,
    Repair,
    judge,
    late_in,
    month_figures,
)
from credit_sync.publishing.deadline_rules import load_deadline_rules
from credit_sync.publishing.publish import publish
from credit_sync.publishing.rates import Month, Rate
from credit_sync.publishing.standing import Standing
from credit_sync.publishing.timeline import Said, Timeline
from credit_sync.records import RecordKind
from credit_sync.reporting.compliance import compliance_lines, this_month
from credit_sync.reporting.compliance_query import read_compliance
from credit_sync.store import ledger
from credit_sync.store.engine import writing
from credit_sync.store.orders import Order
from tests.compliance_world import World, document, early_december, november
from tests.publishing import EDITION_2018, MAPPINGS, PENALTY, settings, store_record

NOVEMBER = Month(2018, 11)
DECEMBER_1 = datetime(2018, 12, 1, 9)
TERM = load_deadline_rules(MAPPINGS).publication


def test_a_month_by_hand(engine: Engine, tmp_path: Path) -> None:
    world = november(engine, tmp_path)
    report = read_compliance(engine, world.settings, NOVEMBER, DECEMBER_1)
    (channel,) = report.channels
    licences = channel.by_kind[RecordKind.LICENCE]
    assert licences == MonthFigures(
        decided=8,  # 3, 4, 5, 6, 7, 11, 12, 15; 10 is gone
        due=7,  # 1, 2, 3, 4, 5, 6, 11
        accepted=4,  # 1, 2, 6, 11
        awaiting=1,  # 4
        rejected=1,  # 3
        unsent=1,  # 5
        published=8,  # 1, 2, 4, 6, 7, 8, 11, 12; 3 was refused
        in_time=6,  # without 2 and 8
        overdue_before=1,  # 9
    )
    assert (licences.compliant, licences.timely) == (Rate(5, 7), Rate(6, 8))
    assert channel.by_kind[RecordKind.PENALTY] == MonthFigures()
    assert channel.by_kind[RecordKind.PENALTY].compliant.value is None
    assert (report.nothing_decided, channel.total) == ((RecordKind.PENALTY,), licences)
    late = [(item.number, item.days_late, item.standing) for item in report.late]
    assert late == [
        (document(9), 28, Standing.UNSENT),
        (document(3), 14, Standing.REJECTED),
        (document(5), 11, Standing.UNSENT),
        (document(8), 10, Standing.ACCEPTED),
        (document(2), 1, Standing.ACCEPTED),
    ]
    assert report.overdue == 3
    assert [(item.number, item.reason) for item in report.rejected] == [(document(3), "名称与代码不符")]
    documents, permits = report.series
    assert (documents.found.last, documents.found.expected, report.missing) == (15, 15, 2)
    assert [(gap.text, gap.count, gap.quarantined) for gap in documents.missing] == [
        (f"{document(13)} 至 {document(14)}", 2, 1)
    ]
    assert (permits.begins, permits.counts) == ("1（起始号未知）", False)
    (promise,) = report.promises
    assert (promise.kept, promise.undated, promise.backwards, promise.rate) == (5, 1, 1, Rate(5, 6))
    assert [(case.number, case.days_late) for case in promise.late] == [(document(7), 3)]
    assert [point.figures is None for point in channel.trend] == [*[True] * 11, False]


def test_what_happens_later_changes_no_past_month(engine: Engine, tmp_path: Path) -> None:
    world = november(engine, tmp_path)
    before = read_compliance(engine, world.settings, NOVEMBER, DECEMBER_1)
    early_december(world)
    assert read_compliance(engine, world.settings, NOVEMBER, datetime(2026, 11, 26)) == before
    december = read_compliance(engine, world.settings, NOVEMBER.earlier(-1), datetime(2018, 12, 5))
    (channel,) = december.channels
    found = channel.by_kind[RecordKind.LICENCE]
    # 7 was due on the 3rd, 12 and 15 on the 4th; 3, 5, 10 and 13 went out on the 4th, all of them late; 9 is still here
    assert (found.due, found.compliant, found.published, found.in_time, found.overdue_before) == (
        3,
        Rate(2, 3),
        4,
        0,
        1,
    )
    assert channel.trend[-2].figures == before.channels[0].total
    assert december.missing == 1


def test_a_decision_under_another_key_is_one_decision(engine: Engine, tmp_path: Path) -> None:
    world = november(engine, tmp_path)
    before = read_compliance(engine, world.settings, NOVEMBER, DECEMBER_1)
    world.change(4, licence="SYXK-(皖)2018-004")
    world.night(date(2018, 12, 3))
    assert read_compliance(engine, world.settings, NOVEMBER, datetime(2026, 11, 26)) == before
    december = read_compliance(engine, world.settings, NOVEMBER.earlier(-1), datetime(2018, 12, 3, 12))
    assert document(4) not in {item.number for item in december.late}
    assert december.channels[0].total.overdue_before == before.overdue
    assert december.channels[0].trend[-2].figures == before.channels[0].total


def test_the_running_month_counts_up_to_now(engine: Engine, tmp_path: Path) -> None:
    world = november(engine, tmp_path)
    report = this_month(engine, world.settings, datetime(2018, 11, 12, 9))
    assert report is not None
    found = report.channels[0].total
    # 3 is due today, which is not over; 6, 7, 11 and 12 are not known yet
    assert (report.complete, found.due, found.compliant, found.published) == (False, 2, Rate(2, 2), 4)
    assert [item.number for item in late_in(report.late, NOVEMBER)] == [document(n) for n in (9, 8, 2)]
    lines = list(compliance_lines(report))
    assert lines[0] == "双公示合规 2018-11（截至 2018-11-12 09:00）："
    assert lines[1].startswith("  anhui  合规率 100%（2/2），及时率 50.0%（2/4）")


def test_months_that_cannot_be_counted(engine: Engine, tmp_path: Path) -> None:
    world = World(engine, tmp_path, {})
    with pytest.raises(CreditSyncError, match="还没有运行过"):
        read_compliance(engine, world.settings, NOVEMBER, DECEMBER_1)
    assert this_month(engine, world.settings, DECEMBER_1) is None
    november(engine, tmp_path)
    with pytest.raises(CreditSyncError, match="2018-11-02 第一次运行"):
        read_compliance(engine, world.settings, NOVEMBER.earlier(1), DECEMBER_1)
    with pytest.raises(CreditSyncError, match="还没有开始"):
        read_compliance(engine, world.settings, NOVEMBER.earlier(-2), DECEMBER_1)
    assert this_month(engine, world.settings, datetime(2018, 10, 31)) is None


# --- pure ---------------------------------------------------------------------------------------------------

DAYS = st.dates(date(2018, 1, 1), date(2019, 12, 31))
TIMES = st.datetimes(datetime(2018, 1, 1), datetime(2019, 12, 31))


def said(since: datetime, decided_on: date, *, there: bool = True) -> Said:
    content: dict[str, Any] = {"document_number": "1", "subject_name": "甲", "decided_on": decided_on}
    return Said(since, there, content)


@st.composite
def publications(draw: st.DrawFn) -> Publication:
    """A licence that is known some time after its decision, perhaps goes, and is sent up to three times."""
    decided = draw(DAYS)
    known = datetime.combine(decided, datetime.min.time()) + timedelta(days=draw(st.integers(0, 30)))
    versions = [said(known, decided)]
    if draw(st.booleans()):
        versions.append(said(known + timedelta(days=draw(st.integers(1, 60))), decided, there=False))
    attempts, at = [], known
    for _ in range(draw(st.integers(0, 3))):
        at += timedelta(days=draw(st.integers(0, 20)))
        answered = draw(st.none() | st.integers(0, 20))
        answered_at = None if answered is None else at + timedelta(days=answered)
        attempts.append(Attempt(at, answered_at, accepted=draw(st.booleans()), reason="不符"))
    timeline = Timeline(RecordKind.LICENCE, (1,), tuple(versions))
    return Publication("甲", timeline, EDITION_2018.licence, tuple(attempts))


@given(st.lists(publications(), max_size=8), DAYS)
def test_numbers_of_any_month_add_up(found: list[Publication], day: date) -> None:
    month = Month.of(day)
    judged = [one for publication in found if (one := judge(publication, TERM, month.end))]
    figures = month_figures(judged, month, month.end)
    assert figures.due == figures.accepted + figures.awaiting + figures.rejected + figures.unsent
    assert 0 <= figures.in_time <= figures.published <= len(judged)
    late = late_in(judged, month)
    assert figures.published - figures.in_time == sum(item.published_on is not None for item in late)
    missed = figures.rejected + figures.unsent + figures.overdue_before
    assert missed == sum(item.published_on is None for item in late)


@given(publications(), TIMES, TIMES)
def test_what_comes_after_a_time_does_not_count(publication: Publication, at: datetime, later: datetime) -> None:
    cut = Publication(
        publication.channel,
        Timeline(
            RecordKind.LICENCE,
            (1,),
            tuple(v for v in publication.timeline.versions if v.since < at),
        ),
        publication.table,
        tuple(
            Attempt(
                a.sent_at, a.answered_at if a.answered_at and a.answered_at < at else None, a.accepted, a.reason
            )
            for a in publication.attempts
            if a.sent_at < at
        ),
    )
    assert judge(cut, TERM, at) == judge(publication, TERM, at)


def test_a_refused_decision_is_published_when_it_is_taken() -> None:
    known = datetime(2018, 11, 2, 2)
    attempts = (
        Attempt(known, datetime(2018, 11, 3), reason="不符"),
        Attempt(datetime(2018, 11, 14, 2), datetime(2018, 11, 15), accepted=True),
    )
    timeline = Timeline(RecordKind.LICENCE, (1,), (said(known, date(2018, 11, 1)),))
    publication = Publication("甲", timeline, EDITION_2018.licence, attempts)
    standings = [judge(publication, TERM, datetime(2018, 11, day)) for day in (3, 4, 15, 16)]
    assert [one and (one.standing, one.published_on, one.days_late) for one in standings] == [
        (Standing.SENT, date(2018, 11, 2), 0),
        (Standing.REJECTED, None, 0),
        (Standing.SENT, date(2018, 11, 14), 2),
        (Standing.ACCEPTED, date(2018, 11, 14), 2),
    ]


def test_decisions_from_before_the_count_are_left_out() -> None:
    timeline = Timeline(RecordKind.LICENCE, (1,), (said(datetime(2018, 11, 2), date(2018, 10, 31)),))
    publication = Publication("甲", timeline, EDITION_2018.licence, ())
    later = TERM.model_copy(update={"counted_from": date(2018, 11, 1)})
    assert judge(publication, TERM, DECEMBER_1) is not None
    assert judge(publication, later, DECEMBER_1) is None


@pytest.mark.parametrize(
    ("until", "owed"), [(date(2018, 11, 20), False), (date(2017, 11, 20), True)], ids=["over", "mistyped"]
)
def test_a_penalty_whose_publicity_is_over_is_not_owed(until: date, owed: bool) -> None:
    content = {"public_until": until, "repaired_on": None, "nature": "行政处罚"}
    first = said(datetime(2018, 11, 2), date(2018, 11, 1))
    timeline = Timeline(RecordKind.PENALTY, (1,), (Said(first.since, first.there, {**first.content, **content}),))
    publication = Publication("甲", timeline, EDITION_2018.penalty, ())
    assert judge(publication, TERM, datetime(2018, 11, 20)) is not None
    assert (judge(publication, TERM, datetime(2018, 11, 22)) is not None) is owed


def test_a_penalty_repaired_by_a_person_before_it_was_sent_is_not_owed() -> None:
    content = {"public_until": None, "repaired_on": None, "nature": "行政处罚"}
    first = said(datetime(2018, 11, 2), date(2018, 11, 1))
    timeline = Timeline(RecordKind.PENALTY, (1,), (Said(first.since, first.there, {**first.content, **content}),))
    repair = Repair(datetime(2018, 11, 22, 9), date(2018, 11, 21))
    publication = Publication("甲", timeline, EDITION_2018.penalty, (), repair)
    assert judge(publication, TERM, datetime(2018, 11, 22, 9)) is not None, "nobody had said so"
    assert judge(publication, TERM, datetime(2018, 11, 23)) is None


def test_a_repair_on_record_counts_in_the_report(engine: Engine, tmp_path: Path) -> None:
    site = settings(tmp_path)
    with writing(engine) as connection:
        store_record(connection, 1, replace(PENALTY, facts="", decided_on=date(2018, 11, 1)))
    first, second = (ledger.begin(engine, datetime(2018, 11, day, 2), {"day": day}) for day in (5, 20))
    publish(engine, site, first)
    december = datetime(2018, 12, 1)
    report = read_compliance(engine, site, Month(2018, 11), december)
    assert [channel.total.unsent for channel in report.channels] == [1]
    with writing(engine) as connection:
        asked = Order.of("张科", "已修复")
        by_hand.repair(connection, PENALTY.document_number, "", asked, second, on=date(2018, 11, 20))
    report = read_compliance(engine, site, Month(2018, 11), december)
    assert [channel.total.due for channel in report.channels] == [0]


def test_months() -> None:
    assert Month(2018, 12).end == datetime(2019, 1, 1)
    assert [str(Month(2018, 2).earlier(n)) for n in (0, 1, 2, -11)] == ["2018-02", "2018-01", "2017-12", "2019-01"]
    assert date(2018, 2, 28) in Month(2018, 2)
    assert date(2019, 2, 28) not in Month(2018, 2)
