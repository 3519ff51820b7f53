"""Names that officers have found to be one subject's, and the site's aliases: used by every way of asking, gone when undone."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from credit_sync.errors import SettingsError
from credit_sync.gate import Gate
from credit_sync.lookup import Answer, ground, look_up, subject_asked_for
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.decisions import Conclusion
from credit_sync.screening.evidence import Scales
from credit_sync.screening.gate import Cause
from credit_sync.screening.index_files import open_index
from credit_sync.screening.other_names import OtherNames, known_other_names
from credit_sync.screening.reference import reference
from credit_sync.screening.screen import screen
from credit_sync.screening.screen_file import FileCounts, OutputRow, screen_file
from credit_sync.screening.stored_lists import stored_lists
from credit_sync.screening.weights import load_weights
from credit_sync.settings import Settings
from credit_sync.store import ledger
from credit_sync.store.schema import applicant, flag, match, screening
from credit_sync.subjects.identifiers import SubjectKind, recognise
from credit_sync.subjects.subject import Subject
from tests.review_world import APPLICANTS, COMPANY, MAN, NOBODY, NUMBER, TWO, USCC, ReviewWorld, case

SHORT = "谌恺农科集团"
OTHER_MAN = "屈淮瑾子"
RENAMED = {"编号": "9", "名称": COMPANY, "证件": USCC, "角色": "申报单位", "处室": "农村处"}


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> ReviewWorld:
    """A company listed under a short form with its code (flag 1); another entry has the short form alone."""
    made = ReviewWorld(engine, tmp_path / "world")
    made.deliver("debtors", NOBODY, case(1, SHORT))
    made.deliver("banned", NOBODY, case(7, SHORT, ""))
    assert made.night().flags.opened == 1
    return made


def flagged(world: ReviewWorld) -> list[tuple[str, str]]:
    """(application, list) of the open flags."""
    query = select(applicant.c.application, flag.c.list).where(
        applicant.c.id == flag.c.applicant_id, flag.c.closed_at.is_(None)
    )
    with world.engine.connect() as connection:
        return sorted((row[0], row[1]) for row in connection.execute(query))


def asked(world: ReviewWorld, name: str, code: str = "") -> set[str]:
    """The numbers of the list entries that a look-up holds for the subject."""
    found = looked_up(world, name, code).found
    return {f.record.number for f in found if hasattr(f.record, "duty") and f.comparison.verdict.flags}


def looked_up(world: ReviewWorld, name: str, code: str = "", number: str = "") -> Answer:
    settings, now = world.settings, world.now
    with world.engine.connect() as connection:
        index = open_index(connection, settings.path(settings.store.index))
        subject = subject_asked_for(name, code, number, date(2026, 3, 1))
        return look_up(connection, subject, ground(connection, settings, now, index))


def test_a_name_under_which_a_subject_was_upheld_finds_its_other_entries(world: ReviewWorld) -> None:
    assert flagged(world) == [("1", "debtors")]
    assert asked(world, COMPANY, USCC) == {"1"}
    world.decide(Conclusion.UPHOLD, "甲")
    assert asked(world, COMPANY, USCC) == {"1", "7"}
    assert asked(world, COMPANY) == {"1", "7"}
    world.night()
    assert flagged(world) == [("1", "banned"), ("1", "debtors")]
    with world.engine.connect() as connection:
        query = select(match.c.evidence, match.c.verdict).join(flag, flag.c.id == match.c.flag_id)
        evidence, verdict = connection.execute(query.where(flag.c.list == "banned")).one()
    assert verdict == Verdict.PROBABLE.value
    assert "按另一名称（曾用名、简称，或以往复核所知）比较" in evidence[0]["sentence"]
    assert world.standing().state.value == "upheld"


def test_the_gate_knows_it_before_the_night(world: ReviewWorld) -> None:
    def hits() -> list[str]:
        gate = Gate(world.settings)
        with world.engine.connect() as connection:
            return sorted(f.list for f in gate.stored(connection, "kj", "1", world.now).flags)

    assert hits() == ["debtors"]
    world.decide(Conclusion.UPHOLD, "甲")
    assert hits() == ["banned", "debtors"]


def test_a_kept_answer_of_the_gate_ends_with_the_names_it_rests_on(world: ReviewWorld) -> None:
    def stands() -> str:
        with world.engine.connect() as connection:
            return Gate(world.settings).stands(connection, world.now)

    before = stands()
    assert stands() == before
    world.decide(Conclusion.UPHOLD, "甲")
    assert stands() != before
    world.undo("甲")
    assert stands() == before


def test_what_is_undone_is_forgotten(world: ReviewWorld) -> None:
    world.decide(Conclusion.UPHOLD, "甲")
    world.night()
    world.undo("甲", 1)
    world.night()
    assert flagged(world) == [("1", "debtors")]
    assert asked(world, COMPANY, USCC) == {"1"}


def test_what_is_undone_is_forgotten_also_of_a_flag_that_has_closed(world: ReviewWorld) -> None:
    world.decide(Conclusion.UPHOLD, "甲")
    world.deliver("debtors", NOBODY)
    world.night()
    assert flagged(world) == [("1", "banned")]
    world.undo("甲")
    world.night()
    assert flagged(world) == []


def test_later_applications_are_found_by_name_as_well(world: ReviewWorld) -> None:
    world.decide(Conclusion.UPHOLD, "甲")
    world.deliver("applicants", *TWO, {**RENAMED, "证件": ""})
    world.night()
    assert ("9", "banned") in flagged(world)


@pytest.mark.parametrize(("conclusion", "reason"), [("dismiss", "fulfilled"), ("uphold", "other_uphold")])
def test_only_what_is_upheld_as_the_same_teaches(world: ReviewWorld, conclusion: str, reason: str) -> None:
    world.decide(Conclusion(conclusion), "甲", reason=reason, text="已履行完毕")
    world.night()
    assert flagged(world) == [("1", "debtors")]


@pytest.mark.parametrize("said", [("same_by_number", "other_uphold"), ("other_uphold", "same_by_number")])
def test_of_two_who_uphold_both_have_to_say_the_same(world: ReviewWorld, said: tuple[str, str]) -> None:
    world.measure("forbid")
    world.night()
    for who, reason in zip("甲乙", said, strict=True):
        world.decide(Conclusion.UPHOLD, who, reason=reason, text="另有依据")
    assert world.standing().state.value == "upheld"
    assert asked(world, COMPANY, USCC) == {"1"}
    world.undo("甲")
    for who in "甲乙":
        world.decide(Conclusion.UPHOLD, who)
    assert asked(world, COMPANY, USCC) == {"1", "7"}


def test_a_person_has_another_name_by_his_number_alone(engine: Engine, tmp_path: Path) -> None:
    world = ReviewWorld(engine, tmp_path / "world")
    namesake = {"编号": "8", "名称": MAN, "证件": "340100190001040025", "角色": "项目负责人", "处室": "高新处"}
    world.deliver("applicants", *TWO, namesake)
    world.deliver("debtors", NOBODY, case(1, OTHER_MAN, NUMBER), case(2, OTHER_MAN, "3401001900****0017"))
    world.night()
    assert flagged(world) == [("1", "debtors")] * len(flagged(world))
    world.decide(Conclusion.UPHOLD, "甲")
    world.night()
    with world.engine.connect() as connection:
        known = known_other_names(connection, world.folder / "mappings").of_applicants(connection)
        ids = dict(connection.execute(select(applicant.c.application, applicant.c.id)).all())
        of_man = select(applicant.c.id).where(applicant.c.subject_name == MAN, applicant.c.application == "1")
        assert known == {connection.scalar(of_man): (OTHER_MAN,)}
    assert ids["8"] not in known
    world.undo("甲")
    assert world.night().judged == 1


def test_who_is_asked_for_by_number_alone_is_told_which_entries_bear_his_other_name(
    engine: Engine, tmp_path: Path
) -> None:
    world = ReviewWorld(engine, tmp_path / "world")
    listed = (case(2, OTHER_MAN, ""), case(3, "王芳", "340100**********17"))
    world.deliver("debtors", NOBODY, case(1, OTHER_MAN, NUMBER), *listed)
    world.night()
    world.decide(Conclusion.UPHOLD, "甲")
    world.deliver("debtors", NOBODY, *listed)
    world.night()
    found = looked_up(world, "", number=NUMBER)
    assert found.verdict is Verdict.UNVERIFIABLE
    assert found.reason.startswith(
        "名单中有 1 条的号码部分隐去，可能就是所写的这个；名单中有 1 条与其在复核中得知的名称相同，"
    )


def test_a_night_of_renewal_finds_what_judging_everybody_would(world: ReviewWorld) -> None:
    world.deliver("applicants", *TWO, RENAMED)
    world.night()

    def found() -> list[tuple[object, ...]]:
        with world.engine.connect() as connection:
            verdicts = connection.execute(
                select(screening.c.applicant_id, screening.c.verdict, screening.c.reason)
            )
            matches = select(match.c.applicant_id, match.c.listing_id, match.c.verdict, match.c.bits)
            open_ones = connection.execute(matches.where(match.c.closed_at.is_(None)))
            return sorted(map(tuple, verdicts)), sorted(map(tuple, open_ones))

    for step in (
        lambda: world.decide(Conclusion.UPHOLD, "甲", world_flag(world)),
        lambda: world.undo("甲", world_flag(world)),
    ):
        step()
        assert world.night().judged < 4
        renewed = found()
        run = ledger.begin(world.engine, world.now + timedelta(hours=1), {})
        screen(world.engine, world.settings, run, everybody=True)
        ledger.finish(world.engine, run, "done")
        assert found() == renewed


def test_who_takes_the_place_of_an_upheld_applicant_has_not_his_names(world: ReviewWorld) -> None:
    """Where a mapping tells applicants by their role, another unit in it is the same record."""
    by_role = APPLICANTS.replace('["application", "name"]', '["application", "role"]')
    (world.folder / "mappings" / "sources" / "applicants.toml").write_text(by_role, encoding="utf-8")
    world.deliver("applicants", {**TWO[0], "角色": "合作单位"}, TWO[1])
    world.night()
    flag_id = max(world.flags())
    world.decide(Conclusion.UPHOLD, "甲", flag_id)
    world.night()
    assert flagged(world) == [("1", "banned"), ("1", "debtors")]
    world.deliver("applicants", {**TWO[0], "角色": "合作单位", "名称": "芜湖瑞禾商贸有限公司", "证件": ""}, TWO[1])
    world.night()
    assert flagged(world) == []
    assert asked(world, COMPANY, USCC) == {"1", "7"}


def test_a_name_stays_known_when_a_source_has_taken_it_over(world: ReviewWorld) -> None:
    """The application has by now the name that the list gives; what else is written as before is found all the same."""
    by_role = APPLICANTS.replace('["application", "name"]', '["application", "role"]')
    (world.folder / "mappings" / "sources" / "applicants.toml").write_text(by_role, encoding="utf-8")
    ours = {**TWO[0], "角色": "合作单位"}
    world.deliver("applicants", ours, TWO[1], RENAMED)
    world.night()
    world.decide(Conclusion.UPHOLD, "甲", min(n for n, f in world.flags().items() if not f["closed_at"]))
    world.deliver("applicants", {**ours, "名称": SHORT}, TWO[1], RENAMED)
    world.night()
    assert ("9", "banned") in flagged(world)
    assert asked(world, COMPANY, USCC) == {"1", "7"}


def test_what_an_entry_is_corrected_to_is_no_name_of_whom_it_meant(world: ReviewWorld) -> None:
    world.decide(Conclusion.UPHOLD, "甲")
    world.night()
    world.deliver("debtors", NOBODY, case(1, "芜湖瑞禾商贸有限公司", ""))
    world.night()
    assert flagged(world) == [("1", "banned")]
    assert asked(world, "芜湖瑞禾商贸有限公司") == {"1"}


def test_a_person_without_a_full_number_has_no_other_name(engine: Engine, tmp_path: Path) -> None:
    def person(name: str, number: str = "") -> Subject:
        found = recognise(number, SubjectKind.PERSON) if number else None
        return Subject(kind=SubjectKind.PERSON, name=name, identifiers=(found,) if found else ())

    without = person("屈淮瑾"), person("屈怀瑾", "3401**************")
    names = OtherNames([(one, person("屈淮谨")) for one in without])
    assert all(names.of(namesake) is namesake for namesake in (*without, person("屈淮谨")))


def test_a_name_that_is_hidden_in_part_is_nobodys_other_name() -> None:
    number = recognise(NUMBER, SubjectKind.PERSON)
    assert number is not None
    man = Subject(kind=SubjectKind.PERSON, name=MAN, identifiers=(number,))
    for hidden in ("屈某某", "屈*瑾", "屈怀瑾、王芳"):
        assert OtherNames([(man, Subject(kind=SubjectKind.PERSON, name=hidden))]).of(man) is man
    company, two = (Subject(kind=SubjectKind.ORGANISATION, name=n) for n in (COMPANY, f"{COMPANY}、{SHORT}公司"))
    assert OtherNames([(company, two)]).of(company) is company
    assert OtherNames([(company, two)]).aliases == {}
    masked = Subject(kind=SubjectKind.ORGANISATION, name="安徽某某科技有限公司")
    assert OtherNames([(company, masked)]).of(company) is company
    assert OtherNames([(company, masked)]).aliases == {}


def test_one_name_in_two_writings_teaches_nothing() -> None:
    """An alias more, and a quiet night would judge everybody anew."""
    wide, narrow = (
        Subject(kind=SubjectKind.ORGANISATION, name=n) for n in ("合肥（华星）商贸公司", "合肥(华星)商贸公司")
    )
    assert OtherNames([(wide, narrow)]).aliases == {}
    former = Subject(kind=SubjectKind.ORGANISATION, name=COMPANY)
    assert OtherNames([(wide, narrow), (former, narrow)]).aliases == {narrow.name: COMPANY}


def world_flag(world: ReviewWorld) -> int:
    return min(world.flags())


def test_aliases_of_the_site(world: ReviewWorld) -> None:
    names = world.folder / "mappings" / "names"
    names.mkdir()
    (names / "aliases.toml").write_text(f'[aliases]\n"{SHORT}" = "{COMPANY}"\n', encoding="utf-8")
    assert asked(world, COMPANY) == {"1", "7"}
    world.night()
    assert flagged(world) == [("1", "banned"), ("1", "debtors")]
    (names / "aliases.toml").write_text(f'[aliases]\n"{SHORT}" = 3\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"aliases\.toml"):
        world.night()


def test_a_short_form_that_reads_like_a_persons_name_is_asked_as_the_organisations(world: ReviewWorld) -> None:
    names = world.folder / "mappings" / "names"
    names.mkdir()
    (names / "aliases.toml").write_text(f'[aliases]\n"谌农科" = "{COMPANY}"\n', encoding="utf-8")
    world.deliver("banned", NOBODY, case(7, COMPANY, ""))
    world.night()
    assert asked(world, "谌农科") == {"7"}
    if world.engine.dialect.name != "sqlite":
        return  # what screen-file has opened stays open until its process ends
    assert [(row[1], row[2]) for row in in_a_file(world, "谌农科")] == [("7", "probable")]


def test_a_row_that_nobody_could_read_is_looked_through_for_other_names_everywhere(world: ReviewWorld) -> None:
    names = world.folder / "mappings" / "names"
    names.mkdir()
    (names / "aliases.toml").write_text('[aliases]\n"谌恺农研所" = "合肥谌恺农业研究所"\n', encoding="utf-8")
    world.deliver("applicants", {"编号": "3", "名称": "谌恺农研所", "证件": "", "角色": "合作单位"})
    world.deliver("banned", NOBODY, {"案号": "8", "备注": "合肥谌恺农业研究所"})
    world.night()
    with world.engine.connect() as connection:
        (reason,) = Gate(world.settings).stored(connection, "kj", "3", world.now).reasons
        assert reason.cause is Cause.UNREAD_ENTRY
        assert connection.scalars(select(screening.c.reason)).all() == [reason.text]
    if world.engine.dialect.name != "sqlite":
        return  # what screen-file has opened stays open until its process ends
    (row,) = in_a_file(world, "谌恺农研所")
    assert (row[2], row[4]) == ("unverifiable", reason.text)


def in_a_file(world: ReviewWorld, name: str) -> list[OutputRow]:
    """What `screen-file` says of a name."""
    file = world.folder / "名单.csv"
    file.write_text(f"applicant_id,name\n1,{name}\n", encoding="utf-8")
    mappings = world.folder / "mappings"
    lists = stored_lists(stored(world), Scales(load_weights(mappings), reference()), world.now)
    return list(screen_file(file, lists, mappings, world.now, FileCounts()))


def test_whom_an_unread_row_names_by_his_other_name_a_spreadsheet_does_not_clear(world: ReviewWorld) -> None:
    """As by night, at the gate and looked up."""
    world.decide(Conclusion.UPHOLD, "甲")
    world.deliver("debtors", NOBODY)
    world.deliver("banned", NOBODY)
    world.night()
    world.deliver("banned", NOBODY, {"案号": "", "姓名": SHORT, "证件": ""})
    world.night()
    file = world.folder / "asked.csv"
    file.write_text(
        f"applicant_id,name,identifier\n1,{COMPANY},{USCC}\n2,合肥清白科技有限公司,\n", encoding="utf-8"
    )
    mappings = world.folder / "mappings"
    lists = stored_lists(stored(world), Scales(load_weights(mappings), reference()), world.now)
    found = list(screen_file(file, lists, mappings, world.now, FileCounts()))
    assert [row[2] for row in found] == ["unverifiable", "clear"]
    assert "名单中有未能读取的行写有这个名称或号码" in found[0][4]


def stored(world: ReviewWorld) -> Settings:
    """Settings that name the database of the world."""
    url = world.engine.url.render_as_string(hide_password=False)
    store = world.settings.store.model_copy(update={"url": url})
    return world.settings.model_copy(update={"store": store})


def test_names_that_are_known_are_not_added() -> None:
    code = recognise(USCC, SubjectKind.ORGANISATION)
    assert code is not None
    one = Subject(kind=SubjectKind.ORGANISATION, name=COMPANY, identifiers=(code,))
    other = Subject(kind=SubjectKind.ORGANISATION, name=SHORT)
    names = OtherNames([(one, other)])
    assert names.of(one).former_names == (SHORT,)
    assert names.of(names.of(one)) == names.of(one)
    assert names.of(other).former_names == (COMPANY,)
    stranger = Subject(kind=SubjectKind.ORGANISATION, name="别的单位")
    assert names.of(stranger) is stranger
