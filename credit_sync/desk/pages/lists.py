"""The watch lists: how old, how many, and what came and went."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response

from credit_sync.desk.errors import NotThereError
from credit_sync.desk.office import office_of
from credit_sync.desk.pages.page import page
from credit_sync.desk.rights import Right, User
from credit_sync.desk.visitors import VisitorOf, allowed
from credit_sync.reporting.list_chart import Point, list_chart
from credit_sync.reporting.list_diff import change_line
from credit_sync.reporting.lists import midnight
from credit_sync.reporting.shown import shown
from credit_sync.sources.lists import states_of_lists
from credit_sync.store.lists import ListState
from credit_sync.store.schema import source_version

router = APIRouter()
Reader = Annotated[User, Depends(allowed(Right.LISTS))]
_VERSIONS = 60


@router.get("/lists")
def lists(request: Request, who: VisitorOf, user: Reader) -> Response:  # noqa: ARG001 - the right is demanded
    """All lists; what came and went since the day before began."""
    office = office_of(request)
    day_before = midnight(office.now()) - timedelta(days=1)
    with office.engine.connect() as connection:
        names = states_of_lists(connection, office.settings, office.now())
        found = list(zip(names, office.lists(connection, day_before), strict=True))
    return page(request, who, "lists.html.j2", lists=found)


@router.get("/lists/{name}")
def one_list(request: Request, who: VisitorOf, user: Reader, name: str) -> Response:  # noqa: ARG001
    """One list over time, version by version, and the entries that came and went last."""
    office = office_of(request)
    title = office.measures.list_title(name)
    with office.engine.connect() as connection:
        state = states_of_lists(connection, office.settings, office.now()).get(name)
        if state is None:
            raise NotThereError(f"没有名单 {name}", remedy="请从名单一览进入")
        versions = _versions(connection, state)
        moved = office.list_moves.of(connection, office.settings, office.measures, name)
    accepted = [row for row in reversed(versions) if row["state"] == "accepted"]
    points = [Point(row["pulled_at"], row["live"], row["added"], row["removed"]) for row in accepted]
    charts = [
        (source, list_chart(own, title=f"{title}（{source}）的条目数", name=f"chart-{number}"))
        for number, source in enumerate(state.sources)
        if (own := [p for p, row in zip(points, accepted, strict=True) if row["source"] == source])
    ]
    values: dict[str, Any] = {
        "title": title,
        "state": state,
        "versions": versions,
        "charts": charts,
        "moved": moved,
    }
    return page(request, who, "list.html.j2", line=change_line, shown=shown, **values)


def _versions(connection: Connection, state: ListState) -> list[dict[str, Any]]:
    c = source_version.c
    query = (
        select(source_version)
        .where(c.source.in_(state.sources))
        .order_by(c.pulled_at.desc(), c.source, c.version.desc())
    )
    return [dict(row) for row in connection.execute(query.limit(_VERSIONS)).mappings()]
