"""Bad input at the desk: a clear page in Chinese, nothing of the inside shown, nothing changed."""

import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import event

from credit_sync.desk import connections
from credit_sync.desk.office import Serving
from credit_sync.desk.protection import LARGEST_BODY
from credit_sync.desk.serve import served
from credit_sync.records import Role
from credit_sync.store import schema
from tests.desk_world import ADDRESS, Guest, World, add_users, make_desk, make_world
from tests.report_night import FULL_NUMBERS, SECOND, case, entry, organisation, person

SCRIPT = "</script><script>window.hit=1</script>"
INSIDE = re.compile(r"Traceback|site-packages|sqlalchemy|SELECT|credit_sync/|\.py\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("hostile"))
    add_users(made.engine, "officer", "auditor", "science")
    return made


@pytest.fixture(scope="module")
def officer(world: World) -> Guest:
    return world.signed_in("officer")


@pytest.fixture(scope="module")
def auditor(world: World) -> Guest:
    return world.signed_in("auditor")


# --- forms that are not ours ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["/flags/1/uphold", "/flags/1/numbers", "/lookup", "/sign-out"])
@pytest.mark.parametrize("code", ["", "0" * 64, "é", "another visitor's"])
def test_without_the_code_of_an_own_page(world: World, officer: Guest, form: str, code: str) -> None:
    if code.startswith("another"):
        code = world.signed_in("science").form_code
    before = world.untouched()
    fields = {"form_code": code, "seen": "1.0.x", "reason": "same_by_number", "name": "鲍德全"}
    answer = officer.client.post(form, data=fields)
    assert (answer.status_code, "页面已过期" in answer.text, "没有权限" in answer.text) == (400, True, False)
    assert officer.get("/").status_code == 200
    assert world.untouched() == before


def test_a_proxy_may_leave_the_port_out_of_host(world: World) -> None:
    """nginx's $host has none, where the desk's address has one."""
    serving = Serving("http://127.0.0.1:8443", ("127.0.0.1",))
    behind = World(world.night, make_desk(world.night, serving, local_accounts=True))
    guest = behind.signed_in("officer", base_url="http://127.0.0.1")
    guest.page("/lookup")
    fields = {"form_code": guest.form_code, "name": "鲍德全", "reason": "核查"}
    for origin, expected in (("http://127.0.0.1:8443", 200), ("http://127.0.0.1:9", 403)):
        assert guest.client.post("/lookup", data=fields, headers={"origin": origin}).status_code == expected


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:9999", "http://127.0.0.1.evil.example", "http://[", ""],
)
def test_sent_from_elsewhere(world: World, officer: Guest, origin: str) -> None:
    before = world.untouched()
    fields = {"form_code": officer.form_code, "name": "鲍德全", "reason": "x"}
    answer = officer.client.post("/lookup", data=fields, headers={"origin": origin})
    assert (answer.status_code, "别的网站" in answer.text) == (403, True)
    assert world.untouched() == before
    assert officer.client.post("/lookup", data=fields, headers={"origin": ADDRESS}).status_code == 200
    assert world.untouched() != before


def test_a_form_of_a_session_that_is_over(world: World) -> None:
    guest = world.signed_in("officer")
    kept, number = guest.form_code, world.flag("鲍德全")
    guest.post("/sign-out")
    answer = guest.client.post(f"/flags/{number}/uphold", data={"form_code": kept, "seen": "x"})
    assert answer.status_code in (401, 403)
    again = world.signed_in("officer")
    replayed = again.client.post(f"/flags/{number}/uphold", data={"form_code": kept, "seen": "x"})
    assert (replayed.status_code, "页面已过期" in replayed.text) == (400, True)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods(officer: Guest, method: str) -> None:
    assert officer.client.request(method, "/flags/1").status_code == 404


def test_no_get_changes_anything(world: World, officer: Guest) -> None:
    before = world.untouched()
    for form in ("uphold", "dismiss", "agree", "refuse", "undo", "numbers"):
        assert officer.get(f"/flags/1/{form}").status_code == 404
    assert world.untouched() == before


