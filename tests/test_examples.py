"""The example province: the night finds just the planted cases, quarantines just the planted rows, says so again."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.engine import make_url

from credit_sync.records import Role
from credit_sync.sources.words import ROLES
from credit_sync.store.engine import connect
from credit_sync.store.schema import applicant, flag, listing, match, quarantine, screening
from tests.night import ROOT, Night

PLANTED: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (ROOT / "examples/planted.toml").read_text(encoding="utf-8")
)
CASES, BAD_ROWS = PLANTED["case"], PLANTED["quarantine"]


@pytest.fixture(scope="module")
def store(first_night: Night) -> Iterator[Engine]:
    engine = connect(make_url(first_night.url))
    yield engine
    engine.dispose()


def applicant_of(store: Engine, case: dict[str, Any]) -> int:
    role: Role = ROLES[case["role"]]
    c = applicant.c
    query = select(c.id).where(
        c.system == case["system"],
        c.application == case["application"],
        c.role == role.value,
        c.subject_name == case["name"],
    )
    with store.connect() as connection:
        found = connection.scalars(query).all()
    assert len(found) == 1, f"{case['id']}: {len(found)} applicants"
    return int(found[0])


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_planted_case(store: Engine, case: dict[str, Any]) -> None:
    who = applicant_of(store, case)
    entries = select(listing.c.id).where(listing.c.list == case["list"], listing.c.number == case["number"])
    found = select(match.c.verdict).where(
        match.c.applicant_id == who, match.c.listing_id.in_(entries), match.c.closed_at.is_(None)
    )
    with store.connect() as connection:
        verdicts = set(connection.scalars(found))
        overall = connection.scalar(select(screening.c.verdict).where(screening.c.applicant_id == who))
    if verdicts:
        assert verdicts <= set(case["expect"]), case["why"]
    elif "unverifiable" in case["expect"]:
        assert overall == "unverifiable", case["why"]
    else:
        assert "clear" in case["expect"], f"{case['why']}: no match"


def test_nothing_else_is_flagged(store: Engine) -> None:
    planted = {applicant_of(store, case) for case in CASES}
    with store.connect() as connection:
        flagged = set(connection.scalars(select(flag.c.applicant_id).where(flag.c.closed_at.is_(None))))
        doubtful = set(connection.scalars(select(screening.c.applicant_id).where(screening.c.verdict != "clear")))
        names = {row.id: row.subject_name for row in connection.execute(select(applicant))}
    assert {names[i] for i in (flagged | doubtful) - planted} == set()


def test_every_applicant_is_accounted_for(store: Engine) -> None:
    with store.connect() as connection:
        live = set(connection.scalars(select(applicant.c.id).where(applicant.c.removed_at.is_(None))))
        assert set(connection.scalars(select(screening.c.applicant_id))) == live


def test_just_the_planted_rows_are_in_quarantine(store: Engine) -> None:
    with store.connect() as connection:
        rows = [dict(row) for row in connection.execute(select(quarantine)).mappings()]
    for bad in BAD_ROWS:
        fitting = [
            row
            for row in rows
            if row["source"] == bad["source"] and row["field"] == bad["field"] and bad["reason"] in row["reason"]
        ]
        assert fitting, f"{bad['source']}: {bad['why']}"
        rows.remove(fitting[0])
    assert rows == []


def test_a_second_run_says_that_nothing_changed(first_night: Night, tmp_path: Path) -> None:
    night = first_night.copy(tmp_path / "night")
    assert "没有变化" not in (night.folder / "summary.txt").read_text(encoding="utf-8")
    before = night.files()
    again = night.call("run", "--as-of", "2026-11-23T03:00:00")
    assert again.returncode == 0, again.stderr
    assert "没有变化" in again.stdout
    assert night.files() == before


def test_no_full_citizen_id_leaves_in_reports_logs_or_answers(
    first_night: Night, store: Engine, tmp_path: Path
) -> None:
    night = first_night.copy(tmp_path / "night")
    with store.connect() as connection:
        numbers = {
            value
            for identifiers in connection.scalars(select(applicant.c.subject_identifiers))
            for kind, value, _ in identifiers
            if kind == "citizen_id" and "*" not in value
        }
        person = next(case["name"] for case in CASES if case["id"] == "mask-10-4")
    assert len(numbers) > 100
    looked_up = night.call("lookup", "--name", person, "--reason", "测试")
    as_json = night.call("lookup", "--name", person, "--reason", "测试", "--json")
    assert looked_up.returncode == as_json.returncode == 0, looked_up.stderr + as_json.stderr
    status = night.call("status")
    listed = night.call("quarantine", "list")
    texts = [c.stdout + c.stderr for c in (looked_up, as_json, status, listed)]
    for path in sorted((night.folder / "reports").rglob("*")):
        texts.append(_text_of(path))
    for text in texts:
        shown = set(re.findall(r"\d{17}[\dXx]", text)) & numbers
        assert not shown
    assert json.loads(as_json.stdout)["found"]


def _text_of(path: Path) -> str:
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8")
    book = openpyxl.load_workbook(path, read_only=True)
    return "\n".join(str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row)
