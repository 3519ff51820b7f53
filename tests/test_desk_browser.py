"""The desk in a real browser: sign-in, filter, keyboard, decisions by two people, re-opening, phone, no script, axe."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from credit_sync.desk.office import Serving
from credit_sync.store import schema
from credit_sync.store.engine import writing
from tests.desk_world import PASSWORD, SCIENCE, World, add_users, browsable, copied, make_desk, make_world
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, provider
from tests.report_night import SECOND, THIRD, case, organisation

FIRM = "合肥瀚云精密传动有限公司"
PAGES = [
    "/sign-in",
    "/",
    "/?state=all",
    "/?text=查无此人",
    "/flags/FLAG",
    "/flags/REOPENED",
    "/flags/PROPOSED",
    "/lookup",
    "/lists",
    "/lists/dishonest_debtors",
    "/publications",
    "/quarantine",
    "/runs",
    "/runs/3",
    "/audit",
    "/nowhere",
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("browser"), troubled=True)
    add_users(made.engine, "officer", "approver", "both", "chief")
    return made


@pytest.fixture(scope="module")
def shown(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Shown"]:
    """A desk to look at, with a flag in every state; nothing is changed in it."""
    made = copied(world, tmp_path_factory.mktemp("shown"))
    officer = made.signed_in("officer")
    reopened, proposed, upheld = made.flag(FIRM), made.flag("仰宗岱"), made.flag("安徽环湖生态监测有限公司")
    officer.decide(reopened, "dismiss", reason="other_by_inquiry", text="电话核实")
    made.forbid(proposed)
    officer.decide(proposed, "uphold", reason="same_by_number")
    officer.decide(upheld, "uphold", reason="same_by_number")
    made.night.add(SECOND, [case(organisation(FIRM, 11, "鲍德全"), "（2018）皖01执恢9号")])
    made.night.screen(THIRD)
    numbers = {"FLAG": made.flag("鲍德全"), "REOPENED": reopened, "PROPOSED": proposed}
    with browsable(made.application) as address:
        yield Shown(made, address, numbers)


class Shown:
    """A served desk, and the numbers of its flags by what they show."""

    def __init__(self, world: World, address: str, numbers: dict[str, int]) -> None:
        self.world, self.address, self._numbers = world, address, numbers

    def page(self, path: str) -> str:
        for name, number in self._numbers.items():
            path = path.replace(name, str(number))
        return f"{self.address}{path}"

    def context(self, browser: Browser, user: str, **options: Any) -> BrowserContext:
        """A browser of somebody who is signed in."""
        context = browser.new_context(**options)
        token = self.world.signed_in(user).client.cookies["credit_sync"]
        context.add_cookies([{"name": "credit_sync", "value": token, "url": self.address}])
        return context


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what it complains about or asks of other hosts."""
    page, noticed = context.new_page(), []
    page.on("pageerror", lambda error: noticed.append(str(error)))
    page.on("console", lambda message: noticed.append(message.text) if "404" not in message.text else None)
    page.on("request", lambda sent: noticed.append(sent.url) if "127.0.0.1" not in sent.url else None)
    return page, noticed


def sign_in(context: BrowserContext, address: str, name: str) -> Page:
    page = context.new_page()
    page.goto(f"{address}/flags/1")
    page.get_by_label("账号").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/flags/1")
    return page


def rows(page: Page) -> int:
    return page.locator("tr[data-row]").count()


# --- a morning's work --------------------------------------------------------------------------------------------


