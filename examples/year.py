"""Plays the year 2018 of the example province, night by night, for the compliance report:

    python -m examples.year FOLDER
    credit-sync --config FOLDER/config.toml compliance --month 2018-11

Decisions come into the registers some days after they were taken, most of them soon. Planted (PLANTED below): one that
waited for its stamp, a code written wrong, a number that nobody ever entered, rows that the platform refuses or says
nothing about, and two slow months. Every Tuesday and Friday is a night that pulls and publishes, with the platform's
answers to the nights before.
"""

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import structlog
from sqlalchemy import select

from credit_sync.nightly import NightOptions, run_night
from credit_sync.publishing.channels.channel import Answer, Receipt
from credit_sync.publishing.outbox import State
from credit_sync.publishing.receipts import record_receipts
from credit_sync.settings import Settings, load_settings
from credit_sync.shipped import shipped
from credit_sync.store.engine import open_engine, writing
from credit_sync.store.schema import submission
from examples import make
from examples.province import numbers
from examples.province.decisions import LicenceDecision, PatentDecision
from examples.province.people import Person
from examples.province.sheets import Cell, Sheet, write_csv

FIRST, LAST = date(2018, 1, 9), date(2018, 11, 30)
SLOW_MONTHS = (3, 7)
TUESDAY, FRIDAY = 1, 4


@dataclass(frozen=True)
class Plant:
    """What is special about one decision."""

    why: str
    days: int = 0
    """From the decision to its row in the register."""
    never_entered: bool = False
    code_wrong: bool = False
    no_representative: bool = False
    refused: str = ""
    """The platform's reason, as long as the row does not change."""
    corrected_on: date | None = None
    unanswered: bool = False


PLANTED = {
    "皖科动许用〔2018〕78号": Plant("没有登记", never_entered=True),
    "皖科动许用〔2018〕82号": Plant(
        "平台退回，更正后重报", refused="法定代表人与登记信息不一致", corrected_on=date(2018, 11, 12)
    ),
    "皖科动许用〔2018〕83号": Plant("等用印，登记晚了", days=19),
    "皖科动许用〔2018〕85号": Plant("信用代码抄错，留在隔离区", code_wrong=True),
    "皖科动许用〔2018〕86号": Plant("没有填法定代表人，校验不通过", no_representative=True),
    "皖科动许产〔2018〕38号": Plant("平台退回，没有重报", refused="行政相对人名称与统一社会信用代码不符"),
    "皖知法处字〔2018〕35号": Plant("登记晚了", days=16),
    "皖知法处字〔2018〕36号": Plant("平台没有回执", unanswered=True),
}

_CONFIG = """\
mappings = "{mappings}"

[department]
name = "安徽省科学技术厅"
uscc = "11340000MB0000019J"

[store]
url = "sqlite:///store.db"
index = "index"

[reports]
folder = "reports"

[sources.production_licences]
kind = "file"
mapping = "animal_production_licence"
folder = "registers"
pattern = "production*"

[sources.use_licences]
kind = "file"
mapping = "animal_use_licence"
folder = "registers"
pattern = "use*"

[sources.patent_decisions]
kind = "file"
mapping = "patent_penalty"
folder = "registers"
pattern = "patent*"

[channels.workbook]
kind = "workbook"
folder = "outbox"
"""


def play(folder: Path, first: date = FIRST, last: date = LAST) -> None:
    """The nights from first to last, in a folder of its own that must not be there yet."""
    (folder / "registers").mkdir(parents=True)
    (folder / "config.toml").write_text(_CONFIG.format(mappings=shipped("mappings").as_posix()), encoding="utf-8")
    settings = load_settings(folder / "config.toml")
    decisions = make.invent_decisions(make.invent().applicants)
    for number, night in enumerate(_nights(first, last)):
        if number:
            _answer(settings, night)
        write_registers(folder / "registers", decisions, night)
        for stage in ("pull", "publish"):
            options = NightOptions(datetime.combine(night, time(2)), only=stage)
            run_night(settings, options, lambda _part, _done: None)


def _nights(first: date, last: date) -> Iterator[date]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return (day for day in days if day.weekday() in (TUESDAY, FRIDAY))


