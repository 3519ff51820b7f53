"""The command line as an operator meets it: exit codes, dry run, one run at a time, lists that clear nobody."""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from credit_sync.store.engine import connect
from credit_sync.store.ledger import begin
from credit_sync.store.lock import run_lock
from credit_sync.store.schema import run
from examples.server import demo_secrets
from tests.commands import Command
from tests.night import Night, make_night

LATER = "2026-12-23T02:00:00"


@pytest.fixture
def night(first_night: Night, tmp_path: Path) -> Night:
    return first_night.copy(tmp_path / "copy")


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm", ".lock"))
    }


def test_a_second_run_at_the_same_time_says_so_and_exits_75(night: Night) -> None:
    engine = connect(make_url(night.url))
    with run_lock(engine):
        second = night.call("run")
    engine.dispose()
    assert second.returncode == 75
    assert "正在运行" in second.stderr or "已有" in second.stderr


def test_a_run_that_has_not_ended_may_have_broken_off(night: Night) -> None:
    engine = connect(make_url(night.url))
    begin(engine, datetime.fromisoformat(LATER), {})
    engine.dispose()
    (line,) = [line for line in night.call("status").stdout.splitlines() if "运行中" in line]
    assert line.endswith("2026-12-23 02:00  运行中（若已没有进程在运行，就是中断了，再运行一次即接着做完）")


@pytest.mark.parametrize(("days", "said"), [(3, "早 3 天"), (1, ""), (-92, ""), (-93, "晚 93 天")])
def test_a_night_by_a_clock_that_is_doubtful_waits_for_somebody(night: Night, days: int, said: str) -> None:
    """With a clock of years ago licences that had ended were sent again, by one of years ahead penalties withdrawn."""
    last = datetime.now() + timedelta(days=days)
    engine = connect(make_url(night.url))
    with engine.begin() as connection:
        connection.execute(run.update().values(as_of=last))
    done = night.call("run", "--only", "report")
    assert done.returncode == (2 if said else 0)
    assert (said in done.stderr, "Traceback" in done.stderr) == (True, False)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(run)) == (1 if said else 2)
    engine.dispose()
    if said:
        _, _, remedy = done.stderr.partition("--as-of ")
        at, _, _ = remedy.partition("，")
        assert night.call("run", "--only", "report", "--as-of", at).returncode == 0
        assert night.call("run", "--only", "report").returncode == 0, "the last run is of today now"


def test_unusable_configuration_exits_2_and_names_the_key(night: Night) -> None:
    night.config.write_text(night.config.read_text("utf-8").replace("[store]", "[stor]"), "utf-8")
    refused = night.call("run")
    assert refused.returncode == 2
    assert "stor: 没有这一项，是否想写 store" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_dry_run_shows_everything_and_changes_nothing(night: Night) -> None:
    before, tables = fingerprints(night.folder), night.tables()
    dry = night.call("run", "--dry-run", "--as-of", LATER)
    assert dry.returncode == 0, dry.stderr
    assert "演练" in dry.stdout
    assert "794 个申报主体" in dry.stdout
    assert night.tables() == tables
    assert fingerprints(night.folder) == before


