"""Where a flag stands, as people read it."""

from dataclasses import dataclass

from credit_sync.reporting import labels
from credit_sync.reporting.people import NameOf
from credit_sync.reporting.shown import shown
from credit_sync.review import Standing
from credit_sync.screening.decisions import State
from credit_sync.screening.reasons import Reasons


@dataclass(frozen=True, slots=True)
class ReviewView:
    """The state of a flag's decision."""

    state: State
    title: str
    sentence: str
    """Who concluded what, why and when, or why it is open again; '' while nothing has happened."""
    conclusion: str
    """维持 or 排除, once it is in force; a proposal is only told of, lest the second person confirm it unread."""
    reason: str
    text: str
    token: str
    """What a filled-in workbook is recognised by: the flag, its last step, its evidence."""


def review_view(found: Standing, reasons: Reasons, name_of: NameOf) -> ReviewView:
    """As the report, the list of flags and the workbook show it."""
    concluded = found.state in (State.UPHELD, State.DISMISSED)
    return ReviewView(
        state=found.state,
        title=labels.STATES[found.state],
        sentence=_sentence(found, reasons, name_of),
        conclusion=labels.CONCLUSIONS[found.conclusion] if concluded and found.conclusion else "",
        reason=shown(reasons.title(found.reason)) if concluded else "",
        text=shown(found.text) if concluded else "",
        token=found.token,
    )


def _sentence(found: Standing, reasons: Reasons, name_of: NameOf) -> str:
    day = f"{found.at:%Y-%m-%d}" if found.at else ""
    if found.conclusion is None:
        who = f"{name_of(found.who_opened)} " if found.who_opened else ""
        return f"{day} {who}{labels.STEPS[found.opened_by]}：{shown(found.why_open)}" if found.opened_by else ""
    said = f"{labels.step_title(found.conclusion, found.state)}：{shown(reasons.title(found.reason))}"
    said += f"（{shown(found.text)}）" if found.text else ""
    second = f"；{name_of(found.confirmed_by)} 复核同意" if found.confirmed_by else ""
    return f"{day} {name_of(found.who)} {said}{second}"