# --- bodies, ids, words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunked", [False, True])
def test_huge_bodies(world: World, officer: Guest, chunked: bool) -> None:
    before = world.untouched()
    body: Any = b"form_code=" + b"x" * LARGEST_BODY
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = officer.client.post("/lookup", content=iter([body]) if chunked else body, headers=headers)
    assert (answer.status_code, "太长，没有执行" in answer.text) == (413, True)
    asked = officer.client.post("/api/v1/gate", content=iter([body]) if chunked else body)
    assert (asked.status_code, asked.json()["verdict"]) == (413, "unknown")
    assert world.untouched() == before


@pytest.mark.parametrize("chunked", [False, True])
def test_who_still_sends_a_huge_body_reads_why_it_is_refused(world: World, chunked: bool) -> None:
    """Nothing is cut off meanwhile: a browser would show that the connection was reset."""
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    said = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % (3 * LARGEST_BODY)
    part, end = b"x" * LARGEST_BODY, b"0\r\n\r\n" if chunked else b""
    if chunked:
        part = b"%x\r\n%s\r\n" % (LARGEST_BODY, part)
    with _served(world) as (address, _), socket.create_connection(address, timeout=20) as slow:
        slow.sendall(b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n" + form + said + b"\r\n\r\n" + 2 * part)
        answers = slow.makefile("rb")
        assert answers.readline().split()[1] == b"413"
        assert "提交的内容太长" in _up_to(answers, b"</html>").decode()
        slow.sendall(part + end + b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b"HTTP/1.1 404" in _up_to(answers, b"</html>")


def _up_to(lines: Iterable[bytes], end: bytes) -> bytes:
    found = b""
    for line in lines:
        found += line
        if end in line:
            break
    return found


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"no boundary", "multipart/form-data"),
        (b"a=" + b"&a=" * 5000, "application/x-www-form-urlencoded"),
    ],
)
def test_bodies_that_are_no_forms(world: World, officer: Guest, content: bytes, kind: str) -> None:
    before = world.untouched()
    for form in ("/lookup", "/flags/1/uphold", "/sign-in"):
        answer = officer.client.post(form, content=content, headers={"content-type": kind})
        assert answer.status_code in (400, 403), answer.text
        assert not INSIDE.search(answer.text)
    assert world.untouched() == before


@pytest.mark.parametrize(
    "path",
    [
        *(f"/flags/{n}" for n in ("0", "-1", "abc", "99999999999999999999", "1.5", "%00", "１", "1%20OR%201=1")),
        "/runs/0",
        "/runs/99999999999",
        "/runs/7",
        "/lists/nothing",
        "/lists/%3Cscript%3E",
        "/lists/" + "x" * 3000,
        "/nowhere",
        "/static/nothing.css",
    ],
)
def test_broken_addresses(officer: Guest, auditor: Guest, path: str) -> None:
    answer = (auditor if path.startswith("/runs") else officer).get(path)
    assert answer.status_code == 404
    assert "没有" in answer.text
    assert not INSIDE.search(answer.text)
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "verdict=%27%20OR%201=1--",
        "state=nonsense&sort=nonsense",
        "text=%25_%5C%27%22%3B--",
        "text=" + "字" * 3000,
        "department=%3Cscript%3Ealert(1)%3C/script%3E",
        "after=2147483647",
        "text=%F0%9F%98%80%E2%80%AE",
        "text=%ED%A0%80",
    ],
)
def test_odd_questions_to_the_list(officer: Guest, query: str) -> None:
    page = officer.page(f"/?{query}")
    assert "条预警" in page
    assert "<script>alert" not in page


def test_nul(world: World, officer: Guest) -> None:
    before = world.untouched()
    for answer in (
        officer.get("/?system=%00"),
        officer.get("/sign-in?next=%00"),
        officer.post("/lookup", name="a\0b", reason="核查"),
        world.guest().get("/?text=%00"),
    ):
        assert (answer.status_code, "不能理解的字符" in answer.text) == (400, True)
    assert world.untouched() == before


