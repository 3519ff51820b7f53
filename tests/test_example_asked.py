"""The example province with its list that can only be asked: one has a record, one gets no answer, the rest are clear."""

import re
import tomllib
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from credit_sync.store.schema import applicant, listing, screening
from tests.night import AS_OF, ROOT, Night, make_night

ASKED: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in tomllib.loads((ROOT / "examples/planted.toml").read_text(encoding="utf-8"))["asked"]
}
LISTED, UNANSWERED = ASKED["asked-listed"], ASKED["asked-unanswered"]
SAMPLE = '# sample = { name = "某某", identifier = "340100190001040017" }'


def suggested(text: str) -> str:
    """The configuration with the suggestion taken up."""
    block = re.search(r"(?m)^# \[sources\.research_misconduct\]\n(?:# .*\n)+", text)
    assert block
    taken = re.sub("(?m)^# ", "", block[0] + SAMPLE + "\n")
    taken = taken.replace("rate_per_second = 20", "rate_per_second = 200")
    # `status` counts the answers' age by the clock, the night by AS_OF.
    return text.replace(block[0], taken.replace("cache_days = 7", "cache_days = 3660"))


@pytest.fixture(scope="module")
def night(province_address: str, tmp_path_factory: pytest.TempPathFactory) -> Night:
    made = make_night(tmp_path_factory.mktemp("asked"), province_address)
    made.config.write_text(suggested(made.config.read_text(encoding="utf-8")), encoding="utf-8")
    done = made.call("run", "--as-of", AS_OF)
    assert done.returncode == 1, done.stderr
    (made.folder / "summary.txt").write_text(done.stdout, encoding="utf-8")
    return made


def test_the_planted_two_and_nobody_else(night: Night) -> None:
    engine = create_engine(night.url)
    c = applicant.c
    query = select(c.subject_name, screening.c.verdict, screening.c.reason).join(
        screening, screening.c.applicant_id == c.id
    )
    with engine.connect() as connection:
        contributors = connection.execute(query.where(c.role == "contributor")).all()
        number = connection.scalar(select(listing.c.number).where(listing.c.list == "research_misconduct"))
    engine.dispose()
    verdicts = {name: verdict for name, verdict, _ in contributors}
    assert verdicts[LISTED["name"]] in LISTED["expect"]
    assert verdicts[UNANSWERED["name"]] in UNANSWERED["expect"]
    assert [name for name, _, reason in contributors if "未能查询" in reason] == [UNANSWERED["name"]]
    assert sum(verdict == "clear" for verdict in verdicts.values()) > 100
    assert number == "国科诚处〔2018〕7号"


def test_the_run_says_how_the_questions_stand(night: Night) -> None:
    summary = (night.folder / "summary.txt").read_text(encoding="utf-8")
    assert "逐个查询 154 个主体：本次查询 154、有记录 1、查无记录 152、未能查询 1" in summary
    assert "没有 data" in summary
    report = next((night.folder / "reports").glob("run-*.html")).read_text(encoding="utf-8")
    assert "逐个查询 154 个主体" in report
    status = night.call("status").stdout
    assert "逐个查询 154 个主体：有记录 1、查无记录 152、未能查询 1" in status


def test_check_asks_about_the_sample(night: Night) -> None:
    assert "数据源 research_misconduct：试查得到答复：查无记录" in night.call("check").stdout


def test_a_look_up_of_somebody_never_asked_about_is_unverifiable(night: Night) -> None:
    done = night.call("lookup", "--name", "某某", "--id", "340100190001040017", "--reason", "测试")
    assert done.returncode == 0, done.stderr
    assert "无法核实" in done.stdout
    assert "未能查询：还没有查询过" in done.stdout


def test_a_second_night_asks_only_what_is_unknown(night: Night) -> None:
    again = night.call("run", "--as-of", "2026-11-23T03:00:00")
    assert again.returncode == 1
    assert "本次查询 1、沿用以前的答复 153" in again.stdout
