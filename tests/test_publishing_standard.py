from pathlib import Path

import pytest

from credit_sync.errors import SettingsError
from credit_sync.publishing.standard import load_standard
from credit_sync.records import RecordKind
from tests.publishing import EDITION_2016, EDITION_2018, MAPPINGS

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
        ('pattern = "[HM]', 'pattern = "([HM]', "正则表达式"),
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
