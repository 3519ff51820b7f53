"""What the pages say: the list of flags, one flag, one subject, lists, publications, quarantine, runs."""

import html
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, select, update

from credit_sync import review
from credit_sync.desk.flag_list import PER_PAGE, SORTS
from credit_sync.desk.office import Office
from credit_sync.desk.pages import lookup
from credit_sync.records import Role
from credit_sync.reporting import side_by_side
from credit_sync.review import Actor, Said
from credit_sync.screening.decisions import Conclusion
from credit_sync.screening.index_files import build_index
from credit_sync.screening.weights import load_weights
from credit_sync.shipped import shipped
from credit_sync.store import ledger, schema
from credit_sync.store.engine import writing
from credit_sync.store.quarantine import BadRow
from credit_sync.store.quarantine import put as put_into_quarantine
from credit_sync.subjects.subject import Sex
from tests.desk_world import AWARDS, SCIENCE, Guest, World, add_users, copied, make_world
from tests.report_night import FULL_NUMBERS, SECOND, THIRD, case, entry, organisation, person, person_number, zxgk

ROW = re.compile(r'<tr data-row>.*?href="/flags/(\d+)', re.DOTALL)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("pages"), troubled=True)
    add_users(made.engine, "officer", "auditor", "administrator")
    return made


@pytest.fixture(scope="module")
def officer(world: World) -> Guest:
    return world.signed_in("officer")


@pytest.fixture(scope="module")
def auditor(world: World) -> Guest:
    return world.signed_in("auditor")


def numbers(page: str) -> list[int]:
    return [int(found) for found in ROW.findall(page)]


# --- the list ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("", 6),
        (f"department={AWARDS}", 2),
        ("system=安徽省科技管理信息系统", 4),
        ("verdict=probable", 2),
        ("list=abnormal_operations", 1),
        (f"department={SCIENCE}&verdict=confirmed", 2),
        ("text=皖0104执2045", 2),
        ("text=１８０４Ａ09020117", 3),
        ("text=（2018）皖0181执3021号", 1),
        ("text=(2018)皖0181执3021号", 1),
        ("text=鲍德全 1804a09020117", 2),
        ("text=查无此人", 0),
        ("text=100%25", 0),
        ("text=_", 0),
        ("state=closed", 1),
        ("state=all", 7),
        ("state=upheld", 0),
    ],
)
def test_filters(officer: Guest, asked: str, left: int) -> None:
    page = officer.page(f"/?{asked}")
    assert (len(numbers(page)), f"{left} 条预警" in page) == (left, True)


@pytest.mark.parametrize(("state", "head"), [("waiting", "待处理的预警"), ("all", "全部预警")])
def test_the_head_says_which_flags_these_are(officer: Guest, state: str, head: str) -> None:
    assert f"<h1>{head}</h1>" in officer.page(f"/?state={state}")


def test_every_count_is_what_its_link_shows(officer: Guest) -> None:
    page = officer.page(f"/?department={SCIENCE}&verdict=confirmed")
    counted = re.findall(r'<a href="(/[^"]*)"[^>]*><span>[^<]*</span><b>(\d+)</b></a>', page)
    assert len(counted) == 8
    for address, count in counted:
        assert len(numbers(officer.page(address.replace("&amp;", "&")))) == int(count), address


def test_orders(world: World, officer: Guest) -> None:
    with world.engine.connect() as connection:
        flag, applicant = schema.flag, schema.applicant
        joined = select(
            flag.c.id, flag.c.verdict, flag.c.opened_at, applicant.c.application, applicant.c.subject_name
        )
        found = {
            row.id: row
            for row in connection.execute(joined.join(applicant, applicant.c.id == flag.c.applicant_id))
        }

    def order(sort: str) -> list[Any]:
        return [found[number] for number in numbers(officer.page(f"/?sort={sort}"))]

    ranks = ["confirmed", "probable", "possible"]
    assert [ranks.index(row.verdict) for row in order("serious")] == sorted(
        ranks.index(r.verdict) for r in order("serious")
    )
    assert [row.opened_at for row in order("newest")] == sorted(
        (r.opened_at for r in order("newest")), reverse=True
    )
    assert [row.subject_name for row in order("name")] == sorted(r.subject_name for r in order("name"))
    assert len(order("application")) == 6


