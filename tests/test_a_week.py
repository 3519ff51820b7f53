"""A week on the example province: what people do by day must not stop the next night, nor show in what it finds."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.night import Night


class Week:
    """Nights that follow each other, and what is done between them."""

    def __init__(self, night: Night) -> None:
        self._night, self._day = night, 23

    def __call__(self, *arguments: str) -> str:
        ended = self._night.call(*arguments)
        assert ended.returncode == 0, f"{' '.join(arguments)}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def night(self) -> str:
        self._day += 1
        return self("run", "--as-of", f"2026-11-{self._day}T02:00:00")

    def waiting(self) -> list[dict[str, Any]]:
        """The flags that somebody is to decide on."""
        found: list[dict[str, Any]] = json.loads(self("review", "list", "--json"))
        return found

    def without(self, source: str) -> None:
        """Takes a source out of the configuration."""
        text = self._night.config.read_text("utf-8")
        begin = text.index(f"\n[sources.{source}]")
        end = text.index("\n[sources.", begin + 1)
        self._night.config.write_text(text[:begin] + text[end:], "utf-8")


@pytest.fixture
def week(first_night: Night, tmp_path: Path) -> Week:
    return Week(first_night.copy(tmp_path / "week"))


def test_days_of_officers_and_operators_between_nights(week: Week) -> None:
    waiting = [flag["flag"] for flag in week.waiting()]
    dismissed, upheld, undone = map(str, waiting[:3])
    week("api-key", "add", "gate", "--scope", "gate", "--system", "*")
    week("review", "dismiss", dismissed, "--reason", "other_by_number")
    week("review", "uphold", upheld, "--reason", "same_by_number")
    week("review", "dismiss", undone, "--reason", "other_by_number")
    week("review", "undo", undone, "--text", "看错了")
    week("lookup", "--name", "屈怀瑾", "--reason", "来电询问")
    week("quarantine", "retry")
    week.night()
    assert [flag["flag"] for flag in week.waiting()] == waiting[2:], "decisions stay, and nothing else changes"

    week("api-key", "revoke", "gate")
    week("lists", "rollback", "dishonest_debtors", "--to", "1", "--reason", "第二版有误")
    repaired, withdrawn = "皖知法处字〔2018〕2号", "皖知法处字〔2018〕3号"
    week("publish", "repair", repaired, "--on", "2026-11-24", "--reason", "修复决定")
    week("publish", "withdraw", "site", withdrawn, "--reason", "决定已撤销")
    week("report", "flagged")
    week("report", "monthly", "--month", "2026-11")
    week.night()
    assert [flag["flag"] for flag in week.waiting()] == waiting[2:]
    gone = week("publish", "list", "--channel", "site", "--state", "withdrawn")
    assert repaired in gone
    assert withdrawn in gone
    assert "共 2 条" in gone

    week.without("serious_violations")
    week("sources", "forget", "serious_violations", "--reason", "不再提供")
    week.night()
    left = week.waiting()
    assert left
    assert "严重违法失信企业名单" not in {flag["list"] for flag in left}
    assert f"{repaired}（理由 修复决定，相对人 " in week("audit", "list", "--action", "repair")
    assert f"site {withdrawn}（理由 决定已撤销，相对人 " in week("audit", "list", "--action", "withdraw")
    assert "完好" in week("audit", "verify")
    assert "没有变化" in week.night()
