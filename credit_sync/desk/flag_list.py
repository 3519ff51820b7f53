"""The flags that a user works through: filtered, counted, sorted, page by page.

A page begins behind a flag and not at a count: who decides the flags of one page and turns to the next passes none over.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL as _LABELS
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, exists, func, or_, select, true

from credit_sync.desk.departments import of_user
from credit_sync.desk.rights import User
from credit_sync.reporting import labels
from credit_sync.reporting.flag_views import EFFECT_ORDER, VERDICT_ORDER
from credit_sync.reporting.shown import shown
from credit_sync.screening.decisions import DECIDED
from credit_sync.screening.faces import Via
from credit_sync.screening.measures import Measures
from credit_sync.store.schema import applicant, flag, listing, match

PER_PAGE = 50
STATES: Mapping[str, str] = {
    "waiting": "待处理",
    "proposed": "待第二人复核",
    "reopened": "重新打开",
    "upheld": "已维持",
    "dismissed": "已排除",
    "closed": "已关闭",
    "all": "全部",
}
"""What can be asked for; a flag that is closed is in none of the states between."""
SORTS: Mapping[str, str] = {
    "serious": "最要紧的在前",
    "newest": "最新的在前",
    "application": "按申报编号",
    "name": "按名称",
}
FACETS = ("verdict", "system", "department", "list")
_NARROW, _WIDE = str.maketrans("（）", "()"), str.maketrans("()", "（）")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asks for; texts as they stand in the address."""

    verdict: str = ""
    system: str = ""
    department: str = ""
    list: str = ""
    state: str = "waiting"
    text: str = ""
    sort: str = "serious"
    after: int = 0
    """The flag behind which the page begins, whether or not it is still on the list; 0: at the beginning."""
    before: int = 0
    """The flag before which the page ends, where it does not begin behind one."""

    def parameters(self, **changed: Any) -> dict[str, Any]:
        """As an address says it, with some of it changed, from the first page on; what is as usual is left out."""
        return self.here() | {"after": "", "before": ""} | _unusual(changed)

    def here(self) -> dict[str, Any]:
        """As an address says it, to come back to the same page."""
        return _unusual({name: getattr(self, name) for name in Wanted.__slots__})


