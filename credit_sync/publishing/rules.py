"""The rules that rows are judged by, as `mappings/publishing_rules.toml` lists them: title, severity, meaning, source.

The codes are written down here a second time so that the type checker knows every rule that code may raise; the
two lists must be the same, which loading checks.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from credit_sync.shipped import shipped
from credit_sync.toml_files import Strict, load


class Severity(StrEnum):
    """An error keeps the row from being sent; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


RuleCode = Literal[
    "required",
    "required_when",
    "must_be_blank",
    "identifier_missing",
    "placeholder",
    "placeholder_optional",
    "length",
    "list",
    "forbidden_character",
    "question_mark",
    "surrounding_blanks",
    "date_format",
    "date_notation",
    "date_future",
    "date_too_early",
    "date_order",
    "long_term",
    "amount",
    "amount_zero",
    "amount_in_yuan",
    "amount_unlikely",
    "uscc",
    "organisation_code",
    "registration_number",
    "codes_disagree",
    "code_writing",
    "number_damaged",
    "stored_as_number",
    "id_type",
    "id_number",
    "masked",
    "swapped",
    "several_subjects",
    "organ_code",
    "organ_is_subject",
    "document_repeated",
    "document_conflict",
    "document_shared",
    "licence_number_taken",
    "organ_codes_differ",
    "organ_names_differ",
    "row_quarantined",
    "unreadable",
    "formula",
    "merged",
    "column_missing",
    "column_missing_optional",
    "column_repeated",
    "column_unknown",
    "no_rows",
    "too_many_rows",
]


class Rule(Strict):
    """One rule, for people: the sentences are Chinese."""

    title: str = Field(min_length=1, max_length=14)
    severity: Severity
    scope: Literal["cell", "row", "rows", "sheet"]
    """What must be seen to judge by it: one field, one row, several rows, or a workbook's columns and cells."""
    means: str = Field(min_length=1)
    """What it finds and what to do about it."""
    source: str = Field(min_length=1)
    """Standard and clause, or the platform that applies it."""


class Rules(Strict):
    """The table of rules."""

    rules: dict[RuleCode, Rule]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := [code for code in get_args(RuleCode) if code not in self.rules]:
            raise ValueError(f"缺少规则 {'、'.join(missing)}")
        return self


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its code, in the order in which they are listed."""
    return {
        str(code): rule for code, rule in load(shipped("mappings") / "publishing_rules.toml", Rules).rules.items()
    }