def test_two_people_work_through_flags(world: World, browser: Browser, tmp_path: Path) -> None:
    made = copied(world, tmp_path)
    number = made.flag(FIRM)
    made.forbid(number)
    with browsable(made.application) as address:
        first, second = browser.new_context(), browser.new_context()
        officer, approver = sign_in(first, address, "officer"), sign_in(second, address, "approver")
        filter_by_hand(officer)
        propose_by_keyboard(officer)
        assert (f"/flags/{number}" in officer.url, made.state(number)) == (True, "proposed")
        officer.keyboard.press("j")  # on to the next one that waits
        officer.wait_for_url(lambda url: f"/flags/{number}" not in url)

        approver.goto(f"{address}/?state=proposed")
        assert rows(approver) == 1
        approver.locator("a[data-open]").press("Enter")
        agree(approver, "维持", "经核对证件号码，为同一主体")
        assert made.state(number) == "upheld"

        officer.goto(f"{address}/flags/{number}")
        assert "approver" in officer.locator(".decision").inner_text()
        take_back_and_dismiss(officer)
        approver.goto(f"{address}/flags/{number}")
        agree(approver, "排除", "经核对证件号码，不是同一主体")
        assert made.state(number) == "dismissed"

        made.night.add(SECOND, [case(organisation(FIRM, 11, "鲍德全"), "（2018）皖01执恢9号")])
        made.night.screen(THIRD)
        officer.goto(f"{address}/flags/{number}")
        assert "出现新的名单条目" in officer.locator(".alarm").inner_text()
        assert "（2018）皖01执恢9号" in officer.locator(".alarm").inner_text()
        first.close()
        second.close()


def test_in_and_out_by_way_of_a_provider(world: World, browser: Browser, tmp_path: Path) -> None:
    """The pages let no form lead to another host: signing out has to get there all the same."""
    with provider() as at_provider, socket.create_server(("127.0.0.1", 0)) as listener:
        at_provider.said = {"sub": "u-0815", "name": "王芳", "roles": ["kjt-officer"]}
        at_provider.end_session = f"{at_provider.issuer}/end"
        serving = Serving(f"http://127.0.0.1:{listener.getsockname()[1]}", ("127.0.0.1",))
        oidc = {"issuer": at_provider.issuer, "client_id": CLIENT_ID, "client_secret_env": "DESK_SECRET"}
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("DESK_SECRET", CLIENT_SECRET)
            desk = make_desk(world.night, serving, oidc={**oidc, "roles": {"kjt-officer": "officer"}})
        with browsable(desk, listener) as address:
            page, noticed = watched(browser.new_context())
            page.goto(f"{address}/lists")
            page.get_by_text("统一身份认证登录").click()
            page.wait_for_url("**/lists")
            page.get_by_role("button", name="退出").click()
            page.wait_for_url("**/sign-in")
            page.goto(f"{address}/lists")
            assert "/sign-in" in page.url
    assert [(asked["client_id"], bool(asked["id_token_hint"])) for asked in at_provider.ended] == [
        (CLIENT_ID, True)
    ]
    assert noticed == []


def filter_by_hand(page: Page) -> None:
    """Filters send themselves, and their counts lead where they say."""
    pressed(page, "预警", "link")
    before = rows(page)
    page.get_by_role("searchbox").fill("瀚云")
    pressed(page, "查找")
    with page.expect_navigation():
        page.get_by_role("link", name=f"{SCIENCE} ").click()
    assert 0 < rows(page) < before
    page.get_by_label("状态").select_option("closed")
    page.wait_for_url("**state=closed*")
    pressed(page, "清除", "link")
    assert rows(page) == before


def propose_by_keyboard(page: Page) -> None:
    """Down to the firm, the form to uphold, the first reason, submitted."""
    lines = page.locator("tr[data-row]").all_inner_texts()
    at = next(n for n, text in enumerate(lines) if FIRM in text and "申报单位" in text)
    page.locator("body").press("j")
    for key in "j" * at + "jk":
        page.keyboard.press(key)
    page.keyboard.press("u")
    page.wait_for_url("**/flags/*#to-uphold")
    assert "措施为“禁止”" in page.locator("#uphold").inner_text()
    page.keyboard.press("Space")
    page.get_by_role("button", name="提交：维持").click()
    page.wait_for_url(lambda url: "#" not in url)
    assert "待第二人复核" in page.locator(".decision").inner_text()


