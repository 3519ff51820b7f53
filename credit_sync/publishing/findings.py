"""What validation finds: a rule, how bad it is, the field, and a sentence that tells the clerk what to do.

Findings are stored and shown: they never hold a natural person's full identity number.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from credit_sync.publishing.rules import RuleCode, Severity, rules
from credit_sync.publishing.standard import PublishedField
from credit_sync.subjects.identifiers import hide, hide_in_text

_SHOWN, _LOOKED_AT = 40, 400
_SIX_DIGITS = re.compile(r"\d{6}")
_EMBEDDED = re.compile(
    r"[1-9][0-9]{5}(?:18[5-9]|19[0-9]|20[0-9])[0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about one field of a row."""

    rule: str
    severity: Severity
    field: str
    """The field's code."""
    message: str

    def stored(self) -> dict[str, str]:
        """As kept with the submission."""
        return {"rule": self.rule, "severity": self.severity.value, "field": self.field, "message": self.message}


def finding(field: PublishedField, rule: RuleCode, text: str) -> Finding:
    """A finding about a field; the sentence is its title and `text`, the severity that of the rule."""
    return Finding(rule, rules()[rule].severity, field.code, f"{field.title}{text}")


def sheet_finding(rule: RuleCode, text: str) -> Finding:
    """A finding about a sheet or a row as a whole."""
    return Finding(rule, rules()[rule].severity, "", text)


def finding_of(stored: Mapping[str, str]) -> Finding:
    """The finding that `stored` holds."""
    return Finding(stored["rule"], Severity(stored["severity"]), stored["field"], stored["message"])


def has_errors(findings: Iterable[Finding]) -> bool:
    """At least one keeps the row from being sent."""
    return any(found.severity is Severity.ERROR for found in findings)


def shown(value: str) -> str:
    """A value as a message may repeat it: citizen ids hidden, unprintable characters out, not too long."""
    wide = unicodedata.normalize("NFKC", value[:_LOOKED_AT])
    text = "".join(c if c.isprintable() else "·" for c in hide_in_cell(wide))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def hide_in_cell(value: str) -> str:
    """A cell of somebody's workbook with every citizen id hidden, also one that letters or digits stand around."""
    return _EMBEDDED.sub(lambda found: hide(found[0]), hide_in_text(value)) if _SIX_DIGITS.search(value) else value


def shown_number(value: str) -> str:
    """An identity number as a message may repeat it."""
    return hide(shown(value))


__all__ = [
    "Finding",
    "Severity",
    "finding",
    "finding_of",
    "has_errors",
    "hide_in_cell",
    "sheet_finding",
    "shown",
    "shown_number",
]
