"""The `api` channel: rows over HTTP, JSON or XML, signed, in batches.

A row is sent again only after the platform was asked for its key and did not know it, or where the platform remembers
keys and answers a second time as it did the first. Whether a request arrived is known only by an answer: a time-out, a
cut line, a 5xx or half an answer leave it open. No connection at all, and status 429, say that it did not.
"""

import time
from collections.abc import Iterable, Iterator
from itertools import islice

import structlog

from credit_sync.channel_settings import ApiChannel
from credit_sync.errors import CreditSyncError, SourceError
from credit_sync.publishing.channels.api_mapping import ApiMapping
from credit_sync.publishing.channels.api_messages import Told
from credit_sync.publishing.channels.api_session import ApiSession
from credit_sync.publishing.channels.channel import Batch, Handover, Receipt, Submitted
from credit_sync.publishing.standard import FieldTable
from credit_sync.sources.download import NotArrivedError, UnclearError

log = structlog.get_logger()

_LONGEST_WAIT = 60.0


class Api:
    """The channel. Raises CreditSyncError when nothing would tell whether rows arrived."""

    def __init__(self, name: str, settings: ApiChannel, mapping: ApiMapping) -> None:
        if not mapping.remembers_keys and not (settings.receipts_url and mapping.question):
            raise CreditSyncError(
                f"渠道 {name} 断线后无法知道平台收到了没有",
                remedy="配置 receipts_url 和对照文件的 [question]；平台能按主键去重的，写 remembers_keys = true",
            )
        self._settings, self._mapping = settings, mapping

    def send(self, batch: Batch, table: FieldTable, rows: Iterable[Submitted]) -> Handover:
        """Hands over a batch; see the module. Raises CreditSyncError, and the batch stays open."""
        with ApiSession(self._settings, self._mapping) as session:
            delivery = _Delivery(session, batch, table, rows)
            failures = 0
            while delivery.left:
                before = len(delivery.left)
                failure = delivery.step()
                failures = failures + 1 if len(delivery.left) == before else 0
                if failures:
                    self._wait_or_give_up(delivery, failures, failure)
        return Handover(receipts=tuple(delivery.receipts))

    def _wait_or_give_up(self, delivery: "_Delivery", failures: int, failure: SourceError | None) -> None:
        """Longer each time, or as long as the platform asks for."""
        problem = str(failure or "平台的答复里没有这些条目")
        log.warning("报送未完成", batch=delivery.batch.id, left=len(delivery.left), problem=problem)
        if failures > self._settings.retries:
            raise CreditSyncError(
                f"第 {delivery.batch.id} 批还有 {len(delivery.left)} 条没有得到平台的答复：{problem}",
                remedy="下次运行会先询问平台，再送它没有的",
            )
        asked = failure.retry_after if isinstance(failure, NotArrivedError) else 0
        time.sleep(min(asked or self._settings.backoff_seconds * 2 ** (failures - 1), _LONGEST_WAIT))

    def receipts(self, waiting: Iterable[Submitted]) -> Iterator[Receipt]:
        """What the platform has decided meanwhile, asked by key. Raises CreditSyncError."""
        with ApiSession(self._settings, self._mapping) as session:
            if not session.can_ask:
                return
            left = iter(waiting)
            while some := {submitted.key: submitted for submitted in islice(left, self._settings.batch_rows)}:
                yield from _receipts(some, session.ask(list(some)))


class _Delivery:
    """One batch on its way: `left` is what the platform is not known to have."""

    def __init__(self, session: ApiSession, batch: Batch, table: FieldTable, rows: Iterable[Submitted]) -> None:
        self.batch = batch
        self.left = {submitted.key: submitted for submitted in rows}
        self.receipts: list[Receipt] = []
        self._session, self._table = session, table
        self._unclear = batch.attempts > 1
        """Some of what is left may have arrived."""

    def step(self) -> NotArrivedError | UnclearError | None:
        """Asks for what may have arrived, then sends what has not; what went wrong that another step may mend.

        Raises SourceError when the platform refuses the request, or cannot be asked.
        """
        try:
            if self._unclear:
                self._settle(self._session.ask(list(self.left)))
            self._unclear = False
            if self.left:
                self._settle(self._session.hand_over(self.batch, self._table, list(self.left.values())))
                self._unclear = True  # of what the answer does not name
        except NotArrivedError as error:
            return error
        except UnclearError as error:
            self._unclear = True
            return error
        return None

    def _settle(self, told: dict[str, Told]) -> None:
        self.receipts += _receipts(self.left, told)
        for key in told:
            del self.left[key]


def _receipts(submitted: dict[str, Submitted], told: dict[str, Told]) -> list[Receipt]:
    return [
        Receipt(submitted[key].id, word.answer, word.reason, word.platform_id)
        for key, word in told.items()
        if word.answer is not None
    ]


def probe(settings: ApiChannel, mapping: ApiMapping, name: str) -> str:
    """Asks the platform about a key that nobody has. Raises CreditSyncError when it does not answer."""
    Api(name, settings, mapping)
    with ApiSession(settings, mapping) as session:
        if not session.can_ask:
            return f"{mapping.title}，接口不能询问，未试"
        session.ask([f"{name}/check"])
    return f"{mapping.title}，平台有答复"