@pytest.mark.parametrize("query", ["after=-1", "before=x", "after=99999999999999"])
def test_pages_that_are_none(officer: Guest, query: str) -> None:
    answer = officer.get(f"/?{query}")
    assert (answer.status_code, bool(INSIDE.search(answer.text))) == (400, False)


def test_an_identity_number_is_nothing_to_search_with(officer: Guest) -> None:
    answer = officer.get(f"/?text={FULL_NUMBERS[0]}")
    assert (answer.status_code, FULL_NUMBERS[0] in answer.text) == (400, False)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "localhost.evil"])
def test_other_hosts(world: World, host: str) -> None:
    answer = world.guest().get("/sign-in", headers={"host": host})
    assert (answer.status_code, "不认识这个网址" in answer.text) == (400, True)


def test_names_that_want_to_be_code(tmp_path: Path) -> None:
    made = make_world(tmp_path)
    add_users(made.engine, "officer")
    firm = organisation(SCRIPT, 11)
    listed = case(organisation(SCRIPT, 11), f"{SCRIPT}1号", f"法院{SCRIPT}")
    odd = entry(
        f"A{SCRIPT}", f"\u202e{SCRIPT}", firm, Role.APPLYING_UNIT, department=SCRIPT, stage=SCRIPT, system=SCRIPT
    )
    made.night.add(SECOND, [odd, listed, entry("B", "x", person(SCRIPT, FULL_NUMBERS[0]), Role.LEADER)])
    made.night.screen(SECOND)
    guest, number = made.signed_in("officer"), made.flag(SCRIPT)
    pages = [guest.page("/"), guest.page(f"/flags/{number}"), guest.page(f"/?department={SCRIPT}&text=window")]
    pages.append(guest.post("/lookup", name=SCRIPT, reason=SCRIPT).text)
    for page in pages:
        assert "window.hit" in page
        assert SCRIPT not in page
        assert "\u202e" not in page
        assert page.count("<script") == 1  # the desk's own
        assert not any(full in page for full in FULL_NUMBERS)


# --- the store in trouble -----------------------------------------------------------------------------------------


