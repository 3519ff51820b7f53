"""Whatever bytes a platform answers with: only what the settings recognise is an answer."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from asked_world import FIRST_NIGHT, LISTS, ZHANG, entry
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from credit_sync.errors import SettingsError
from credit_sync.http_settings import QuerySource
from credit_sync.settings import Settings
from credit_sync.sources.answers import Answer, read_answer
from credit_sync.sources.download import Downloaded
from credit_sync.sources.mapping import SourceMapping
from credit_sync.sources.outcomes import Read
from credit_sync.sources.reading import Reader
from credit_sync.sources.rows import Origin
from credit_sync.toml_files import check

_CODES = st.sampled_from([200, "200", " 200 ", 404, "404", 500, None, True, 200.0, "成功", [], {}])
_FIELD = st.sampled_from(["xm", "sfzh", "wh", "sy", "rq", "其他"])
_VALUE = st.sampled_from(["", None, ZHANG[0], ZHANG[1], "1号", "2020-05-06", "某日", 7, [], {"a": 1}])
_ROW = st.one_of(
    st.none(), st.just(entry(ZHANG, "1号")), st.dictionaries(_FIELD, _VALUE), st.text(), st.integers()
)
_DATA = st.one_of(st.none(), st.lists(_ROW, max_size=3), _ROW, st.booleans())
_ENVELOPE = st.fixed_dictionaries({}, optional={"code": _CODES, "data": _DATA, "message": st.text()})
_JSON = st.one_of(_ENVELOPE, _DATA).map(lambda v: json.dumps(v, ensure_ascii=False).encode("utf-8", "replace"))


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    body = draw(_JSON)
    start = draw(st.integers(0, len(body)))
    return body[:start] + draw(st.binary(max_size=3)) + body[start + draw(st.integers(0, 3)) :]


def _read(body: bytes, **options: Any) -> Answer:
    made = {"kind": "query", "mapping": "x", "url": "http://x/{name}"} | options
    mapping = SourceMapping.model_validate(tomllib.loads(LISTS))
    origin = Origin("misconduct", "查询", 0, FIRST_NIGHT)
    source = TypeAdapter(QuerySource).validate_python(made)
    return read_answer(Downloaded(body, ""), source, Reader(mapping), origin, "")


_MARKED = {"success": {"path": "code", "values": ["200"]}, "no_record": {"path": "code", "values": ["404"]}}


def test_what_a_platform_says_of_its_error_can_be_kept_and_shown() -> None:
    """PostgreSQL takes no NUL, and the asking would have failed at this answer every night; a terminal takes commands."""
    body = json.dumps({"code": 500, "message": "\x1b]0;hit\x07系统\x00忙"}).encode()
    assert _read(body, **_MARKED).reason.endswith("message=]0;hit系统忙，code=500")
    assert _read(json.dumps({"code": "\x00\x1b"}).encode(), **_MARKED).reason.isprintable()


def _code(document: Any) -> str:
    code = document.get("code") if isinstance(document, dict) else None
    return str(code).strip() if isinstance(code, str | int) and not isinstance(code, bool) else ""


@given(body=st.one_of(st.binary(max_size=60), _JSON, _damaged()), explained=st.booleans())
@settings(max_examples=1500, deadline=None)
def test_only_what_the_settings_recognise_is_an_answer(body: bytes, explained: bool) -> None:
    """An oracle of its own: what may be `none` and `answered` at all, whatever the platform sends."""
    answer = _read(body, empty_is_no_record=explained, **_MARKED)
    try:
        document = json.loads(body.decode("gb18030" if not _is_utf8(body) else "utf-8-sig"))
    except ValueError:
        document = None
    rows = document.get("data") if isinstance(document, dict) else None
    if answer.state == "none":
        said = _code(document) == "404" and not rows
        assert said or (explained and _code(document) == "200" and rows == [])
    elif answer.state == "answered":
        assert _code(document) == "200"
        assert isinstance(rows, list)
        assert len(rows) == len(answer.outcomes) == sum(isinstance(o, Read) for o in answer.outcomes) > 0
    else:
        assert answer.state == "unknown"
        assert answer.reason


@given(body=st.one_of(st.binary(max_size=60), _JSON, _damaged()))
@settings(max_examples=300, deadline=None)
def test_without_explanation_nothing_is_a_clean_answer(body: bytes) -> None:
    assert _read(body).state in ("unknown", "answered")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"url": "http://x/all"}, "要写明问谁"),
        ({"url": "http://x/{citizenid}"}, "没有 {citizenid}"),
        ({"url": "http://x/{name!r}"}, "没有 {name}"),
        ({"url": "http://x/{name"}, "大括号不成对"),
        ({"optional": ["name"]}, "至少要有一项是必须的"),
        ({"optional": ["uscc"]}, "没有用在"),
        ({"empty_is_no_record": True}, "要和 success 一起用"),
        ({"delivery": "full"}, "没有这一项"),
        ({"auth": {"style": "signed", "algorithm": "md5", "key": "k", "secret_env": "S"}}, "要用 text 写明"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any], why: str) -> None:
    asked = {"kind": "query", "mapping": "x", "url": "http://x/{name}"} | wrong
    with pytest.raises(SettingsError, match=re.escape(why)):
        check(Path("config.toml"), Settings, {"sources": {"asked": asked}})
