"""May this application go on? The gate's answer from reasons; pure rules.

Every reason says on its own what it allows, and the answer is the strictest of them:
blocked > hold > unknown > clear. Nothing but the absence of every reason is `clear`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from credit_sync.records import Applicant, Role
from credit_sync.screening.decisions import FORBIDDING, State
from credit_sync.shipped import shipped
from credit_sync.subjects.identifiers import OF_ORGANISATIONS, Identifier, IdentifierKind
from credit_sync.toml_files import Strict, load


class Passage(StrEnum):
    """The gate's answer."""

    CLEAR = "clear"
    UNKNOWN = "unknown"
    """Something is not known that has to be: nobody is cleared by what is missing."""
    HOLD = "hold"
    """Officers have to decide first."""
    BLOCKED = "blocked"
    """Decided, and the measure forbids."""

    @property
    def rank(self) -> int:
        """0 for clear to 3 for blocked."""
        return _RANKS[self]


_RANKS = {passage: rank for rank, passage in enumerate(Passage)}


class Cause(StrEnum):
    """What a reason is about, for programs; docs/gate.md says what to do about each."""

    FORBIDDEN = "forbidden"
    UPHELD = "upheld"
    FLAG_OPEN = "flag_open"
    FLAG_PROPOSED = "flag_proposed"
    FLAG_REOPENED = "flag_reopened"
    HIT = "hit"
    """Found just now; no flag yet."""
    CONSIDER = "consider"
    """Told, and stops nothing."""
    NOT_KNOWN = "not_known"
    NOT_SCREENED = "not_screened"
    CHANGED = "changed"
    SOURCE_UNFIT = "source_unfit"
    """The system's applications were not pulled lately."""
    UNREAD = "unread"
    """Rows of the application are in quarantine."""
    LISTS_CHANGED = "lists_changed"
    LISTS_UNFIT = "lists_unfit"
    NO_ANSWER = "no_answer"
    UNREAD_ENTRY = "unread_entry"
    """A row of a list names the applicant, and nobody could read it."""
    NO_NUMBER = "no_number"
    NAMESAKES = "namesakes"
    NOT_COMPARABLE = "not_comparable"
    """Written so that no comparison says anything."""


PASSAGES: dict[Cause, Passage] = {
    Cause.FORBIDDEN: Passage.BLOCKED,
    Cause.UPHELD: Passage.HOLD,
    Cause.FLAG_OPEN: Passage.HOLD,
    Cause.FLAG_PROPOSED: Passage.HOLD,
    Cause.FLAG_REOPENED: Passage.HOLD,
    Cause.HIT: Passage.HOLD,
    Cause.CONSIDER: Passage.CLEAR,
    Cause.NOT_KNOWN: Passage.UNKNOWN,
    Cause.NOT_SCREENED: Passage.UNKNOWN,
    Cause.CHANGED: Passage.UNKNOWN,
    Cause.SOURCE_UNFIT: Passage.UNKNOWN,
    Cause.UNREAD: Passage.UNKNOWN,
    Cause.LISTS_CHANGED: Passage.UNKNOWN,
    Cause.LISTS_UNFIT: Passage.UNKNOWN,
    Cause.NO_ANSWER: Passage.UNKNOWN,
    Cause.UNREAD_ENTRY: Passage.UNKNOWN,
    Cause.NO_NUMBER: Passage.UNKNOWN,
    Cause.NAMESAKES: Passage.UNKNOWN,
    Cause.NOT_COMPARABLE: Passage.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, in Chinese; numbers of persons hidden by whoever shows it."""

    cause: Cause
    text: str
    applicant: int | None = None
    """Whom it is about, by the number he has in the answer; None: the application as a whole."""

    @property
    def passage(self) -> Passage:
        """What this reason alone allows."""
        return PASSAGES[self.cause]


def passage(reasons: Iterable[Reason]) -> Passage:
    """The strictest of the reasons' answers."""
    return max((reason.passage for reason in reasons), key=lambda found: found.rank, default=Passage.CLEAR)


_WAITING = {
    State.OPEN: Cause.FLAG_OPEN,
    State.PROPOSED: Cause.FLAG_PROPOSED,
    State.REOPENED: Cause.FLAG_REOPENED,
}


def cause_of_flag(state: State | None, effect: str) -> Cause | None:
    """What a flag that is not closed means for its application; None for one that was dismissed.

    `state` is None for a hit that has no flag yet; `effect` is the measure's. An upheld flag blocks where the measure forbids.
    Where the rule asks for prudence only (`consider`) an upheld flag is told and stops nothing: the texts do not let an
    application be refused for that alone. In between (`restrict`, `hold`) officers decide outside of this program, and the gate
    stays shut.
    """
    match state:
        case None:
            return Cause.HIT
        case State.DISMISSED:
            return None
        case State.UPHELD if effect == FORBIDDING:
            return Cause.FORBIDDEN
        case State.UPHELD:
            return Cause.CONSIDER if effect == "consider" else Cause.UPHELD
    return _WAITING[state]


class GateRules(Strict):
    """`mappings/gate.toml`."""

    requires_number: tuple[Role, ...] = ()

    def lacks_number(self, applicant: Applicant) -> bool:
        """Whether the role needs a full number, of a kind with a check, that the subject does not give.

        The unit's number is not its leader's, and of a number that is of no known kind nothing can be checked.
        """
        if applicant.role not in self.requires_number:
            return False
        return not any(_tells_whom(number, applicant.role) for number in applicant.subject.identifiers)


def _tells_whom(number: Identifier, role: Role) -> bool:
    known = number.valid and not number.masked and number.kind is not IdentifierKind.OTHER
    return known and (number.kind in OF_ORGANISATIONS) is not role.of_person


def load_gate_rules(folder: Path | None = None) -> GateRules:
    """`folder/gate.toml`; the shipped one by default."""
    return load((folder or shipped("mappings")) / "gate.toml", GateRules)
