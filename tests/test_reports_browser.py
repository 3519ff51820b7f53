"""The reports in a real browser: filters, without script, on paper, on a phone, and with hostile names."""

import re
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from credit_sync.publishing.rates import Month
from credit_sync.records import Role
from credit_sync.reporting.clean_bill import issue_clean_bill
from credit_sync.reporting.clean_bill_views import Selection
from credit_sync.reporting.flagged import write_flagged_report
from credit_sync.reporting.monthly import write_monthly_summary
from credit_sync.reporting.monthly_query import read_monthly
from credit_sync.reporting.run_report import write_run_report
from credit_sync.review import Actor
from credit_sync.screening.measures import load_measures
from credit_sync.store import audit
from tests.report_night import (
    FULL_NUMBERS,
    SCIENCE,
    SECOND,
    THIRD,
    Night,
    case,
    entry,
    organisation,
    person,
    troubled_night,
    two_nights,
)
from tests.stores import sqlite_store

_PAPER = {"width": 688, "height": 998}
"""An A4 page within its margins, in CSS pixels."""


@pytest.fixture(scope="module")
def flagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    night = two_nights(tmp_path_factory.mktemp("night"))
    return write_flagged_report(night.engine, night.settings, SECOND, load_measures())[0]


@pytest.fixture(scope="module")
def briefly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As if one application, and one unverifiable applicant, were all that a page holds in full."""
    return in_brief(two_nights(tmp_path_factory.mktemp("briefly")))


def in_brief(night: Night) -> Path:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("credit_sync.reporting.flagged._MOST_IN_FULL", 1)
        patched.setattr("credit_sync.reporting.flagged._URGENT", 1)
        return write_flagged_report(night.engine, night.settings, SECOND, load_measures())[0]


@pytest.fixture(scope="module")
def hostile_briefly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_brief(hostile_night(tmp_path_factory.mktemp("hostile_briefly")))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    night = hostile_night(tmp_path_factory.mktemp("hostile"))
    return write_flagged_report(night.engine, night.settings, SECOND, load_measures())[0]


def hostile_night(folder: Path) -> Night:
    """Names that want to be code, unbroken text of 10,000 characters, and more cases than a page holds."""
    night = two_nights(folder)
    wide, firm = "W" * 10_000, organisation("</style><script>window.hit = 1</script>", 11)
    night.add(
        SECOND,
        [
            entry(
                "<svg onload='window.hit=2'>",
                wide,
                firm,
                Role.APPLYING_UNIT,
                department=f"'\"><img src=x>{wide}",
                stage=wide,
            ),
            entry("9", "\u202eمشروع", person(f"鲍德全{wide}", FULL_NUMBERS[0]), Role.LEADER),
        ],
    )
    night.add(
        SECOND, (case(organisation("合肥瀚云精密传动有限公司", 11), f"（2018）皖{n}执{n}号") for n in range(70))
    )
    night.screen(SECOND)
    return night


@pytest.fixture(scope="module")
def operators(tmp_path_factory: pytest.TempPathFactory) -> Path:
    night = troubled_night(tmp_path_factory.mktemp("run"))
    return write_run_report(night.engine, night.settings, THIRD)[0]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The clean-bill list of a round with open flags and unverifiable people, and the month's summary."""
    folder = tmp_path_factory.mktemp("written")
    engine = sqlite_store(folder)
    night = two_nights(folder, engine)
    at, only_page = SECOND.as_of + timedelta(hours=7), ("html",)
    selection = Selection(SCIENCE, 2018, "")
    signer, forms = Actor("签发人", at), {"formats": only_page, "folder": folder}
    _, bill = issue_clean_bill(engine, night.settings, selection, signer, **forms)
    month = read_monthly(engine, night.settings, Month(2018, 12), datetime(2019, 1, 5))
    return {"bill": bill[0], "monthly": write_monthly_summary(month, folder, only_page)[0]}


@pytest.fixture(scope="module")
def bill(written: dict[str, Path]) -> Path:
    return written["bill"]


@pytest.fixture(scope="module")
def monthly(written: dict[str, Path]) -> Path:
    return written["monthly"]


def show(browser: Browser, path: Path, **options: object) -> tuple[Page, list[str]]:
    """The opened page, and what it asked for or complained about beside itself."""
    page = browser.new_page(**options)
    noticed: list[str] = []
    page.on("request", lambda request: noticed.append(request.url))
    page.on("console", lambda message: noticed.append(message.text))
    page.on("pageerror", lambda error: noticed.append(str(error)))
    page.goto(path.as_uri())
    noticed.remove(path.as_uri())
    return page, noticed


