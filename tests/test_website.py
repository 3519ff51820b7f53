"""The website channel: what is on the site, when it changes, and that it is never half a site."""

import csv
import hashlib
import io
import json
import resource
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from credit_sync.channel_settings import WebsiteChannel
from credit_sync.publishing.channels import website
from credit_sync.publishing.publish import publish
from credit_sync.publishing.site import build, content
from credit_sync.settings import Settings
from credit_sync.store.engine import connect, writing
from credit_sync.store.ledger import Run
from tests.conftest import contents
from tests.dying import FOLDER, lives
from tests.publishing import LICENCE, ORGANISATION, PENALTY, PERSON, settings, store_record
from tests.stores import sqlite_store

FIRST, SECOND = Run(1, datetime(2018, 11, 30, 2)), Run(2, datetime(2018, 12, 1, 2))
SHORT = replace(PENALTY, document_number="皖知罚字〔2018〕2号", public_until=date(2018, 11, 30))


def site_in(folder: Path, **details: Any) -> Settings:
    return settings(folder, site=WebsiteChannel(kind="website", folder=Path("site"), **details))


def put(engine: Engine, **records: Any) -> None:
    """Records by their ids: `put(engine, r1=LICENCE)`."""
    with writing(engine) as connection:
        for name, record in records.items():
            store_record(connection, int(name[1:]), record)


def tree(site: Settings) -> dict[str, bytes]:
    """The site as a visitor gets it."""
    public = (site.base / "site" / "public").resolve()
    return {str(p.relative_to(public)): p.read_bytes() for p in sorted(public.rglob("*")) if p.is_file()}


def page(site: Settings, name: str) -> str:
    return tree(site)[name].decode()


@pytest.fixture
def one_night(engine: Engine, tmp_path: Path) -> Iterator[tuple[Engine, Settings]]:
    """A site with a licence and two penalties, one of which ends its publicity that very day."""
    site = site_in(tmp_path, objection="请寄：合肥市某路 1 号\n电话：见门户网站")
    put(engine, r1=LICENCE, r2=PENALTY, r3=SHORT)
    assert publish(engine, site, FIRST)["site"].sent == 3
    yield engine, site


def test_a_site_has_lists_search_data_and_open_data(one_night: tuple[Engine, Settings]) -> None:
    files = tree(one_night[1])
    assert set(files) == {
        *("index.html", "about.html", "data.html", "site.css", "site.js"),
        *("licence/1.html", "penalty/1.html", "search/licence-1.js", "search/penalty-1.js", "data/SHA256SUMS.txt"),
        *(f"data/{kind}{end}" for kind in ("licence", "penalty") for end in (".csv", ".json", ".xlsx")),
        *(f"data/{kind}_dictionary.csv" for kind in ("licence", "penalty")),
    }


def test_a_record_shows_every_filled_field_under_its_title(one_night: tuple[Engine, Settings]) -> None:
    shown = page(one_night[1], "penalty/1.html")
    for text in (
        "罚款金额（万元）</dt><dd>0.4<",
        "公示截止期</dt><dd>2018/11/30<",
        "处罚依据</dt>",
        ORGANISATION.name,
    ):
        assert text in shown
    assert "有效</dd>" in page(one_night[1], "licence/1.html"), "codes are in words"
    assert "工商注册号" not in shown, "what is not filled is not listed"


def test_texts_of_the_configuration_are_shown(one_night: tuple[Engine, Settings]) -> None:
    about = page(one_night[1], "about.html")
    assert "<p>请寄：合肥市某路 1 号</p>\n<p>电话：见门户网站</p>" in about
    assert "公示至“公示截止期”当日" in about, "what the configuration leaves out"
    assert "2018-11-30 02:00" in about


