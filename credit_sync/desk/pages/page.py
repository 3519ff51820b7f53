"""A page of the desk: the frame around every template, and the cookie that its forms need."""

from functools import cached_property
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from credit_sync.desk.office import Office, office_of
from credit_sync.desk.rights import Right, User
from credit_sync.desk.visitors import Visitor, set_cookie
from credit_sync.reporting.people import NameOf, names_on_record

NAVIGATION = (
    ("/", "预警", Right.FLAGS),
    ("/lookup", "查询", Right.LOOK_UP),
    ("/lists", "名单", Right.LISTS),
    ("/publications", "报送", Right.PUBLICATIONS),
    ("/quarantine", "隔离区", Right.QUARANTINE),
    ("/runs", "运行", Right.RUNS),
    ("/audit", "留痕", Right.AUDIT),
)
"""Where the pages are, in the order of a morning's work, and what each demands."""


def first_page(user: User) -> str:
    """Where a user's work begins. Whoever may see nothing at all is told so where everybody begins."""
    return next((path for path, _, right in NAVIGATION if user.may(right)), NAVIGATION[0][0])


class _Called:
    """Who is on record by an account, by name. The names are read where a page first asks."""

    def __init__(self, office: Office) -> None:
        self._office = office

    @cached_property
    def _name_of(self) -> NameOf:
        with self._office.engine.connect() as connection:
            return names_on_record(connection)

    def __call__(self, account: str) -> str:
        return self._name_of(account)


def page(request: Request, who: Visitor, template: str, *, status: int = HTTPStatus.OK, **values: Any) -> Response:
    """A template of the desk, filled."""
    office = office_of(request)
    frame = {
        "department": office.settings.department.name,
        "user": who.user,
        "form_code": who.form_code,
        "navigation": [item for item in NAVIGATION if who.user is not None and who.user.may(item[2])],
        "here": request.url.path,
        "can_leave": office.desk.proxy is None,
        "today": office.now(),
        "called": _Called(office),
    }
    response = HTMLResponse(office.templates.get_template(template).render(**frame, **values), status_code=status)
    if not who.known:
        set_cookie(response, office, who.token)
    return response
