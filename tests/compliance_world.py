"""A register and a channel through some weeks of 2018, for the tests of compliance: pulled, published and answered."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Engine, select

from credit_sync.channel_settings import WorkbookChannel
from credit_sync.interfaces.messages import Answer
from credit_sync.publishing.channels.channel import Receipt
from credit_sync.publishing.outbox import State
from credit_sync.publishing.publish import publish
from credit_sync.publishing.receipts import record_receipts
from credit_sync.pulling.pull import pull
from credit_sync.settings import FileSource, Settings, Store
from credit_sync.store import ledger
from credit_sync.store.engine import writing
from credit_sync.store.schema import submission
from tests.publishing import DEPARTMENT, MAPPINGS, ORGANISATION


def document(number: int) -> str:
    return f"皖科动许用〔2018〕{number}号"


@dataclass(frozen=True)
class Row:
    """One decision in the register. Without a representative it is invalid, without a day it goes to quarantine."""

    number: int
    decided: str
    accepted: str
    representative: str = "程砚秋"
    licence: str = ""
    """As another clerk writes it, which makes another key."""

    def cells(self) -> dict[str, str]:
        (code,) = ORGANISATION.identifiers
        return {
            "单位名称": ORGANISATION.name,
            "统一社会信用代码": code.value,
            "法定代表人": self.representative,
            "许可证号": self.licence or f"SYXK(皖)2018-{self.number:03}",
            "文号": document(self.number),
            "适用范围": "屏障环境（SPF级小鼠）",
            "受理日期": self.accepted,
            "决定日期": self.decided,
            "有效期自": "2018-11-01",
            "有效期至": "2023-10-31",
        }


@dataclass
class World:
    """What the register says by number, and the store that follows it."""

    engine: Engine
    folder: Path
    rows: dict[int, Row]

    @property
    def settings(self) -> Settings:
        return Settings(
            department=DEPARTMENT,
            store=Store(url=self.engine.url.render_as_string(hide_password=False)),
            mappings=MAPPINGS,
            sources={"register": FileSource(kind="file", mapping="animal_use_licence", folder=self.folder / "in")},
            channels={"anhui": WorkbookChannel(kind="workbook", folder=self.folder / "outbox")},
        ).model_copy(update={"base": self.folder})

    def enter(self, *rows: Row) -> None:
        self.rows |= {row.number: row for row in rows}

    def change(self, number: int, **cells: str) -> None:
        self.rows[number] = replace(self.rows[number], **cells)

    def night(self, day: date) -> None:
        """Pulls the register and publishes, at two in the morning."""
        path = self.folder / "in" / "register.csv"
        path.parent.mkdir(exist_ok=True)
        cells = [self.rows[number].cells() for number in sorted(self.rows)]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(cells[0]))
            writer.writeheader()
            writer.writerows(cells)
        run = ledger.begin(self.engine, datetime(day.year, day.month, day.day, 2), {})
        pull(self.engine, self.settings, run, accept_shrink=True, progress=lambda _part, _done: None)
        publish(self.engine, self.settings, run)
        with writing(self.engine) as connection:
            ledger.stage_done(connection, run, "report", "", {})
        ledger.finish(self.engine, run, "done")

    def answer(self, day: date, reasons: Mapping[int, str]) -> None:
        """The platform's receipts at noon, by number: '' for what it accepts."""
        sent = select(submission.c.id, submission.c.row).where(submission.c.state == State.SENT)
        by_document = {document(number): reason for number, reason in reasons.items()}
        with writing(self.engine) as connection:
            receipts = [
                Receipt(found.id, Answer.REJECTED if reason else Answer.ACCEPTED, reason)
                for found in connection.execute(sent)
                if (reason := by_document.get(found.row["XK_WSH"])) is not None
            ]
            record_receipts(connection, "anhui", receipts, datetime(day.year, day.month, day.day, 12))
        assert len(receipts) == len(reasons)


def november(engine: Engine, folder: Path) -> World:
    """Four weeks in which everything happens that the rates are about; the store as it is on 1 December.

    Working days: all from Monday to Friday, there was no holiday between 8 October and 29 December.
    """
    world = World(engine, folder, {})
    world.enter(
        Row(1, "2018-10-25", "2018-10-15"),  # due 11-05, sent 11-02
        Row(8, "2018-10-10", "2018-10-08"),  # due 10-19, sent 11-02: 10 working days late
        Row(9, "2018-10-12", "2018-10-08", representative=""),  # due 10-23, never sent: 28 late on 11-30
    )
    world.night(date(2018, 11, 2))
    world.answer(date(2018, 11, 5), {1: "", 8: ""})
    world.enter(
        Row(2, "2018-10-30", "2018-10-22"),  # due 11-08, sent 11-09: 1 late
        Row(3, "2018-11-01", ""),  # due 11-12, sent 11-09, refused: 14 late
        Row(4, "2018-11-05", "2018-11-06"),  # due 11-14, sent 11-09, no receipt; accepted after it was decided
        Row(5, "2018-11-06", "2018-10-30", representative=""),  # due 11-15, not sent: 11 late
        Row(10, "2018-11-07", "2018-10-30", representative=""),  # due 11-16, but taken out before it could be sent
    )
    world.night(date(2018, 11, 9))
    world.answer(date(2018, 11, 10), {2: "", 3: "名称与代码不符"})
    del world.rows[10]
    world.enter(
        Row(11, "2018-11-08", "2018-10-30"),  # due 11-19, sent 11-16
        Row(13, "", "2018-11-01"),  # without its day it goes to quarantine
    )
    world.night(date(2018, 11, 16))
    world.answer(date(2018, 11, 19), {11: ""})
    world.enter(
        Row(6, "2018-11-20", "2018-11-01"),  # due 11-29, sent 11-23
        Row(7, "2018-11-22", "2018-10-22"),  # due 12-03, sent 11-23; promised by 11-19: 3 late
        Row(12, "2018-11-23", "2018-11-02"),  # due 12-04, sent 11-23
        Row(15, "2018-11-23", "2018-11-02", representative=""),  # due 12-04, not sent; 14 is nowhere
    )
    world.night(date(2018, 11, 23))
    world.answer(date(2018, 11, 26), {6: "", 7: "", 12: ""})
    world.night(date(2018, 11, 30))
    return world


def early_december(world: World) -> None:
    """What happens to the same decisions in December, and may not change November."""
    world.answer(date(2018, 12, 3), {4: ""})
    world.change(3, accepted="2018-10-20")
    world.change(5, representative="程砚秋")
    world.change(11, decided="2018-10-08")
    world.enter(Row(10, "2018-11-07", "2018-10-30"), Row(13, "2018-11-09", "2018-11-01"))
    del world.rows[1]
    world.night(date(2018, 12, 4))
