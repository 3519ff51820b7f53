"""The nights: what each did, and what is to be done about its troubles."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from credit_sync.desk.errors import NotThereError
from credit_sync.desk.office import office_of
from credit_sync.desk.pages.page import page
from credit_sync.desk.rights import Right, User
from credit_sync.desk.visitors import VisitorOf, allowed
from credit_sync.reporting.run_query import read_run
from credit_sync.store.ledger import Run
from credit_sync.store.schema import run, stage

router = APIRouter()
Reader = Annotated[User, Depends(allowed(Right.RUNS))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
_MOST = 60


@router.get("/runs")
def runs(request: Request, who: VisitorOf, user: Reader) -> Response:  # noqa: ARG001 - the right is demanded
    """The last runs, with what failed in each."""
    with office_of(request).engine.connect() as connection:
        found = connection.execute(select(run).order_by(run.c.id.desc()).limit(_MOST)).mappings().all()
        failed = (stage.c.run_id.in_([row["id"] for row in found]), stage.c.status == "failed")
        problems: dict[int, list[tuple[str, str]]] = {}
        for row in connection.execute(select(stage).where(*failed).order_by(stage.c.name, stage.c.part)):
            problems.setdefault(row.run_id, []).append((row.name, row.part))
    return page(request, who, "runs.html.j2", runs=found, problems=problems)


@router.get("/runs/{number}")
def one_run(request: Request, who: VisitorOf, user: Reader, number: Number) -> Response:  # noqa: ARG001
    """One run: its tasks, sources and stages, as its report has them."""
    office = office_of(request)
    with office.engine.connect() as connection:
        found = connection.execute(select(run).where(run.c.id == number)).first()
    if found is None:
        raise NotThereError(f"没有第 {number} 次运行", remedy="请从运行一览进入")
    report = read_run(office.engine, office.settings, Run(found.id, found.as_of), office.measures, office.now())
    return page(request, who, "one_run.html.j2", report=report, run=found)