def agree(page: Page, conclusion: str, reason: str) -> None:
    """The second person chooses a reason of his own."""
    page.get_by_text(f"同意{conclusion}", exact=True).click()
    page.locator("#agree").get_by_label(reason).check()
    pressed(page, f"提交：同意{conclusion}")


def take_back_and_dismiss(page: Page) -> None:
    """What was upheld is undone, and dismissed instead."""
    page.get_by_text("撤销结论", exact=True).click()
    page.get_by_label("撤销原因（会留痕）").fill("证件号码录错")
    pressed(page, "撤销")
    page.locator("body").press("d")
    page.get_by_label("经向申报单位或名单发布单位核实，不是同一主体").check()
    page.get_by_label("说明").last.fill("电话核实")
    pressed(page, "提交：排除")


def pressed(page: Page, name: str, role: Literal["button", "link"] = "button") -> None:
    """A form is sent or a link followed, and the answer wholly there: a click alone does not wait for it."""
    with page.expect_navigation():
        page.get_by_role(role, name=name, exact=True).click()


def test_keys(browser: Browser, shown: Shown) -> None:
    context = shown.context(browser, "officer")
    page, noticed = watched(context)
    page.goto(shown.page("/"))
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("j")  # nothing moves behind an open dialog
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("jkud?")
    assert page.get_by_role("searchbox").input_value() == "jkud?"
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.href")
    page.keyboard.press("Enter")
    page.wait_for_url(first)
    page.keyboard.press("l")
    page.wait_for_url(lambda url: "/flags/" not in url)
    page.keyboard.press("?")
    page.get_by_label("启用单键快捷键").uncheck()
    page.get_by_role("button", name="关闭").click()
    page.reload()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert noticed == []
    context.close()


