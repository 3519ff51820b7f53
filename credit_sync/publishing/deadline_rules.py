"""The deadlines as data: `mappings/deadlines.toml` says how many working days, from which date, on what basis."""

from dataclasses import fields
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from credit_sync.publishing.deadlines import CHINA, Deadline, last_day
from credit_sync.publishing.field_table import Only
from credit_sync.publishing.values import PUBLISHED_KINDS
from credit_sync.records import RecordKind
from credit_sync.toml_files import Strict, load

FirstDay = Literal["next", "same"]


class _Term(Strict):
    """So many working days after a date of the record."""

    title: str
    working_days: int = Field(gt=0, le=1000)
    first_day: FirstDay = "next"
    """Day 1: the first working day after the event, or the day of the event itself when it is worked."""
    basis: str
    provenance: str = ""

    def deadline(self, begin: date) -> Deadline:
        """The last day in time of something that began on a day."""
        return _last_day(begin, self.working_days, self.first_day)


class PublicationTerm(_Term):
    """By when a decision must be public."""

    from_: Literal["decided_on"] = Field(alias="from")
    counted_from: date | None = None
    """Decisions of earlier days are left out of the rates."""


class WithdrawalTerm(_Term):
    """By when what no longer stands is taken back, also where that waits for a person (行政处罚法 art. 48)."""

    record: Literal["licence", "penalty"]
    """The kind of record that it is about."""


class Promise(_Term):
    """By when the department decides: from one date of a record to another."""

    record: Literal["licence", "penalty"]
    only: Only
    """The records that it is about."""
    from_: str = Field(alias="from")
    to: str

    @property
    def kind(self) -> RecordKind:
        """The kind of record that it is about."""
        return RecordKind(self.record)

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        hints = {field.name: field.type for field in fields(PUBLISHED_KINDS[self.kind])}
        for key, name in (("from", self.from_), ("to", self.to)):
            if hints.get(name) not in (date, date | None):
                raise ValueError(f"{key}: {name} 不是 {self.record} 的日期字段")
        if self.only.field not in hints:
            raise ValueError(f"only.field: {self.record} 没有字段 {self.only.field}")
        return self


class ReviewTerm(_Term):
    """By when officers decide on a flag, from the day on which it waits for them."""


class DeadlineRules(Strict):
    """The whole of deadlines.toml."""

    publication: PublicationTerm
    withdrawal: WithdrawalTerm | None = None
    """None: withdrawals have the days of a publication, those that wait for a person none."""
    promises: tuple[Promise, ...] = ()
    review: ReviewTerm | None = None
    """None: flags that wait are counted, none is overdue."""

    @property
    def told(self) -> str:
        """By when decisions are published, and taken back, in Chinese."""
        said = f"行政决定应在作出之日起 {self.publication.working_days} 个工作日内公示"
        own = self.withdrawal
        what = {"licence": "许可", "penalty": "处罚"}[own.record] if own else ""
        return f"{said}；已公示的{what}不再成立的，应在 {own.working_days} 个工作日内撤回" if own else said


def load_deadline_rules(mappings: Path) -> DeadlineRules:
    """The deadlines in force. Raises SettingsError that names every wrong key."""
    return load(mappings / "deadlines.toml", DeadlineRules)


@lru_cache(maxsize=4096)  # many decisions share a day
def _last_day(begin: date, working_days: int, first_day: FirstDay) -> Deadline:
    before = begin - timedelta(days=1) if first_day == "same" and begin > date.min else begin
    return last_day(before, working_days, CHINA)
