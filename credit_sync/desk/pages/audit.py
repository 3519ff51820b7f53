"""Who did what: the last entries of the audit log."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from credit_sync.desk.office import office_of
from credit_sync.desk.pages.page import page
from credit_sync.desk.rights import ROLE_TITLES, Right, User
from credit_sync.desk.visitors import VisitorOf, allowed
from credit_sync.errors import CreditSyncError
from credit_sync.reporting import labels
from credit_sync.reporting.audit_text import detail_text
from credit_sync.store.audit import Action, entries
from credit_sync.subjects.identifiers import hide_in_text

router = APIRouter()
Auditor = Annotated[User, Depends(allowed(Right.AUDIT))]
_MOST = 200


@router.get("/audit")
def audit(
    request: Request,
    who: VisitorOf,
    user: Auditor,  # noqa: ARG001 - the right is demanded
    name: Annotated[str, Query(alias="who")] = "",
    action: str = "",
    target: str = "",
) -> Response:
    """The entries that fit, the last first."""
    if any(hide_in_text(asked) != asked for asked in (name, target)):
        remedy = "留痕里的号码是隐去的，请按名称或预警编号查找"
        raise CreditSyncError("查找的内容像是证件号码，没有执行", remedy=remedy)
    known = action if action in set(Action) else ""
    office = office_of(request)
    with office.engine.connect() as connection:
        found = entries(connection, who=name, action=known, target=target, limit=_MOST)
    titles = {**ROLE_TITLES, **office.reasons.titles}
    actions = {kind.value: labels.label(labels.ACTIONS, kind) for kind in Action}
    return page(
        request,
        who,
        "audit.html.j2",
        entries=found[::-1],
        most=_MOST,
        asked={"who": name, "action": known, "target": target},
        actions=actions,
        detail=lambda detail: detail_text(detail, titles),
    )
