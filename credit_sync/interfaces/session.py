"""One conversation with a platform: requests built by the mapping, signed, at the platform's pace."""

import hashlib
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import requests
from cryptography.hazmat.primitives import hashes

from credit_sync.http_settings import RowsService, SignedAuth
from credit_sync.interfaces.messages import NoAnswerError, Told, question_body, read_answer
from credit_sync.interfaces.notation import Answers, RowsInterface
from credit_sync.sources.download import Downloaded, Downloader, UnclearError, bare
from credit_sync.sources.http import header_auth, key_of
from credit_sync.sources.pace import Pace
from credit_sync.sources.signing import signed


class Session:
    """A session with one platform. A context manager. Raises CreditSyncError without its secret."""

    def __init__(self, settings: RowsService, mapping: RowsInterface) -> None:
        self._settings, self._mapping = settings, mapping
        self._secret = key_of(settings)
        self._downloader = Downloader(settings, header_auth(settings, self._secret))
        self._pace = Pace(settings.rate_per_second)
        url, question = settings.receipts_url, mapping.question
        self._asking = (url, question) if url is not None and question is not None else None

    def __enter__(self) -> Self:
        self._downloader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._downloader.__exit__(kind, error, at)

    @property
    def can_ask(self) -> bool:
        """The platform says what became of a key."""
        return self._asking is not None

    def hand_over(self, body: bytes, keys: Sequence[str]) -> dict[str, Told]:
        """Sends the rows with these keys, once. Raises NotArrivedError, UnclearError, or SourceError when all are refused."""
        request = self._request(self._settings.url, body)
        request.headers["Idempotency-Key"] = hashlib.sha256("\n".join(keys).encode()).hexdigest()
        shown = bare(self._settings.url)
        return self._read(self._downloader.once(request, shown), self._mapping.answer, keys, shown)

    def ask(self, keys: Sequence[str]) -> dict[str, Told]:
        """What became of keys; those that the platform does not have are left out, all where it cannot be asked.

        Raises SourceError.
        """
        if self._asking is None:
            return {}
        url, question = self._asking
        body = question_body(self._mapping.format, question, keys)
        answered = self._downloader.fetch(lambda: self._request(url, body), bare(url))
        return self._read(answered, question.answer, keys, bare(url))

    def probe(self, key: str) -> str:
        """One line in Chinese on whether the platform answers, asked about a key that nobody has. Raises SourceError."""
        if not self.can_ask:
            return f"{self._mapping.title}，接口不能询问，未试"
        self.ask([key])
        return f"{self._mapping.title}，平台有答复"

    def _read(self, came: Downloaded, answers: Answers, keys: Sequence[str], shown: str) -> dict[str, Told]:
        try:
            return read_answer(came.body, self._mapping.format, answers, keys)
        except NoAnswerError as error:
            raise UnclearError(f"{shown}：{error}", remedy="核对对照文件，或联系平台") from None

    def _request(self, url: str, body: bytes) -> requests.Request:
        """A request when its turn has come; its signature covers the query and, by its digest, the body."""
        self._pace.wait()
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        auth = self._settings.auth
        if isinstance(auth, SignedAuth):
            query[self._mapping.digest_parameter] = _digest(body, auth)
            query = signed(query, auth, self._secret, time.time_ns() // 1_000_000)
        headers = {"Content-Type": f"application/{self._mapping.format}; charset=utf-8"}
        bare_url = urlunsplit(parts._replace(query="", fragment=""))
        return requests.Request("POST", bare_url, params=query, data=body, headers=headers)


def _digest(body: bytes, auth: SignedAuth) -> str:
    if "sm3" not in auth.algorithm:
        return hashlib.sha256(body).hexdigest()
    digest = hashes.Hash(hashes.SM3())
    digest.update(body)
    return digest.finalize().hex()