def write_registers(folder: Path, decisions: make.Decisions, on: date) -> None:
    """The registers as they stand on a day."""
    for name, licences in (("production", decisions.production), ("use", decisions.use)):
        rows = [_licence_row(d, on) for d in licences if _is_entered(d, on)]
        write_csv(folder / f"{name}.csv", Sheet("", [], _LICENCE_TITLES, rows), "utf-8-sig")
    rows = [_penalty_row(d) for d in decisions.patent if _is_entered(d, on)]
    write_csv(folder / "patent.csv", Sheet("", [], _PENALTY_TITLES, rows), "utf-8-sig")


def _is_entered(decision: LicenceDecision | PatentDecision, on: date) -> bool:
    plant, serial = PLANTED.get(decision.document), int(decision.document.split("〕")[1][:-1])
    if plant and plant.never_entered:
        return False
    slow = 12 if decision.decided.month in SLOW_MONTHS and serial % 3 == 0 else 0
    days = plant.days if plant and plant.days else serial % 4 + slow
    return decision.decided + timedelta(days=days) < on


_LICENCE_TITLES = [
    "单位名称", "统一社会信用代码", "法定代表人", "许可证号", "文号", "办理事项", "适用范围", "受理日期", "决定日期",
    "有效期自", "有效期至", "状态", "备注",
]  # fmt: skip
_PENALTY_TITLES = [
    "决定书文号", "案件类型", "当事人", "统一社会信用代码/身份证号", "法定代表人", "违法行为类型", "违法事实", "处罚依据",
    "处罚类别", "处罚内容", "罚款金额（元）", "没收违法所得（元）", "决定日期", "处罚有效期",
]  # fmt: skip


def _licence_row(d: LicenceDecision, on: date) -> list[Cell]:
    plant = PLANTED.get(d.document, Plant(""))
    code = numbers.wrong_check(d.holder.uscc) if plant.code_wrong else d.holder.uscc
    representative = "" if plant.no_representative else d.holder.legal_representative
    note = "已更正法定代表人" if plant.corrected_on and plant.corrected_on < on else ""
    days = [f"{day:%Y-%m-%d}" for day in (d.accepted, d.decided, d.valid_from, d.valid_to)]
    head = [d.holder.name, code, representative, d.licence, d.document, d.event, d.scope]
    return [*head, *days, d.state, note]


def _penalty_row(d: PatentDecision) -> list[Cell]:
    number = d.party.citizen_id if isinstance(d.party, Person) else d.party.uscc
    representative = "" if isinstance(d.party, Person) else d.party.legal_representative
    until = d.decided.replace(year=d.decided.year + 1)
    said = [d.violation, d.facts, d.basis, d.category, d.content, d.fine or None, d.confiscated or None]
    return [d.document, d.nature, d.party.name, number, representative, *said, f"{d.decided}", f"{until}"]


def _answer(settings: Settings, night: date) -> None:
    """The platform's receipts for what was uploaded after the nights before."""
    engine = open_engine(settings)
    sent = select(submission.c.id, submission.c.row).where(submission.c.state == State.SENT)
    with writing(engine) as connection:
        receipts = [
            Receipt(found.id, Answer.REJECTED if reason else Answer.ACCEPTED, reason)
            for found in connection.execute(sent.order_by(submission.c.id)).all()
            if (reason := _reason(found.row)) is not None
        ]
        record_receipts(connection, "workbook", receipts, datetime.combine(night, time(1)))
    engine.dispose()


def _reason(row: dict[str, str]) -> str | None:
    """Why the platform refuses a row: '' when it does not, None when it says nothing."""
    plant = PLANTED.get(row.get("XK_WSH") or row["CF_WSH"], Plant(""))
    if plant.unanswered:
        return None
    return "" if row["BZ"] else plant.refused


def main() -> None:
    """Plays the year into the folder that the command line names."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    folder = Path(sys.argv[1])
    play(folder)
    print(f"2018 年已演完：{folder}/config.toml")
    for document, plant in PLANTED.items():
        print(f"  {document}  {plant.why}")


if __name__ == "__main__":
    main()
