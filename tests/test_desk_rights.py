"""Who may do what: every role at every page and form, and nobody beyond his departments."""

import re
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import update

from credit_sync.desk.rights import RIGHTS, Right, User, roles_of
from credit_sync.desk_settings import Role
from credit_sync.store.schema import applicant
from tests.desk_world import AWARDS, SCIENCE, Guest, World, add_users, make_world

# What each role may do, spelt out: the table in the program must say the same, no more and no less.
MAY = {
    Role.READER: "flags lists publications",
    Role.OFFICER: "flags lists publications look_up full_number decide",
    Role.APPROVER: "flags lists publications look_up full_number agree",
    Role.AUDITOR: "flags lists publications quarantine runs audit",
    Role.ADMINISTRATOR: "lists publications quarantine runs",
}
PAGES = {
    "/": Right.FLAGS,
    "/flags/1": Right.FLAGS,
    "/lookup": Right.LOOK_UP,
    "/lists": Right.LISTS,
    "/lists/dishonest_debtors": Right.LISTS,
    "/publications": Right.PUBLICATIONS,
    "/quarantine": Right.QUARANTINE,
    "/runs": Right.RUNS,
    "/runs/1": Right.RUNS,
    "/audit": Right.AUDIT,
}
FORMS = {
    "/lookup": Right.LOOK_UP,
    "/flags/1/numbers": Right.FULL_NUMBER,
    "/flags/1/uphold": Right.DECIDE,
    "/flags/1/dismiss": Right.DECIDE,
    "/flags/1/undo": Right.DECIDE,
    "/flags/1/agree": Right.AGREE,
    "/flags/1/refuse": Right.AGREE,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("rights"))
    add_users(made.engine)
    return made


@pytest.fixture(scope="module")
def guests(world: World) -> dict[str, Guest]:
    return {name: world.signed_in(name) for name in (*Role, "science", "homeless")}


@pytest.mark.parametrize(("role", "right"), [*product(Role, Right)])
def test_the_table_of_rights(role: Role, right: Right) -> None:
    assert (right in RIGHTS[role]) == (right.value in MAY[role].split())
    assert User("x", "x", frozenset({role}), frozenset()).may(right) == (right in RIGHTS[role])


def test_who_administers_or_audits_decides_nothing() -> None:
    deciding = {Right.DECIDE, Right.AGREE, Right.FULL_NUMBER}
    assert not (RIGHTS[Role.ADMINISTRATOR] | RIGHTS[Role.AUDITOR]) & deciding
    assert Right.FLAGS not in RIGHTS[Role.ADMINISTRATOR]


def test_no_role_no_right() -> None:
    assert roles_of(["officer", "root", 3]) == {Role.OFFICER}
    assert roles_of("officer") == frozenset()
    assert User("x", "x", frozenset(), frozenset()).rights == frozenset()


@pytest.mark.parametrize(("role", "page"), [*product(Role, PAGES)])
def test_pages(guests: dict[str, Guest], role: Role, page: str) -> None:
    answer = guests[role].get(page)
    if (
        page == "/" and role is Role.ADMINISTRATOR
    ):  # the first page: whoever may not see it is led to one that he may see
        assert (answer.status_code, answer.headers["location"]) == (303, "/lists")
        return
    assert answer.status_code == (200 if PAGES[page].value in MAY[role].split() else 403)
    if answer.status_code == 403:
        assert "没有权限" in answer.text


@pytest.mark.parametrize(("role", "form"), [*product(Role, FORMS)])
def test_forms(world: World, guests: dict[str, Guest], role: Role, form: str) -> None:
    before = world.untouched()
    answer = guests[role].post(form, seen="0.0.0", reason="", text="")
    allowed = FORMS[form].value in MAY[role].split()
    assert (answer.status_code == 403) != allowed
    assert world.untouched() == before


@pytest.mark.parametrize("page", [*PAGES, "/flags/1/numbers"])
def test_nobody_without_signing_in(world: World, page: str) -> None:
    guest = world.guest()
    if page in PAGES:
        answer = guest.get(page)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in")
    guest.page("/sign-in")
    assert guest.post(page if page in FORMS else "/flags/1/dismiss").status_code == 401


