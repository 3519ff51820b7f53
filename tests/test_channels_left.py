"""A channel that got another name must not send everything again; one that is taken out is not forgotten in silence."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from credit_sync.channel_settings import Channel, WebsiteChannel, WorkbookChannel
from credit_sync.errors import CreditSyncError
from credit_sync.publishing.left_channels import left_channels, start
from credit_sync.publishing.publish import publish
from credit_sync.reporting.left_behind import by_channel, left_behind
from credit_sync.settings import Settings
from credit_sync.store import audit
from credit_sync.store.engine import writing
from credit_sync.store.ledger import Run
from credit_sync.store.orders import Order
from credit_sync.store.schema import submission
from tests.publishing import LICENCE, PENALTY, settings, store_record

NIGHTS = [Run(n, datetime(2018, 11, 30, 2) + timedelta(days=n - 1)) for n in range(1, 6)]
ORDER = Order("张科", "改由新平台接收")


def workbooks(folder: Path, *names: str) -> Settings:
    return settings(folder, **{name: WorkbookChannel(kind="workbook", folder=folder / name) for name in names})


def sent(engine: Engine, channel: str) -> int:
    mine = select(submission.c.id).where(submission.c.channel == channel, submission.c.state == "sent")
    with engine.connect() as connection:
        return len(connection.scalars(mine).all())


@pytest.fixture
def sent_before(engine: Engine, tmp_path: Path) -> Engine:
    """A licence and a penalty have gone out through `anhui`."""
    with writing(engine) as connection:
        store_record(connection, 1, LICENCE)
        store_record(connection, 1, PENALTY)
    assert publish(engine, workbooks(tmp_path, "anhui"), NIGHTS[0])["anhui"].sent == 2
    return engine


def test_under_another_name_nothing_goes_out_again(sent_before: Engine, tmp_path: Path) -> None:
    renamed = workbooks(tmp_path, "credit")
    for night in NIGHTS[1:3]:
        counts = publish(sent_before, renamed, night)["credit"]
        assert counts.sent == 0
        assert "渠道 anhui（2 条）" in counts.problem
        assert "改回 [channels.anhui]" in counts.problem
    assert sent(sent_before, "credit") == 0
    counts = publish(sent_before, workbooks(tmp_path, "anhui"), NIGHTS[3])["anhui"]  # its name again
    assert (counts.problem, counts.sent, counts.unchanged) == ("", 0, 2)


def test_another_channel_sends_everything_once_a_person_says_that_it_is_one(
    sent_before: Engine, tmp_path: Path
) -> None:
    other = workbooks(tmp_path, "credit")
    with writing(sent_before) as connection:
        start(connection, other, "credit", ORDER, NIGHTS[1])
    assert publish(sent_before, other, NIGHTS[2])["credit"].sent == 2
    assert publish(sent_before, other, NIGHTS[3])["credit"].sent == 0
    with sent_before.connect() as connection:
        (entry,) = audit.entries(connection)
        with pytest.raises(CreditSyncError, match="渠道 credit 不用启用"):
            start(connection, other, "credit", ORDER, NIGHTS[4])
    assert (entry.who, entry.action, entry.target) == ("张科", "start", "credit")
    assert entry.detail == {"reason": "改由新平台接收", "beside": ["anhui"]}


def test_a_channel_beside_the_others_needs_nobody(sent_before: Engine, tmp_path: Path) -> None:
    counts = publish(sent_before, workbooks(tmp_path, "anhui", "credit"), NIGHTS[1])
    assert [(name, of.problem, of.sent) for name, of in counts.items()] == [("anhui", "", 0), ("credit", "", 2)]
    counts = publish(sent_before, workbooks(tmp_path, "credit"), NIGHTS[2])  # which has sent by now
    assert counts["credit"].problem == ""


def test_a_site_may_be_called_anything(sent_before: Engine, tmp_path: Path) -> None:
    site: Channel = WebsiteChannel(kind="website", folder=tmp_path / "site")
    assert publish(sent_before, settings(tmp_path, site=site), NIGHTS[1])["site"].sent == 2


def test_what_a_channel_has_left_is_told(sent_before: Engine, tmp_path: Path) -> None:
    other = workbooks(tmp_path, "credit")
    with sent_before.connect() as connection:
        (left,) = left_channels(connection, other.channels)
        assert left_channels(connection, workbooks(tmp_path, "anhui").channels) == []
        assert by_channel(left) in left_behind(connection, other)
    assert (left.name, left.public, left.unanswered, left.not_out) == ("anhui", 2, 2, 0)
    assert by_channel(left).line == (
        "⚠ 渠道 anhui 已不在配置中，仍在公示 2 条、平台未答复 2 条，不再更正和撤回。"
        "改了名请在 config.toml 里改回 [channels.anhui]；不再使用的，公示中的请在对方平台上处理"
    )
