"""Handing rows to an interface over HTTP, exactly once.

A row is sent again only after the platform was asked for its key and did not know it, or where the platform remembers
keys and answers a second time as it did the first. Whether a request arrived is known only by an answer: a time-out, a
cut line, a 5xx or half an answer leave it open. No connection at all, and status 429, say that it did not.
"""

import time
from collections.abc import Callable, Sequence

from credit_sync.errors import CreditSyncError
from credit_sync.http_settings import RowsService
from credit_sync.interfaces.messages import Told
from credit_sync.interfaces.notation import RowsInterface
from credit_sync.interfaces.session import Session
from credit_sync.logs import log
from credit_sync.sources.download import NotArrivedError, UnclearError

_LONGEST_WAIT = 60.0

WriteBody = Callable[[Sequence[str]], bytes]
"""The body of a request that carries the rows with these keys."""


def require_certainty(what: str, settings: RowsService, mapping: RowsInterface) -> None:
    """Raises CreditSyncError when nothing would tell whether rows arrived. `what`: 渠道 anhui."""
    if not mapping.remembers_keys and not (settings.receipts_url and mapping.question):
        raise CreditSyncError(
            f"{what} 断线后无法知道平台收到了没有",
            remedy="配置 receipts_url 和对照文件的 [question]；平台能按主键去重的，写 remembers_keys = true",
        )


class Delivery:
    """Rows on their way: `left` are the keys that the platform is not known to have, `told` what it said of the others."""

    def __init__(
        self, session: Session, write_body: WriteBody, keys: Sequence[str], *, may_have_arrived: bool
    ) -> None:
        self.left = list(keys)
        self.told: dict[str, Told] = {}
        self._session, self._write_body = session, write_body
        self._unclear = may_have_arrived
        """Some of what is left may have arrived."""

    def complete(self, settings: RowsService, name: str) -> None:
        """Goes on until the platform has said something of every row. Raises CreditSyncError after the last try."""
        failures = 0
        while self.left:
            before = len(self.left)
            failure = self._step()
            failures = failures + 1 if len(self.left) == before else 0
            if failures:
                self._wait_or_give_up(settings, name, failures, failure)

    def _step(self) -> NotArrivedError | UnclearError | None:
        """Asks for what may have arrived, then sends what has not; what went wrong that another step may mend.

        Raises SourceError when the platform refuses the request, or cannot be asked.
        """
        try:
            if self._unclear:
                self._settle(self._session.ask(self.left))
            self._unclear = False
            if self.left:
                self._settle(self._session.hand_over(self._write_body(self.left), self.left))
                self._unclear = True  # of what the answer does not name
        except NotArrivedError as error:
            return error
        except UnclearError as error:
            self._unclear = True
            return error
        return None

    def _settle(self, told: dict[str, Told]) -> None:
        self.told |= told
        self.left = [key for key in self.left if key not in told]

    def _wait_or_give_up(
        self, settings: RowsService, name: str, failures: int, failure: NotArrivedError | UnclearError | None
    ) -> None:
        """Longer each time, or as long as the failure calls for."""
        problem = str(failure or "平台的答复里没有这些条目")
        log.warning("报送未完成", what=name, left=len(self.left), problem=problem)
        if failures > settings.retries:
            raise CreditSyncError(
                f"{name}还有 {len(self.left)} 条没有得到平台的答复：{problem}",
                remedy="下次运行会先询问平台，再送它没有的",
            )
        called_for = failure.wait if failure else 0
        time.sleep(min(called_for or settings.backoff_seconds * 2 ** (failures - 1), _LONGEST_WAIT))
