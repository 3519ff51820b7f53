"""A list as a platform delivers it, those who apply, and what the gate says of each: night after night in one store."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, select

from credit_sync.gate import Gate, GateAnswer
from credit_sync.pulling.pull import Pulled, pull
from credit_sync.pulling.rollback import roll_back
from credit_sync.screening.screen import ScreenCounts, screen
from credit_sync.screening.stored_keys import renew_stored_keys
from credit_sync.settings import Settings
from credit_sync.shipped import shipped
from credit_sync.store import ledger, schema
from credit_sync.store.list_history import accepted_versions
from credit_sync.store.orders import Order
from credit_sync.subjects.identifiers import citizen_id, organisation_code, uscc
from tests.dying import Killed, dying

FIRST = datetime(2026, 3, 1, 2, 0)
TITLES = ("caseCode", "iname", "cardNum", "courtName", "publishDate", "移出日期")
APPLICANTS = """
title = "申报"
record = "applicant"
key = ["application"]
constants = { system = "kj" }
fields = { application = "编号", name = "名称", identifier = "证件", role = "角色" }
"""


def person_number(day: str, serial: int) -> str:
    first = f"340100{day}{serial:03}"
    return first + citizen_id.check_digit(first)


def firm_code(serial: int) -> str:
    eight = f"MA{serial:06}"
    first = f"91340100{eight}{organisation_code.check_character(eight)}"
    return first + uscc.check_character(first)


LISTABLE = (
    ("屈怀瑾", person_number("19000104", 1)),
    ("欧阳修竹", person_number("19010204", 12)),
    ("张伟", person_number("19020304", 23)),
    ("张伟", person_number("19120914", 34)),
    ("阿卜杜拉·买买提", person_number("19040804", 56)),
    ("合肥谌恺农业科技有限公司", firm_code(100023)),
    ("安徽省瑾瑜生物技术股份有限公司", firm_code(200034)),
    ("蚌埠鹏翮精密机械厂", firm_code(300045)),
)
STRANGERS = (("蔚从周", person_number("19150602", 512)), ("黄山云岫茶业有限公司", firm_code(500067)))
EVERYBODY = (*LISTABLE, *STRANGERS)
"""Those who apply, each with an application of his own; it has his place here as its number."""
OTHERS = tuple((f"无名氏第{n}的公司", firm_code(600000 + 11 * n)) for n in range(12))
"""Listed always, so that a guard on shares has something to stand on."""

Damage = Callable[[list[str]], str]


def quoted(cells: Sequence[str]) -> str:
    """A line of CSV as it should be."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()[:-1]


def _split(text: str, sign: str = ",") -> str:
    return text[:1] + sign + text[1:]


def _lost(text: str, at: int, sign: str) -> str:
    return text[:at] + sign + text[at + 1 :]


DAMAGES: dict[str, Damage] = {
    "": quoted,
    "comma in the name": lambda c: ",".join([c[0], _split(c[1]), *c[2:]]),
    "comma in the number": lambda c: ",".join([*c[:2], _split(c[2]), *c[3:]]),
    "comma before": lambda c: "," + quoted(c),
    "cut behind the number": lambda c: ",".join(c[:3]),
    "cut within the number": lambda c: ",".join([*c[:2], c[2][:9]]),
    "cut within the name": lambda c: ",".join([c[0], c[1][:2]]),
    "name lost a character": lambda c: quoted([c[0], _lost(c[1], 1, "□"), *c[2:]]),
    "name lost a character, no number": lambda c: quoted([c[0], _lost(c[1], 1, "?"), "", *c[3:]]),
    "number lost a character": lambda c: quoted([*c[:2], _lost(c[2], 12, "?"), *c[3:]]),
    "number masked": lambda c: quoted([*c[:2], c[2][:10] + "****" + c[2][14:], *c[3:]]),
    "number without its end": lambda c: quoted([*c[:2], c[2][:-1], *c[3:]]),
    "number with blanks": lambda c: quoted([*c[:2], " ".join(c[2]), *c[3:]]),
    "number as a spreadsheet has it": lambda c: quoted([*c[:2], f"{c[2][:1]}.{c[2][1:3]}E+17", *c[3:]]),
    "number null": lambda c: quoted([*c[:2], "null", *c[3:]]),
    "name null": lambda c: quoted([c[0], "null", *c[2:]]),
    "no name": lambda c: quoted([c[0], "", *c[2:]]),
    "no case": lambda c: quoted(["", *c[1:]]),
    "open quote": lambda c: ",".join([c[0], '"' + c[1], *c[2:]]),
    "quote within": lambda c: ",".join([c[0], _split(c[1], '"'), *c[2:]]),
    "line end in the name": lambda c: ",".join([c[0], _split(c[1], "\n"), *c[2:]]),
    "quoted line end": lambda c: quoted([c[0], _split(c[1], "\n"), *c[2:]]),
    "NUL": lambda c: quoted([c[0], _split(c[1], "\0"), *c[2:]]),
    "zero width": lambda c: quoted([c[0], _split(c[1], "\u200b"), _split(c[2], "\ufeff"), *c[3:]]),
    "bytes that are no text": lambda c: quoted([c[0], _split(c[1], "\udcff"), *c[2:]]),
    "a byte in the number that is no text": lambda c: quoted([*c[:2], _split(c[2], "\udca3"), *c[3:]]),
    "note behind the name": lambda c: quoted([c[0], f"{c[1]}（已注销）", *c[2:]]),
    "quotes of another kind": lambda c: quoted([c[0], f"“{c[1]}”", *c[2:]]),
    "apostrophe before the number": lambda c: quoted([*c[:2], "'" + c[2], *c[3:]]),
    "two numbers": lambda c: quoted([*c[:2], f"{c[2]}/{OTHERS[0][1]}", *c[3:]]),
    "labels": lambda c: quoted([c[0], f"被执行人：{c[1]}", f"身份证号：{c[2]}", *c[3:]]),
    "tabs": "\t".join,
    "no such day": lambda c: quoted([*c[:4], "2026-02-30", *c[5:]]),
    "removed on no day": lambda c: quoted([*c[:5], "是"]),
    "removed on no such day": lambda c: quoted([*c[:5], "2026-13-01"]),
    "to be removed": lambda c: quoted([*c[:5], "2031-01-01"]),
    "html": lambda c: quoted([c[0], f"<b>{c[1]}</b>", *c[2:]]),
    "references": lambda c: quoted([c[0], "".join(f"&#{ord(x)};" for x in c[1]), *c[2:]]),
    "escaped": lambda c: quoted([c[0], "".join(f"\\u{ord(x):04x}" for x in c[1]), *c[2:]]),
    "full width": lambda c: quoted([*c[:2], "".join(chr(ord(x) + 0xFEE0) for x in c[2]), *c[3:]]),
    "case of another": lambda c: quoted(["(2015)皖01执0号", *c[1:]]),
}
"""What may be wrong with the row of an entry. It still is about whom it is about."""


