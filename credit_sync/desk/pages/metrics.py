"""Figures for Prometheus, for machines that may read them: by address, or with a token."""

import ipaddress
import secrets

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from credit_sync.desk.errors import RefusedError
from credit_sync.desk.office import Office, office_of
from credit_sync.desk.visitors import client_address, is_forwarded_by_strangers
from credit_sync.secret import secret
from credit_sync.telling.metrics import CONTENT_TYPE, metrics

router = APIRouter()


@router.get("/metrics")
def figures(request: Request) -> Response:
    """The figures as they are now."""
    office = office_of(request)
    if not _has_token(request, office) and not _from_there(request, office):
        raise RefusedError("不在 desk.metrics_from 的地址之内，也没有令牌")
    return Response(metrics(office.engine, office.settings, office.now()), media_type=CONTENT_TYPE)


def _has_token(request: Request, office: Office) -> bool:
    name = office.desk.metrics_token_env
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if name is None or scheme.lower() != "bearer":
        return False
    return secrets.compare_digest(given.strip().encode(), secret(name).encode())


def _from_there(request: Request, office: Office) -> bool:
    """A proxy that nobody has declared makes everybody look local: what it passes on needs the token."""
    if is_forwarded_by_strangers(request):
        return False
    try:
        address = ipaddress.ip_address(client_address(request))
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in office.desk.metrics_from)
