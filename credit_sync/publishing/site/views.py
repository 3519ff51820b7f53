"""A public row as people read it: what the lists, the panel of a record and the search hold of it."""

from dataclasses import dataclass

from credit_sync.publishing.site.public import PublicRecord, filled_from
from credit_sync.publishing.standard import FieldTable, PublishedField, Standard

_NO_NAME = "（姓名不公开）"


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record on a page."""

    anchor: str
    name: str
    codes: tuple[str, ...]
    numbers: tuple[str, ...]
    """The document's number, and the licence's."""
    decided: str
    facts: tuple[tuple[str, str], ...]
    """Title and text of every field that is filled."""

    def searched(self) -> tuple[str | tuple[str, ...], ...]:
        """What the search looks at and shows: anchor, name, codes, numbers, date."""
        return self.anchor, self.name, self.codes, self.numbers, self.decided


class Viewer:
    """Turns the rows of one table into views."""

    def __init__(self, standard: Standard, table: FieldTable) -> None:
        self._standard, self._table = standard, table
        self._name = filled_from(table, "subject_name")
        self._codes = filled_from(table, "uscc", "registration_number", "organisation_code")
        self._numbers = filled_from(table, "document_number", "licence_number")
        self._decided = filled_from(table, "decided_on")

    def __call__(self, record: PublicRecord) -> RecordView:
        """The view of a record whose row is already fit for the public."""
        row = record.row
        fields = ((field, row.get(field.code, "")) for field in self._table.fields)
        return RecordView(
            anchor=f"r{record.record_id}",
            name="".join(row.get(code, "") for code in self._name) or _NO_NAME,
            codes=tuple(row[code] for code in self._codes if row.get(code)),
            numbers=tuple(dict.fromkeys(row[code] for code in self._numbers if row.get(code))),
            decided="".join(row.get(code, "") for code in self._decided),
            facts=tuple((field.title, self._text(field, text)) for field, text in fields if text),
        )

    def _text(self, field: PublishedField, text: str) -> str:
        """Codes in words, 长期 for the day that stands for it, amounts without empty decimals."""
        if field.values:
            meanings = self._standard.lists[field.values].meanings
            return "；".join(meanings.get(part, part) for part in self._standard.parts(field, text))
        if field.type == "date" and text == self._standard.long_term.strftime(self._standard.date_format):
            return "长期"
        return text.rstrip("0").rstrip(".") if field.type == "amount" and "." in text else text
