"""Records of a store that share a number: the one that came first goes out, the other says why it does not."""

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from credit_sync.channel_settings import WorkbookChannel
from credit_sync.publishing import by_hand
from credit_sync.publishing.outbox import outboxes_of
from credit_sync.publishing.publish import publish
from credit_sync.publishing.values import Published
from credit_sync.settings import Settings
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.orders import Order
from credit_sync.store.schema import submission
from tests.publishing import LICENCE, MAPPINGS, ORGANISATION, PENALTY, PERSON, code, settings, store_record

NIGHTS = [Run(n, datetime(2018, 12, n, 2)) for n in (1, 2, 3, 4, 5)]
ORDER = Order.of("张科", "更正名称")
OTHER = replace(ORGANISATION, name="合肥宣纸有限公司", identifiers=(code("91340100MA2TUXY34"),))
NEXT = replace(LICENCE, document_number="皖科动许〔2018〕2号")


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    return settings(tmp_path)


def save(engine: Engine, *records: Published, first: int = 1, **changes: Any) -> None:
    with writing(engine) as connection:
        for number, record in enumerate(records, first):
            store_record(connection, number, record, **changes)


def outcome(engine: Engine) -> list[tuple[int, str, list[str]]]:
    """Each record's last submission: its state and the rules it breaks."""
    wanted = select(submission.c.record_id, submission.c.state, submission.c.findings).order_by(submission.c.id)
    with engine.connect() as connection:
        last = {(row.record_id): row for row in connection.execute(wanted)}
    return [(number, row.state, [f["rule"] for f in row.findings]) for number, row in sorted(last.items())]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (LICENCE, LICENCE, ("invalid", ["document_repeated"])),
        (LICENCE, replace(LICENCE, content="普通环境"), ("invalid", ["document_conflict"])),
        (LICENCE, replace(NEXT, subject=OTHER), ("invalid", ["licence_number_taken"])),
        (PENALTY, replace(PENALTY, subject=PERSON), ("sent", ["document_shared"])),
        (LICENCE, replace(LICENCE, licence_number="SCXK(皖)2018-001"), ("sent", ["document_shared"])),
        (LICENCE, NEXT, ("sent", [])),
        (replace(LICENCE, document_number="皖科动许〔2018〕11号"), replace(LICENCE, document_number="皖科动许〔2018〕1-1号"), ("sent", [])),
        (LICENCE, replace(NEXT, authority_code=OTHER.identifiers[0].value), ("invalid", ["organ_code", "organ_codes_differ"])),
        (PENALTY, replace(PENALTY, nature="行政裁决"), None),
    ],
)  # fmt: skip
def test_the_first_keeps_its_number(
    engine: Engine, site: Settings, first: Published, second: Published, expected: tuple[str, list[str]] | None
) -> None:
    save(engine, first, second)
    publish(engine, site, NIGHTS[0])
    assert outcome(engine) == [(1, "sent", []), *([(2, *expected)] if expected else [])]


def test_of_a_decision_on_several_each_has_its_row_once(engine: Engine, site: Settings) -> None:
    """Not only the first of them: all of them come a second time, as from a source that was renamed."""
    other, person = replace(PENALTY, subject=OTHER), replace(PENALTY, subject=PERSON)
    save(engine, PENALTY, other, person)
    publish(engine, site, NIGHTS[0])
    save(engine, PENALTY, other, replace(person, facts="另一件事"), first=4)
    publish(engine, site, NIGHTS[1])
    assert outcome(engine) == [
        (1, "sent", []),
        (2, "sent", ["document_shared"]),
        (3, "sent", ["document_shared"]),
        (4, "invalid", ["document_repeated"]),
        (5, "invalid", ["document_repeated"]),
        (6, "invalid", ["document_conflict"]),
    ]


def test_it_is_the_same_in_whatever_runs_they_come_and_ends_with_its_reason(
    engine: Engine, site: Settings
) -> None:
    save(engine, LICENCE)
    publish(engine, site, NIGHTS[0])
    save(engine, replace(LICENCE, content="普通环境"), first=2)
    publish(engine, site, NIGHTS[1])
    assert outcome(engine) == [(1, "sent", []), (2, "invalid", ["document_conflict"])]
    save(engine, replace(LICENCE, document_number="皖科动许〔2018〕3号"))
    publish(engine, site, NIGHTS[2])
    assert outcome(engine)[1] == (2, "sent", [])


def test_what_stands_for_no_number_is_nobodys(engine: Engine, tmp_path: Path) -> None:
    """In the 2016 edition a decision without a number says 空: one that is gone has left it to no other."""
    shutil.copytree(MAPPINGS / "credit_anhui", tmp_path / "mappings" / "credit_anhui")
    edition = tmp_path / "mappings" / "credit_anhui" / "2016.toml"
    edition.write_text(
        edition.read_text("utf-8").replace('required = true, constant = ""', 'constant = ""'), "utf-8"
    )
    channel = WorkbookChannel(kind="workbook", folder=tmp_path / "outbox", standard="2016")
    site = settings(tmp_path, anhui=channel).model_copy(update={"mappings": tmp_path / "mappings"})
    none = replace(LICENCE, document_number="空")
    save(engine, none)
    publish(engine, site, NIGHTS[0])
    save(engine, none, removed_at=datetime(2018, 12, 1))
    save(engine, replace(none, subject=OTHER, licence_number="SYXK(皖)2018-002"), first=2)
    publish(engine, site, NIGHTS[1])
    assert [(number, state) for number, state, _ in outcome(engine)] == [(1, "held"), (2, "sent")]


