import gzip
import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from pydantic import TypeAdapter
from servers import Answer, Request, Server, json_answer, serve

from credit_sync.errors import SourceError
from credit_sync.settings import HttpSource
from credit_sync.sources import download
from credit_sync.sources.connect import open_rows, probe
from credit_sync.sources.mapping import SourceMapping
from credit_sync.sources.rows import BrokenRow, RawRow

PULLED = datetime(2018, 12, 1, 3, 0)
TOKEN = "geheim-4711"


def mapping(**layout: Any) -> SourceMapping:
    fields = {"name": ["iname", "名称"], "number": "caseCode", "region": "address.city"}
    return SourceMapping.model_validate(
        {"title": "名单", "record": "listing", "list": "x", "key": ["number"], "fields": fields, "layout": layout}
    )


def source(server: Server, **options: Any) -> HttpSource:
    settings = {"kind": "http", "mapping": "x", "url": server.url, "retries": 2, "backoff_seconds": 0.01}
    return TypeAdapter(HttpSource).validate_python(settings | {"timeout_seconds": 5} | options)


def pull(made: HttpSource, layout: dict[str, Any] | None = None, since: datetime | None = None) -> list[Any]:
    used = mapping(**({"rows": "data"} if layout is None else layout))
    return list(open_rows("debtors", made, used, base=Path(), since=since, pulled_at=PULLED))


def values(rows: list[Any]) -> list[dict[str, Any]]:
    assert all(isinstance(row, RawRow) for row in rows)
    return [dict(row.values) for row in rows]


def numbered(count: int) -> list[dict[str, str]]:
    return [{"iname": f"公司{n}"} for n in range(count)]


