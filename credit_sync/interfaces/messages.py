"""Requests and answers of an HTTP interface as its mapping has them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson

from credit_sync.interfaces.notation import Answers, Question
from credit_sync.sources.formats import json_text, text, xml_tree
from credit_sync.sources.formats.rows import at_path
from credit_sync.subjects.identifiers import hide_in_text

_SHOWN = 200


class Answer(StrEnum):
    """The platform's word on a row."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class NoAnswerError(ValueError):
    """What came is no answer as the mapping knows it; the text says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the platform says about one key. `answer` is None while it has not decided."""

    answer: Answer | None
    reason: str = ""
    platform_id: str = ""


def question_body(written: str, question: Question, keys: Sequence[str]) -> bytes:
    """The body that asks what became of keys."""
    return written_body(written, question.texts, question.keys, list(keys))


def read_answer(body: bytes, written: str, answers: Answers, keys: Sequence[str]) -> dict[str, Told]:
    """What an answer says about `keys`; those that it does not name are left out. Raises NoAnswerError."""
    document = _parsed(body, written)
    said = at_path(document, answers.success.path)
    if _word(said) not in answers.success.values:
        raise NoAnswerError(
            f"平台没有给出成功的答复（{answers.success.path} = {_shown(said)}）{_message(document)}"
        )
    listed = _rows(document, written, answers)
    wanted = set(keys)
    told: dict[str, Told] = {}
    for row in listed:
        key, word = _word(at_path(row, answers.key)), _told(row, answers)
        again = key in told and key in wanted
        told[key] = _both(told[key], word, f"{answers.key} = {key}") if again else word
    if answers.listed == "rejected":
        if strange := sorted(told.keys() - wanted):  # one of ours is refused, and which is not known
            raise NoAnswerError(f"平台退回了一行（{answers.key} = {_shown(strange[0])}），不知道是哪一行")
        told = {key: Told(Answer.ACCEPTED) for key in keys} | told
    return {key: word for key, word in told.items() if key in wanted}


def _both(one: Told, other: Told, place: str) -> Told:
    """Of two words about one row the one that decides: a platform may repeat what it said before it had decided."""
    if one.answer and other.answer and one.answer != other.answer:
        raise NoAnswerError(f"答复里同一行（{place}）既已接收又被退回")
    return other if other.answer else one


def _rows(document: Any, written: str, answers: Answers) -> list[Mapping[str, Any]]:
    rows = xml_tree.rows_at(document, answers.rows) if written == "xml" else at_path(document, answers.rows)
    if rows is None and answers.listed == "rejected":
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NoAnswerError(f"答复里 {answers.rows or '（整个答复）'} 不是行的列表{_message(document)}")
    return rows


def _told(row: Mapping[str, Any], answers: Answers) -> Told:
    number = _word(at_path(row, answers.id)) if answers.id else ""
    state = _word(at_path(row, answers.state)) if answers.state else ""
    if answers.state and state in answers.accepted:
        return Told(Answer.ACCEPTED, platform_id=number)
    if answers.state and state in answers.pending:
        return Told(None, platform_id=number)
    if answers.state and state not in answers.rejected:
        raise NoAnswerError(f"答复里有一行的 {answers.state} 是“{_shown(state)}”，设置里没有写明它的意思")
    reason = _word(at_path(row, answers.reason)) if answers.reason else ""
    return Told(Answer.REJECTED, reason or "平台没有说明原因", number)


def written_body(written: str, texts: Mapping[str, str], path: str, items: list[Any]) -> bytes:
    """A request's body, JSON or XML: `texts` at their paths, and the rows (name -> text) or keys at `path`."""
    return _xml(texts, path, items) if written == "xml" else _json(texts, path, items)


def _json(texts: Mapping[str, str], path: str, items: list[Any]) -> bytes:
    document: dict[str, Any] = {}
    for place, value in (*texts.items(), (path, items)):
        *around, name = place.split(".")
        table = document
        for part in around:
            table = table.setdefault(part, {})
        table[name] = value
    return orjson.dumps(document)


def _xml(texts: Mapping[str, str], path: str, items: list[Any]) -> bytes:
    root = Element(path.partition(".")[0])
    for place, value in texts.items():
        _element_at(root, place).text = value
    *around, name = path.split(".")
    parent = _element_at(root, ".".join(around))
    for item in items:
        element = SubElement(parent, name)
        if isinstance(item, str):
            element.text = item
        else:
            for field, value in item.items():
                SubElement(element, field).text = value
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _element_at(root: Element, path: str) -> Element:
    """The element at a path that begins with the root's name, made where it is missing."""
    element = root
    for part in path.split(".")[1:]:
        found = element.find(part)
        element = SubElement(element, part) if found is None else found
    return element


def _parsed(body: bytes, written: str) -> Any:
    try:
        if written == "xml":
            return xml_tree.parse(body)
        content = text.decode(body)
        if content is not None:
            return json_text.parse(content)
    except (xml_tree.NotXmlError, json_text.NotJsonError):
        pass
    raise NoAnswerError(f"答复不是完整的 {written.upper()}")


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    # PostgreSQL, where words are stored, takes no NUL.
    return str(value).replace("\0", "").strip() if isinstance(value, str | int | float) else ""


def _shown(value: Any) -> str:
    return hide_in_text(_word(value))[:_SHOWN] or "无"


def _message(document: Any) -> str:
    """What the platform says about it, where it says it at the usual places."""
    if not isinstance(document, dict):
        return ""
    said = [
        _shown(document[name]) for name in ("message", "msg", "errorMsg", "error", "tips") if document.get(name)
    ]
    return f"：{'，'.join(said)}" if said else ""
