"""A measure that forbids, from the hit to what two people agreed upon: in two browsers, at the gate and in the report."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine

from credit_sync.desk.office import Office
from credit_sync.gate import Gate
from credit_sync.reporting.flagged import flagged_page
from credit_sync.reporting.flagged_query import read_flagged
from credit_sync.reporting.gate import gate_json
from credit_sync.screening.measures import load_measures
from credit_sync.screening.weights import load_weights
from credit_sync.store import ledger
from tests.desk_world import World, add_users, browsable, make_desk
from tests.report_night import Night
from tests.review_world import COMPANY, ReviewWorld, case
from tests.stores import sqlite_store
from tests.test_desk_browser import Shown, agree, pressed


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = sqlite_store(tmp_path)
    yield made
    made.dispose()


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> ReviewWorld:
    """A night has found the company on the list that forbids."""
    made = ReviewWorld(engine, tmp_path)
    made.deliver("banned", case(7))
    made.night()
    return made


@pytest.fixture
def desk(world: ReviewWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    now = datetime.now().replace(microsecond=0)
    monkeypatch.setattr(Office, "now", lambda _: now)  # no midnight in between: days are compared
    night = Night(world.engine, world.settings)
    made = World(night, make_desk(night, local_accounts=True))
    add_users(made.engine, "officer", "approver", "both")
    with browsable(made.application) as address:
        yield Shown(made, address, {})


@pytest.fixture
def people(browser: Browser, desk: Shown) -> Iterator[tuple[Page, Page]]:
    """The officer's and the approver's browser, each at the flag."""
    contexts = [desk.context(browser, name) for name in ("officer", "approver")]
    first, second = (at_flag(context, desk) for context in contexts)
    yield first, second
    for context in contexts:
        context.close()


def at_flag(context: BrowserContext, desk: Shown) -> Page:
    page = context.new_page()
    page.goto(desk.page("/"))
    page.get_by_role("link", name=COMPANY).click()
    page.wait_for_url("**/flags/*")  # loaded: before its script is there no key is heard
    return page


def gate_says(world: ReviewWorld) -> tuple[str, str, list[str]]:
    """The verdict, its title, and what it says of the flag."""
    gate = Gate(world.settings)
    with world.engine.connect() as connection:
        said = gate_json(gate.stored(connection, "kj", "1", world.now), gate.measures)
    return said["verdict"], said["title"], [r["text"] for r in said["reasons"] if "预警 1" in r["text"]]


def report_of(world: ReviewWorld) -> str:
    measures = load_measures(world.folder / "mappings")
    with world.engine.connect() as connection:
        run = ledger.latest(connection)
        assert run is not None
        return flagged_page(read_flagged(connection, world.settings, run, measures), load_weights())


def decision(page: Page) -> str:
    return page.locator(".decision").inner_text()


def propose(page: Page) -> None:
    page.keyboard.press("u")
    assert "措施为“禁止”" in page.locator("#uphold").inner_text()
    page.locator("#uphold").get_by_label("经核对证件号码，为同一主体").check()
    pressed(page, "提交：维持")


def test_from_the_hit_to_what_two_agreed_upon(world: ReviewWorld, desk: Shown, people: tuple[Page, Page]) -> None:
    officer, approver = people
    assert gate_says(world)[:2] == ("hold", "暂缓，待处理")
    propose(officer)
    today = f"{desk.world.application.state.office.now():%Y-%m-%d}"
    assert "等待有复核权限的另一人复核。本人提出的结论不能由本人复核。" in decision(officer)
    assert officer.locator("#agree").count() == 0
    verdict, _, (told,) = gate_says(world)
    assert (verdict, "已提出结论，待第二人复核；措施：禁止申报" in told) == ("hold", True)
    assert f"{today} officer 提出维持，待第二人复核：经核对证件号码，为同一主体" in report_of(world)

    approver.goto(desk.page("/?state=proposed"))
    pressed(approver, COMPANY, "link")
    assert "提出维持" in decision(approver)
    agree(approver, "维持", "经核对证件号码，为同一主体")
    for page in (approver, officer):
        page.reload()
        assert "已维持" in decision(page)
        assert "officer：经核对证件号码，为同一主体" in decision(page)
        assert f"第二人 approver 同意，{today}" in decision(page)
    verdict, title, (told,) = gate_says(world)
    assert (verdict, title) == ("blocked", "不得继续")
    assert "已认定为同一主体，依据所列措施不得继续；措施：禁止申报" in told
    assert f"{today} officer 维持：经核对证件号码，为同一主体；approver 复核同意" in report_of(world)
    world.night()
    assert (gate_says(world)[0], "approver 复核同意" in report_of(world)) == ("blocked", True)


def test_the_second_person_does_not_agree(world: ReviewWorld, people: tuple[Page, Page]) -> None:
    officer, approver = people
    propose(officer)
    approver.reload()
    approver.get_by_text("不同意，退回", exact=True).click()
    approver.get_by_label("退回原因").fill("名称不同，须再核")
    pressed(approver, "退回")
    officer.reload()
    assert "approver 复核退回：名称不同，须再核" in decision(officer)
    assert officer.locator("#uphold").count() == 1
    assert gate_says(world)[0] == "hold"
    assert "approver 复核退回：名称不同，须再核" in report_of(world)


def test_nobody_is_two_people(world: ReviewWorld, desk: Shown, browser: Browser) -> None:
    context = desk.context(browser, "both")
    page = at_flag(context, desk)
    propose(page)
    assert page.locator("#agree, #refuse").count() == 0
    answer = desk.world.signed_in("both").decide(1, "agree", reason="same_by_number")
    assert (answer.status_code, gate_says(world)[0]) == (400, "hold")
    context.close()
