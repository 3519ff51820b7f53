"""The example province: written again it is the same, its sources read as planted, its server keeps its doors shut."""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import requests
import xlrd
from pull_world import one_by_one

from credit_sync.settings import HttpSource, Settings, load_settings
from credit_sync.sources.connect import open_rows
from credit_sync.sources.mapping import load_mapping
from credit_sync.sources.outcomes import Outcome, Read, Rejected
from credit_sync.sources.reading import Reader
from credit_sync.store.doubts import UNUSED
from credit_sync.subjects.identifiers import IdentifierKind, SubjectKind, citizen_id
from examples import make, server

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
WRITTEN = sorted(
    path.relative_to(EXAMPLES).as_posix()
    for folder in ("platform", "awards", "licences", "penalties", "inspections", "recommendations", ".")
    for path in (EXAMPLES / folder).iterdir()
    if path.suffix in {".gz", ".xml", ".json", ".xlsx", ".xls", ".csv", ".db"} or path.name == "planted.toml"
)
PLANTED = tomllib.loads((EXAMPLES / "planted.toml").read_text(encoding="utf-8"))


def _content(path: Path) -> Any:
    """What a file says, apart from what the writing library of the day decides."""
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path).worksheets[0]
        merged = sorted(str(cells) for cells in sheet.merged_cells.ranges)
        return sheet.title, merged, [[(cell.value, cell.number_format) for cell in row] for row in sheet.rows]
    if path.suffix == ".xls":
        book = xlrd.open_workbook(str(path))
        return [book.sheet_by_index(0).row(row) for row in range(book.sheet_by_index(0).nrows)].__repr__()
    if path.suffix == ".db":
        with closing(sqlite3.connect(path)) as connection:
            return list(connection.iterdump())
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


@pytest.fixture(scope="module")
def written_twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folders = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    for folder in folders:
        make.write(make.invent(), folder)
    return folders


@pytest.mark.parametrize("name", WRITTEN)
def test_written_again_it_is_the_same(written_twice: tuple[Path, Path], name: str) -> None:
    first, second = written_twice
    assert (first / name).read_bytes() == (second / name).read_bytes()
    assert _content(first / name) == _content(EXAMPLES / name), "run python -m examples.make and commit"


def test_nothing_else_is_written(written_twice: tuple[Path, Path]) -> None:
    first, _ = written_twice
    assert sorted(path.relative_to(first).as_posix() for path in first.rglob("*") if path.is_file()) == WRITTEN


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    """The example configuration, its interfaces served on a free port."""
    with pytest.MonkeyPatch.context() as patch, server.running() as address:
        for name, value in server.demo_secrets().items():
            patch.setenv(name, value)
        found = load_settings(ROOT / "config.example.toml")
        sources = {
            name: source.model_copy(update={"url": source.url.replace(f"http://127.0.0.1:{server.PORT}", address)})
            if isinstance(source, HttpSource)
            else source
            for name, source in found.sources.items()
        }
        yield found.model_copy(update={"sources": sources})


@pytest.fixture(scope="module")
def outcomes(settings: Settings) -> dict[str, list[Outcome]]:
    """What every row of every source comes to."""
    found = {}
    for name, source in settings.sources.items():
        mapping = load_mapping(settings.mappings_folder, source.mapping)
        reader = Reader(mapping)
        rows = open_rows(name, source, mapping, base=settings.base, since=None, pulled_at=datetime(2018, 11, 30))
        found[name] = [outcome for row in one_by_one(rows) for outcome in reader.read(row)]
    return found


COUNTS = {
    "production_licences": make.PRODUCTION,
    "use_licences": make.USE,
    "patent_decisions": make.PATENT,
    "supervision_inspections": make.VISITS,
    "quality_inspections": make.SAMPLES,
    "dishonest_debtors": make.DEBTORS,
    "abnormal_operations": make.ABNORMAL + 1,  # and one whose day is none
    "serious_violations": make.SERIOUS,
}


@pytest.mark.parametrize("source", COUNTS)
def test_every_good_row_is_a_record(outcomes: dict[str, list[Outcome]], source: str) -> None:
    assert sum(isinstance(outcome, Read) for outcome in outcomes[source]) == COUNTS[source]


@pytest.mark.parametrize(
    ("source", "applications"),
    [("science_management", make.PROJECTS), ("award_system", make.AWARDS), ("recommended_projects", make.OFFLINE)],
)
def test_every_application_has_applicants(
    outcomes: dict[str, list[Outcome]], source: str, applications: int
) -> None:
    found = {o.record.application for o in outcomes[source] if isinstance(o, Read)}  # type: ignore[union-attr]
    assert len(found) == applications


def test_no_key_comes_twice(outcomes: dict[str, list[Outcome]]) -> None:
    for source, found in outcomes.items():
        keys = Counter(outcome.key for outcome in found if isinstance(outcome, Read))
        assert not [key for key, count in keys.items() if count > 1], source


