"""One HTTP answer, fetched with patience and within limits of time and size.

Retries (connection errors, 429, 5xx, answers that break off) wait longer each time and as long as Retry-After says,
up to a bound. Time-outs hold for connecting, for every wait for data, and for the answer as a whole, so that a
server that drips cannot hold up the night. Redirects are refused: they would carry keys to other addresses.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, InvalidHeader, NameResolutionError, NewConnectionError, ReadTimeoutError
from urllib3.util.retry import Retry

from credit_sync.errors import SourceError
from credit_sync.http_settings import QuerySource, RowsService
from credit_sync.settings import HttpSource
from credit_sync.sources.watchdog import Watchdog

LONGEST_RETRY_AFTER = 120.0
"""Seconds a server may make us wait between two tries."""
WHOLE_ANSWER = 10
"""Times `timeout_seconds` that one answer may take from first to last byte."""
_TOO_MANY = 429
_RETRIED = (_TOO_MANY, 500, 502, 503, 504)
_CHUNK = 1 << 16

# What it logs about requests and retries quotes the query, and with it keys and signatures.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """The body, unpacked, and the encoding its header declares ('' for none)."""

    body: bytes
    charset: str


class NotArrivedError(SourceError):
    """The request has surely not been taken: no connection, or turned away before it was read."""

    wait = 0.0
    """Seconds to wait before anything else is asked or sent; 0 where nothing says how long."""


class UnclearError(SourceError):
    """The request may have been taken or not: the line was cut, the answer is late, or is no answer."""

    wait = 0.0
    """Likewise. Whoever answers late may still be at work on it, and would deny what he is about to take."""


class _BusyError(Exception):
    """The server answered that it cannot answer now."""

    def __init__(self, status: int, retry_after: float) -> None:
        super().__init__(status)
        self.status, self.retry_after = status, retry_after


class Downloader:
    """A session with one source. A context manager; not for several threads."""

    def __init__(self, source: HttpSource | QuerySource | RowsService, auth: AuthBase | None) -> None:
        self._source = source
        self._watchdog = Watchdog(source.timeout_seconds * WHOLE_ANSWER)
        self._session = requests.Session()
        self._session.auth = auth  # also keeps requests from looking into .netrc
        self._session.headers.update({"Accept-Encoding": "gzip, deflate", "User-Agent": "credit-sync"})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._watchdog.adapter())

    def __enter__(self) -> "Downloader":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get(self, url: str, parameters: Callable[[], dict[str, str]]) -> Downloaded:
        """The answer with status 200. `parameters` are made anew for each try: a signature's timestamp grows old.

        Raises SourceError, whose message holds the address without its query.
        """
        return self.fetch(lambda: requests.Request("GET", url, params=parameters()), bare(url))

    def fetch(self, request: Callable[[], requests.Request], shown: str) -> Downloaded:
        """The answer with status 200 to a request that is made anew for each try; `shown` is its address in messages.

        Raises SourceError.
        """
        for attempt in range(self._source.retries + 1):
            last = attempt == self._source.retries
            wait = self._source.backoff_seconds * 2**attempt
            try:
                return self._try(request(), shown)
            except _BusyError as busy:
                if last:
                    raise _unwanted_status(shown, busy.status) from None
                wait = busy.retry_after or wait
            except (HTTPError, OSError, ValueError) as error:  # requests' own errors are OSErrors
                if last or self._watchdog.barked or not _may_pass(error):
                    raise SourceError(f"{shown}：{self._explain(error)}", remedy=_remedy_for(error)) from None
            finally:
                self._watchdog.stop()
            time.sleep(min(wait, LONGEST_RETRY_AFTER))
        raise AssertionError("unreachable")

    def once(self, request: requests.Request, shown: str) -> Downloaded:
        """The answer with status 200 to what may not simply be sent again: one try, and how it ended.

        Raises NotArrivedError, UnclearError, and SourceError for what was refused or cannot be sent.
        """
        try:
            return self._try(request, shown)
        except _BusyError as busy:
            told = _unwanted_status(shown, busy.status)
            kind = NotArrivedError if busy.status == _TOO_MANY else UnclearError
            failed = kind(told.message, remedy=told.remedy)
            failed.wait = busy.retry_after
            raise failed from None
        except (HTTPError, OSError, ValueError) as error:
            words, remedy = f"{shown}：{self._explain(error)}", _remedy_for(error)
            if _never_connected(error):
                raise NotArrivedError(words, remedy=remedy) from None
            if not (self._watchdog.barked or _may_pass(error)):
                raise SourceError(words, remedy=remedy) from None
            unclear = UnclearError(words, remedy=remedy)
            if isinstance(error, requests.Timeout):
                unclear.wait = self._source.timeout_seconds
            raise unclear from None
        finally:
            self._watchdog.stop()

    def _try(self, request: requests.Request, shown: str) -> Downloaded:
        timeout = self._source.timeout_seconds
        prepared = self._session.prepare_request(request)
        usual = self._session.merge_environment_settings(prepared.url, {}, True, None, None)
        with self._session.send(prepared, timeout=(timeout, timeout), allow_redirects=False, **usual) as response:
            if response.status_code in _RETRIED:
                raise _BusyError(response.status_code, _retry_after(response.headers.get("Retry-After", "")))
            if response.status_code != 200:
                raise _unwanted_status(shown, response.status_code)
            body = self._body(response, shown)
            charset = requests.utils.get_encoding_from_headers(response.headers) or ""
            return Downloaded(
                body, charset if "charset" in response.headers.get("Content-Type", "").lower() else ""
            )

    def _body(self, response: requests.Response, shown: str) -> bytes:
        limit = int(self._source.max_megabytes * 2**20)
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise SourceError(
                    f"{shown} 的答复超过 {self._source.max_megabytes:g} MB",
                    remedy="减小 paging.size 或调大 max_megabytes",
                )
            chunks.append(chunk)
        if self._watchdog.barked:
            raise requests.exceptions.ChunkedEncodingError
        return b"".join(chunks)

    def _explain(self, error: Exception) -> str:
        """The error in words, never in the library's own, which quote the query."""
        if self._watchdog.barked:
            return f"答复在 {self._source.timeout_seconds * WHOLE_ANSWER:g} 秒内没有传完"
        if _timed_out(error):
            return "等待答复超时"
        if _said_by(error, NameResolutionError):
            return "连接失败：找不到这台主机"
        if _said_by(error, NewConnectionError) and not isinstance(error, requests.exceptions.ProxyError):
            return "连接失败：对方没有在这个端口提供服务，或被防火墙挡住"
        for kind, words in _REASONS:
            if isinstance(error, kind):
                return words
        return f"请求失败（{type(error).__name__}）"


