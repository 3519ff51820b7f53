"""What a channel publishes of natural persons, and that no full identity number leaves the house for the public."""

import io
import re
import unicodedata
import zipfile
from contextlib import redirect_stderr
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from credit_sync import logs
from credit_sync.channel_settings import WebsiteChannel
from credit_sync.errors import SettingsError
from credit_sync.nightly import NightOptions, run_night
from credit_sync.publishing.persons import Desensitised, load_persons, mask_text
from credit_sync.publishing.rows import published_row
from credit_sync.publishing.standard import Row, Standard
from credit_sync.publishing.values import Published
from credit_sync.records import RecordKind
from credit_sync.settings import FileSource, Reports, Settings, Store
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, citizen_id, hide_in_text
from tests.publishing import (
    DEPARTMENT,
    EDITION_2016,
    EDITION_2018,
    LICENCE,
    MAPPINGS,
    ORGANISATION,
    PENALTY,
    PERSON,
    REPORTING,
    TRADER,
    person_number,
)

NUMBER = PERSON.identifiers[0].value
REPRESENTATIVE = person_number("34010319030708002")
PERSONS = load_persons(MAPPINGS)


def shown(
    record: Published, kind: RecordKind, *, channel: str = "website", edition: Standard = EDITION_2018
) -> Row:
    fit = Desensitised(PERSONS, channel, edition, edition.table(kind))
    return fit(published_row(record, edition, REPORTING))


def test_of_a_natural_person_the_public_sees_a_masked_name_and_the_ends_of_the_number() -> None:
    penalty = replace(PENALTY, subject=PERSON, facts="汪墨林（电话13800138000）销售假冒专利产品")
    row = shown(penalty, RecordKind.PENALTY)
    assert row["CF_XDR_MC"] == "汪**"
    assert (row["CF_XDR_ZJLX"], row["CF_XDR_ZJHM"]) == ("身份证", "340100********0017")
    assert row["CF_SY"] == "汪**（电话138****8000）销售假冒专利产品"
    assert row["CF_WSH"] == penalty.document_number


@pytest.mark.parametrize(
    ("name", "facts", "public"),
    [
        ("汪墨林", "当事人：汪 墨 林。汪\u3000墨林承认，汪墨\u200b林签字", "当事人：汪**。汪**承认，汪**签字"),
        ("汪 墨", "当事人汪墨（汪  墨）", "当事人汪**（汪**）"),
        ("买买提·吐尔逊", "买买提•吐尔逊和买买提 · 吐尔逊", "买***和买***"),
        ("汪墨林", "汪墨，林某", "汪墨，林某"),
        ("汪", "汪墨", "汪墨"),
        ("\\汪", "当事人\\汪", "当事人\\*"),
        ("JOHN SMITH", "John Smith（john\u00a0smith）", "J***（J***）"),
    ],
)
def test_the_name_is_hidden_however_it_is_spaced(name: str, facts: str, public: str) -> None:
    row = shown(replace(PENALTY, subject=replace(PERSON, name=name), facts=facts), RecordKind.PENALTY)
    assert row["CF_SY"] == public


@pytest.mark.parametrize(
    ("number", "facts", "public"),
    [
        (
            "E12345678",
            "持护照E12345678，又写作 e 1234 5678、Ｅ１２３４５６７８",
            "持护照E1*****78，又写作 E1*****78、E1*****78",
        ),
        ("12345678", "持台胞证12345678，发票号 212345678", "持台胞证12****78，发票号 212345678"),
    ],
)
def test_the_number_of_a_foreigner_is_hidden_in_text_as_well(number: str, facts: str, public: str) -> None:
    subject = replace(PERSON, identifiers=(Identifier(IdentifierKind.PASSPORT, number),))
    assert shown(replace(PENALTY, subject=subject, facts=facts), RecordKind.PENALTY)["CF_SY"] == public
    firm = replace(PENALTY, facts=facts, legal_representative_id=subject.identifiers[0])
    assert shown(firm, RecordKind.PENALTY)["CF_SY"] == public