# --- every page ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wide(browser: Browser, shown: Shown) -> Iterator[BrowserContext]:
    context = shown.context(browser, "chief", viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture(scope="module")
def phone(browser: Browser, shown: Shown) -> Iterator[BrowserContext]:
    context = shown.context(
        browser, "chief", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    yield context
    context.close()


def faults(page: Page) -> list[tuple[str, str]]:
    """What axe finds: the rule, and the first place."""
    return [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(wide: BrowserContext, browser: Browser, shown: Shown, path: str) -> None:
    context = browser.new_context() if path == "/sign-in" else wide
    page, noticed = watched(context)
    page.goto(shown.page(path))
    if path == "/lookup":
        page.get_by_label("名称或姓名").fill("鲍德全")
        page.get_by_label("事由").fill("立项前核查")
        page.get_by_role("button", name="查询").click()
        page.wait_for_selector(".answer")
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true; }")
    assert faults(page) == []
    assert noticed == []
    assert page.locator("h1").count() == 1
    page.close()


@pytest.mark.parametrize("path", PAGES[1:])
def test_on_a_phone_nothing_sticks_out(phone: BrowserContext, shown: Shown, path: str) -> None:
    page, noticed = watched(phone)
    page.goto(shown.page(path))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if path in ("/", "/flags/FLAG", "/lists/dishonest_debtors"):
        assert faults(page) == []
    assert noticed == []
    page.close()


def test_what_came_and_went_of_a_list_fits_a_phone(browser: Browser, world: World, tmp_path: Path) -> None:
    made = copied(world, tmp_path)
    listing = schema.listing
    with writing(made.engine) as connection:
        number = connection.scalar(select(listing.c.id).where(listing.c.subject_name == "仰宗岱"))
        connection.execute(listing.update().values(source="debtors"))
        of_record = {
            "record": "listing",
            "record_id": number,
            "version": 2,
            "run_id": SECOND.id,
            "at": SECOND.as_of,
        }
        before = {"organ": "安徽省合肥市高新技术产业开发区人民法院"}
        connection.execute(schema.record_history.insert().values(**of_record, change="changed", before=before))
    with browsable(made.application) as address:
        context = Shown(made, address, {}).context(browser, "chief", viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.goto(f"{address}/lists/dishonest_debtors")
        assert "高新技术产业开发区" in page.locator("ul.changes").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        context.close()


def test_without_script_everything_works(browser: Browser, shown: Shown) -> None:
    context = shown.context(browser, "officer", java_script_enabled=False)
    page, noticed = watched(context)
    page.goto(shown.page("/"))
    assert rows(page) > 0
    assert page.locator(".side a").first.is_visible()
    page.get_by_label("状态").select_option("all")
    pressed(page, "查找")
    assert "state=all" in page.url
    page.goto(shown.page("/flags/FLAG"))
    page.locator("#uphold > summary").click()
    assert page.get_by_role("button", name="提交：维持").is_visible()
    assert page.get_by_role("button", name="快捷键").count() == 0
    page.goto(shown.page("/flags/REOPENED"))
    assert "重新打开" in page.locator(".alarm").inner_text()
    assert noticed == []
    context.close()


def test_a_reason_that_wants_an_explanation_asks_for_it(wide: BrowserContext, shown: Shown) -> None:
    """Before the form is sent: an error page after it would have cost what was written."""
    page = wide.new_page()
    page.goto(shown.page("/flags/FLAG"))
    page.keyboard.press("d")
    wanted = page.locator("#dismiss textarea")
    for reason, needed in (("须写说明", True), ("经核对证件号码，不是同一主体", False), ("须写说明", True)):
        page.locator("#dismiss label.choice", has_text=reason).first.click()
        assert wanted.evaluate("text => text.required") is needed
    page.get_by_role("button", name="提交：排除").click()
    assert page.locator("#dismiss textarea:invalid").count() == 1
    page.close()


@pytest.mark.parametrize(("path", "name"), [("/", "text"), ("/audit", "target")])
@pytest.mark.parametrize(
    "number",
    [
        "340100190001040017",
        "340100000104001",
        "３４０１００１９０００１０４００１７",
        "屈怀瑾 340100 1900 0104 001x",
    ],
)
def test_a_number_of_a_person_does_not_get_into_the_address(
    wide: BrowserContext, shown: Shown, path: str, name: str, number: str
) -> None:
    """What is searched for stands in the address, and so in the browser's history and in the proxy's log."""
    page = wide.new_page()
    page.goto(shown.page(path))
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    field = page.locator(f"input[name={name}]")
    field.fill(number)
    page.get_by_role("button", name="查找").click()
    assert page.locator(f"input[name={name}]:invalid").count() == 1
    field.fill("2018-J-007 (2017)皖0207执4号 1803090100041 913408037181469303 123401000612345678")
    page.get_by_role("button", name="查找").click()
    page.wait_for_url(f"**{name}=2018*")
    assert not [url for url in asked if "1900" in url or "%EF%BC%91" in url]
    page.close()


def test_the_skip_link_and_focus(wide: BrowserContext, shown: Shown) -> None:
    page, _ = watched(wide)
    page.goto(shown.page("/"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


def test_what_is_to_be_published_can_be_read_on_a_phone_without_moving_it(browser: Browser, shown: Shown) -> None:
    page = shown.context(browser, "chief", viewport={"width": 390, "height": 800}).new_page()
    page.goto(shown.page("/publications"))
    assert "皖知法处字〔2018〕4号" in page.locator(".due tr").last.inner_text()
    widths = page.locator(".scroll").evaluate("region => [region.scrollWidth, region.clientWidth]")
    assert widths[0] <= widths[1]


def test_the_cases_of_a_flag_can_be_read_on_a_phone_without_moving_them(browser: Browser, shown: Shown) -> None:
    """Whether the debt is paid decides, and stood out of sight."""
    page = shown.context(browser, "chief", viewport={"width": 390, "height": 800}).new_page()
    page.goto(shown.page("/flags/FLAG"))
    cases = page.get_by_role("region", name="名单条目", exact=True)
    assert "履行：全部未履行" in cases.inner_text()
    widths = cases.evaluate("region => [region.scrollWidth, region.clientWidth]")
    assert widths[0] <= widths[1]
