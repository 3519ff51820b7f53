"""The ranking check: an agreeing number above no number above a contradicting one, for every method.

Invented people and companies. The other tools see name and number as fields where they have fields (logic-v2), and as
one text where they compare texts (RapidFuzz). splink is left out here: it would have to be told how to read a mask.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quality_methods import logic_v2
from rapidfuzz import fuzz

from credit_sync.records import Listing
from credit_sync.screening.comparison import compare
from credit_sync.screening.evidence import Scales
from credit_sync.screening.reference import reference
from credit_sync.screening.weights import load_weights
from credit_sync.subjects.identifiers import SubjectKind, citizen_id, recognise, uscc
from credit_sync.subjects.subject import Subject

Party = tuple[str, str]


@dataclass(frozen=True)
class Ladder:
    """One applicant and entries that must rank in this order; entries of one rung need no order among them."""

    kind: SubjectKind
    applicant: Party
    rungs: tuple[tuple[tuple[str, Party], ...], ...]


def _ladders() -> list[Ladder]:
    person, organisation = SubjectKind.PERSON, SubjectKind.ORGANISATION
    own = _citizen("34010019000104001")
    other, code, other_code = _citizen("34010019050104001"), _uscc("91340100000000001"), _uscc("91340100000000002")
    found = [
        Ladder(
            person,
            (name, own),
            (
                (("same number", (name, own)), ("masked, agrees", (name, "3401001900****0017"))),
                (("no number", (name, "")),),
                (("masked, contradicts", (name, "3401001905****0017")), ("another valid number", (name, other))),
            ),
        )
        for name in ("张伟", "尉迟煜珩")
    ]
    firm = "合肥华星商贸有限公司"
    rungs = (
        (("same code", (firm, code)), ("code inside", (firm, code[8:17]))),
        (("no code", (firm, "")),),
        (("another valid code", (firm, other_code)),),
    )
    return [*found, Ladder(organisation, (firm, code), rungs)]


def _citizen(body: str) -> str:
    return body + citizen_id.check_digit(body)


def _uscc(body: str) -> str:
    return body + uscc.check_character(body)


def _own(kind: SubjectKind, a: Party, b: Party) -> float:
    scales = Scales(load_weights(), reference())
    return compare(_subject(kind, a), Listing(subject=_subject(kind, b), list=""), scales).bits


def _subject(kind: SubjectKind, party: Party) -> Subject:
    number = recognise(party[1], kind)
    return Subject(kind=kind, name=party[0], identifiers=(number,) if number else ())


def _logic(kind: SubjectKind, a: Party, b: Party) -> float:
    schema, key = ("Person", "idNumber") if kind is SubjectKind.PERSON else ("Company", "uscCode")
    left, right = ({"name": name, key: number} for name, number in (a, b))
    return logic_v2(schema, left, right)


METHODS: tuple[tuple[str, Callable[[SubjectKind, Party, Party], float]], ...] = (
    ("credit-sync, bits", _own),
    ("ratio", lambda _, a, b: fuzz.ratio(" ".join(a), " ".join(b))),
    ("WRatio", lambda _, a, b: fuzz.WRatio(" ".join(a), " ".join(b))),
    ("logic-v2", _logic),
)


def print_ranking(skip: Sequence[str]) -> None:
    """The score of every case by every method, and whether the order is right."""
    methods = [(title, score) for title, score in METHODS if title not in skip]
    try:
        _logic(SubjectKind.PERSON, ("a", ""), ("a", ""))
    except ImportError:
        methods = [(title, score) for title, score in methods if title != "logic-v2"]
    ladders = _ladders()
    print(
        f"\n| applicant, and an entry of the same name with | {' | '.join(t for t, _ in methods)} |\n|---|{'---|' * len(methods)}"
    )
    right = dict.fromkeys((title for title, _ in methods), True)
    for ladder in ladders:
        lowest_above = dict.fromkeys(right, float("inf"))
        for rung in ladder.rungs:
            scored = {
                t: [score(ladder.kind, ladder.applicant, entry) for _, entry in rung] for t, score in methods
            }
            for place, (label, _) in enumerate(rung):
                print(
                    f"| {ladder.applicant[0]}: {label} | {' | '.join(f'{scored[t][place]:.2f}' for t, _ in methods)} |"
                )
            for title, values in scored.items():
                right[title] &= max(values) < lowest_above[title]
                lowest_above[title] = min(values)
    print(f"| order right | {' | '.join('yes' if right[t] else 'no' for t, _ in methods)} |")