def test_a_night_holds_sqlite(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    guest, number = world.signed_in("officer"), world.flag("鲍德全")
    guest.page(f"/flags/{number}")
    other = sqlite3.connect(world.engine.url.database or "", isolation_level=None)
    impatient(world)
    try:
        other.execute("BEGIN IMMEDIATE")
        assert "鲍德全" in guest.page("/")  # reading goes on
        for answer in (
            guest.post("/lookup", name="鲍德全", reason="立项前核查"),
            guest.decide(number, "uphold", reason="same_by_number"),
            guest.post(f"/flags/{number}/numbers", reason="立项前核查"),
        ):
            assert answer.status_code == 503
            assert "夜间运行" in answer.text
            assert "鲍德全" not in answer.text  # nothing is shown that is not on record
            assert not any(full in answer.text for full in FULL_NUMBERS)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert guest.decide(number, "uphold", reason="same_by_number").status_code == 303


def impatient(world: World) -> None:
    """Connections wait for nobody, so that the test need not."""
    world.engine.dispose()

    @event.listens_for(world.engine, "connect")
    def _at_once(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 10")


def test_a_served_process_keeps_little_of_the_file_for_each_of_its_connections(world: World) -> None:
    """There are up to fifteen, and with a night's cache for each they took 1.2 GB of a province's store."""
    with world.engine.connect() as first, world.engine.connect() as second:
        kept = [-int(c.exec_driver_sql("PRAGMA cache_size").scalar_one()) for c in (first, second)]
    assert max(kept) <= 16 * 1024


def test_a_store_that_is_broken(tmp_path: Path) -> None:
    made = make_world(tmp_path)
    add_users(made.engine, "officer")
    guest = made.signed_in("officer")
    with made.engine.begin() as connection:
        schema.match.drop(connection)
    answer = guest.get("/flags/1")
    assert (answer.status_code, "数据库出错" in answer.text) == (503, True)
    assert not INSIDE.search(answer.text)
    assert "match" not in answer.text


def test_a_fault_of_the_program(world: World, officer: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError(f"身份证 {FULL_NUMBERS[0]}")

    monkeypatch.setattr("credit_sync.desk.pages.flags.flag_page", broken)
    answer = officer.get("/")
    assert (answer.status_code, "程序内部错误" in answer.text) == (500, True)
    assert not INSIDE.search(answer.text)
    assert FULL_NUMBERS[0] not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 9\r\n\r\nn",
        b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 9\r\n\r\nn",
    ],
    ids=["nothing", "half a head", "half a body", "half a body behind a whole request"],
)
def test_who_does_not_send_his_request_to_the_end_is_cut_off(
    world: World, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """There is room for 200 connections: as many of these would keep everybody else out, the gate's systems too."""
    monkeypatch.setattr(connections, "WHOLE_REQUEST", 0.2)
    with _served(world) as (address, _), socket.create_connection(address, timeout=20) as silent:
        silent.sendall(sent)
        told = b"".join(iter(lambda: silent.recv(65536), b""))
        assert told.count(b"HTTP/1.1") == sent.count(b"GET /nowhere")


def test_between_two_requests_one_may_take_his_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WHOLE_REQUEST", 1)  # for a busy machine to send one in
    with _served(world) as (address, _), closing(HTTPConnection(*address, timeout=20)) as patient:
        patient.request("GET", "/sign-in")
        assert patient.getresponse().read()
        kept = patient.sock
        time.sleep(1.5)
        patient.request("GET", "/sign-in")
        assert patient.getresponse().read()
        assert patient.sock is kept is not None


def test_who_does_not_read_his_answers_is_cut_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "UNREAD_ANSWER", 0.2)
    with _served(world) as (address, server), socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(20)
        deaf.connect(address)
        deaf.sendall(b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 2000)
        _wait_until(lambda: server.server_state.total_requests > 0)
        _wait_until(lambda: not server.server_state.connections)
        assert server.server_state.total_requests < 2000


def test_who_finds_no_room_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 2)
    with _served(world) as (address, server):
        idle = [socket.create_connection(address) for _ in range(2)]
        _wait_until(lambda: len(server.server_state.connections) == 2)
        for path, said in (("/sign-in", "同时访问的太多"), ("/api/v1/gate/kj/1", '"verdict":"unknown"')):
            answer = _asked(address, path)
            assert (answer.status, answer.headers["retry-after"], answer.headers["connection"]) == (
                503,
                "5",
                "close",
            )
            assert said in answer.read().decode()
            _wait_until(lambda: len(server.server_state.connections) == 2)
        for one in idle:
            one.close()
        _wait_until(lambda: not server.server_state.connections)
        assert _asked(address, "/sign-in").status == 200


def _asked(address: tuple[str, int], path: str) -> HTTPResponse:
    client = HTTPConnection(*address, timeout=20)
    client.request("GET", path)
    return client.getresponse()


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", [b"400"]),
        (b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\njunk\r\n\r\n", [b"404", b"400"]),
        (b"GET /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", [b"400"]),
        (b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\njunk\r\n", [b"400"]),
        (b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n", [b"404"]),
    ],
    ids=["TLS", "behind a request", "two lengths", "in a body", "in a body that nobody waits for"],
)
def test_junk(world: World, caplog: pytest.LogCaptureFixture, sent: bytes, statuses: list[bytes]) -> None:
    """One sentence in Chinese, where there is still room for one; no stranger writes tracebacks into the log."""
    with _served(world) as (address, _), socket.create_connection(address, timeout=20) as client:
        client.sendall(sent)
        answers = client.makefile("rb")
        told = _up_to(answers, b"</html>") if statuses == [b"404"] else b""
        if told:
            client.sendall(b"junk\r\n")
        told += answers.read()
    assert re.findall(rb"^HTTP/1.1 (\d+)", told, re.MULTILINE) == statuses
    assert ("请求不能理解，没有执行" in told.decode()) == (b"400" in statuses)
    assert b"Invalid" not in told
    assert caplog.records == []


def _wait_until(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)


@contextmanager
def _served(world: World) -> Iterator[tuple[tuple[str, int], uvicorn.Server]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(served(world.application))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield listener.getsockname(), server
        finally:
            server.should_exit = True
            thread.join()
