"""Decisions at the desk: reasons, four eyes, taking back, what has moved meanwhile, re-opening."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import URL

from credit_sync import review
from credit_sync.desk import serve
from credit_sync.reporting.flag_query import flag_views
from credit_sync.review import Actor, Said
from credit_sync.screening.decisions import Conclusion
from credit_sync.screening.measures import load_measures
from credit_sync.screening.reasons import load_reasons
from credit_sync.shipped import shipped
from credit_sync.store import schema
from credit_sync.store.audit import verify
from credit_sync.store.decisions import lock_flag
from credit_sync.store.engine import writing
from tests.desk_world import SEEN, Guest, World, add_users, copied, make_world
from tests.report_night import FULL_NUMBERS, THIRD, case, organisation
from tests.stores import postgresql_store

FIRM = "合肥瀚云精密传动有限公司"
SAME, OTHER = "same_by_number", "other_by_inquiry"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("deciding"))
    add_users(made.engine, "officer", "approver", "both", "reader")
    return made


@pytest.fixture
def world(first: World, tmp_path: Path) -> Iterator[World]:
    """As nobody has decided anything; in the end the audit log holds together."""
    made = copied(first, tmp_path)
    yield made
    with made.engine.connect() as connection:
        assert verify(connection).problems == ()
    made.engine.dispose()


def test_upheld_at_once_where_nothing_forbids(world: World) -> None:
    officer, number = world.signed_in("officer"), world.flag(FIRM)
    lines = "\r\n".join("长" * 500)  # 999 characters where they are typed
    answer = officer.decide(number, "uphold", reason=SAME, text=lines)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/flags/{number}")
    assert world.state(number) == "upheld"
    page = officer.page(f"/flags/{number}")
    assert "经核对证件号码，为同一主体" in page
    assert "已维持" in page
    assert f"/flags/{number}?" not in officer.page("/")
    assert FIRM not in officer.page("/")
    assert FIRM in officer.page("/?state=upheld")
    entry = world.audited("uphold")[-1]
    assert (entry.who, "192.0.2.7" in entry.detail) == ("officer", True)


@pytest.mark.parametrize(
    ("what", "fields", "problem"),
    [
        ("dismiss", {"reason": ""}, "没有写理由"),
        ("dismiss", {"reason": "no_such"}, "没有理由"),
        ("dismiss", {"reason": SAME}, "没有理由"),  # a reason to uphold
        ("dismiss", {"reason": OTHER, "text": " "}, "须写明具体情况，至少 2 个字"),
        ("dismiss", {"reason": OTHER, "text": "无"}, "须写明具体情况，至少 2 个字"),
        ("undo", {"text": "收回"}, "没有可撤销的结论"),
        ("uphold", {"reason": SAME, "seen": "1.0.forged"}, "在此期间"),
        ("uphold", {"reason": SAME, "seen": ""}, "不完整"),
        ("uphold", {"reason": SAME, "text": "长" * 2001}, "不完整"),
    ],
)
def test_what_will_not_do_changes_nothing(world: World, what: str, fields: dict[str, str], problem: str) -> None:
    officer, number = world.signed_in("officer"), world.flag(FIRM)
    before = world.untouched()
    answer = officer.decide(number, what, **fields)
    assert answer.status_code == 400
    assert problem in answer.text
    assert "--" not in answer.text.split("<main")[1]  # nothing of the command line
    assert f'<a href="/flags/{number}">' in answer.text  # back to the flag as it is now
    assert world.untouched() == before


def test_four_eyes_where_a_measure_forbids(world: World) -> None:
    officer, approver, both = (world.signed_in(name) for name in ("officer", "approver", "both"))
    number = world.flag(FIRM)
    world.forbid(number)
    assert both.decide(number, "uphold", reason=SAME).status_code == 303
    assert world.state(number) == "proposed"
    assert "待第二人复核" in both.page("/?state=proposed")
    own = both.decide(number, "agree", reason=SAME)
    assert (own.status_code, world.state(number)) == (400, "proposed")
    assert "另一人" in own.text
    assert both.decide(number, "refuse", text="收回").status_code == 400
    again = officer.decide(number, "uphold", reason=SAME)  # to agree is another right than to conclude
    assert (again.status_code, world.state(number)) == (400, "proposed")
    assert "没有权限" not in again.text and "须由有复核权限的另一人作出" in again.text
    assert approver.decide(number, "agree", reason=SAME).status_code == 303
    assert world.state(number) == "upheld"
    page = approver.page(f"/flags/{number}")
    assert "第二人 <bdi>approver</bdi> 同意" in page
    assert [row.who for row in world.audited("uphold") + world.audited("confirm")] == ["both", "approver"]


def test_the_second_person_gives_a_reason_of_his_own(world: World) -> None:
    officer, approver, number = world.signed_in("officer"), world.signed_in("approver"), world.flag(FIRM)
    world.forbid(number)
    officer.decide(number, "dismiss", reason=OTHER, text="电话问过申报单位")
    form = approver.page(f"/flags/{number}").split("/agree")[1].split("</form>")[0]
    assert 'value="other_by_inquiry"' in form
    assert 'value="same_by_number"' not in form  # a reason for the other conclusion
    assert "checked" not in form
    assert "电话问过申报单位" not in form
    assert "（同名）；电话问过申报单位" in approver.page(f"/flags/{number}")  # parted as in report and command
    for fields, problem in (
        ({}, "没有写理由"),
        ({"reason": OTHER}, "须写明具体情况"),  # what the first one wrote is not what the second one found
        ({"reason": SAME}, "没有理由"),
    ):
        answer = approver.decide(number, "agree", **fields)
        assert (answer.status_code, problem in answer.text) == (400, True)
        assert world.state(number) == "proposed"
    assert approver.decide(number, "agree", reason="fulfilled", text="法院已出结案证明").status_code == 303
    c = schema.decision.c
    with world.engine.connect() as connection:
        steps = connection.execute(select(c.who, c.reason, c.text).where(c.flag_id == number).order_by(c.id)).all()
    assert steps == [
        ("officer", OTHER, "电话问过申报单位"),
        ("approver", "fulfilled", "法院已出结案证明"),
    ]
    page = approver.page(f"/flags/{number}")
    assert "法院已出结案证明" in page.split('aria-labelledby="decision"')[1].split("</section>")[0]


def test_four_eyes_on_postgresql(tmp_path: Path, postgresql_url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "BUSY_MILLISECONDS", 100)
    engine = postgresql_store(postgresql_url)
    made = make_world(tmp_path, engine)
    add_users(engine, "officer", "approver")
    officer, approver, number = made.signed_in("officer"), made.signed_in("approver"), made.flag(FIRM)
    made.forbid(number)
    with engine.connect() as night:
        lock_flag(night, number)
        answer = officer.decide(number, "dismiss", reason=OTHER, text="电话核实")
        assert (answer.status_code, "夜间运行" in answer.text) == (503, True)
    assert officer.decide(number, "dismiss", reason=OTHER, text="电话核实").status_code == 303
    assert FIRM in approver.page("/?state=proposed&text=瀚云&verdict=confirmed&sort=serious")
    assert approver.decide(number, "agree", reason="other_by_number").status_code == 303
    assert made.state(number) == "dismissed"
    assert officer.post("/lookup", name=FIRM, reason="立项前核查").status_code == 200
    engine.dispose()


def test_refused_then_taken_back(world: World) -> None:
    officer, approver, number = world.signed_in("officer"), world.signed_in("approver"), world.flag(FIRM)
    world.forbid(number)
    officer.decide(number, "dismiss", reason=OTHER, text="电话核实")
    assert approver.decide(number, "refuse", text="").status_code == 400
    assert approver.decide(number, "refuse", text="没有附证明").status_code == 303
    assert world.state(number) == "open"
    assert "没有附证明" in officer.page(f"/flags/{number}")
    officer.decide(number, "dismiss", reason=OTHER, text="附上证明")
    assert officer.decide(number, "undo", text="点错了").status_code == 303
    assert world.state(number) == "open"
    history = officer.page(f"/flags/{number}")
    for said in ("电话核实", "没有附证明", "附上证明", "点错了"):
        assert said in history


def test_who_decided_is_named_where_the_name_is_known(world: World) -> None:
    accounts = schema.desk_user
    with writing(world.engine) as connection:
        connection.execute(update(accounts).where(accounts.c.name == "officer").values(title="王芳<b>"))
    officer, number = world.signed_in("officer"), world.flag(FIRM)
    officer.decide(number, "dismiss", reason=OTHER, text="电话核实")
    page = officer.page(f"/flags/{number}")
    for part in ("decision", "history"):
        assert "<bdi>王芳&lt;b&gt;（officer）</bdi>" in page.split(f'aria-labelledby="{part}"')[1]
    add_users(world.engine, "auditor")
    assert "<bdi>王芳&lt;b&gt;（officer）</bdi>" in world.signed_in("auditor").page("/audit")
    assert world.audited("dismiss")[-1].who == "officer"
    mappings = world.night.settings.path(world.night.settings.mappings)
    with world.engine.connect() as connection:  # reports and `review show` say the same
        which, measures = schema.flag.c.id == number, load_measures(mappings)
        ((_, told),) = flag_views(connection, which, measures, load_reasons(mappings))
    assert " 王芳<b>（officer） 排除：" in told.review.sentence
    with writing(world.engine) as connection:  # an account of the provider's that is called the same
        other = connection.execute(select(schema.desk_session).limit(1)).mappings().one()
        twin = {**other, "digest": "0" * 64, "way": "oidc", "name": "officer", "title": "李强"}
        connection.execute(schema.desk_session.insert().values(**twin))
    assert "<bdi>officer</bdi>" in officer.page(f"/flags/{number}")


def test_a_form_from_before_does_nothing(world: World) -> None:
    officer, number = world.signed_in("officer"), world.flag(FIRM)
    seen = token(officer, number)
    officer.decide(number, "uphold", reason=SAME)
    for other, said in ((officer, "已由您本人处理"), (world.signed_in("both"), "已有人处理")):
        assert other.post(f"/flags/{number}/undo", seen=seen, text="晚了").status_code == 400
        assert said in other.post(f"/flags/{number}/uphold", seen=seen, reason=SAME).text
    assert world.state(number) == "upheld"


def test_who_clicks_twice_is_told_that_it_was_done(world: World) -> None:
    """Browsers show what becomes of the second form: that somebody else had been quicker."""
    officer, approver, number = world.signed_in("officer"), world.signed_in("approver"), world.flag(FIRM)
    world.forbid(number)
    for who, what, fields in (
        (officer, "uphold", {"reason": SAME}),
        (approver, "refuse", {"text": "须再核"}),
        (officer, "dismiss", {"reason": "other_by_number"}),
        (approver, "agree", {"reason": "other_by_number"}),
        (officer, "undo", {"text": "点错了"}),
    ):
        seen = token(who, number)
        assert who.post(f"/flags/{number}/{what}", seen=seen, **fields).status_code == 303
        state, again = world.state(number), who.post(f"/flags/{number}/{what}", seen=seen, **fields)
        assert (again.status_code, "已由您本人处理" in again.text, world.state(number)) == (400, True, state), what


def test_evidence_that_moved_meanwhile(world: World) -> None:
    officer, number = world.signed_in("officer"), world.flag(FIRM)
    seen = token(officer, number)
    another_case(world)
    answer = officer.post(f"/flags/{number}/dismiss", seen=seen, reason=OTHER, text="电话核实")
    assert (answer.status_code, world.state(number)) == (400, "open")
    assert "证据有变化" in answer.text


def test_reopened_and_what_changed(world: World) -> None:
    officer, number = world.signed_in("officer"), world.flag(FIRM)
    officer.decide(number, "dismiss", reason=OTHER, text="电话核实")
    assert FIRM not in officer.page("/")
    another_case(world)
    assert world.state(number) == "reopened"
    page = officer.page(f"/flags/{number}")
    assert "重新打开：出现新的名单条目" in page
    assert "（2018）皖01执恢9号" in page[page.index("重新打开：") : page.index("逐项对照")]
    assert FIRM in officer.page("/")
    assert FIRM in officer.page("/?state=reopened")
    assert officer.decide(number, "uphold", reason=SAME).status_code == 303
    assert world.state(number) == "upheld"


def test_a_closed_flag_takes_no_conclusion(world: World) -> None:
    officer, number = world.signed_in("officer"), world.flag(FIRM)
    seen = token(officer, number)
    with writing(world.engine) as connection:
        values = {"closed_at": datetime(2018, 12, 5), "close_reason": "名单条目已移出"}
        connection.execute(update(schema.flag).where(schema.flag.c.id == number).values(values))
    answer = officer.post(f"/flags/{number}/uphold", seen=seen, reason=SAME)
    assert (answer.status_code, "已关闭" in answer.text) == (400, True)
    page = officer.page(f"/flags/{number}")
    assert "名单条目已移出" in page
    assert "提交：" not in page
    assert "撤销" not in page


def test_a_conclusion_on_a_closed_flag_can_be_undone(world: World) -> None:
    officer, number = world.signed_in("officer"), world.flag(FIRM)
    assert officer.decide(number, "uphold", reason=SAME).status_code == 303
    with writing(world.engine) as connection:
        values = {"closed_at": datetime(2018, 12, 5), "close_reason": "名单条目已移出"}
        connection.execute(update(schema.flag).where(schema.flag.c.id == number).values(values))
    assert 'id="undo"' in officer.page(f"/flags/{number}")
    answer = officer.post(f"/flags/{number}/undo", seen=token(officer, number), text="认错了单位")
    assert answer.status_code == 303
    assert world.state(number) == "open"
    assert 'id="undo"' not in officer.page(f"/flags/{number}")


def test_a_number_for_a_name_is_hidden(world: World) -> None:
    """At the command line somebody may sign with one."""
    number = world.flag("仰宗岱")
    world.forbid(number)
    said, reasons = Said("same_by_number", ""), load_reasons(shipped("mappings"))
    officer, (first, second) = world.signed_in("officer"), FULL_NUMBERS[:2]
    for who in (first, second):
        with writing(world.engine) as connection:
            review.decide(connection, number, Conclusion.UPHOLD, said, reasons, Actor(who, THIRD.as_of))
        assert who not in officer.page(f"/flags/{number}")
    with writing(world.engine) as connection:
        review.undo(connection, number, "看错了", Actor(first, THIRD.as_of))
    assert first not in officer.page(f"/flags/{number}")


def test_a_reader_is_offered_nothing(world: World) -> None:
    page = world.signed_in("reader").page(f"/flags/{world.flag(FIRM)}")
    for offered in ("提交：", "撤销", "/numbers", "/undo"):
        assert offered not in page


def test_back_to_the_same_list(world: World) -> None:
    officer, number = world.signed_in("officer"), world.flag(FIRM)
    page = officer.page(f"/flags/{number}?verdict=confirmed&sort=name")
    found = SEEN.search(page)
    assert found
    answer = officer.post(f"/flags/{number}/uphold?verdict=confirmed&sort=name", seen=found.group(1), reason=SAME)
    assert answer.headers["location"] == f"/flags/{number}?verdict=confirmed&sort=name"
    assert 'data-after href="/flags/' in officer.page(answer.headers["location"])  # on to the next that waits


def token(guest: Guest, number: int) -> str:
    found = SEEN.search(guest.page(f"/flags/{number}"))
    assert found
    return found.group(1)


def another_case(world: World) -> None:
    """A third night, and one more case of the firm."""
    night = world.night
    night.begin(THIRD)
    night.add(THIRD, [case(organisation(FIRM, 11, "鲍德全"), "（2018）皖01执恢9号")])
    night.version(THIRD, "debtors", 3, pulled=6856, added=1, live=6856)
    night.version(THIRD, "abnormal", 3, pulled=2110, unchanged=2110, live=2110)
    night.screen(THIRD)


def test_a_remark_is_shown_again_where_it_was_not_kept(world: World) -> None:
    """A page is kept by no cache, so a browser that goes back to the form finds it empty."""
    guest = world.signed_in("officer")
    number = world.flag(FIRM)
    guest.page(f"/flags/{number}")
    remark = "已电话核实，<身份证号 340100190001040017>"
    with writing(world.engine) as connection:  # the session is over
        connection.execute(update(schema.desk_session).values(began_at=datetime(2018, 1, 1)))
    answer = guest.post(f"/flags/{number}/dismiss", seen="x", reason=OTHER, text=remark)
    assert answer.status_code == 401
    kept = "readonly>已电话核实，&lt;身份证号 340100********0017&gt;</textarea>"
    assert kept in answer.text
    assert f'href="/flags/{number}"' in answer.text
    again = guest.post(f"/flags/{number}/dismiss", form_code="x", seen="x", reason=OTHER, text=remark)
    assert (again.status_code, kept in again.text) == (400, True)
    assert "<textarea" not in guest.post(f"/flags/{number}/dismiss", seen="x", text="").text
    assert world.state(number) == "open"
