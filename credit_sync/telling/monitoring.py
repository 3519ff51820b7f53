"""For programs that watch: a health ping and a file of figures after each run. Neither can fail the night."""

from urllib.parse import urlsplit, urlunsplit

import requests
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from credit_sync.errors import CreditSyncError
from credit_sync.logs import log
from credit_sync.reporting.files import write_report
from credit_sync.settings import Settings
from credit_sync.store.ledger import Run
from credit_sync.tell_settings import Tell
from credit_sync.telling.metrics import metrics

_PING_SECONDS = 5.0


def write_metrics(engine: Engine, settings: Settings, run: Run) -> None:
    """The file of figures as of the run."""
    path = settings.tell.metrics_file
    if path is None:
        return
    try:
        write_report(settings.path(path), metrics(engine, settings, run.as_of))
    except (CreditSyncError, SQLAlchemyError) as error:
        log.error("没有写出监控数据", problem=str(error))


def ping(told: Tell, *, failed: bool) -> None:
    """Fetches the configured address, with /fail behind it after a failure."""
    if told.ping_url is None:
        return
    parts = urlsplit(told.ping_url)
    address = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail")) if failed else told.ping_url
    try:
        with requests.get(address, timeout=_PING_SECONDS, stream=True) as answer:
            answer.raise_for_status()
    except (requests.RequestException, ValueError) as error:  # its words quote the address, which is a secret
        log.warning("健康检查地址没有答复", problem=type(error).__name__)