def paged(
    rows: list[dict[str, str]], *, cap: int = 10_000, clamp: bool = False, **extra: Any
) -> Callable[[Request], Answer]:
    """A server with page numbers that gives at most `cap` rows; `clamp` gives the last page beyond the end."""

    def respond(request: Request) -> Answer:
        size = min(int(request.query["size"]), cap)
        last = max((len(rows) - 1) // size, 0)
        page = int(request.query["page"]) - 1
        page = min(page, last) if clamp else page
        return json_answer({"data": rows[page * size : (page + 1) * size]} | extra)

    return respond


def test_rows_keep_their_origin() -> None:
    with serve(lambda _: json_answer({"data": [{"iname": "甲", "address": {"city": "合肥"}}, 7, {}]})) as server:
        first, second = pull(source(server))
    assert isinstance(first, RawRow)
    assert first.values == {"iname": "甲", "address.city": "合肥"}
    assert (first.origin.source, first.origin.place, first.origin.row) == ("debtors", "第 1 页", 1)
    assert first.origin.pulled_at == PULLED
    assert isinstance(second, BrokenRow)
    assert (second.text, second.origin.row) == ("7", 2)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("options", [{}, {"cap": 1}, {"cap": 2}, {"clamp": True}])
def test_page_numbers_without_announcement(count: int, options: dict[str, Any]) -> None:
    paging = {"style": "page", "size": 3}
    with serve(paged(numbered(count), **options)) as server:
        made = source(server, paging=paging)
        if options.get("clamp") and count and count % 3 == 0:  # looks like a page that repeats for ever
            with pytest.raises(SourceError, match="内容相同"):
                pull(made)
        else:
            assert values(pull(made)) == numbered(count)


@pytest.mark.parametrize(("count", "clamp"), [(0, False), (3, True), (6, True), (7, False)])
def test_announced_pages(count: int, clamp: bool) -> None:
    paging = {"style": "page", "size": 3, "pages": "totalPage"}
    with serve(paged(numbered(count), clamp=clamp, totalPage=-(-count // 3))) as server:
        rows = pull(source(server, paging=paging))
        assert values(rows) == numbered(count)
        assert len(server.requests) == max(-(-count // 3), 1)
    if count == 7:
        assert (rows[-1].origin.source, rows[-1].origin.place, rows[-1].origin.row) == ("debtors", "第 3 页", 1)


@pytest.mark.parametrize("count", [0, 2, 4, 5])
@pytest.mark.parametrize("total", ["", "total"])
def test_offsets(count: int, total: str) -> None:
    def respond(request: Request) -> Answer:
        first = int(request.query["offset"])
        return json_answer({"data": numbered(count)[first : first + 2], "total": str(count)})

    with serve(respond) as server:
        made = source(server, paging={"style": "offset", "size": 500, "total": total})
        assert values(pull(made)) == numbered(count)


def test_cursors() -> None:
    following = {"": "b", "b": "c", "c": ""}

    def respond(request: Request) -> Answer:
        here = request.query.get("cursor", "")
        return json_answer({"data": [{"iname": here}] if here else [], "page": {"next": following[here]}})

    with serve(respond) as server:
        rows = values(pull(source(server, paging={"style": "cursor", "next": "page.next"})))
    assert rows == [{"iname": "b"}, {"iname": "c"}]


@pytest.mark.parametrize("last", [{}, {"next": None}, {"next": ""}, {"next": False}])
def test_the_end_of_cursors(last: dict[str, Any]) -> None:
    pages = [{"data": numbered(1), "next": "b"}, {"data": [{"iname": "last"}], **last}]
    with serve(lambda request: json_answer(pages[request.number - 1])) as server:
        rows = values(pull(source(server, paging={"style": "cursor", "next": "next"})))
    assert rows == [*numbered(1), {"iname": "last"}]


def test_an_empty_list_needs_no_cursor() -> None:
    with serve(lambda _: json_answer({"data": []})) as server:
        assert pull(source(server, paging={"style": "cursor", "next": "next"})) == []


LOOPS = {
    "same page again": ({"style": "page", "size": 2}, lambda _: {"data": numbered(2)}, "内容相同"),
    "same announced page": ({"style": "page", "pages": "n"}, lambda _: {"data": numbered(2), "n": 9}, "内容相同"),
    "same cursor": (
        {"style": "cursor", "next": "next"},
        lambda request: {"data": [{"iname": str(request.number)}], "next": "z"},
        "游标",
    ),
    "no cursor at all": (
        {"style": "cursor", "next": "page.next"},
        lambda _: {"data": numbered(2)},
        "没有 page.next",
    ),
    "no cursor but a table": (
        {"style": "cursor", "next": "page"},
        lambda _: {"data": numbered(2), "page": {"next": 1}},
        "page 不是游标",
    ),
    "cursors in a circle": (
        {"style": "cursor", "next": "next"},
        lambda request: {"data": [{"iname": str(request.number)}], "next": "ab"[request.number % 2]},
        "游标",
    ),
    "fewer than announced": (
        {"style": "offset", "total": "total"},
        lambda request: {"data": numbered(3) if request.number == 1 else [], "total": 5},
        "只给出 3 条",
    ),
    "announced, but nothing": ({"style": "offset", "total": "total"}, lambda _: {"data": [], "total": 5}, "5 条"),
    "empty page before the end": (
        {"style": "page", "pages": "n"},
        lambda request: {"data": numbered(1) if request.number == 1 else [], "n": 3},
        "有 3 页",
    ),
    "no announcement": ({"style": "page", "pages": "n"}, lambda _: {"data": numbered(2)}, "n 不是数字"),
    "more than announced": (
        {"style": "offset", "total": "total", "size": 5},
        lambda _: {"data": numbered(5), "total": 2},
        "说有 2 条，却给出 5 条",
    ),
    "rows on no page": ({"style": "page", "pages": "n"}, lambda _: {"data": numbered(1), "n": 0}, "说有 0 页"),
    "shrinking while read": (
        {"style": "page", "pages": "n", "size": 1},
        lambda request: {"data": [{"iname": str(request.number)}], "n": 4 - request.number},
        "从 3 变为 2",
    ),
}


@pytest.mark.parametrize(("paging", "respond", "reason"), LOOPS.values(), ids=LOOPS.keys())
def test_lying_pages(paging: dict[str, Any], respond: Callable[[Request], Any], reason: str) -> None:
    with serve(lambda request: json_answer(respond(request))) as server:
        with pytest.raises(SourceError, match=reason):
            pull(source(server, paging=paging))
        assert len(server.requests) < 5


@pytest.mark.parametrize("size", [1, 2])
def test_endless_pages(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credit_sync.sources.paging.MOST_PAGES", 5)
    respond = lambda request: json_answer({"data": [{"iname": str(request.number)}] * size})  # noqa: E731
    with serve(respond) as server, pytest.raises(SourceError, match="超过 5 页"):
        pull(source(server, paging={"style": "page", "size": size}))


NOT_A_LIST = {
    "web page": (Answer(b"<!DOCTYPE html><html><body>login</body></html>"), "网页"),
    "empty body": (Answer(b""), "空的"),
    "cut off": (Answer(b'{"data": [{"iname": "a"}'), "JSON"),
    "other bytes": (Answer(b"\xff\xff\xff\x80"), "JSON"),
    "no list": (json_answer({"code": 500, "msg": "system busy"}), "system busy"),
    "null": (json_answer({"data": None}), "data 不是行的列表"),
    "table": (json_answer({"data": {"iname": "a"}}), "data 不是行的列表"),
    "text": (json_answer({"data": "[]"}), "data 不是行的列表"),
    "bare list": (json_answer([{"iname": "a"}]), "data 不是行的列表"),
    "bad gateway": (Answer(b"[]", status=502), "502"),
    "forbidden": (json_answer({"data": []}, status=403), "403"),
    "no content": (Answer(b"", status=204), "204"),
    "moved": (Answer(b"", status=302, headers={"Location": "/elsewhere?token=x"}), "302"),
    "too deep": (Answer(b"[" * 100_000), "JSON"),
    "broken gzip": (Answer(b"no gzip", headers={"Content-Encoding": "gzip"}), "压缩"),
}


@pytest.mark.parametrize(("answer", "reason"), NOT_A_LIST.values(), ids=NOT_A_LIST.keys())
def test_an_error_is_no_empty_list(answer: Answer, reason: str) -> None:
    with serve(lambda _: answer) as server, pytest.raises(SourceError, match=reason):
        pull(source(server))


def test_an_error_with_an_empty_list_of_rows_neither_ends_nor_empties_a_list() -> None:
    """Without `success` it would be the page after the last, or in a delta nothing new."""
    rows, paging = numbered(2), {"style": "page", "size": 2}
    answers = {1: {"code": 0, "data": rows}, 2: {"code": 401, "msg": f"expired {TOKEN}", "data": []}}
    respond = lambda request: json_answer(answers[int(request.query["page"])])  # noqa: E731
    with serve(respond) as server:
        assert values(pull(source(server, paging=paging))) == rows
        marked = source(server, paging=paging, success={"path": "code", "values": ["0", "200"]})
        with pytest.raises(SourceError, match=r"第 2 页：平台没有给出成功的答复（code = 401）；msg=expired"):
            pull(marked)


def test_genuine_empty_lists() -> None:
    paging = {"style": "offset", "total": "total"}
    with serve(lambda _: json_answer({"data": []})) as server:
        assert pull(source(server)) == []
    with serve(lambda _: json_answer({"data": None, "total": 0})) as server:
        assert pull(source(server, paging=paging)) == []


def test_too_large_even_when_packed() -> None:
    packed = Answer(gzip.compress(b" " * 3_000_000 + b"[]"), headers={"Content-Encoding": "gzip"})
    with serve(lambda _: packed) as server:
        with pytest.raises(SourceError, match="超过 1 MB"):
            pull(source(server, max_megabytes=1), {})
        assert pull(source(server, max_megabytes=4), {}) == []


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(b"", status=503),
        Answer(b"", status=503, headers={"Retry-After": "0"}),
        Answer(b"", status=429, headers={"Retry-After": "soon"}),
        Answer(b'{"data": [', announce=1000),
    ],
)
def test_trouble_that_passes(trouble: Answer) -> None:
    with serve(lambda r: trouble if r.number < 3 else json_answer({"data": numbered(1)})) as server:
        assert values(pull(source(server))) == numbered(1)
        assert len(server.requests) == 3


@pytest.mark.parametrize("trouble", [Answer(b"", status=503), Answer(b"[", announce=1000)])
def test_trouble_that_stays(trouble: Answer) -> None:
    with serve(lambda _: trouble) as server:
        with pytest.raises(SourceError):
            pull(source(server))
        assert len(server.requests) == 3


def test_retry_after_is_honoured_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    waits = {1: "7", 2: "86400"}

    def respond(request: Request) -> Answer:
        if wait := waits.get(request.number):
            return Answer(b"", status=503, headers={"Retry-After": wait})
        return json_answer({"data": []})

    with serve(respond) as server:
        pull(source(server))
    assert [seconds for seconds in slept if seconds > 1] == [7, download.LONGEST_RETRY_AFTER]


def test_every_try_is_signed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform that makes us wait does not accept the timestamp of before."""
    monkeypatch.setenv("T", TOKEN)
    answers = [Answer(b"", status=503), Answer(b'{"data": [', announce=1000), json_answer({"data": []})]
    auth = {"style": "signed", "algorithm": "sm3", "key": "k", "secret_env": "T"}
    respond = lambda request: answers[request.number - 1]  # noqa: E731
    with serve(respond) as server:
        pull(source(server, auth=auth, backoff_seconds=0.01))
        stamps = [request.query["timestamp"] for request in server.requests]
    assert len(stamps) == len(set(stamps)) == 3


@pytest.mark.parametrize("headers", [False, True])
def test_a_dripping_server_is_cut_off(headers: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "WHOLE_ANSWER", 1)
    answer = Answer(b" " * 10_000, drip=0.05, drip_headers=headers)
    with serve(lambda _: answer) as server, pytest.raises(SourceError, match="没有传完"):
        pull(source(server, timeout_seconds=0.4, retries=0))


def test_nobody_there() -> None:
    with serve(lambda _: json_answer([])) as server:
        made = source(server, parameters={"key": TOKEN})
    with pytest.raises(
        SourceError, match=r"连接失败：对方没有在这个端口提供服务.*核对 url 里的主机名和端口"
    ) as error:
        pull(made)
    assert TOKEN not in str(error.value)


def test_a_host_that_there_is_not() -> None:
    with serve(lambda _: json_answer([])) as server:
        made = source(server).model_copy(update={"url": "http://no-such-host.invalid/list", "retries": 0})
    with pytest.raises(
        SourceError, match=r"no-such-host\.invalid/list：连接失败：找不到这台主机（核对 url 里的主机名"
    ):
        pull(made)


def test_a_key_that_no_header_can_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBTORS_KEY", "密钥")
    auth = {"style": "header", "token_env": "DEBTORS_KEY"}
    with (
        serve(lambda _: json_answer([])) as server,
        pytest.raises(SourceError, match="密钥里有不能放进请求头的字符（核对密钥"),
    ):
        pull(source(server, auth=auth))


@pytest.mark.parametrize("answer", [Answer(b"", drip=1, drip_headers=True), Answer(b"[]", drip=1)])
def test_silent_server(answer: Answer) -> None:
    with serve(lambda _: answer) as server, pytest.raises(SourceError, match=r"超时|连接失败或中途断开"):
        pull(source(server, timeout_seconds=0.1, retries=1))


GBK_XML = '<?xml version="1.0" encoding="{}"?><answer><list><item><iname>合肥</iname></item></list></answer>'


@pytest.mark.parametrize("encoding", ["GBK", "gb2312", "GB18030", "UTF-8", "utf-16"])
def test_xml_in_chinese_encodings(encoding: str) -> None:
    body = GBK_XML.format(encoding).encode(encoding)
    with serve(lambda _: Answer(body)) as server:
        assert values(pull(source(server, format="xml"), {"rows": "list.item"})) == [{"iname": "合肥"}]


def test_declared_encoding_is_believed() -> None:
    body = '{"data": [{"iname": "陆"}]}'.encode("gb18030")  # these bytes are valid UTF-8 too
    assert body.decode("utf-8") != '{"data": [{"iname": "陆"}]}'
    with serve(lambda _: Answer(body, headers={"Content-Type": "application/json; charset=GBK"})) as server:
        assert values(pull(source(server))) == [{"iname": "陆"}]


XML = {
    "repeated": ("<a><list><item id='1'><n>x</n></item><item/></list></a>", [{"@id": "1", "n": "x"}]),
    "single": ("<a><list><item><n lang='zh'>x</n></item></list></a>", [{"n.@lang": "zh", "n": "x"}]),
    "nested": (
        "<a><list><item><p><q>1</q><q>2</q></p></item></list><total>1</total></a>",
        [{"p.q": ["1", "2"]}],
    ),
    "namespaces": ("<s:a xmlns:s='u'><s:list><s:item><s:n>x</s:n></s:item></s:list></s:a>", [{"n": "x"}]),
    "empty list": ("<a><list/></a>", []),
}


@pytest.mark.parametrize(("text", "expected"), XML.values(), ids=XML.keys())
def test_xml(text: str, expected: list[Any]) -> None:
    with serve(lambda _: Answer(text.encode())) as server:
        assert values(pull(source(server, format="xml"), {"rows": "list.item"})) == expected


@pytest.mark.parametrize(
    "text",
    [
        "<a><error>no</error></a>",
        "<a><list>no</list></a>",
        "<a><list><error>no</error></list></a>",
        "<a><list><item>no</item></list></a>",
        "<a><list><item>",
        "no xml",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a><list><item><n>&b;</n></item></list></a>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a><list><item><n>&b;</n></item></list></a>",
        "<a>" * 5000,
    ],
)
def test_xml_that_is_no_list(text: str) -> None:
    with serve(lambda _: Answer(text.encode())) as server, pytest.raises(SourceError):
        pull(source(server, format="xml"), {"rows": "list.item"})


@pytest.mark.parametrize(
    ("auth", "header", "expected"),
    [
        ({"style": "bearer", "token_env": "T"}, "Authorization", f"Bearer {TOKEN}"),
        ({"style": "header", "header": "X-Key", "token_env": "T"}, "X-Key", TOKEN),
    ],
)
def test_keys_in_headers(
    auth: dict[str, str], header: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T", TOKEN)
    with serve(lambda _: json_answer({"data": []})) as server:
        pull(source(server, auth=auth))
        assert server.requests[0].headers[header] == expected
        monkeypatch.delenv("T")
        with pytest.raises(SourceError, match="缺少密钥 T"):
            pull(source(server, auth=auth))
        monkeypatch.setenv("T", "两行\nx")
        with pytest.raises(SourceError, match="密钥里有"):
            pull(source(server, auth=auth))


def expected_signature(algorithm: str, query: dict[str, str]) -> str:
    text = "&".join(f"{k}={query[k]}" for k in sorted(query) if k != "sign")
    if algorithm == "hmac-sha256":
        return hmac.new(TOKEN.encode(), text.encode(), hashlib.sha256).hexdigest()
    if algorithm == "hmac-sm3":  # RFC 2104, written out
        key = TOKEN.encode().ljust(64, b"\0")
        inner = sm3(bytes(b ^ 0x36 for b in key) + text.encode())
        return sm3(bytes(b ^ 0x5C for b in key) + inner).hex()
    return sm3(f"{text}&key={TOKEN}".encode()).hex()


def sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "hmac-sm3", "sm3"])
def test_signed_requests(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S", TOKEN)
    rows = numbered(3)
    checked: list[str] = []

    def respond(request: Request) -> Answer:
        assert request.query["sign"] == expected_signature(algorithm, request.query)
        checked.append(request.query["timestamp"])
        return paged(rows)(request)

    auth = {"style": "signed", "algorithm": algorithm, "key": "demo", "secret_env": "S"}
    with serve(respond) as server:
        made = source(
            server,
            url=server.url + "?kind=失信",
            auth=auth,
            parameters={"area": "安徽 & 江苏"},
            paging={"style": "page", "size": 2},
            since_parameter="updatedAfter",
        )
        assert values(pull(made, since=datetime(2018, 11, 30, 2, 0))) == rows
        query = server.requests[0].query
        assert len(checked) == len(server.requests)
    assert query["updatedAfter"] == "2018-11-30T02:00:00"
    assert (query["kind"], query["area"], query["appKey"]) == ("失信", "安徽 & 江苏", "demo")


def test_no_key_in_messages_or_logs(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("S", TOKEN)
    caplog.set_level(logging.DEBUG)
    auth = {"style": "signed", "algorithm": "sm3", "key": "demo", "secret_env": "S"}
    answers = [
        Answer(b"", status=500),
        Answer(b"", status=404),
        Answer(b"[", announce=99),
        json_answer({"msg": f"wrong key {TOKEN} of 340100190001040017"}),
    ]
    for answer in answers:
        with serve(lambda _, answer=answer: answer) as server:
            with pytest.raises(SourceError) as error:
                pull(source(server, auth=auth))
            sign = server.requests[0].query["sign"]
        shown = str(error.value) + caplog.text
        assert TOKEN not in shown
        assert sign not in shown
        assert "?" not in str(error.value)
        assert "340100190001040017" not in shown


def test_items_of_a_list_become_rows() -> None:
    award = {
        "awardNo": "A1",
        "name": "成果",
        "people": [{"iname": "甲", "unit": {"code": "1"}}, {"iname": "乙", "name": "x"}],
    }
    with serve(lambda _: json_answer([award, {"awardNo": "A2"}])) as server:
        rows = pull(source(server), {"expand": "people"})
    assert [dict(row.values) for row in rows] == [
        {"awardNo": "A1", "name": "成果", "iname": "甲", "people.unit.code": "1"},
        {"awardNo": "A1", "name": "成果", "iname": "乙", "people.name": "x"},
        {"awardNo": "A2"},
    ]
    assert [row.origin.row for row in rows] == [1, 1, 2]


def test_probe() -> None:
    with serve(paged([{"iname": "甲", "caseCode": "1", "x": "1"}] * 3)) as server:
        said = probe(
            "debtors", source(server, paging={"style": "page", "size": 2}), mapping(rows="data"), base=Path()
        )
        assert len(server.requests) == 1
    assert said == "接口可以访问，第 1 页 2 行，对照文件认得其中 2 个字段"
    with (
        serve(lambda _: Answer(b"", status=401)) as server,
        pytest.raises(SourceError, match=r"debtors：第 1 页.*401"),
    ):
        probe("debtors", source(server), mapping(rows="data"), base=Path())


def test_a_wrong_path_to_the_cursor_is_found_by_the_first_page() -> None:
    answer = json.dumps({"data": [{"iname": "甲"}], "page": {"following": "2"}}).encode()
    with (
        serve(lambda _: Answer(answer)) as server,
        pytest.raises(SourceError, match=r"答复里没有 page\.next.*核对 paging 的 next"),
    ):
        made = source(server, paging={"style": "cursor", "next": "page.next"})
        probe("debtors", made, mapping(rows="data"), base=Path())


def test_long_numbers_keep_their_digits() -> None:
    body = json.dumps({"data": [{"caseCode": 91340100999999999901234}]}).encode()
    with serve(lambda _: Answer(body)) as server:
        assert values(pull(source(server))) == [{"caseCode": 91340100999999999901234}]


def test_an_endless_number_spoils_no_other_row() -> None:
    body = '{"data": [{"iname": "a", "x": ' + "9" * 5000 + '}, {"iname": "b"}]}'
    with serve(lambda _: Answer(body.encode())) as server:
        assert [row["iname"] for row in values(pull(source(server)))] == ["a", "b"]