def test_what_takes_the_place_of_a_published_record_that_is_gone_waits_for_a_person(
    engine: Engine, site: Settings
) -> None:
    """A name mended in the register of penalties is another key there: one record goes, another comes."""
    mended = replace(PENALTY, subject=replace(ORGANISATION, name="合肥青檀实验动物股份有限公司"))
    save(engine, PENALTY)
    publish(engine, site, NIGHTS[0])
    save(engine, PENALTY, removed_at=datetime(2018, 12, 1))
    save(engine, mended, first=2)
    publish(engine, site, NIGHTS[1])
    assert outcome(engine) == [(1, "held", []), (2, "held", [])]
    save(engine, replace(mended, note="又有更正"), first=2)
    publish(engine, site, NIGHTS[2])
    assert outcome(engine) == [(1, "held", []), (2, "held", [])]
    decide(engine, site, by_hand.withdraw, ORGANISATION.name)
    decide(engine, site, by_hand.resume, mended.subject.name)
    publish(engine, site, NIGHTS[3])
    assert outcome(engine) == [(1, "sent", []), (2, "sent", [])]
    save(engine, replace(mended, note="后来的更正"), first=2)
    publish(engine, site, NIGHTS[4])
    assert outcome(engine) == [(1, "sent", []), (2, "sent", [])], "a correction like any other"


@pytest.mark.parametrize("number", ["皖知罚字[2018]1号", "皖知罚字（2018）1号", "皖知罚字【2018】1号"])
def test_brackets_of_another_kind_make_no_other_number(engine: Engine, site: Settings, number: str) -> None:
    save(engine, PENALTY)
    publish(engine, site, NIGHTS[0])
    save(engine, replace(PENALTY, document_number=number), first=2)
    publish(engine, site, NIGHTS[1])
    assert outcome(engine) == [(1, "sent", []), (2, "invalid", ["document_repeated"])]
    save(engine, PENALTY, removed_at=datetime(2018, 12, 3))
    publish(engine, site, NIGHTS[2])
    assert outcome(engine) == [(1, "held", []), (2, "held", [])]


def test_a_conflict_that_ends_because_the_earlier_one_is_gone_waits_for_a_person_too(
    engine: Engine, site: Settings
) -> None:
    save(engine, LICENCE, replace(LICENCE, content="普通环境"))
    publish(engine, site, NIGHTS[0])
    assert outcome(engine) == [(1, "sent", []), (2, "invalid", ["document_conflict"])]
    save(engine, LICENCE, removed_at=datetime(2018, 12, 1))
    publish(engine, site, NIGHTS[1])
    assert outcome(engine) == [(1, "held", []), (2, "held", [])]
    decide(engine, site, by_hand.keep, ORGANISATION.name, record_id=2)


def test_a_repaired_penalty_does_not_come_back_in_public_under_another_key(engine: Engine, site: Settings) -> None:
    save(engine, PENALTY)
    publish(engine, site, NIGHTS[0])
    with writing(engine) as connection:
        by_hand.repair(connection, PENALTY.document_number, "", ORDER, NIGHTS[1], on=NIGHTS[1].as_of.date())
    publish(engine, site, NIGHTS[1])
    save(engine, PENALTY, removed_at=datetime(2018, 12, 3))
    save(engine, replace(PENALTY, subject=replace(ORGANISATION, name="合肥青檀公司")), first=2)
    publish(engine, site, NIGHTS[2])
    assert outcome(engine) == [(1, "sent", []), (2, "held", [])]


def test_what_is_resumed_is_judged_beside_the_others(engine: Engine, site: Settings) -> None:
    save(engine, NEXT, LICENCE)
    publish(engine, site, NIGHTS[0])
    decide(engine, site, by_hand.withdraw, ORGANISATION.name, record_id=2)
    publish(engine, site, NIGHTS[1])
    save(engine, replace(LICENCE, content="普通环境"))
    publish(engine, site, NIGHTS[2])
    decide(engine, site, by_hand.resume, ORGANISATION.name, record_id=2)
    publish(engine, site, NIGHTS[3])
    assert outcome(engine) == [(1, "sent", []), (2, "invalid", ["document_conflict"])]


def decide(engine: Engine, site: Settings, decision: by_hand.Decide, subject: str, record_id: int = 0) -> None:
    with writing(engine) as connection:
        outboxes = outboxes_of(site, "anhui", NIGHTS[3].as_of.date())
        found = [
            item
            for number in (PENALTY.document_number, LICENCE.document_number)
            for item in by_hand.candidates(connection, outboxes, number, subject)
            if not record_id or item.record.id == record_id
        ]
        decision(connection, found[0], ORDER, NIGHTS[3])
