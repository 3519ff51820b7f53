"""The `api` channel: rows over HTTP, JSON or XML, signed, in batches. How they arrive once: interfaces/delivery.py."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from credit_sync.channel_settings import ApiChannel
from credit_sync.interfaces.delivery import Delivery, require_certainty
from credit_sync.interfaces.messages import Told
from credit_sync.interfaces.session import Session
from credit_sync.logs import log
from credit_sync.publishing.channels.api_mapping import ApiMapping
from credit_sync.publishing.channels.api_rows import batch_body
from credit_sync.publishing.channels.channel import Batch, Handover, Receipt, Submitted
from credit_sync.publishing.standard import FieldTable


class Api:
    """The channel. Raises CreditSyncError when nothing would tell whether rows arrived."""

    def __init__(self, name: str, settings: ApiChannel, mapping: ApiMapping) -> None:
        require_certainty(f"渠道 {name}", settings, mapping)
        self._name, self._settings, self._mapping = name, settings, mapping

    def send(self, batch: Batch, table: FieldTable, rows: Iterable[Submitted]) -> Handover:
        """Hands over a batch. Raises CreditSyncError, and the batch stays open.

        A platform that can be asked is asked first: some of it may have arrived, with a run that died or from a store that was
        then set back to a backup.
        """
        submitted = {row.key: row for row in rows}
        with Session(self._settings, self._mapping) as session:
            delivery = Delivery(
                session,
                lambda keys: batch_body(self._mapping, batch, table, [submitted[key] for key in keys]),
                list(submitted),
                may_have_arrived=True,
            )
            delivery.complete(self._settings, f"第 {batch.id} 批")
        return Handover(receipts=tuple(_receipts(submitted, delivery.told)))

    def receipts(self, waiting: Iterable[Submitted]) -> Iterator[Receipt]:
        """What the platform has decided meanwhile, asked by key. Raises CreditSyncError.

        What it had and denies now goes on waiting: whether it has lost it or only answers late nobody can tell by that.
        """
        denied: list[str] = []
        with Session(self._settings, self._mapping) as session:
            if not session.can_ask:
                return
            left = iter(waiting)
            while some := {submitted.key: submitted for submitted in islice(left, self._settings.batch_rows)}:
                told = session.ask(list(some))
                denied += some.keys() - told.keys()
                yield from _receipts(some, told)
        if denied:
            text = "平台查询不到已报送的条目，按等待处理；请向平台核实，确已丢失的执行 credit-sync publish lost"
            log.warning(text, channel=self._name, rows=len(denied), first=min(denied))


def _receipts(submitted: Mapping[str, Submitted], told: Mapping[str, Told]) -> list[Receipt]:
    return [
        Receipt(submitted[key].id, word.answer, word.reason, word.platform_id)
        for key, word in told.items()
        if word.answer is not None
    ]


def probe(settings: ApiChannel, mapping: ApiMapping, name: str) -> str:
    """Asks the platform about a key that nobody has. Raises CreditSyncError when it does not answer."""
    Api(name, settings, mapping)
    with Session(settings, mapping) as session:
        return session.probe(f"{name}/check")
