"""`review` and `audit` on the example province, as an officer and an auditor type them."""

import io
import json
import os
import pwd
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from credit_sync.cli import main
from examples.server import demo_secrets
from tests.night import AS_OF, Night

Said = Callable[..., str]


@pytest.fixture
def night(first_night: Night, tmp_path: Path) -> Night:
    return first_night.copy(tmp_path / "night")


@pytest.fixture
def said(night: Night, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """What a command says, errors included; in this process, because a start takes a second."""

    def run(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["credit-sync", *arguments, "--config", str(night.config)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert ended.value.code == code, out + err
        return out + (err if code else "")

    for name, secret in demo_secrets().items():
        monkeypatch.setenv(name, secret)
    return run


def flags(said: Said, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(said("review", "list", "--json", *arguments))
    return found


def test_from_the_list_to_a_decision_and_back(said: Said) -> None:
    waiting = flags(said)
    assert len(waiting) == 37
    number = str(waiting[0]["flag"])
    assert "共 37 条" in said("review", "list")
    assert "复核经过：尚无" in said("review", "show", number)
    assert "可选：same_by_number" in said("review", "uphold", number, code=1)
    assert said("review", "uphold", number, "--reason", "same_by_number") == f"预警 {number}：已维持\n"
    assert "已作出结论" in said("review", "dismiss", number, "--reason", "other_by_number", code=1)
    assert [f["flag"] for f in flags(said, "--state", "upheld")] == [waiting[0]["flag"]]
    assert len(flags(said)) == 36
    assert len(flags(said, "--state", "all")) == 37
    assert "须写明原因" in said("review", "undo", number, code=1)
    said("review", "undo", number, "--text", "看错了", "--who", "王处")
    shown = said("review", "show", number)
    assert "维持：经核对证件号码，为同一主体" in shown
    assert "王处  撤销结论：看错了" in shown
    department = waiting[0]["department"]
    assert {f["department"] for f in flags(said, "--department", department)} == {department}
    assert "没有预警 9999" in said("review", "show", "9999", code=1)
    assert "没有等待第二人复核" in said("review", "refuse", number, "--text", "不同意", code=1)
    assert not re.search(r"(?<!\d)\d{17}[\dX](?!\d)", re.sub(r"91\d{15}\w", "", shown))


def test_of_a_department_without_flags_it_is_said_which_have_some(night: Night) -> None:
    """Its name was misspelt, more often than not: an empty list alone says that nothing waits."""
    done = night.call("review", "list", "--department", "农村科技")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "共 0 条")
    assert re.search("处室“农村科技”没有这样的预警，有的处室是：.*农村科技处", done.stderr)
    assert "没有这样的预警" not in night.call("review", "list", "--department", "农村科技处").stderr


def test_a_forbidding_measure_takes_two_at_the_command_line(night: Night, said: Said) -> None:
    measures = night.folder / "mappings" / "measures.toml"
    measures.write_text(re.sub(r'effect = "restrict"', 'effect = "forbid"', measures.read_text("utf-8")), "utf-8")
    said("run", "--only", "screen", "--as-of", "2026-11-24T02:00:00")
    forbidden = next(f for f in flags(said) if f["effect"] == "forbid")
    number, asked = str(forbidden["flag"]), (forbidden["system"], forbidden["application"])
    assert said("gate", *asked, code=10).startswith("暂缓，待处理（hold）")
    uphold = ("review", "uphold", number, "--reason", "same_by_number", "--who")
    assert "待第二人复核" in said(*uphold, "甲")
    assert "本人" in said(*uphold, "甲", code=1)
    assert "待复核" in said("review", "refuse", number, "--text", "再核", "--who", "乙")
    said(*uphold, "甲")
    assert "已提出结论，待第二人复核" in said("gate", *asked, code=10)
    assert "甲  提出维持，待第二人复核：经核对证件号码" in said("review", "show", number)
    assert "已维持" in said(*uphold, "乙")
    answer = json.loads(said("gate", *asked, "--json", code=11))
    assert (answer["verdict"], answer["reasons"][0]["cause"]) == ("blocked", "forbidden")
    assert "还没有取到" in said("gate", forbidden["system"], "没有这个申报", code=12)
    asked_for = said("audit", "list", "--action", "gate")
    assert "关口查询  " in asked_for
    assert "结论 暂缓，待处理" in asked_for
    assert "甲 维持：经核对证件号码，为同一主体；乙 复核同意" in json.dumps(
        flags(said, "--state", "upheld"), ensure_ascii=False
    )
    configured = said("audit", "list", "--action", "configuration")
    assert "首次记录" in configured
    assert "mappings/measures.toml" in configured
    assert "共 2 条" in configured


def test_accounts_of_the_desk_stand_between_two_nights(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    night = ("run", "--only", "report", "--as-of")
    said(*night, "2026-11-24T02:00:00")
    monkeypatch.setattr(sys, "stdin", io.StringIO("三棵树 and 7 rivers\n"))
    said("desk", "user", "add", "zhang", "--role", "officer")
    said(*night, "2026-11-25T02:00:00")
    configured = said("audit", "list", "--action", "configuration")
    assert "账号 zhang" in configured.splitlines()[-2], "the files say what they said before the account was made"


def test_by_workbook(said: Said, tmp_path: Path) -> None:
    path = tmp_path / "待复核.xlsx"
    assert "已导出 37 条预警，其中待处理 37 条" in said("review", "export", str(path))
    book = openpyxl.load_workbook(path)
    sheet = book["预警"]
    titles = {cell.value: cell.column for cell in sheet[1]}
    for row, (conclusion, reason) in enumerate((("维持", "经核对证件号码，为同一主体"), ("排除", "随便")), 2):
        sheet.cell(row, titles["复核结论"]).value = conclusion
        sheet.cell(row, titles["复核理由"]).value = reason
    book.save(path)
    filled = path.read_bytes()
    assert f"{path} 中有 2 行填写还没有导入" in said("review", "export", str(path), code=2)
    assert path.read_bytes() == filled
    result = said("review", "import", str(path), "--who", "李处", code=1)
    assert "理由 经核对证件号码，为同一主体" in said("audit", "list"), "not its code"
    assert "未采用　待复核.xlsx#预警 第 3 行：没有理由 随便" in result
    assert "作出结论 1 条，提出结论待第二人复核 0 条，与现状相同 0 条，未填 35 条，未采用 1 条" in result
    assert "中有 1 行填写还没有导入" in said("review", "export", str(path), code=2)
    sheet.cell(3, titles["复核理由"]).value = "经核对证件号码，不是同一主体"
    book.save(path)
    said("review", "import", str(path), "--who", "王处")
    said("review", "export", str(path))
    said("review", "export", str(path))
    assert "只能导出为 .xlsx" in said("review", "export", str(tmp_path / "x.csv"), code=2)


@pytest.mark.parametrize("command", [("report", "flagged"), ("run", "--only", "report", "--as-of", AS_OF)])
def test_a_filled_in_workbook_of_the_day_is_kept_when_its_report_is_written_anew(
    night: Night, said: Said, command: tuple[str, ...]
) -> None:
    (path,) = (night.folder / "reports").glob("flagged-*.xlsx")
    said(*command)
    assert list(path.parent.glob("*已填写*")) == [], "nothing is filled in"
    book = openpyxl.load_workbook(path)
    sheet = book["预警"]
    sheet.cell(2, [cell.value for cell in sheet[1]].index("复核说明") + 1).value = "核对中"
    book.save(path)
    filled = path.read_bytes()
    said(*command)
    (kept,) = path.parent.glob("*已填写*")
    assert (kept.name, kept.read_bytes()) == (f"{path.stem}-已填写.xlsx", filled)
    path.write_bytes(b"")
    said(*command)
    assert path.with_name(f"{path.stem}-已填写1.xlsx").read_bytes() == b"", (
        "what cannot be read may be an officer's"
    )
    assert openpyxl.load_workbook(path)["预警"].max_row > 2


def test_a_decision_in_the_store_teaches_the_calibration_what_the_reason_says(said: Said) -> None:
    [first, second, third, *_] = [str(f["flag"]) for f in flags(said)]
    said("review", "uphold", first, "--reason", "same_by_number")
    said("review", "dismiss", second, "--reason", "fulfilled", "--text", "已结案")
    said("review", "dismiss", third, "--reason", "other_dismiss", "--text", "说不清")
    pairs = json.loads(said("calibrate", "--json", "--sample", "1000"))["pairs"]
    known = [sum(found[name] for found in pairs.values()) for name in ("upheld", "dismissed")]
    assert known[0] >= 2, "a debtor who has paid is the listed subject all the same"
    assert known[1] == 0


def test_what_is_done_is_on_record_and_verifies(night: Night, said: Said, tmp_path: Path) -> None:
    said("lookup", "--name", "安徽大学", "--reason", "立项前核查")
    said("explain", "1804h0800003/屈怀瑾", "(2017)皖0207执4号", "--reason", "复核预警")
    said("quarantine", "export", str(tmp_path / "bad.xlsx"))
    said("run", "--only", "pull", "--source", "abnormal_operations", "--as-of", "2026-11-24")
    said("lists", "rollback", "abnormal_operations", "--to", "1", "--reason", "试退")
    table = tmp_path / "units.csv"
    table.write_text("名称\n安徽大学\n合肥别的有限公司\n", encoding="utf-8")
    said("screen-file", str(table), "-o", str(tmp_path / "out.csv"))
    entries = json.loads(said("audit", "list", "--json"))
    assert [entry["action"] for entry in entries] == [
        *("configuration", "lookup", "explain", "export", "configuration", "rollback", "screen_file")
    ]
    assert entries[-1]["detail"]["applicants"] == 2
    assert "共 1 条" in said("audit", "list", "--target", "安徽大学", "--since", "2026-11-20")
    report = next((night.folder / "reports").glob("run-*.html")).read_text("utf-8")
    head = entries[0]["digest"]
    assert head in report
    whole = said("audit", "verify", "--head", head)
    assert "留痕记录 7 条，完好" in whole
    assert entries[-1]["digest"] in whole
    assert "库中没有摘要为" in said("audit", "verify", "--head", "f" * 64, code=1)


def test_who_it_was_is_what_the_system_knows(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "李处长")
    said("lookup", "--name", "安徽大学", "--reason", "立项前核查")
    [entry] = json.loads(said("audit", "list", "--json", "--action", "lookup"))
    assert entry["who"] == pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize("command", ["review", "quarantine"])
def test_an_export_is_on_record_before_there_is_a_file(said: Said, tmp_path: Path, command: str) -> None:
    """The folder cannot be written to: what goes wrong after the entry leaves an entry too many, never one too few."""
    said(command, "export", str(tmp_path / "missing" / ("x" * 300) / "out.xlsx"), code=1)
    [entry] = json.loads(said("audit", "list", "--json", "--action", "export"))
    assert entry["target"] == "out.xlsx"
