"""`calibrate` on the example province: tells, changes nothing; what it tells of the effect is what the night then does."""

import csv
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Connection, select
from sqlalchemy.engine import URL, make_url

from credit_sync.errors import CreditSyncError
from credit_sync.screening.calibration_decisions import read_decisions
from credit_sync.screening.weights import Weights
from credit_sync.store.engine import connect
from credit_sync.store.schema import applicant, listing, match
from credit_sync.toml_files import load
from tests.conftest import empty_postgresql
from tests.night import AS_OF, Night, make_night
from tests.stores import sqlite_store

SAMPLE = ("--sample", "3000")


@pytest.fixture(scope="module")
def night(first_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    return first_night.copy(tmp_path_factory.mktemp("calibrate") / "night")


@pytest.fixture(scope="module")
def told(night: Night) -> dict[str, Any]:
    return calibrate(night)


def calibrate(night: Night, *arguments: str) -> dict[str, Any]:
    done = night.call("calibrate", "--json", *SAMPLE, *arguments)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    del found["as_of"]
    return found


def level(told: dict[str, Any], attribute: str, name: str) -> dict[str, Any]:
    return next(e for e in told["levels"] if (e["attribute"], e["level"]) == (attribute, name))


def write_csv(path: Path, *rows: tuple[str, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_the_same_seed_tells_the_same_and_changes_nothing(night: Night, told: dict[str, Any]) -> None:
    files = [night.folder / "mappings/screening/weights.toml", night.config]
    tables, hashes = night.tables(), [hashlib.sha256(path.read_bytes()).digest() for path in files]
    assert calibrate(night) == told
    assert night.tables() == tables
    assert [hashlib.sha256(path.read_bytes()).digest() for path in files] == hashes


def test_every_pair_is_accounted_for(told: dict[str, Any]) -> None:
    persons = told["pairs"]["person"]
    assert persons["all"] == persons["applicants"] * persons["listings"]
    assert persons["applicants"] + told["pairs"]["organisation"]["applicants"] == 794
    assert told["effect"]["stored"] == 40


def test_a_listing_in_the_same_province_says_nothing_where_everybody_is(told: dict[str, Any]) -> None:
    region = level(told, "region", "same")
    assert region["estimated"] == ["m", "u"]
    assert region["new"]["u"] > 0.9
    assert abs(region["new"]["bits"]) < 0.5
    assert "calibrated on" in region["new"]["origin"]


def test_a_level_that_few_pairs_show_keeps_its_numbers(told: dict[str, Any]) -> None:
    rare = level(told, "person_name", "transliteration")
    assert rare["estimated"] == []
    assert rare["old"] == rare["new"]


def test_the_priors_are_the_planted_matches_among_all_pairs(told: dict[str, Any]) -> None:
    for kind in ("person", "organisation"):
        found = told["prior"][kind]
        assert found["settled"]
        assert found["new"] == pytest.approx(found["matches"] / told["pairs"][kind]["all"], rel=0.3)


def test_as_a_table_in_chinese_without_numbers_of_persons(night: Night) -> None:
    done = night.call("calibrate", *SAMPLE)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("性别") and "保留" in line for line in lines)
    assert any("总公司与分支" in line and line.endswith("保留：只凭判断，不作估计") for line in lines)
    assert "收敛" in done.stdout
    assert "戚雪樵" in done.stdout
    assert not re.search(r"\d{14,}[\dXx]", done.stdout)


def test_what_it_tells_is_what_the_night_does_with_the_written_weights(night: Night, tmp_path: Path) -> None:
    target = tmp_path / "new" / "weights.toml"
    told = calibrate(night, "--write", str(target))
    in_use = night.folder / "mappings/screening/weights.toml"
    old, new = load(in_use, Weights), load(target, Weights)
    assert (old.version, new.version) == ("1", "2")
    assert new.stamp == told["weights"]["new"]
    assert new.region["same"].u == level(told, "region", "same")["new"]["u"]
    comments = [line for line in in_use.read_text("utf-8").splitlines() if line.startswith("#")]
    assert [line for line in target.read_text("utf-8").splitlines() if line.startswith("#")] == comments

    tried = night.copy(tmp_path / "night")
    shutil.copy(target, tried.folder / "mappings/screening/weights.toml")
    assert tried.call("run", "--only", "screen", "--as-of", "2026-11-24T02:00:00").returncode == 0
    before, after = verdicts(night), verdicts(tried)
    changed = {pair: (before.get(pair), after.get(pair)) for pair in before.keys() | after.keys()}
    changed = {pair: pairs for pair, pairs in changed.items() if pairs[0] != pairs[1]}
    assert {(c["applicant"], c["after"]) for c in told["effect"]["changes"] if c["after"] != "clear"} == {
        (who, found[1]) for (who, _), found in changed.items() if found[1]
    }


def verdicts(night: Night) -> dict[tuple[str, int], str]:
    """The open matches: (application/name, listing id) -> verdict."""
    query = select(applicant.c.application, applicant.c.subject_name, match.c.listing_id, match.c.verdict)
    query = query.where(applicant.c.id == match.c.applicant_id, match.c.closed_at.is_(None))
    with connected(night) as connection:
        return {(f"{r[0]}/{r[1]}", r[2]): r[3] for r in connection.execute(query)}


def test_nothing_is_overwritten(night: Night, tmp_path: Path) -> None:
    in_use = night.folder / "mappings/screening/weights.toml"
    link = tmp_path / "link.toml"
    link.symlink_to(in_use)
    there = write_csv(tmp_path / "there.toml", ("x",))
    before = in_use.read_bytes()
    for target, problem in ((in_use, "正在使用"), (link, "正在使用"), (there, "已经存在")):
        refused = night.call("calibrate", *SAMPLE, "--write", str(target))
        assert refused.returncode == 1
        assert problem in refused.stderr
        assert refused.stdout == ""
    assert in_use.read_bytes() == before
    assert there.read_text("utf-8").strip() == "x"


def test_an_existing_file_is_refused_before_anything_is_estimated(night: Night, tmp_path: Path) -> None:
    there, decisions = write_csv(tmp_path / "there.toml", ("x",)), write_csv(tmp_path / "none.csv", ("x",))
    refused = night.call("calibrate", *SAMPLE, "--write", str(there), "--decisions", str(decisions))
    assert "已经存在" in refused.stderr, "not what is wrong with the decisions, which are read first"


def test_dismissed_pairs_are_no_matches(night: Night, told: dict[str, Any], tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "decisions.csv",
        ("applicant", "listing", "decision"),
        ("1804h0800015/敖元培", case_of(night, "敖元培"), "dismiss"),
        ("1804a0700019/郗绍祖", case_of(night, "郗绍祖"), "维持"),
        ("1804a0700019/郗绍祖", case_of(night, "郗绍祖"), ""),
    )
    taught = calibrate(night, "--decisions", str(path))
    assert (taught["pairs"]["person"]["upheld"], taught["pairs"]["person"]["dismissed"]) == (1, 1)
    assert (taught["undecided"], taught["unused"]) == (1, 0)
    assert taught["prior"]["person"]["matches"] == pytest.approx(told["prior"]["person"]["matches"] - 1, abs=0.1)


def case_of(night: Night, name: str) -> str:
    query = select(listing.c.number).where(listing.c.id == match.c.listing_id, listing.c.subject_name == name)
    with connected(night) as connection:
        return str(connection.scalars(query.order_by(listing.c.id)).all()[0])


def test_the_flagged_workbook_filled_in(night: Night, tmp_path: Path) -> None:
    [report] = (night.folder / "reports").glob("flagged-*.xlsx")
    book = openpyxl.load_workbook(report)
    sheet = book["预警"]
    titles = [cell.value for cell in sheet[1]]
    column = len(titles) + 1
    sheet.cell(1, column, "结论")
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, column, "维持" if row > 2 else None)
    book.save(tmp_path / "filled.xlsx")
    taught = calibrate(night, "--decisions", str(tmp_path / "filled.xlsx"))
    with connected(night) as connection:
        matches = connection.scalars(select(match.c.flag_id).where(match.c.via == "subject")).all()
    left_out = sheet.cell(2, titles.index("预警编号") + 1).value
    upheld = sum(pairs["upheld"] for pairs in taught["pairs"].values())
    assert upheld == len([number for number in matches if number != int(left_out)]) > 30
    assert taught["undecided"] > 0
    assert taught["unused"] == 1  # a flag through a representative says nothing of the organisation
    told = night.call("calibrate", *SAMPLE, "--decisions", str(tmp_path / "filled.xlsx")).stdout
    assert "有 1 对未使用：申报主体或名单条目已不在库中，或只是经法定代表人关联" in told


@contextmanager
def connected(night: Night) -> Iterator[Connection]:
    engine = connect(make_url(night.url))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("99999", "", "维持"), ["第 2 行", "“预警编号”列", "库中没有预警 99999"]),
        (("一号", "", "维持"), ["第 2 行", "“预警编号”列"]),
        (("1", "别人", "维持"), ["第 2 行", "“申报主体”列", "不是 别人"]),
    ],
)
def test_flags_of_another_store_are_not_decided(
    night: Night, tmp_path: Path, row: tuple[str, ...], words: list[str]
) -> None:
    said = refusal(night, write_csv(tmp_path / "decisions.csv", ("预警编号", "申报主体", "结论"), row))
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("1804h0800015/敖元培", "(2017)皖0207执4号", "也许"), ["第 2 行", "“decision”列", "也许", "维持"]),
        (("1804h0800015/无此人", "1", "维持"), ["第 2 行", "“applicant”列", "无此人"]),
        (("1804h0800015/敖元培", "（2099）无此案号", "维持"), ["第 2 行", "“listing”列", "无此案号"]),
        (("1804h0800015/敖元培", "9" * 40, "维持"), ["“listing”列", "库中没有名单条目"]),
        (("", "1", "维持"), ["第 2 行", "“applicant”列", "没有填写"]),
        (("1804h0800015/敖元培", "", "维持"), ["第 2 行", "“listing”列", "没有填写"]),
        (("1804h0800015/敖元培", "340100190001040017", "维持"), ["340100********0017"]),
        (("1804h0800015", "1", "排除"), ["第 2 行", "改写库中的序号"]),
        (("1804h0800015/敖元培", "1", ""), ["没有一行写了结论"]),
    ],
)
def test_a_row_that_is_not_understood_stops_everything(
    night: Night, tmp_path: Path, row: tuple[str, ...], words: list[str]
) -> None:
    path = write_csv(tmp_path / "decisions.csv", ("applicant", "listing", "decision"), row)
    said = refusal(night, path)
    for word in words:
        assert word in said