@pytest.mark.parametrize("subject", [ORGANISATION, TRADER], ids=["organisation", "individual trader"])
def test_codes_and_representatives_are_public_and_their_numbers_are_not(subject: Any) -> None:
    licence = replace(LICENCE, subject=subject, legal_representative_id=REPRESENTATIVE)
    row = shown(licence, RecordKind.LICENCE)
    assert row["XK_XDR_MC"] == subject.name
    assert row["XK_XDR_SHXYM"] == subject.identifiers[0].value
    assert row["XK_FRDB"] == subject.legal_representative
    assert (row["XK_FR_ZJLX"], row["XK_FR_ZJHM"]) == ("", "")


def test_the_2016_edition_has_no_category_and_tells_persons_by_their_missing_codes() -> None:
    person = shown(replace(LICENCE, subject=PERSON), RecordKind.LICENCE, edition=EDITION_2016)
    assert (person["XK_XDR"], person["XK_XDR_SFZ"]) == ("汪**", "340100********0017")
    licence = replace(LICENCE, legal_representative_id=REPRESENTATIVE)
    firm = shown(licence, RecordKind.LICENCE, edition=EDITION_2016)
    assert (firm["XK_XDR"], firm["XK_XDR_SFZ"]) == (ORGANISATION.name, "")


@pytest.mark.parametrize("channel", ["workbook", "exchange_db", "api"])
def test_the_platform_gets_everything(channel: str) -> None:
    penalty = replace(PENALTY, subject=PERSON, note=f"证件 {NUMBER}")
    assert shown(penalty, RecordKind.PENALTY, channel=channel) == published_row(penalty, EDITION_2018, REPORTING)


def test_an_address_field_of_a_local_layout_is_never_shown() -> None:
    table = EDITION_2018.penalty
    local = table.model_copy(update={"fields": tuple(_with_title(f, "BZ", "当事人住址") for f in table.fields)})
    row = published_row(replace(PENALTY, subject=PERSON, note="合肥市某路 1 号"), EDITION_2018, REPORTING)
    assert Desensitised(PERSONS, "website", EDITION_2018, local)(row)["BZ"] == ""
    firm = published_row(replace(PENALTY, note="合肥市某路 1 号"), EDITION_2018, REPORTING)
    assert Desensitised(PERSONS, "website", EDITION_2018, local)(firm)["BZ"] == "合肥市某路 1 号"


def _with_title(field: Any, code: str, title: str) -> Any:
    return field.model_copy(update={"title": title}) if field.code == code else field


@pytest.mark.parametrize("key", ["id", "representative_id", "address", "texts"])
def test_a_website_cannot_be_told_to_show_numbers(tmp_path: Path, key: str) -> None:
    text = (MAPPINGS / "publishing_persons.toml").read_text("utf-8")
    before, website = text.split("[website]\n")
    changed = re.sub(rf'^({key} = {{ publish = )"\w+"', r'\1"show"', website, count=1, flags=re.MULTILINE)
    (tmp_path / "publishing_persons.toml").write_text(f"{before}[website]\n{changed}", "utf-8")
    with pytest.raises(SettingsError, match=rf"website\.{key}\.publish: 面向公众的网站不得公开"):
        load_persons(tmp_path)


def test_the_name_of_a_natural_person_may_be_shown_by_configuration(tmp_path: Path) -> None:
    text = (MAPPINGS / "publishing_persons.toml").read_text("utf-8")
    changed = text.replace('name = { publish = "mask"', 'name = { publish = "show"', 1)
    (tmp_path / "publishing_persons.toml").write_text(changed, "utf-8")
    fit = Desensitised(load_persons(tmp_path), "website", EDITION_2018, EDITION_2018.penalty)
    row = fit(published_row(replace(PENALTY, subject=PERSON), EDITION_2018, REPORTING))
    assert (row["CF_XDR_MC"], row["CF_XDR_ZJHM"]) == ("汪墨林", "340100********0017")