def _remedy_for(error: Exception) -> str:
    if isinstance(error, UnicodeError | requests.exceptions.InvalidHeader):
        return "核对密钥：只能是英文字母、数字和半角符号，没有换行"
    if _never_connected(error):
        return "核对 url 里的主机名和端口，检查网络和对方系统"
    return "检查网络和对方系统，稍后重试"


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.ProxyError, "代理服务器连接失败"),
    (requests.exceptions.SSLError, "证书不可信或加密连接失败"),
    (requests.exceptions.ConnectTimeout, "连接超时"),
    (requests.exceptions.ReadTimeout, "等待答复超时"),
    (requests.exceptions.ContentDecodingError, "答复的压缩数据已损坏"),
    (requests.exceptions.ChunkedEncodingError, "答复中途断开"),
    (requests.exceptions.ConnectionError, "连接失败或中途断开"),
    (UnicodeError, "密钥里有不能放进请求头的字符"),
    (requests.exceptions.InvalidHeader, "密钥里有不能放进请求头的字符"),
    (requests.exceptions.InvalidURL, "地址写法不对"),
)


def bare(url: str) -> str:
    """The address without user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _may_pass(error: Exception) -> bool:
    """Whether another try may fare better: not with an untrusted certificate or an impossible address."""
    return not isinstance(error, requests.exceptions.SSLError) and isinstance(
        error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError
    )


def _never_connected(error: Exception) -> bool:
    """No byte of the request has left."""
    return isinstance(error, requests.ConnectTimeout) or _said_by(error, NewConnectionError)


def _said_by(error: Exception, kind: type[HTTPError]) -> bool:
    """Whether that kind of failure is behind an error of requests."""
    return isinstance(error, requests.ConnectionError) and any(
        isinstance(getattr(cause, "reason", None), kind) for cause in error.args
    )


def _timed_out(error: Exception) -> bool:
    """Whether the answer had begun and then nothing more came: requests calls that a connection error."""
    return any(isinstance(cause, ReadTimeoutError) for cause in error.args)


def _retry_after(header: str) -> float:
    """Seconds that a server asks for, as a number or until a time; 0 when it does not say so readably."""
    try:
        return Retry(0).parse_retry_after(header)
    except (InvalidHeader, ValueError, OverflowError):
        return 0


def _unwanted_status(shown: str, status: int) -> SourceError:
    return SourceError(f"{shown} 返回状态 {status}", remedy=_remedy(status))


def _remedy(status: int) -> str:
    if 300 <= status < 400:
        return "地址已变更，请核对 url（不跟随跳转，以免密钥外泄）"
    if status in (401, 403):
        return "核对密钥、签名方式和授权"
    return "核对 url 和参数" if 400 <= status < 500 else "对方系统出错，稍后重试"