def visible(page: Page, selector: str) -> int:
    return page.locator(selector).locator("visible=true").count()


# What is chosen; how many flags, applications and unverifiable applicants are left.
FILTERS = [
    pytest.param({"department": "成果与奖励处"}, (2, 1, 0), id="department"),
    pytest.param({"system": "安徽省科技管理信息系统"}, (4, 2, 2), id="system"),
    pytest.param({"stage": "公示"}, (2, 1, 0), id="stage"),
    pytest.param({"verdict": "probable"}, (2, 2, 0), id="verdict"),
    pytest.param({"verdict": "unverifiable"}, (0, 0, 2), id="unverifiable"),
    pytest.param({"text": "皖0104执2045"}, (2, 1, 0), id="text of an entry"),
    pytest.param({"text": "１８０４Ａ09020117 项目负责人"}, (2, 1, 0), id="two words, full width"),
    pytest.param({"text": "经法定代表人"}, (1, 1, 0), id="through a representative"),
    pytest.param({"news": True}, (1, 1, 0), id="news"),
    pytest.param({"department": "高新技术处", "verdict": "confirmed"}, (2, 1, 0), id="two at once"),
    pytest.param({"text": "查无此人"}, (0, 0, 0), id="nothing"),
]


def choose(page: Page, choice: dict[str, object]) -> None:
    for name, value in choice.items():
        field = page.locator(f"#filters [name={name}]")
        if value is True:
            field.check()
        elif name == "text":
            field.fill(str(value))
        else:
            field.select_option(str(value))


@pytest.mark.parametrize(("choice", "expected"), FILTERS)
def test_filters(
    browser: Browser, flagged: Path, choice: dict[str, object], expected: tuple[int, int, int]
) -> None:
    flags, cards, unverifiable = expected
    page, noticed = show(browser, flagged)
    choose(page, choice)
    assert (visible(page, ".flag"), visible(page, ".card")) == (flags, cards)
    assert visible(page, "tr[data-verdict=unverifiable]") == unverifiable
    assert visible(page, ".index tbody tr") == flags
    assert page.locator("#shown").text_content() == f"显示 {flags} / 6 条预警"
    page.emulate_media(media="print")
    assert page.locator("#print-filter").is_visible()
    assert not page.locator("#filters").is_visible()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="清除").click()
    # A function to wait for is refused by the page's policy.
    expect(page.locator("#shown")).to_have_text("显示 6 / 6 条预警")
    assert (visible(page, ".flag"), page.locator("#print-filter").is_hidden(), noticed) == (6, True, [])


def test_without_script_everything_is_shown(browser: Browser, flagged: Path) -> None:
    page, noticed = show(browser, flagged, java_script_enabled=False)
    assert (visible(page, ".flag"), visible(page, "#filters"), noticed) == (6, 0, [])
    assert visible(page, "tr[data-verdict=unverifiable]") == 2
    page.close()


@pytest.mark.parametrize(("choice", "expected"), FILTERS)
def test_filters_find_flags_that_have_a_line_each(
    browser: Browser, briefly: Path, choice: dict[str, object], expected: tuple[int, int, int]
) -> None:
    flags, applications, unverifiable = expected
    page, noticed = show(browser, briefly)
    choose(page, choice)
    assert (page.locator("#shown").text_content(), noticed) == (f"显示 {flags} / 6 条预警", [])
    assert page.locator(".batch tr[data-verdict=unverifiable]").count() == 2
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        assert (visible(page, ".flag"), visible(page, ".card, tr[data-head]")) == (flags, applications)
        assert visible(page, "tr[data-verdict=unverifiable]") == unverifiable
    page.close()


def test_a_link_to_a_flag_that_has_a_line_leads_there(browser: Browser, briefly: Path) -> None:
    page, _ = show(browser, briefly, java_script_enabled=False)
    number = page.locator(".lines .flag").last.get_attribute("id")
    page.goto(f"{briefly.as_uri()}#{number}")
    top = page.locator(f"#{number}").evaluate("line => line.getBoundingClientRect().top")
    assert 0 < top < 720
    page.close()


@pytest.mark.parametrize("report", ["hostile", "hostile_briefly"])
def test_hostile_names_stay_text(browser: Browser, request: pytest.FixtureRequest, report: str) -> None:
    page, noticed = show(browser, request.getfixturevalue(report))
    assert noticed == []
    assert page.evaluate("window.hit") is None
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    assert page.get_by_text("</style><script>window.hit = 1</script>").count() > 0
    page.close()