# --- numbers in texts ---------------------------------------------------------------------------------------


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A made-up person's number, born from 1900 to 1924."""
    region = draw(st.sampled_from(["340103", "340221", "511324", "532301", "110105"]))
    born = draw(st.dates(date(1900, 1, 1), date(1924, 12, 31)))
    first = f"{region}{born:%Y%m%d}{draw(st.integers(1, 999)):03}"
    return first + citizen_id.check_digit(first)


WIDE = str.maketrans("0123456789Xx-", "０１２３４５６７８９Ｘｘ－")
GAPS = ["", " ", "  ", "\u3000", "-", " - ", "\u200b", "\u00a0"]


@st.composite
def written(draw: st.DrawFn, number: str) -> str:
    """A number as people write it: old or new form, in groups, wide, with a small x, in the middle of a sentence."""
    if draw(st.booleans()) and draw(st.booleans()):
        number = number[:6] + number[8:17]
    groups = (number[:6], number[6:-4], number[-4:]) if draw(st.booleans()) else tuple(number)
    text = draw(st.sampled_from(GAPS)).join(groups)
    text = text.lower() if draw(st.booleans()) else text
    text = text.translate(WIDE) if draw(st.booleans()) else text
    frames = ["{}", "身份证号码{}的当事人", "（{}）", "ID{}", "{}号", "证件：{}，2018年", "{}/安徽", "No.{}A"]
    return draw(st.sampled_from(frames)).format(text)


def digits_in(text: str) -> str:
    """Nothing but letters and digits, narrow and upper: any way of writing a number becomes the number."""
    return "".join(re.findall("[0-9A-Z]", unicodedata.normalize("NFKC", text).upper()))


def holds(text: str, number: str) -> bool:
    """The number, in either form, stands somewhere in the text; tags of a page count as nothing."""
    forms = (number[:17], number[:6] + number[8:17])
    return any(form in digits_in(plain) for form in forms for plain in (text, re.sub("<[^>]*>", "", text)))


@given(st.data())
def test_a_number_is_hidden_in_every_writing(data: st.DataObject) -> None:
    number = data.draw(numbers())
    text = data.draw(written(number))
    assert holds(text, number)
    assert not holds(hide_in_text(text), number)
    assert not holds(mask_text(text), number)


@given(st.text("0123456789Xx －-，号", max_size=60))
def test_hiding_changes_digits_into_masks_and_gaps_only(text: str) -> None:
    hidden = hide_in_text(text)
    assert hide_in_text(hidden) == hidden
    assert len(digits_in(hidden)) <= len(digits_in(text))


@given(numbers(), st.text("0123456789", max_size=6), st.text("0123456789", max_size=6))
def test_a_number_inside_a_longer_one_is_hidden(number: str, before: str, after: str) -> None:
    """Such as the tax number of an individual trader, which was the owner's number and two digits."""
    assume(number.isdigit() or not after)
    assert not holds(hide_in_text(f"税务登记号{before}{number}{after}"), number) or len(before + after) == 0


# --- a whole night ------------------------------------------------------------------------------------------

