"""A small world for tests of lists that can only be asked: applicants in a file, a platform that answers as told."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from servers import Answer, Request, json_answer
from sqlalchemy import Engine, Table, select

from credit_sync.pulling.pull import Pulled, pull
from credit_sync.screening.screen import screen
from credit_sync.screening.stored_keys import renew_stored_keys
from credit_sync.settings import Settings
from credit_sync.store import ledger
from credit_sync.store.ledger import Run
from credit_sync.store.schema import applicant, listing, question, screening
from tests.night import ROOT

FIRST_NIGHT = datetime(2026, 11, 1, 2, 0)
ZHANG = ("张砚秋", "340100190001040017")
LI = ("李观澜", "340100190203040015")
WANG = ("王知微", "340100191105060025")

LISTS = """
title = "科研失信名单"
record = "listing"
list = "research_misconduct"
key = ["number"]
[layout]
rows = "data"
[constants]
kind = "person"
[fields]
name = "xm"
citizen_id = "sfzh"
number = "wh"
reason = "sy"
listed_on = "rq"
[guards]
max_shrink = 0.3
max_age_days = 30
"""

APPLICANTS = """
title = "申报"
record = "applicant"
key = ["application", "name"]
[constants]
system = "测试"
role = "leader"
kind = "person"
[fields]
application = "编号"
name = "姓名"
citizen_id = "证件"
[guards]
max_shrink = 1
"""

Respond = Callable[[Request], Answer]


def found(*rows: dict[str, Any]) -> Answer:
    return json_answer({"code": 200, "data": list(rows)})


def nothing() -> Answer:
    return json_answer({"code": 404, "message": "查无记录"})


def entry(who: tuple[str, str], number: str, **more: Any) -> dict[str, Any]:
    return {"xm": who[0], "sfzh": who[1], "wh": number, "sy": "伪造数据", "rq": "2020-05-06"} | more


@dataclass(slots=True)
class AskedWorld:
    """Applicants, the list `misconduct` that is asked at `url`, and what a night does with them."""

    engine: Engine
    folder: Path
    url: str
    options: dict[str, Any] = field(default_factory=dict)
    night: int = 0

    def __post_init__(self) -> None:
        (self.folder / "mappings" / "sources").mkdir(parents=True)
        for name, text in (("misconduct", LISTS), ("applicants", APPLICANTS)):
            (self.folder / "mappings" / "sources" / f"{name}.toml").write_text(text, encoding="utf-8")
        for name in ("screening", "names", "measures.toml", "gate.toml"):
            (self.folder / "mappings" / name).symlink_to(ROOT / "mappings" / name)
        (self.folder / "applicants").mkdir()

    @property
    def settings(self) -> Settings:
        asked = {
            "kind": "query",
            "mapping": "misconduct",
            "url": self.url,
            "parameters": {"xm": "{name}", "sfzh": "{citizen_id}"},
            "success": {"path": "code", "values": ["200"]},
            "no_record": {"path": "code", "values": ["404"]},
            "rate_per_second": 1000,
            "timeout_seconds": 10,
            "retries": 1,
            "backoff_seconds": 0.01,
        }
        people = {"kind": "file", "mapping": "applicants", "folder": "applicants"}
        sources = {"misconduct": asked | self.options, "people": people}
        return Settings.model_validate({"sources": sources}).model_copy(update={"base": self.folder})

    def apply(self, *people: tuple[str, str]) -> None:
        rows = [{"编号": f"P{n}", "姓名": name, "证件": number} for n, (name, number) in enumerate(people)]
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (self.folder / "applicants" / "rows.jsonl").write_text(text + "\n", encoding="utf-8")

    @property
    def as_of(self) -> datetime:
        return FIRST_NIGHT + timedelta(days=self.night - 1)

    def pull(self, run: Run, **options: Any) -> Pulled:
        """How the pull of the asked list ended."""
        results = {r.source: r for r in pull(self.engine, self.settings, run, **options)}
        return results["misconduct"]

    def run(self, days: int = 1, accept_shrink: bool = False) -> Pulled:
        """A night: pull and screen. How the pull of the asked list ended."""
        self.night += days
        run = ledger.begin(self.engine, self.as_of, {})
        renew_stored_keys(self.engine)
        pulled = self.pull(run, accept_shrink=accept_shrink)
        screen(self.engine, self.settings, run)
        ledger.finish(self.engine, run, "done")
        return pulled

    def rows(self, table: Table, *columns: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            chosen = select(*(table.c[name] for name in columns)).order_by(*table.primary_key)
            return [tuple(row) for row in connection.execute(chosen)]

    def verdicts(self) -> dict[str, str]:
        """Name -> verdict."""
        names = dict(self.rows(applicant, "id", "subject_name"))
        return {names[number]: verdict for number, verdict in self.rows(screening, "applicant_id", "verdict")}

    def reasons(self) -> dict[str, str]:
        names = dict(self.rows(applicant, "id", "subject_name"))
        return {names[number]: reason for number, reason in self.rows(screening, "applicant_id", "reason")}

    def states(self) -> list[str]:
        return sorted(state for (state,) in self.rows(question, "state"))

    def in_force(self) -> list[str]:
        return [key for key, gone in self.rows(listing, "key", "removed_at") if gone is None]