@pytest.mark.parametrize("report", ["flagged", "operators"])
def test_on_a_phone_the_state_of_a_list_is_seen_without_scrolling(
    browser: Browser, request: pytest.FixtureRequest, report: str
) -> None:
    page, _ = show(browser, request.getfixturevalue(report), viewport={"width": 390, "height": 900})
    table = page.get_by_role("table").filter(has=page.get_by_role("columnheader", name="状态")).first
    place = "title => title.getBoundingClientRect().right"
    assert table.get_by_role("columnheader", name="状态").evaluate(place) <= 390
    page.close()


def test_all_that_the_run_report_says_stands_on_its_sheet(browser: Browser, tmp_path: Path) -> None:
    night = troubled_night(tmp_path)
    with night.engine.begin() as connection:
        entry = {"action": audit.Action.LOOKUP, "target": "鲍德全", "detail": {}}
        audit.note(connection, at=SECOND.as_of, who="甲", **entry)
    page, _ = show(browser, write_run_report(night.engine, night.settings, THIRD)[0])
    assert page.get_by_text("留痕记录的摘要").is_visible()
    assert page.locator("body p:not(main *, header *)").all_inner_texts() == []
    page.close()


@pytest.mark.parametrize(
    "report", ["flagged", "briefly", "hostile", "hostile_briefly", "operators", "bill", "monthly"]
)
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_sticks_out_of_the_window(
    browser: Browser, request: pytest.FixtureRequest, report: str, width: int
) -> None:
    page, noticed = show(browser, request.getfixturevalue(report), viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert noticed == []
    page.close()


@pytest.mark.parametrize("report", ["flagged", "hostile"])
def test_flags_fit_a_printed_page_or_may_be_broken(
    browser: Browser, request: pytest.FixtureRequest, report: str
) -> None:
    page, _ = show(browser, request.getfixturevalue(report), viewport=_PAPER)
    page.emulate_media(media="print")
    sizes = page.eval_on_selector_all(
        ".flag, .card", "all => all.map(e => [getComputedStyle(e).breakInside, e.offsetHeight])"
    )
    assert sizes
    assert all(height < _PAPER["height"] for rule, height in sizes if rule == "avoid")
    assert {rule for rule, _ in sizes} == {"avoid", "auto"}
    assert page.evaluate("document.documentElement.scrollWidth") <= _PAPER["width"]
    page.close()


def test_prints_on_few_pages(browser: Browser, flagged: Path) -> None:
    page, _ = show(browser, flagged)
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
    assert 4 <= pages <= 6
    page.close()


def test_the_waterfall_unfolds_without_script(browser: Browser, flagged: Path) -> None:
    page, noticed = show(browser, flagged, java_script_enabled=False)
    pictures = page.locator(".sum svg")
    assert (pictures.count(), pictures.first.is_visible()) == (6, False)
    page.locator(".sum summary").first.click()
    assert (pictures.first.is_visible(), noticed) == (True, [])
    page.close()


@pytest.mark.parametrize("report", ["flagged", "briefly", "bill", "monthly"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(
    browser: Browser, request: pytest.FixtureRequest, report: str, width: int
) -> None:
    page, _ = show(browser, request.getfixturevalue(report), viewport={"width": width, "height": 900})
    page.eval_on_selector_all("details", "all => all.forEach(e => { e.open = true; })")
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found] == []
    page.close()


@pytest.mark.parametrize("report", ["flagged", "briefly", "operators", "bill", "monthly"])
def test_is_accessible(browser: Browser, request: pytest.FixtureRequest, report: str) -> None:
    page, _ = show(browser, request.getfixturevalue(report))
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "all => all.map(e => Number(e.tagName[1]))")
    assert levels[0] == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))
    fields = page.locator("select, input")
    assert all(fields.nth(n).evaluate("e => e.labels.length") == 1 for n in range(fields.count()))
    unnamed = "all => all.filter(e => e.getAttribute('aria-labelledby').split(/\\s+/).some(id => !document.getElementById(id))).length"
    assert page.eval_on_selector_all("[aria-labelledby]", unnamed) == 0
    assert page.eval_on_selector_all("[id]", "all => all.length - new Set(all.map(e => e.id)).size") == 0
    assert page.evaluate(_LOW_CONTRAST) == []
    page.close()


_LOW_CONTRAST = """() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const rgba = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = e => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const texts = [...document.querySelectorAll('body *')].filter(e =>
    [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) && e.checkVisibility() && e.tagName !== 'SCRIPT');
  return texts.filter(e => { const [a, b] = [light(rgba(getComputedStyle(e).color)), light(ground(e))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5; }).map(e => e.className + ' ' + e.textContent.slice(0, 20));
}"""