def test_a_dry_run_before_the_first_run_shows_the_first_night(province_address: str, tmp_path: Path) -> None:
    new = make_night(tmp_path / "new", province_address)
    dry = new.call("run", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "新增 4000" in dry.stdout
    assert not (tmp_path / "new" / "outbox").exists()


def test_a_failing_source_does_not_stop_the_others_and_exits_1(night: Night) -> None:
    text = night.config.read_text("utf-8").replace("/credit/dishonest-debtors", "/credit/nowhere")
    night.config.write_text(text, "utf-8")
    failed = night.call("run", "--as-of", "2026-11-24T02:00:00")
    assert failed.returncode == 1
    assert "dishonest_debtors" in failed.stdout
    assert "失败" in failed.stdout
    assert "794 个申报主体全部有结论" in failed.stdout


def test_a_report_that_cannot_be_written_hides_none_of_the_others(night: Night) -> None:
    (night.folder / "reports" / "compliance-2026-11.html").mkdir()
    run = night.call("run", "--only", "report", "--as-of", "2026-12-01T02:00:00")
    assert run.returncode == 1
    assert "compliance-2026-11.html" in run.stdout
    written = [line.rpartition("/")[2] for line in run.stdout.splitlines() if line.startswith("报告：")]
    assert written == ["flagged-2026-12-01.html", "flagged-2026-12-01.xlsx", "run-2026-12-01.html"]


def test_only_and_source_limit_the_run(night: Night) -> None:
    one = night.call("run", "--only", "pull", "--source", "serious_violations", "--as-of", "2026-11-24T02:00:00")
    assert one.returncode == 0, one.stderr
    assert "serious_violations" in one.stdout
    assert "abnormal_operations" not in one.stdout
    assert "比对" not in one.stdout
    wrong = night.call("run", "--source", "nowhere")
    assert wrong.returncode == 2
    assert "nowhere" in wrong.stderr


def test_a_stale_list_clears_nobody_anywhere(night: Night, tmp_path: Path) -> None:
    screened = night.call("run", "--only", "screen", "--as-of", LATER)
    assert screened.returncode == 0, screened.stderr
    assert "未发现 0" in screened.stdout
    applicants, out = tmp_path / "a.csv", tmp_path / "o.json"
    applicants.write_text("name\n无此单位有限公司\n", "utf-8")
    text = night.config.read_text("utf-8")
    night.config.write_text(text, "utf-8")
    old = age_lists(night)
    assert old.call("screen-file", str(applicants), "-o", str(out)).returncode == 0
    assert json.loads(out.read_text("utf-8"))[0]["verdict"] == "unverifiable"
    looked_up = old.call("lookup", "--name", "无此单位有限公司", "--reason", "测试", "--json")
    assert json.loads(looked_up.stdout)["verdict"] == "unverifiable"
    assert "已超过" in old.call("status").stdout


def test_a_list_pulled_later_than_now_clears_nobody_anywhere(night: Night) -> None:
    """A clock was wrong then, or is now: the list may be of any age."""
    ahead = age_lists(night, "2100-01-01")
    screened = ahead.call("run", "--only", "screen", "--as-of", LATER)
    assert screened.returncode == 0, screened.stderr
    assert "未发现 0" in screened.stdout
    for command in (("status",), ("lists", "show")):
        assert "2100-01-01 00:00 取到（晚于现在）" in ahead.call(*command).stdout
    looked_up = ahead.call("lookup", "--name", "无此单位有限公司", "--reason", "测试", "--json")
    answer = json.loads(looked_up.stdout)
    assert answer["verdict"] == "unverifiable"
    here = datetime(2100, 1, 1).astimezone().isoformat()
    assert {found["pulled_at"] for found in answer["lists"].values()} == {here}, "with its offset, as the gate's"


def age_lists(night: Night, to: str = "2020-01-01") -> Night:
    """The same store with every pull moved far into the past, or elsewhere."""
    engine = connect(make_url(night.url))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE source_version SET pulled_at = '{to} 00:00:00.000000'")
    engine.dispose()
    return night


def test_a_look_up_needs_a_reason_and_goes_on_record(night: Night) -> None:
    refused = night.call("lookup", "--name", "安徽大学")
    assert refused.returncode == 2
    assert "事由" in refused.stderr
    found = night.call("lookup", "--name", "安徽大学", "--reason", "立项前核查")
    assert found.returncode == 0, found.stderr
    assert "行政许可：4 条" in found.stdout
    rows = night.tables()["audit"]
    assert any("立项前核查" in row[5] and row[3:5] == ("lookup", "安徽大学") for row in rows)


def test_an_explanation_needs_a_reason_and_goes_on_record(night: Night) -> None:
    pair = ("explain", "1804h0800003/屈怀瑾", "(2017)皖0207执4号")
    assert night.call(*pair).returncode == 2
    told = night.call(*pair, "--reason", "复核预警")
    assert told.returncode == 0, told.stderr
    assert "结论：确认" in told.stdout
    assert any("复核预警" in row[5] and row[3] == "explain" for row in night.tables()["audit"])


def test_a_look_up_by_a_full_number_is_recorded_without_it(night: Night) -> None:
    night.call("lookup", "--id", "340100190001040017", "--reason", "核查340100190001040017")
    assert "340100190001040017" not in repr(night.tables()["audit"])
    assert "340100********0017" in repr(night.tables()["audit"])


APPLICANTS = [
    {"applicant_id": "A1", "kind": "person", "name": "张伟", "identifier": "340100190001040017"},
    {"applicant_id": "A2", "kind": "person", "name": "张伟", "identifier": ""},
    {"applicant_id": "A3", "kind": "organisation", "name": "合肥华星商贸有限公司", "identifier": ""},
    {"applicant_id": "A4", "kind": "organisation", "name": "=cmd|' /C calc'!A0", "identifier": ""},
    {"applicant_id": "A5", "kind": "", "name": "", "identifier": ""},
]
LISTINGS = [
    {"listing_id": "L1", "kind": "person", "name": "张伟", "identifier": "3401001900****0017"},
    {"listing_id": "L2", "kind": "organisation", "name": "合肥華星商貿有限责任公司", "identifier": ""},
]


def write_table(path: Path, rows: list[dict[str, str]]) -> None:
    if path.suffix == ".json":
        path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    elif path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append([value or None for value in row.values()])
        for cells in sheet.iter_rows():
            for cell in cells:
                cell.data_type = "s" if cell.value is not None else cell.data_type
        book.save(path)
    else:
        lines = [",".join(rows[0]), *(",".join(f'"{value}"' for value in row.values()) for row in rows)]
        path.write_text("\n".join(lines) + "\n", "gb18030" if "gb" in path.name else "utf-8")


def read_table(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".json":
        rows: list[dict[str, str]] = json.loads(path.read_text("utf-8"))
        return rows
    if path.suffix == ".xlsx":
        values = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
        return [dict(zip(map(str, values[0]), map(str, row), strict=True)) for row in values[1:]]
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("suffix", [".csv", ".gb.csv", ".xlsx", ".json"])
@pytest.mark.parametrize("out", ["o.csv", "o.xlsx", "o.json"])
def test_screen_file_reads_and_writes_every_format(
    first_night: Night, tmp_path: Path, suffix: str, out: str
) -> None:
    applicants, listings = tmp_path / f"a{suffix}", tmp_path / f"l{suffix}"
    write_table(applicants, APPLICANTS)
    write_table(listings, LISTINGS)
    screened = first_night.call("screen-file", str(applicants), "--list", str(listings), "-o", str(tmp_path / out))
    assert screened.returncode == 0, screened.stderr
    rows = read_table(tmp_path / out)
    verdicts = {row["applicant_id"]: row["verdict"] for row in rows}
    assert verdicts == {
        "A1": "confirmed",
        "A2": "unverifiable",
        "A3": "probable",
        "A4": "clear",
        "A5": "unverifiable",
    }
    assert {row["applicant_id"]: row["listing_id"] for row in rows}["A1"] == "L1"
    assert all(row["evidence"] for row in rows)


def test_screen_file_understands_the_titles_of_departments(first_night: Night, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "单位名称,统一社会信用代码\n合肥华星商贸有限公司,913400000000000008\n", "utf-8"
    )
    (tmp_path / "l.csv").write_text(
        "被执行人姓名/名称,身份证号码/组织机构代码,案号\n合肥华星商贸,00000000-0,（2018）皖01执1号\n", "utf-8"
    )
    screened = first_night.call(
        "screen-file", str(tmp_path / "a.csv"), "--list", str(tmp_path / "l.csv"), "-o", str(tmp_path / "o.json")
    )
    assert screened.returncode == 0, screened.stderr
    [row] = read_table(tmp_path / "o.json")
    assert (row["listing_id"], row["verdict"]) == ("（2018）皖01执1号", "probable")


@pytest.mark.parametrize("into", ["a.csv", "l.csv", "link.csv"])
def test_screen_file_does_not_write_over_what_it_reads(first_night: Night, tmp_path: Path, into: str) -> None:
    (tmp_path / "a.csv").write_text("name\n合肥华星商贸有限公司\n", "utf-8")
    (tmp_path / "l.csv").write_text("name\n合肥远帆商贸有限公司\n", "utf-8")
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    before = fingerprints(tmp_path)
    refused = first_night.call(
        "screen-file", str(tmp_path / "a.csv"), "--list", str(tmp_path / "l.csv"), "-o", str(tmp_path / into)
    )
    assert refused.returncode == 2
    assert "--output 不能写到申报主体表或名单文件上" in refused.stderr
    assert fingerprints(tmp_path) == before


def test_an_empty_list_file_clears_nobody(first_night: Night, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name\n合肥华星商贸有限公司\n", "utf-8")
    (tmp_path / "l.csv").write_text("listing_id,name,identifier\n", "utf-8")
    screened = first_night.call(
        "screen-file", str(tmp_path / "a.csv"), "--list", str(tmp_path / "l.csv"), "-o", str(tmp_path / "o.json")
    )
    assert screened.returncode == 0, screened.stderr
    assert read_table(tmp_path / "o.json")[0]["verdict"] == "unverifiable"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nonsense",), 2),
        (("run", "--nonsense"), 2),
        (("run", "--as-of", "yesterday"), 2),
        (("screen-file",), 2),
        (("compliance", "--month", "2018-13"), 2),
        (("compliance", "--month", "2018-11"), 1),
        (("quarantine", "export", "/nowhere/x.xlsx"), 1),
    ],
)
def test_wrong_commands_end_in_a_sentence(night: Night, arguments: tuple[str, ...], code: int) -> None:
    wrong = night.call(*arguments)
    assert wrong.returncode == code
    assert wrong.stderr.strip()
    assert "Traceback" not in wrong.stderr


@pytest.mark.parametrize("report", [("flagged",), ("monthly", "--month", "2026-11")], ids=" ".join)
def test_a_folder_for_reports_is_one_of_whoever_asks(
    first_night: Night, tmp_path: Path, report: tuple[str, ...]
) -> None:
    """Not of the configuration, which lies elsewhere."""
    asked = ("report", *report, "--out", "now", "--format", "html", "--config", str(first_night.config))
    written = Command(*asked, folder=tmp_path, environment=demo_secrets()).ended()
    assert written.returncode == 0, written.stderr
    assert len(list((tmp_path / "now").iterdir())) == 1


@pytest.mark.parametrize(
    "report",
    [
        ("clean-bill", "--system", "安徽省科技管理信息系统", "--who", "张三"),
        ("monthly", "--month", "2026-11"),
    ],
    ids=["clean-bill", "monthly"],
)
def test_reports_on_demand_are_written_in_the_forms_of_the_configuration(
    night: Night, tmp_path: Path, report: tuple[str, ...]
) -> None:
    """A PDF of ten thousand applicants takes many minutes and gigabytes: nobody gets it without asking."""
    written = night.call("report", *report, "--out", str(tmp_path / "now"))
    assert "报告：" in written.stdout, written.stderr
    assert sorted(path.suffix for path in (tmp_path / "now").iterdir()) == [".html", ".xlsx"]


def test_logs_are_json_when_not_on_a_terminal(night: Night) -> None:
    again = night.call("run", "--only", "pull", "--source", "serious_violations", "--as-of", "2026-11-25T02:00:00")
    events = [json.loads(line) for line in again.stderr.splitlines() if line.strip()]
    assert any(event.get("source") == "serious_violations" for event in events)


def test_a_standard_that_there_is_not_ends_the_night_before_it_goes_on_record(
    first_night: Night, tmp_path: Path
) -> None:
    """The night went on without that channel, and could not write its own report."""
    night = first_night.copy(tmp_path / "night")
    text = night.config.read_text("utf-8")
    night.config.write_text(text.replace('standard = "2018"', 'standard = "2081"', 1), "utf-8")
    refused = night.call("run")
    assert refused.returncode == 2
    assert "2081" in refused.stderr
    night.config.write_text(text, "utf-8")
    assert night.call("run", "--only", "report", "--as-of", LATER).stdout.startswith("第 2 次运行")
