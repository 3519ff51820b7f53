"""The question that a platform is asked about a subject. Pure: the same subject always makes the same question."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from string import Formatter
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

import orjson

from credit_sync.errors import SettingsError
from credit_sync.http_settings import PLACEHOLDERS, QuerySource
from credit_sync.records import RecordKind
from credit_sync.sources.mapping import SourceMapping
from credit_sync.sources.target_fields import SUBJECT_FIELDS
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, hide_in_text
from credit_sync.subjects.subject import Subject, SubjectKind

_ANSWER_SETTINGS = {
    "method",
    "body",
    "encoding",
    "format",
    "escaped",
    "success",
    "no_record",
    "empty_is_no_record",
}
"""Settings that, when they change, make an answer kept from before worth nothing."""
_LONGEST_SHOWN = 60
_OWN = {
    SubjectKind.PERSON: (IdentifierKind.CITIZEN_ID, IdentifierKind.OTHER),
    SubjectKind.ORGANISATION: (
        IdentifierKind.USCC,
        IdentifierKind.ORGANISATION_CODE,
        IdentifierKind.REGISTRATION_NUMBER,
        IdentifierKind.CITIZEN_ID,
        IdentifierKind.OTHER,
    ),
}
"""What `{identifier}` stands for: the first of these that the subject has."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `url` and `parameters` are filled in; the signature is added when it is sent."""

    digest: str
    subject: str
    """Digest of whom it is about, however it is asked."""
    url: str
    parameters: Mapping[str, str]
    place: str
    """As people see it, in quarantine and progress."""
    doubt: str
    """Why "no record" would prove nothing, in Chinese; '' when it would."""
    replaces: tuple[str, ...] = ()
    """Digests of questions that were asked about the subject under other settings: this one renews them."""


@dataclass(frozen=True, slots=True)
class CannotAsk:
    """The subject lacks what the question needs; why, in Chinese."""

    reason: str


class Questions:
    """Makes the questions of one source. Raises SettingsError when its mapping is not of a list."""

    def __init__(self, name: str, source: QuerySource, mapping: SourceMapping) -> None:
        if mapping.record is not RecordKind.LISTING:
            raise SettingsError(f"sources.{name}", ['mapping: kind = "query" 只能用于名单（record = "listing"）'])
        self.name, self.source, self.mapping = name, source, mapping
        parts = urlsplit(source.url)
        self._url = urlunsplit(parts._replace(query="", fragment=""))
        self._parameters = dict(parse_qsl(parts.query, keep_blank_values=True)) | source.parameters
        used = [_placeholders(text) for text in (self._url, *self._parameters.values())]
        self._used = [name for name in PLACEHOLDERS if any(name in names for names in used)]
        stamp = source.model_dump(mode="json", include=_ANSWER_SETTINGS)
        self._stamp = [stamp, mapping.layout.rows, mapping.layout.expand]

    def question(self, subject: Subject) -> Question | CannotAsk:
        """What to ask about a subject, or why it cannot be asked about."""
        values: dict[str, str] = {}
        doubts = []
        for name in self._used:
            values[name], found = _value(name, subject)
            if not values[name] and name not in self.source.optional:
                return CannotAsk(_lacking(name, subject))
            if found and not found.valid:
                doubts.append(f"{found.title}校验不通过，平台查无记录不足为凭")
        quoted = {n: quote(v, safe="", encoding=self.source.encoding, errors="replace") for n, v in values.items()}
        url = self._url.format_map(quoted)
        parameters = {
            name: text.format_map(values)
            for name, text in self._parameters.items()
            if not (used := _placeholders(text)) or any(values[n] for n in used)
        }
        digest = _digest([self._stamp, url, parameters])
        place = f"查询 {hide_in_text(subject.name[:_LONGEST_SHOWN])} #{digest[:8]}"
        numbers = sorted(number.value for number in subject.identifiers)
        about = _digest([subject.kind.value, subject.name, numbers])
        return Question(digest, about, url, parameters, place, doubts[0] if doubts else "")


def _value(name: str, subject: Subject) -> tuple[str, Identifier | None]:
    if name == "name":
        return subject.name, None
    found = _identifier(name, subject)
    if name == "organisation_code" and found is None:
        code = subject.identifier(IdentifierKind.USCC)
        return (code.value[8:17], code) if code and not code.masked else ("", None)
    return (found.value, found) if found else ("", None)


def _identifier(name: str, subject: Subject) -> Identifier | None:
    """The number in full: what is masked asks about many."""
    kinds = _OWN[subject.kind] if name == "identifier" else (IdentifierKind(name),)
    full = [number for number in subject.identifiers if not number.masked]
    return next((number for kind in kinds for number in full if number.kind is kind), None)


def _lacking(name: str, subject: Subject) -> str:
    masked = "完整的" if name != "name" and any(i.masked for i in subject.identifiers) else ""
    return f"申报信息里缺少{masked}{SUBJECT_FIELDS[name].title}，无法查询"


def _placeholders(text: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(text) if name is not None]


def _digest(content: object) -> str:
    return blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
