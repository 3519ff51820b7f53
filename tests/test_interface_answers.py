"""What an interface's answer says of rows, as its mapping has it."""

import json

import pytest

from credit_sync.http_settings import Marker
from credit_sync.interfaces.messages import Answer, NoAnswerError, Told, read_answer
from credit_sync.interfaces.notation import Answers


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("json", b'{"code":200,"rows":[{"row":{"key":"a/1"},"state":"2","why":"\\u0000wrong","id":7}]}'),
        (
            "xml",
            b"<r><code>200</code><rows><row><key>a/1</key></row><state>2</state><why>wrong</why><id>7</id></rows></r>",
        ),
    ],
    ids=["json", "xml"],
)
def test_every_place_in_a_row_is_a_path_and_words_can_be_stored(written: str, body: bytes) -> None:
    answers = Answers(
        success=Marker(path="code", values=("200",)),
        rows="rows",
        key="row.key",
        state="state",
        accepted=("1",),
        rejected=("2",),
        reason="why",
        id="id",
    )
    told = read_answer(body, written, answers, ["a/1", "a/2"])
    assert told == {"a/1": Told(Answer.REJECTED, "wrong", "7")}


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ("01", Told(Answer.ACCEPTED)),
        ("10", Told(Answer.ACCEPTED)),
        ("0202", Told(Answer.REJECTED, "wrong")),
        ("00", Told(None)),
        ("12", None),
        ("201", None),
    ],
)
def test_a_row_that_is_answered_twice(states: str, told: Told | None) -> None:
    """A platform may tell what it said before, too; accepted and rejected at once are no answer."""
    words = {"accepted": ("1",), "rejected": ("2",), "pending": ("0",)}
    answers = Answers(
        success=Marker(path="code", values=("200",)), rows="rows", key="key", state="state", reason="why", **words
    )
    body = {"code": 200, "rows": [{"key": "a/1", "state": state, "why": "wrong"} for state in states]}
    if told is not None:
        assert read_answer(json.dumps(body).encode(), "json", answers, ["a/1"]) == {"a/1": told}
        return
    with pytest.raises(NoAnswerError, match="同一行（key = a/1）既已接收又被退回"):
        read_answer(json.dumps(body).encode(), "json", answers, ["a/1"])


@pytest.mark.parametrize("key", ["", "A/1", None], ids=["blank", "written otherwise", "missing"])
def test_a_refused_row_that_nobody_knows_is_not_taken_for_all_accepted(key: str | None) -> None:
    answers = Answers(
        success=Marker(path="code", values=("200",)), rows="wrong", listed="rejected", key="key", reason="why"
    )
    body = {"code": 200, "wrong": [{"why": "too long"} | ({} if key is None else {"key": key})]}
    with pytest.raises(NoAnswerError, match="不知道是哪一行"):
        read_answer(json.dumps(body).encode(), "json", answers, ["a/1", "a/2"])
