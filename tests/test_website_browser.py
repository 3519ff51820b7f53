"""The public site in a real browser: from a disk and from a server, searched, without script, on a phone, hostile."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from credit_sync.channel_settings import WebsiteChannel
from credit_sync.publishing.publish import publish
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from tests.publishing import LICENCE, ORGANISATION, PENALTY, PERSON, TRADER, code, settings, store_record
from tests.stores import sqlite_store

HOSTILE = "</script><img src=x onerror=window.hit=1>"
LAST = 118
"""Licences: three pages."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("site")
    site = settings(base, site=WebsiteChannel(kind="website", folder=Path("site")))
    engine = sqlite_store(base)
    with writing(engine) as connection:
        for number, record in enumerate([*licences(), *penalties()], 1):
            store_record(connection, number, record)
    assert publish(engine, site, Run(1, datetime(2018, 11, 30, 2)))["site"].invalid == 0
    engine.dispose()
    return base / "site" / "public"


def licences() -> Iterator[Any]:
    long_name = replace(ORGANISATION, name=f"宣城{'徽' * 150}研究院", identifiers=(code("91340100MA2TUXY13"),))
    for number in range(1, LAST):
        decided = date(2018, 1, 1) + timedelta(days=number)
        details: dict[str, Any] = {"document_number": f"皖科动许〔2018〕{number}号", "decided_on": decided}
        details |= {"licence_number": f"SYXK(皖)2018-{number:03}"}
        yield replace(LICENCE, **details, subject=long_name if number == 60 else ORGANISATION)
    yield replace(LICENCE, content=HOSTILE * 20, document_number="皖科动许〔2018〕999号", note="W" * 500)


def penalties() -> Iterator[Any]:
    yield PENALTY
    yield replace(PENALTY, subject=PERSON, document_number="皖知罚字〔2018〕2号", facts="汪墨林，电话13800138000")
    yield replace(PENALTY, subject=TRADER, document_number="皖知罚字〔2018〕3号")


