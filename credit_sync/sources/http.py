"""Rows from an HTTP interface, JSON or XML, page by page.

Whatever is not clearly a list of rows is an error: a login page, an error message with status 200, a missing list
are never taken for an empty list.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import requests
from requests.auth import AuthBase

from credit_sync.errors import SourceError
from credit_sync.http_settings import (
    BearerAuth,
    HeaderAuth,
    Marker,
    QuerySource,
    RowsService,
    SignedAuth,
    TokenAuth,
)
from credit_sync.secret import secret
from credit_sync.settings import HttpSource, OffsetPaging, PagePaging
from credit_sync.sources.download import Downloaded, Downloader
from credit_sync.sources.formats import json_text, text, xml_tree
from credit_sync.sources.formats.rows import Found, as_row, at_path, names_in
from credit_sync.sources.mapping import Layout
from credit_sync.sources.paging import ANNOUNCE, Answer, Fetch, pages
from credit_sync.sources.signing import signed
from credit_sync.subjects.identifiers import hide_in_text

_MESSAGE_NAMES = ("msg", "message", "errorMsg", "error", "errmsg", "tips", "code")


def read(source: HttpSource, layout: Layout, since: datetime | None) -> Iterator[Found]:
    """The rows of all pages, numbered within their page; place is 第 N 页. Raises SourceError."""
    with _fetching(source, layout, since) as fetch:
        for page, rows in pages(source.paging, fetch):
            for number, item in enumerate(rows, 1):
                if (row := as_row(item)) is not None:
                    yield f"第 {page} 页", number, row


def probe(source: HttpSource, layout: Layout) -> tuple[str, list[dict[str, Any]]]:
    """Asks for the first page; says how many rows it has, and gives them."""
    with _fetching(source, layout, None) as fetch:
        _, rows = next(pages(source.paging, fetch))
    read = [row for row in map(as_row, rows) if isinstance(row, dict)]
    return f"接口可以访问，第 1 页 {len(rows)} 行", read


@contextmanager
def _fetching(source: HttpSource, layout: Layout, since: datetime | None) -> Iterator[Fetch]:
    """A session that answers with pages."""
    key = key_of(source)
    parts = urlsplit(source.url)
    url = urlunsplit(parts._replace(query="", fragment=""))
    fixed = dict(parse_qsl(parts.query, keep_blank_values=True)) | source.parameters
    if since and source.since_parameter:
        fixed[source.since_parameter] = since.isoformat(timespec="seconds")

    with Downloader(source, header_auth(source, key)) as downloader:

        def fetch(asked: dict[str, str], number: int) -> Answer:
            def parameters() -> dict[str, str]:
                if isinstance(source.auth, SignedAuth):
                    return signed(fixed | asked, source.auth, key, time.time_ns() // 1_000_000)
                return fixed | asked

            try:
                return _answer(downloader.get(url, parameters), source, layout, key)
            except SourceError as error:
                remedy = error.remedy if number == 1 else f"{error.remedy}；若接口在末页之后报错，{ANNOUNCE}"
                raise SourceError(f"第 {number} 页：{error.message}", remedy=remedy) from None

        yield fetch


class _Header(AuthBase):
    """A key in a request header."""

    def __init__(self, name: str, value: str) -> None:
        self._name, self._value = name, value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the header."""
        request.headers[self._name] = self._value
        return request


def key_of(source: HttpSource | QuerySource | RowsService) -> str:
    """The secret that the source's requests are signed with or carry, '' for none. Raises CreditSyncError."""
    if source.auth is None:
        return ""
    auth = source.auth.signed if isinstance(source.auth, TokenAuth) else source.auth
    return secret(auth.secret_env if isinstance(auth, SignedAuth) else auth.token_env)


def header_auth(source: HttpSource | QuerySource | RowsService, key: str) -> AuthBase | None:
    """The key as a request header, where it goes there."""
    if isinstance(source.auth, BearerAuth):
        return _Header("Authorization", f"Bearer {key}")
    return _Header(source.auth.header, key) if isinstance(source.auth, HeaderAuth) else None


def _answer(downloaded: Downloaded, source: HttpSource, layout: Layout, key: str) -> Answer:
    if not downloaded.body.strip():
        raise SourceError("答复是空的")
    document = _parsed(downloaded, source.format)
    if source.success is not None:
        refuse_failure(document, source.success, key)
    rows = xml_tree.rows_at(document, layout.rows) if source.format == "xml" else at_path(document, layout.rows)
    if isinstance(rows, list):
        return Answer(rows, document)
    if rows is None and _announces_nothing(source, document):
        return Answer([], document)
    wanted = layout.rows or "（整个答复）"
    raise SourceError(
        f"答复里 {wanted} 不是行的列表；答复含有：{names_in(document)}{message_of(document, key)}",
        remedy="看答复里的提示，或核对对照文件的 layout.rows",
    )


def _parsed(downloaded: Downloaded, kind: str) -> Any:
    refuse_page(downloaded.body)
    if kind == "xml":
        try:
            return xml_tree.parse(downloaded.body, downloaded.charset)
        except xml_tree.NotXmlError as error:
            raise SourceError(f"答复读不了：{error}") from None
    content = text.decode(downloaded.body, downloaded.charset)
    try:
        if content is not None:
            return json_text.parse(content)
    except json_text.NotJsonError:
        pass
    raise SourceError("答复不是完整的 JSON")


def refuse_page(body: bytes) -> None:
    """Raises SourceError for a web page in place of data."""
    start = body[:2000].lower()
    if b"<html" in start or b"<!doctype html" in start:
        raise SourceError("返回的是网页，不是数据", remedy="可能是登录页或网关的提示页，核对 url 和密钥")


def refuse_failure(document: Any, success: Marker, key: str) -> None:
    """Raises SourceError for an answer that does not say that it is one."""
    if not says(document, success):
        value = at_path(document, success.path)
        said = "无" if value is None else hide_in_text(str(value))[:40]
        raise SourceError(f"平台没有给出成功的答复（{success.path} = {said}）{message_of(document, key)}")


def says(document: Any, marker: Marker) -> bool:
    """Whether a document has one of the marker's values at its place."""
    value = at_path(document, marker.path)
    if isinstance(value, bool):
        return str(value).lower() in marker.values
    return isinstance(value, str | int) and str(value).strip() in marker.values


def _announces_nothing(source: HttpSource, document: Any) -> bool:
    """Whether the answer says in its announced number that there is nothing: then a missing list is an empty one."""
    path = source.paging.total if isinstance(source.paging, OffsetPaging) else ""
    path = source.paging.pages if isinstance(source.paging, PagePaging) else path
    return bool(path) and str(at_path(document, path)).strip() == "0"


def message_of(document: Any, key: str) -> str:
    """What the server says about its error, without our key and without identity numbers."""
    if not isinstance(document, dict):
        return ""
    said = [f"{n}={document[n]}" for n in _MESSAGE_NAMES if isinstance(document.get(n), str | int)]
    words = hide_in_text("，".join(said))
    return f"；{words.replace(key, '***') if key else words}"[:200] if said else ""
