"""Rules over several rows: numbers that only one row or one subject may have, organs and their codes. Pure.

Rows are given one after the other; a finding is about the later row and names the earlier one. What is remembered
of a row is small: its numbers, its subject and a digest.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import xxhash

from credit_sync.publishing.field_table import FieldTable
from credit_sync.publishing.findings import Finding, finding, shown
from credit_sync.publishing.numbers import DAMAGED
from credit_sync.publishing.standard import Standard
from credit_sync.records import RecordKind
from credit_sync.subjects.identifiers import uscc
from credit_sync.subjects.identifiers.folding import MASK, fold
from credit_sync.subjects.writing import folded

_BRACKETS = str.maketrans("〔〕[]【】［］", "()()()()")
_DASHES = str.maketrans(dict.fromkeys("‐‒–—―−", "-"))
_APOSTROPHES = frozenset("'`‘’")
"""Put before a number to keep a spreadsheet from changing it."""
_PAIRS = ("〔〕", "[]", "【】", "［］", "()", "（）")


@dataclass(frozen=True, slots=True)
class RowSubject:
    """Whom a row is about: the name, and the numbers in the order of `FieldTable.subject`, '' for none."""

    name: str
    numbers: tuple[str, ...]

    @property
    def marks(self) -> tuple[str, ...]:
        """By what rows that may be about the same subject are found."""
        return self.name, *filter(None, self.numbers)

    def is_same(self, other: "RowSubject") -> bool:
        """The same number of any kind; where no kind of number is known of both, the same name."""
        known = [(a, b) for a, b in zip(self.numbers, other.numbers, strict=True) if a and b]
        return any(a == b for a, b in known) if known else self.name == other.name


@dataclass(frozen=True, slots=True)
class _Earlier:
    place: str
    subject: RowSubject
    unique: tuple[str, ...]
    digest: int

    def is_of_another(self, other: "_Earlier") -> bool:
        """Another subject, or another licence of the same one."""
        others = any(a and b and a != b for a, b in zip(self.unique, other.unique, strict=True))
        return others or not self.subject.is_same(other.subject)


class _OneDocument:
    """The rows that have one document number, found again by content and by subject."""

    def __init__(self, first: _Earlier) -> None:
        self._first = first
        self._by_content: dict[int, _Earlier] = {}
        self._by_subject: dict[tuple[str, tuple[str, ...]], _Earlier] = {}
        self._add(first)

    def earlier(self, this: _Earlier) -> _Earlier:
        """The earlier row that a row repeats or contradicts, else the first; then the row is an earlier one itself."""
        same = (self._by_subject.get((mark, this.unique)) for mark in this.subject.marks)
        candidates = (self._by_content.get(this.digest), self._first, *same)
        found = next((one for one in candidates if one and not one.is_of_another(this)), self._first)
        self._add(this)
        return found

    def _add(self, row: _Earlier) -> None:
        self._by_content.setdefault(row.digest, row)
        for mark in row.subject.marks:
            self._by_subject.setdefault((mark, row.unique), row)


class Numbers:
    """Numbers that only one row, or one subject, of a table may have."""

    def __init__(self, standard: Standard, kind: RecordKind) -> None:
        self._table = table = standard.table(kind)
        self._none = frozenset(("", table.without_document, *standard.placeholders))
        own = [field for field in table.fields if field.code != table.document]
        self._compared = tuple(field.code for field in own if "reported_on" not in field.from_)
        self._documents: dict[str, _Earlier] = {}
        self._shared: dict[str, _OneDocument] = {}
        self._holders: dict[tuple[int, str, str], _Earlier] = {}

    def check(self, row: Mapping[str, str], place: str) -> list[Finding]:
        """What is wrong with a row beside the earlier ones; `place` is what later findings call it (第 3 行)."""
        unique = tuple(self._number(row, found.field) for found in self._table.unique)
        this = _Earlier(place, subject_of(row, self._table), unique, self._digest(row))
        return [*self._document(row, this), *self._unique(row, this)]

    def _document(self, row: Mapping[str, str], this: _Earlier) -> Iterator[Finding]:
        number = self._number(row, self._table.document)
        if not number:
            return
        first = self._documents.setdefault(number, this)
        if first is this:
            return
        if number not in self._shared:
            self._shared[number] = _OneDocument(first)
        earlier, field = self._shared[number].earlier(this), self._table.field(self._table.document)
        if earlier.digest == this.digest:
            yield finding(field, "document_repeated", f"：与{earlier.place}完全相同，请只保留一行")
        elif earlier.is_of_another(this):
            text = f"：与{earlier.place}相同，相对人或许可编号不同，请核对是不是同一份文书"
            yield finding(field, "document_shared", text)
        else:
            text = f"：与{earlier.place}相同而内容不同，是更正的请只保留更正后的一行，文书号写错的请改正"
            yield finding(field, "document_conflict", text)

    def _unique(self, row: Mapping[str, str], this: _Earlier) -> Iterator[Finding]:
        for number, (unique, value) in enumerate(zip(self._table.unique, this.unique, strict=True)):
            if not value:
                continue
            earlier = self._holders.setdefault((number, value, folded(row.get(unique.per, ""))), this)
            if not earlier.subject.is_same(this.subject):
                field, per = self._table.field(unique.field), self._table.field(unique.per)
                text = f"：同一{per.title}的这个编号在{earlier.place}属于另一个相对人，请核对编号"
                yield finding(field, "licence_number_taken", text)

    def _number(self, row: Mapping[str, str], code: str) -> str:
        written = row.get(code, "").strip()
        return "" if written in self._none else number_key(written)

    def _digest(self, row: Mapping[str, str]) -> int:
        text = "\x1f".join([row.get(code, "").strip() for code in self._compared])
        return xxhash.xxh3_64_intdigest(text.encode(errors="replace"))


class Organs:
    """Organs and their codes, one of each for the other. `known`: names whose codes are known from elsewhere."""

    def __init__(self, table: FieldTable, known: Mapping[str, str] | None = None) -> None:
        self._table = table
        self._codes = {name: (code, "配置") for name, code in (known or {}).items() if code}
        self._names = {code: (name, where) for name, (code, where) in self._codes.items()}
        self._told: set[tuple[str, str]] = set()

    def check(self, row: Mapping[str, str], place: str) -> Iterator[Finding]:
        """What a row says otherwise than the earlier ones: once for each pair, however many rows have it."""
        for name_code, code_code in self._table.organs:
            name, code = row.get(name_code, "").strip(), fold(row.get(code_code, ""))
            if not name or not uscc.has_shape(code) or (name, code) in self._told:
                continue
            self._told.add((name, code))
            other_code, where = self._codes.setdefault(name, (code, place))
            if other_code != code:
                text = f" {code}：“{shown(name)}”在{where}写的是 {other_code}，请核对，填写该机关自己的代码"
                yield finding(self._table.field(code_code), "organ_codes_differ", text)
                continue
            other_name, where = self._names.setdefault(code, (name, place))
            if other_name != name:
                text = f"“{shown(name)}”：同一代码在{where}写的是“{shown(other_name)}”，请核对，统一写全称"
                yield finding(self._table.field(name_code), "organ_names_differ", text)


def subject_of(row: Mapping[str, str], table: FieldTable) -> RowSubject:
    """The subject of a row; a number that is masked, damaged or the placeholder identifies nobody."""
    name, *numbers = (row.get(code, "").strip() for code in table.subject)
    known = tuple("" if MASK in n or DAMAGED.fullmatch(n) or n == uscc.PLACEHOLDER else fold(n) for n in numbers)
    return RowSubject(folded(name), known)


def number_key(number: str) -> str:
    """A document's or a licence's number in one writing: 皖科〔2018〕1号 with any brackets, dashes, width and blanks.

    >>> number_key("皖科 [2018]１号") == number_key("皖科〔2018〕1号")
    True
    >>> number_key("皖科〔2018〕1－1号"), number_key("皖科〔2018〕11号")
    ('皖科(2018)1-1号', '皖科(2018)11号')
    """
    written = unicodedata.normalize("NFKC", number).translate(_BRACKETS).translate(_DASHES)
    return "".join(c for c in written if not (c.isspace() or c in _APOSTROPHES or _is_invisible(c))).upper()


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf")


def spellings(number: str) -> set[str]:
    """A number with each kind of brackets: what to look for where numbers are stored as they came.

    >>> sorted(spellings("皖科[2018]1号"))[:2]
    ['皖科(2018)1号', '皖科[2018]1号']
    """
    plain = number.translate(_BRACKETS).replace("（", "(").replace("）", ")")
    return {number, *(plain.replace("(", pair[0]).replace(")", pair[1]) for pair in _PAIRS)}
