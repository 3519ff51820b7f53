"""A record of which another row waits in quarantine is not published: either may be the one that is right."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from credit_sync.publishing.outbox import HANDED_OVER
from credit_sync.publishing.publish import publish
from credit_sync.pulling.pull import pull
from credit_sync.settings import FileSource, Settings
from credit_sync.store import ledger
from credit_sync.store.schema import submission
from tests.publishing import LICENCE, ORGANISATION, settings

TITLES = "单位名称,统一社会信用代码,法定代表人,文号,许可证号,适用范围,决定日期,有效期自,有效期至,备注"
GOOD = ",".join(
    (
        ORGANISATION.name,
        ORGANISATION.identifiers[0].value,
        ORGANISATION.legal_representative,
        LICENCE.document_number,
        LICENCE.licence_number,
        "屏障环境（SPF级小鼠）",
        "2018-11-26,2018-11-26,2023-11-25,",
    )
)
CONTRADICTING = GOOD.replace("SPF级小鼠", "SPF级大鼠")
UNREAD = GOOD.replace("2023-11-25", "2023年底")
ANOTHER = GOOD.replace("2018〕1号", "2018〕2号").replace("2018-001", "2018-002")
UNREAD_OTHER = UNREAD.replace("2018〕1号", "2018〕3号").replace("2018-001", "2018-003")
CUT_OFF = f"{ORGANISATION.name},{ORGANISATION.identifiers[0].value},程砚秋,{LICENCE.document_number},SYXK"


class Register:
    """A department's own register of licences, as CSV, and what a night publishes of it."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine, self._settings, self._nights = engine, _site(folder), 0
        self._file = folder / "register" / "register.csv"
        self._file.parent.mkdir()

    def night(self, *rows: str) -> list[tuple[int, str, str, list[str]]]:
        """Each record's last submission: the action, the state, what is wrong."""
        self._file.write_text("\n".join((TITLES, *rows, "")), "utf-8")
        self._nights += 1
        run = ledger.begin(self._engine, datetime(2018, 12, 1, 2) + timedelta(days=self._nights), {})
        pull(self._engine, self._settings, run, accept_shrink=True)
        publish(self._engine, self._settings, run)
        ledger.finish(self._engine, run, "done")
        with self._engine.connect() as connection:
            made = connection.execute(select(submission).order_by(submission.c.id)).all()
        last = {row.record_id: row for row in made}
        return [
            (number, row.action, row.state, [f["message"] for f in row.findings if f["rule"] == "row_quarantined"])
            for number, row in sorted(last.items())
        ]

    def public(self) -> list[str]:
        """What is published, by content."""
        with self._engine.connect() as connection:
            sent = select(submission.c.row).where(submission.c.state.in_(HANDED_OVER)).order_by(submission.c.id)
            return [row["XK_NR"] for row in connection.scalars(sent)]


def _site(folder: Path) -> Settings:
    source = FileSource(kind="file", mapping="animal_use_licence", folder=Path("register"))
    return settings(folder).model_copy(update={"sources": {"register": source}})


@pytest.fixture
def register(engine: Engine, tmp_path: Path) -> Register:
    return Register(engine, tmp_path)


@pytest.mark.parametrize("other", [CONTRADICTING, UNREAD])
def test_of_two_rows_of_one_licence_neither_is_published_until_one_is_left(register: Register, other: str) -> None:
    (held, free) = register.night(GOOD, other, ANOTHER)
    assert held[:3] == (1, "add", "invalid")
    (message,) = held[3]
    assert "register 的 register.csv 第 3 行" in message
    assert free == (2, "add", "sent", [])
    assert register.night(CONTRADICTING, ANOTHER)[0] == (1, "add", "sent", [])
    assert register.public() == ["屏障环境（SPF级小鼠）", "屏障环境（SPF级大鼠）"], (
        "the other licence, then what was left of this"
    )


def test_what_is_public_stays_while_its_correction_cannot_be_read(register: Register) -> None:
    assert register.night(GOOD) == [(1, "add", "sent", [])]
    assert register.night(GOOD, UNREAD) == [(1, "add", "sent", [])]
    (held,) = register.night(CONTRADICTING, UNREAD)
    assert held[:3] == (1, "correct", "invalid")
    assert register.night(CONTRADICTING) == [(1, "correct", "sent", [])]


def test_rows_of_other_licences_hold_up_nobody(register: Register) -> None:
    assert register.night(GOOD, UNREAD_OTHER) == [(1, "add", "sent", [])]


def test_a_licence_that_was_cut_off_within_its_number_is_not_published(register: Register) -> None:
    assert register.night(ANOTHER, CUT_OFF) == [(1, "add", "sent", [])]
