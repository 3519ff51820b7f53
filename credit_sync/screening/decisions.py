"""How officers' decisions hold: the states of a flag, who may do what next, and when evidence opens it again.

Pure rules. A decision is about a flag's cases with the evidence as it was (`Case`); it holds while that is so. What
counts as other evidence is in `why_reopened`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import orjson

from credit_sync.errors import CreditSyncError
from credit_sync.screening.comparison import Verdict
from credit_sync.subjects.writing import folded

FORBIDDING = "forbid"
"""The effect of a measure that needs a second person."""


class Conclusion(StrEnum):
    """复核结论."""

    UPHOLD = "uphold"
    DISMISS = "dismiss"


class Step(StrEnum):
    """One line of a flag's history."""

    UPHOLD = "uphold"
    DISMISS = "dismiss"
    CONFIRM = "confirm"
    """The second person agrees."""
    REFUSE = "refuse"
    """The second person does not."""
    UNDO = "undo"
    REOPEN = "reopen"
    """The night's: the evidence is not that which was decided on."""


class State(StrEnum):
    """Where a flag stands; that its listing is gone (closed) is apart from it."""

    OPEN = "open"
    PROPOSED = "proposed"
    """Concluded by one person, waits for the second."""
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    REOPENED = "reopened"
    """Open again, because the evidence changed."""

    @property
    def waits(self) -> bool:
        """Whether an officer has something to do."""
        return self not in DECIDED


DECIDED = (State.UPHELD, State.DISMISSED)
_DECIDES = {Conclusion.UPHOLD: State.UPHELD, Conclusion.DISMISS: State.DISMISSED}


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a flag as it was at a time: the evidence that ties it to the applicant."""

    listing_id: int
    number: str
    via: str
    verdict: str
    probability: float
    weights: str
    evidence: tuple[Mapping[str, Any], ...]
    """As stored with the match: attribute, level, bits, sentence, rarity."""
    digest: str = ""
    """Of the numbers on both sides: sentences hide digits, and another number may read the same. '' where not known."""

    @property
    def said(self) -> tuple[tuple[str, str, str], ...]:
        """What the evidence says of the two, without how much it is worth: (attribute, level, sentence)."""
        return tuple((e["attribute"], e["level"], _without_rarity(e)) for e in self.evidence)

    def stored(self) -> dict[str, Any]:
        """As it is kept with a decision."""
        return {name: getattr(self, name) for name in _CASE_FIELDS if name != "evidence"} | {
            "evidence": list(self.evidence)
        }

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Case":
        """From a stored match with its listing's number, or from a decision."""
        values = {name: row[name] for name in _CASE_FIELDS if name != "digest"} | {"digest": row.get("digest", "")}
        return cls(**{**values, "evidence": tuple(row["evidence"])})


_CASE_FIELDS = ("listing_id", "number", "via", "verdict", "probability", "weights", "evidence", "digest")


def _without_rarity(evidence: Mapping[str, Any]) -> str:
    sentence, rarity = str(evidence["sentence"]), str(evidence.get("rarity", ""))
    return sentence.replace(rarity, "", 1) if rarity else sentence


