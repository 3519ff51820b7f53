"""Asking a platform, politely: one question at a time, no more often than it allows."""

import time
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import requests

from credit_sync.errors import CreditSyncError, SourceError
from credit_sync.http_settings import QuerySource, SignedAuth, TokenAuth
from credit_sync.sources.answers import Answer, read_answer, read_json, unknown
from credit_sync.sources.download import Downloader
from credit_sync.sources.formats.rows import at_path
from credit_sync.sources.http import header_auth, key_of
from credit_sync.sources.pace import Pace
from credit_sync.sources.questions import CannotAsk, Question, Questions
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import Origin
from credit_sync.sources.signing import signed
from credit_sync.subjects.identifiers import SubjectKind, hide_in_text, recognise
from credit_sync.subjects.subject import Subject

_CALLED = "平台"
"""In reasons, instead of the address: it may hold a person's number."""


class Platform:
    """A session with the platform of one list. A context manager. Raises CreditSyncError without its secret."""

    def __init__(self, source: QuerySource, reader: Reader) -> None:
        self._source, self._reader = source, reader
        self._key = key_of(source)
        self._downloader = Downloader(source, header_auth(source, self._key))
        self._pace = Pace(source.rate_per_second)
        self._token, self._token_until = "", 0.0

    def __enter__(self) -> Self:
        self._downloader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._downloader.__exit__(kind, error, at)

    def ask(self, question: Question, origin: Origin) -> Answer:
        """The answer; whatever goes wrong is an unknown one with its reason."""
        try:
            downloaded = self._downloader.fetch(lambda: self._request(question), _CALLED)
        except SourceError as error:
            return unknown(hide_in_text(error.message))
        return read_answer(downloaded, self._source, self._reader, origin, self._key)

    def _request(self, question: Question) -> requests.Request:
        """The request of one try, when its turn has come."""
        headers = self._token_header()
        self._pace.wait()
        parameters = dict(question.parameters)
        if isinstance(self._source.auth, SignedAuth):
            parameters = self._signed(parameters, self._source.auth)
        if self._source.method == "POST" and self._source.body == "json":
            return requests.Request("POST", question.url, json=parameters, headers=headers)
        encoded = urlencode(parameters, encoding=self._source.encoding, errors="replace")
        if self._source.method == "GET":
            return requests.Request("GET", question.url, params=encoded, headers=headers)
        headers |= {"Content-Type": f"application/x-www-form-urlencoded; charset={self._source.encoding}"}
        return requests.Request("POST", question.url, data=encoded, headers=headers)

    def _signed(self, parameters: dict[str, str], auth: SignedAuth) -> dict[str, str]:
        return signed(parameters, auth, self._key, time.time_ns() // 1_000_000)

    def _token_header(self) -> dict[str, str]:
        """The header with a token that is still good, where the platform asks for one. Raises SourceError."""
        auth = self._source.auth
        if not isinstance(auth, TokenAuth):
            return {}
        if time.monotonic() >= self._token_until:
            self._token = self._new_token(auth)
            self._token_until = time.monotonic() + auth.minutes * 60
        return {auth.header: f"{auth.prefix}{self._token}"}

    def _new_token(self, auth: TokenAuth) -> str:
        def request() -> requests.Request:
            self._pace.wait()
            return requests.Request("GET", auth.url, params=self._signed({}, auth.signed))

        token = at_path(read_json(self._downloader.fetch(request, "令牌接口")), auth.token)
        if not isinstance(token, str) or not token.isascii() or not token.strip():
            raise SourceError(f"令牌接口的答复里没有 {auth.token}")
        return token


def probe(questions: Questions, reader: Reader, origin: Origin) -> str:
    """Asks about the configured sample; one line about the answer. Raises SourceError where there is none."""
    name, sample = questions.name, questions.source.sample
    try:
        with Platform(questions.source, reader) as platform:
            if sample is None:
                return "没有写 sample，未试查（写明一个主体的 name 和 identifier 后，check 会查询它）"
            question = questions.question(_sample(questions.source))
            answer = (
                unknown(question.reason) if isinstance(question, CannotAsk) else platform.ask(question, origin)
            )
    except CreditSyncError as error:
        raise SourceError(f"{name}：{error.message}", remedy=error.remedy) from None
    if answer.state == "unknown":
        raise SourceError(
            f"{name}：试查没有得到答复：{answer.reason}", remedy="核对接口的答复和 success、no_record"
        )
    return f"试查得到答复：{'查无记录' if answer.state == 'none' else f'{len(answer.outcomes)} 条记录'}"


def _sample(source: QuerySource) -> Subject:
    kind = SubjectKind.ORGANISATION if "organisation" in source.ask else SubjectKind.PERSON
    name, number = (source.sample.name, source.sample.identifier) if source.sample else ("", "")
    found = recognise(number, kind) if number else None
    return Subject(kind=kind, name=name, identifiers=(found,) if found else ())