def test_navigation_leads_only_where_one_may_go(guests: dict[str, Guest]) -> None:
    for role in Role:
        page = guests[role].page("/lists")
        offered = {
            path
            for path in ("/", "/lookup", "/publications", "/quarantine", "/runs", "/audit")
            if f'href="{path}"' in page
        }
        assert offered == {path for path in offered if PAGES[path].value in MAY[role].split()}
        assert offered


# --- departments ----------------------------------------------------------------------------------------------


def test_only_flags_of_own_departments(world: World, guests: dict[str, Guest]) -> None:
    everything, own = guests["officer"].page("/"), guests["science"].page("/")
    assert "仰宗岱" in everything
    assert AWARDS in everything
    for hidden in ("仰宗岱", AWARDS, "农村科技处", "安徽环湖生态监测有限公司", "J2018-0043", "安徽省科学技术奖励"):
        assert hidden not in own
    assert "鲍德全" in own
    assert SCIENCE in own


def test_no_leak_by_search_counts_or_filters(guests: dict[str, Guest]) -> None:
    nothing = guests["science"].page("/?text=查无此人")
    for asked in (
        "?text=仰宗岱",
        "?text=J2018-0043",
        f"?department={AWARDS}",
        "?text=巢湖",
        "?list=abnormal_operations",
    ):
        page = guests["science"].page(f"/{asked}")
        assert shown(page) == 0, asked
        assert "data-row" not in page
    assert shown(nothing) == 0


def test_other_departments_flag_is_as_if_there_were_none(world: World, guests: dict[str, Guest]) -> None:
    other, before = world.flag("仰宗岱"), world.untouched()
    assert other
    there, nowhere = guests["science"].get(f"/flags/{other}"), guests["science"].get("/flags/99999")
    assert there.status_code == nowhere.status_code == 404
    assert there.text.replace(f"预警 {other}", "预警 N") == nowhere.text.replace("预警 99999", "预警 N")
    for form in ("uphold", "dismiss", "undo", "numbers"):
        fields = {"seen": f"{other}.0.x", "reason": "same_by_number", "text": "为什么"}
        answers = [guests["science"].post(f"/flags/{n}/{form}", **fields) for n in (other, 99999)]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert world.untouched() == before


def test_who_has_no_department_is_told(guests: dict[str, Guest]) -> None:
    assert "没有分配处室" in guests["homeless"].page("/")


def test_look_up_shows_no_other_departments_application(world: World, guests: dict[str, Guest]) -> None:
    asked = {"name": "仰宗岱", "reason": "立项前核查"}
    all_of_it = guests["officer"].post("/lookup", **asked).text
    own = guests["science"].post("/lookup", **asked).text
    assert "J2018-0043" in all_of_it
    assert "（2018）皖0181执3021号" in own
    assert "J2018-0043" not in own
    assert "申报只显示您的处室的" in own


def test_applicants_without_department_belong_to_who_has_all_or_just_those(tmp_path: Path) -> None:
    made = make_world(tmp_path)
    add_users(made.engine, "science", "officer", "leftovers")
    guests = {name: made.signed_in(name) for name in ("science", "officer", "leftovers")}
    flag, everything = made.flag("仰宗岱"), shown(guests["officer"].page("/"))
    assert shown(guests["leftovers"].page("/")) == 0 < shown(guests["science"].page("/")) < everything
    assert guests["leftovers"].get(f"/flags/{flag}").status_code == 404
    with made.engine.begin() as connection:
        connection.execute(update(applicant).values(department=""))
    assert shown(guests["science"].page("/")) == 0
    assert guests["science"].get(f"/flags/{flag}").status_code == 404
    for name in ("officer", "leftovers"):
        page = guests[name].page("/")
        assert "未填处室" in page
        assert shown(page) == everything
        assert guests[name].get(f"/flags/{flag}").status_code == 200
        assert "J2018-0043" in guests[name].post("/lookup", name="仰宗岱", reason="立项前核查").text


def shown(page: str) -> int:
    """How many flags the list says that there are."""
    (number,) = re.findall(r'id="count"[^>]*>([0-9]+) 条预警', page)
    return int(number)
