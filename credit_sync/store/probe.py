"""Trying the store without changing anything, for `credit-sync check`."""

from credit_sync.settings import Settings
from credit_sync.store.copy import is_there
from credit_sync.store.engine import open_engine
from credit_sync.store.migrate import state

_STATES = {
    "empty": "可用，还是空的，第一次 run 时建表",
    "current": "可用，结构是最新的",
    "behind": "可用，但结构较旧，请备份后执行 credit-sync db upgrade",
    "ahead": "结构比程序新，请升级程序",
}


def probe_store(settings: Settings) -> str:
    """One Chinese line on the store. A SQLite file that is not there yet is not made. Raises StoreError."""
    if not is_there(settings):
        return f"{settings.store.url} 还不存在，第一次 run 时建立"
    engine = open_engine(settings)
    try:
        return _STATES[state(engine)]
    finally:
        engine.dispose()
