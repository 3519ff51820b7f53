"""The desk as one ASGI application: what stands before the pages, the pages, and what becomes of errors.

Pages are in `pages/`, one router for each. A service for programs (the gate, metrics) is mounted beside them with an
application of its own, so that its errors and its sign-in are its own too; hosts, headers and body limit hold for both.
"""

from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from credit_sync.desk import errors
from credit_sync.desk.api.application import make_api
from credit_sync.desk.api.problems import PREFIX
from credit_sync.desk.office import Office, Serving
from credit_sync.desk.pages import (
    audit,
    deciding,
    flag,
    flags,
    lists,
    lookup,
    metrics,
    publications,
    quarantine,
    runs,
    signing,
    static,
)
from credit_sync.desk.protection import BodyLimit, Faults, Hosts, Room, SecurityHeaders
from credit_sync.errors import CreditSyncError
from credit_sync.secret import secret
from credit_sync.settings import Settings

if TYPE_CHECKING:
    from credit_sync.desk.signing_in.oidc import OidcClient

_PAGES = (flags, flag, deciding, lookup, lists, publications, quarantine, runs, audit, signing, static, metrics)


def make_application(settings: Settings, engine: Engine, serving: Serving) -> FastAPI:
    """The whole desk. Raises CreditSyncError where a secret of the sign-in is missing, or a file of the mappings is unusable."""
    application = FastAPI(title="credit_sync", openapi_url=None, docs_url=None, redoc_url=None)
    office = Office(settings, engine, serving, _oidc(settings))
    application.state.office = office
    office.read_files()
    api = make_api(office)
    application.state.service = api.state.service
    application.mount(PREFIX, api)
    if settings.desk.metrics_token_env:
        secret(settings.desk.metrics_token_env)  # missing, it ends the start
    for page in _PAGES:
        application.include_router(page.router)
    application.add_middleware(BodyLimit)
    application.add_middleware(Room)
    application.add_middleware(Faults, answer=errors.unexpected)
    application.add_middleware(Hosts, hosts=serving.hosts)
    application.add_middleware(SecurityHeaders, secure=serving.secure)
    for kind, answer in (
        (CreditSyncError, errors.known_error),
        (errors.SignInNeededError, errors.sign_in_needed),
        (HTTPException, errors.http_error),
        (RequestValidationError, errors.unreadable_request),
        (SQLAlchemyError, errors.database_error),
    ):
        application.add_exception_handler(kind, answer)
    return application


def _oidc(settings: Settings) -> "OidcClient | None":
    if settings.desk.oidc is None:
        return None
    from credit_sync.desk.signing_in.oidc import OidcClient  # heavy, and most desks have another sign-in

    return OidcClient(settings.desk.oidc)