class ListedWorld:
    """The list comes as the shipped mapping of 失信被执行人 reads it; a fifth of it may go missing."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder, self.number = engine, folder, 0
        self.counts = ScreenCounts()
        sources = folder / "mappings" / "sources"
        sources.mkdir(parents=True)
        for shared in ("measures.toml", "gate.toml", "screening", "names"):
            (folder / "mappings" / shared).symlink_to(shipped("mappings") / shared)
        text = (shipped("mappings") / "sources" / "dishonest_debtors.toml").read_text("utf-8")
        guards = "[guards]\nmax_shrink = 0.2\nmax_age_days = 3\n"
        (sources / "debtors.toml").write_text(text[: text.index("[guards]")] + guards, encoding="utf-8")
        (sources / "applicants.toml").write_text(APPLICANTS, encoding="utf-8")
        files = {n: {"kind": "file", "mapping": n, "folder": n} for n in ("debtors", "applicants")}
        settings = Settings.model_validate({"sources": files, "store": {"index": folder / "index"}})
        self.settings = settings.model_copy(update={"base": folder})
        for name in files:
            (folder / name).mkdir()
        rows = [f"{n},{name},{code},{_role(code)}" for n, (name, code) in enumerate(EVERYBODY)]
        self.write("applicants", "\n".join(["编号,名称,证件,角色", *rows, ""]).encode())

    @property
    def now(self) -> datetime:
        """The morning after the last night."""
        return FIRST + timedelta(days=self.number, hours=6)

    def write(self, name: str, content: bytes) -> None:
        """The one file of a source."""
        (self.folder / name / "rows.csv").write_bytes(content)

    def deliver(self, *lines: str) -> None:
        """The list: those who are always on it, and these lines."""
        always = (entry(f"(2015)皖01执{n}号", *of) for n, of in enumerate(OTHERS))
        text = "\n".join([quoted(TITLES), *always, *lines, ""])
        self.write("debtors", text.encode("utf-8", "surrogateescape"))

    def night(self, *, dies_at: int = 0, only: str = "", accept_shrink: bool = False) -> Pulled | None:
        """Pulls, screens; what became of the list, None where that was not to be, or where it died."""
        self.number += 1
        pulled: dict[str, Pulled] = {}
        run = ledger.begin(self.engine, FIRST + timedelta(days=self.number), {"only": only})
        try:
            with dying(self.engine, dies_at):
                renew_stored_keys(self.engine)
                if only != "screen":
                    done = pull(self.engine, self.settings, run, accept_shrink=accept_shrink)
                    pulled = {found.source: found for found in done}
                if only != "pull":
                    self.counts = screen(self.engine, self.settings, run)
                ledger.finish(self.engine, run, "done")
        except Killed:
            pass
        return pulled.get("debtors")

    def roll_back(self) -> bool:
        """The list as it was the version before; False where there is none."""
        with self.engine.connect() as connection:
            versions = accepted_versions(connection, "debtors")
        if len(versions) < 2:
            return False
        self.number += 1
        run = ledger.begin(self.engine, FIRST + timedelta(days=self.number), {"only": "rollback"})
        roll_back(self.engine, run, "debtors", versions[1].number, Order("甲", "试"))
        ledger.finish(self.engine, run, "done")
        return True

    def answer(self, who: int) -> GateAnswer:
        """What the gate says of one who applies."""
        with self.engine.connect() as connection:
            return Gate(self.settings).stored(connection, "kj", str(who), self.now)

    def flagged(self) -> set[int]:
        """Who has a flag that is not closed."""
        flag, applicant = schema.flag, schema.applicant
        joined = flag.join(applicant, applicant.c.id == flag.c.applicant_id)
        query = select(applicant.c.application).select_from(joined).where(flag.c.closed_at.is_(None))
        with self.engine.connect() as connection:
            return {int(number) for number in connection.scalars(query)}


def entry(case: str, name: str, number: str, damage: str = "") -> str:
    """The line of an entry of the list."""
    return DAMAGES[damage]([case, name, number, "合肥市中级人民法院", "2026-01-02", ""])


def _role(code: str) -> str:
    return "申报单位" if code.startswith("91") else "项目负责人"
