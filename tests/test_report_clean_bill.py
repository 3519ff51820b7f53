"""The clean-bill list: everybody accounted for, nobody called clean by silence, signed off and proved."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from servers import serve
from sqlalchemy import Engine, update

from credit_sync.errors import CreditSyncError
from credit_sync.gate import Gate
from credit_sync.pulling.asking import BLOCK
from credit_sync.pulling.pull import pull
from credit_sync.records import RecordKind
from credit_sync.reporting.clean_bill import clean_bill_page, issue_clean_bill, signature_of
from credit_sync.reporting.clean_bill_query import read_clean_bill
from credit_sync.reporting.clean_bill_views import CleanBill, Outcome, Selection
from credit_sync.reporting.clean_bill_workbook import clean_bill_workbook
from credit_sync.reporting.labels import OUTCOMES
from credit_sync.review import Actor
from credit_sync.screening.decisions import Conclusion
from credit_sync.screening.gate import Cause
from credit_sync.screening.measures import load_measures
from credit_sync.screening.screen import screen
from credit_sync.shipped import shipped
from credit_sync.sources.mapping import load_mappings
from credit_sync.store import audit, ledger
from credit_sync.store.counts import Counts
from credit_sync.store.engine import writing
from credit_sync.store.schema import screening
from credit_sync.store.versions import PulledSource, add_version
from credit_sync.subjects.identifiers import citizen_id
from tests.asked_world import ZHANG, AskedWorld, entry, nothing
from tests.asked_world import found as said
from tests.review_world import COMPANY, MAN, NUMBER, USCC, ReviewWorld, case

KJ = Selection("kj", None, "")
COMMON = "王伟"
THREE = (
    {"编号": "1", "名称": COMPANY, "证件": USCC, "角色": "申报单位", "处室": "高新处", "批次": "一"},
    {"编号": "1", "名称": MAN, "证件": NUMBER, "角色": "项目负责人", "处室": "高新处", "批次": "一"},
    {"编号": "2", "名称": "合肥清白科技有限公司", "角色": "申报单位", "处室": "高新处", "批次": "二"},
)


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> ReviewWorld:
    made = ReviewWorld(engine, tmp_path)
    made.deliver("applicants", *THREE)
    return made


def bill_of(world: ReviewWorld, selection: Selection = KJ, at: datetime | None = None) -> CleanBill:
    measures = load_measures(world.folder / "mappings")
    with world.engine.connect() as connection:
        return read_clean_bill(connection, world.settings, selection, measures, Actor("签发人", at or world.now))


def outcomes(bill: CleanBill) -> dict[str, Outcome]:
    assert sum(bill.counts.values()) == len(bill.lines) == len(bill.clean) + len(bill.others)
    return {line.name: line.outcome for line in bill.lines}


def pull_only(world: ReviewWorld) -> None:
    run = ledger.begin(world.engine, world.now, {})
    pull(world.engine, world.settings, run, accept_shrink=True)
    ledger.finish(world.engine, run, "done")


def test_open_flags_keep_off_the_list_and_dismissed_ones_do_not(world: ReviewWorld) -> None:
    world.deliver("debtors", case(1))
    world.night()
    assert outcomes(bill_of(world)) == {
        COMPANY: Outcome.OPEN,
        MAN: Outcome.CLEARED,
        "合肥清白科技有限公司": Outcome.CLEARED,
    }
    world.decide(Conclusion.DISMISS, "张三")
    bill = bill_of(world)
    assert outcomes(bill)[COMPANY] is Outcome.DISMISSED
    (line,) = (line for line in bill.clean if line.name == COMPANY)
    assert line.why.startswith("预警 1，确认：2026-03-02 张三 排除：经核对证件号码，不是同一主体")
    world.undo("张三")
    world.decide(Conclusion.UPHOLD, "张三")
    assert outcomes(bill_of(world))[COMPANY] is Outcome.UPHELD


def test_whom_one_person_dismissed_is_not_clean_once_the_measure_takes_two(world: ReviewWorld) -> None:
    """The next night opens the flag again; between the change of the file and the night nothing is signed."""
    world.deliver("debtors", case(1))
    world.night()
    world.decide(Conclusion.DISMISS, "张三")
    gate = Gate(world.settings)
    assert outcomes(bill_of(world))[COMPANY] is Outcome.DISMISSED
    world.measure("forbid")
    (line,) = (line for line in bill_of(world).lines if line.name == COMPANY)
    told = "失信被执行人名单（预警 1）的措施由“措施”变为“措施”，其后还没有比对过"
    assert (line.outcome, line.why) == (Outcome.UNVERIFIABLE, told)
    with world.engine.connect() as connection:
        answer = gate.stored(connection, "kj", "1", world.now)
    assert [(reason.cause, reason.text) for reason in answer.reasons] == [(Cause.NOT_SCREENED, told)]
    world.night()
    assert outcomes(bill_of(world))[COMPANY] is Outcome.OPEN


def test_the_workbook_counts_nobody_to_the_list_who_is_not_on_it(world: ReviewWorld) -> None:
    """Who waits stood below the number of the list as 其中：预警待复核."""
    world.deliver("debtors", case(1))
    world.night()
    bill = bill_of(world)
    sheet = load_workbook(BytesIO(clean_bill_workbook(bill)))["概况"]
    told = {title: (number, said) for title, number, said in sheet.iter_rows(values_only=True)}
    assert told["列入无预警名单"][0] == 2
    results = {OUTCOMES[outcome]: told[OUTCOMES[outcome]] for outcome in Outcome}
    assert (results["未发现"], results["预警待复核"]) == ((2, "列入"), (1, "不能出具"))
    assert sum(number for number, said in results.values() if said == "列入") == len(bill.clean)
    assert sum(number for number, _ in results.values()) == len(bill.lines)


def test_a_name_that_a_decision_has_told_clears_nobody_who_bears_it(world: ReviewWorld) -> None:
    short = "谌恺农科集团"
    world.deliver("applicants", *THREE, {**THREE[0], "编号": "7", "证件": "", "名称": COMPANY})
    world.deliver("debtors", case(1, short), case(2, short, ""))
    world.night()
    (seventh,) = (line for line in bill_of(world).lines if line.application == "7")
    assert seventh.outcome is Outcome.CLEARED
    world.decide(Conclusion.UPHOLD, "张三")
    (seventh,) = (line for line in bill_of(world).lines if line.application == "7")
    assert (seventh.outcome, seventh.why) == (
        Outcome.UNVERIFIABLE,
        "按复核得知的另一名称，名单中有条目，尚未比对",
    )


def test_a_proposal_is_not_a_dismissal(world: ReviewWorld) -> None:
    world.deliver("banned", case(1))
    world.night()
    world.decide(Conclusion.DISMISS, "张三")
    assert outcomes(bill_of(world))[COMPANY] is Outcome.OPEN
    world.decide(Conclusion.DISMISS, "李四")
    assert outcomes(bill_of(world))[COMPANY] is Outcome.DISMISSED


def test_what_changed_after_the_screening_is_not_cleared_by_it(world: ReviewWorld) -> None:
    world.night()
    renamed = [{**THREE[1], "处室": "农村处"}, {**THREE[1], "编号": "3"}]
    world.deliver("applicants", THREE[0], *renamed)
    pull_only(world)
    bill = bill_of(world)
    reasons = {(line.name, line.application): line.why for line in bill.others}
    assert reasons[MAN, "1"] == "申报信息变更后尚未比对"
    assert reasons[MAN, "3"] == "尚未比对"
    assert {line.why for line in bill.others if line.name == COMPANY} == {"名单更新后尚未比对"}
    assert bill.clean == ()


def test_applicants_whose_last_delivery_was_refused_are_not_signed_for(world: ReviewWorld) -> None:
    """As the gate says: their system may hold others by now."""
    world.night()
    world.deliver("applicants", THREE[0])
    run = ledger.begin(world.engine, world.now, {})
    (refused,) = (p for p in pull(world.engine, world.settings, run) if p.source == "applicants")
    ledger.finish(world.engine, run, "done")
    assert refused.state == "refused"
    screen(world.engine, world.settings, run)
    bill = bill_of(world)
    assert (set(outcomes(bill).values()), bill.clean) == ({Outcome.UNSCREENED}, ())
    assert {line.why.partition("：")[0] for line in bill.others} == {
        "申报数据源 applicants 最近一次取到的数据没有采用"
    }


def test_what_an_older_program_has_screened_is_not_signed_for(world: ReviewWorld) -> None:
    """It may have read names otherwise: the present one would flag who was clear."""
    world.night()
    with writing(world.engine) as connection:
        connection.execute(update(screening).values(basis="of an older program"))
    assert {line.why for line in bill_of(world).lines} == {"程序或名称对照表更新后尚未比对"}
    world.night()
    assert set(outcomes(bill_of(world)).values()) == {Outcome.CLEARED}


def test_a_source_that_brought_nobody_is_told_of(world: ReviewWorld) -> None:
    """Who is not here is in no line; that a source of the system never came, or came unreadable, is said."""
    world.night()
    others = world.settings.sources["applicants"].model_copy(update={"folder": Path("others")})
    settings = world.settings.model_copy(update={"sources": {**world.settings.sources, "others": others}})
    measures = load_measures(world.folder / "mappings")

    def bill() -> CleanBill:
        with world.engine.connect() as connection:
            return read_clean_bill(connection, settings, KJ, measures, Actor("签", world.now))

    assert [(source.name, bool(source.pulled_at)) for source in bill().sources] == [
        ("applicants", True),
        ("others", False),
    ]
    title = load_mappings(settings)["others"].title
    page = clean_bill_page(bill())
    assert f"{title}<small>others</small>" in page  # by name, a stranger to the configuration knows no source
    assert "从未取到" in page
    (world.folder / "others").mkdir()
    (world.folder / "others" / "rows.jsonl").write_text(
        '{"编号": "9", "名称": "甲", "角色": "？"}\n', encoding="utf-8"
    )
    pull(world.engine, settings, ledger.begin(world.engine, world.now, {}), only_source="others")
    assert bill().quarantined == 1
    book = load_workbook(BytesIO(clean_bill_workbook(bill())))
    assert [row[:2] + row[-1:] for row in book["名单和申报信息"].iter_rows(min_row=2, values_only=True)][-2:] == [
        (f"{title}（applicants）", "—", "全部读取"),
        (f"{title}（others）", "—", "隔离 1 行"),
    ]
    assert {line.name for line in bill().clean} == {COMPANY, MAN, "合肥清白科技有限公司"}


@pytest.mark.parametrize("number", ["1", '皖"科"\\1'])
def test_an_application_of_which_a_row_could_not_be_read_is_not_clean(world: ReviewWorld, number: str) -> None:
    """As at the gate: who else is on it nobody knows, and he may be listed. What JSON escapes in its number hides it not."""
    whole = [{**row, "编号": number} if row["编号"] == "1" else row for row in THREE]
    world.deliver("applicants", *whole, {"编号": number, "名称": "甲", "角色": "？"})
    world.night()
    gate, bill = Gate(world.settings), bill_of(world)
    with world.engine.connect() as connection:
        reasons = gate.stored(connection, "kj", number, world.now).reasons
    (unread,) = (reason.text for reason in reasons if reason.cause is Cause.UNREAD)
    assert [line.name for line in bill.clean] == ["合肥清白科技有限公司"]
    assert {(line.name, line.outcome, line.why) for line in bill.others} == {
        (name, Outcome.UNVERIFIABLE, unread) for name in (COMPANY, MAN)
    }


def test_weights_that_nobody_was_screened_by_call_nobody_clean(world: ReviewWorld) -> None:
    """As at the gate: by them something may be found, or a dismissed flag wait again."""
    world.deliver("debtors", case(1, code=""))
    world.night()
    world.decide(Conclusion.DISMISS, "张三")
    assert outcomes(bill_of(world))[COMPANY] is Outcome.DISMISSED
    world.reweigh("organisation_name.same", 0.9)
    bill = bill_of(world)
    assert ({line.why for line in bill.others}, bill.clean) == ({"证据权重调整后尚未比对"}, ())
    world.night()
    assert outcomes(bill_of(world))[COMPANY] is Outcome.DISMISSED


def test_a_namesake_is_unverifiable_even_beside_a_dismissed_flag(world: ReviewWorld) -> None:
    without = {"编号": "5", "名称": COMMON, "角色": "项目组成员", "处室": "高新处"}
    with_number = {**without, "编号": "6", "证件": NUMBER}
    world.deliver("applicants", without, with_number)
    world.deliver("debtors", case(1, COMMON, ""), case(2, COMMON, NUMBER))
    world.night()
    flagged = [number for number, row in world.flags().items() if row["closed_at"] is None]
    assert flagged
    for number in flagged:
        world.decide(Conclusion.DISMISS, "张三", number)
    found = {line.application: (line.outcome, line.why) for line in bill_of(world).lines}
    assert found["5"][0] is Outcome.UNVERIFIABLE
    assert found["6"] == (
        Outcome.UNVERIFIABLE,
        "除已排除的预警外，名单中另有 1 条同名，不能确认也不能排除",
    )


def test_whom_a_row_names_that_nobody_could_read_is_not_clean_beside_a_dismissed_flag(world: ReviewWorld) -> None:
    world.deliver("debtors", case(1))
    world.night()
    world.decide(Conclusion.DISMISS, "张三")
    assert outcomes(bill_of(world))[COMPANY] is Outcome.DISMISSED
    world.deliver("banned", *world.listed["banned"], {"案号": "7", "备注": COMPANY}, {"案号": "8", "备注": MAN})
    world.night()
    gate, bill = Gate(world.settings), bill_of(world)
    with world.engine.connect() as connection:
        reasons = gate.stored(connection, "kj", "1", world.now).reasons
    unread = sorted(reason.text for reason in reasons if reason.cause is Cause.UNREAD_ENTRY)
    assert len(unread) == 2
    assert sorted(line.why for line in bill.lines if line.outcome is Outcome.UNVERIFIABLE) == unread
    assert [line.name for line in bill.clean] == ["合肥清白科技有限公司"]


def test_a_stale_list_calls_nobody_clean(world: ReviewWorld) -> None:
    world.night()
    bill = bill_of(world, at=world.now + timedelta(days=400))
    assert bill.blocked
    assert (set(outcomes(bill).values()), bill.clean) == ({Outcome.BLOCKED}, ())


def test_a_list_pulled_later_than_now_calls_nobody_clean(world: ReviewWorld) -> None:
    world.night()
    bill = bill_of(world, at=world.now - timedelta(days=2))
    assert bill.blocked
    assert (set(outcomes(bill).values()), bill.clean) == ({Outcome.BLOCKED}, ())
    assert any("晚于现在" in found.warning for found in bill.lists)


def test_a_list_whose_last_delivery_was_refused_calls_nobody_clean(world: ReviewWorld) -> None:
    """As at the gate: a document that is signed must not be the more trusting of the two."""
    world.night()
    run = ledger.begin(world.engine, world.now, {})
    with writing(world.engine) as connection:
        source = PulledSource("debtors", RecordKind.LISTING, "debtors", "full")
        add_version(connection, source, run, Counts(), refusal="少了 6213 条")
    bill = bill_of(world)
    assert bill.blocked
    assert (set(outcomes(bill).values()), bill.clean) == ({Outcome.BLOCKED}, ())
    assert any("少了 6213 条" in found.warning for found in bill.lists)


def test_who_cannot_be_compared_is_not_clean(world: ReviewWorld) -> None:
    hidden = {"编号": "4", "名称": "屈某某", "角色": "项目组成员", "处室": "高新处"}
    world.deliver("applicants", hidden, {**hidden, "名称": "屈怀瑜、计春"})
    world.night()
    assert set(outcomes(bill_of(world)).values()) == {Outcome.UNVERIFIABLE}


def test_an_answer_that_is_too_old_by_now_calls_nobody_clean(engine: Engine, tmp_path: Path) -> None:
    with serve(lambda _: nothing()) as server:
        asked = AskedWorld(engine, tmp_path, server.url)
        asked.apply(ZHANG)
        asked.run()
    measures = load_measures(shipped("mappings"))

    def outcome(at: datetime) -> Outcome:
        with engine.connect() as connection:
            bill = read_clean_bill(
                connection, asked.settings, Selection("测试", None, ""), measures, Actor("签发人", at)
            )
        return bill.lines[0].outcome

    assert outcome(asked.as_of) is Outcome.CLEARED
    assert outcome(asked.as_of + timedelta(days=6)) is Outcome.CLEARED
    assert outcome(asked.as_of + timedelta(days=20)) is not Outcome.CLEARED


def test_an_answer_that_no_screening_has_seen_calls_nobody_clean(engine: Engine, tmp_path: Path) -> None:
    """A night that asks a list commits what comes, and may be broken off before anybody is screened."""
    others = [(f"李观{chr(0x4E00 + n)}", _person(n)) for n in range(BLOCK)]
    answers = {"": nothing()}
    measures = load_measures(shipped("mappings"))

    def outcome(at: datetime) -> tuple[Outcome, str]:
        with engine.connect() as connection:
            selection = Selection("测试", None, "")
            bill = read_clean_bill(connection, asked.settings, selection, measures, Actor("签发人", at))
        (line,) = (line for line in bill.lines if line.name == ZHANG[0])
        return line.outcome, line.why

    def cut(source: str, done: int) -> None:
        if source == "misconduct" and done > BLOCK:
            raise KeyboardInterrupt

    with serve(
        lambda request: answers[ZHANG[1] if ZHANG[1] in answers and ZHANG[1] in str(request) else ""]
    ) as server:
        asked = AskedWorld(engine, tmp_path, server.url)
        asked.apply(ZHANG, *others)
        asked.run()
        assert outcome(asked.as_of) == (Outcome.CLEARED, "")
        answers[ZHANG[1]] = said(entry(ZHANG, "1号"))
        asked.night += 8
        with pytest.raises(KeyboardInterrupt):
            asked.pull(ledger.begin(engine, asked.as_of, {}), progress=cut)
        assert outcome(asked.as_of) == (Outcome.UNVERIFIABLE, "名单中有条目，尚未比对")


def _person(number: int) -> str:
    first = f"34010019020304{number:03}"
    return f"{first}{citizen_id.check_digit(first)}"


def test_a_list_that_is_no_longer_configured_calls_nobody_clean(world: ReviewWorld) -> None:
    world.deliver("debtors", case(7, "别的公司", ""))
    world.night()
    sources = {name: found for name, found in world.settings.sources.items() if name != "debtors"}
    settings = world.settings.model_copy(update={"sources": sources})
    with world.engine.connect() as connection:
        bill = read_clean_bill(
            connection, settings, KJ, load_measures(world.folder / "mappings"), Actor("签", world.now)
        )
    assert (bill.blocked, bill.clean) == (True, ())


def test_a_round_is_what_the_source_calls_it(world: ReviewWorld) -> None:
    world.night()
    assert [line.name for line in bill_of(world, replace(KJ, round="二")).lines] == ["合肥清白科技有限公司"]
    with pytest.raises(CreditSyncError, match=r"没有批次“三”.*一、二"):
        bill_of(world, replace(KJ, round="三"))
    with pytest.raises(CreditSyncError, match="没有申报主体"):
        bill_of(world, replace(KJ, year=2025))
    with pytest.raises(CreditSyncError, match=r"没有系统“x”的申报.*kj"):
        bill_of(world, replace(KJ, system="x"))
    world.deliver("applicants", *({k: v for k, v in row.items() if k != "批次"} for row in THREE))
    world.night()
    with pytest.raises(CreditSyncError, match="申报信息中没有批次"):
        bill_of(world, replace(KJ, round="一"))


def issue(world: ReviewWorld, who: str = "王五", folder: str = "out") -> tuple[CleanBill, list[Path]]:
    forms = {"formats": ("html", "xlsx"), "folder": world.folder / folder}
    return issue_clean_bill(world.engine, world.settings, KJ, Actor(who, world.now), **forms)


def test_signed_off_on_record_and_proved_by_the_file(world: ReviewWorld) -> None:
    world.night()
    bill, paths = issue(world)
    page = paths[0].read_text("utf-8")
    assert bill.digest in page
    assert "3 个申报主体全部有结果" in page
    assert not re.search(r"\d{17}[\dX]", page.replace(bill.digest, ""))
    with world.engine.connect() as connection:
        (entry,) = audit.entries(connection, action="clean_bill")
        assert [signature_of(connection, path) for path in paths] == [entry, entry]
    assert (entry.who, entry.at, entry.target) == ("王五", world.now, "kj")
    assert (entry.detail["digest"], entry.detail["applicants"], entry.detail["clean"]) == (bill.digest, 3, 3)
    paths[0].write_text(page.replace(MAN, "某某某"), encoding="utf-8")
    with world.engine.connect() as connection, pytest.raises(CreditSyncError, match="签发后被改动过"):
        signature_of(connection, paths[0])


def test_the_same_again_is_the_same_and_another_signer_another(world: ReviewWorld) -> None:
    world.night()
    bill, paths = issue(world)
    again, same = issue(world, folder="again")
    assert [path.name for path in same] == [path.name for path in paths]
    assert [path.read_bytes() for path in same] == [path.read_bytes() for path in paths]
    assert issue(world, who="赵六")[0].digest != bill.digest == again.digest


def test_without_a_signer_or_a_folder_nothing_is_signed(world: ReviewWorld) -> None:
    world.night()
    with pytest.raises(CreditSyncError, match="没有写明签发人"):
        issue(world, who="  ")
    blocked = world.folder / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(CreditSyncError, match="写不了报告"):
        issue(world, folder=blocked.name)
    with world.engine.connect() as connection:
        assert audit.entries(connection, action="clean_bill") == []


def test_a_log_that_was_tampered_with_proves_nothing(tmp_path: Path, world: ReviewWorld) -> None:
    world.night()
    _, paths = issue(world)
    with writing(world.engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER USER")
        else:
            connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.execute(audit.audit.update().values(who="别人"))
    with world.engine.connect() as connection, pytest.raises(CreditSyncError, match="留痕记录已不可信"):
        signature_of(connection, paths[0])