PENALTY_COLUMNS = {
    "当事人": "汪墨林",
    "行政相对人类别": "自然人",
    "身份证号码": "",
    "统一社会信用代码": "",
    "法定代表人": "",
    "决定书文号": "皖知罚字〔2018〕{n}号",
    "决定性质": "行政处罚",
    "违法行为类型": "假冒专利",
    "违法事实": "销售假冒专利的产品",
    "处罚依据": "《中华人民共和国专利法》第六十三条",
    "处罚类别": "警告",
    "处罚内容": "警告",
    "暂扣或吊销证照名称及编号": "",
    "决定日期": "2018-11-26",
    "处罚有效期": "2019-11-25",
    "处罚机关": "安徽省科学技术厅",
    "备注": "",
}
TEXTS = [name for name in PENALTY_COLUMNS if name not in ("决定日期", "处罚有效期", "行政相对人类别", "决定性质")]
Case = tuple[str, str, str, str]
"""Number, the column it is put into, how it is written there, the subject's category."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    number = draw(numbers())
    return (
        number,
        draw(st.sampled_from(TEXTS)),
        draw(written(number)),
        draw(st.sampled_from(["自然人", "法人及非法人组织"])),
    )


def penalty_row(number: str, place: int, case: Case) -> dict[str, str]:
    _, column, text, category = case
    row = {name: value.format(n=place) for name, value in PENALTY_COLUMNS.items()}
    row["行政相对人类别"] = category
    if category == "自然人":
        row["身份证号码"] = number
    else:
        row["当事人"], row["法定代表人"] = TRADER.name, "汪墨林"
        row["统一社会信用代码"] = TRADER.identifiers[0].value
    row[column] = f"{row[column]}{text}" if column not in ("统一社会信用代码", "身份证号码") else text
    return row


def night_on(folder: Path, found: list[Case]) -> str:
    """One whole night with a website channel; returns its log and summary."""
    penalties = [penalty_row(case[0], place, case) for place, case in enumerate(found, 1)]
    debtors = [
        {"姓名": "汪墨林", "身份证号码": number, "案号": f"（2018）皖0104执{place}号", "义务": f"偿还 {text}"}
        for place, (number, _, text, _) in enumerate(found, 1)
    ]
    projects = [
        {"项目编号": f"18{place:04}", "项目名称": f"课题{text}", "项目负责人": "汪墨林", "负责人身份证号": number}
        for place, (number, _, text, _) in enumerate(found, 1)
    ]
    for name, rows in (("penalties", penalties), ("debtors", debtors), ("projects", projects)):
        (folder / name).mkdir()
        lines = [",".join(rows[0]), *(",".join(f'"{value}"' for value in row.values()) for row in rows)]
        (folder / name / "rows.csv").write_text("\n".join(lines), "utf-8")
    site = Settings(
        department=DEPARTMENT,
        store=Store(url="sqlite:///store.db", index=Path("index")),
        mappings=MAPPINGS,
        reports=Reports(folder=Path("out/reports")),
        sources={
            "penalties": FileSource(kind="file", mapping="patent_penalty", folder=Path("penalties")),
            "debtors": FileSource(kind="file", mapping="dishonest_debtors", folder=Path("debtors")),
            "projects": FileSource(kind="file", mapping="offline_projects", folder=Path("projects")),
        },
        channels={"site": WebsiteChannel(kind="website", folder=Path("out/site"))},
    ).model_copy(update={"base": folder})
    with redirect_stderr(io.StringIO()) as log:
        try:
            logs.configure(verbose=True)
            result = run_night(site, NightOptions(datetime(2018, 12, 3, 2)), lambda *_: None)
        finally:
            structlog.reset_defaults()
    return f"{log.getvalue()}\n{result}"


def everything_in(folder: Path) -> dict[str, str]:
    """Every file as text, workbooks unpacked."""
    texts: dict[str, str] = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                texts |= {f"{name}!{part}": book.read(part).decode() for part in book.namelist()}
        else:
            texts[name] = path.read_bytes().decode()
    return texts


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(cases(), min_size=4, max_size=14))
@example([(NUMBER, column, text, "自然人") for column in TEXTS for text in (NUMBER, f"号{NUMBER}的")])
@example([(NUMBER, column, f"号{NUMBER[:6] + NUMBER[8:17]}，", "法人及非法人组织") for column in TEXTS])
def test_a_night_shows_no_full_number_on_the_website_in_reports_or_in_the_log(found: list[Case]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        log = night_on(folder, [*found, (NUMBER, "备注", f"证号{NUMBER}，", "自然人")])
        texts = everything_in(folder / "out") | {"log": log}
        assert any(name.endswith("data/penalty.csv") for name in texts)
        assert any(name.startswith("reports/") for name in texts)
        assert not any(holds(text, NUMBER) for text in texts.values())
        for number in {case[0] for case in found}:
            assert [name for name, text in texts.items() if holds(text, number)] == []