def refusal(night: Night, path: Path) -> str:
    with connected(night) as connection, pytest.raises(CreditSyncError) as refused:
        read_decisions(path, connection)
    return str(refused.value)


def test_decisions_that_contradict_each_other(night: Night, tmp_path: Path) -> None:
    case = case_of(night, "敖元培")
    rows = [("1804h0800015/敖元培", case, "维持"), ("1804h0800015/敖元培", case, "排除")]
    path = write_csv(tmp_path / "decisions.csv", ("申报主体", "名单条目", "结论"), *rows)
    said = refusal(night, path)
    assert "第 3 行，“结论”列" in said
    assert "相反" in said


def test_decisions_that_are_not_understood_are_not_used(night: Night, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "decisions.csv", ("申报主体", "结论"), ("1804h0800015/敖元培", "维持"))
    refused = night.call("calibrate", "--decisions", str(path))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "第 2 行，“案号/文号”列：没有填写" in refused.stderr
    missing = night.call("calibrate", "--decisions", str(tmp_path / "none.csv"))
    assert missing.returncode == 2


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    night = make_night(tmp_path / "empty", "http://127.0.0.1:9")
    sqlite_store(night.folder).dispose()
    refused = night.call("calibrate")
    assert refused.returncode == 1
    assert "先运行 credit-sync run" in refused.stderr


def test_postgresql_tells_the_same(
    told: dict[str, Any], postgresql_url: URL, province_address: str, tmp_path: Path
) -> None:
    engine = connect(postgresql_url)
    empty_postgresql(engine)
    engine.dispose()
    url = postgresql_url.render_as_string(hide_password=False)
    night = make_night(tmp_path / "night", province_address, url)
    assert night.call("run", "--as-of", AS_OF).returncode == 0
    assert calibrate(night) == told