@pytest.fixture(scope="module", params=["file", "http"])
def address(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The site, opened from the disk, and from a plain web server."""
    if request.param == "file":
        yield folder.as_uri()
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def show(browser: Browser, address: str, page_name: str, **options: Any) -> tuple[Page, list[str]]:
    """The opened page, and what it complained about or wanted from elsewhere."""
    page = browser.new_page(**options)
    noticed: list[str] = []
    page.on("request", lambda request: noticed.extend([request.url] if address not in request.url else []))
    page.on("console", lambda message: noticed.append(message.text))
    page.on("pageerror", lambda error: noticed.append(str(error)))
    page.goto(f"{address}/{page_name}")
    return page, noticed


SEARCHES = [
    pytest.param("庐阳区青檀饲料", "", "找到 1 条。", "皖知罚字〔2018〕3号", id="name"),
    pytest.param("91340100MA2TUXY13", "", "找到 1 条。", "皖科动许〔2018〕60号", id="code"),
    pytest.param(
        "９１３４０１００ma2tuxy13", "", "找到 1 条。", "皖科动许〔2018〕60号", id="code, wide and small"
    ),
    pytest.param("皖科动许[2018] 60号", "", "找到 1 条。", "皖科动许〔2018〕60号", id="document number"),
    pytest.param("SYXK（皖）2018-061", "", "找到 1 条。", "皖科动许〔2018〕61号", id="licence number"),
    pytest.param("青檀 罚字", "", "找到 2 条。", "皖知罚字〔2018〕3号", id="two words"),
    pytest.param("合肥青檀", "penalty", "找到 1 条。", "皖知罚字〔2018〕1号", id="one kind"),
    pytest.param("汪墨林", "", "没有找到。", "", id="a person's name"),
    pytest.param("合肥青檀", "licence", "先列出 50 条，可能还有。", "皖科动许〔2018〕999号", id="many"),
]


@pytest.mark.parametrize(("question", "kind", "status", "first"), SEARCHES)
def test_search(  # noqa: PLR0917 - one argument for each column of the table
    browser: Browser, folder: Path, question: str, kind: str, status: str, first: str
) -> None:
    page, noticed = show(browser, folder.as_uri(), "index.html")
    page.get_by_label("名称、代码或文书号").fill(question)
    page.get_by_label("范围").select_option(kind)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("status")).to_contain_text(status)
    if first:
        expect(page.locator("#results li").first).to_contain_text(first)
    assert noticed == []
    page.close()


def test_a_hit_leads_to_its_record_and_back(browser: Browser, address: str) -> None:
    page, noticed = show(browser, address, "index.html#q=皖科动许〔2018〕2号")
    page.locator("#results a").first.click()
    record = page.locator("details[open]")
    page.wait_for_url("**/licence/3.html#r2")  # loaded: before it is there, Tab begins at the top
    expect(record).to_contain_text("许可证书名称")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.parentElement.id") == "r2"
    page.go_back()
    expect(page.get_by_role("status")).to_have_text("找到 1 条。")
    assert noticed == []
    page.close()


def test_more_than_fifty_hits_come_on_demand(browser: Browser, address: str) -> None:
    page, _ = show(browser, address, "index.html#q=合肥青檀&k=licence")
    page.get_by_role("button", name="继续查找").click()
    expect(page.get_by_role("status")).to_have_text("先列出 100 条，可能还有。")
    page.get_by_role("button", name="继续查找").click()
    expect(page.get_by_role("status")).to_have_text(f"找到 {LAST - 1} 条。")
    expect(page.get_by_role("button", name="继续查找")).to_be_hidden()
    page.close()


def test_a_page_older_than_its_data_asks_to_be_loaded_again(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "site")
    data = tmp_path / "site" / "search" / "licence-1.js"
    data.write_text(re.sub('"licence",1,"[0-9a-f]+"', '"licence",1,"another"', data.read_text("utf-8")), "utf-8")
    page, _ = show(browser, (tmp_path / "site").as_uri(), "index.html#q=青檀")
    expect(page.get_by_role("status")).to_contain_text("请刷新页面后再查")
    page.close()


def test_without_script_lists_are_read_page_by_page(browser: Browser, address: str) -> None:
    page, noticed = show(browser, address, "index.html", java_script_enabled=False)
    assert page.locator("#search").is_hidden()
    assert "没有启用脚本" in page.inner_text("main")
    seen: list[str] = []
    onwards = page.get_by_role("link", name="全部行政许可")
    while onwards.count():
        with page.expect_navigation():
            onwards.click()
        seen += page.locator("details").evaluate_all("all => all.map(e => e.id)")
        onwards = page.get_by_role("link", name="下一页")
    assert len(set(seen)) == len(seen) == LAST
    page.locator("summary").first.click()
    assert page.locator("dl").first.is_visible()
    assert noticed == []
    page.close()


PAGES = [
    "index.html#q=宣城",
    "licence/1.html#r118",
    "licence/2.html",
    "penalty/1.html#r120",
    "data.html",
    "about.html",
]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_sticks_out_and_nothing_acts(browser: Browser, folder: Path, name: str, width: int) -> None:
    page, noticed = show(browser, folder.as_uri(), name, viewport={"width": width, "height": 900})
    page.locator("#results li" if "#q=" in name else "main h1").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("window.hit") is None
    assert page.locator("img, [onerror], [onclick], [style]").count() == 0
    assert noticed == []
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_is_accessible(browser: Browser, folder: Path, name: str) -> None:
    page, _ = show(browser, folder.as_uri(), name, viewport={"width": 390, "height": 900})
    page.locator("#results li" if "#q=" in name else "main h1").first.wait_for()
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["impact"], v["nodes"][0]["html"]) for v in found] == []
    page.close()


def test_is_used_by_keyboard_alone(browser: Browser, folder: Path) -> None:
    page, _ = show(browser, folder.as_uri(), "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.insert_text("皖知罚字〔2018〕3号")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("找到 1 条。")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("details[open]")).to_contain_text(TRADER.name)
    page.close()


def test_a_natural_person_is_shown_in_part(browser: Browser, folder: Path) -> None:
    page, _ = show(browser, folder.as_uri(), "penalty/1.html#r120")
    record = page.locator("details[open]")
    for text in ("汪**", "340100********0017", "138****8000"):
        expect(record).to_contain_text(text)
    page.close()