@pytest.fixture(scope="module")
def crowded(world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Flags of two pages and a bit on 阮某某."""
    made = copied(world, tmp_path_factory.mktemp("crowded"))
    crowd(made)
    return made


def crowd(made: World) -> None:
    serials = range(200, 200 + 2 * PER_PAGE + 5)
    people = [person_number("340103", "19040312", serial) for serial in serials]
    made.night.add(
        SECOND,
        (entry(f"P{n % 7}", "题", person("阮某某", number), Role.LEADER) for n, number in enumerate(people)),
    )
    made.night.add(
        SECOND, (case(person("阮某某", zxgk(number)), f"（2018）皖{n}号") for n, number in enumerate(people))
    )
    made.night.screen(SECOND)


def turned(page: str, way: str) -> str:
    """Where a page's link to the next or the previous one leads."""
    found = re.search(rf'<a rel="{way}" href="([^"]+)"', page.partition('class="pager"')[2])
    return html.unescape(found.group(1)) if found else ""


def test_page_by_page(crowded: World) -> None:
    guest = crowded.signed_in("officer")
    page = guest.page("/?text=阮某某")
    pages = [page]
    while address := turned(page, "next"):
        page = guest.page(address)
        pages.append(page)
    found = [numbers(each) for each in pages]
    assert [len(each) for each in found] == [PER_PAGE, PER_PAGE, 5]
    assert len({number for each in found for number in each}) == 2 * PER_PAGE + 5
    assert f"第 {PER_PAGE + 1} 至 {2 * PER_PAGE} 条，共 {2 * PER_PAGE + 5} 条" in pages[1]
    assert [turned(each, "prev") != "" for each in pages] == [False, True, True]
    assert numbers(guest.page(turned(pages[2], "prev"))) == found[1]
    assert numbers(guest.page(turned(pages[1], "prev"))) == found[0]
    assert f"第 {PER_PAGE} /" in guest.page(f"/flags/{found[0][-1]}?text=阮某某")
    following = f"/flags/{found[1][0]}"  # the next one is on the next page
    assert following in guest.page(f"/flags/{found[0][-1]}?text=阮某某")
    of_page_2 = turned(pages[0], "next").partition("?")[2].replace("&", "&amp;")
    assert f"{following}?{of_page_2}" in pages[1]  # and from a flag one comes back to its page
    assert f'<a href="/?{of_page_2}" data-list>' in guest.page(f"{following}?{html.unescape(of_page_2)}")


@pytest.mark.parametrize("sort", SORTS)
def test_who_decides_a_page_and_turns_it_passes_none_over(engine: Engine, tmp_path: Path, sort: str) -> None:
    made = make_world(tmp_path, engine)
    add_users(made.engine, "officer")
    crowd(made)
    guest = made.signed_in("officer")
    everybody = numbers_of_all(guest, sort)
    assert len(everybody) == 2 * PER_PAGE + 11
    page, met = guest.page(f"/?sort={sort}"), []
    while True:
        shown = numbers(page)
        met += shown
        address = turned(page, "next")
        with writing(made.engine) as connection:
            decided = schema.flag.c.id.in_(shown[1:])  # the first of every page is left for later
            connection.execute(update(schema.flag).where(decided).values(state="upheld"))
        if not address:
            break
        page = guest.page(address)
    assert met == everybody
    assert len(numbers(guest.page(f"/?sort={sort}"))) == 3
    assert (
        len(numbers(guest.page(f"/?sort={sort}&after={met[-1]}"))) == 3
    )  # nothing is left there: from the beginning


def numbers_of_all(guest: Guest, sort: str) -> list[int]:
    page, found = guest.page(f"/?sort={sort}"), []
    while True:
        found += numbers(page)
        if not (address := turned(page, "next")):
            return found
        page = guest.page(address)


def test_a_page_behind_a_flag_of_another_department_says_nothing_of_it(crowded: World, tmp_path: Path) -> None:
    """Where a name would stand among one's own says what the name is."""
    made = copied(crowded, tmp_path)
    add_users(made.engine, "science")
    guest, foreign = made.signed_in("science"), made.flag("仰宗岱")
    first = numbers(guest.page("/?sort=name"))
    assert foreign not in first
    assert numbers(guest.page(f"/?sort=name&after={foreign}")) == first
    assert numbers(guest.page(f"/?sort=name&after={first[0]}")) != first


def test_stale_lists_are_told(officer: Guest) -> None:
    page = officer.page("/")
    assert "名单缺失、过期或未采用：现在不能据此放行任何人" in page
    old = "<strong>经营异常名录</strong>：数据源 abnormal 上次成功取数是 2018-12-04 02:00，已超过 7 天</li>"
    refused = (
        "数据源 debtors 上次成功取数是 2018-12-04 02:00，已超过 3 天；数据源 debtors 最近一次取到的名单没有采用"
    )
    assert (page.count(old), page.count(refused)) == (1, 1)
    assert "名单不完整，不能据此放行" in officer.page("/?text=查无此人")
    assert "比对时间 2018-12-06 02:00" in page


def test_a_refused_delivery_is_told_where_the_gate_stays_shut_for_it(world: World, tmp_path: Path) -> None:
    made = copied(world, tmp_path)
    with writing(made.engine) as connection:
        fresh = datetime.now().replace(microsecond=0) - timedelta(hours=1)
        connection.execute(schema.source_version.update().values(pulled_at=fresh))
    guest = made.signed_in("officer")
    for path in ("/", "/lists"):
        page = guest.page(path)
        assert page.count("数据源 debtors 最近一次取到的名单没有采用") == 1
        assert "数据源 abnormal" not in page
    assert guest.page("/lists").count("不能放行</strong>") == 1
    with writing(made.engine) as connection:
        version = schema.source_version
        connection.execute(version.delete().where(version.c.state == "refused"))
    for path in ("/", "/?text=查无此人", "/lists"):
        page = guest.page(path)
        assert "不能据此放行" not in page
        assert "不能放行</strong>" not in page


def test_a_list_pulled_later_than_now_is_told(world: World, tmp_path: Path) -> None:
    made = copied(world, tmp_path)
    with writing(made.engine) as connection:
        later = datetime.now().replace(microsecond=0) + timedelta(hours=1)
        connection.execute(schema.source_version.update().values(pulled_at=later))
    guest = made.signed_in("officer")
    for path in ("/", "/lists"):
        assert "晚于现在" in guest.page(path)


# --- one flag ------------------------------------------------------------------------------------------------------


def test_names_that_are_not_written_alike_are_not_said_to_agree(world: World, officer: Guest) -> None:
    """有限公司 became 股份有限公司: it speaks for one subject, and is another name all the same."""
    page = officer.page(f"/flags/{world.flag('安徽晶曜光伏科技有限公司')}")
    assert page.count('<span class="sign resembles">相近</span>') == 1
    assert "所以不是“确认”" in page


def test_levels_that_are_said_to_resemble_are_levels_of_the_weights() -> None:
    weights = load_weights()
    named = (weights.identifier, weights.person_name, weights.organisation_name, weights.legal_representative)
    assert {level for levels in named for level in levels} >= side_by_side.RESEMBLING


def test_side_by_side(world: World, officer: Guest) -> None:
    page = officer.page(f"/flags/{world.flag('仰宗岱')}")
    assert '<span class="sign agrees">相符</span>' in page
    assert "所以不是“确认”" not in page
    assert "位全部一致" in page
    assert "名单中叫这个名字的有 <strong>" in page
    assert "依据：" in page
    assert "<svg" in page
    assert "合计" in page
    assert "（2018）皖0181执3021号" in page
    assert not any(full in page for full in FULL_NUMBERS)


def test_through_the_representative(world: World, officer: Guest) -> None:
    page = officer.page("/")
    assert "经法定代表人" in page
    with world.engine.connect() as connection:
        via = schema.flag.c.via == "legal_representative"
        number = connection.scalar(select(schema.flag.c.id).where(via))
    shown = officer.page(f"/flags/{number}")
    assert "列入名单的是单位，不是申报主体本人" in shown
    assert "名单单位的法定代表人" in shown


def test_the_representative_of_a_listed_organisation_is_not_called_listed(world: World, officer: Guest) -> None:
    """Neither among the listed of his name, nor by the reason of an officer, nor beside another flag of his application."""
    with world.engine.connect() as connection:
        via = schema.flag.c.via == "legal_representative"
        number = connection.scalar(select(schema.flag.c.id).where(via))
    reached, himself = officer.page(f"/flags/{number}"), officer.page(f"/flags/{world.flag('仰宗岱')}")
    for told in (
        "名单所列个人中叫这个名字的有 <strong>",
        "（所列单位的法定代表人不计在内）",
        "“同一主体”，指申报主体与该单位的法定代表人是同一人",
    ):
        assert (told in reached, told in himself) == (True, False)
    firm = officer.page(f"/flags/{world.flag('合肥瀚云精密传动有限公司')}")
    others = re.findall(r'<a href="/flags/(\d+)">.*?<span class="soft">([^<]+)</span>', firm)
    assert (str(number), "失信被执行人名单，经法定代表人") in others
    assert "失信被执行人名单" in [said for _, said in others]


def test_what_is_read_from_a_number_is_not_said_to_be_missing(world: World, officer: Guest) -> None:
    """The number says where somebody is from: “—” beside 相符 would be two things at once."""
    with world.engine.connect() as connection:
        via = schema.flag.c.via == "legal_representative"
        number = connection.scalar(select(schema.flag.c.id).where(via))
    page = officer.page(f"/flags/{number}")
    rows = re.findall(r'<tr class="(\S+)"><th scope="row">(\S+)</th><td>(.*?)</td><td>(.*?)</td>', page)
    assert ("agrees", "地区", "<bdi>据证件号码</bdi>", "<bdi>安徽省合肥市</bdi>") in rows
    one_side = {
        title for kind, title, *sides in rows if kind in ("agrees", "contradicts") and "<bdi>—</bdi>" in sides
    }
    assert one_side == set()


def test_why_nothing_was_compared_is_told_as_it_is(tmp_path: Path) -> None:
    """Of an organisation no number says where it is, a place that nobody knows is none, and former names are names."""
    made = make_world(tmp_path)
    add_users(made.engine, "officer")
    firm = replace(
        organisation("合肥星河谷机械有限公司", 81, region="总部"), former_names=("合肥旧河谷机械有限公司",)
    )
    listed = replace(
        organisation("合肥旧河谷机械有限公司", 81, region="本地"), former_names=("合肥星河谷机械有限公司",)
    )
    number = person_number("340103", "19040312", 640)
    man = person("蔺从周", number, sex=Sex.MALE, birth_year=1904, employer="合肥大学附属医院")
    his = person("蔺从周", zxgk(number), sex=Sex.MALE, birth_year=1904, employer="合肥大学")
    made.night.begin(THIRD)
    made.night.add(THIRD, [entry("P81", "题", firm, Role.APPLYING_UNIT), entry("P81", "题", man, Role.LEADER)])
    made.night.add(THIRD, [case(listed, "（2018）皖81号", organ=""), case(his, "（2018）皖82号")])
    made.night.version(THIRD, "debtors", 3, pulled=6857, added=2, unchanged=6855, live=6857)
    made.night.screen(THIRD)
    guest = made.signed_in("officer")
    told = {
        title: why
        for name in (firm.name, man.name)
        for title, why in re.findall(
            r'<th scope="row">([^<]+)</th>.*?</td>\n<td><span class="sign none">未比</span> <span class="soft">([^<]+)</span>',
            guest.page(f"/flags/{made.flag(name)}"),
        )
    }
    assert told == {
        "曾用名": "已在名称中比较",
        "地区": "两边所写不能互相比较",
        "性别": "已由证件号码体现",
        "出生年份": "已由证件号码体现",
        "工作单位": "两边所写不能互相比较",
    }


def test_why_it_is_not_confirmed_is_told_as_it_is(world: World, officer: Guest) -> None:
    page = officer.page(f"/flags/{world.flag('安徽晶曜光伏科技有限公司')}")
    assert "（没有号码可以印证，所以不是“确认”）" in page


def test_a_closed_flag_says_why(world: World, officer: Guest) -> None:
    (number,) = numbers(officer.page("/?state=closed"))
    page = officer.page(f"/flags/{number}")
    assert "已于" in page
    assert "不再计入" in page or "关闭" in page


def test_history_tells_of_a_flag_that_closed_and_is_back(world: World, tmp_path: Path) -> None:
    """What was decided before holds again: it must not stand before the day on which the flag was found."""
    made = copied(world, tmp_path)
    officer = made.signed_in("officer")
    (number,) = numbers(officer.page("/?state=closed"))
    with writing(made.engine) as connection:
        connection.execute(update(schema.listing).values(removed_at=None))
    made.night.screen(THIRD)
    page = officer.page(f"/flags/{number}")
    said = re.findall(r"<time[^>]*>(.{10}) .{5}</time> <span>(发现预警|预警关闭|预警恢复)", page)
    assert said == [("2018-12-03", "发现预警"), ("2018-12-04", "预警关闭"), ("2018-12-06", "预警恢复")]


def test_history_tells_what_changed_in_the_records(world: World, tmp_path: Path) -> None:
    made = copied(world, tmp_path)
    number = made.flag("仰宗岱")
    with writing(made.engine) as connection:
        listing = (
            connection.execute(select(schema.listing).where(schema.listing.c.subject_name == "仰宗岱"))
            .mappings()
            .first()
        )
        assert listing
        before = {str(c.name): listing[c.name] for c in schema.listing.columns if c.name not in ("id", "digest")}
        before = {
            name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in before.items()
        }
        connection.execute(
            schema.record_history.insert().values(
                record="listing",
                record_id=listing["id"],
                version=2,
                change="changed",
                run_id=3,
                at=SECOND.as_of,
                before={**before, "organ": "别的法院"},
            )
        )
    assert "变更：列入机关</span>" in made.signed_in("officer").page(f"/flags/{number}")


def test_a_flag_whose_cases_went_over_to_another(world: World, tmp_path: Path) -> None:
    made = copied(world, tmp_path)
    (number,) = numbers(made.signed_in("officer").page("/?state=closed"))
    with writing(made.engine) as connection:
        moved = update(schema.match).where(schema.match.c.flag_id == number)
        connection.execute(moved.values(flag_id=made.flag("仰宗岱")))
    answer = made.signed_in("officer").get(f"/flags/{number}")
    assert (answer.status_code, "转到同一申报主体的另一条预警" in answer.text) == (404, True)


def test_other_flags_on_the_same_two_are_told_to_whom_they_are_visible(world: World, tmp_path: Path) -> None:
    made = copied(world, tmp_path)
    number = made.flag("仰宗岱")
    flag, match, applicant, turn = schema.flag, schema.match, schema.applicant, schema.flag_history
    with writing(made.engine) as connection:
        found = connection.execute(select(flag).where(flag.c.id == number)).mappings().one()
        there = (
            connection.execute(select(applicant).where(applicant.c.id == found["applicant_id"])).mappings().one()
        )
        again = {"id": 900_000, "key": "again", "application": "AGAIN-1", "department": SCIENCE}
        connection.execute(applicant.insert().values(**{**there, **again}))
        connection.execute(flag.insert().values(**{**found, "id": 9000, "applicant_id": 900_000}))
        opened = connection.execute(select(turn).where(turn.c.flag_id == number)).mappings().first()
        connection.execute(turn.insert().values(**{**(opened or {}), "id": 900_000, "flag_id": 9000}))
        for case in connection.execute(select(match).where(match.c.flag_id == number)).mappings().all():
            connection.execute(match.insert().values(**{**case, "applicant_id": 900_000, "flag_id": 9000}))
        reasons = made.application.state.office.reasons
        said, by = Said("other_by_number", ""), Actor("甲", SECOND.as_of)
        review.decide(connection, 9000, Conclusion.DISMISS, said, reasons, by)
    heading = "同一申报主体、同一名单主体的其他预警"
    page = made.signed_in("officer").page(f"/flags/{number}")
    assert heading in page
    assert '<a href="/flags/9000">预警 9000</a> <bdi>AGAIN-1</bdi>' in page
    assert "甲 排除：" in page
    add_users(made.engine, "science")
    assert there["department"] == AWARDS
    assert heading in made.signed_in("officer").page("/flags/9000")
    assert heading not in made.signed_in("science").page("/flags/9000")


def test_a_mapping_that_is_broken(world: World, tmp_path: Path) -> None:
    made = copied(world, tmp_path)
    office = made.application.state.office
    broken = office.settings.model_copy(update={"mappings": tmp_path / "nowhere"})
    guest = made.signed_in("officer")
    object.__setattr__(office, "settings", broken)
    for answer in (guest.get("/lists"), guest.post("/lookup", name="鲍德全", reason="立项前核查")):
        assert (answer.status_code, str(tmp_path) in answer.text) == (503, False)


def test_full_number_only_on_demand_and_on_record(world: World, officer: Guest) -> None:
    number, full = world.flag("鲍德全"), FULL_NUMBERS[0]
    assert full not in officer.page(f"/flags/{number}")
    refused = officer.post(f"/flags/{number}/numbers", reason="  ")
    assert (refused.status_code, full in refused.text) == (400, False)
    before = len(world.audited("reveal"))
    answer = officer.post(f"/flags/{number}/numbers", reason="电话核实本人")
    assert full in answer.text
    entry = world.audited("reveal")[-1]
    assert (len(world.audited("reveal")), entry.who) == (before + 1, "officer")
    assert "电话核实本人" in entry.detail
    assert full not in entry.detail + entry.target
    assert full not in officer.page(f"/flags/{number}")  # once


# --- one subject ---------------------------------------------------------------------------------------------------


def test_look_up(world: World, officer: Guest) -> None:
    answer = officer.post("/lookup", name="鲍德全", number=FULL_NUMBERS[0], reason=f"立项前核查 {FULL_NUMBERS[0]}")
    assert answer.status_code == 200
    for said in ("确认", "（2017）皖0104执1287号", "1804a09020117", "失信被执行人名单"):
        assert said in answer.text
    assert "<dt>立案 / 列入</dt><dd><bdi>2017-06-12</bdi></dd>" in answer.text, "no day of publication"
    assert "<dt>发布</dt><dd><bdi>2017-09-04</bdi></dd>" in answer.text
    assert FULL_NUMBERS[0] not in answer.text
    entry = world.audited("lookup")[-1]
    assert (entry.who, FULL_NUMBERS[0] in entry.target + entry.detail) == ("officer", False)
    assert "立项前核查" in entry.detail


def test_a_look_up_says_of_which_list_nothing_has_come(world: World, tmp_path: Path) -> None:
    made = copied(world, tmp_path)
    with writing(made.engine) as connection:
        connection.execute(delete(schema.source_version).where(schema.source_version.c.source == "abnormal"))
    answer = made.signed_in("officer").post("/lookup", name="查无此人", reason="立项前核查").text
    assert "<li>经营异常名录 0 条，从未取数，<strong>数据源 abnormal 从未成功取数</strong></li>" in answer
    assert "<li>失信被执行人名单 6,855 条，2018-12-04 02:00 取数，" in answer


def test_a_look_up_says_that_a_number_is_none(officer: Guest) -> None:
    answer = officer.post("/lookup", name="查无此人", number="12345678901234567", reason="立项前核查").text
    assert "校验不通过或位数不对，请核对是否写错" in answer


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": "鲍德全"}, "事由"),
        ({"name": "鲍德全", "reason": "   "}, "事由"),
        ({"reason": "立项前核查"}, "至少填写"),
        ({"name": "x" * 201, "reason": "立项前核查"}, "不完整"),
    ],
)
def test_look_ups_that_are_not_made(world: World, officer: Guest, fields: dict[str, str], problem: str) -> None:
    before = len(world.audited("lookup"))
    assert problem in officer.post("/lookup", **fields).text
    assert len(world.audited("lookup")) == before


