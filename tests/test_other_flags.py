"""The other flags on the same applicant and the same listed subject, whatever the application."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from credit_sync.reporting.flagged_views import OtherFlags
from credit_sync.reporting.other_flags import other_flags
from credit_sync.reporting.review_text import flag_text
from credit_sync.screening.decisions import Conclusion
from credit_sync.screening.measures import load_measures
from credit_sync.store.schema import applicant, flag
from tests.review_world import COMPANY, NOBODY, TWO, USCC, ReviewWorld, case

AGAIN = tuple({**TWO[0], "编号": str(n), "处室": "农村处" if n == 3 else "高新处"} for n in (2, 3))
CORRECTED = {**TWO[0], "编号": "4", "名称": COMPANY.replace("股份", "")}


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> ReviewWorld:
    """One company, in four applications, in the last under a name a little different; and another firm of that name."""
    made = ReviewWorld(engine, tmp_path / "world")
    made.deliver("applicants", *TWO, *AGAIN, CORRECTED)
    made.deliver("debtors", NOBODY, case(1), case(2))
    made.deliver("banned", NOBODY, case(3))
    made.night()
    return made


def others(world: ReviewWorld, number: int, department: str = "") -> OtherFlags:
    measures = load_measures(world.folder / "mappings")
    with world.engine.connect() as connection:
        return other_flags(
            connection,
            number,
            measures,
            world.reasons,
            visible=lambda applicant: department in ("", applicant.department),
        )


def by_application(world: ReviewWorld, list_: str) -> dict[str, int]:
    """The numbers of the flags on a list, by application."""
    with world.engine.connect() as connection:
        query = select(applicant.c.application, flag.c.id).where(applicant.c.id == flag.c.applicant_id)
        return {row[0]: row[1] for row in connection.execute(query.where(flag.c.list == list_))}


def test_what_was_concluded_of_one_is_told_with_the_next(world: ReviewWorld) -> None:
    flags, banned = by_application(world, "debtors"), by_application(world, "banned")
    assert sorted(flags) == sorted(banned) == ["1", "2", "3", "4"]
    assert others(world, flags["2"]).by_state == (("待复核", 7),)
    world.decide(Conclusion.DISMISS, "甲", flags["1"], text="不是他")
    world.decide(Conclusion.UPHOLD, "乙", banned["3"])
    found = others(world, flags["2"])
    assert found.by_state == (("待复核", 5), ("待第二人复核", 1), ("已排除", 1))
    first = found.told[0]
    assert (first.number, first.head.number, first.list_title) == (flags["1"], "1", "失信被执行人名单")
    assert "甲 排除：" in first.review.sentence and "不是他" in first.review.sentence
    assert len(found.told) == 5
    assert flags["2"] not in [other.number for other in found.told]


def test_review_show_tells_them(world: ReviewWorld) -> None:
    flags = by_application(world, "debtors")
    world.decide(Conclusion.DISMISS, "甲", flags["1"])
    text = flag_text(world.standing(flags["2"]), (), (), others(world, flags["2"]), world.reasons, name_of=str)
    assert "同一申报主体、同一名单主体的其他预警（待复核 6 条，已排除 1 条；供参考，本条仍须另作结论）：" in text
    assert f"  预警 {flags['1']}（kj 1，申报单位，失信被执行人名单）" in text


def test_departments_are_kept_apart(world: ReviewWorld) -> None:
    flags = by_application(world, "debtors")
    world.decide(Conclusion.DISMISS, "甲", flags["1"])
    found = others(world, flags["3"], "农村处")
    assert [other.head.department for other in found.told] == ["农村处"]
    assert found.by_state == (("待复核", 1),)


def test_other_subjects_of_the_same_name_are_not_told(world: ReviewWorld) -> None:
    stranger = {**TWO[0], "编号": "5", "证件": ""}
    world.deliver("applicants", *TWO, *AGAIN, CORRECTED, stranger)
    world.night()
    flags = by_application(world, "debtors")
    assert [other.head.number for other in others(world, flags["5"]).told] == ["5"]
    assert flags["5"] not in [other.number for other in others(world, flags["1"]).told]


def test_of_closed_flags_only_conclusions_are_told(world: ReviewWorld) -> None:
    flags, banned = by_application(world, "debtors"), by_application(world, "banned")
    world.decide(Conclusion.DISMISS, "甲", flags["1"])
    world.deliver("applicants", *AGAIN, CORRECTED)
    world.night()
    found = others(world, flags["2"])
    assert [other.number for other in found.told if other.closed] == [flags["1"]]
    assert banned["1"] not in [other.number for other in found.told]
    assert USCC not in str(found)
