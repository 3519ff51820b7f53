"""A small world for tests of the pull stage: a folder of JSON sources with one mapping, pulled night by night."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, select

from credit_sync.pulling.pull import Pulled, pull
from credit_sync.settings import Settings
from credit_sync.sources.mapping import SourceMapping, load_mappings
from credit_sync.sources.rows import RawRows, Row, Rows
from credit_sync.store import ledger
from credit_sync.store.ledger import Run

FIRST_NIGHT = datetime(2018, 11, 1, 2, 0)

MAPPING = """
title = "测试名单"
record = "listing"
list = "debtors"
key = ["number"]
[fields]
name = "姓名"
number = "案号"
identifier = "证件"
published_on = "发布日期"
removed_on = "移出日期"
reason = "原因"
[removal]
from = "状态"
values = ["删除"]
[guards]
max_shrink = 0.5
max_age_days = 7
"""


def entry(number: object, name: str = "张三", **more: Any) -> dict[str, Any]:
    return {"案号": number, "姓名": name} | more


def one_by_one(rows: Iterable[Rows]) -> Iterator[Row]:
    """Rows as they come, those that come many at once each by itself."""
    for row in rows:
        yield from row.rows() if isinstance(row, RawRows) else (row,)


@dataclass(slots=True)
class World:
    """Sources `a` (whole) and `b` (delta), each a file, and what a night does with them."""

    engine: Engine
    folder: Path
    night: int = 0

    def __post_init__(self) -> None:
        (self.folder / "mappings" / "sources").mkdir(parents=True)
        self.map(MAPPING)
        for name in ("a", "b"):
            (self.folder / name).mkdir()

    @property
    def settings(self) -> Settings:
        sources = {
            name: {
                "kind": "file",
                "mapping": "debtors",
                "folder": name,
                "pattern": "rows.*",
                "delivery": delivery,
            }
            for name, delivery in (("a", "full"), ("b", "delta"))
        }
        return Settings.model_validate({"sources": sources}).model_copy(update={"base": self.folder})

    def map(self, text: str) -> None:
        (self.folder / "mappings" / "sources" / "debtors.toml").write_text(text, encoding="utf-8")

    def deliver(self, name: str, *rows: dict[str, Any] | str) -> None:
        lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
        self._write(name, "rows.jsonl", lines)

    def write_text(self, name: str, *lines: str) -> None:
        """As CSV; lone surrogates are bytes that are no text."""
        self._write(name, "rows.csv", lines)

    def _write(self, name: str, file: str, lines: Iterable[str]) -> None:
        for last in (self.folder / name).iterdir():
            last.unlink()
        content = ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")
        (self.folder / name / file).write_bytes(content)

    def begin(self) -> Run:
        self.night += 1
        return ledger.begin(self.engine, FIRST_NIGHT + timedelta(days=self.night - 1), {})

    def pull(self, name: str | None, *rows: dict[str, Any] | str, accept_shrink: bool = False) -> Pulled:
        """One night: the rows come from the source, and only it is pulled."""
        if name is not None:
            self.deliver(name, *rows)
        return self._pull(name, accept_shrink)

    def pull_text(self, name: str, *lines: str) -> Pulled:
        """One night in which the source gives a CSV file, which may shrink."""
        self.write_text(name, *lines)
        return self._pull(name, accept_shrink=True)

    def _pull(self, name: str | None, accept_shrink: bool) -> Pulled:
        run = self.begin()
        results = pull(self.engine, self.settings, run, only_source=name, accept_shrink=accept_shrink)
        ledger.finish(self.engine, run, "done")
        return results[0]

    def mappings(self) -> dict[str, SourceMapping]:
        return load_mappings(self.settings)

    def rows(self, table: Table, *columns: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            chosen = select(*(table.c[name] for name in columns)).order_by(*table.primary_key)
            return [tuple(row) for row in connection.execute(chosen)]
