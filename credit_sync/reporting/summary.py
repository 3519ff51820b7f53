"""The short summary that ends a run: per source and list, what was pulled, published, screened and flagged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Engine, select

from credit_sync.records import RecordKind
from credit_sync.reporting.labels import RECORDS, STAGES, VERDICTS, questions
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.measures import Measures, load_measures
from credit_sync.settings import Settings
from credit_sync.sources.mapping import load_mappings
from credit_sync.store.ledger import Run
from credit_sync.store.schema import stage

_PULL_NEWS = ("added", "changed", "removed")
_PUBLISH_NEWS = ("queued", "sent", "accepted")
_SCREEN_NEWS = ("opened", "changed", "closed", "reopened")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a stage, as the ledger has it."""

    stage: str
    name: str
    title: str
    counts: Mapping[str, Any]
    problem: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. `problems` (Chinese) are what failed; the run then exits with 1."""

    run: Run
    parts: tuple[Part, ...]
    measures: Measures
    """For the lists' titles."""

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for everything that failed."""
        return tuple(
            f"{STAGES[p.stage]} {p.name}：{p.problem}".replace(" ：", "：") for p in self.parts if p.problem
        )

    @property
    def nothing_changed(self) -> bool:
        """No source brought news, nothing was sent, no flag moved; not so where the run has looked at none of these."""
        news = {"pull": _PULL_NEWS, "publish": _PUBLISH_NEWS, "screen": _SCREEN_NEWS}
        looked_at = [part for part in self.parts if part.stage in news]
        return bool(looked_at) and not any(p.counts.get(name) for p in looked_at for name in news[p.stage])

    def text(self) -> str:
        """For the terminal."""
        lines = [f"第 {self.run.id} 次运行，{self.run.as_of:%Y-%m-%d %H:%M}"]
        describe: dict[str, Callable[[Mapping[str, Any]], str]] = {
            "pull": _pull_line,
            "publish": _publish_line,
            "screen": partial(_screen_line, measures=self.measures),
            "write_back": _write_back_line,
            "tell": _tell_line,
        }
        for part in self.parts:
            if part.problem:
                asked = f"{asked}；" if (asked := questions(part.counts)) else ""
                lines.append(f"  {part.title}：{asked}失败，{part.problem}")
            elif part.stage in describe:
                lines.append(f"  {part.title}：{describe[part.stage](part.counts)}")
        if self.nothing_changed and not self.problems:
            lines.append("与上次相比没有变化。")
        if self.problems:
            lines.append(f"有 {len(self.problems)} 处失败，其余已完成。")
        return "\n".join(lines)


def summarise(engine: Engine, settings: Settings, run: Run) -> Summary:
    """The summary of a run, out of the ledger."""
    mappings = load_mappings(settings)
    measures = load_measures(settings.mappings_folder)
    with engine.connect() as connection:
        rows = connection.execute(select(stage).where(stage.c.run_id == run.id)).mappings().all()
    order = {
        name: number for number, name in enumerate((*settings.sources, *settings.channels, *settings.systems, ""))
    }
    stages = list(STAGES)

    def title(row: Mapping[str, Any]) -> str:
        if row["name"] == "pull" and row["part"] in mappings:
            mapping = mappings[row["part"]]
            about = measures.list_title(mapping.list) if mapping.record is RecordKind.LISTING else mapping.title
            return f"{STAGES['pull']} {row['part']}（{RECORDS[mapping.record]}：{about}）"
        return f"{STAGES[row['name']]} {row['part']}".strip()

    parts = [Part(row["name"], row["part"], title(dict(row)), row["counts"], row["problem"]) for row in rows]
    parts.sort(key=lambda p: (stages.index(p.stage), order.get(p.name, len(order)), p.name))
    return Summary(run, tuple(parts), measures)


def _pull_line(counts: Mapping[str, Any]) -> str:
    news = (
        f"新增 {counts['added']}、变更 {counts['changed']}、移出 {counts['removed']}、未变 {counts['unchanged']}"
    )
    more = "".join(
        f"、{word} {counts[name]}" for name, word in (("duplicates", "重复"), ("skipped", "跳过")) if counts[name]
    )
    asked = f"{asked}；" if (asked := questions(counts)) else ""
    held = f"（其中 {counts['held']} 条可能在未能读取的行里，照旧保留）" if counts.get("held") else ""
    return f"{asked}取到 {counts['pulled']} 行：{news}{more}，隔离 {counts['quarantined']}；在册 {counts['live']}{held}"


def _publish_line(counts: Mapping[str, Any]) -> str:
    words = (("accepted", "平台已接收"), ("rejected", "被退回"), ("held", "待人工决定"))
    more = "".join(f"，{word} {counts[name]} 条" for name, word in words if counts.get(name))
    return f"报出 {counts['sent']} 条，校验不通过 {counts['invalid']} 条{more}"


def _write_back_line(counts: Mapping[str, Any]) -> str:
    waits = counts["pending"] + counts["sending"]
    return f"累计已送达 {counts['delivered']} 条，待送 {waits} 条，被退回 {counts['refused']} 条"


def _tell_line(counts: Mapping[str, Any]) -> str:
    return f"发出邮件 {counts['sent']} 封"


def _screen_line(counts: Mapping[str, Any], measures: Measures) -> str:
    verdicts = "、".join(f"{VERDICTS[v]} {counts[v.value]}" for v in reversed(Verdict))
    waiting = sum(counts["open"].values())
    again = f"、重新打开 {counts['reopened']}" if counts.get("reopened") else ""
    flags = (
        f"预警新增 {counts['opened']}、变更 {counts['changed']}、关闭 {counts['closed']}{again}、待处理 {waiting}"
    )
    lists = "、".join(f"{measures.list_title(name)} {count}" for name, count in sorted(counts["open"].items()))
    by_list = f"（{lists}）" if lists else ""
    return f"{counts['applicants']} 个申报主体全部有结论：{verdicts}；{flags}{by_list}"