def test_open_data_is_the_same_in_three_formats_and_its_sums_are_right(one_night: tuple[Engine, Settings]) -> None:
    files = tree(one_night[1])
    rows = json.loads(files["data/penalty.json"])["rows"]
    assert [row["CF_WSH"] for row in rows] == ["皖知罚字〔2018〕2号", "皖知罚字〔2018〕1号"]
    assert files["data/penalty.csv"].startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(files["data/penalty.csv"].decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(files["data/penalty.xlsx"]))["行政处罚"]
    cells = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert lines == cells
    assert [list(row.values()) for row in rows] == lines[1:]
    for line in files["data/SHA256SUMS.txt"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(files[f"data/{name}"]).hexdigest() == digest
        assert digest in files["data.html"].decode()
    dictionary = list(csv.reader(io.StringIO(files["data/penalty_dictionary.csv"].decode("utf-8-sig"))))
    assert [line[1] for line in dictionary[1:]] == lines[0]
    treatment = {line[0]: line[5:] for line in dictionary}
    assert treatment["CF_XDR_ZJHM"] == ["隐去部分", "不公开"]


def test_what_looks_like_a_formula_stays_text(engine: Engine, tmp_path: Path) -> None:
    site = site_in(tmp_path)
    put(engine, r1=replace(LICENCE, content='=HYPERLINK("http://x","点我")', note="＝1+1"))
    publish(engine, site, FIRST)
    lines = list(csv.reader(io.StringIO(tree(site)["data/licence.csv"].decode("utf-8-sig"))))
    assert '\'=HYPERLINK("http://x","点我")' in lines[1]
    assert "'＝1+1" in lines[1]


def test_corrections_additions_and_withdrawals(one_night: tuple[Engine, Settings]) -> None:
    engine, site = one_night
    builds = site.base / "site" / ".builds"
    (builds / "Thumbs.db").write_bytes(b"whoever looked at the folder has left it")
    changed = replace(LICENCE, content="普通环境（兔）")
    put(engine, r1=changed, r4=replace(changed, document_number="皖科动许〔2018〕2号"))
    assert publish(engine, site, SECOND)["site"].problem == ""
    licences, everything = page(site, "licence/1.html"), b"".join(tree(site).values()).decode(errors="ignore")
    assert "普通环境（兔）" in licences
    assert "皖科动许〔2018〕2号" in licences
    assert "屏障环境" not in licences
    assert SHORT.document_number not in everything, "its publicity ended on the day before"
    assert PENALTY.document_number in everything
    assert sum(path.is_dir() for path in builds.iterdir()) == 1, "nothing is left of the site before"


def test_a_penalty_is_not_shown_after_its_end_whatever_the_outbox_says(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_in(tmp_path)
    put(engine, r2=PENALTY, r3=SHORT)
    publish(engine, site, FIRST)
    monkeypatch.setattr("credit_sync.publishing.publish.queue", _queue_licences)
    put(engine, r1=LICENCE)
    publish(engine, site, SECOND)
    assert SHORT.document_number not in page(site, "penalty/1.html")
    assert PENALTY.document_number in page(site, "penalty/1.html")


def _queue_licences(engine: Engine, outbox: Any, run: Run) -> None:
    from credit_sync.publishing.queueing import queue

    if outbox.kind == "licence":
        queue(engine, outbox, run)


def test_everything_sent_is_accepted(one_night: tuple[Engine, Settings]) -> None:
    with one_night[0].connect() as connection:
        assert set(connection.exec_driver_sql("SELECT state FROM submission").scalars()) == {"accepted"}


def test_a_night_without_changes_leaves_the_site_alone(one_night: tuple[Engine, Settings]) -> None:
    engine, site = one_night
    put(engine, r3=replace(SHORT, public_until=date(2019, 11, 30)))
    publish(engine, site, SECOND)
    before = {path: path.stat().st_mtime_ns for path in (site.base / "site").rglob("*")}
    publish(engine, site, Run(3, datetime(2018, 12, 2, 2)))
    assert {path: path.stat().st_mtime_ns for path in (site.base / "site").rglob("*")} == before


def test_changed_texts_and_a_lost_folder_are_seen_to_by_the_next_night(one_night: tuple[Engine, Settings]) -> None:
    engine, site = one_night
    put(engine, r3=replace(SHORT, public_until=date(2019, 11, 30)))
    publish(engine, site, SECOND)
    before = tree(site)
    shutil.rmtree(site.base / "site")
    publish(engine, site, Run(3, datetime(2018, 12, 2, 2)))
    assert tree(site) == before
    changed = site_in(site.base, title="信用信息公示")
    publish(engine, changed, Run(4, datetime(2018, 12, 3, 2)))
    assert "信用信息公示" in page(site, "index.html")


def test_another_standard_does_not_empty_the_site(one_night: tuple[Engine, Settings]) -> None:
    engine, site = one_night
    other = site.channels["site"].model_copy(update={"standard": "2018_sfzh"})
    site = site.model_copy(update={"channels": {"site": other}})
    assert publish(engine, site, SECOND)["site"].sent == 3, "two corrections, a withdrawal"
    assert LICENCE.document_number in page(site, "licence/1.html")
    assert PENALTY.document_number in page(site, "penalty/1.html")
    assert "2018_sfzh" not in page(site, "index.html") and "双公示 2018" in page(site, "index.html")


def test_the_same_records_make_the_same_bytes(tmp_path: Path) -> None:
    trees = []
    for name in ("one", "two"):
        site = site_in(tmp_path / name)
        site.base.mkdir()
        engine = sqlite_store(site.base)
        put(engine, r1=LICENCE, r2=PENALTY, r3=replace(LICENCE, subject=PERSON))
        publish(engine, site, FIRST)
        trees.append(tree(site))
    assert trees[0] == trees[1]


def test_a_folder_that_cannot_be_written_is_a_problem_and_the_old_site_stays(
    one_night: tuple[Engine, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, site = one_night
    before = tree(site)
    put(engine, r4=replace(LICENCE, document_number="皖科动许〔2018〕2号"))

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build, "write_dictionary", full)
    assert "写不了网站" in publish(engine, site, SECOND)["site"].problem
    assert tree(site) == before
    monkeypatch.undo()
    publish(engine, site, Run(3, datetime(2018, 12, 2, 2)))
    assert "皖科动许〔2018〕2号" in page(site, "licence/1.html")


def test_a_disk_that_is_full_in_the_middle_of_a_workbook(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the library of workbooks says of it is no OSError."""

    def limited(*given: Any) -> Path:
        most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(
            resource.RLIMIT_FSIZE, (5500, most[1])
        )  # licence.xlsx has more, what comes before it less
        try:
            return build.build_site(*given)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, most)

    monkeypatch.setattr(website, "build_site", limited)
    put(engine, r1=LICENCE)
    site = site_in(tmp_path)
    problem = publish(engine, site, FIRST)["site"].problem
    assert "写不了网站" in problem and "：文件太大，超出限额或文件系统的上限（" in problem
    assert not [path for path in site.base.rglob(".unfinished") if path.exists()]


def test_long_lists_are_paged_and_the_search_data_split(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (content, build, sys.modules["credit_sync.publishing.site.search_data"]):
        for name, value in (("RECORDS_PER_PAGE", 3), ("RECORDS_PER_SEARCH_FILE", 4)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    site = site_in(tmp_path, records=("licence",))
    licences = {
        f"r{n}": replace(LICENCE, document_number=f"皖科动许〔2018〕{n}号", decided_on=date(2018, 1, n))
        for n in range(1, 11)
    }
    put(engine, **licences)
    publish(engine, site, FIRST)
    files = tree(site)
    pages = [files[f"licence/{n}.html"].decode().count("<details") for n in range(1, 5)]
    assert (pages, "licence/5.html" in files) == ([3, 3, 3, 1], False)
    assert "皖科动许〔2018〕10号" in files["licence/1.html"].decode(), "the newest comes first"
    data = [files[f"search/licence-{n}.js"].decode().count('"r') for n in range(1, 4)]
    assert (data, "search/licence-4.js" in files) == ([4, 4, 2], False)
    assert not any(name.startswith(("penalty", "data/penalty")) for name in files)


# --- killed -------------------------------------------------------------------------------------------------


def site_lives(site: Settings, at: int) -> bool:
    """Publishes, killed at its step number `at`; the transactions are killed in test_publishing_kills.py."""
    store = URL.create("sqlite", database=str(site.base / "store.db"))
    return lives(store, lambda engine: publish(engine, site, SECOND), at, FOLDER)


def test_killed_at_any_step_a_visitor_sees_the_old_site_or_the_new_one(tmp_path: Path) -> None:
    before = site_in(tmp_path / "before")
    before.base.mkdir()
    engine = sqlite_store(before.base)
    put(engine, r1=LICENCE, r2=PENALTY, r3=SHORT)
    publish(engine, before, FIRST)
    put(
        engine,
        r1=replace(LICENCE, content="普通环境（兔）"),
        r4=replace(LICENCE, document_number="皖科动许〔2018〕2号"),
    )
    engine.dispose()
    old = tree(before)
    undisturbed = site_in(tmp_path / "undisturbed")
    shutil.copytree(before.base, undisturbed.base, symlinks=True)
    assert site_lives(undisturbed, 10_000)
    new = tree(undisturbed)
    expected = _contents(undisturbed)
    assert old != new
    for at in range(1, 1000):
        lived = site_lives(before, at)  # goes on where the kill before has left it
        assert tree(before) in (old, new), f"half a site at step {at}"
        if lived:
            break
    assert tree(before) == new
    assert _contents(before) == expected
    folder = before.base / "site"
    assert [path.name for path in (folder / ".builds").iterdir()] == [(folder / "public").resolve().name]
    assert at > 10, "the steps are not seen"


def _contents(site: Settings) -> dict[str, Any]:
    engine = connect(URL.create("sqlite", database=str(site.base / "store.db")))
    found = contents(engine)
    engine.dispose()
    found["batch"] = [row[:-1] for row in found["batch"]]  # how often sending was begun
    return found