def test_look_ups_are_limited(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = copied(world, tmp_path)
    office = made.application.state.office
    limited = office.settings.model_copy(update={"desk": office.desk.model_copy(update={"lookups_per_hour": 3})})
    object.__setattr__(office, "settings", limited)
    for later, expected in ((0, [200, 200, 200, 429]), (61, [200])):
        now = datetime.now().replace(microsecond=0) + timedelta(hours=2, minutes=later)
        monkeypatch.setattr(Office, "now", lambda _, at=now: at)
        guest = made.signed_in("officer")
        assert [guest.post("/lookup", name="鲍德全", reason="核查").status_code for _ in expected] == expected


def test_look_ups_at_once_are_limited_as_well(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them ask how many there were before the first is on record."""
    made = copied(world, tmp_path)
    office = made.application.state.office
    limited = office.settings.model_copy(update={"desk": office.desk.model_copy(update={"lookups_per_hour": 3})})
    object.__setattr__(office, "settings", limited)
    later = datetime.now().replace(microsecond=0) + timedelta(hours=4)
    monkeypatch.setattr(Office, "now", lambda _: later)
    together = Barrier(6)
    monkeypatch.setattr(lookup, "refuse_too_many", lambda *_: together.wait())
    guests, before = [made.signed_in("officer") for _ in range(6)], len(made.audited("lookup"))
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(guest.post, "/lookup", name="鲍德全", reason="核查") for guest in guests]
        statuses = sorted(answer.result().status_code for answer in asked)
    assert (statuses, len(made.audited("lookup"))) == ([200, 200, 200, 429, 429, 429], before + 3)


# --- lists, publications, quarantine, runs ---------------------------------------------------------------------------


def test_lists(officer: Guest) -> None:
    page = officer.page("/lists")
    assert "失信被执行人名单</a><small>最高人民法院（" in page, "whom to ask where names do not tell apart"
    assert "6,855" in page
    one = officer.page("/lists/dishonest_debtors")
    assert "<svg" in one
    assert "未采用" in one
    assert "超过允许的 30%" in one
    assert "14" in one


def test_what_came_and_went_is_worked_out_once_for_all_who_look(world: World, tmp_path: Path) -> None:
    """A night changes tens of thousands of listings, and each page would read them all for seconds."""
    made = copied(world, tmp_path)
    guests, read = [made.signed_in("officer") for _ in range(2)], []
    event.listen(made.engine, "before_cursor_execute", lambda *said: read.append("changed_in >" in said[2]))
    first = guests[0].page("/lists/dishonest_debtors")
    assert "第 1 版到第 2 版" in first
    once = sum(read)
    assert once
    assert "第 1 版到第 2 版" in guests[1].page("/lists/dishonest_debtors")
    assert sum(read) == once
    made.night.version(THIRD, "debtors", 4, pulled=6855, unchanged=6855, live=6855)
    assert "第 2 版到第 4 版" in guests[0].page("/lists/dishonest_debtors")
    assert sum(read) > once


def test_what_changed_in_the_lists_since_the_index_was_made_is_read_once_for_all_pages(tmp_path: Path) -> None:
    """After a rollback that may be most of a list, and every page on a person and every look-up would read it anew."""
    made = make_world(tmp_path)
    add_users(made.engine, "officer")
    settings, c = made.night.settings, schema.listing.c
    build_index(made.engine, settings.path(settings.store.index))
    with writing(made.engine) as connection:
        connection.execute(update(schema.listing).where(c.source == "debtors").values(changed_in=9))
    officer, number, said = made.signed_in("officer"), made.flag("鲍德全"), []
    event.listen(made.engine, "before_cursor_execute", lambda *asked: said.append(asked[2]))

    def read() -> int:
        return sum("listing.subject_name" in one and "changed_in > ?" in one for one in said)

    officer.page(f"/flags/{number}")
    assert read() == 1
    officer.page(f"/flags/{number}")
    officer.page("/lookup")
    assert "鲍德全" in officer.post("/lookup", name="鲍德全", reason="核查").text
    assert read() == 1


def test_publications(officer: Guest) -> None:
    page = officer.page("/publications")
    assert "皖知法处字〔2018〕4号" in page
    assert "校验未通过" in page
    assert "逾期" in page
    assert "没有符合条件的" in officer.page("/publications?channel=none")
    assert "皖知法处字〔2018〕4号" in officer.page("/publications?late=1")


def test_publications_name_the_term_that_the_site_has(world: World, tmp_path: Path) -> None:
    assert "作出之日起 7 个工作日内公示" in world.signed_in("officer").page("/publications")
    made, mappings = copied(world, tmp_path), tmp_path / "mappings"
    shutil.copytree(shipped("mappings"), mappings)
    rules = mappings / "deadlines.toml"
    rules.write_text(rules.read_text("utf-8").replace("working_days = 7", "working_days = 10"), "utf-8")
    office = made.application.state.office
    object.__setattr__(office, "settings", office.settings.model_copy(update={"mappings": mappings}))
    assert "作出之日起 10 个工作日内公示" in made.signed_in("officer").page("/publications")


@pytest.mark.parametrize("field", ["target", "who"])
def test_the_log_is_not_searched_for_numbers_which_are_hidden_in_it(auditor: Guest, field: str) -> None:
    assert " pattern=" in auditor.page("/audit").split(f'name="{field}"')[1].split(">")[0]  # no address holds one
    answer = auditor.get(f"/audit?{field}=340100190001040017")
    assert (answer.status_code, "340100190001040017" in answer.text) == (400, False)
    assert "留痕里的号码是隐去的" in answer.text


def test_quarantine(auditor: Guest) -> None:
    page = auditor.page("/quarantine")
    assert "身份证号码校验码不符" in page
    assert "&lt;script&gt;" in page
    assert not any(full in page for full in FULL_NUMBERS)
    assert "隔离区是空的" in auditor.page("/quarantine?source=awards")


def test_who_turns_the_pages_of_the_quarantine_meets_every_row_once(world: World, tmp_path: Path) -> None:
    made = copied(world, tmp_path)
    bad = [BadRow(f"{n:032}", "r.csv", n, "name", f"值{n}", "缺少名称", {}) for n in range(250)]
    with writing(made.engine) as connection:
        put_into_quarantine(connection, "debtors", SECOND, bad)
    guest, q = made.signed_in("auditor"), schema.quarantine
    page = guest.page("/quarantine?source=debtors")
    met: list[str] = []
    while True:
        shown = re.findall("<bdi>值([0-9]+)</bdi>", page)
        met += shown
        with writing(made.engine) as connection:
            settled = q.c.value.in_([f"值{n}" for n in shown[1:]])
            connection.execute(update(q).where(settled).values(resolved_at=SECOND.as_of))
        if not (address := turned(page, "next")):
            break
        page = guest.page(address)
    assert met == [str(n) for n in range(250)]
    assert "值1<" not in guest.page("/quarantine?source=debtors")
    assert "值0<" in guest.page(turned(page, "prev"))


def test_who_turns_the_pages_of_publications_meets_each_once(world: World, tmp_path: Path) -> None:
    made = copied(world, tmp_path)
    p = schema.penalty
    with writing(made.engine) as connection:
        [given, *_] = connection.execute(select(p)).mappings()
        more = [
            dict(given) | {"id": 9000 + n, "key": f"k{n}", "document_number": f"皖知〔{n}〕号"} for n in range(250)
        ]
        connection.execute(p.insert(), more)
    guest = made.signed_in("officer")
    page = guest.page("/publications")
    met: list[str] = []
    pages = 0
    while True:
        shown = re.findall("<bdi>皖知〔([0-9]+)〕号</bdi>", page)
        met, pages = met + shown, pages + 1
        with writing(made.engine) as connection:
            gone = p.c.document_number.in_([f"皖知〔{n}〕号" for n in shown[1:]])
            connection.execute(p.delete().where(gone))
        if not (address := turned(page, "next")):
            break
        page = guest.page(address)
    assert pages > 2
    assert sorted(map(int, met)) == sorted(int(n) for n in range(250) for _ in range(met.count("0")))
    assert guest.page("/publications?after=nonsense") == guest.page("/publications")
    assert guest.page("/publications?after=9999999.0.1.x") == guest.page("/publications")


def run_counts(page: str) -> list[list[int]]:
    """The figures of every source that was pulled, as the table has them."""
    rows = (re.findall(r'<td class="n">([0-9,]+)</td>', row) for row in page.split("</tr>"))
    return [[int(figure.replace(",", "")) for figure in row] for row in rows if row]


def test_runs(auditor: Guest) -> None:
    page = auditor.page("/runs")
    assert "取数 debtors" in page
    one = auditor.page("/runs/3")
    assert "待办" in one
    assert "超过允许的 30%" in one
    assert "报送" in one
    assert ">重复</th>" in one
    assert ">跳过</th>" in one  # of what is not shown nobody could add the rows up
    for pulled, added, changed, _removed, unchanged, duplicates, skipped, quarantined, _live in run_counts(one):
        assert pulled == added + changed + unchanged + duplicates + skipped + quarantined
    assert "晚于现在" not in auditor.page("/runs/1"), (
        "lists pulled since that run are judged by the clock, not by the run"
    )


def test_a_run_whose_report_failed_says_so(world: World, tmp_path: Path) -> None:
    """No report can: the desk is where it is read."""
    made = copied(world, tmp_path)
    problem = "写不了报告 flagged.html：Permission denied"
    with writing(made.engine) as connection:
        ledger.stage_failed(connection, SECOND, "report", "", problem)
    page = made.signed_in("auditor").page(f"/runs/{SECOND.id}")
    assert problem in page
    assert "--only report" in page


def test_audit(world: World, officer: Guest, auditor: Guest) -> None:
    officer.post("/lookup", name="阚文远", reason="<b>核查</b>")
    page = auditor.page("/audit?action=lookup&who=officer")
    assert "阚文远" in page
    assert "&lt;b&gt;核查" in page
    assert "没有符合条件的" in auditor.page("/audit?who=nobody")
    signed_in = auditor.page("/audit?action=sign_in&who=officer")
    assert "方式 本地账号，来自 192.0.2.7，角色 经办，处室 全部" in signed_in
    assert "阚文远" in auditor.page("/audit?target=阚文&action=nonsense")
