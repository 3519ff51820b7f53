import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from credit_sync.cli import credit_sync
from credit_sync.errors import SettingsError
from credit_sync.publishing.rules import rules
from credit_sync.publishing.standard import Standard, load_standard, standard_names
from credit_sync.records import RecordKind
from tests.markdown import rows, sections
from tests.publishing import EDITION_2016, EDITION_2018, EDITION_2018_SFZH, MAPPINGS

LICENCE_2018 = """XK_XDR_MC XK_XDR_LB XK_XDR_SHXYM XK_XDR_GSZC XK_XDR_ZZJG XK_XDR_SWDJ XK_XDR_SYDW XK_XDR_SHZZ XK_FRDB
    XK_FR_ZJLX XK_FR_ZJHM XK_XDR_ZJLX XK_XDR_ZJHM XK_XKWS XK_WSH XK_XKLB XK_XKZS XK_XKBH XK_NR XK_JDRQ XK_YXQZ XK_YXQZI
    XK_XKJG XK_XKJGDM XK_ZT XK_LYDW XK_LYDWDM BZ"""
PENALTY_2018 = """CF_XDR_MC CF_XDR_LB CF_XDR_SHXYM CF_XDR_GSZC CF_XDR_ZZJG CF_XDR_SWDJ CF_XDR_SYDW CF_XDR_SHZZ CF_FRDB
    CF_FR_ZJLX CF_FR_ZJHM CF_XDR_ZJLX CF_XDR_ZJHM CF_WSH CF_WFXW CF_SY CF_YJ CF_CFLB CF_NR CF_NR_FK CF_NR_WFFF
    CF_NR_ZKDX CF_JDRQ CF_YXQ CF_GSJZQ CF_CFJG CF_CFJGDM CF_SJLY CF_SJLYDM BZ"""


@pytest.mark.parametrize(
    ("kind", "codes"), [(RecordKind.LICENCE, LICENCE_2018), (RecordKind.PENALTY, PENALTY_2018)]
)
def test_2018_fields_stand_in_the_order_of_the_template(kind: RecordKind, codes: str) -> None:
    assert [field.code for field in EDITION_2018.table(kind).fields] == codes.split()


def test_2016_is_another_file_with_its_own_meaning_of_state() -> None:
    assert len(EDITION_2016.licence.fields) == 20
    assert len(EDITION_2016.penalty.fields) == 24
    assert EDITION_2016.lists["state"].from_ours["valid"] == "0"
    assert EDITION_2018.lists["licence_state"].from_ours["valid"] == "1"


LICENCE_2018_SFZH = LICENCE_2018.replace("XK_XDR_LB ", "").replace("XK_FR_ZJLX XK_FR_ZJHM", "XK_FR_SFZH")
PENALTY_2018_SFZH = PENALTY_2018.replace("CF_XDR_LB ", "").replace("CF_FR_ZJLX CF_FR_ZJHM", "CF_FR_SFZH")


def test_the_other_2018_layout_is_another_file_with_its_own_columns() -> None:
    assert [field.code for field in EDITION_2018_SFZH.licence.fields] == LICENCE_2018_SFZH.split()
    assert [field.code for field in EDITION_2018_SFZH.penalty.fields] == PENALTY_2018_SFZH.split()
    assert standard_names(MAPPINGS) == ["2018", "2018_sfzh", "2016"]


def show(*arguments: str) -> str:
    return CliRunner().invoke(credit_sync, ["standard", "show", *arguments], standalone_mode=False).stdout


@pytest.mark.parametrize("standard", [EDITION_2018, EDITION_2018_SFZH, EDITION_2016], ids=lambda s: s.name)
def test_show_prints_everything_a_standard_says(standard: Standard) -> None:
    shown = show(standard.name)
    for table in standard.tables.values():
        for field in table.fields:
            assert f"{field.code}　{field.title}\n" in shown
            assert f"{field.length} 个字符以内" in shown or field.type != "text"
            assert field.note in shown
            if field.values:
                assert standard.lists[field.values].describe() in shown
    assert all(line in shown for line in standard.provenance.splitlines())
    assert "行政处罚类别" not in shown  # an alias is no title


def test_show_says_when_a_field_is_required_and_what_is_not_confirmed() -> None:
    shown = show("2018")
    assert "必填\n" in shown
    assert "处罚类别为罚款时必填" in shown
    assert "行政相对人类别为自然人时留空" in shown
    assert "1（有效）、2（无效）" in shown
    assert "公开的实现，但长度、取值未经证实" in shown
    assert "来自：决定书文号，没有时用许可编号" in shown


def test_show_lists_the_standards_and_the_rules() -> None:
    assert [line.partition("　")[0] for line in show().splitlines()] == ["2018", "2018_sfzh", "2016"]
    shown = show("--rules")
    assert all(f"{code}　{rule.title}（" in shown and rule.source in shown for code, rule in rules().items())


def test_the_rules_are_in_the_documentation_by_their_scope() -> None:
    page = (MAPPINGS.parent / "docs" / "publishing.md").read_text("utf-8")
    table = rows(sections(page)["Validation"])
    titles = {"cell": "one field", "row": "one row", "rows": "several rows", "sheet": "workbooks only"}
    for scope, title in titles.items():
        expected = {code for code, rule in rules().items() if rule.scope == scope}
        assert set(re.findall("`([a-z_]+)`", table[title][1])) == expected


def test_an_unknown_key_among_the_unconfirmed_is_refused(tmp_path: Path) -> None:
    text = (MAPPINGS / "credit_anhui" / "2018.toml").read_text(encoding="utf-8")
    (tmp_path / "credit_anhui").mkdir()
    changed = text.replace('unconfirmed = "length"', 'unconfirmed = "lenght"', 1)
    (tmp_path / "credit_anhui" / "site.toml").write_text(changed, encoding="utf-8")
    with pytest.raises(SettingsError, match="lenght"):
        load_standard(tmp_path, "site")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('from = "subject_name"', 'from = "subjectname"', "subjectname"),
        ('code = "XK_XKZS"', 'code = "XK_XKBH"', "XK_XKBH 出现了不止一次"),
        ('values = "licence_state"', 'values = "licence_stat"', "licence_stat"),
        ('required_when = "fined"', 'required_when = "find"', "conditions.find"),
        ('["XK_YXQZ", "XK_YXQZI"]', '["XK_YXQZ", "XK_YXQZ2"]', "XK_YXQZ2"),
        ('title = "许可内容", length = 4000', 'title = "许可内容"', "XK_NR: 文字字段必须写 length"),
        ('title = "许可内容", length', 'title = "许可内容", lenght', "lenght"),
        ('pattern = "[HM]', 'pattern = "([HM]', "正则表达式有误（第 1 个字符处）"),
        ('only = { field = "nature"', 'only = { field = "natur"', "natur"),
        ('field = "CF_CFLB", values = ["罚款"]', 'field = "CF_CFL", values = ["罚款"]', "CF_CFL"),
    ],
)
def test_a_wrong_standard_file_is_refused_by_its_key(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = (MAPPINGS / "credit_anhui" / "2018.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "credit_anhui").mkdir()
    (tmp_path / "credit_anhui" / "site.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_standard(tmp_path, "site")
    assert problem in str(refused.value)