def test_just_the_spoilt_rows_are_rejected(outcomes: dict[str, list[Outcome]]) -> None:
    rejected = [(name, o) for name, found in outcomes.items() for o in found if isinstance(o, Rejected)]
    planted = [(row["source"], row["field"]) for row in PLANTED["quarantine"]]
    assert sorted((name, o.field) for name, o in rejected) == sorted(planted)
    for row in PLANTED["quarantine"]:
        (outcome,) = [o for name, o in rejected if (name, o.field) == (row["source"], row["field"])]
        assert row["reason"] in outcome.reason


def test_just_the_doubtful_rows_are_read_without_a_field(outcomes: dict[str, list[Outcome]]) -> None:
    (planted,) = PLANTED["doubt"]
    unused = [
        (name, o.record, note)
        for name, found in outcomes.items()
        for o in found
        if isinstance(o, Read)
        for note in o.warnings
        if note.endswith(UNUSED)
    ]
    ((name, record, note),) = unused
    assert (name, getattr(record, planted["field"])) == (planted["source"], None)
    assert planted["reason"] in note


def test_debtors_are_persons_or_organisations_as_they_were_made(outcomes: dict[str, list[Outcome]]) -> None:
    rows = json.loads(gzip.decompress((EXAMPLES / "platform/debtors.json.gz").read_bytes()))
    persons = Counter(row["caseCode"] for row in rows if row["iname"] and not row["businessEntity"])
    read = [o.record for o in outcomes["dishonest_debtors"] if isinstance(o, Read)]
    assert persons == Counter(
        record.number  # type: ignore[union-attr]
        for record in read
        if record.subject.kind is SubjectKind.PERSON
    )


def test_planted_pairs_are_there(outcomes: dict[str, list[Outcome]]) -> None:
    records = [o.record for found in outcomes.values() for o in found if isinstance(o, Read)]
    applicants = Counter(
        (r.system, r.application, r.subject.name)  # type: ignore[union-attr]
        for r in records
        if hasattr(r, "application")
    )
    listings = Counter((r.list, r.number) for r in records if hasattr(r, "list"))  # type: ignore[union-attr]
    assert len(PLANTED["case"]) == len({case["id"] for case in PLANTED["case"]}) > 50
    for case in PLANTED["case"]:
        assert applicants[case["system"], case["application"], case["name"]] == 1, case["id"]
        assert listings[case["list"], case["number"]] == 1, case["id"]


def test_nobody_here_can_be_alive(outcomes: dict[str, list[Outcome]]) -> None:
    numbers = {
        number
        for found in outcomes.values()
        for outcome in found
        if isinstance(outcome, Read)
        for number in outcome.record.subject.identifiers
        if number.kind is IdentifierKind.CITIZEN_ID
    }
    full = [number.value for number in numbers if not number.masked]
    assert len(full) > 400
    for value in full:
        born = citizen_id.birth_date(value)
        assert born is not None
        assert born.year < 1925
    assert all(
        int(n.value[6:10]) < 1925 for n in numbers if n.masked and n.value[6:10].isdigit() and len(n.value) == 18
    )


def test_the_readme_tells_every_case() -> None:
    told = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for case in PLANTED["case"]:
        line = next(line for line in told.splitlines() if f"`{case['id']}`" in line)
        for word in (case["application"], case["name"].strip(), "/".join(case["expect"]), case["why"]):
            assert word in line
    for row in PLANTED["quarantine"] + PLANTED["doubt"]:
        assert f"| `{row['source']}` | {row['why']} |" in told


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/credit/dishonest-debtors?page=1&size=10&appKey=kjt-demo&timestamp=1543536000000&sign=0", {}),
        ("/credit/dishonest-debtors?page=1&size=10", {}),
        ("/credit/abnormal-operations", {"X-Api-Key": "wrong"}),
        ("/credit/serious-violations", {}),
        ("/award/applicants?offset=0", {"Authorization": "Bearer wrong"}),
    ],
)
def test_the_server_asks_for_its_secrets(path: str, headers: dict[str, str]) -> None:
    with server.running() as address:
        assert requests.get(address + path, headers=headers, timeout=10).status_code == 401


def test_the_server_answers_what_it_does_not_understand() -> None:
    with server.running() as address:
        assert requests.get(f"{address}/nothing", timeout=10).status_code == 404
        token = {"Authorization": f"Bearer {server.demo_secrets()['AWARD_SYSTEM_TOKEN']}"}
        assert requests.get(f"{address}/award/applicants?offset=x", headers=token, timeout=10).status_code == 400


def _served(*command: str) -> subprocess.CompletedProcess[str]:
    full = [sys.executable, "-m", "examples.server", "--port", "0", "--", *command]
    environment = {name: value for name, value in os.environ.items() if name not in server.demo_secrets()}
    return subprocess.run(full, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_server_runs_a_command_with_the_demo_secrets() -> None:
    code = "import os, sys; print(os.environ['CREDIT_PLATFORM_KEY']); sys.exit(7)"
    done = _served(sys.executable, "-c", code)
    assert (done.stdout.strip(), done.returncode) == (server.demo_secrets()["CREDIT_PLATFORM_KEY"], 7)
    missing = _served("no-such-command")
    assert missing.returncode == 127
    assert "Traceback" not in missing.stderr
