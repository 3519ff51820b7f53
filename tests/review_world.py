"""A small world for tests of decisions: a restricting and a forbidding list, a company and a person who apply."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from credit_sync import review
from credit_sync.pulling.pull import pull
from credit_sync.review import Actor, Said, Standing
from credit_sync.screening.decisions import Conclusion
from credit_sync.screening.reasons import Reasons, load_reasons
from credit_sync.screening.screen import ScreenCounts, screen
from credit_sync.screening.stored_keys import renew_stored_keys
from credit_sync.settings import Settings
from credit_sync.shipped import shipped
from credit_sync.store import ledger
from credit_sync.store.engine import writing
from credit_sync.store.schema import flag
from tests.pull_world import MAPPING

FIRST = datetime(2026, 3, 1, 2, 0)
COMPANY, USCC, CODE = "安徽谌恺农业科技股份有限公司", "91340321MA2U7G6H7D", "MA2U7G6H-7"
MAN, NUMBER = "屈怀瑾", "340100190001040017"
NOBODY = {"案号": "0", "姓名": "无名氏的公司"}
APPLICANTS = """
title = "申报"
record = "applicant"
key = ["application", "name"]
constants = { system = "kj" }
fields = { application = "编号", name = "名称", identifier = "证件", role = "角色", region = "地区", department = "处室" }
"""
MEASURES = """
[lists.debtors]
title = "失信被执行人名单"
[lists.banned]
title = "严重失信名单"
[[measure]]
lists = ["debtors"]
effect = "{debtors}"
title = "措施"
basis = "依据"
text = "内容"
[[measure]]
lists = ["banned"]
effect = "forbid"
title = "禁止申报"
basis = "依据"
text = "内容"
"""
TWO = (
    {"编号": "1", "名称": COMPANY, "证件": USCC, "角色": "申报单位", "处室": "高新处"},
    {"编号": "1", "名称": MAN, "证件": NUMBER, "角色": "项目负责人", "处室": "高新处"},
)


@dataclass
class ReviewWorld:
    """Lists `debtors` (restricts, unless told otherwise) and `banned` (forbids), pulled and screened night by night."""

    engine: Engine
    folder: Path
    night_number: int = 0
    listed: dict[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mappings = self.folder / "mappings"
        (mappings / "sources").mkdir(parents=True)
        shutil.copytree(shipped("mappings") / "screening", mappings / "screening")
        shutil.copy(shipped("mappings") / "gate.toml", mappings)
        self.measure("restrict")
        mapping = MAPPING.replace("max_shrink = 0.5", "max_shrink = 1.0")
        for name in ("debtors", "banned"):
            text = mapping.replace('list = "debtors"', f'list = "{name}"')
            (mappings / "sources" / f"{name}.toml").write_text(text, encoding="utf-8")
        (mappings / "sources" / "applicants.toml").write_text(APPLICANTS, encoding="utf-8")
        for name in ("debtors", "banned", "applicants"):
            (self.folder / name).mkdir()
        self.deliver("applicants", *TWO)
        self.deliver("debtors", NOBODY)
        self.deliver("banned", NOBODY)

    @property
    def settings(self) -> Settings:
        sources = {n: {"kind": "file", "mapping": n, "folder": n} for n in ("debtors", "banned", "applicants")}
        made = Settings.model_validate({"sources": sources, "store": {"index": self.folder / "index"}})
        return made.model_copy(update={"base": self.folder})

    @property
    def reasons(self) -> Reasons:
        return load_reasons(self.folder / "mappings")

    @property
    def now(self) -> datetime:
        """A morning after the last night."""
        return FIRST + timedelta(days=self.night_number, hours=6)

    def measure(self, debtors: str) -> None:
        """What being on the list `debtors` means from the next night on."""
        text = MEASURES.replace("{debtors}", debtors)
        (self.folder / "mappings" / "measures.toml").write_text(text, encoding="utf-8")

    def reweigh(self, section: str, m: float) -> None:
        """Another m of a level of evidence, in another version of the weights."""
        path = self.folder / "mappings" / "screening" / "weights.toml"
        text = path.read_text("utf-8")
        changed = re.sub(rf"(\[{re.escape(section)}\][^\[]*?\bm = )[0-9.e-]+", rf"\g<1>{m}", text, count=1)
        assert changed != text
        path.write_text(changed, encoding="utf-8")

    def deliver(self, name: str, *rows: Mapping[str, Any]) -> None:
        """The whole source, from the next night on."""
        self.listed[name] = rows
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (self.folder / name / "rows.jsonl").write_text(lines + "\n", encoding="utf-8")

    def night(self) -> ScreenCounts:
        """Pulls and screens."""
        self.night_number += 1
        run = ledger.begin(self.engine, FIRST + timedelta(days=self.night_number), {})
        renew_stored_keys(self.engine)
        assert [r.problem for r in pull(self.engine, self.settings, run, accept_shrink=True) if r.problem] == []
        counts = screen(self.engine, self.settings, run)
        ledger.finish(self.engine, run, "done")
        return counts

    def flags(self) -> dict[int, dict[str, Any]]:
        with self.engine.connect() as connection:
            rows = connection.execute(select(flag).order_by(flag.c.id)).mappings()
            return {row["id"]: dict(row) for row in rows}

    def standing(self, flag_id: int = 1) -> Standing:
        with self.engine.connect() as connection:
            return review.standing(connection, flag_id)

    def decide(self, conclusion: Conclusion, who: str, flag_id: int = 1, **more: Any) -> Standing:
        reason = {"uphold": "same_by_number", "dismiss": "other_by_number"}[conclusion.value]
        said = Said(more.pop("reason", reason), more.pop("text", ""))
        by = Actor(who, **{"at": self.now} | more)
        with writing(self.engine) as connection:
            return review.decide(connection, flag_id, conclusion, said, self.reasons, by)

    def undo(self, who: str, flag_id: int = 1, text: str = "看错了") -> Standing:
        with writing(self.engine) as connection:
            return review.undo(connection, flag_id, text, Actor(who, self.now))

    def refuse(self, who: str, flag_id: int = 1, text: str = "不同意") -> Standing:
        with writing(self.engine) as connection:
            return review.refuse(connection, flag_id, text, Actor(who, self.now))


def case(number: object, name: str = COMPANY, code: str = USCC, **more: Any) -> dict[str, Any]:
    return {"案号": str(number), "姓名": name, "证件": code, **more}