def evidence_digest(cases: Iterable[Case]) -> str:
    """The same while nothing is known that was not: what a person who decides has to have seen."""
    said = sorted((case.listing_id, case.via, case.said, case.digest) for case in cases)
    return blake2b(orjson.dumps(said), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Concluded:
    """What was concluded or proposed."""

    conclusion: Conclusion
    who: str
    """Who did so first."""
    two: bool
    """A second person has agreed."""


def after_conclusion(
    state: State, before: Concluded | None, conclusion: Conclusion, who: str, effect: str
) -> tuple[Step, State]:
    """What somebody's conclusion does: proposes, concludes, or agrees with the proposal. Raises CreditSyncError."""
    if before is None:
        proposed = effect == FORBIDDING
        return Step(conclusion.value), State.PROPOSED if proposed else _DECIDES[conclusion]
    if state in DECIDED:
        raise CreditSyncError(f"{before.who} 已作出结论", remedy="要改变结论，请先撤销并写明原因")
    if same_person(before.who, who):
        raise CreditSyncError(
            f"这个结论是 {before.who} 本人提出的，须由另一人复核", remedy="请第二人复核；要收回的，请撤销"
        )
    if before.conclusion is not conclusion:
        raise CreditSyncError(
            f"{before.who} 提出的是相反的结论，正等待第二人复核", remedy="不同意的，请先退回，再另提结论"
        )
    return Step.CONFIRM, _DECIDES[conclusion]


def after_refusal(state: State, before: Concluded | None, who: str) -> State:
    """A second person refuses a proposal. Raises CreditSyncError."""
    if state is not State.PROPOSED or before is None:
        raise CreditSyncError("没有等待第二人复核的结论，无可退回")
    if same_person(before.who, who):
        raise CreditSyncError("本人提出的结论不能由本人退回", remedy="要收回的，请撤销")
    return State.OPEN


def after_undo(before: Concluded | None) -> State:
    """Whatever was concluded or proposed is taken back; the flag is open. Raises CreditSyncError."""
    if before is None:
        raise CreditSyncError("这条预警没有可撤销的结论")
    return State.OPEN


def same_person(one: str, other: str) -> bool:
    """Whether two names of users are one, however they are typed."""
    return folded(one).strip() == folded(other).strip()


def why_reopened(state: State, before: Concluded, then: Sequence[Case], now: Sequence[Case], effect: str) -> str:
    """Why a conclusion no longer holds, in Chinese; '' while it does. `now`: the cases that are open.

    A case that has left its list reopens nothing. A dismissal or a proposal reopens for a new case, for other evidence or
    other numbers on a known one and, where nothing but the weights is new, for a higher verdict. An upheld flag reopens where evidence
    or weights leave a lower verdict: more against the same subject asks nobody again. Both reopen when the measure has
    become one that needs two people and one concluded.
    """
    if effect == FORBIDDING and state in DECIDED and not before.two:
        return "惩戒措施改为禁止，须经两人复核"
    known = {case.listing_id: case for case in then}
    pairs = [(known[case.listing_id], case) for case in now if case.listing_id in known]
    if state is State.UPHELD:
        lower = any(_rank(new) < _rank(old) and _other(old, new) for old, new in pairs)
        return "证据减弱，判定降低" if lower and _highest(now) < _highest(then) else ""
    if len(pairs) < len(now):
        return "出现新的名单条目"
    if any(old.said != new.said for old, new in pairs):
        return "证据有变化"
    if any(old.digest and new.digest and old.digest != new.digest for old, new in pairs):
        return "证件号码已更正，隐去的几位与作出结论时不同"
    higher = any(_rank(new) > _rank(old) and new.weights != old.weights for old, new in pairs)
    return "证据权重调整后，判定提高" if higher else ""


def _other(old: Case, new: Case) -> bool:
    """Whether evidence or weights are others: how common a name is moves with every list and asks nobody again."""
    return old.said != new.said or old.weights != new.weights


def _rank(case: Case) -> int:
    return Verdict(case.verdict).rank


def _highest(cases: Iterable[Case]) -> int:
    return max(map(_rank, cases), default=0)


@dataclass(frozen=True, slots=True)
class Change:
    """What is other in one case than it was."""

    listing_id: int
    number: str
    what: str
    """came | went | changed."""
    before: float | None
    after: float | None
    """Probability."""
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    """Sentences of evidence that are no longer there, and that are new; an altered one is in both."""


def changes(before: Sequence[Case], after: Sequence[Case]) -> tuple[Change, ...]:
    """What came, went and changed from one time to another, by listing."""
    old, new = ({case.listing_id: case for case in cases} for cases in (before, after))
    found = []
    for number in sorted(old.keys() | new.keys()):
        was, now = old.get(number), new.get(number)
        if was is None and now is not None:
            found.append(Change(number, now.number, "came", None, now.probability, new=_sentences(now)))
        elif now is None and was is not None:
            found.append(Change(number, was.number, "went", was.probability, None, gone=_sentences(was)))
        elif was is not None and now is not None and (was.said, was.probability) != (now.said, now.probability):
            gone = tuple(line[2] for line in was.said if line not in now.said)
            came = tuple(line[2] for line in now.said if line not in was.said)
            found.append(Change(number, now.number, "changed", was.probability, now.probability, gone, came))
    return tuple(found)


def _sentences(case: Case) -> tuple[str, ...]:
    return tuple(sentence for _, _, sentence in case.said)
