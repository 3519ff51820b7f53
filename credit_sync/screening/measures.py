"""Measures: what a list forbids, for which role, kind of application and stage, and on what legal basis.

`mappings/measures.toml`: `[lists.NAME]` describes a list; `[[measure]]` entries are tried in order and the first
that fits decides. Nothing found obliges a provincial programme to refuse outright, so what no entry covers is
held for an officer's decision.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from credit_sync.records import Applicant, ApplicationKind, Role
from credit_sync.screening.faces import Via
from credit_sync.shipped import shipped
from credit_sync.toml_files import Strict, load, nearest

Effect = Literal["forbid", "restrict", "consider", "hold"]


class ListDescription(Strict):
    """A watch list, for people."""

    title: str
    publisher: str = ""


class Measure(Strict):
    """One rule. Empty conditions fit everything, but a rule is about the listed subject itself unless `via` says else."""

    lists: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    application_kinds: tuple[ApplicationKind, ...] = ()
    stages: tuple[str, ...] = ()
    via: Via = Via.SUBJECT
    effect: Effect
    title: str
    basis: str
    text: str
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None

    @model_validator(mode="after")
    def _through_somebody_else(self) -> Self:
        if self.via is not Via.SUBJECT and self.effect == "forbid":
            raise ValueError('经法定代表人的关联不得写 effect = "forbid"：被列入名单的是单位，不是申报主体本人')
        return self

    @model_validator(mode="after")
    def _ever_in_force(self) -> Self:
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError(f"from（{self.from_}）晚于 to（{self.to}），没有一天有效")
        return self

    def fits(self, list_name: str, applicant: Applicant, on: date, via: Via = Via.SUBJECT) -> bool:
        """Whether the rule is about this list and applicant and in force on that day."""
        return (
            (not self.lists or list_name in self.lists)
            and self.via is via
            and (not self.roles or applicant.role in self.roles)
            and (not self.application_kinds or applicant.application_kind in self.application_kinds)
            and (not self.stages or applicant.stage in self.stages)
            and (self.from_ is None or self.from_ <= on)
            and (self.to is None or on <= self.to)
        )

    def stored(self) -> dict[str, Any]:
        """As it is kept with the flag."""
        return {"effect": self.effect, "title": self.title, "basis": self.basis, "text": self.text}


_DEFAULTS = {
    Via.SUBJECT: Measure(
        effect="hold",
        title="暂缓，待复核",
        basis="未配置该名单的惩戒措施",
        text="请核实是否为同一主体，并依法决定是否继续办理。",
    ),
    Via.LEGAL_REPRESENTATIVE: Measure(
        effect="consider",
        title="审慎参考",
        basis="未配置该名单对单位法定代表人的措施",
        text="列入名单的是单位，不是申报主体本人。请核实是否为其法定代表人，审慎参考。",
        via=Via.LEGAL_REPRESENTATIVE,
    ),
}


class Measures(Strict):
    """The whole file."""

    lists: dict[str, ListDescription] = {}
    measure: tuple[Measure, ...] = ()

    @model_validator(mode="after")
    def _about_known_lists(self) -> Self:
        """A rule on a list that is written wrongly would be about nothing, and nobody would be told."""
        for number, measure in enumerate(self.measure):
            for name in measure.lists:
                if name not in self.lists:
                    close = nearest(name, self.lists)
                    raise ValueError(f"measure.{number}.lists: 没有说明名单 {name}（[lists.{name}]）{close}")
        return self

    def stamp(self, on: date) -> str:
        """A digest of the rules and of which are in force on a day: another one may mean other measures."""
        in_force = [(m.from_ is None or m.from_ <= on) and (m.to is None or on <= m.to) for m in self.measure]
        return blake2b(f"{self.model_dump_json()}{in_force}".encode(), digest_size=8).hexdigest()

    def list_title(self, name: str) -> str:
        """The list's Chinese title, its name where none is given."""
        return self.lists[name].title if name in self.lists else name

    def publisher(self, name: str) -> str:
        """Who publishes the list, '' where that is not said."""
        return self.lists[name].publisher if name in self.lists else ""

    def for_applicant(self, list_name: str, applicant: Applicant, on: date, via: Via = Via.SUBJECT) -> Measure:
        """The measure that a hit on a list means for an applicant on a day."""
        return next((m for m in self.measure if m.fits(list_name, applicant, on, via)), _DEFAULTS[via])

    def why_other(self, flag: Mapping[str, Any], applicant: Applicant, on: date) -> str:
        """Why what was decided on a flag (a row of its table) was another matter: another measure is in force since.

        A sentence in Chinese, '' where that is not so. The next night looks at such decisions anew.
        """
        then, now = flag["measure"], self.for_applicant(flag["list"], applicant, on, Via(flag["via"]))
        if now.effect == then["effect"]:
            return ""
        what = f"{self.list_title(flag['list'])}（预警 {flag['id']}）的措施"
        return f"{what}由“{then['title']}”变为“{now.title}”，其后还没有比对过"


def load_measures(folder: Path | None = None) -> Measures:
    """`folder/measures.toml`; the shipped one by default."""
    return load((folder or shipped("mappings")) / "measures.toml", Measures)


def measures_now(folder: Path) -> Measures:
    """The same for a process that answers often: the file is read anew when it has changed. Raises SettingsError."""
    path = folder / "measures.toml"
    return _as_of(folder, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=4)
def _as_of(folder: Path, changed_at: int) -> Measures:  # noqa: ARG001 - what it is remembered by
    return load_measures(folder)
