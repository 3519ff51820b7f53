"""Whether the interface answers: for monitoring, without a key and without an entry in the audit log."""

from fastapi import APIRouter
from sqlalchemy import text
from starlette.requests import Request

from credit_sync.desk.api.models import Healthy
from credit_sync.desk.api.service import service_of

router = APIRouter(tags=["运行"])


@router.get("/health", response_model=Healthy, summary="是否在提供服务")
def health(request: Request) -> Healthy:
    """数据库连得上时回答 ok；不说明名单是否最新，那由关口的回答说明。"""
    with service_of(request).office.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return Healthy(status="ok")