def _unusual(values: Mapping[str, Any]) -> dict[str, Any]:
    usual = Wanted()
    return {name: "" if value == getattr(usual, name) else value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class FlagRow:
    """One line of the list."""

    number: int
    verdict: str
    probability: float
    applicant: str
    role: str
    system: str
    application: str
    title: str
    department: str
    stage: str
    list_title: str
    effect: str
    represented: bool
    state: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to filter by, and how many flags it would leave."""

    value: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class FlagPage:
    """What is shown."""

    rows: tuple[FlagRow, ...]
    total: int
    earlier: int
    """How many flags of the list come before these."""
    choices: Mapping[str, tuple[Choice, ...]]
    """For each facet, counted under all other filters."""

    @property
    def later(self) -> int:
        """How many come after them."""
        return self.total - self.earlier - len(self.rows)


def flag_page(connection: Connection, user: User, wanted: Wanted, measures: Measures) -> FlagPage:
    """The page of the user's flags that he asks for; the first where there is none such any more."""
    seen = and_(of_user(user), _in_state(wanted.state), _with_text(wanted.text))
    counted = _counted(connection, seen)
    chosen = {name: value for name in FACETS if (value := getattr(wanted, name))}
    total = sum(count for key, count in counted.items() if _fits(key, chosen))
    fitting = and_(seen, *(_COLUMNS[name] == value for name, value in chosen.items()))
    rows, earlier = _page_of(connection, user, wanted, fitting), 0
    if rows:
        first = _place(connection, user, wanted.sort, rows[0]._mapping[flag.c.id])
        query = select(func.count()).select_from(_JOINED)
        earlier = connection.scalar(query.where(fitting, _beyond(wanted.sort, first, -1))) or 0
    else:
        rows = _read(connection, _rows(wanted.sort).where(fitting))
    choices = {name: _choices(name, counted, chosen, measures) for name in FACETS}
    return FlagPage(tuple(_row(row, measures) for row in rows), total, earlier, choices)


def _page_of(connection: Connection, user: User, wanted: Wanted, fitting: ColumnElement[bool]) -> list[Row[Any]]:
    """The page behind or before a flag; nothing where none is asked for, or there are too few before it for a page."""
    step = 1 if wanted.after else -1
    place = _place(connection, user, wanted.sort, wanted.after or wanted.before)
    if not place:
        return []
    found = _read(connection, _rows(wanted.sort, step).where(fitting, _beyond(wanted.sort, place, step)))
    if wanted.after:
        return found
    return found[::-1] if len(found) == PER_PAGE else []


def _read(connection: Connection, query: Select[Any]) -> list[Row[Any]]:
    return list(connection.execute(query.limit(PER_PAGE)))


def flag_order(connection: Connection, user: User, wanted: Wanted) -> list[int]:
    """The numbers of all flags of the list, in its order: what is before and after one."""
    chosen = (_COLUMNS[name] == value for name in FACETS if (value := getattr(wanted, name)))
    query = _rows(wanted.sort).where(of_user(user), _in_state(wanted.state), _with_text(wanted.text), *chosen)
    return list(connection.scalars(query.with_only_columns(flag.c.id)))


_DEPARTMENT = case((applicant.c.department == "", labels.NO_DEPARTMENT), else_=applicant.c.department)
_COLUMNS: dict[str, ColumnElement[Any]] = {
    "verdict": flag.c.verdict,
    "system": applicant.c.system,
    "department": _DEPARTMENT,
    "list": flag.c.list,
}
_JOINED = flag.join(applicant, applicant.c.id == flag.c.applicant_id)
Key = tuple[str, ...]


def _in_state(state: str) -> ColumnElement[bool]:
    match state:
        case "closed":
            return flag.c.closed_at.is_not(None)
        case "all":
            return true()
        case "waiting":
            return and_(flag.c.closed_at.is_(None), flag.c.state.not_in([decided.value for decided in DECIDED]))
    return and_(flag.c.closed_at.is_(None), flag.c.state == state)


def _with_text(text: str) -> ColumnElement[bool]:
    """Every word stands somewhere: in the application, the applicant's name, or one of the entries."""
    here = (applicant.c.application, applicant.c.title, applicant.c.subject_name, applicant.c.stage)
    there = (listing.c.number, listing.c.subject_name, listing.c.organ)
    conditions = []
    for word in text.split():
        spellings = {word, folded := unicodedata.normalize("NFKC", word), folded.translate(_WIDE)}
        spellings |= {word.translate(_NARROW), folded.upper(), folded.lower()}
        entry = exists().where(
            match.c.flag_id == flag.c.id,
            listing.c.id == match.c.listing_id,
            or_(*(column.contains(s, autoescape=True) for column in there for s in sorted(spellings))),
        )
        own = (column.contains(s, autoescape=True) for column in here for s in sorted(spellings))
        conditions.append(or_(*own, entry))
    return and_(true(), *conditions)


def _counted(connection: Connection, seen: ColumnElement[bool]) -> dict[Key, int]:
    """How many flags there are for each combination of facets."""
    columns = [_COLUMNS[name].label(name) for name in FACETS]
    query = select(*columns, func.count()).select_from(_JOINED).where(seen).group_by(*columns)
    return {tuple(row[:-1]): row[-1] for row in connection.execute(query)}


def _fits(key: Key, chosen: Mapping[str, str]) -> bool:
    return all(key[FACETS.index(name)] == value for name, value in chosen.items())


def _choices(
    name: str, counted: Mapping[Key, int], chosen: Mapping[str, str], measures: Measures
) -> tuple[Choice, ...]:
    others = {other: value for other, value in chosen.items() if other != name}
    counts: dict[str, int] = {chosen[name]: 0} if name in chosen else {}
    for key, count in counted.items():
        if _fits(key, others):
            value = key[FACETS.index(name)]
            counts[value] = counts.get(value, 0) + count
    if name == "verdict":
        counts = {verdict.value: counts.get(verdict.value, 0) for verdict in VERDICT_ORDER}
    else:
        counts = dict(sorted(counts.items()))
    return tuple(Choice(value, _title(name, value, measures), count) for value, count in counts.items())


def _title(facet: str, value: str, measures: Measures) -> str:
    match facet:
        case "verdict":
            return labels.label(labels.VERDICTS, value)
        case "list":
            return measures.list_title(value)
    return shown(value)


_VERDICT = case({v.value: n for n, v in enumerate(VERDICT_ORDER)}, value=flag.c.verdict, else_=9)
_EFFECT = case({e: n for n, e in enumerate(EFFECT_ORDER)}, value=flag.c.measure["effect"].as_string(), else_=9)
_Order = tuple[tuple[ColumnElement[Any], int], ...]
_ORDERS: Mapping[str, _Order] = {
    "serious": ((_VERDICT, 1), (_EFFECT, 1), (flag.c.probability, -1), (flag.c.id, 1)),
    "newest": ((flag.c.opened_at, -1), (flag.c.id, 1)),
    "application": ((applicant.c.system, 1), (applicant.c.application, 1), (flag.c.id, 1)),
    "name": ((applicant.c.subject_name, 1), (flag.c.id, 1)),
}
"""What is compared, the smallest (1) or the largest (-1) first."""


def _rows(sort: str, step: int = 1) -> Select[Any]:
    """All flags in an order (-1: the other way round)."""
    order = (what if way == step else what.desc() for what, way in _ORDERS[sort])
    return select(flag, applicant).select_from(_JOINED).order_by(*order).set_label_style(_LABELS)


def _place(connection: Connection, user: User, sort: str, number: int) -> tuple[Any, ...]:
    """Where one of the user's flags stands in an order; () where there is no such flag."""
    place = select(*(what for what, _ in _ORDERS[sort])).select_from(_JOINED)
    found = connection.execute(place.where(flag.c.id == number, of_user(user))).first() if number else None
    return tuple(found) if found else ()


def _beyond(sort: str, place: tuple[Any, ...], step: int) -> ColumnElement[bool]:
    """What comes after a place (-1: before it)."""
    beyond: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for (what, way), value in zip(_ORDERS[sort], place, strict=True):
        beyond.append(and_(*same, what > value if way == step else what < value))
        same.append(what == value)
    return or_(*beyond)


def _row(row: Row[Any], measures: Measures) -> FlagRow:
    found = row._mapping
    return FlagRow(
        number=found[flag.c.id],
        verdict=found[flag.c.verdict],
        probability=found[flag.c.probability],
        applicant=shown(found[applicant.c.subject_name]),
        role=labels.label(labels.ROLES, found[applicant.c.role]),
        system=shown(found[applicant.c.system]),
        application=shown(found[applicant.c.application]),
        title=shown(found[applicant.c.title]),
        department=shown(found[applicant.c.department]) or labels.NO_DEPARTMENT,
        stage=shown(found[applicant.c.stage]) or labels.NO_STAGE,
        list_title=measures.list_title(found[flag.c.list]),
        effect=found[flag.c.measure]["effect"],
        represented=found[flag.c.via] == Via.LEGAL_REPRESENTATIVE,
        state="closed" if found[flag.c.closed_at] else found[flag.c.state],
        opened_at=found[flag.c.opened_at],
        closed_at=found[flag.c.closed_at],
    )
